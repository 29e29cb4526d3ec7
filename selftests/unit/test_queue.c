// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of lists while many threads work on them: built with ThreadSanitizer.
 *
 * Some threads add numbered lists to a few queues, the first of which takes packets one
 * by one, as they come from a wire; some claim and work on them, one is
 * a cipher that finishes packets late and the last first, and whoever gets the right
 * delivers.  Lists leave each queue in order, by one thread at a time, and all leave:
 * a wake-up that is lost leaves some behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "kmod/queue.h"

enum {
	QUEUES = 3,
	SUBMITTERS = 2,
	WORKERS = 3,
	LISTS = 5000, /* of each queue and submitter */
	PACKETS = 3, /* of a list */
	LATE = 7, /* every so many lists have a packet that stays at the cipher */
	GATHER = 16, /* packets that the cipher finishes at once */
};

struct line {
	struct spn_queue queue;
	pthread_mutex_t delivering; /* what must not be waited for */
	u32 numbered; /* under queue.lock */
	u32 delivered; /* by who has the right to deliver */
	u32 packets; /* delivered likewise */
	bool disorder;
};

static struct line lines[QUEUES];

/* A stack of what waits for a thread. */
struct pile {
	pthread_mutex_t lock;
	pthread_cond_t more;
	void *item[QUEUES * SUBMITTERS * LISTS];
	unsigned int count;
	bool closed;
};

static struct pile offers = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.more = PTHREAD_COND_INITIALIZER,
};
static struct pile cipher = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.more = PTHREAD_COND_INITIALIZER,
};

static void push(struct pile *pile, void *item)
{
	pthread_mutex_lock(&pile->lock);
	pile->item[pile->count++] = item;
	pthread_cond_signal(&pile->more);
	pthread_mutex_unlock(&pile->lock);
}

/* Takes up to @n, the last first; 0 when no more will come. */
static unsigned int pull(struct pile *pile, void **items, unsigned int n)
{
	unsigned int taken = 0;

	pthread_mutex_lock(&pile->lock);
	while (!pile->count && !pile->closed)
		pthread_cond_wait(&pile->more, &pile->lock);
	while (taken < n && pile->count)
		items[taken++] = pile->item[--pile->count];
	pthread_mutex_unlock(&pile->lock);
	return taken;
}

static void close_pile(struct pile *pile)
{
	pthread_mutex_lock(&pile->lock);
	pile->closed = true;
	pthread_cond_broadcast(&pile->more);
	pthread_mutex_unlock(&pile->lock);
}

static struct sk_buff *new_list(unsigned int count)
{
	struct sk_buff *list = calloc(1, sizeof(*list)), *skb = list;
	unsigned int i;

	spn_cb(list)->head = list;
	spn_cb(list)->count = count;
	for (i = 1; i < count; i++) {
		skb->next = calloc(1, sizeof(*skb));
		skb = skb->next;
		spn_cb(skb)->head = list;
	}
	return list;
}

static void deliver(struct sk_buff *list)
{
	struct line *line = (struct line *)spn_cb(list)->sa;
	struct sk_buff *skb, *next;

	/* Held by nobody else, or two deliver at once. */
	line->disorder |= pthread_mutex_trylock(&line->delivering) != 0;
	line->disorder |= spn_cb(list)->seq != line->delivered++;
	for (skb = list; skb; skb = next) {
		next = skb->next;
		line->disorder |= spn_cb(skb)->drop != 1;
		line->packets++;
		free(skb);
	}
	pthread_mutex_unlock(&line->delivering);
}

static void release(struct spn_queue *queue, struct sk_buff *list, unsigned int holds)
{
	bool more;

	if (!spn_queue_release(queue, list, holds))
		return;
	do {
		list = spn_queue_pop(queue, &more);
		deliver(list);
	} while (more || spn_queue_yield(queue));
}

static void work(struct spn_queue *queue, struct sk_buff *list)
{
	bool late = spn_cb(list)->seq % LATE == 0;
	struct sk_buff *skb, *next;

	for (skb = list; skb; skb = next) {
		next = skb->next;
		if (late && skb == list) {
			push(&cipher, skb);
			spn_queue_hold(list);
		} else {
			spn_cb(skb)->drop = 1;
		}
	}
	release(queue, list, SPN_QUEUE_WORK_HOLDS);
}

static void *submitter(void *unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < QUEUES * LISTS; i++) {
		struct line *line = &lines[i % QUEUES];
		bool one = line == &lines[0];
		struct sk_buff *list = new_list(one ? 1 : 1 + i % PACKETS);
		enum spn_list_state state = SPN_LIST_WAITS;

		spn_cb(list)->sa = (struct spn_sa *)line;
		pthread_mutex_lock(&line->queue.lock);
		if (!one || !spn_queue_join(&line->queue, list)) {
			spn_cb(list)->seq = line->numbered++;
			state = spn_queue_add(&line->queue, list, i % 5 == 0);
		}
		pthread_mutex_unlock(&line->queue.lock);
		if (state == SPN_LIST_MINE)
			work(&line->queue, list);
		else if (state == SPN_LIST_OFFER)
			push(&offers, line);
	}
	return NULL;
}

static void *worker(void *unused)
{
	struct sk_buff *list;
	void *offer;
	bool more;

	(void)unused;
	while (pull(&offers, &offer, 1)) {
		struct spn_queue *queue = &((struct line *)offer)->queue;

		/* Whether many wait changes nothing here, but is asked as in the kernel. */
		spn_queue_short(queue, PACKETS);
		list = spn_queue_claim(queue, &more);
		if (more)
			push(&offers, offer);
		work(queue, list);
	}
	return NULL;
}

static void *cipher_thread(void *unused)
{
	void *late[GATHER];
	unsigned int i, n;

	(void)unused;
	while ((n = pull(&cipher, late, GATHER))) {
		for (i = 0; i < n; i++) {
			struct sk_buff *skb = late[i];
			struct line *line = (struct line *)spn_cb(skb)->sa;

			spn_cb(skb)->drop = 1;
			release(&line->queue, spn_cb(skb)->head, 1);
		}
	}
	return NULL;
}

static unsigned int packets_of(unsigned int line)
{
	unsigned int i, packets = 0;

	for (i = line; i < QUEUES * LISTS; i += QUEUES)
		packets += line ? 1 + i % PACKETS : 1;
	return SUBMITTERS * packets;
}

static void keeps_order(void **unused)
{
	pthread_t submitters[SUBMITTERS], workers[WORKERS], late;
	unsigned int i;

	(void)unused;
	for (i = 0; i < QUEUES; i++) {
		spn_queue_init(&lines[i].queue, NULL);
		pthread_mutex_init(&lines[i].delivering, NULL);
	}
	pthread_create(&late, NULL, cipher_thread, NULL);
	for (i = 0; i < WORKERS; i++)
		pthread_create(&workers[i], NULL, worker, NULL);
	for (i = 0; i < SUBMITTERS; i++)
		pthread_create(&submitters[i], NULL, submitter, NULL);
	for (i = 0; i < SUBMITTERS; i++)
		pthread_join(submitters[i], NULL);
	close_pile(&offers);
	for (i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	close_pile(&cipher);
	pthread_join(late, NULL);

	for (i = 0; i < QUEUES; i++) {
		struct spn_queue *queue = &lines[i].queue;

		if (i)
			assert_int_equal(lines[i].delivered, SUBMITTERS * LISTS);
		else
			assert_in_range(lines[i].delivered, 1, SUBMITTERS * LISTS - 1);
		assert_int_equal(lines[i].packets, packets_of(i));
		assert_false(lines[i].disorder);
		assert_null(queue->first);
		assert_null(queue->unclaimed);
		assert_int_equal(queue->packets, 0);
		assert_false(queue->offered);
		assert_false(queue->delivering);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
