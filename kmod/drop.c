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

static void drop(struct sk_buff *skb, struct spn_drops *drops,
		 enum spn_drop_reason reason, __be32 spi, u64 seq)
{
	atomic64_inc(&drops->count[reason]);
	WRITE_ONCE(drops->last_seq, seq);
	WRITE_ONCE(drops->last_time, ktime_get_real_seconds());
	WRITE_ONCE(drops->last_reason, reason);
	trace_spindle_drop(reason, drops->dev, be32_to_cpu(spi), seq);
	kfree_skb(skb);
}

void spn_drop_tx(struct sk_buff *skb, struct spn_drops *drops,
		 enum spn_drop_reason reason, __be32 spi, u64 seq)
{
	DEV_STATS_INC(drops->dev, tx_dropped);
	drop(skb, drops, reason, spi, seq);
}

void spn_drop_rx(struct sk_buff *skb, struct spn_drops *drops,
		 enum spn_drop_reason reason, __be32 spi, u64 seq)
{
	DEV_STATS_INC(drops->dev, rx_dropped);
	drop(skb, drops, reason, spi, seq);
}
