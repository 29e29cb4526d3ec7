// SPDX-License-Identifier: GPL-2.0
#include "queue.h"

void spn_queue_init(struct spn_queue *queue, const struct spn_queue_ops *ops)
{
	spin_lock_init(&queue->lock);
	queue->ops = ops;
	queue->last = &queue->first;
	queue->idle_since = jiffies;
	INIT_LIST_HEAD(&queue->offer_node);
	INIT_LIST_HEAD(&queue->deliver_node);
}

enum spn_list_state spn_queue_add(struct spn_queue *queue, struct sk_buff *list, bool mine)
{
	lockdep_assert_held(&queue->lock);
	spn_cb(list)->next_list = NULL;
	atomic_set(&spn_cb(list)->pending, SPN_QUEUE_WORK_HOLDS);
	*queue->last = list;
	queue->last = &spn_cb(list)->next_list;
	queue->newest = list;
	queue->tail = list;
	queue->packets += spn_cb(list)->count;

	if (mine && !queue->unclaimed)
		return SPN_LIST_MINE;
	if (!queue->unclaimed)
		queue->unclaimed = list;
	if (queue->offered)
		return SPN_LIST_WAITS;
	queue->offered = true;
	return SPN_LIST_OFFER;
}

bool spn_queue_join(struct spn_queue *queue, struct sk_buff *skb)
{
	struct sk_buff *list = queue->newest;

	lockdep_assert_held(&queue->lock);
	/* Lists are claimed in their order: if one waits, then so does the newest. */
	if (!queue->unclaimed || spn_cb(list)->sa != spn_cb(skb)->sa ||
	    spn_cb(list)->count >= SPN_QUEUE_LIST_MAX || spn_queue_full(queue, 1))
		return false;
	spn_cb(skb)->head = list;
	queue->tail->next = skb;
	queue->tail = skb;
	queue->packets++;
	spn_cb(list)->count++;
	return true;
}

bool spn_queue_short(struct spn_queue *queue, unsigned int max)
{
	unsigned int packets = 0;
	struct sk_buff *list;

	spin_lock(&queue->lock);
	for (list = queue->unclaimed; list && packets <= max; list = spn_cb(list)->next_list)
		packets += spn_cb(list)->count;
	spin_unlock(&queue->lock);
	return packets <= max;
}

struct sk_buff *spn_queue_claim(struct spn_queue *queue, bool *more)
{
	struct sk_buff *list;

	spin_lock(&queue->lock);
	list = queue->unclaimed;
	queue->unclaimed = spn_cb(list)->next_list;
	*more = queue->unclaimed;
	queue->offered = *more;
	spin_unlock(&queue->lock);
	return list;
}

static bool is_ready(const struct sk_buff *list)
{
	/* Pairs with the full barrier of atomic_sub_and_test() below. */
	return list && !atomic_read_acquire(&spn_cb(list)->pending);
}

bool spn_queue_release(struct spn_queue *queue, struct sk_buff *list, unsigned int holds)
{
	bool deliver;

	/* If others are still at it, the list may have gone after this. */
	if (!atomic_sub_and_test(holds, &spn_cb(list)->pending))
		return false;

	spin_lock(&queue->lock);
	deliver = !queue->delivering && is_ready(queue->first);
	if (deliver)
		queue->delivering = true;
	spin_unlock(&queue->lock);
	return deliver;
}

struct sk_buff *spn_queue_pop(struct spn_queue *queue, bool *more)
{
	struct sk_buff *list;

	spin_lock(&queue->lock);
	list = queue->first;
	queue->first = spn_cb(list)->next_list;
	if (!queue->first)
		queue->last = &queue->first;
	queue->packets -= spn_cb(list)->count;
	*more = is_ready(queue->first);
	spin_unlock(&queue->lock);
	return list;
}

bool spn_queue_yield(struct spn_queue *queue)
{
	bool more;

	spin_lock(&queue->lock);
	more = is_ready(queue->first);
	if (!more) {
		queue->delivering = false;
		queue->idle_since = jiffies;
	}
	spin_unlock(&queue->lock);
	return more;
}

unsigned long spn_queue_idle(struct spn_queue *queue)
{
	unsigned long idle;

	spin_lock(&queue->lock);
	idle = queue->delivering ? 0 : jiffies - queue->idle_since;
	spin_unlock(&queue->lock);
	return idle;
}
