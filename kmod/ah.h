/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building and checking one AH packet (RFC 4302): what its header in front, and
 * everything behind, are authenticated with.
 */
#ifndef _SPINDLE_AH_H
#define _SPINDLE_AH_H

#include <linux/skbuff.h>

#include "drop.h"
#include "wire.h"
#include "xform.h"

enum {
	SPN_AH_ALIGN = 4,		/* octets, of IPv4 (RFC 4302 2.6) */
	SPN_AH_ALIGN_MAX = 8,		/* of IPv6, and of IPv4 as Linux once had it */
	SPN_AH_LEN_MAX = sizeof(struct spn_ah_head) + SPN_ICV_MAX + SPN_AH_ALIGN_MAX,
};

/* Octets of the header with its ICV. */
static inline unsigned int spn_ah_len(const struct spn_suite *suite, unsigned int align)
{
	return round_up(sizeof(struct spn_ah_head) + suite->icv_len, align);
}

/**
 * spn_ah_seal - put the AH header where room was made for it
 * @xform: keys, of a suite for AH
 * @skb: private and linear, @ah_len octets of room at skb->data, in front of them the
 *	IP header
 * @ip_len: octets of the IP header
 * @ah_len: octets of the AH header
 * @spi: SPI
 * @seq: sequence number
 * @next_header: what follows
 *
 * Return: 0 or a negative error.
 */
int spn_ah_seal(const struct spn_xform *xform, struct sk_buff *skb, unsigned int ip_len,
		unsigned int ah_len, __be32 spi, u64 seq, u8 next_header);

/**
 * spn_ah_check - is there an AH header of the suite, of the length that it says?
 * @suite: algorithms
 * @skb: skb->data at the header, whose fixed part is in reach
 * @ip_len: octets of the IP header before it
 */
bool spn_ah_check(const struct spn_suite *suite, const struct sk_buff *skb, unsigned int ip_len);

/**
 * spn_ah_open - authenticate
 * @xform: keys
 * @skb: a packet that spn_ah_check() has passed; neither changed nor copied before it is
 *	authenticated, then private and linear
 * @ip_len: octets of the IP header before it
 * @seq: sequence number, of which the packet has the lower half
 *
 * Return: 0, -EBADMSG for a wrong ICV, or a negative error.
 */
int spn_ah_open(const struct spn_xform *xform, struct sk_buff *skb, unsigned int ip_len,
		u64 seq);

/* Takes the header off an opened packet.  Returns what follows it. */
u8 spn_ah_strip(struct sk_buff *skb);

#endif
