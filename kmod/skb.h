/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is noted on a packet in each direction; and where it ceases to be one and becomes
 * another: the one place that decides what the second inherits.
 */
#ifndef _SPINDLE_SKB_H
#define _SPINDLE_SKB_H

#include <linux/in.h>
#include <linux/skbuff.h>

#include "queue.h"

/**
 * struct spn_out_cb - what is noted on an outbound packet
 * @list: its place
 * @headroom: octets wanted in front once it is sealed; until then
 * @ip_len: octets of the IP header that it is sent with, or 0 if that is put in front of what
 *	has been sealed: in transport mode of its own, with what routers on the way have to
 *	read; with AH in tunnel mode, from when it is sealed, of the outer one
 * @pad_to: octets that no packet goes below (RFC 4303 2.7); until it is sealed
 * @inner_len: octets of the packet inside, 0 of a dummy or a keepalive; from when it is sealed
 * @tos: DSCP and ECN of the inner header
 * @v6: the packet inside is IPv6
 * @dummy: there is none inside
 * @df: its header says do not fragment
 * @fragment: but its sender would make it no smaller, so the outer packet is fragmented
 *	where it must be
 *
 * Valid from spn_lane_send() until spn_route_send() hands the packet to the stack.
 */
struct spn_out_cb {
	struct spn_cb list;
	u16 headroom;
	u16 ip_len;
	union {
		u16 pad_to;
		u16 inner_len;
	};
	u8 tos;
	u8 v6 : 1, dummy : 1, df : 1, fragment : 1;
};

/**
 * struct spn_in_cb - what is noted on an inbound packet
 * @list: its place
 * @kib: memory of the list, in its first skb; lane.c's
 * @ip_len: octets of the outer IP header with all that follows it up to ESP or AH
 * @next_at: which of them says what follows
 * @tos: DSCP and ECN of that header
 * @encap: a UDP header stands in front of ESP
 *
 * Valid from spn_input() until the packet inside is handed to the stack.
 */
struct spn_in_cb {
	struct spn_cb list;
	u16 kib;
	u16 ip_len;
	u16 next_at;
	u8 tos;
	bool encap;
};

static inline struct spn_out_cb *spn_out_cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct spn_out_cb) > sizeof_field(struct sk_buff, cb));
	return (struct spn_out_cb *)skb->cb;
}

/* What the packet inside is to a header in front of it (RFC 4303 2.6). */
static inline u8 spn_out_next_header(const struct spn_out_cb *cb)
{
	return cb->dummy ? IPPROTO_NONE : cb->v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
}

static inline struct spn_in_cb *spn_in_cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct spn_in_cb) > sizeof_field(struct sk_buff, cb));
	return (struct spn_in_cb *)skb->cb;
}

/**
 * spn_skb_renew_in - make an opened packet one that a wire has brought to a device
 * @skb: private; skb->data and the network header at the inner packet, its protocol set and
 *	its device ours
 *
 * Nothing of the outer packet stays: no mark, no priority, no socket, no checksum that a
 * device has looked at, no offsets of headers, no connection.
 */
void spn_skb_renew_in(struct sk_buff *skb);

/**
 * spn_skb_renew_out - make a sealed packet one that this host sends by itself
 * @skb: private; skb->data at what the outer headers carry
 * @net: namespace of the outer packets
 * @mark: for routing and the firewall
 *
 * Within one namespace its priority, the hash of its flow and the time at which it wants to
 * leave are those of the inner packet, and it still counts for the socket that sent it.
 */
void spn_skb_renew_out(struct sk_buff *skb, const struct net *net, u32 mark);

#endif
