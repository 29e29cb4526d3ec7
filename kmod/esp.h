/* SPDX-License-Identifier: GPL-2.0 */
/* Building and taking apart one ESP packet (RFC 4303). */
#ifndef _SPINDLE_ESP_H
#define _SPINDLE_ESP_H

#include <linux/skbuff.h>

#include "drop.h"
#include "wire.h"
#include "xform.h"

/* Octets in front of the inner packet: header and IV. */
static inline unsigned int spn_esp_head_len(const struct spn_suite *suite)
{
	return sizeof(struct spn_esp_head) + suite->iv_len;
}

/* The longest that may come in front of an inner packet, and behind it. */
enum {
	SPN_ESP_HEAD_MAX = sizeof(struct spn_esp_head) + SPN_IV_MAX,
	SPN_ESP_TAIL_MAX = SPN_BLOCK_MAX - 1 + sizeof(struct spn_esp_trailer) + SPN_ICV_MAX,
};

/* The longest inner packet that becomes an ESP packet of at most @len octets. */
unsigned int spn_esp_inner_max(const struct spn_suite *suite, unsigned int len);

/* Octets behind a payload of so many: padding, trailer and ICV (RFC 4303 2). */
static inline unsigned int spn_esp_tail_len(const struct spn_suite *suite, unsigned int len)
{
	return round_up(len + sizeof(struct spn_esp_trailer), suite->block_len) - len +
	       suite->icv_len;
}

/**
 * spn_esp_make_room - make a packet private, linear, and longer at both ends if need be
 * @skb: the packet
 * @head: octets of room in front
 * @tail: octets of room behind
 *
 * Return: 0 or -ENOMEM.
 */
int spn_esp_make_room(struct sk_buff *skb, unsigned int head, unsigned int tail);

/**
 * spn_esp_seal - make an ESP packet of an inner packet
 * @xform: keys
 * @skb: the inner packet, or in transport mode what it carries; becomes private, linear
 *	and longer at both ends
 * @spi: SPI
 * @seq: sequence number
 * @next_header: what the inner packet is
 * @headroom: octets to keep free in front for outer headers
 * @done: called later with the result if and only if -EINPROGRESS is returned;
 *	if that is 0, spn_esp_sealed() is still to be called
 *
 * Return: 0, -EINPROGRESS or a negative error.
 */
int spn_esp_seal(const struct spn_xform *xform, struct sk_buff *skb, __be32 spi, u64 seq,
		 u8 next_header, unsigned int headroom, spn_xform_done done);

/* The end of sealing after an encryption that took its time. */
int spn_esp_sealed(const struct spn_xform *xform, struct sk_buff *skb, u64 seq);

/**
 * spn_esp_check - is that long enough to be an ESP packet of whole blocks?
 * @suite: algorithms
 * @len: octets from the ESP header on
 */
bool spn_esp_check(const struct spn_suite *suite, unsigned int len);

/**
 * spn_esp_open - authenticate, then decrypt
 * @xform: keys
 * @skb: an ESP packet that spn_esp_check() has passed, skb->data at its header;
 *	neither changed nor copied before it is authenticated, unless the suite does both
 *	in one
 * @seq: sequence number, of which the packet has the lower half
 * @done: called later with the result if and only if -EINPROGRESS is returned
 *
 * Return: 0, -EBADMSG for a wrong ICV, -EINPROGRESS or a negative error.
 */
int spn_esp_open(const struct spn_xform *xform, struct sk_buff *skb, u64 seq,
		 spn_xform_done done);

/**
 * spn_esp_strip - take off what ESP has put around the inner packet
 * @suite: algorithms
 * @skb: an opened packet
 * @next_header: says what the inner packet is
 *
 * Return: SPN_DROP_NONE, or SPN_DROP_PADDING.
 */
enum spn_drop_reason spn_esp_strip(const struct spn_suite *suite, struct sk_buff *skb,
				   u8 *next_header);

/*
 * Copies what came in pieces that somebody else may still write to, as a user of this host
 * can who has spliced pages of his into a socket: what is opened has to be what was
 * authenticated.  So do pieces of pieces, of which one look does not tell.
 */
static inline int spn_esp_make_ours(struct sk_buff *skb)
{
	return skb_has_shared_frag(skb) || skb_has_frag_list(skb) ? skb_linearize_cow(skb) : 0;
}

#endif
