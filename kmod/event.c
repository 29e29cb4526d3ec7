// SPDX-License-Identifier: GPL-2.0
#include <net/genetlink.h>

#include "event.h"
#include "ip.h"
#include "sa.h"
#include "state.h"

static const struct genl_family *event_family;

void spn_event_init(const struct genl_family *family)
{
	event_family = family;
}

/* Listeners learn that they have missed something, and ask how things are. */
static void event_miss(const struct spn_tunnel *tunnel)
{
	struct net *net;

	rcu_read_lock();
	net = rcu_dereference(spn_device(tunnel->dev)->net);
	if (net)
		genl_set_err(event_family, net, 0, SPN_GROUP_KEYING, -ENOBUFS);
	rcu_read_unlock();
}

static bool event_heard(const struct spn_tunnel *tunnel)
{
	struct net *net;
	bool heard;

	rcu_read_lock();
	net = rcu_dereference(spn_device(tunnel->dev)->net);
	heard = net && genl_has_listeners(event_family, net, SPN_GROUP_KEYING);
	rcu_read_unlock();
	return heard;
}

static struct sk_buff *event_new(const struct spn_tunnel *tunnel, u8 cmd, void **header)
{
	struct sk_buff *msg;

	if (!event_heard(tunnel))
		return NULL;
	msg = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	if (!msg) {
		event_miss(tunnel);
		return NULL;
	}
	*header = genlmsg_put(msg, 0, 0, event_family, 0, cmd);
	return msg;
}

/* Sends the message, or frees it if it could not be filled. */
static void event_send(const struct spn_tunnel *tunnel, struct sk_buff *msg, void *header,
		       int err)
{
	struct net *net;

	rcu_read_lock();
	net = rcu_dereference(spn_device(tunnel->dev)->net);
	if (err || !net) {
		nlmsg_free(msg);
	} else {
		genlmsg_end(msg, header);
		genlmsg_multicast_netns(event_family, net, msg, 0, SPN_GROUP_KEYING, GFP_ATOMIC);
	}
	rcu_read_unlock();
}

static int put_encap(struct sk_buff *msg, u16 dport)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_TUNNEL_ENCAP);

	if (!nest ||
	    nla_put_u32(msg, SPINDLE_A_ENCAP_TYPE,
			dport ? SPINDLE_ENCAP_UDP : SPINDLE_ENCAP_NONE) ||
	    (dport && nla_put_be16(msg, SPINDLE_A_ENCAP_DPORT, cpu_to_be16(dport))))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* @remote: where its peer's packets come from, if the event is about that; else NULL. */
static int put_tunnel_at(struct sk_buff *msg, const struct spn_tunnel *tunnel,
			 const struct spn_endpoint *remote)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_TUNNEL);

	if (!nest ||
	    nla_put_u32(msg, SPINDLE_A_TUNNEL_ID, tunnel->id) ||
	    nla_put_string(msg, SPINDLE_A_TUNNEL_NAME, tunnel->name) ||
	    nla_put_u32(msg, SPINDLE_A_TUNNEL_IFINDEX, READ_ONCE(tunnel->dev->ifindex)) ||
	    (remote && nla_put(msg, SPINDLE_A_TUNNEL_REMOTE, spn_addr_len(&remote->addr),
			       remote->addr.octets)) ||
	    (remote && put_encap(msg, remote->port)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_tunnel(struct sk_buff *msg, const struct spn_tunnel *tunnel)
{
	return put_tunnel_at(msg, tunnel, NULL);
}

/* Leaves the nest open. */
static struct nlattr *start_sa(struct sk_buff *msg, u8 dir, __be32 spi, u32 generation)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_SA);

	if (!nest ||
	    nla_put_u32(msg, SPINDLE_A_SA_DIR, dir) ||
	    nla_put_be32(msg, SPINDLE_A_SA_SPI, spi) ||
	    nla_put_u32(msg, SPINDLE_A_SA_GENERATION, generation))
		return NULL;
	return nest;
}

static int put_sa_numbers(struct sk_buff *msg, u8 dir, __be32 spi, u32 generation)
{
	struct nlattr *nest = start_sa(msg, dir, spi, generation);

	if (!nest)
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_sa(struct sk_buff *msg, const struct spn_sa *sa)
{
	return put_sa_numbers(msg, sa->dir, sa->spi, sa->generation);
}

static int put_expired(struct sk_buff *msg, const struct spn_sa *sa, bool hard,
		       enum spindle_limit limit)
{
	struct nlattr *nest = start_sa(msg, sa->dir, sa->spi, sa->generation);

	if (!nest ||
	    (hard && nla_put_flag(msg, SPINDLE_A_SA_HARD)) ||
	    nla_put_u32(msg, SPINDLE_A_SA_LIMIT, limit))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_flow(struct sk_buff *msg, const struct sk_buff *skb)
{
	struct spn_tuple tuple = spn_ip_tuple(skb, spn_ip(skb), SPINDLE_DIR_OUT);
	struct spn_addr src = spn_ip_src(skb), dst = spn_ip_dst(skb);
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_FLOW);

	if (!nest ||
	    nla_put(msg, SPINDLE_A_FLOW_SRC, spn_addr_len(&src), src.octets) ||
	    nla_put(msg, SPINDLE_A_FLOW_DST, spn_addr_len(&dst), dst.octets) ||
	    nla_put_u32(msg, SPINDLE_A_FLOW_PROTO, tuple.proto) ||
	    (tuple.has_ports &&
	     (nla_put_be16(msg, SPINDLE_A_FLOW_SPORT, cpu_to_be16(tuple.local_port)) ||
	      nla_put_be16(msg, SPINDLE_A_FLOW_DPORT, cpu_to_be16(tuple.remote_port)))))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

void spn_event_acquire(struct spn_tunnel *tunnel, const struct sk_buff *skb)
{
	unsigned long after = READ_ONCE(tunnel->acquire_after);
	struct sk_buff *msg;
	void *header;

	/*
	 * Of several CPUs that come at the same moment one may ask.  A time of long ago looks on
	 * 32 bits like one to come.
	 */
	if (time_in_range_open(jiffies, after - HZ, after) ||
	    cmpxchg(&tunnel->acquire_after, after, jiffies + HZ) != after)
		return;
	msg = event_new(tunnel, SPINDLE_CMD_ACQUIRE_NTF, &header);
	if (msg)
		event_send(tunnel, msg, header, put_tunnel(msg, tunnel) ?: put_flow(msg, skb));
}

void spn_event_expire(const struct spn_sa *sa, bool hard, enum spindle_limit limit)
{
	struct sk_buff *msg;
	void *header;

	msg = event_new(sa->tunnel, SPINDLE_CMD_EXPIRE_NTF, &header);
	if (msg)
		event_send(sa->tunnel, msg, header,
			   put_tunnel(msg, sa->tunnel) ?: put_expired(msg, sa, hard, limit));
}

void spn_event_active(const struct spn_sa *sa)
{
	struct sk_buff *msg;
	void *header;

	msg = event_new(sa->tunnel, SPINDLE_CMD_ACTIVE_NTF, &header);
	if (msg)
		event_send(sa->tunnel, msg, header, put_tunnel(msg, sa->tunnel) ?: put_sa(msg, sa));
}

void spn_event_endpoint(const struct spn_tunnel *tunnel, const struct spn_sighting *sighting)
{
	struct sk_buff *msg;
	void *header;

	msg = event_new(tunnel, SPINDLE_CMD_ENDPOINT_NTF, &header);
	if (msg)
		event_send(tunnel, msg, header,
			   put_tunnel_at(msg, tunnel, &sighting->from) ?:
			   put_sa_numbers(msg, SPINDLE_DIR_IN, sighting->spi,
					  sighting->generation));
}
