// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>

#include "compat.h"
#include "limit.h"
#include "mtu.h"
#include "netlink.h"
#include "output.h"
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
	err = spn_netlink_parse(tb, SPINDLE_A_LIFE_MAX, attr, spn_netlink_life_policy, ~0ULL,
				extack);
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

	err = spn_netlink_parse(tb, SPINDLE_A_SA_MAX, nest, spn_netlink_sa_policy, ~0ULL, extack);
	if (err)
		return err;
	if (!tb[SPINDLE_A_SA_DIR]) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "no direction is given");
		return -EINVAL;
	}
	memset(config, 0, sizeof(*config));
	config->dir = nla_get_u8(tb[SPINDLE_A_SA_DIR]);
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

static int put_life(struct sk_buff *msg, const struct spn_life *life)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_SA_LIFE);
	const struct {
		int attr;
		u64 limit;
	} limits[] = {
		{ SPINDLE_A_LIFE_SOFT_BYTES, life->soft_bytes },
		{ SPINDLE_A_LIFE_HARD_BYTES, life->hard_bytes },
		{ SPINDLE_A_LIFE_SOFT_PACKETS, life->soft_packets },
		{ SPINDLE_A_LIFE_HARD_PACKETS, life->hard_packets },
		{ SPINDLE_A_LIFE_SOFT_SECONDS, life->soft_seconds },
		{ SPINDLE_A_LIFE_HARD_SECONDS, life->hard_seconds },
	};
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i].limit && nla_put_u64_64bit(msg, limits[i].attr, limits[i].limit,
							 SPINDLE_A_LIFE_PAD))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_usage(struct sk_buff *msg, const struct spn_sa *sa)
{
	u64 seq = sa->dir == SPINDLE_DIR_IN ? READ_ONCE(sa->replay.top) : READ_ONCE(sa->seq);
	time64_t last_used = READ_ONCE(sa->last_used);
	u64 packets, bytes;

	spn_sa_usage(sa, &packets, &bytes);
	if (nla_put_u64_64bit(msg, SPINDLE_A_SA_SEQUENCE, seq, SPINDLE_A_SA_PAD) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_SA_PACKETS, packets, SPINDLE_A_SA_PAD) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_SA_BYTES, bytes, SPINDLE_A_SA_PAD) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_SA_AGE, spn_sa_age(sa), SPINDLE_A_SA_PAD) ||
	    (last_used && nla_put_u64_64bit(msg, SPINDLE_A_SA_LAST_USED, last_used,
					    SPINDLE_A_SA_PAD)))
		return -EMSGSIZE;
	return 0;
}

static int put_last_drop(struct sk_buff *msg, struct spn_drops *drops)
{
	struct spn_last_drop last = spn_drops_last(drops);
	struct nlattr *nest;

	if (last.reason == SPN_DROP_NONE)
		return 0;
	nest = nla_nest_start(msg, SPINDLE_A_SA_LAST_DROP);
	if (!nest ||
	    nla_put_string(msg, SPINDLE_A_DROP_REASON, spn_drop_name(last.reason)) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_DROP_SEQUENCE, last.seq,
			      SPINDLE_A_DROP_PAD) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_DROP_TIME, last.time, SPINDLE_A_DROP_PAD) ||
	    (last.src.family && nla_put(msg, SPINDLE_A_DROP_SOURCE, spn_addr_len(&last.src),
					last.src.octets)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Everything but the keys. */
static int put_sa(struct sk_buff *msg, struct spn_sa *sa)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_SA);

	if (!nest ||
	    nla_put_u8(msg, SPINDLE_A_SA_DIR, sa->dir) ||
	    nla_put_be32(msg, SPINDLE_A_SA_SPI, sa->spi) ||
	    nla_put_string(msg, SPINDLE_A_SA_ALG, sa->xform.suite->word) ||
	    nla_put_u32(msg, SPINDLE_A_SA_GENERATION, sa->generation) ||
	    nla_put_u8(msg, SPINDLE_A_SA_STATE, spn_generation_sa_state(sa)) ||
	    (sa->xform.esn && nla_put_flag(msg, SPINDLE_A_SA_ESN)) ||
	    (sa->dir == SPINDLE_DIR_IN &&
	     nla_put_u32(msg, SPINDLE_A_SA_REPLAY_WINDOW, sa->replay.size)) ||
	    put_life(msg, &sa->life) ||
	    put_usage(msg, sa) ||
	    spn_netlink_put_drops(msg, SPINDLE_A_SA_DROP, &sa->drops) ||
	    put_last_drop(msg, &sa->drops))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_tunnel_sa(struct sk_buff *msg, void *object)
{
	struct spn_sa *sa = object;

	return spn_netlink_put_tunnel_name(msg, sa->tunnel) ?: put_sa(msg, sa);
}

/* An SPI that waits for its SA. */
static int put_reserved(struct sk_buff *msg, void *object)
{
	const struct spn_spi *entry = object;
	struct nlattr *nest;
	int err;

	err = spn_netlink_put_tunnel_name(msg, entry->tunnel);
	if (err)
		return err;
	nest = nla_nest_start(msg, SPINDLE_A_SA);
	if (!nest ||
	    nla_put_u8(msg, SPINDLE_A_SA_DIR, SPINDLE_DIR_IN) ||
	    nla_put_be32(msg, SPINDLE_A_SA_SPI, entry->key.spi) ||
	    nla_put_u8(msg, SPINDLE_A_SA_STATE, SPINDLE_SA_RESERVED))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

void spn_netlink_sa_gone(struct spn_sa *sa)
{
	spn_netlink_notify(sa->tunnel->sn, SPINDLE_CMD_SA_DEL_NTF, put_tunnel_sa, sa);
}

void spn_netlink_spi_gone(struct spn_spi *entry)
{
	spn_netlink_notify(entry->tunnel->sn, SPINDLE_CMD_SA_DEL_NTF, put_reserved, entry);
}

/* The SPI wanted, or 0 if the message leaves the choice to us. */
static int get_wanted_spi(struct genl_info *info, __be32 *spi)
{
	struct nlattr *tb[SPINDLE_A_SA_MAX + 1];
	int err;

	*spi = 0;
	if (!info->attrs[SPINDLE_A_SA])
		return 0;
	err = spn_netlink_nest(tb, SPINDLE_A_SA_MAX, SPINDLE_A_SA, info, spn_netlink_sa_policy,
			       BIT_ULL(SPINDLE_A_SA_SPI) | BIT_ULL(SPINDLE_A_SA_DIR));
	if (err)
		return err;
	if (tb[SPINDLE_A_SA_DIR] && nla_get_u8(tb[SPINDLE_A_SA_DIR]) != SPINDLE_DIR_IN) {
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
	struct spn_net *sn = spn_net(genl_info_net(info));
	struct spn_tunnel *tunnel;
	struct spn_spi *entry;
	struct sk_buff *msg;
	void *header;
	__be32 spi;
	int err;

	err = get_wanted_spi(info, &spi);
	if (err)
		return err;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	header = genlmsg_put_reply(msg, info, &spn_netlink_family, 0, SPINDLE_CMD_SPI_ALLOC);
	mutex_lock(&sn->lock);
	tunnel = spn_netlink_tunnel(sn, info);
	if (IS_ERR(tunnel)) {
		err = PTR_ERR(tunnel);
	} else {
		struct spn_conf *conf = spn_tunnel_conf(tunnel);

		entry = ERR_PTR(spn_limit_reserved(sn, info->extack));
		if (!entry)
			entry = spn_spi_reserve(sn, tunnel, &conf->endpoints.local, conf->opt.proto,
						spi, info->extack);
		err = IS_ERR(entry) ? PTR_ERR(entry) : put_reserved(msg, entry);
	}
	mutex_unlock(&sn->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

static void notify_new(struct spn_net *sn, struct spn_tunnel *tunnel,
		       const struct spn_sa_config *config)
{
	struct spn_sa *sa;

	list_for_each_entry(sa, &tunnel->sas, node)
		if (sa->dir == config->dir && sa->generation == config->generation)
			spn_netlink_notify(sn, SPINDLE_CMD_SA_NEW_NTF, put_tunnel_sa, sa);
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

static int install_pair(struct spn_net *sn, struct genl_info *info, struct spn_sa_config *in,
			struct spn_sa_config *out)
{
	struct spn_tunnel *tunnel = spn_netlink_tunnel(sn, info);
	int err;

	if (IS_ERR(tunnel))
		return PTR_ERR(tunnel);
	err = spn_generation_install(tunnel, in->suite ? in : NULL, out->suite ? out : NULL,
				 info->extack);
	if (err)
		return err;
	if (in->suite)
		notify_new(sn, tunnel, in);
	if (out->suite) {
		notify_new(sn, tunnel, out);
		spn_output_staged(tunnel);
	}
	return 0;
}

int spn_netlink_sa_new(struct sk_buff *skb, struct genl_info *info)
{
	struct spn_net *sn = spn_net(genl_info_net(info));
	struct spn_sa_config in, out;
	int err;

	err = get_pair(info, &in, &out) ?: prepare_pair(&in, &out, info->extack);
	if (err)
		return err;
	mutex_lock(&sn->lock);
	err = install_pair(sn, info, &in, &out);
	mutex_unlock(&sn->lock);
	release_pair(&in, &out);
	spn_mtu_settle(sn);
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
		if (spn_netlink_dump_put(msg, cb, SPINDLE_CMD_SA_GET, put_tunnel_sa, sa))
			return -EMSGSIZE;
		dump->sa = sa->serial;
	}
	list_for_each_entry(entry, &tunnel->reserved, own) {
		if (entry->serial <= dump->spi)
			continue;
		if (spn_netlink_dump_put(msg, cb, SPINDLE_CMD_SA_GET, put_reserved, entry))
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
	struct spn_tunnel *tunnel;
	int err;

	if (nest) {
		err = spn_netlink_parse(tb, SPINDLE_A_TUNNEL_MAX, nest, spn_netlink_tunnel_policy,
					SPN_NETLINK_NAMES, cb->extack);
		if (err)
			return err;
		tunnel = spn_netlink_find(sn, tb, cb->extack);
		if (IS_ERR(tunnel))
			return PTR_ERR(tunnel);
		dump->only = tunnel->id;
	} else {
		err = spn_netlink_dump_all(cb);
		if (err)
			return err;
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
	       (!dir || nla_get_u8(dir) == sa->dir) &&
	       (!spi || nla_get_be32(spi) == sa->spi);
}

/* A deletion means what fits all that is said: a generation, or a direction and an SPI. */
static int del_sas(struct spn_net *sn, struct spn_tunnel *tunnel, struct nlattr **tb,
		   struct netlink_ext_ack *extack)
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
	if (!found && !tb[SPINDLE_A_SA_GENERATION] && nla_get_u8(dir) == SPINDLE_DIR_IN)
		found = spn_spi_release_one(sn, tunnel, nla_get_be32(spi));
	if (found)
		return 0;
	NL_SET_ERR_MSG(extack, "no such SA");
	return -ENOENT;
}

int spn_netlink_sa_del(struct sk_buff *skb, struct genl_info *info)
{
	struct spn_net *sn = spn_net(genl_info_net(info));
	struct nlattr *tb[SPINDLE_A_SA_MAX + 1];
	struct spn_tunnel *tunnel;
	int err;

	err = spn_netlink_nest(tb, SPINDLE_A_SA_MAX, SPINDLE_A_SA, info, spn_netlink_sa_policy,
			       BIT_ULL(SPINDLE_A_SA_GENERATION) | BIT_ULL(SPINDLE_A_SA_DIR) |
			       BIT_ULL(SPINDLE_A_SA_SPI));
	if (err)
		return err;
	mutex_lock(&sn->lock);
	tunnel = spn_netlink_tunnel(sn, info);
	if (IS_ERR(tunnel))
		err = PTR_ERR(tunnel);
	else
		err = del_sas(sn, tunnel, tb, info->extack);
	mutex_unlock(&sn->lock);
	spn_mtu_settle(sn);
	return err;
}

int spn_netlink_sa_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct spn_net *sn = spn_net(genl_info_net(info));
	struct spn_tunnel *tunnel;
	struct spn_sa *sa, *next;

	mutex_lock(&sn->lock);
	tunnel = spn_netlink_tunnel(sn, info);
	if (!IS_ERR(tunnel)) {
		list_for_each_entry_safe(sa, next, &tunnel->sas, node)
			spn_generation_remove(tunnel, sa);
		spn_spi_release_reserved(sn, tunnel);
	}
	mutex_unlock(&sn->lock);
	spn_mtu_settle(sn);
	return PTR_ERR_OR_ZERO(tunnel);
}

static int activate(struct spn_tunnel *tunnel, u32 generation, struct netlink_ext_ack *extack)
{
	struct spn_sa *sa;

	if (spn_generation_activate(tunnel, generation)) {
		spn_output_staged(tunnel);
		return 0;
	}
	/* The first packet may have come before the command: no error. */
	list_for_each_entry(sa, &tunnel->sas, node)
		if (sa->dir == SPINDLE_DIR_OUT && sa->generation == generation)
			return 0;
	NL_SET_ERR_MSG(extack, "the generation has no outbound SA");
	return -ENOENT;
}

int spn_netlink_sa_activate(struct sk_buff *skb, struct genl_info *info)
{
	struct spn_net *sn = spn_net(genl_info_net(info));
	struct nlattr *tb[SPINDLE_A_SA_MAX + 1];
	struct spn_tunnel *tunnel;
	int err;

	err = spn_netlink_nest(tb, SPINDLE_A_SA_MAX, SPINDLE_A_SA, info, spn_netlink_sa_policy,
			       BIT_ULL(SPINDLE_A_SA_GENERATION));
	if (err)
		return err;
	if (!tb[SPINDLE_A_SA_GENERATION]) {
		NL_SET_ERR_MSG(info->extack, "no generation is given");
		return -EINVAL;
	}
	mutex_lock(&sn->lock);
	tunnel = spn_netlink_tunnel(sn, info);
	if (IS_ERR(tunnel))
		err = PTR_ERR(tunnel);
	else
		err = activate(tunnel, nla_get_u32(tb[SPINDLE_A_SA_GENERATION]), info->extack);
	mutex_unlock(&sn->lock);
	return err;
}
