/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of packets that are worked on by any CPU, several at once, and leave in
 * the order in which they came.
 *
 * The unit is a list: skbs of one SA linked by ->next, a GSO packet's segments
 * or what arrived together, so that a lock, an atomic or a wake-up is paid for
 * once per list.  What the queue knows of a list stands in the control block of
 * its first skb.  A list's life, and whose it is:
 *
 *   spn_queue_add()      it has its place in the order.  It is the caller's to
 *                        work on (SPN_LIST_MINE), or waits for whoever claims it
 *   spn_queue_join()     one packet more, as long as nobody has claimed it
 *   spn_queue_claim()    it is the caller's to work on
 *   work                 seals or opens it.  A packet may stay at the cipher
 *                        when that ends; then the cipher holds the list, too:
 *                        spn_queue_hold()
 *   spn_queue_release()  those who hold it let go.  After the last it is ready,
 *                        and belongs to nobody but its place in the queue
 *   spn_queue_pop()      it is the deliverer's, once all before it have gone
 *
 * Three rights are given out, each to one party at a time, all under the lock:
 *
 *   to offer    @offered: the queue is, or is just about to be, where CPUs look
 *               for work.  Given by add (SPN_LIST_OFFER), handed on or given up
 *               by claim.  While it is out, a list waits to be claimed.
 *   to work     on a list, given by add or claim, lists in their order.
 *   to deliver  @delivering: given by release, given up by yield when there is
 *               nothing ready.  While it is out, a ready list heads the queue, or
 *               the last one that did is not yet where no other can overtake it.
 *
 * No wake-up is lost: a list is added, and a list is made ready, under the same
 * lock under which the last party to look for one gives its right up.  So either
 * that party sees the list, or the list sees that the right is free.
 *
 * What is written to a packet by one who works on it is read by the deliverer:
 * the atomic subtraction in release is a full barrier and pairs with the acquire
 * in pop.
 *
 * A queue is part of a tunnel, and lists hold their SA, and with it the tunnel.
 * So whoever has a right may touch the queue, since a right implies a list; but
 * not after the list has been delivered or offered to others, unless under
 * rcu_read_lock() since before.
 */
#ifndef _SPINDLE_QUEUE_H
#define _SPINDLE_QUEUE_H

#include "pure.h"

struct spn_sa;

enum {
	SPN_QUEUE_MAX = 4096,		/* packets in a queue, about */
	SPN_QUEUE_LIST_MAX = 32,	/* in a list that they join one by one */
};

/**
 * struct spn_cb - what is noted on a packet that has its place in a list
 * @sa: whose it is; the first skb of a list holds a reference for all
 * @head: first skb of the list
 * @next_list: first skb of the list behind this one, in the first skb
 * @seq: sequence number, all of it
 * @pending: holds on the list, in the first skb
 * @count: packets in the list, in the first skb
 * @drop: enum spn_drop_reason once the packet's fate is sealed
 *
 * All of it is valid from spn_lane_send() or spn_lane_receive() until the packet is delivered.
 * It stands at the front of the control blocks of both directions (skb.h).
 */
struct spn_cb {
	struct spn_sa *sa;
	struct sk_buff *head;
	struct sk_buff *next_list;
	u64 seq;
	atomic_t pending;
	u16 count;
	u8 drop;
};

static inline struct spn_cb *spn_cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct spn_cb) > sizeof_field(struct sk_buff, cb));
	return (struct spn_cb *)skb->cb;
}

/* Whose a list is that has just been added. */
enum spn_list_state {
	SPN_LIST_MINE,		/* the caller's, to work on */
	SPN_LIST_OFFER,		/* the caller has to offer the queue to others */
	SPN_LIST_WAITS,		/* the queue is offered already */
};

struct spn_queue;
struct napi_struct;

/**
 * struct spn_queue_ops - what becomes of packets
 * @work: seals or opens one of @sa; bottom halves are off.  Returns 0, an error, or
 *	-EINPROGRESS if spn_lane_done() is called later
 * @deliver: takes over one of @sa whose turn has come; under rcu_read_lock(), bottom
 *	halves off; @napi is the caller's if @in_poll, else NULL
 * @in_poll: deliver only from a poll
 */
struct spn_queue_ops {
	int (*work)(const struct spn_sa *sa, struct sk_buff *skb);
	void (*deliver)(struct spn_sa *sa, struct sk_buff *skb, struct napi_struct *napi);
	bool in_poll;
};

/**
 * struct spn_queue - the order of one tunnel's packets in one direction
 * @lock: protects all below but the nodes; bottom halves off
 * @ops: what becomes of packets; lane.c's
 * @first: oldest list
 * @last: where the next list is linked
 * @unclaimed: oldest list that nobody has worked on; nor on any behind it
 * @newest: the list that was added last; only while there is @unclaimed
 * @tail: last packet of @newest, if lists are added with one
 * @packets: how many are in the lists
 * @offered: the right to offer is out
 * @delivering: the right to deliver is out
 * @cpu: where lists are delivered; lane.c says why
 * @idle_since: jiffies when the right to deliver was last given up
 * @offer_node: for who has the right to offer
 * @deliver_node: for who has the right to deliver
 */
struct spn_queue {
	spinlock_t lock;
	const struct spn_queue_ops *ops;
	struct sk_buff *first;
	struct sk_buff **last;
	struct sk_buff *unclaimed;
	struct sk_buff *newest;
	struct sk_buff *tail;
	unsigned int packets;
	bool offered;
	bool delivering;
	unsigned int cpu;
	unsigned long idle_since;
	struct list_head offer_node;
	struct list_head deliver_node;
};

/* Of a queue that is all zeros. */
void spn_queue_init(struct spn_queue *queue, const struct spn_queue_ops *ops);

/* Is there no room for @count packets more?  Under queue->lock. */
static inline bool spn_queue_full(const struct spn_queue *queue, unsigned int count)
{
	return queue->packets && queue->packets + count > SPN_QUEUE_MAX;
}

/**
 * spn_queue_add - give a list the last place
 * @queue: the queue; its lock is held, so that the caller can number the list there
 * @list: the list, its count filled in
 * @mine: the caller would rather work on it itself
 *
 * Return: whose the list is now.  MINE only if that was wished for and no other
 * list waits.
 */
enum spn_list_state spn_queue_add(struct spn_queue *queue, struct sk_buff *list, bool mine);

/**
 * spn_queue_join - add a packet to the newest list
 * @queue: the queue; its lock is held; its lists are added with one packet each
 * @skb: the packet, its SA filled in
 *
 * Return: false if there is no list to join: all are claimed, or the newest is full or
 * of another SA, or the queue is full.
 */
bool spn_queue_join(struct spn_queue *queue, struct sk_buff *skb);

/* Do no more than @max packets wait to be claimed?  For who has the right to offer. */
bool spn_queue_short(struct spn_queue *queue, unsigned int max);

/**
 * spn_queue_claim - take a list to work on
 * @queue: the caller has the right to offer it
 * @more: another list waits, and the right to offer is still the caller's
 *
 * Return: the list.
 */
struct sk_buff *spn_queue_claim(struct spn_queue *queue, bool *more);

/*
 * Who works on a list has two holds: its own, and one for the packet it is giving
 * to the cipher.  If that stays there, the hold goes along, and this takes one for
 * the next packet.  So a list that never waits costs one atomic operation.
 */
enum { SPN_QUEUE_WORK_HOLDS = 2 };

static inline void spn_queue_hold(struct sk_buff *list)
{
	atomic_inc(&spn_cb(list)->pending);
}

/**
 * spn_queue_release - let go of a list
 * @queue: the queue; under rcu_read_lock(), bottom halves off
 * @list: the list
 * @holds: how many the caller has: SPN_QUEUE_WORK_HOLDS, or 1 for a packet that
 *	the cipher had kept
 *
 * Return: true if the caller has got the right to deliver.
 */
bool spn_queue_release(struct spn_queue *queue, struct sk_buff *list, unsigned int holds);

/* Jiffies since a list was last delivered, or since the queue was made. */
unsigned long spn_queue_idle(struct spn_queue *queue);

/**
 * spn_queue_pop - take the oldest list, which is ready
 * @queue: the caller has the right to deliver, and has not been told that there is
 *	no more; under rcu_read_lock(), bottom halves off
 * @more: another list is ready.  If not, the caller has to ask spn_queue_yield()
 *	once what it has taken is delivered for good.
 *
 * Return: the list.
 */
struct sk_buff *spn_queue_pop(struct spn_queue *queue, bool *more);

/**
 * spn_queue_yield - give up the right to deliver, unless there is more
 * @queue: as for spn_queue_pop(), and still under the same rcu_read_lock()
 *
 * Return: true if a list is ready after all, and the right still the caller's.
 */
bool spn_queue_yield(struct spn_queue *queue);

#endif
