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

#include "queue.h"

int __init spn_lane_init(void);

/* When there are no packets any more. */
void spn_lane_exit(void);

/**
 * spn_lane_add - give a list its place in the queue
 * @queue: the queue; its lock is held
 * @list: the list, its count filled in
 *
 * Return: what to say to spn_lane_start(), after the lock is given up.
 */
enum spn_list_state spn_lane_add(struct spn_queue *queue, struct sk_buff *list);

/* Works on the list, or sees to it that somebody does. */
void spn_lane_start(struct spn_queue *queue, struct sk_buff *list, enum spn_list_state state);

/* spn_lane_release - spn_queue_release(), and what is ready gets delivered */
void spn_lane_release(struct spn_queue *queue, struct sk_buff *list, unsigned int holds);

/*
 * Inbound packets get their place in the order as they come in, and those of one SA that
 * come in a row make a list.  Nobody is called to work on it until the burst that they are
 * part of is over.  In softirq, both.
 */

/* Adds a packet to the newest list, as spn_queue_join(). */
bool spn_lane_join(struct spn_queue *queue, struct sk_buff *skb);

/* Begins a list, which takes over a reference to the SA; false if too many wait. */
bool spn_lane_begin(struct spn_queue *queue, struct sk_buff *skb);

#endif
