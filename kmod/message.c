// SPDX-License-Identifier: GPL-2.0
#include <net/netlink.h>

#include "conf.h"
#include "generation.h"
#include "message.h"
#include "port.h"
#include "sa.h"
#include "spi.h"

static int put_drops(struct sk_buff *msg, int attr, const struct spn_drops *drops)
{
	unsigned int reason;

	for (reason = SPN_DROP_NONE + 1; reason < SPN_DROP_COUNT; reason++) {
		u64 count = atomic64_read(&drops->count[reason]);
		struct nlattr *nest;

		if (!count)
			continue;
		nest = nla_nest_start(msg, attr);
		if (!nest ||
		    nla_put_string(msg, SPINDLE_A_DROP_REASON, spn_drop_name(reason)) ||
		    nla_put_u64_64bit(msg, SPINDLE_A_DROP_COUNT, count, SPINDLE_A_DROP_PAD))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}

static int put_tunnel_name(struct sk_buff *msg, const struct spn_tunnel *tunnel)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_TUNNEL);

	if (!nest ||
	    nla_put_u32(msg, SPINDLE_A_TUNNEL_ID, tunnel->id) ||
	    nla_put_string(msg, SPINDLE_A_TUNNEL_NAME, tunnel->name) ||
	    nla_put_u32(msg, SPINDLE_A_TUNNEL_PROTO, spn_tunnel_conf(tunnel)->opt.proto))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Where the device is, as those in @home call it, if it is not with them. */
static int put_netnsid(struct sk_buff *msg, int attr, const struct net_device *dev,
		       struct net *home)
{
	struct net *net;
	int id = -1;

	rcu_read_lock();
	net = dev_net(dev);
	if (home && !net_eq(net, home))
		id = peernet2id_alloc(home, net, GFP_ATOMIC);
	rcu_read_unlock();
	return id < 0 ? 0 : nla_put_u32(msg, attr, id);
}

static int put_spindle(struct sk_buff *msg, const struct spn_device *sd, struct net *home)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_DEVICE);

	if (!nest ||
	    nla_put_u32(msg, SPINDLE_A_DEVICE_IFINDEX, READ_ONCE(sd->dev->ifindex)) ||
	    nla_put_string(msg, SPINDLE_A_DEVICE_IFNAME, sd->dev->name) ||
	    nla_put_u32(msg, SPINDLE_A_DEVICE_MTU, READ_ONCE(sd->dev->mtu)) ||
	    nla_put_u32(msg, SPINDLE_A_DEVICE_MTU_FIXED, sd->mtu_fixed) ||
	    nla_put_u32(msg, SPINDLE_A_DEVICE_TUNNELS, sd->n_tunnels) ||
	    nla_put_u32(msg, SPINDLE_A_DEVICE_CLEAR, READ_ONCE(sd->clear)) ||
	    put_netnsid(msg, SPINDLE_A_DEVICE_NETNSID, sd->dev, home) ||
	    put_drops(msg, SPINDLE_A_DEVICE_DROP, &sd->drops))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int spn_message_put_device(struct sk_buff *msg, void *object)
{
	struct spn_device *sd = object;

	return put_spindle(msg, sd, rcu_access_pointer(sd->net));
}

int spn_message_put_device_here(struct sk_buff *msg, void *object)
{
	return put_spindle(msg, object, NULL);
}

static int put_addr(struct sk_buff *msg, int type, const struct spn_addr *addr)
{
	return nla_put(msg, type, spn_addr_len(addr), addr->octets);
}

static int put_selectors(struct sk_buff *msg, int type, const struct spn_ts *ts, unsigned int n)
{
	for (; n; n--, ts++) {
		struct nlattr *nest = nla_nest_start(msg, type);

		if (!nest ||
		    put_addr(msg, SPINDLE_A_SELECTOR_ADDR, &ts->prefix.addr) ||
		    nla_put_u32(msg, SPINDLE_A_SELECTOR_LEN, ts->prefix.len) ||
		    (ts->proto && nla_put_u32(msg, SPINDLE_A_SELECTOR_PROTO, ts->proto)) ||
		    (spn_proto_has_ports(ts->proto) &&
		     (nla_put_be16(msg, SPINDLE_A_SELECTOR_PORT_FIRST,
				   cpu_to_be16(ts->ports.first)) ||
		      nla_put_be16(msg, SPINDLE_A_SELECTOR_PORT_LAST,
				   cpu_to_be16(ts->ports.last)))))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}

static int put_encap(struct sk_buff *msg, const struct spn_options *opt)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_TUNNEL_ENCAP);
	bool udp = opt->encap_dport;

	if (!nest ||
	    nla_put_u32(msg, SPINDLE_A_ENCAP_TYPE, udp ? SPINDLE_ENCAP_UDP : SPINDLE_ENCAP_NONE) ||
	    (udp && (nla_put_be16(msg, SPINDLE_A_ENCAP_SPORT, cpu_to_be16(opt->encap_sport)) ||
		     nla_put_be16(msg, SPINDLE_A_ENCAP_DPORT, cpu_to_be16(opt->encap_dport)))))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_conf(struct sk_buff *msg, struct spn_conf *conf)
{
	if (put_addr(msg, SPINDLE_A_TUNNEL_LOCAL, &conf->endpoints.local) ||
	    put_addr(msg, SPINDLE_A_TUNNEL_REMOTE, &conf->endpoints.remote) ||
	    spn_options_put(msg, &conf->opt) ||
	    put_encap(msg, &conf->opt))
		return -EMSGSIZE;
	return put_selectors(msg, SPINDLE_A_TUNNEL_LOCAL_TS, spn_conf_local_ts(conf),
			     conf->n_local) ?:
	       put_selectors(msg, SPINDLE_A_TUNNEL_REMOTE_TS, spn_conf_remote_ts(conf),
			     conf->n_remote);
}

static u64 seconds_since(time64_t then)
{
	return max_t(s64, ktime_get_boottime_seconds() - then, 0);
}

static int put_traffic(struct sk_buff *msg, struct spn_tunnel *tunnel)
{
	struct spn_traffic rx = spn_generation_traffic(tunnel, SPINDLE_DIR_IN);
	struct spn_traffic tx = spn_generation_traffic(tunnel, SPINDLE_DIR_OUT);

	if (nla_put_u64_64bit(msg, SPINDLE_A_TUNNEL_RX_PACKETS, rx.packets,
			      SPINDLE_A_TUNNEL_PAD) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_TUNNEL_RX_BYTES, rx.bytes, SPINDLE_A_TUNNEL_PAD) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_TUNNEL_TX_PACKETS, tx.packets,
			      SPINDLE_A_TUNNEL_PAD) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_TUNNEL_TX_BYTES, tx.bytes, SPINDLE_A_TUNNEL_PAD) ||
	    (rx.last && nla_put_u64_64bit(msg, SPINDLE_A_TUNNEL_HEARD, seconds_since(rx.last),
					  SPINDLE_A_TUNNEL_PAD)))
		return -EMSGSIZE;
	return 0;
}

static int put_state(struct sk_buff *msg, const struct spn_tunnel *tunnel)
{
	struct spn_sa *out = rcu_dereference_protected(tunnel->out,
						       lockdep_is_held(&tunnel->sn->lock));
	const struct spn_conf *conf = spn_tunnel_conf(tunnel);
	bool up = out && !spn_sa_expired(out) && conf->opt.admin == SPINDLE_ADMIN_UP;
	const struct spn_port *port = conf->port;

	if (nla_put_u32(msg, SPINDLE_A_TUNNEL_STATE,
			up ? SPINDLE_TUNNEL_UP : SPINDLE_TUNNEL_DOWN) ||
	    (out && nla_put_u32(msg, SPINDLE_A_TUNNEL_OUT_GENERATION, out->generation)) ||
	    (port && !port->sock && nla_put_u32(msg, SPINDLE_A_TUNNEL_ENCAP_ERROR, -port->err)) ||
	    nla_put_u32(msg, SPINDLE_A_TUNNEL_STAGED,
			skb_queue_len_lockless(&tunnel->stage.skbs)) ||
	    (tunnel->mtu && (nla_put_u32(msg, SPINDLE_A_TUNNEL_PATH_MTU, tunnel->path_mtu) ||
			     nla_put_u32(msg, SPINDLE_A_TUNNEL_MTU, tunnel->mtu))))
		return -EMSGSIZE;
	return put_drops(msg, SPINDLE_A_TUNNEL_DROP, &tunnel->drops);
}

int spn_message_put_tunnel(struct sk_buff *msg, void *object)
{
	struct spn_tunnel *tunnel = object;
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_TUNNEL);

	if (!nest ||
	    nla_put_u32(msg, SPINDLE_A_TUNNEL_ID, tunnel->id) ||
	    nla_put_string(msg, SPINDLE_A_TUNNEL_NAME, tunnel->name) ||
	    nla_put_u32(msg, SPINDLE_A_TUNNEL_IFINDEX, READ_ONCE(tunnel->dev->ifindex)) ||
	    nla_put_string(msg, SPINDLE_A_TUNNEL_IFNAME, tunnel->dev->name) ||
	    put_netnsid(msg, SPINDLE_A_TUNNEL_NETNSID, tunnel->dev, tunnel->sn->net) ||
	    put_conf(msg, spn_tunnel_conf(tunnel)) ||
	    put_state(msg, tunnel) ||
	    put_traffic(msg, tunnel))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
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
	struct spn_traffic traffic = spn_sa_traffic(sa);

	if (nla_put_u64_64bit(msg, SPINDLE_A_SA_SEQUENCE, seq, SPINDLE_A_SA_PAD) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_SA_PACKETS, traffic.packets, SPINDLE_A_SA_PAD) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_SA_BYTES, traffic.bytes, SPINDLE_A_SA_PAD) ||
	    nla_put_u64_64bit(msg, SPINDLE_A_SA_AGE, spn_sa_age(sa), SPINDLE_A_SA_PAD) ||
	    (traffic.last && nla_put_u64_64bit(msg, SPINDLE_A_SA_IDLE,
					       seconds_since(traffic.last), SPINDLE_A_SA_PAD)))
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
	    nla_put_u64_64bit(msg, SPINDLE_A_DROP_AGE, seconds_since(last.time),
			      SPINDLE_A_DROP_PAD) ||
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
	    nla_put_u32(msg, SPINDLE_A_SA_DIR, sa->dir) ||
	    nla_put_be32(msg, SPINDLE_A_SA_SPI, sa->spi) ||
	    nla_put_string(msg, SPINDLE_A_SA_ALG, sa->xform.suite->word) ||
	    nla_put_u32(msg, SPINDLE_A_SA_GENERATION, sa->generation) ||
	    nla_put_u32(msg, SPINDLE_A_SA_STATE, spn_generation_sa_state(sa)) ||
	    (sa->xform.esn && nla_put_flag(msg, SPINDLE_A_SA_ESN)) ||
	    (sa->dir == SPINDLE_DIR_IN &&
	     nla_put_u32(msg, SPINDLE_A_SA_REPLAY_WINDOW, sa->replay.size)) ||
	    put_life(msg, &sa->life) ||
	    put_usage(msg, sa) ||
	    put_drops(msg, SPINDLE_A_SA_DROP, &sa->drops) ||
	    put_last_drop(msg, &sa->drops))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int spn_message_put_sa(struct sk_buff *msg, void *object)
{
	struct spn_sa *sa = object;

	return put_tunnel_name(msg, sa->tunnel) ?: put_sa(msg, sa);
}

/* An SPI that waits for its SA. */
int spn_message_put_spi(struct sk_buff *msg, void *object)
{
	const struct spn_spi *entry = object;
	struct nlattr *nest;
	int err;

	err = put_tunnel_name(msg, entry->tunnel);
	if (err)
		return err;
	nest = nla_nest_start(msg, SPINDLE_A_SA);
	if (!nest ||
	    nla_put_u32(msg, SPINDLE_A_SA_DIR, SPINDLE_DIR_IN) ||
	    nla_put_be32(msg, SPINDLE_A_SA_SPI, entry->key.spi) ||
	    nla_put_u32(msg, SPINDLE_A_SA_STATE, SPINDLE_SA_RESERVED))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int spn_message_put_generation(struct sk_buff *msg, void *object)
{
	const struct spn_pair *pair = object;
	struct spn_sa *in = spn_generation_find(pair->tunnel, SPINDLE_DIR_IN, pair->in);
	struct spn_sa *out = spn_generation_find(pair->tunnel, SPINDLE_DIR_OUT, pair->out);

	return put_tunnel_name(msg, pair->tunnel) ?:
	       (in ? put_sa(msg, in) : 0) ?:
	       (out ? put_sa(msg, out) : 0);
}
