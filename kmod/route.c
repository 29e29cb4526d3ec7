// SPDX-License-Identifier: GPL-2.0
#include <linux/if_ether.h>
#include <linux/spindle.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>

#include "queue.h"
#include "route.h"

struct rtable *spn_route_get(struct net *net, const struct net_device *dev,
			     struct spn_conf *conf, __be32 *saddr)
{
	/*
	 * No protocol: with one, a host-wide xfrm policy would be asked whether
	 * it wants to encrypt our ESP again.
	 */
	struct flowi4 fl4 = {
		.saddr = conf->endpoints.local.v4,
		.daddr = conf->endpoints.remote.v4,
		.flowi4_mark = conf->fwmark,
	};
	struct rtable *rt;

	rt = dst_cache_get_ip4(&conf->route, saddr);
	if (rt)
		return rt;
	rt = ip_route_output_key(net, &fl4);
	if (IS_ERR(rt))
		return rt;
	if (rt->dst.dev == dev) {
		ip_rt_put(rt);
		return ERR_PTR(-ELOOP);
	}
	dst_cache_set_ip4(&conf->route, &rt->dst, fl4.saddr);
	*saddr = fl4.saddr;
	return rt;
}

/* RFC 4301 5.1.2.1, and RFC 6040 4.1 for the ECN bits. */
static u8 outer_tos(const struct spn_conf *conf, u8 inner_tos)
{
	u8 tos = conf->dscp == SPINDLE_DSCP_COPY ? inner_tos : conf->dscp << 2;

	return INET_ECN_encapsulate(tos, inner_tos);
}

static __be16 outer_df(const struct spn_conf *conf, const struct rtable *rt,
		       const struct sk_buff *skb)
{
	bool df = spn_cb(skb)->df;

	/* What its sender lets us fragment must get through, whatever its size. */
	if (!df && skb->len + SPN_ROUTE_OUTER_LEN > dst_mtu(&rt->dst))
		return 0;
	if (conf->df != SPINDLE_DF_COPY)
		df = conf->df == SPINDLE_DF_SET;
	return df ? htons(IP_DF) : 0;
}

void spn_route_send(struct net *net, struct rtable *rt, const struct spn_conf *conf,
		    struct sk_buff *skb, __be32 saddr)
{
	u8 tos = outer_tos(conf, spn_cb(skb)->tos);
	__be16 df = outer_df(conf, rt, skb);
	bool xnet = !net_eq(net, dev_net(skb->dev));

	skb->mark = conf->fwmark;
	iptunnel_xmit(NULL, rt, skb, saddr, conf->endpoints.remote.v4, IPPROTO_ESP, tos,
		      ip4_dst_hoplimit(&rt->dst), df, xnet);
}

void spn_route_update_pmtu(struct net *net, struct sk_buff *skb, u32 mtu)
{
	ipv4_update_pmtu(skb, net, mtu, 0, IPPROTO_ESP);
}

unsigned int spn_route_mtu(struct net *net, const struct net_device *dev,
			   struct spn_conf *conf)
{
	unsigned int mtu = ETH_DATA_LEN;
	struct rtable *rt;
	__be32 saddr;

	local_bh_disable();
	rt = spn_route_get(net, dev, conf, &saddr);
	if (!IS_ERR(rt)) {
		mtu = dst_mtu(&rt->dst);
		ip_rt_put(rt);
	}
	local_bh_enable();
	return mtu;
}
