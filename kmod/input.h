/* SPDX-License-Identifier: GPL-2.0 */
/* An outer packet's way to the stack. */
#ifndef _SPINDLE_INPUT_H
#define _SPINDLE_INPUT_H

#include "queue.h"
#include "spi.h"

/**
 * spn_input - take an ESP or AH packet that has arrived
 * @skb: skb->data at the header, outer IP header as network header
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @encap: it came in UDP
 *
 * Under rcu_read_lock(), in softirq.
 *
 * Return: 0 if the packet was ours and is taken over; -EINVAL if it is not, and
 * then it is as it was.
 */
int spn_input(struct sk_buff *skb, u8 proto, bool encap);

/**
 * spn_input_unknown - take an ESP or AH packet whose SPI is nobody's
 * @skb: as for spn_input(), which has not taken it
 * @proto: likewise
 *
 * It is worth counting when it comes from the other end of one of our tunnels: most likely
 * the peer uses an SA that we have no more.
 *
 * Return: 0 if it was dropped; -EINVAL if xfrm has an SA for it, or it is no concern of ours.
 */
int spn_input_unknown(struct sk_buff *skb, u8 proto);

/**
 * spn_input_error - take an ICMP error about an ESP or AH packet
 * @skb: skb->data at the quoted outer IP header
 * @quote: what it says of the packet
 * @mtu: what the path can carry, or 0 if that is not what the error is about
 *
 * It is believed if one of our outbound SAs has that SPI, and then it concerns this SA's
 * tunnel alone.  Under rcu_read_lock(), bottom halves off.
 *
 * Return: whether it is about a packet of ours.
 */
bool spn_input_error(struct sk_buff *skb, const struct spn_quote *quote, u32 mtu);

/* What becomes of a tunnel's inbound packets (struct spn_queue_ops): opened, then received. */
int spn_input_open(const struct spn_sa *sa, struct sk_buff *skb);
void spn_input_deliver(struct spn_sa *sa, struct sk_buff *skb, struct napi_struct *napi);

#endif
