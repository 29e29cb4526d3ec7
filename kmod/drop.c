// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>

#include "drop.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

const char *spn_drop_name(enum spn_drop_reason reason)
{
	static const char *const names[] = {
#define X(id, name) [SPN_DROP_##id] = name,
		SPN_DROP_REASONS(X)
#undef X
	};

	return names[reason];
}

void spn_drops_move(struct spn_drops *to, struct spn_drops *from)
{
	unsigned int reason;

	for (reason = 0; reason < SPN_DROP_COUNT; reason++)
		atomic64_add(atomic64_xchg(&from->count[reason], 0), &to->count[reason]);
}

void spn_drops_init(struct spn_drops *drops, struct net_device *dev)
{
	drops->dev = dev;
	spin_lock_init(&drops->last_lock);
}

struct spn_last_drop spn_drops_last(struct spn_drops *drops)
{
	struct spn_last_drop last;

	spin_lock_bh(&drops->last_lock);
	last = drops->last;
	spin_unlock_bh(&drops->last_lock);
	return last;
}

/* If another CPU holds the lock, it records a drop of the same moment; skip ours. */
static void note(struct spn_drops *drops, enum spn_drop_reason reason, u64 seq,
		 const struct spn_addr *src)
{
	if (!spin_trylock(&drops->last_lock))
		return;
	drops->last = (struct spn_last_drop){
		.seq = seq,
		.time = ktime_get_boottime_seconds(),
		.src = *src,
		.reason = reason,
	};
	spin_unlock(&drops->last_lock);
}

/* How many packets it would have been. */
static unsigned int packets_of(const struct sk_buff *skb)
{
	return skb_is_gso(skb) ? max_t(unsigned int, skb_shinfo(skb)->gso_segs, 1) : 1;
}

static void drop(struct sk_buff *skb, struct spn_drops *drops, enum spn_drop_reason reason,
		 __be32 spi, u64 seq, const struct spn_addr *src)
{
	unsigned int packets = packets_of(skb);

	atomic64_add(packets, &drops->count[reason]);
	note(drops, reason, seq, src);
	trace_spindle_drop(reason, drops->dev, be32_to_cpu(spi), seq, packets, src);
	kfree_skb(skb);
}

void spn_drop_tx(struct sk_buff *skb, struct spn_drops *drops,
		 enum spn_drop_reason reason, __be32 spi, u64 seq)
{
	static const struct spn_addr none;

	DEV_STATS_ADD(drops->dev, tx_dropped, packets_of(skb));
	drop(skb, drops, reason, spi, seq, &none);
}

void spn_drop_rx(struct sk_buff *skb, struct spn_drops *drops,
		 enum spn_drop_reason reason, __be32 spi, u64 seq, const struct spn_addr *src)
{
	DEV_STATS_ADD(drops->dev, rx_dropped, packets_of(skb));
	drop(skb, drops, reason, spi, seq, src);
}
