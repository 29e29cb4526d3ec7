// SPDX-License-Identifier: GPL-2.0
#include <linux/if_ether.h>
#include <linux/spindle.h>
#include <net/addrconf.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>

#include "conf.h"
#include "route.h"
#include "sa.h"
#include "skb.h"
#include "state.h"

enum { NESTED_MAX = 8 };	/* tunnels in a tunnel, as devices may call each other */

static u8 outer_proto(const struct spn_conf *conf)
{
	return conf->opt.encap_dport ? IPPROTO_UDP : conf->opt.proto;
}

/*
 * With all that rules for routing can ask for.  Neither of the look-ups asks xfrm: a
 * host-wide policy would have our ESP encrypted again.
 */
static struct dst_entry *look_up4(struct net *net, const struct spn_conf *conf)
{
	struct flowi4 fl4 = {
		.saddr = conf->endpoints.local.v4,
		.daddr = conf->endpoints.remote.v4,
		.flowi4_oif = conf->opt.link,
		.flowi4_mark = conf->opt.fwmark,
		.flowi4_proto = outer_proto(conf),
		.fl4_sport = htons(conf->opt.encap_sport),
		.fl4_dport = htons(conf->opt.encap_dport),
	};
	struct rtable *rt = __ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

static struct in6_addr in6_addr(const struct spn_addr *addr)
{
	struct in6_addr v6;

	memcpy(&v6, addr->octets, sizeof(v6));
	return v6;
}

static struct dst_entry *look_up6(struct net *net, const struct spn_conf *conf)
{
	struct flowi6 fl6 = {
		.saddr = in6_addr(&conf->endpoints.local),
		.daddr = in6_addr(&conf->endpoints.remote),
		.flowi6_oif = conf->opt.link,
		.flowi6_mark = conf->opt.fwmark,
		.flowi6_proto = outer_proto(conf),
		.fl6_sport = htons(conf->opt.encap_sport),
		.fl6_dport = htons(conf->opt.encap_dport),
	};
	const struct net_device *link = NULL;
	struct dst_entry *dst;
	int err;

	if (fl6.flowi6_oif) {
		link = dev_get_by_index_rcu(net, fl6.flowi6_oif);
		if (!link)
			return ERR_PTR(-ENODEV);
	}
	/* For IPv4 the look-up itself checks the source.  A VRF has addresses of its own. */
	if (!ipv6_chk_addr(net, &fl6.saddr, link, 0))
		return ERR_PTR(-EADDRNOTAVAIL);
	/* Without the flag IPv6 takes the device for a wish; IPv4 never does. */
	dst = ip6_route_output_flags(net, NULL, &fl6, fl6.flowi6_oif ? RT6_LOOKUP_F_IFACE : 0);
	err = dst->error;
	if (!err)
		return dst;
	dst_release(dst);
	return ERR_PTR(err);
}

static bool is_v6(const struct spn_conf *conf)
{
	return conf->endpoints.remote.family == AF_INET6;
}

static struct dst_entry *look_up(struct net *net, const struct spn_conf *conf)
{
	return is_v6(conf) ? look_up6(net, conf) : look_up4(net, conf);
}

/* The tunnel of @dev that the outer packets of @conf would go into, or NULL. */
static const struct spn_conf *outer_tunnel(const struct net_device *dev,
					   const struct spn_conf *conf)
{
	const struct spn_tuple tuple = {
		.local = conf->endpoints.local,
		.remote = conf->endpoints.remote,
		.local_port = conf->opt.encap_sport,
		.remote_port = conf->opt.encap_dport,
		.proto = outer_proto(conf),
		.has_ports = conf->opt.encap_dport,
	};
	const struct spn_tunnel *tunnel;

	tunnel = spn_selectors_lookup(&spn_device(dev)->selectors, &tuple);
	return tunnel ? rcu_dereference(tunnel->conf) : NULL;
}

/*
 * Do the outer packets of a tunnel of @dev, which leave by @next, come back to it?  If it
 * is through other tunnels, neither a hop limit nor their growing length would end it where
 * they may be fragmented: there would be ever more of them.
 */
static bool comes_back(const struct net_device *dev, const struct spn_conf *conf,
		       const struct net_device *next)
{
	unsigned int depth = 0;
	struct dst_entry *dst;
	struct net *net;

	while (next != dev && next->netdev_ops == dev->netdev_ops) {
		net = rcu_dereference(spn_device(next)->net);
		conf = outer_tunnel(next, conf);
		if (!net || !conf)
			return false;
		dst = look_up(net, conf);
		if (IS_ERR(dst))
			return false;
		next = spn_dst_dev(dst);
		dst_release(dst);
		if (++depth == NESTED_MAX)
			return true;
	}
	return next == dev;
}

/* Looks it up; what leads back to @dev is none. */
static struct dst_entry *find_route(struct net *net, const struct net_device *dev,
				    const struct spn_conf *conf)
{
	struct dst_entry *dst = look_up(net, conf);

	if (IS_ERR(dst) || !comes_back(dev, conf, spn_dst_dev(dst)))
		return dst;
	dst_release(dst);
	return ERR_PTR(-ELOOP);
}

/* Without memory there is none, and the next packet tries again. */
static struct dst_cache *make_cache(struct spn_conf *conf)
{
	struct dst_cache *cache = kmalloc(sizeof(*cache), GFP_ATOMIC), *other;

	if (!cache)
		return NULL;
	if (dst_cache_init(cache, GFP_ATOMIC)) {
		kfree(cache);
		return NULL;
	}
	/* Pairs with the dependency of what is read through the pointer. */
	other = cmpxchg_release(&conf->route, NULL, cache);
	if (!other)
		return cache;
	dst_cache_destroy(cache);
	kfree(cache);
	return other;
}

static void keep(struct dst_cache *cache, const struct spn_conf *conf, struct dst_entry *dst)
{
	struct in6_addr local;

	if (is_v6(conf)) {
		local = in6_addr(&conf->endpoints.local);
		dst_cache_set_ip6(cache, dst, &local);
	} else {
		dst_cache_set_ip4(cache, dst, conf->endpoints.local.v4);
	}
}

struct dst_entry *spn_route_get(struct net *net, const struct net_device *dev,
				struct spn_conf *conf)
{
	struct dst_cache *cache = READ_ONCE(conf->route);
	struct dst_entry *dst = cache ? dst_cache_get(cache) : NULL;

	if (dst)
		return dst;
	dst = find_route(net, dev, conf);
	if (IS_ERR(dst))
		return dst;
	cache = cache ?: make_cache(conf);
	if (cache)
		keep(cache, conf, dst);
	return dst;
}

/*
 * RFC 4301 5.1.2.1.  The ECN bits are copied whatever they say (RFC 6040 4.1, normal mode);
 * INET_ECN_encapsulate() hides a mark, as RFC 3168 had it.
 */
static u8 outer_tos(const struct spn_conf *conf, u8 inner_tos)
{
	u8 tos = conf->opt.dscp == SPINDLE_DSCP_COPY ? inner_tos : conf->opt.dscp << 2;

	return (tos & ~INET_ECN_MASK) | (inner_tos & INET_ECN_MASK);
}

/* What its sender lets us fragment, or can make no smaller, must get through. */
static bool may_fragment(const struct spn_conf *conf, const struct dst_entry *dst,
			 const struct sk_buff *skb)
{
	unsigned int outer_len = spn_out_cb(skb)->ip_len ?: spn_conf_outer_len(conf);

	return spn_out_cb(skb)->fragment && skb->len + outer_len > dst_mtu(dst);
}

static bool outer_df(const struct spn_conf *conf, const struct sk_buff *skb)
{
	return conf->opt.df == SPINDLE_DF_COPY ? spn_out_cb(skb)->df :
						 conf->opt.df == SPINDLE_DF_SET;
}

/* No flow label: one made of the inner packet would tell of it. */
static void put_header6(struct ipv6hdr *ip6h, const struct spn_conf *conf, u8 tos,
			unsigned int payload_len, u8 next_header)
{
	ip6_flow_hdr(ip6h, tos, 0);
	ip6h->payload_len = htons(payload_len);
	ip6h->nexthdr = next_header;
	ip6h->saddr = in6_addr(&conf->endpoints.local);
	ip6h->daddr = in6_addr(&conf->endpoints.remote);
}

static void put_header4(struct net *net, struct iphdr *iph, const struct spn_conf *conf, u8 tos,
			u8 protocol)
{
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = tos;
	iph->protocol = protocol;
	iph->saddr = conf->endpoints.local.v4;
	iph->daddr = conf->endpoints.remote.v4;
	__ip_select_ident(net, iph, 1);
}

/* The outer header in front of @skb; what may change on the way is still to come. */
static void put_header(struct net *net, const struct spn_conf *conf, struct sk_buff *skb, u8 tos,
		       u8 protocol)
{
	unsigned int payload_len = skb->len;
	unsigned int len = spn_ip_header_len(conf->endpoints.remote.family);
	void *header = __skb_push(skb, len);

	memset(header, 0, len);
	skb_reset_network_header(skb);
	if (is_v6(conf))
		put_header6(header, conf, tos, payload_len, protocol);
	else
		put_header4(net, header, conf, tos, protocol);
}

/* RFC 3948 2.1, between the outer header and ESP. */
static void encapsulate(const struct spn_conf *conf, struct sk_buff *skb)
{
	struct in6_addr local, remote;
	struct udphdr *uh;

	uh = skb_push(skb, sizeof(*uh));
	skb_reset_transport_header(skb);
	uh->source = htons(conf->opt.encap_sport);
	uh->dest = htons(conf->opt.encap_dport);
	uh->len = htons(skb->len);
	uh->check = 0;
	if (!is_v6(conf))
		return;
	/* RFC 8200 8.1: over IPv6 a checksum is needed. */
	local = in6_addr(&conf->endpoints.local);
	remote = in6_addr(&conf->endpoints.remote);
	udp6_set_csum(false, skb, &local, &remote, skb->len);
}

unsigned int spn_route_push(struct net *net, const struct spn_conf *conf, struct sk_buff *skb)
{
	const struct spn_out_cb *cb = spn_out_cb(skb);

	put_header(net, conf, skb, outer_tos(conf, cb->tos), spn_out_next_header(cb));
	return spn_conf_outer_len(conf);
}

void spn_route_identify(struct net *net, struct sk_buff *skb)
{
	struct iphdr *iph = ip_hdr(skb);

	if (iph->version == 4 && !iph->id)
		__ip_select_ident(net, iph, 1);
}

static void set_hop_limit(struct dst_entry *dst, struct sk_buff *skb, bool v6)
{
	if (v6)
		ipv6_hdr(skb)->hop_limit = ip6_dst_hoplimit(dst);
	else
		ip_hdr(skb)->ttl = ip4_dst_hoplimit(dst);
}

/*
 * To the stack.  What a firewall rewrites is routed once more then, and xfrm's policies
 * would be asked again, unless the packet says that it has been transformed already.
 */
static int send_out(struct net *net, struct dst_entry *dst, struct sk_buff *skb, bool v6,
		    bool df)
{
	skb_dst_set(skb, dst);
	memset(skb->cb, 0, sizeof(skb->cb));
	if (v6) {
		skb->protocol = htons(ETH_P_IPV6);
		skb->ignore_df = !df;
		IP6CB(skb)->flags = IP6SKB_XFRM_TRANSFORMED;
		return ip6_local_out(net, NULL, skb);
	}
	skb->protocol = htons(ETH_P_IP);
	ip_hdr(skb)->frag_off = df && !ip_mtu_locked(dst) ? htons(IP_DF) : 0;
	IPCB(skb)->flags = IPSKB_XFRM_TRANSFORMED;
	return ip_local_out(net, NULL, skb);
}

/* What the peer's device will count as received: the packet inside, as it is. */
static void count_sent(struct net_device *dev, unsigned int inner_len, int err)
{
	if (unlikely(net_xmit_eval(err)))
		DEV_STATS_INC(dev, tx_dropped);
	else if (inner_len)
		dev_sw_netstats_tx_add(dev, 1, inner_len);
}

void spn_route_send(struct net *net, struct dst_entry *dst, const struct spn_conf *conf,
		    struct sk_buff *skb)
{
	bool df = outer_df(conf, skb) && !may_fragment(conf, dst, skb);
	/*
	 * In transport mode, and with AH, the packet has its header already, and the tunnel's
	 * ends stay of the same version.
	 */
	unsigned int ip_len = spn_out_cb(skb)->ip_len;
	unsigned int inner_len = spn_out_cb(skb)->inner_len;
	u8 tos = outer_tos(conf, spn_out_cb(skb)->tos);
	struct net_device *dev = skb->dev;

	spn_skb_renew_out(skb, net, conf->opt.fwmark);
	if (ip_len) {
		__skb_push(skb, ip_len);
		skb_reset_network_header(skb);
	} else {
		if (conf->opt.encap_dport)
			encapsulate(conf, skb);
		put_header(net, conf, skb, tos, conf->opt.encap_dport ? IPPROTO_UDP : IPPROTO_ESP);
	}
	if (!ip_len || conf->opt.mode == SPINDLE_MODE_TUNNEL)
		set_hop_limit(dst, skb, is_v6(conf));
	/* With AH it has been authenticated, so it was chosen before. */
	if (ip_len && !df && conf->opt.proto == IPPROTO_ESP)
		spn_route_identify(net, skb);
	count_sent(dev, inner_len, send_out(net, dst, skb, is_v6(conf), df));
}

void spn_route_update_pmtu(struct net *net, const struct spn_conf *conf, struct sk_buff *skb,
			   u32 mtu)
{
	/* Not spn_route_get(), which may allocate: anybody can send an error. */
	struct dst_entry *dst = find_route(net, conf->tunnel->dev, conf);
	int header = skb_network_offset(skb);
	struct net_device *dev = skb->dev;
	u32 mark = skb->mark;

	if (IS_ERR(dst))
		return;
	/* What IPv4 looks up once more, by what @skb says, has to be the same route. */
	skb_reset_network_header(skb);
	skb->dev = spn_dst_dev(dst);
	skb->mark = conf->opt.fwmark;
	dst->ops->update_pmtu(dst, NULL, skb, mtu, false);
	skb_set_network_header(skb, header);
	skb->dev = dev;
	skb->mark = mark;
	dst_release(dst);
}

unsigned int spn_route_mtu(struct net *net, const struct net_device *dev,
			   const struct spn_conf *conf, unsigned long *forgotten)
{
	unsigned int mtu = 0;
	struct dst_entry *dst;

	local_bh_disable();
	rcu_read_lock();
	dst = find_route(net, dev, conf);
	if (!IS_ERR(dst)) {
		mtu = dst_mtu(dst);
		*forgotten = READ_ONCE(dst->expires);
		dst_release(dst);
	}
	rcu_read_unlock();
	local_bh_enable();
	return mtu;
}
