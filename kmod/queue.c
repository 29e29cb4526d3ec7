// SPDX-License-Identifier: GPL-2.0
#include <linux/rcupdate.h>

#include "queue.h"

void spn_queue_init(struct spn_queue *queue, void (*deliver)(struct sk_buff *list))
{
	spin_lock_init(&queue->lock);
	queue->first = NULL;
	queue->last = &queue->first;
	queue->delivering = false;
	queue->deliver = deliver;
}

void spn_queue_add(struct spn_queue *queue, struct sk_buff *list)
{
	lockdep_assert_held(&queue->lock);
	spn_cb(list)->next_list = NULL;
	atomic_set(&spn_cb(list)->pending, 1);
	*queue->last = list;
	queue->last = &spn_cb(list)->next_list;
}

/* The oldest list if all work on it is done, taken out of the queue. */
static struct sk_buff *pop_ready(struct spn_queue *queue)
{
	struct sk_buff *list = queue->first;

	/* Pairs with the full barrier of atomic_dec_and_test() below. */
	if (!list || atomic_read_acquire(&spn_cb(list)->pending))
		return NULL;
	queue->first = spn_cb(list)->next_list;
	if (!queue->first)
		queue->last = &queue->first;
	return list;
}

void spn_queue_release(struct spn_queue *queue, struct sk_buff *list)
{
	/*
	 * Once the list is ready, whoever is delivering may take it and let go
	 * of the SA, and with it of the tunnel that the queue is part of.
	 */
	rcu_read_lock();
	if (!atomic_dec_and_test(&spn_cb(list)->pending))
		goto unlock_rcu;

	spin_lock(&queue->lock);
	if (!queue->delivering) {
		queue->delivering = true;
		while ((list = pop_ready(queue))) {
			spin_unlock(&queue->lock);
			queue->deliver(list);
			spin_lock(&queue->lock);
		}
		queue->delivering = false;
	}
	spin_unlock(&queue->lock);
unlock_rcu:
	rcu_read_unlock();
}
