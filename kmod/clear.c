// SPDX-License-Identifier: GPL-2.0
#include <linux/icmpv6.h>
#include <linux/inetdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/tcp.h>
#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "clear.h"
#include "compat.h"
#include "conf.h"
#include "ip.h"
#include "sa.h"
#include "spi.h"
#include "state.h"

enum {
	PORT_RSA = 4510,	/* TCP: spindled */
	PORT_IKE = 500,		/* UDP: RFC 7296 2 */
	PORT_IKE_NAT = 4500,	/* UDP: RFC 3948, ESP too */
};

/* --- what may come in the clear ----------------------------------------------- */

/* Where a packet really came in: a VRF puts itself in the place of its devices. */
static const struct net_device *came_by(const struct sk_buff *skb,
					const struct nf_hook_state *state)
{
	int iif;

	if (likely(!netif_is_l3_master(state->in)))
		return state->in;
	iif = spn_ip_is_v6(skb) ? IP6CB(skb)->iif : IPCB(skb)->iif;
	return dev_get_by_index_rcu(state->net, iif) ?: state->in;
}

/* Not from a wire, or protected by somebody. */
static bool came_otherwise(const struct sk_buff *skb, const struct net_device *in,
			   const struct spn_device *own)
{
	return in->flags & IFF_LOOPBACK || in->netdev_ops == own->dev->netdev_ops ||
	       secpath_exists((struct sk_buff *)skb);
}

static bool is_seal(u8 proto)
{
	return proto == IPPROTO_ESP || proto == IPPROTO_AH;
}

/* What looks for the content of an IPv6 packet passes AH over, like any header between. */
static bool is_sealed(const struct sk_buff *skb, const struct spn_ip *ip)
{
	unsigned int at = 0;

	return is_seal(ip->proto) ||
	       (ip->family == AF_INET6 &&
		ipv6_find_hdr(skb, &at, NEXTHDR_AUTH, NULL, NULL) == NEXTHDR_AUTH);
}

/*
 * Of a connection for keying.  One that we have opened is nobody else's to begin: its port is
 * the source's.
 */
static bool is_keying_tcp(const struct sk_buff *skb, const struct spn_ip *ip,
			  const struct spn_tuple *tuple)
{
	const struct tcphdr *th;
	struct tcphdr buf;

	if (tuple->local_port == PORT_RSA)
		return true;
	if (tuple->remote_port != PORT_RSA)
		return false;
	th = skb_header_pointer(skb, spn_ip_content(skb, ip), sizeof(buf), &buf);
	return th && (th->ack || th->rst);
}

/* IKE, and ESP in UDP, which may have other ports. */
static bool is_keying_udp(const struct sk_buff *skb, const struct spn_ip *ip,
			  const struct spn_tuple *tuple, struct spn_net *sn)
{
	const __be32 *spi;
	__be32 buf;

	if (tuple->local_port == PORT_IKE || tuple->local_port == PORT_IKE_NAT)
		return true;
	spi = skb_header_pointer(skb, spn_ip_content(skb, ip) + sizeof(struct udphdr),
				 sizeof(buf), &buf);
	return spi && spn_spi_lookup(sn, &tuple->local, *spi, IPPROTO_ESP);
}

/* What two ends of a tunnel say to each other, as they must before and around it. */
static bool is_outer(const struct sk_buff *skb, const struct spn_ip *ip,
		     const struct spn_tuple *tuple, struct spn_net *sn)
{
	if (is_sealed(skb, ip))
		return true;
	if (!tuple->has_ports || !spn_conf_lookup(sn, &tuple->local, &tuple->remote))
		return false;
	return tuple->proto == IPPROTO_TCP ? is_keying_tcp(skb, ip, tuple) :
	       tuple->proto == IPPROTO_UDP ? is_keying_udp(skb, ip, tuple, sn) : false;
}

/* An error about such, from a router on the way to the other end or from that one. */
static bool is_about_outer(const struct sk_buff *skb, const struct spn_ip *ip,
			   struct spn_net *sn)
{
	struct spn_tuple quoted;

	if (!spn_ip_quoted(skb, ip, SPINDLE_DIR_IN, &quoted) ||
	    !spn_conf_lookup(sn, &quoted.local, &quoted.remote))
		return false;
	return is_seal(quoted.proto) ||
	       (quoted.has_ports && (quoted.remote_port == PORT_RSA ||
				     quoted.local_port == PORT_RSA ||
				     quoted.proto == IPPROTO_UDP));
}

/* Without them two hosts on one link could send each other nothing at all (RFC 4861 6). */
static bool is_neighbour_discovery(const struct sk_buff *skb, const struct spn_ip *ip)
{
	int at = spn_ip_content(skb, ip);
	const u8 *type;
	u8 buf;

	if (ip->proto != IPPROTO_ICMPV6 || ip->family != AF_INET6 ||
	    ipv6_hdr(skb)->hop_limit != 255)
		return false;
	type = at < 0 ? NULL : skb_header_pointer(skb, at, sizeof(buf), &buf);
	return type && *type >= NDISC_ROUTER_SOLICITATION && *type <= NDISC_REDIRECT;
}

static bool of_network4(const struct net_device *in, __be32 addr)
{
	const struct in_device *in_dev = __in_dev_get_rcu(in);
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return false;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (ifa->ifa_prefixlen < 32 && inet_ifa_match(addr, ifa))
			return true;
	return false;
}

static bool answers_leave_by4(struct net *net, const struct net_device *in,
			      const struct spn_tuple *tuple)
{
	struct flowi4 fl4 = {
		.saddr = tuple->local.v4,
		.daddr = tuple->remote.v4,
		.flowi4_proto = tuple->proto,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
	};
	struct rtable *rt = __ip_route_output_key(net, &fl4);
	bool same;

	if (IS_ERR(rt))
		return false;
	same = spn_dst_dev(&rt->dst) == in;
	ip_rt_put(rt);
	return same;
}

static bool of_network6(const struct net_device *in, const struct spn_tuple *tuple,
			struct flowi6 *fl6)
{
	memcpy(&fl6->saddr, tuple->local.octets, sizeof(fl6->saddr));
	memcpy(&fl6->daddr, tuple->remote.octets, sizeof(fl6->daddr));
	fl6->flowi6_proto = tuple->proto;
	return ipv6_chk_prefix(&fl6->daddr, (struct net_device *)in);
}

static bool answers_leave_by6(struct net *net, const struct net_device *in, struct flowi6 *fl6)
{
	struct dst_entry *dst = ip6_route_output(net, NULL, fl6);
	bool same = !dst->error && spn_dst_dev(dst) == in;

	dst_release(dst);
	return same;
}

/*
 * Where the peer's network is that of an own link as well, and the link has the route, its
 * hosts are neighbours: what we say to them goes there in the clear.
 */
static bool from_neighbour(struct net *net, const struct net_device *in,
			   const struct spn_tuple *tuple)
{
	struct flowi6 fl6 = {};

	if (tuple->remote.family == AF_INET)
		return of_network4(in, tuple->remote.v4) && answers_leave_by4(net, in, tuple);
	return of_network6(in, tuple, &fl6) && answers_leave_by6(net, in, &fl6);
}

/* --- what may not ----------------------------------------------------------- */

/* The tunnel that should have brought the packet, which would be refused for it, or NULL. */
static struct spn_tunnel *protected_by(const struct spn_net *sn, const struct spn_tuple *tuple)
{
	const struct spn_device *sd;
	struct spn_tunnel *tunnel;

	list_for_each_entry_rcu(sd, &sn->guards, guard_node) {
		tunnel = spn_selectors_protect(&sd->selectors, tuple);
		if (tunnel)
			return tunnel;
	}
	return NULL;
}

static bool may_come(const struct sk_buff *skb, const struct spn_ip *ip,
		     const struct nf_hook_state *state, const struct spn_tuple *tuple,
		     const struct spn_tunnel *tunnel)
{
	const struct spn_conf *conf = rcu_dereference(tunnel->conf);
	const struct net_device *in = came_by(skb, state);
	struct spn_net *sn = spn_net(state->net);

	/* Whoever may want to read it, it is sealed; only that it ends here counts. */
	if (state->hook == NF_INET_LOCAL_IN &&
	    (is_outer(skb, ip, tuple, sn) || is_about_outer(skb, ip, sn)))
		return true;
	if (came_otherwise(skb, in, spn_device(tunnel->dev)) ||
	    is_neighbour_discovery(skb, ip))
		return true;
	return conf && conf->opt.mode == SPINDLE_MODE_TUNNEL &&
	       from_neighbour(state->net, in, tuple);
}

static unsigned int clear_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct spn_tunnel *tunnel;
	struct spn_tuple tuple;
	struct spn_ip ip;

	/* The stack has seen to it that it can be one. */
	if (!spn_ip_read(skb, &ip))
		return NF_ACCEPT;
	tuple = spn_ip_tuple(skb, &ip, SPINDLE_DIR_IN);
	tunnel = protected_by(spn_net(state->net), &tuple);
	if (!tunnel || may_come(skb, &ip, state, &tuple, tunnel))
		return NF_ACCEPT;
	spn_drop_rx(skb, &tunnel->drops, SPN_DROP_CLEAR, 0, 0, &tuple.remote);
	return NF_STOLEN;
}

/* --- devices ---------------------------------------------------------------- */

/* What the packet is for is known by then, behind a firewall's translation too. */
#define CLEAR_HOOK(family, number)		\
	{					\
		.hook = clear_hook,		\
		.pf = family,			\
		.hooknum = number,		\
		.priority = NF_IP_PRI_FIRST,	\
	}

static const struct nf_hook_ops hooks[] = {
	CLEAR_HOOK(NFPROTO_IPV4, NF_INET_LOCAL_IN),
	CLEAR_HOOK(NFPROTO_IPV4, NF_INET_FORWARD),
	CLEAR_HOOK(NFPROTO_IPV6, NF_INET_LOCAL_IN),
	CLEAR_HOOK(NFPROTO_IPV6, NF_INET_FORWARD),
};

static int join_guards(struct net_device *dev)
{
	struct spn_net *sn = spn_net(dev_net(dev));
	struct spn_device *sd = spn_device(dev);
	int err;

	if (sd->guarding)
		return 0;
	if (list_empty(&sn->guards)) {
		err = nf_register_net_hooks(dev_net(dev), hooks, ARRAY_SIZE(hooks));
		if (err)
			return err;
	}
	list_add_tail_rcu(&sd->guard_node, &sn->guards);
	sd->guarding = true;
	return 0;
}

static void leave_guards(struct net_device *dev)
{
	struct spn_net *sn = spn_net(dev_net(dev));
	struct spn_device *sd = spn_device(dev);

	if (!sd->guarding)
		return;
	list_del_rcu(&sd->guard_node);
	sd->guarding = false;
	if (list_empty(&sn->guards))
		nf_unregister_net_hooks(dev_net(dev), hooks, ARRAY_SIZE(hooks));
	/* It may join those of another namespace, where no reader of these must go on. */
	if (dev->reg_state == NETREG_REGISTERED)
		synchronize_net();
}

int spn_clear_enter(struct net_device *dev)
{
	ASSERT_RTNL();
	return spn_device(dev)->clear == SPINDLE_CLEAR_REFUSE ? join_guards(dev) : 0;
}

void spn_clear_leave(struct net_device *dev)
{
	ASSERT_RTNL();
	leave_guards(dev);
}

int spn_clear_set(struct net_device *dev, u8 clear)
{
	struct spn_device *sd = spn_device(dev);
	int err = 0;

	ASSERT_RTNL();
	if (clear == SPINDLE_CLEAR_REFUSE)
		err = join_guards(dev);
	else
		leave_guards(dev);
	/* Read without the RTNL by who asks for devices. */
	if (!err)
		WRITE_ONCE(sd->clear, clear);
	return err;
}
