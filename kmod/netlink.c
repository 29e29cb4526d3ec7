// SPDX-License-Identifier: GPL-2.0
#include <linux/ctype.h>
#include <linux/in.h>
#include <linux/rtnetlink.h>

#include "clear.h"
#include "compat.h"
#include "device.h"
#include "message.h"
#include "mtu.h"
#include "netlink.h"
#include "netlink_policy.h"
#include "notify.h"

/* Of IPv4 or IPv6. */
int spn_netlink_check_addr(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == sizeof(struct in_addr) || nla_len(attr) == sizeof(struct in6_addr))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "an address has 4 or 16 octets");
	return -EINVAL;
}

int spn_netlink_check_ah_align(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) == SPN_AH_ALIGN || nla_get_u32(attr) == SPN_AH_ALIGN_MAX)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "AH is aligned to 4 octets or to 8");
	return -EINVAL;
}

/* Names stand in texts, JSON and file names: what is special in one of these is not in them. */
int spn_netlink_check_name(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *name = nla_data(attr);
	size_t len = strlen(name), i;

	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || (!isalnum(name[i]) && !strchr("._-~", name[i])))
			break;
	if (len && len <= SPINDLE_NAME_MAX && i == len)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "a name has 1 to 63 letters, digits, dots, hyphens, _ or ~");
	return -EINVAL;
}

int spn_netlink_check_port(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_be16(attr))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "a port is at least 1");
	return -EINVAL;
}

/* Given twice, it is not clear what is meant; selectors are given many times. */
static int check_once(const struct nlattr *nest, int max, struct netlink_ext_ack *extack)
{
	const u64 many = BIT_ULL(SPINDLE_A_TUNNEL_LOCAL_TS) | BIT_ULL(SPINDLE_A_TUNNEL_REMOTE_TS);
	u64 seen = 0, repeats = max == SPINDLE_A_TUNNEL_MAX ? many : 0;
	const struct nlattr *attr;
	int rest;

	BUILD_BUG_ON(SPINDLE_A_TUNNEL_MAX > 63 || SPINDLE_A_SA_MAX > 63);
	nla_for_each_nested(attr, nest, rest) {
		u64 bit = BIT_ULL(nla_type(attr));

		if (seen & bit & ~repeats) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "attribute is given twice");
			return -EINVAL;
		}
		seen |= bit;
	}
	return 0;
}

int spn_netlink_parse(struct nlattr **tb, int max, const struct nlattr *nest,
		      struct netlink_ext_ack *extack)
{
	/* The policy of the operation has been asked already. */
	return nla_parse_nested(tb, max, nest, NULL, extack) ?: check_once(nest, max, extack);
}

int spn_netlink_nest(struct nlattr **tb, int max, int attr, struct genl_info *info)
{
	if (!info->attrs[attr]) {
		if (attr == SPINDLE_A_TUNNEL)
			NL_SET_ERR_MSG(info->extack, "no tunnel is named");
		else if (attr == SPINDLE_A_PORT)
			NL_SET_ERR_MSG(info->extack, "no port is named");
		else
			NL_SET_ERR_MSG(info->extack, "no SA is named");
		return -EINVAL;
	}
	return spn_netlink_parse(tb, max, info->attrs[attr], info->extack);
}

struct spn_tunnel *spn_netlink_find(struct spn_net *sn, struct nlattr **tb,
				    struct netlink_ext_ack *extack)
{
	const struct nlattr *id = tb[SPINDLE_A_TUNNEL_ID], *name = tb[SPINDLE_A_TUNNEL_NAME];
	struct spn_tunnel *tunnel;

	if (!id && !name) {
		NL_SET_ERR_MSG(extack, "no tunnel is named");
		return ERR_PTR(-EINVAL);
	}
	tunnel = spn_tunnel_find(sn, id ? nla_get_u32(id) : 0, id ? NULL : nla_data(name));
	if (!tunnel) {
		NL_SET_ERR_MSG(extack, "no such tunnel");
		return ERR_PTR(-ENOENT);
	}
	if (name && strcmp(nla_data(name), tunnel->name)) {
		NL_SET_ERR_MSG_ATTR(extack, name, "the tunnel of that id has another name");
		return ERR_PTR(-EINVAL);
	}
	return tunnel;
}

struct spn_tunnel *spn_netlink_begin(struct genl_info *info)
{
	struct spn_net *sn = spn_net(genl_info_net(info));
	struct nlattr *tb[SPINDLE_A_TUNNEL_MAX + 1];
	struct spn_tunnel *tunnel;
	int err;

	err = spn_netlink_nest(tb, SPINDLE_A_TUNNEL_MAX, SPINDLE_A_TUNNEL, info);
	if (err)
		return ERR_PTR(err);
	mutex_lock(&sn->lock);
	tunnel = spn_netlink_find(sn, tb, info->extack);
	if (IS_ERR(tunnel))
		mutex_unlock(&sn->lock);
	else
		info->user_ptr[0] = tunnel;
	return tunnel;
}

void spn_netlink_end(struct genl_info *info)
{
	struct spn_net *sn = spn_net(genl_info_net(info));

	info->user_ptr[0] = NULL;
	mutex_unlock(&sn->lock);
	spn_mtu_settle(sn);
}

struct sk_buff *spn_netlink_reply_new(size_t size)
{
	return genlmsg_new(size, GFP_KERNEL);
}

int spn_netlink_reply(struct sk_buff *msg, struct genl_info *info,
		      int (*fill)(struct sk_buff *msg, void *object), void *object)
{
	void *header = genlmsg_put_reply(msg, info, &spn_netlink_family, 0, info->genlhdr->cmd);

	if (!header || fill(msg, object)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

int spn_netlink_dump_put(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd,
			 int (*fill)(struct sk_buff *msg, void *object), void *object)
{
	void *header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &spn_netlink_family, NLM_F_MULTI, cmd);

	if (!header || fill(msg, object)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genl_dump_check_consistent(cb, header);
	genlmsg_end(msg, header);
	return 0;
}

/**
 * struct device_dump - how far a dump of devices has come
 * @serial: of the last that was sent
 */
struct device_dump {
	u64 serial;
};

static int device_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct device_dump *dump = (struct device_dump *)cb->ctx;
	struct spn_net *sn = spn_net(sock_net(msg->sk));
	struct spn_device *sd;
	int err = 0;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	mutex_lock(&sn->lock);
	cb->seq = sn->devices_seq;
	list_for_each_entry(sd, &sn->devices, node) {
		if (sd->serial <= dump->serial)
			continue;
		err = spn_netlink_dump_put(msg, cb, SPINDLE_CMD_DEV_GET, spn_message_put_device,
					   sd);
		if (err)
			break;
		dump->serial = sd->serial;
	}
	mutex_unlock(&sn->lock);
	return msg->len ?: err;
}

/* --- what all requests have in common ----------------------------------------- */

/* Of a nest there is one, but for two SAs that are new. */
static int check_request(struct genl_info *info)
{
	unsigned int left[SPINDLE_A_MAX + 1];
	const struct nlattr *attr;
	int rest, type;

	for (type = 0; type <= SPINDLE_A_MAX; type++)
		left[type] = 1;
	if (info->genlhdr->cmd == SPINDLE_CMD_SA_NEW)
		left[SPINDLE_A_SA] = 2;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (left[nla_type(attr)]-- > 0)
			continue;
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "more of these than the command takes");
		return -EINVAL;
	}
	return 0;
}

/* Keys must not stay in memory that somebody else gets next, nor come back with an error. */
static void wipe_keys(struct nlmsghdr *nlh)
{
	struct nlattr *nest, *attr;
	int rest, rest_nest;

	nlmsg_for_each_attr(nest, nlh, GENL_HDRLEN, rest) {
		if (nla_type(nest) != SPINDLE_A_SA)
			continue;
		nla_for_each_nested(attr, nest, rest_nest)
			if (nla_type(attr) == SPINDLE_A_SA_KEY ||
			    nla_type(attr) == SPINDLE_A_SA_AUTH_KEY)
				memzero_explicit(nla_data(attr), nla_len(attr));
	}
}

/* Of an operation: its handler begins with its tunnel. */
enum { OF_TUNNEL = 1 };

/*
 * Of a request with keys the core looks at the outside alone, for what it refuses it sends
 * back as it was; what is inside is looked at here, where the keys can be wiped.
 */
static const struct nla_policy sa_new_outside[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = { .type = NLA_NESTED },
	[SPINDLE_A_SA] = { .type = NLA_NESTED },
};

static int check_inside(struct genl_info *info)
{
	if (info->genlhdr->cmd != SPINDLE_CMD_SA_NEW)
		return 0;
	return nla_validate(genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr),
			    SPINDLE_A_MAX, spn_netlink_sa_new_request, info->extack);
}

static int pre_doit(const SPN_GENL_OPS *ops, struct sk_buff *skb, struct genl_info *info)
{
	int err = check_inside(info) ?: check_request(info);

	info->user_ptr[0] = NULL;
	if (!err && ops->internal_flags)
		err = PTR_ERR_OR_ZERO(spn_netlink_begin(info));
	if (err)
		wipe_keys(nlmsg_hdr(skb));
	return err;
}

static void post_doit(const SPN_GENL_OPS *ops, struct sk_buff *skb, struct genl_info *info)
{
	if (ops->internal_flags)
		spn_netlink_end(info);
	wipe_keys(nlmsg_hdr(skb));
}

/* In the namespace of who asks, for it is that one's packets that it is about. */
static struct net_device *named_device(struct net *net, struct nlattr **tb,
				       struct netlink_ext_ack *extack)
{
	struct net_device *dev;

	if (!tb[SPINDLE_A_DEVICE_IFINDEX] == !tb[SPINDLE_A_DEVICE_IFNAME]) {
		NL_SET_ERR_MSG(extack, "a device is named by its index or by its name");
		return ERR_PTR(-EINVAL);
	}
	if (tb[SPINDLE_A_DEVICE_IFINDEX])
		dev = __dev_get_by_index(net, nla_get_u32(tb[SPINDLE_A_DEVICE_IFINDEX]));
	else
		dev = __dev_get_by_name(net, nla_data(tb[SPINDLE_A_DEVICE_IFNAME]));
	if (!dev) {
		NL_SET_ERR_MSG(extack, "no such device");
		return ERR_PTR(-ENODEV);
	}
	if (!spn_device_check(dev)) {
		NL_SET_ERR_MSG(extack, "the device is not of kind spindle");
		return ERR_PTR(-EINVAL);
	}
	return dev;
}

static void tell_device(struct net *net, struct net_device *dev)
{
	struct net *home = rtnl_dereference(spn_device(dev)->net);

	/* What has outlived its namespace has nothing left to tell of. */
	if (!home)
		return;
	mutex_lock(&spn_net(home)->lock);
	spn_notify_device_set(spn_net(net), spn_device(dev));
	mutex_unlock(&spn_net(home)->lock);
}

static int device_set(struct sk_buff *msg, struct genl_info *info)
{
	struct nlattr *tb[SPINDLE_A_DEVICE_MAX + 1], *nest = info->attrs[SPINDLE_A_DEVICE];
	struct net_device *dev;
	int err;

	if (!nest) {
		NL_SET_ERR_MSG(info->extack, "no device is named");
		return -EINVAL;
	}
	err = spn_netlink_parse(tb, SPINDLE_A_DEVICE_MAX, nest, info->extack);
	if (err)
		return err;
	rtnl_lock();
	dev = named_device(genl_info_net(info), tb, info->extack);
	if (IS_ERR(dev))
		err = PTR_ERR(dev);
	else if (tb[SPINDLE_A_DEVICE_CLEAR])
		err = spn_clear_set(dev, nla_get_u32(tb[SPINDLE_A_DEVICE_CLEAR]));
	if (!err && tb[SPINDLE_A_DEVICE_CLEAR])
		tell_device(genl_info_net(info), dev);
	rtnl_unlock();
	return err;
}

#define OPERATION_OF(name, request, ...)			\
	{							\
		.cmd = SPINDLE_CMD_##name,			\
		.flags = GENL_UNS_ADMIN_PERM,			\
		.policy = request,				\
		.maxattr = SPINDLE_A_MAX,			\
		__VA_ARGS__					\
	}
#define OPERATION(name, word, ...)				\
	OPERATION_OF(name, spn_netlink_##word##_request, __VA_ARGS__)

static const struct genl_ops netlink_ops[] = {
	OPERATION(DEV_GET, dev_get, .dumpit = device_dump),
	OPERATION(DEV_SET, dev_set, .doit = device_set),
	OPERATION(TUNNEL_NEW, tunnel_new, .doit = spn_netlink_tunnel_new),
	OPERATION(TUNNEL_SET, tunnel_set, .doit = spn_netlink_tunnel_set,
		  .internal_flags = OF_TUNNEL),
	OPERATION(TUNNEL_GET, tunnel_get, .doit = spn_netlink_tunnel_get,
		  .start = spn_netlink_tunnel_start, .dumpit = spn_netlink_tunnel_dump,
		  .internal_flags = OF_TUNNEL),
	OPERATION(TUNNEL_DEL, tunnel_del, .doit = spn_netlink_tunnel_del,
		  .internal_flags = OF_TUNNEL),
	OPERATION(SPI_ALLOC, spi_alloc, .doit = spn_netlink_spi_alloc,
		  .internal_flags = OF_TUNNEL),
	/* Prepares its keys before it begins, for that takes its time. */
	OPERATION_OF(SA_NEW, sa_new_outside, .doit = spn_netlink_sa_new),
	OPERATION(SA_GET, sa_get, .doit = spn_netlink_sa_get, .dumpit = spn_netlink_sa_dump,
		  .internal_flags = OF_TUNNEL),
	OPERATION(SA_DEL, sa_del, .doit = spn_netlink_sa_del, .internal_flags = OF_TUNNEL),
	OPERATION(SA_FLUSH, sa_flush, .doit = spn_netlink_sa_flush, .internal_flags = OF_TUNNEL),
	OPERATION(SA_ACTIVATE, sa_activate, .doit = spn_netlink_sa_activate,
		  .internal_flags = OF_TUNNEL),
	OPERATION(PORT_OPEN, port_open, .doit = spn_netlink_port_open),
	OPERATION(ALG_GET, alg_get, .dumpit = spn_netlink_alg_dump),
};

static const struct genl_multicast_group netlink_groups[] = {
	[SPN_GROUP_KEYING] = {
		.name = SPINDLE_MCGRP_KEYING,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[SPN_GROUP_MONITOR] = {
		.name = SPINDLE_MCGRP_MONITOR,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family spn_netlink_family __ro_after_init = {
	.name = SPINDLE_GENL_NAME,
	.version = SPINDLE_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	/* spn_net.lock is ours to take. */
	.parallel_ops = true,
	.pre_doit = pre_doit,
	.post_doit = post_doit,
	.maxattr = SPINDLE_A_MAX,
	.ops = netlink_ops,
	.n_ops = ARRAY_SIZE(netlink_ops),
	.mcgrps = netlink_groups,
	.n_mcgrps = ARRAY_SIZE(netlink_groups),
};

int __init spn_netlink_init(void)
{
	spn_event_init(&spn_netlink_family);
	spn_notify_init(&spn_netlink_family);
	return genl_register_family(&spn_netlink_family);
}

void spn_netlink_exit(void)
{
	genl_unregister_family(&spn_netlink_family);
}
