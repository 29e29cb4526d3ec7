// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/netdevice.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/percpu_counter.h>
#include <linux/sched/isolation.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "lane.h"
#include "sa.h"
#include "skb.h"
#include "state.h"

enum {
	SHORT_LIST = 4,		/* packets that are not worth handing over */
	INBOUND_SHARE = 64,	/* of the machine's memory, for what has come in */
	INBOUND_KIB_MIN = 16 << 10,
	INBOUND_KIB_MAX = 256 << 10,
	INBOUND_BATCH = 1 << 10,	/* KiB that a CPU counts by itself */
};

/**
 * struct lane - what one CPU does
 * @work: works on lists of any queue
 * @napi: starts work on bursts, and delivers
 * @call: schedules @napi from another CPU; for who has made @napi scheduled
 * @cpu: which
 * @lock: protects all below; bottom halves off; inside no other lock
 * @deliver: queues with a ready list, whose right to deliver is ours
 * @bursts: queues where packets come in, whose right to offer is ours
 */
struct lane {
	struct work_struct work;
	struct napi_struct napi;
	call_single_data_t call;
	unsigned int cpu;
	spinlock_t lock;
	struct list_head deliver;
	struct list_head bursts;
};

static DEFINE_PER_CPU_ALIGNED(struct lane, lanes);
static struct net_device *lane_dev;		/* a NAPI wants one */
static struct workqueue_struct *lane_wq;
static struct cpumask idle_lanes;		/* whose worker rests: a hint whom to wake */
static struct cpumask working_cpus;		/* those that are isolated from it left out */

/*
 * Memory of all that has come in and not been delivered, in KiB: it is held before anybody has
 * been authenticated.  A tunnel that holds little of it is always let in.
 */
static struct percpu_counter inbound;
static s64 inbound_max;

static DEFINE_SPINLOCK(offers_lock);		/* bottom halves off */
static LIST_HEAD(offers);			/* queues with lists to claim, by turns */

/* --- deliveries ------------------------------------------------------------- */

static void call_napi(void *lane)
{
	__napi_schedule(&((struct lane *)lane)->napi);
}

/* If the NAPI is scheduled already, it comes round once more. */
static void schedule_napi(struct lane *lane)
{
	unsigned int cpu = lane->cpu;

	if (!napi_schedule_prep(&lane->napi))
		return;
	if (unlikely(!cpu_online(cpu)))
		cpu = cpumask_first(cpu_online_mask);
	if (cpu == smp_processor_id() || smp_call_function_single_async(cpu, &lane->call))
		__napi_schedule(&lane->napi);
}

/* Puts a queue at the end of one of the lane's lines. */
static void line_up(struct lane *lane, struct list_head *node, struct list_head *line)
{
	spin_lock(&lane->lock);
	list_add_tail(node, line);
	spin_unlock(&lane->lock);
}

/* Takes out the first of a line, or NULL. */
static struct list_head *take_first(struct lane *lane, struct list_head *line)
{
	struct list_head *node = NULL;

	spin_lock(&lane->lock);
	if (!list_empty(line)) {
		node = line->next;
		list_del(node);
	}
	spin_unlock(&lane->lock);
	return node;
}

/* Leaves a queue to its CPU.  The caller has the right to deliver, and passes it on. */
static void leave_delivery(struct spn_queue *queue)
{
	struct lane *lane = &per_cpu(lanes, queue->cpu);

	line_up(lane, &queue->deliver_node, &lane->deliver);
	schedule_napi(lane);
}

static void deliver_list(const struct spn_queue *queue, struct sk_buff *list,
			 struct napi_struct *napi)
{
	struct spn_sa *sa = spn_cb(list)->sa;
	struct sk_buff *skb, *next;

	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		queue->ops->deliver(sa, skb, napi);
	}
	spn_sa_put(sa);
}

/* Delivers here and now, but not for ever. */
static void deliver(struct spn_queue *queue)
{
	int budget = NAPI_POLL_WEIGHT;
	struct sk_buff *list;
	bool more;

	do {
		if (budget <= 0) {
			leave_delivery(queue);
			return;
		}
		list = spn_queue_pop(queue, &more);
		budget -= spn_cb(list)->count;
		deliver_list(queue, list, NULL);
	} while (more || spn_queue_yield(queue));
}

/* spn_queue_release(), and what is ready gets delivered. */
static void release_list(struct spn_queue *queue, struct sk_buff *list, unsigned int holds)
{
	/* The list may be delivered by others, and the tunnel with the queue be let go of. */
	rcu_read_lock();
	if (spn_queue_release(queue, list, holds)) {
		if (queue->ops->in_poll || queue->cpu != smp_processor_id())
			leave_delivery(queue);
		else
			deliver(queue);
	}
	rcu_read_unlock();
}

/* --- work ------------------------------------------------------------------ */

static enum spn_drop_reason reason_of(int err)
{
	switch (err) {
	case 0:
		return SPN_DROP_NONE;
	case -EBADMSG:
		return SPN_DROP_AUTH;
	case -ENOMEM:
		return SPN_DROP_NO_MEMORY;
	case -ESHUTDOWN:
		return SPN_DROP_SHUTDOWN;
	default:
		return SPN_DROP_CRYPTO;
	}
}

/* The caller has the right to work on it. */
static void work_on(struct spn_queue *queue, struct sk_buff *list)
{
	const struct spn_sa *sa = spn_cb(list)->sa;
	struct sk_buff *skb;
	int err;

	for (skb = list; skb; skb = skb->next) {
		err = queue->ops->work(sa, skb);
		if (err == -EINPROGRESS)
			spn_queue_hold(list);
		else
			spn_cb(skb)->drop = reason_of(err);
	}
	release_list(queue, list, SPN_QUEUE_WORK_HOLDS);
}

void spn_lane_done(struct spn_queue *queue, struct sk_buff *skb, int err)
{
	spn_cb(skb)->drop = reason_of(err);
	release_list(queue, spn_cb(skb)->head, 1);
}

/*
 * Wakes one CPU, another than this one if there is one that rests.  A worker that
 * is queued while it runs is run once more, so none that is told here of an offer
 * can have looked for it too early.
 */
static void wake_one(void)
{
	unsigned int this = smp_processor_id(), cpu;

	/* A hint, as good as any, whoever else takes one or gives one meanwhile. */
	cpu = data_race(cpumask_next_and(this, &idle_lanes, cpu_online_mask));
	if (cpu >= nr_cpu_ids) {
		/* The search wraps around. */
		cpu = data_race(cpumask_first_and(&idle_lanes, cpu_online_mask));
	}
	if (cpu >= nr_cpu_ids && !cpumask_test_cpu(this, &working_cpus))
		cpu = cpumask_first_and(&working_cpus, cpu_online_mask);
	if (cpu >= nr_cpu_ids)
		cpu = this;
	cpumask_clear_cpu(cpu, &idle_lanes);
	queue_work_on(cpu, lane_wq, &per_cpu(lanes, cpu).work);
}

/* Puts a queue at the end of the line.  The caller has the right to offer it. */
static void offer(struct spn_queue *queue)
{
	spin_lock(&offers_lock);
	list_add_tail(&queue->offer_node, &offers);
	spin_unlock(&offers_lock);
	wake_one();
}

/* Takes a list of the first in the line, which then goes to its end. */
static struct sk_buff *claim(struct spn_queue **queue)
{
	struct sk_buff *list;
	bool more;

	spin_lock(&offers_lock);
	*queue = list_first_entry_or_null(&offers, struct spn_queue, offer_node);
	if (*queue)
		list_del(&(*queue)->offer_node);
	spin_unlock(&offers_lock);
	if (!*queue)
		return NULL;
	list = spn_queue_claim(*queue, &more);
	if (more)
		offer(*queue);
	return list;
}

static void lane_work(struct work_struct *work)
{
	struct lane *lane = container_of(work, struct lane, work);
	struct spn_queue *queue;
	struct sk_buff *list;

	do {
		local_bh_disable();
		rcu_read_lock();
		list = claim(&queue);
		if (list)
			work_on(queue, list);
		rcu_read_unlock();
		local_bh_enable();
		cond_resched();
	} while (list);
	if (cpumask_test_cpu(lane->cpu, &working_cpus))
		cpumask_set_cpu(lane->cpu, &idle_lanes);
}

/* The CPU where a queue is delivered changes only when all that went there is long gone. */
static void settle_cpu(struct spn_queue *queue)
{
	if (queue->first || queue->delivering)
		return;
	if (time_after(jiffies, queue->idle_since + 1) || !cpu_online(queue->cpu))
		queue->cpu = smp_processor_id();
}

/* --- what goes out ----------------------------------------------------------- */

static void drop_list(struct spn_sa *sa, struct sk_buff *list, enum spn_drop_reason reason)
{
	struct sk_buff *skb, *next;

	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		spn_drop_tx(skb, &sa->drops, reason, sa->spi, 0);
	}
}

static void number_list(struct sk_buff *list, u64 seq)
{
	for (; list; list = list->next)
		spn_cb(list)->seq = seq++;
}

/*
 * Cuts off those packets of a list that the SA's limits do not let pass, and returns them; if
 * none passes, all.  @bytes are then those of what stays.
 */
static struct sk_buff *cut_list(const struct spn_sa *sa, struct sk_buff *list,
				unsigned int *bytes)
{
	struct sk_buff *skb, *last = NULL;
	unsigned int count = 0, sum = 0;

	if (spn_sa_has_room(sa, spn_cb(list)->count, *bytes))
		return NULL;
	/* Of one packet there is nothing to cut, and it may count more than it has. */
	for (skb = list; list->next && spn_sa_has_room(sa, count + 1, sum + skb->len);
	     skb = skb->next) {
		sum += skb->len;
		count++;
		last = skb;
	}
	*bytes = sum;
	if (!last)
		return list;
	last->next = NULL;
	spn_cb(skb)->count = spn_cb(list)->count - count;
	spn_cb(list)->count = count;
	return skb;
}

/*
 * Numbers a list and gives it its place in the order.  Returns what has none, and the @reason;
 * the SA ends with what passes its limits.
 */
static struct sk_buff *queue_list(struct spn_queue *queue, struct spn_sa *sa,
				  struct sk_buff *list, unsigned int bytes,
				  enum spn_list_state *state, enum spn_drop_reason *reason)
{
	unsigned int all = bytes;
	struct sk_buff *rest;
	bool mine;

	lockdep_assert_held(&queue->lock);
	*reason = SPN_DROP_BACKLOG;
	if (spn_queue_full(queue, spn_cb(list)->count))
		return list;
	rest = cut_list(sa, list, &bytes);
	if (rest != list) {
		number_list(list, spn_sa_number(sa, spn_cb(list)->count, bytes));
		settle_cpu(queue);
		mine = spn_cb(list)->count <= SHORT_LIST || num_online_cpus() == 1;
		*state = spn_queue_add(queue, list, mine);
	}
	if (rest)
		*reason = spn_sa_refuse(sa, spn_cb(rest)->count, all - bytes);
	return rest;
}

void spn_lane_send(struct spn_sa *sa, struct sk_buff *list, unsigned int count,
		   unsigned int bytes)
{
	enum spn_list_state state = SPN_LIST_WAITS;
	struct spn_queue *queue = &sa->tunnel->tx;
	enum spn_drop_reason reason;
	struct sk_buff *skb, *rest;

	for (skb = list; skb; skb = skb->next) {
		spn_cb(skb)->sa = sa;
		spn_cb(skb)->head = list;
		spn_cb(skb)->drop = SPN_DROP_NONE;
	}
	spn_cb(list)->count = count;
	spin_lock(&queue->lock);
	rest = queue_list(queue, sa, list, bytes, &state, &reason);
	spin_unlock(&queue->lock);
	if (rest)
		drop_list(sa, rest, reason);
	if (rest == list)
		spn_sa_put(sa);
	else if (state == SPN_LIST_MINE)
		work_on(queue, list);
	else if (state == SPN_LIST_OFFER)
		offer(queue);
}

/* --- what comes in: bursts --------------------------------------------------- */

static unsigned int kib_of(const struct sk_buff *skb)
{
	return DIV_ROUND_UP(skb->truesize, SZ_1K);
}

static void count_inbound(int kib)
{
	percpu_counter_add_batch(&inbound, kib, INBOUND_BATCH);
}

static bool inbound_full(const struct spn_queue *queue)
{
	return queue->packets >= SPN_QUEUE_LIST_MAX &&
	       percpu_counter_read(&inbound) >= inbound_max;
}

/* In the newest list, or in one of its own, which holds the SA. */
static enum spn_drop_reason take_place(struct spn_queue *queue, struct spn_sa *sa,
				       struct sk_buff *skb, enum spn_list_state *state)
{
	struct spn_cb *cb = spn_cb(skb);

	lockdep_assert_held(&queue->lock);
	if (inbound_full(queue))
		return SPN_DROP_BACKLOG;
	if (spn_queue_join(queue, skb)) {
		spn_in_cb(queue->newest)->kib += kib_of(skb);
		return SPN_DROP_NONE;
	}
	if (spn_queue_full(queue, 1))
		return SPN_DROP_BACKLOG;
	/* One that is being freed has expired as much as one can. */
	if (!spn_sa_get(sa))
		return SPN_DROP_EXPIRED;
	cb->head = skb;
	cb->count = 1;
	spn_in_cb(skb)->kib = kib_of(skb);
	settle_cpu(queue);
	*state = spn_queue_add(queue, skb, false);
	return SPN_DROP_NONE;
}

enum spn_drop_reason spn_lane_receive(struct spn_sa *sa, struct sk_buff *skb)
{
	enum spn_list_state state = SPN_LIST_WAITS;
	struct spn_queue *queue = &sa->tunnel->rx;
	struct lane *lane = this_cpu_ptr(&lanes);
	unsigned int kib = kib_of(skb);
	enum spn_drop_reason reason;

	spn_cb(skb)->sa = sa;
	spn_cb(skb)->drop = SPN_DROP_NONE;
	spin_lock(&queue->lock);
	reason = take_place(queue, sa, skb, &state);
	spin_unlock(&queue->lock);
	if (reason)
		return reason;
	count_inbound(kib);
	if (state == SPN_LIST_OFFER) {
		line_up(lane, &queue->offer_node, &lane->bursts);
		schedule_napi(lane);
	}
	return SPN_DROP_NONE;
}

/*
 * Works on a burst that is over, or offers it.  What is too much for one round keeps its right
 * and waits for the next.  Returns how many packets were worked on.
 */
static int start_burst(struct lane *lane, struct spn_queue *queue, int budget)
{
	struct sk_buff *list;
	int done = 0;
	bool more;

	do {
		if (done >= budget) {
			line_up(lane, &queue->offer_node, &lane->bursts);
			break;
		}
		if (num_online_cpus() > 1 && !spn_queue_short(queue, SHORT_LIST)) {
			offer(queue);
			break;
		}
		list = spn_queue_claim(queue, &more);
		done += spn_cb(list)->count;
		work_on(queue, list);
	} while (more);
	return done;
}

static int start_bursts(struct lane *lane, int budget)
{
	struct list_head *node;
	int done = 0;

	/* The queue may be another's, or gone, once it has been started. */
	while (done < budget && (node = take_first(lane, &lane->bursts)))
		done += start_burst(lane, list_entry(node, struct spn_queue, offer_node),
				    budget - done);
	return done;
}

/* --- the poll ----------------------------------------------------------------- */

/* By turns, a list of each queue; those that have no more are @spent. */
static int poll_deliveries(struct lane *lane, int budget, struct list_head *spent)
{
	struct spn_queue *queue;
	struct list_head *node;
	struct sk_buff *list;
	int done = 0;
	bool more;

	while (done < budget && (node = take_first(lane, &lane->deliver))) {
		queue = list_entry(node, struct spn_queue, deliver_node);
		list = spn_queue_pop(queue, &more);
		done += spn_cb(list)->count;
		/* What comes in is delivered here alone. */
		if (queue->ops->in_poll)
			count_inbound(-(int)spn_in_cb(list)->kib);
		deliver_list(queue, list, &lane->napi);
		if (!more) {
			list_add_tail(&queue->deliver_node, spent);
			continue;
		}
		line_up(lane, &queue->deliver_node, &lane->deliver);
	}
	return min(done, budget);
}

/* Gives up the right to deliver what is spent. */
static void yield_deliveries(struct list_head *spent)
{
	struct spn_queue *queue, *next;

	list_for_each_entry_safe(queue, next, spent, deliver_node)
		if (spn_queue_yield(queue))
			leave_delivery(queue);
}

/* What is worked on counts like what is delivered: it is most of the work. */
static int lane_poll(struct napi_struct *napi, int budget)
{
	struct lane *lane = container_of(napi, struct lane, napi);
	int started, delivered;
	LIST_HEAD(spent);

	rcu_read_lock();
	started = start_bursts(lane, budget);
	delivered = poll_deliveries(lane, budget, &spent);
	/*
	 * Passes on what the NAPI has been given.  Before that another CPU must not deliver
	 * what comes after it, and nothing may be kept for a next round: it names a device
	 * that nothing holds.
	 */
	napi_complete_done(napi, delivered);
	yield_deliveries(&spent);
	if (started >= budget || delivered >= budget)
		schedule_napi(lane);
	rcu_read_unlock();
	return min(started + delivered, budget - 1);
}

/* --- beginning and end ------------------------------------------------------- */

static void init_lane(struct lane *lane, unsigned int cpu)
{
	INIT_WORK(&lane->work, lane_work);
	INIT_CSD(&lane->call, call_napi, lane);
	lane->cpu = cpu;
	spin_lock_init(&lane->lock);
	INIT_LIST_HEAD(&lane->deliver);
	INIT_LIST_HEAD(&lane->bursts);
	/* Nobody could poll for what is yet to be opened. */
	set_bit(NAPI_STATE_NO_BUSY_POLL, &lane->napi.state);
	netif_napi_add(lane_dev, &lane->napi, lane_poll);
	napi_enable(&lane->napi);
}

int __init spn_lane_init(void)
{
	unsigned int cpu;

	inbound_max = clamp_t(s64, totalram_pages() * (PAGE_SIZE / SZ_1K) / INBOUND_SHARE,
			      INBOUND_KIB_MIN, INBOUND_KIB_MAX);
	if (percpu_counter_init(&inbound, 0, GFP_KERNEL))
		return -ENOMEM;
	lane_wq = alloc_workqueue("spindle-crypt",
				  SPN_WQ_PERCPU | WQ_CPU_INTENSIVE | WQ_MEM_RECLAIM, 0);
	if (!lane_wq)
		goto destroy_inbound;
	lane_dev = spn_dev_dummy_new();
	if (!lane_dev)
		goto destroy_wq;
	for_each_possible_cpu(cpu)
		init_lane(&per_cpu(lanes, cpu), cpu);
	/* As for the kernel's own work that is bound to no CPU (isolcpus=, nohz_full=). */
	cpumask_and(&working_cpus, housekeeping_cpumask(HK_TYPE_WQ),
		    housekeeping_cpumask(HK_TYPE_DOMAIN));
	cpumask_copy(&idle_lanes, &working_cpus);
	return 0;

destroy_wq:
	destroy_workqueue(lane_wq);
destroy_inbound:
	percpu_counter_destroy(&inbound);
	return -ENOMEM;
}

void spn_lane_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		napi_disable(&per_cpu(lanes, cpu).napi);
		__netif_napi_del(&per_cpu(lanes, cpu).napi);
	}
	/* Once for all of them. */
	synchronize_net();
	destroy_workqueue(lane_wq);
	spn_dev_dummy_free(lane_dev);
	percpu_counter_destroy(&inbound);
}
