/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each CPU does for the queues of all tunnels: a share of the work, and the
 * deliveries of some.
 *
 * Work is handed over only where that pays: with another CPU to do it, and for
 * lists that are not short.  Else it is done where it comes up.  Either way lists
 * leave in order, so changing between the two reorders nothing.  Queues that wait
 * for work stand in one line, and each gives one list at a time to the next free
 * CPU and goes to the end: a tunnel with much traffic holds up no other.
 *
 * A queue is always delivered on the same CPU, as long as it is busy.  Behind us
 * there are queues by CPU, in drivers and in the stack, which would undo the order
 * of lists that went into different ones.
 */
#ifndef _SPINDLE_LANE_H
#define _SPINDLE_LANE_H

#include <linux/init.h>

#include "drop.h"
#include "queue.h"

struct spn_sa;

int __init spn_lane_init(void);

/* When there are no packets any more. */
void spn_lane_exit(void);

/**
 * spn_lane_send - number a list of outbound packets, and give it its place in the order
 * @sa: the SA; a reference is taken over
 * @list: packets linked by ->next, each with what its work and delivery will need; taken over
 * @count: how many
 * @bytes: octets in them that count; of a list of several, all that they have
 *
 * Works on them, or sees to it that somebody does.  What the SA's limits do not let pass is
 * dropped, and ends it.  Under rcu_read_lock(), bottom halves off.
 */
void spn_lane_send(struct spn_sa *sa, struct sk_buff *list, unsigned int count,
		   unsigned int bytes);

/**
 * spn_lane_receive - give an inbound packet its place in the order
 * @sa: the SA
 * @skb: the packet, with what its work and delivery will need
 *
 * Those of one SA that come in a row make a list.  Nobody is called to work on it until the
 * burst that they are part of is over.  Under rcu_read_lock(), in softirq.
 *
 * Return: SPN_DROP_NONE, or why there is no place for it.
 */
enum spn_drop_reason spn_lane_receive(struct spn_sa *sa, struct sk_buff *skb);

/* The cipher has finished a packet after all, of which work() had said -EINPROGRESS. */
void spn_lane_done(struct spn_queue *queue, struct sk_buff *skb, int err);

#endif
