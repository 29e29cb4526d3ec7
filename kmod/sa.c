// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>
#include <linux/slab.h>

#include "compat.h"
#include "event.h"
#include "sa.h"
#include "tunnel.h"

struct workqueue_struct *spn_sa_wq;

/* Of their own size: of a million, what kmalloc() rounds up to would be half a gigabyte. */
static struct kmem_cache *sa_cache;

/* A sender stops before its numbers wrap (RFC 4303 3.3.3). */
static u64 seq_max(const struct spn_sa *sa)
{
	return sa->xform.esn ? U64_MAX : U32_MAX;
}

/* When to ask for a new SA because numbers run out. */
static u64 seq_soft(const struct spn_sa *sa)
{
	return seq_max(sa) - seq_max(sa) / 16;
}

static void tell_soft(struct spn_sa *sa, enum spindle_limit limit)
{
	if (!test_and_set_bit(SPN_SA_SOFT_TOLD, &sa->flags))
		spn_event_expire(sa, false, limit);
}

static void expire(struct spn_sa *sa, enum spindle_limit limit)
{
	if (!test_and_set_bit(SPN_SA_EXPIRED, &sa->flags))
		spn_event_expire(sa, true, limit);
}

static u64 age_of(const struct spn_sa *sa, u32 *rest_ns)
{
	return div_u64_rem(ktime_get_boottime_ns() - sa->added, NSEC_PER_SEC, rest_ns);
}

u64 spn_sa_age(const struct spn_sa *sa)
{
	u32 rest_ns;

	return age_of(sa, &rest_ns);
}

/* Waits for the next limit in seconds, if one is left. */
static void arm(struct spn_sa *sa)
{
	u32 rest_ns;
	u64 age = age_of(sa, &rest_ns);
	u64 next = sa->life.soft_seconds > age ? sa->life.soft_seconds : sa->life.hard_seconds;

	if (next > age)
		mod_timer(&sa->timer, jiffies - nsecs_to_jiffies(rest_ns) +
			  min_t(u64, (next - age) * HZ, MAX_JIFFY_OFFSET));
}

static void clock(struct timer_list *timer)
{
	struct spn_sa *sa = timer_container_of(sa, timer, timer);
	u64 age = spn_sa_age(sa);

	if (sa->life.hard_seconds && age >= sa->life.hard_seconds) {
		expire(sa, SPINDLE_LIMIT_SECONDS);
		return;
	}
	if (sa->life.soft_seconds && age >= sa->life.soft_seconds)
		tell_soft(sa, SPINDLE_LIMIT_SECONDS);
	arm(sa);
}

void spn_sa_start(struct spn_sa *sa)
{
	arm(sa);
}

void spn_sa_stop(struct spn_sa *sa)
{
	timer_shutdown_sync(&sa->timer);
}

static void free_sa(struct work_struct *work)
{
	struct spn_sa *sa = container_of(to_rcu_work(work), struct spn_sa, free);

	spn_xform_destroy(&sa->xform);
	spn_replay_destroy(&sa->replay);
	/* Those since its deletion. */
	spn_drops_move(&sa->tunnel->drops, &sa->drops);
	spn_tunnel_put(sa->tunnel);
	memzero_explicit(sa, sizeof(*sa));
	kmem_cache_free(sa_cache, sa);
}

struct spn_sa *spn_sa_new(struct spn_tunnel *tunnel, const struct spn_sa_config *config,
			  struct netlink_ext_ack *extack)
{
	struct spn_sa *sa;
	int err;

	sa = kmem_cache_zalloc(sa_cache, GFP_KERNEL);
	if (!sa)
		return ERR_PTR(-ENOMEM);
	if (config->dir == SPINDLE_DIR_IN) {
		err = spn_replay_init(&sa->replay, config->replay_window, config->seq);
		if (err)
			goto free_sa;
	}
	err = spn_xform_init(&sa->xform, config->suite, &config->key, &config->auth_key,
			     config->esn, extack);
	if (err)
		goto free_replay;

	sa->life = config->life;
	sa->spi = config->spi;
	sa->generation = config->generation;
	sa->dir = config->dir;
	sa->parked = config->parked;
	sa->seq = config->seq;
	sa->added = ktime_get_boottime_ns();
	spn_drops_init(&sa->drops, tunnel->dev);
	INIT_LIST_HEAD(&sa->node);
	u64_stats_init(&sa->syncp);
	timer_setup(&sa->timer, clock, 0);
	refcount_set(&sa->refs, 1);
	INIT_RCU_WORK(&sa->free, free_sa);
	spn_tunnel_get(tunnel);
	sa->tunnel = tunnel;
	return sa;

free_replay:
	spn_replay_destroy(&sa->replay);
free_sa:
	kmem_cache_free(sa_cache, sa);
	return ERR_PTR(err);
}

void spn_sa_put(struct spn_sa *sa)
{
	if (refcount_dec_and_test(&sa->refs))
		queue_rcu_work(spn_sa_wq, &sa->free);
}

void spn_sa_usage(const struct spn_sa *sa, u64 *packets, u64 *bytes)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&sa->syncp);
		*packets = u64_stats_read(&sa->packets);
		*bytes = u64_stats_read(&sa->bytes);
	} while (u64_stats_fetch_retry(&sa->syncp, start));
}

/* Is there room for so much more under the hard limits? */
static bool fits(struct spn_sa *sa, u64 packets, u64 bytes)
{
	const struct spn_life *life = &sa->life;

	if (life->hard_packets && u64_stats_read(&sa->packets) + packets > life->hard_packets) {
		expire(sa, SPINDLE_LIMIT_PACKETS);
		return false;
	}
	if (life->hard_bytes && u64_stats_read(&sa->bytes) + bytes > life->hard_bytes) {
		expire(sa, SPINDLE_LIMIT_BYTES);
		return false;
	}
	return true;
}

static void count(struct spn_sa *sa, u64 packets, u64 bytes)
{
	const struct spn_life *life = &sa->life;

	u64_stats_update_begin(&sa->syncp);
	u64_stats_add(&sa->packets, packets);
	u64_stats_add(&sa->bytes, bytes);
	u64_stats_update_end(&sa->syncp);
	WRITE_ONCE(sa->last_used, ktime_get_real_seconds());

	if (life->soft_packets && u64_stats_read(&sa->packets) >= life->soft_packets)
		tell_soft(sa, SPINDLE_LIMIT_PACKETS);
	if (life->soft_bytes && u64_stats_read(&sa->bytes) >= life->soft_bytes)
		tell_soft(sa, SPINDLE_LIMIT_BYTES);
}

enum spn_drop_reason spn_sa_number(struct spn_sa *sa, unsigned int packets,
				   unsigned int bytes, u64 *first)
{
	lockdep_assert_held(&sa->tunnel->tx.lock);

	if (spn_sa_expired(sa) || !fits(sa, packets, bytes))
		return SPN_DROP_EXPIRED;
	if (packets > seq_max(sa) - sa->seq) {
		expire(sa, SPINDLE_LIMIT_PACKETS);
		return SPN_DROP_SEQ_EXHAUSTED;
	}
	*first = sa->seq + 1;
	WRITE_ONCE(sa->seq, sa->seq + packets);
	if (sa->seq >= seq_soft(sa))
		tell_soft(sa, SPINDLE_LIMIT_PACKETS);
	count(sa, packets, bytes);
	return SPN_DROP_NONE;
}

enum spn_drop_reason spn_sa_accept(struct spn_sa *sa, u64 seq)
{
	if (!spn_replay_mark(&sa->replay, seq))
		return SPN_DROP_REPLAY;
	if (spn_sa_expired(sa))
		return SPN_DROP_EXPIRED;
	return SPN_DROP_NONE;
}

enum spn_drop_reason spn_sa_count(struct spn_sa *sa, unsigned int bytes)
{
	if (!fits(sa, 1, bytes))
		return SPN_DROP_EXPIRED;
	count(sa, 1, bytes);
	return SPN_DROP_NONE;
}

int __init spn_sa_init(void)
{
	sa_cache = kmem_cache_create("spindle_sa", sizeof(struct spn_sa), 0, 0, NULL);
	if (!sa_cache)
		return -ENOMEM;
	spn_sa_wq = alloc_workqueue("spindle", WQ_UNBOUND, 0);
	if (spn_sa_wq)
		return 0;
	kmem_cache_destroy(sa_cache);
	return -ENOMEM;
}

void spn_sa_exit(void)
{
	destroy_workqueue(spn_sa_wq);
	kmem_cache_destroy(sa_cache);
}
