// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>

#include "compat.h"
#include "ip.h"
#include "net.h"
#include "stage.h"

/* What is noted on a packet that waits, behind what its header says. */
struct stage_cb {
	struct spn_ip ip;
	time64_t until;		/* seconds since boot, also of sleep */
};

static struct stage_cb *stage_cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct stage_cb) > sizeof_field(struct sk_buff, cb));
	return (struct stage_cb *)skb->cb;
}

/* Takes a packet out. */
static void unlink_skb(struct spn_stage *stage, struct sk_buff *skb)
{
	lockdep_assert_held(&stage->skbs.lock);
	__skb_unlink(skb, &stage->skbs);
	stage->octets -= skb->truesize;
	atomic_long_sub(skb->truesize, &stage->sn->staged);
}

/* Takes all out. */
static void unlink_all(struct spn_stage *stage, struct sk_buff_head *skbs)
{
	lockdep_assert_held(&stage->skbs.lock);
	skb_queue_splice_tail_init(&stage->skbs, skbs);
	atomic_long_sub(stage->octets, &stage->sn->staged);
	stage->octets = 0;
}

static void drop_all(struct spn_stage *stage, struct sk_buff_head *skbs,
		     enum spn_drop_reason reason)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(skbs)))
		spn_drop_tx(skb, stage->drops, reason, 0, 0);
}

/* Takes out those that have waited for too long. */
static void unlink_old(struct spn_stage *stage, struct sk_buff_head *old)
{
	time64_t now = ktime_get_boottime_seconds();
	struct sk_buff *skb;

	while ((skb = skb_peek(&stage->skbs)) && stage_cb(skb)->until <= now) {
		unlink_skb(stage, skb);
		__skb_queue_tail(old, skb);
	}
}

static void drop_old(struct timer_list *timer)
{
	struct spn_stage *stage = timer_container_of(stage, timer, age);
	struct sk_buff_head old;

	__skb_queue_head_init(&old);
	spin_lock(&stage->skbs.lock);
	unlink_old(stage, &old);
	if (!skb_queue_empty(&stage->skbs))
		mod_timer(&stage->age, jiffies + HZ);
	spin_unlock(&stage->skbs.lock);
	drop_all(stage, &old, SPN_DROP_STAGE_OLD);
}

void spn_stage_init(struct spn_stage *stage, struct spn_net *sn, struct spn_drops *drops)
{
	skb_queue_head_init(&stage->skbs);
	stage->sn = sn;
	stage->drops = drops;
	timer_setup(&stage->age, drop_old, 0);
}

void spn_stage_close(struct spn_stage *stage)
{
	struct sk_buff_head skbs;

	__skb_queue_head_init(&skbs);
	spin_lock_bh(&stage->skbs.lock);
	stage->closed = true;
	unlink_all(stage, &skbs);
	spin_unlock_bh(&stage->skbs.lock);
	timer_shutdown_sync(&stage->age);
	drop_all(stage, &skbs, SPN_DROP_SHUTDOWN);
}

/* Makes room for one packet, by those before it; if that does not help, it goes itself. */
static bool make_room(struct spn_stage *stage, unsigned int octets, struct sk_buff_head *full)
{
	struct sk_buff *oldest;

	while (skb_queue_len(&stage->skbs) >= SPN_STAGE_MAX ||
	       stage->octets + octets > SPN_STAGE_OCTETS ||
	       atomic_long_read(&stage->sn->staged) + octets > SPN_STAGE_NET_OCTETS) {
		oldest = skb_peek(&stage->skbs);
		if (!oldest)
			return false;
		unlink_skb(stage, oldest);
		__skb_queue_tail(full, oldest);
	}
	return true;
}

static void add_one(struct spn_stage *stage, struct sk_buff *skb, struct sk_buff_head *full)
{
	lockdep_assert_held(&stage->skbs.lock);
	/* A conntrack entry is not kept from going by a packet that may wait for long. */
	nf_reset_ct(skb);
	stage_cb(skb)->until = ktime_get_boottime_seconds() + SPN_STAGE_SECONDS;
	if (!make_room(stage, skb->truesize, full)) {
		__skb_queue_tail(full, skb);
		return;
	}
	if (skb_queue_empty(&stage->skbs))
		mod_timer(&stage->age, jiffies + SPN_STAGE_SECONDS * HZ);
	__skb_queue_tail(&stage->skbs, skb);
	stage->octets += skb->truesize;
	atomic_long_add(skb->truesize, &stage->sn->staged);
}

void spn_stage_add(struct spn_stage *stage, struct sk_buff *list)
{
	enum spn_drop_reason reason = SPN_DROP_STAGE_FULL;
	struct sk_buff_head dropped;
	struct sk_buff *skb, *next;

	__skb_queue_head_init(&dropped);
	spin_lock(&stage->skbs.lock);
	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		if (stage->closed)
			__skb_queue_tail(&dropped, skb);
		else
			add_one(stage, skb, &dropped);
	}
	if (stage->closed)
		reason = SPN_DROP_SHUTDOWN;
	spin_unlock(&stage->skbs.lock);
	drop_all(stage, &dropped, reason);
}

static bool take(struct spn_stage *stage, struct sk_buff_head *skbs, struct sk_buff_head *old)
{
	unlink_old(stage, old);
	WRITE_ONCE(stage->emptying, !skb_queue_empty(&stage->skbs));
	/* Who sees without the lock that nothing waits sees that: spn_stage_comes_first(). */
	smp_wmb();
	unlink_all(stage, skbs);
	return stage->emptying;
}

bool spn_stage_begin(struct spn_stage *stage, struct sk_buff_head *skbs)
{
	struct sk_buff_head old;
	bool taken = false;

	__skb_queue_head_init(&old);
	spin_lock(&stage->skbs.lock);
	if (!stage->closed && !stage->emptying)
		taken = take(stage, skbs, &old);
	spin_unlock(&stage->skbs.lock);
	drop_all(stage, &old, SPN_DROP_STAGE_OLD);
	return taken;
}

bool spn_stage_more(struct spn_stage *stage, struct sk_buff_head *skbs, bool last)
{
	struct sk_buff_head old;
	bool taken = false;

	__skb_queue_head_init(&old);
	spin_lock(&stage->skbs.lock);
	if (stage->emptying)
		taken = take(stage, skbs, &old);
	if (last)
		WRITE_ONCE(stage->emptying, false);
	spin_unlock(&stage->skbs.lock);
	drop_all(stage, &old, SPN_DROP_STAGE_OLD);
	return taken;
}
