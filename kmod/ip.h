/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The IP header of either version, where the network header of a packet is: what it
 * says, whether it is whole, and what its sender is told.
 */
#ifndef _SPINDLE_IP_H
#define _SPINDLE_IP_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/spindle.h>

#include "drop.h"
#include "selector.h"

/* Octets of a header without options, in which a tunnel puts its packets. */
static inline unsigned int spn_ip_header_len(u16 family)
{
	return family == AF_INET6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
}

/* The longer of the two. */
enum { SPN_IP_HEADER_MAX = sizeof(struct ipv6hdr) };

static inline bool spn_ip_is_v6(const struct sk_buff *skb)
{
	return ip_hdr(skb)->version == 6;
}

/**
 * struct spn_ip - what a packet's header says, read once
 * @family: AF_INET or AF_INET6; 0 of a dummy packet, which has none (RFC 4303 2.6)
 * @content: where that begins which it carries, behind extension headers, from the network
 *	header on; 0 if it is not there, as in all fragments but the first
 * @proto: protocol of that
 * @tos: DSCP and ECN, in one octet
 * @df: no router is to fragment it; none may in IPv6
 * @fragment: it is one, of IPv4
 */
struct spn_ip {
	u16 family;
	u16 content;
	u8 proto;
	u8 tos;
	bool df;
	bool fragment;
};

/*
 * Where that is noted on an outbound packet, from spn_output() until spn_lane_send(); segments
 * inherit it.
 */
static inline struct spn_ip *spn_ip(const struct sk_buff *skb)
{
	return (struct spn_ip *)skb->cb;
}

/**
 * spn_ip_read - read the header of a packet
 * @skb: the fixed part of its header is in reach
 * @ip: to fill
 *
 * Return: false if that cannot be a header.
 */
bool spn_ip_read(const struct sk_buff *skb, struct spn_ip *ip);

/* Where the content begins, from skb->data; negative if it is not there. */
static inline int spn_ip_content(const struct sk_buff *skb, const struct spn_ip *ip)
{
	return ip->content ? skb_network_offset(skb) + ip->content : -1;
}

/*
 * Can it be the outer address of a host?  A link-local one cannot, for it says no more than
 * half without an interface.
 */
bool spn_ip_is_host(const struct spn_addr *addr);

static inline struct spn_addr spn_ip_addr4(__be32 v4)
{
	/* Named in braces, @v4 would leave the rest of its union as it is. */
	struct spn_addr addr = {};

	addr.family = AF_INET;
	addr.v4 = v4;
	return addr;
}

static inline struct spn_addr spn_ip_addr6(const struct in6_addr *v6)
{
	struct spn_addr addr = {};

	addr.family = AF_INET6;
	memcpy(addr.octets, v6, sizeof(*v6));
	return addr;
}

struct spn_addr spn_ip_src(const struct sk_buff *skb);
struct spn_addr spn_ip_dst(const struct sk_buff *skb);

/* What selectors look at; in which direction it goes says which side is ours. */
struct spn_tuple spn_ip_tuple(const struct sk_buff *skb, const struct spn_ip *ip,
			      enum spindle_dir dir);

/*
 * What selectors look at in the packet that an ICMP error of direction @dir quotes, as the
 * packet that went the other way; false of anything else, and of an error that goes to
 * another than the packet came from.
 */
bool spn_ip_quoted(const struct sk_buff *skb, const struct spn_ip *ip, enum spindle_dir dir,
		   struct spn_tuple *tuple);

/* DSCP and ECN, in one octet. */
u8 spn_ip_tos(const struct sk_buff *skb);

/*
 * What no sender is asked to stay below: an IPv6 packet of that size must get through,
 * in fragments of the outer packet if there is no other way (RFC 2473 7.1).
 */
static inline unsigned int spn_ip_mtu_min(u16 family)
{
	return family == AF_INET6 ? IPV6_MIN_MTU : 0;
}

/**
 * spn_ip_trim - find the packet in what a tunnel carried, and cut off what follows it
 * @skb: linear; skb->data becomes its network header
 * @next_header: IPPROTO_IPIP or IPPROTO_IPV6, as its carrier said
 *
 * Return: SPN_DROP_NONE, or SPN_DROP_INNER_HEADER.
 */
enum spn_drop_reason spn_ip_trim(struct sk_buff *skb, u8 next_header);

/**
 * spn_ip_front_len - how much of a packet transport mode leaves in front of ESP
 * @skb: a packet
 * @ip: what its header says
 *
 * Return: octets of the header, with what routers on the way have to read (RFC 4303
 * 3.1.1); 0 of a fragment, of which none can be protected, and of what is malformed.
 */
unsigned int spn_ip_front_len(struct sk_buff *skb, const struct spn_ip *ip);

/**
 * spn_ip_part - make a gap behind the header of a packet
 * @skb: private, with room in front; skb->data becomes what follows the gap
 * @len: from spn_ip_front_len(), not 0
 * @gap: octets
 * @protocol: what will stand there
 *
 * Return: what stood there so far.
 */
u8 spn_ip_part(struct sk_buff *skb, unsigned int len, unsigned int gap, u8 protocol);

/**
 * spn_ip_join - put the header of a packet in front of its content again
 * @skb: private; skb->data at the content, the network header somewhere before it
 * @len: octets of the header
 * @at: which of them says what follows
 * @protocol: what follows
 */
void spn_ip_join(struct sk_buff *skb, unsigned int len, unsigned int at, u8 protocol);

/* Tell the sender of a packet on its way out that it gets nowhere, or is too long. */
void spn_ip_unreachable(struct sk_buff *skb);
void spn_ip_too_big(struct sk_buff *skb, unsigned int mtu);

#endif
