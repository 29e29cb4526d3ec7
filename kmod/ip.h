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

/* Is an IPv4 header, of which there are 20 octets, at least as long as that? */
static inline bool spn_ip_header_ok(const struct sk_buff *skb)
{
	return spn_ip_is_v6(skb) || ip_hdr(skb)->ihl >= 5;
}

/*
 * Can it be the outer address of a host?  A link-local one cannot, for it says no more than
 * half without an interface.
 */
bool spn_ip_is_host(const struct spn_addr *addr);

struct spn_addr spn_ip_src(const struct sk_buff *skb);
struct spn_addr spn_ip_dst(const struct sk_buff *skb);

/*
 * Where that begins which an IP header carries, behind extension headers, from skb->data;
 * negative in all fragments but the first.  @proto becomes its protocol.
 */
int spn_ip_content(const struct sk_buff *skb, u8 *proto);

/* What selectors look at; in which direction it goes says which side is ours. */
struct spn_tuple spn_ip_tuple(const struct sk_buff *skb, enum spindle_dir dir);

/*
 * What selectors look at in the packet that an ICMP error of direction @dir quotes, as the
 * packet that went the other way; false of anything else, and of an error that goes to
 * another than the packet came from.
 */
bool spn_ip_quoted(const struct sk_buff *skb, enum spindle_dir dir, struct spn_tuple *tuple);

/* DSCP and ECN, in one octet. */
u8 spn_ip_tos(const struct sk_buff *skb);

/* Is no router to fragment it?  Of IPv6 none may. */
bool spn_ip_df(const struct sk_buff *skb);

/* What a packet is to a header in front of it; what is none is a dummy (RFC 4303 2.6). */
static inline u8 spn_ip_in_ip(const struct sk_buff *skb)
{
	switch (ip_hdr(skb)->version) {
	case 4:
		return IPPROTO_IPIP;
	case 6:
		return IPPROTO_IPV6;
	default:
		return IPPROTO_NONE;
	}
}

/*
 * What no sender is asked to stay below: an IPv6 packet of that size must get through,
 * in fragments of the outer packet if there is no other way (RFC 2473 7.1).
 */
static inline unsigned int spn_ip_mtu_min(const struct sk_buff *skb)
{
	return spn_ip_is_v6(skb) ? IPV6_MIN_MTU : 0;
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
 *
 * Return: octets of the header, with what routers on the way have to read (RFC 4303
 * 3.1.1); 0 of a fragment, of which none can be protected, and of what is malformed.
 */
unsigned int spn_ip_front_len(struct sk_buff *skb);

/**
 * spn_ip_part - make a gap behind the header of a packet
 * @skb: private, with room in front; skb->data becomes what follows the gap
 * @len: from spn_ip_front_len(), not 0
 * @gap: octets
 * @protocol: what will stand there
 *
 * Return: what stood there so far, or -EINVAL if the front is not as long.
 */
int spn_ip_part(struct sk_buff *skb, unsigned int len, unsigned int gap, u8 protocol);

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
