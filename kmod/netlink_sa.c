// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>

#include "compat.h"
#include "control.h"
#include "generation.h"
#include "message.h"
#include "netlink.h"
#include "sa.h"
#include "spi.h"

static u64 get_u64(const struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

static struct spn_key get_key(const struct nlattr *attr)
{
	return (struct spn_key){
		.data = attr ? nla_data(attr) : NULL,
		.len = attr ? nla_len(attr) : 0,
	};
}

static int get_life(struct spn_life *life, const struct nlattr *attr,
		    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[SPINDLE_A_LIFE_MAX + 1];
	int err;

	if (!attr)
		return 0;
	err = spn_netlink_parse(tb, SPINDLE_A_LIFE_MAX, attr, extack);
	if (err)
		return err;
	life->soft_bytes = get_u64(tb[SPINDLE_A_LIFE_SOFT_BYTES]);
	life->hard_bytes = get_u64(tb[SPINDLE_A_LIFE_HARD_BYTES]);
	life->soft_packets = get_u64(tb[SPINDLE_A_LIFE_SOFT_PACKETS]);
	life->hard_packets = get_u64(tb[SPINDLE_A_LIFE_HARD_PACKETS]);
	life->soft_seconds = get_u64(tb[SPINDLE_A_LIFE_SOFT_SECONDS]);
	life->hard_seconds = get_u64(tb[SPINDLE_A_LIFE_HARD_SECONDS]);
	if ((life->hard_bytes && life->soft_bytes > life->hard_bytes) ||
	    (life->hard_packets && life->soft_packets > life->hard_packets) ||
	    (life->hard_seconds && life->soft_seconds > life->hard_seconds)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a soft limit is beyond its hard one");
		return -EINVAL;
	}
	return 0;
}

static int get_spi(__be32 *spi, const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (!attr) {
		NL_SET_ERR_MSG(extack, "no SPI is given");
		return -EINVAL;
	}
	*spi = nla_get_be32(attr);
	if (be32_to_cpu(*spi) >= SPINDLE_SPI_MIN)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "SPIs below 256 are reserved");
	return -EINVAL;
}

static int get_suite(struct spn_sa_config *config, const struct nlattr *attr,
		     struct netlink_ext_ack *extack)
{
	if (!attr) {
		NL_SET_ERR_MSG(extack, "no algorithm is given");
		return -EINVAL;
	}
	config->suite = spn_suite_find(nla_data(attr));
	if (config->suite)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "unknown algorithm");
	return -EINVAL;
}

static int get_config(struct spn_sa_config *config, const struct nlattr *nest,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[SPINDLE_A_SA_MAX + 1];
	int err;

	err = spn_netlink_parse(tb, SPINDLE_A_SA_MAX, nest, extack);
	if (err)
		return err;
	if (!tb[SPINDLE_A_SA_DIR]) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "no direction is given");
		return -EINVAL;
	}
	memset(config, 0, sizeof(*config));
	config->dir = nla_get_u32(tb[SPINDLE_A_SA_DIR]);
	config->key = get_key(tb[SPINDLE_A_SA_KEY]);
	config->auth_key = get_key(tb[SPINDLE_A_SA_AUTH_KEY]);
	config->parked = tb[SPINDLE_A_SA_PARKED];
	config->esn = tb[SPINDLE_A_SA_ESN];
	config->seq = get_u64(tb[SPINDLE_A_SA_SEQUENCE]);
	if (tb[SPINDLE_A_SA_GENERATION])
		config->generation = nla_get_u32(tb[SPINDLE_A_SA_GENERATION]);
	err = get_spi(&config->spi, tb[SPINDLE_A_SA_SPI], extack) ?:
	      get_suite(config, tb[SPINDLE_A_SA_ALG], extack) ?:
	      get_life(&config->life, tb[SPINDLE_A_SA_LIFE], extack);
	if (err)
		return err;
	if (config->seq > U32_MAX && !config->esn) {
		NL_SET_ERR_MSG_ATTR(extack, tb[SPINDLE_A_SA_SEQUENCE],
				    "sequence numbers without esn have 32 bits");
		return -ERANGE;
	}
	if (config->parked && config->dir == SPINDLE_DIR_IN) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "only an outbound SA can be parked");
		return -EINVAL;
	}
	return 0;
}

/* The SAs of a request: where there is none, @in or @out has no suite. */
static int get_pair(struct genl_info *info, struct spn_sa_config *in, struct spn_sa_config *out)
{
	const struct nlattr *attr;
	int rest, err;

	in->suite = NULL;
	out->suite = NULL;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		struct spn_sa_config config, *place;

		if (nla_type(attr) != SPINDLE_A_SA)
			continue;
		err = get_config(&config, attr, info->extack);
		if (err)
			return err;
		place = config.dir == SPINDLE_DIR_IN ? in : out;
		if (place->suite) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "two SAs of the same direction in one request");
			return -EINVAL;
		}
		*place = config;
	}
	if (in->suite || out->suite)
		return 0;
	NL_SET_ERR_MSG(info->extack, "no SA is given");
	return -EINVAL;
}

/* The SPI wanted, or 0 if the message leaves the choice to us. */
static int get_wanted_spi(struct genl_info *info, __be32 *spi)
{
	struct nlattr *tb[SPINDLE_A_SA_MAX + 1];
	int err;

	*spi = 0;
	if (!info->attrs[SPINDLE_A_SA])
		return 0;
	err = spn_netlink_nest(tb, SPINDLE_A_SA_MAX, SPINDLE_A_SA, info);
	if (err)
		return err;
	if (tb[SPINDLE_A_SA_DIR] && nla_get_u32(tb[SPINDLE_A_SA_DIR]) != SPINDLE_DIR_IN) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[SPINDLE_A_SA_DIR],
				    "the peer chooses outbound SPIs");
		return -EINVAL;
	}
	if (!tb[SPINDLE_A_SA_SPI])
		return 0;
	return get_spi(spi, tb[SPINDLE_A_SA_SPI], info->extack);
}

int spn_netlink_spi_alloc(struct sk_buff *skb, struct genl_info *info)
{
	struct spn_spi *entry;
	struct sk_buff *msg;
	__be32 spi;
	int err;

	err = get_wanted_spi(info, &spi);
	if (err)
		return err;
	msg = spn_netlink_reply_new(GENLMSG_DEFAULT_SIZE);
	if (!msg)
		return -ENOMEM;
	entry = spn_control_reserve(spn_netlink_tunnel(info), spi, info->extack);
	if (!IS_ERR(entry))
		return spn_netlink_reply(msg, info, spn_message_put_spi, entry);
	nlmsg_free(msg);
	return PTR_ERR(entry);
}

static int prepare_pair(struct spn_sa_config *in, struct spn_sa_config *out,
			struct netlink_ext_ack *extack)
{
	int err;

	err = in->suite ? spn_sa_config_prepare(in, extack) : 0;
	if (err)
		return err;
	err = out->suite ? spn_sa_config_prepare(out, extack) : 0;
	if (err && in->suite)
		spn_sa_config_release(in);
	return err;
}

static void release_pair(struct spn_sa_config *in, struct spn_sa_config *out)
{
	if (in->suite)
		spn_sa_config_release(in);
	if (out->suite)
		spn_sa_config_release(out);
}

/* Takes over the message, whatever becomes of it. */
static int install_pair(struct spn_sa_config *in, struct spn_sa_config *out,
			struct genl_info *info, struct sk_buff *msg)
{
	struct spn_tunnel *tunnel = spn_netlink_begin(info);
	struct spn_pair pair = { .tunnel = tunnel };
	int err;

	if (IS_ERR(tunnel)) {
		nlmsg_free(msg);
		return PTR_ERR(tunnel);
	}
	err = spn_control_install(tunnel, in->suite ? in : NULL, out->suite ? out : NULL,
				  info->extack);
	if (err) {
		nlmsg_free(msg);
	} else {
		pair.in = in->suite ? in->generation : 0;
		pair.out = out->suite ? out->generation : 0;
		err = spn_netlink_reply(msg, info, spn_message_put_generation, &pair);
	}
	spn_netlink_end(info);
	return err;
}

int spn_netlink_sa_new(struct sk_buff *skb, struct genl_info *info)
{
	struct spn_sa_config in, out;
	struct sk_buff *msg;
	int err;

	err = get_pair(info, &in, &out) ?: prepare_pair(&in, &out, info->extack);
	if (err)
		return err;
	msg = spn_netlink_reply_new(GENLMSG_DEFAULT_SIZE);
	err = msg ? install_pair(&in, &out, info, msg) : -ENOMEM;
	release_pair(&in, &out);
	return err;
}

/**
 * struct sa_dump - how far a dump of SAs has come
 * @started: the rest says something
 * @only: id of the tunnel asked for, 0 for all
 * @id: of the tunnel whose SAs come next
 * @within: of the tunnel in whose middle we are, 0 between two
 * @sa: serial of its last SA sent; those with a lower one follow
 * @spi: serial of its last reservation sent; those with a higher one follow
 */
struct sa_dump {
	bool started;
	u32 only;
	int id;
	u32 within;
	u64 sa;
	u64 spi;
};

static int dump_tunnel(struct sk_buff *msg, struct netlink_callback *cb,
		       const struct spn_tunnel *tunnel)
{
	struct sa_dump *dump = (struct sa_dump *)cb->ctx;
	struct spn_spi *entry;
	struct spn_sa *sa;

	/* Where we were in another one says nothing of this. */
	if (dump->within != tunnel->id) {
		dump->within = tunnel->id;
		dump->sa = U64_MAX;
		dump->spi = 0;
	}
	list_for_each_entry(sa, &tunnel->sas, node) {
		if (sa->serial >= dump->sa)
			continue;
		if (spn_netlink_dump_put(msg, cb, SPINDLE_CMD_SA_GET, spn_message_put_sa, sa))
			return -EMSGSIZE;
		dump->sa = sa->serial;
	}
	list_for_each_entry(entry, &tunnel->reserved, own) {
		if (entry->serial <= dump->spi)
			continue;
		if (spn_netlink_dump_put(msg, cb, SPINDLE_CMD_SA_GET, spn_message_put_spi, entry))
			return -EMSGSIZE;
		dump->spi = entry->serial;
	}
	return 0;
}

/* Finds out which tunnel is asked for, if it is one. */
static int start_dump(struct spn_net *sn, struct netlink_callback *cb)
{
	struct nlattr *nest = spn_dump_attrs(cb)[SPINDLE_A_TUNNEL];
	struct sa_dump *dump = (struct sa_dump *)cb->ctx;
	struct nlattr *tb[SPINDLE_A_TUNNEL_MAX + 1];
	const struct nlattr *one = spn_dump_attrs(cb)[SPINDLE_A_SA];
	struct spn_tunnel *tunnel;
	int err;

	if (one) {
		NL_SET_ERR_MSG_ATTR(cb->extack, one, "one SA is no list: ask for it alone");
		return -EINVAL;
	}
	err = nest ? spn_netlink_parse(tb, SPINDLE_A_TUNNEL_MAX, nest, cb->extack) : 0;
	if (err)
		return err;
	if (nest) {
		tunnel = spn_netlink_find(sn, tb, cb->extack);
		if (IS_ERR(tunnel))
			return PTR_ERR(tunnel);
		dump->only = tunnel->id;
	}
	dump->started = true;
	return 0;
}

static int dump_tunnels(struct sk_buff *msg, struct netlink_callback *cb, struct spn_net *sn)
{
	struct sa_dump *dump = (struct sa_dump *)cb->ctx;
	struct spn_tunnel *tunnel;
	int err;

	if (dump->only) {
		tunnel = spn_tunnel_find(sn, dump->only, NULL);
		/* One that has ended while its SAs were being sent has none left. */
		cb->seq = tunnel ? tunnel->seq : cb->prev_seq + 1;
		return tunnel ? dump_tunnel(msg, cb, tunnel) : 0;
	}
	cb->seq = sn->sas_seq;
	idr_for_each_entry_continue(&sn->tunnels, tunnel, dump->id) {
		err = dump_tunnel(msg, cb, tunnel);
		if (err)
			return err;
	}
	return 0;
}

int spn_netlink_sa_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct spn_net *sn = spn_net(sock_net(msg->sk));
	struct sa_dump *dump = (struct sa_dump *)cb->ctx;
	int err;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	mutex_lock(&sn->lock);
	err = dump->started ? 0 : start_dump(sn, cb);
	if (!err)
		err = dump_tunnels(msg, cb, sn);
	mutex_unlock(&sn->lock);
	return msg->len ?: err;
}

static bool is_named(const struct spn_sa *sa, struct nlattr **tb)
{
	const struct nlattr *generation = tb[SPINDLE_A_SA_GENERATION];
	const struct nlattr *dir = tb[SPINDLE_A_SA_DIR], *spi = tb[SPINDLE_A_SA_SPI];

	return (!generation || nla_get_u32(generation) == sa->generation) &&
	       (!dir || nla_get_u32(dir) == sa->dir) &&
	       (!spi || nla_get_be32(spi) == sa->spi);
}

/* The first that fits all that is said, of a direction in any case. */
static struct spn_sa *find_named(struct spn_tunnel *tunnel, struct nlattr **tb,
				 struct netlink_ext_ack *extack)
{
	struct spn_sa *sa;

	if (!tb[SPINDLE_A_SA_DIR] || (!tb[SPINDLE_A_SA_SPI] && !tb[SPINDLE_A_SA_GENERATION])) {
		NL_SET_ERR_MSG(extack, "name a direction, and an SPI or a generation");
		return ERR_PTR(-EINVAL);
	}
	list_for_each_entry(sa, &tunnel->sas, node)
		if (is_named(sa, tb))
			return sa;
	NL_SET_ERR_MSG(extack, "no such SA");
	return ERR_PTR(-ENOENT);
}

int spn_netlink_sa_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[SPINDLE_A_SA_MAX + 1];
	struct sk_buff *msg;
	struct spn_sa *sa;
	int err;

	err = spn_netlink_nest(tb, SPINDLE_A_SA_MAX, SPINDLE_A_SA, info);
	if (err)
		return err;
	sa = find_named(spn_netlink_tunnel(info), tb, info->extack);
	if (IS_ERR(sa))
		return PTR_ERR(sa);
	msg = spn_netlink_reply_new(GENLMSG_DEFAULT_SIZE);
	return msg ? spn_netlink_reply(msg, info, spn_message_put_sa, sa) : -ENOMEM;
}

/* A deletion means what fits all that is said: a generation, or a direction and an SPI. */
static int del_sas(struct spn_tunnel *tunnel, struct nlattr **tb, struct netlink_ext_ack *extack)
{
	const struct nlattr *spi = tb[SPINDLE_A_SA_SPI], *dir = tb[SPINDLE_A_SA_DIR];
	struct spn_sa *sa, *next;
	bool found = false;

	if (!tb[SPINDLE_A_SA_GENERATION] && !(dir && spi)) {
		NL_SET_ERR_MSG(extack, "name a direction and an SPI, or a generation");
		return -EINVAL;
	}
	list_for_each_entry_safe(sa, next, &tunnel->sas, node) {
		if (is_named(sa, tb)) {
			spn_generation_remove(tunnel, sa);
			found = true;
		}
	}
	if (!found && !tb[SPINDLE_A_SA_GENERATION] && nla_get_u32(dir) == SPINDLE_DIR_IN)
		found = spn_spi_release_one(tunnel->sn, tunnel, nla_get_be32(spi));
	if (found)
		return 0;
	NL_SET_ERR_MSG(extack, "no such SA");
	return -ENOENT;
}

int spn_netlink_sa_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[SPINDLE_A_SA_MAX + 1];
	int err;

	err = spn_netlink_nest(tb, SPINDLE_A_SA_MAX, SPINDLE_A_SA, info);
	return err ?: del_sas(spn_netlink_tunnel(info), tb, info->extack);
}

int spn_netlink_sa_flush(struct sk_buff *skb, struct genl_info *info)
{
	spn_control_flush(spn_netlink_tunnel(info));
	return 0;
}

int spn_netlink_sa_activate(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[SPINDLE_A_SA_MAX + 1];
	int err;

	err = spn_netlink_nest(tb, SPINDLE_A_SA_MAX, SPINDLE_A_SA, info);
	if (err)
		return err;
	if (!tb[SPINDLE_A_SA_GENERATION]) {
		NL_SET_ERR_MSG(info->extack, "no generation is given");
		return -EINVAL;
	}
	return spn_control_activate(spn_netlink_tunnel(info),
				    nla_get_u32(tb[SPINDLE_A_SA_GENERATION]), info->extack);
}
