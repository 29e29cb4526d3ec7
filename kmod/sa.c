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
	/* From now on each packet asks: it had better not write. */
	if (!test_bit(SPN_SA_SOFT_TOLD, &sa->flags) &&
	    !test_and_set_bit(SPN_SA_SOFT_TOLD, &sa->flags))
		spn_event_expire(sa, false, limit);
}

static void expire(struct spn_sa *sa, enum spindle_limit limit)
{
	if (!spn_sa_expired(sa) && !test_and_set_bit(SPN_SA_EXPIRED, &sa->flags))
		spn_event_expire(sa, true, limit);
}

u64 spn_sa_age(const struct spn_sa *sa)
{
	return div_u64(ktime_get_boottime_ns() - sa->added, NSEC_PER_SEC);
}

/* When the next limit in seconds passes; false if none is left. */
static bool next_limit(const struct spn_sa *sa, ktime_t *at)
{
	u64 age = spn_sa_age(sa);
	u64 next = sa->life.soft_seconds > age ? sa->life.soft_seconds : sa->life.hard_seconds;

	*at = ns_to_ktime(sa->added + next * NSEC_PER_SEC);
	return next > age;
}

static enum hrtimer_restart limit_passes(struct hrtimer *timer)
{
	struct spn_sa *sa = container_of(timer, struct spn_sa, timer);
	u64 age = spn_sa_age(sa);
	ktime_t at;

	if (sa->life.hard_seconds && age >= sa->life.hard_seconds) {
		expire(sa, SPINDLE_LIMIT_SECONDS);
		return HRTIMER_NORESTART;
	}
	if (sa->life.soft_seconds && age >= sa->life.soft_seconds)
		tell_soft(sa, SPINDLE_LIMIT_SECONDS);
	if (!next_limit(sa, &at))
		return HRTIMER_NORESTART;
	hrtimer_set_expires(timer, at);
	return HRTIMER_RESTART;
}

void spn_sa_start(struct spn_sa *sa)
{
	ktime_t at;

	if (next_limit(sa, &at))
		hrtimer_start(&sa->timer, at, HRTIMER_MODE_ABS_SOFT);
}

void spn_sa_stop(struct spn_sa *sa)
{
	hrtimer_cancel(&sa->timer);
}

void spn_sa_keep_traffic(struct spn_sa *sa)
{
	struct spn_traffic *past = &sa->tunnel->past[sa->dir];
	struct spn_traffic now = spn_sa_traffic(sa);

	spin_lock_bh(&sa->tunnel->lock);
	past->packets += now.packets - sa->kept.packets;
	past->bytes += now.bytes - sa->kept.bytes;
	past->last = max(past->last, now.last);
	sa->kept = now;
	spin_unlock_bh(&sa->tunnel->lock);
}

static void free_sa(struct work_struct *work)
{
	struct spn_sa *sa = container_of(to_rcu_work(work), struct spn_sa, free);

	spn_xform_destroy(&sa->xform);
	spn_replay_destroy(&sa->replay);
	/* What there was of either since its deletion. */
	spn_drops_move(&sa->tunnel->drops, &sa->drops);
	spn_sa_keep_traffic(sa);
	spn_tunnel_put(sa->tunnel);
	memzero_explicit(sa, sizeof(*sa));
	kmem_cache_free(sa_cache, sa);
}

int spn_sa_config_prepare(struct spn_sa_config *config, struct netlink_ext_ack *extack)
{
	return spn_xform_init(&config->xform, config->suite, &config->key, &config->auth_key,
			      config->esn, extack);
}

void spn_sa_config_release(struct spn_sa_config *config)
{
	spn_xform_destroy(&config->xform);
}

struct spn_sa *spn_sa_new(struct spn_tunnel *tunnel, struct spn_sa_config *config)
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
	sa->xform = config->xform;
	memzero_explicit(&config->xform, sizeof(config->xform));
	sa->life = config->life;
	sa->spi = config->spi;
	sa->generation = config->generation;
	sa->dir = config->dir;
	sa->parked = config->parked;
	sa->seq = config->seq;
	sa->added = ktime_get_boottime_ns();
	sa->stamped = jiffies - 1;
	spn_drops_init(&sa->drops, tunnel->dev);
	INIT_LIST_HEAD(&sa->node);
	u64_stats_init(&sa->syncp);
	spn_hrtimer_setup(&sa->timer, limit_passes);
	refcount_set(&sa->refs, 1);
	INIT_RCU_WORK(&sa->free, free_sa);
	spn_tunnel_get(tunnel);
	sa->tunnel = tunnel;
	return sa;

free_sa:
	kmem_cache_free(sa_cache, sa);
	return ERR_PTR(err);
}

void spn_sa_put(struct spn_sa *sa)
{
	if (refcount_dec_and_test(&sa->refs))
		queue_rcu_work(spn_sa_wq, &sa->free);
}

struct spn_traffic spn_sa_traffic(const struct spn_sa *sa)
{
	struct spn_traffic traffic;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&sa->syncp);
		traffic.packets = u64_stats_read(&sa->packets);
		traffic.bytes = u64_stats_read(&sa->bytes);
	} while (u64_stats_fetch_retry(&sa->syncp, start));
	traffic.last = READ_ONCE(sa->last_used);
	return traffic;
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

bool spn_sa_has_room(const struct spn_sa *sa, unsigned int packets, unsigned int bytes)
{
	const struct spn_life *life = &sa->life;

	lockdep_assert_held(&sa->tunnel->tx.lock);
	return !spn_sa_expired(sa) &&
	       (!life->hard_packets ||
		u64_stats_read(&sa->packets) + packets <= life->hard_packets) &&
	       (!life->hard_bytes || u64_stats_read(&sa->bytes) + bytes <= life->hard_bytes) &&
	       packets <= seq_max(sa) - sa->seq;
}

static void count(struct spn_sa *sa, u64 packets, u64 bytes)
{
	const struct spn_life *life = &sa->life;
	unsigned long now = jiffies;

	u64_stats_update_begin(&sa->syncp);
	u64_stats_add(&sa->packets, packets);
	u64_stats_add(&sa->bytes, bytes);
	u64_stats_update_end(&sa->syncp);
	/* The clock is not asked for each packet of a burst. */
	if (sa->stamped != now) {
		sa->stamped = now;
		WRITE_ONCE(sa->last_used, ktime_get_boottime_seconds());
	}

	if (life->soft_packets && u64_stats_read(&sa->packets) >= life->soft_packets)
		tell_soft(sa, SPINDLE_LIMIT_PACKETS);
	if (life->soft_bytes && u64_stats_read(&sa->bytes) >= life->soft_bytes)
		tell_soft(sa, SPINDLE_LIMIT_BYTES);
}

u64 spn_sa_number(struct spn_sa *sa, unsigned int packets, unsigned int bytes)
{
	u64 first = sa->seq + 1;

	lockdep_assert_held(&sa->tunnel->tx.lock);
	WRITE_ONCE(sa->seq, sa->seq + packets);
	if (sa->seq >= seq_soft(sa))
		tell_soft(sa, SPINDLE_LIMIT_SEQUENCE);
	count(sa, packets, bytes);
	return first;
}

enum spn_drop_reason spn_sa_refuse(struct spn_sa *sa, unsigned int packets, unsigned int bytes)
{
	lockdep_assert_held(&sa->tunnel->tx.lock);
	if (spn_sa_expired(sa) || !fits(sa, packets, bytes))
		return SPN_DROP_EXPIRED;
	expire(sa, SPINDLE_LIMIT_SEQUENCE);
	return SPN_DROP_SEQ_EXHAUSTED;
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
	sa_cache = kmem_cache_create("spindle_sa", sizeof(struct spn_sa), 0, SLAB_ACCOUNT,
				     NULL);
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
