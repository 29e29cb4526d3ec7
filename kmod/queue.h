/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of packets that are worked on in any order and leave in the order in
 * which they came.
 *
 * The unit is a list: skbs of one SA linked by ->next, a GSO packet's segments
 * or what arrived together.  What the queue knows of a list stands in the
 * control block of its first skb.  The life of a list:
 *
 *   spn_queue_add()      its place in the order is taken; the submitter owns it
 *   spn_queue_hold()     one more party works on it (a packet at the cipher)
 *   spn_queue_release()  a party is done; after the last, the list is ready
 *   deliver()            called once per list, in order, one list at a time
 *
 * The submitter's own hold is taken by spn_queue_add().  Whoever makes the
 * first list of the queue ready delivers it and all that are ready behind it;
 * if somebody is delivering already, that party goes on with it.  No ready list
 * is forgotten: readiness is looked at and delivering is given up under the
 * same lock under which a ready list looks for somebody delivering.
 *
 * deliver() therefore needs no lock of its own for what only it touches.
 */
#ifndef _SPINDLE_QUEUE_H
#define _SPINDLE_QUEUE_H

#include <linux/skbuff.h>
#include <linux/spinlock.h>

struct spn_sa;

/**
 * struct spn_cb - what Spindle notes on a packet of its own
 * @sa: the SA; the first skb of a list holds a reference for all
 * @head: first skb of the list
 * @next_list: first skb of the list behind this one, in the first skb
 * @pending: parties at work on the list, in the first skb
 * @seq: sequence number
 * @tos: of the inner header on the way out, of the outer one on the way in
 * @df: the inner header says do not fragment
 * @drop: enum spn_drop_reason once the packet's fate is sealed
 */
struct spn_cb {
	struct spn_sa *sa;
	struct sk_buff *head;
	struct sk_buff *next_list;
	atomic_t pending;
	u32 seq;
	u8 tos;
	bool df;
	u8 drop;
};

static inline struct spn_cb *spn_cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct spn_cb) > sizeof_field(struct sk_buff, cb));
	return (struct spn_cb *)skb->cb;
}

/**
 * struct spn_queue - the order of one tunnel's packets in one direction
 * @lock: protects all below; bottom halves off
 * @first: oldest list
 * @last: where the next list is linked
 * @delivering: somebody is calling @deliver
 * @deliver: takes over a list; runs under rcu_read_lock(), bottom halves off
 */
struct spn_queue {
	spinlock_t lock;
	struct sk_buff *first;
	struct sk_buff **last;
	bool delivering;
	void (*deliver)(struct sk_buff *list);
};

void spn_queue_init(struct spn_queue *queue, void (*deliver)(struct sk_buff *list));

/* Gives @list the last place.  Under queue->lock, so that the caller can number it there. */
void spn_queue_add(struct spn_queue *queue, struct sk_buff *list);

static inline void spn_queue_hold(struct sk_buff *list)
{
	atomic_inc(&spn_cb(list)->pending);
}

/* Bottom halves are off. */
void spn_queue_release(struct spn_queue *queue, struct sk_buff *list);

#endif
