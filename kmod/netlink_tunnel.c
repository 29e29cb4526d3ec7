// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/ipv6.h>

#include "compat.h"
#include "conf.h"
#include "control.h"
#include "device.h"
#include "message.h"
#include "mtu.h"
#include "netlink.h"

static struct spn_addr get_addr(const struct nlattr *attr)
{
	struct spn_addr addr = {
		.family = nla_len(attr) == sizeof(struct in6_addr) ? AF_INET6 : AF_INET,
	};

	nla_memcpy(addr.octets, attr, sizeof(addr.octets));
	return addr;
}

int spn_netlink_get_host(struct spn_addr *addr, const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	*addr = get_addr(attr);
	if (addr->family == AF_INET6 && !ipv6_mod_enabled()) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "IPv6 is off on this host");
		return -EAFNOSUPPORT;
	}
	if (spn_ip_is_host(addr))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "outer address is not that of a host");
	return -EINVAL;
}

static int get_prefix(struct spn_prefix *prefix, struct nlattr **tb, const struct nlattr *attr,
		      struct netlink_ext_ack *extack)
{
	if (!tb[SPINDLE_A_SELECTOR_ADDR] || !tb[SPINDLE_A_SELECTOR_LEN]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "selector without address or length");
		return -EINVAL;
	}
	prefix->addr = get_addr(tb[SPINDLE_A_SELECTOR_ADDR]);
	prefix->len = nla_get_u32(tb[SPINDLE_A_SELECTOR_LEN]);
	if (prefix->len > 8 * spn_addr_len(&prefix->addr)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "selector is longer than its address");
		return -EINVAL;
	}
	if (spn_prefix_valid(prefix))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "selector has host bits set");
	return -EINVAL;
}

static int get_ports(struct spn_ts *ts, struct nlattr **tb, const struct nlattr *attr,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *first = tb[SPINDLE_A_SELECTOR_PORT_FIRST];
	const struct nlattr *last = tb[SPINDLE_A_SELECTOR_PORT_LAST];

	ts->ports = SPN_PORTS_ALL;
	if (first)
		ts->ports.first = be16_to_cpu(nla_get_be16(first));
	if (last)
		ts->ports.last = be16_to_cpu(nla_get_be16(last));
	if (ts->ports.first > ts->ports.last) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "selector's first port is after its last");
		return -EINVAL;
	}
	if (spn_proto_has_ports(ts->proto) || (!first && !last))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "selector has ports, and its protocol has none");
	return -EINVAL;
}

static int get_selector(struct spn_ts *ts, const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[SPINDLE_A_SELECTOR_MAX + 1];
	int err;

	err = spn_netlink_parse(tb, SPINDLE_A_SELECTOR_MAX, attr, extack);
	if (err)
		return err;
	if (tb[SPINDLE_A_SELECTOR_PROTO])
		ts->proto = nla_get_u32(tb[SPINDLE_A_SELECTOR_PROTO]);
	return get_prefix(&ts->prefix, tb, attr, extack) ?: get_ports(ts, tb, attr, extack);
}

static unsigned int count_nests(const struct nlattr *tunnel, int type)
{
	const struct nlattr *attr;
	unsigned int n = 0;
	int rest;

	nla_for_each_nested(attr, tunnel, rest)
		if (nla_type(attr) == type)
			n++;
	return n;
}

/* Selectors of one side, from the message if it has any, else from the old configuration. */
static int get_selectors(struct spn_ts *ts, unsigned int n, const struct nlattr *tunnel,
			 int type, const struct spn_ts *old, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int rest, err;

	if (!count_nests(tunnel, type)) {
		memcpy(ts, old, n * sizeof(*ts));
		return 0;
	}
	nla_for_each_nested(attr, tunnel, rest) {
		if (nla_type(attr) != type)
			continue;
		err = get_selector(ts++, attr, extack);
		if (err)
			return err;
	}
	return 0;
}

/* UDP and the ports of both ends, or nothing. */
static int read_encap(struct spn_options *opt, const struct nlattr *attr,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[SPINDLE_A_ENCAP_MAX + 1], *sport, *dport;
	bool udp;
	int err;

	if (!attr)
		return 0;
	err = spn_netlink_parse(tb, SPINDLE_A_ENCAP_MAX, attr, extack);
	if (err)
		return err;
	if (!tb[SPINDLE_A_ENCAP_TYPE]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "encap without a type");
		return -EINVAL;
	}
	udp = nla_get_u32(tb[SPINDLE_A_ENCAP_TYPE]) == SPINDLE_ENCAP_UDP;
	sport = tb[SPINDLE_A_ENCAP_SPORT];
	dport = tb[SPINDLE_A_ENCAP_DPORT];
	if (!udp && (sport || dport)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "only UDP has ports");
		return -EINVAL;
	}
	if (udp && (!sport || !dport || !nla_get_be16(sport) || !nla_get_be16(dport))) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "encap takes two ports");
		return -EINVAL;
	}
	opt->encap_sport = udp ? be16_to_cpu(nla_get_be16(sport)) : 0;
	opt->encap_dport = udp ? be16_to_cpu(nla_get_be16(dport)) : 0;
	return 0;
}

static int read_options(struct spn_conf *conf, struct nlattr **tb, struct netlink_ext_ack *extack)
{
	int err = 0;

	if (tb[SPINDLE_A_TUNNEL_LOCAL])
		err = spn_netlink_get_host(&conf->endpoints.local, tb[SPINDLE_A_TUNNEL_LOCAL],
					   extack);
	if (!err && tb[SPINDLE_A_TUNNEL_REMOTE])
		err = spn_netlink_get_host(&conf->endpoints.remote, tb[SPINDLE_A_TUNNEL_REMOTE],
					   extack);
	spn_options_read(&conf->opt, tb);
	return err ?: read_encap(&conf->opt, tb[SPINDLE_A_TUNNEL_ENCAP], extack);
}

/* A configuration as the message says, and where it is silent as @old, which may be NULL. */
static struct spn_conf *get_conf(struct genl_info *info, struct nlattr **tb, struct spn_conf *old)
{
	const struct nlattr *tunnel = info->attrs[SPINDLE_A_TUNNEL];
	unsigned int n_local = count_nests(tunnel, SPINDLE_A_TUNNEL_LOCAL_TS);
	unsigned int n_remote = count_nests(tunnel, SPINDLE_A_TUNNEL_REMOTE_TS);
	struct spn_conf *conf;
	int err;

	if (max(n_local, n_remote) > SPINDLE_SELECTORS_MAX) {
		NL_SET_ERR_MSG(info->extack, "too many selectors");
		return ERR_PTR(-E2BIG);
	}
	if (old) {
		n_local = n_local ?: old->n_local;
		n_remote = n_remote ?: old->n_remote;
	}
	conf = spn_conf_new(n_local, n_remote);
	if (!conf)
		return ERR_PTR(-ENOMEM);
	if (old)
		spn_conf_inherit(conf, old);
	err = read_options(conf, tb, info->extack);
	if (!err)
		err = get_selectors(spn_conf_local_ts(conf), n_local, tunnel,
				    SPINDLE_A_TUNNEL_LOCAL_TS,
				    old ? spn_conf_local_ts(old) : NULL, info->extack);
	if (!err)
		err = get_selectors(spn_conf_remote_ts(conf), n_remote, tunnel,
				    SPINDLE_A_TUNNEL_REMOTE_TS,
				    old ? spn_conf_remote_ts(old) : NULL, info->extack);
	if (!err)
		err = spn_conf_check(conf, info->extack);
	if (err) {
		spn_conf_free(conf);
		return ERR_PTR(err);
	}
	return conf;
}

static int require_all(struct nlattr **tb, struct netlink_ext_ack *extack)
{
	static const int required[] = {
		SPINDLE_A_TUNNEL_NAME, SPINDLE_A_TUNNEL_IFINDEX,
		SPINDLE_A_TUNNEL_LOCAL, SPINDLE_A_TUNNEL_REMOTE,
		SPINDLE_A_TUNNEL_LOCAL_TS, SPINDLE_A_TUNNEL_REMOTE_TS,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(required); i++) {
		if (tb[required[i]])
			continue;
		NL_SET_ERR_MSG(extack, "needs name, dev, local, remote, local-ts, remote-ts");
		return -EINVAL;
	}
	return 0;
}

/* A device that has moved is found where it is; what matters is where it was made. */
static struct net *find_namespace(struct genl_info *info, const struct nlattr *id)
{
	struct net *net;

	if (!id)
		return get_net(genl_info_net(info));
	net = get_net_ns_by_id(genl_info_net(info), nla_get_u32(id));
	if (!net)
		NL_SET_ERR_MSG_ATTR(info->extack, id, "there is no such network namespace");
	return net;
}

static struct net_device *find_device(struct genl_info *info, struct nlattr **tb)
{
	struct net *net = find_namespace(info, tb[SPINDLE_A_TUNNEL_NETNSID]);
	struct net_device *dev;

	if (!net)
		return NULL;
	dev = dev_get_by_index(net, nla_get_u32(tb[SPINDLE_A_TUNNEL_IFINDEX]));
	put_net(net);
	if (dev && spn_device_check(dev))
		return dev;
	dev_put(dev);
	NL_SET_ERR_MSG(info->extack, "the device is not of kind spindle");
	return NULL;
}

/* Takes over the configuration and the message, whatever becomes of them. */
static int make_tunnel(struct net_device *dev, struct nlattr **tb, struct spn_conf *conf,
		       struct genl_info *info, struct sk_buff *msg)
{
	struct spn_net *sn = spn_net(genl_info_net(info));
	struct spn_tunnel *tunnel;
	int err;

	mutex_lock(&sn->lock);
	tunnel = spn_control_tunnel_new(sn, dev, nla_data(tb[SPINDLE_A_TUNNEL_NAME]), conf,
					info->extack);
	if (IS_ERR(tunnel)) {
		err = PTR_ERR(tunnel);
		nlmsg_free(msg);
	} else {
		err = spn_netlink_reply(msg, info, spn_message_put_tunnel, tunnel);
	}
	mutex_unlock(&sn->lock);
	spn_mtu_settle(sn);
	return err;
}

int spn_netlink_tunnel_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[SPINDLE_A_TUNNEL_MAX + 1];
	struct net_device *dev;
	struct spn_conf *conf;
	struct sk_buff *msg;
	int err;

	err = spn_netlink_nest(tb, SPINDLE_A_TUNNEL_MAX, SPINDLE_A_TUNNEL, info) ?:
	      require_all(tb, info->extack);
	if (err)
		return err;
	conf = get_conf(info, tb, NULL);
	if (IS_ERR(conf))
		return PTR_ERR(conf);
	dev = find_device(info, tb);
	msg = dev ? spn_netlink_reply_new(SPN_MESSAGE_SIZE) : NULL;
	if (msg) {
		err = make_tunnel(dev, tb, conf, info, msg);
	} else {
		err = dev ? -ENOMEM : -ENODEV;
		spn_conf_free(conf);
	}
	dev_put(dev);
	return err;
}

int spn_netlink_tunnel_set(struct sk_buff *skb, struct genl_info *info)
{
	struct spn_tunnel *tunnel = spn_netlink_tunnel(info);
	struct nlattr *tb[SPINDLE_A_TUNNEL_MAX + 1];
	struct spn_conf *conf;
	int err;

	err = spn_netlink_nest(tb, SPINDLE_A_TUNNEL_MAX, SPINDLE_A_TUNNEL, info);
	if (err)
		return err;
	if (tb[SPINDLE_A_TUNNEL_IFINDEX] || tb[SPINDLE_A_TUNNEL_NETNSID]) {
		NL_SET_ERR_MSG(info->extack, "a tunnel stays with its device");
		return -EINVAL;
	}
	conf = get_conf(info, tb, spn_tunnel_conf(tunnel));
	if (IS_ERR(conf))
		return PTR_ERR(conf);
	return spn_control_tunnel_set(tunnel, conf, info->extack);
}

int spn_netlink_tunnel_get(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *of = nla_find_nested(info->attrs[SPINDLE_A_TUNNEL],
						  SPINDLE_A_TUNNEL_IFINDEX);
	struct sk_buff *msg;

	/* Which is for lists; both are under one policy. */
	if (of) {
		NL_SET_ERR_MSG_ATTR(info->extack, of, "one tunnel is asked for by id or name");
		return -EINVAL;
	}
	msg = spn_netlink_reply_new(SPN_MESSAGE_SIZE);
	return msg ? spn_netlink_reply(msg, info, spn_message_put_tunnel,
				       spn_netlink_tunnel(info)) : -ENOMEM;
}

/**
 * struct tunnel_dump - how far a dump of tunnels has come
 * @started: the rest says something
 * @id: the next id to send
 * @ifindex: of the device whose tunnels are asked for, 0 for all
 */
struct tunnel_dump {
	bool started;
	int id;
	u32 ifindex;
};

int spn_netlink_tunnel_start(struct netlink_callback *cb)
{
	/* Of a fresh socket the first piece would have less room than one tunnel may need. */
	cb->min_dump_alloc = SPN_MESSAGE_SIZE;
	return 0;
}

/* Finds out of which device, if it is one. */
static int start_dump(struct netlink_callback *cb)
{
	struct nlattr *nest = spn_dump_attrs(cb)[SPINDLE_A_TUNNEL];
	struct tunnel_dump *dump = (struct tunnel_dump *)cb->ctx;
	struct nlattr *tb[SPINDLE_A_TUNNEL_MAX + 1];
	int err;

	err = nest ? spn_netlink_parse(tb, SPINDLE_A_TUNNEL_MAX, nest, cb->extack) : 0;
	if (err)
		return err;
	if (nest && (tb[SPINDLE_A_TUNNEL_ID] || tb[SPINDLE_A_TUNNEL_NAME])) {
		NL_SET_ERR_MSG_ATTR(cb->extack, nest, "one tunnel is no list: ask for it alone");
		return -EINVAL;
	}
	if (nest && !tb[SPINDLE_A_TUNNEL_IFINDEX]) {
		NL_SET_ERR_MSG_ATTR(cb->extack, nest, "no device is named");
		return -EINVAL;
	}
	if (nest)
		dump->ifindex = nla_get_u32(tb[SPINDLE_A_TUNNEL_IFINDEX]);
	dump->started = true;
	return 0;
}

/* One that has moved may have the index there that another has here. */
static bool is_wanted(const struct spn_tunnel *tunnel, const struct tunnel_dump *dump)
{
	const struct net_device *dev = tunnel->dev;

	return !dump->ifindex || (READ_ONCE(dev->ifindex) == dump->ifindex &&
				  net_eq(dev_net(dev), tunnel->sn->net));
}

int spn_netlink_tunnel_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct tunnel_dump *dump = (struct tunnel_dump *)cb->ctx;
	struct spn_net *sn = spn_net(sock_net(msg->sk));
	struct spn_tunnel *tunnel;
	int err;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	err = dump->started ? 0 : start_dump(cb);
	if (err)
		return err;
	mutex_lock(&sn->lock);
	cb->seq = sn->tunnels_seq;
	idr_for_each_entry_continue(&sn->tunnels, tunnel, dump->id) {
		if (!is_wanted(tunnel, dump))
			continue;
		err = spn_netlink_dump_put(msg, cb, SPINDLE_CMD_TUNNEL_GET, spn_message_put_tunnel,
					   tunnel);
		if (err)
			break;
	}
	mutex_unlock(&sn->lock);
	return msg->len ?: err;
}

int spn_netlink_tunnel_del(struct sk_buff *skb, struct genl_info *info)
{
	spn_tunnel_delete(spn_netlink_tunnel(info));
	return 0;
}
