/* SPDX-License-Identifier: GPL-2.0 */
/* An outer packet's way to the stack. */
#ifndef _SPINDLE_INPUT_H
#define _SPINDLE_INPUT_H

#include "queue.h"

/**
 * spn_input - take an ESP packet that has arrived
 * @skb: skb->data at the ESP header, outer IPv4 header as network header
 * @encap: it came in UDP
 *
 * Under rcu_read_lock(), in softirq.
 *
 * Return: 0 if the packet was ours and is taken over; -EINVAL if it is not, and
 * then it is as it was.
 */
int spn_input(struct sk_buff *skb, bool encap);

/**
 * spn_input_error - take an ICMP error about an ESP packet
 * @skb: skb->data at the quoted outer IPv4 header
 * @info: the MTU, where the error says one
 *
 * Return: 0 if the packet was one of our tunnels', -ENOENT if not.
 */
int spn_input_error(struct sk_buff *skb, u32 info);

/* What becomes of a tunnel's inbound lists (struct spn_queue_ops): opened, then received. */
void spn_input_work(struct spn_queue *queue, struct sk_buff *list);
void spn_input_deliver(struct sk_buff *list, struct napi_struct *napi);

#endif
