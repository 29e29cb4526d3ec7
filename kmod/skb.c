// SPDX-License-Identifier: GPL-2.0
#include <linux/netdevice.h>

#include "compat.h"
#include "skb.h"

/*
 * What struct sk_buff has come to know of the headers is cleared as a whole, so that what
 * later kernels put there does not leak either.
 */
static void clear_headers(struct sk_buff *skb, bool other_net)
{
	u16 alloc_cpu = skb->alloc_cpu;

	skb_scrub_packet(skb, other_net);
	memset(&skb->headers, 0, sizeof(skb->headers));
	/* That is of the memory, not of the packet: to where it had best be freed. */
	skb->alloc_cpu = alloc_cpu;
	skb->queue_mapping = 0;
	skb_gso_reset(skb);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	skb_reset_transport_header(skb);
	skb_reset_mac_len(skb);
}

void spn_skb_renew_in(struct sk_buff *skb)
{
	__be16 protocol = skb->protocol;

	/* GRO, which is told that there is none, would not let go of a socket. */
	skb_orphan(skb);
	skb_clear_tstamp(skb);
	clear_headers(skb, true);
	skb->protocol = protocol;
}

void spn_skb_renew_out(struct sk_buff *skb, const struct net *net, u32 mark)
{
	bool other_net = !net_eq(net, dev_net(skb->dev)), l4_hash = skb->l4_hash;
	u32 hash = skb->hash, priority = skb->priority;
	u8 sw_hash = skb->sw_hash, tstamp_type = spn_skb_tstamp_type(skb);

	clear_headers(skb, other_net);
	skb->mark = mark;
	if (l4_hash) {
		skb->hash = hash;
		skb->l4_hash = 1;
		skb->sw_hash = sw_hash;
	}
	/* A container is not to choose among the classes of its host's traffic. */
	if (!other_net) {
		skb->priority = priority;
		spn_skb_set_tstamp_type(skb, tstamp_type);
	}
}
