/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why packets are dropped: every reason has a name that users see and that
 * never changes meaning, and every dropped packet is counted under exactly one
 * of them, on its SA, its tunnel or its device, whichever is known.  What an SA
 * has counted is its tunnel's when the SA goes.
 */
#ifndef _SPINDLE_DROP_H
#define _SPINDLE_DROP_H

#include <linux/atomic.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "prefix.h"

#define SPN_DROP_REASONS(X)						\
	/* the device, sending */					\
	X(NOT_IP,		"not-ip")				\
	X(NO_TUNNEL,		"no-tunnel")				\
	/* a tunnel, sending */						\
	X(STAGE_FULL,		"stage-full")				\
	X(STAGE_OLD,		"stage-old")				\
	X(TOO_BIG,		"too-big")				\
	X(FRAGMENT,		"fragment")				\
	X(NO_ROUTE,		"no-route")				\
	X(ROUTE_LOOP,		"route-loop")				\
	X(SHUTDOWN,		"shutdown")				\
	/* an SA, sending */						\
	X(SEQ_EXHAUSTED,	"sequence-exhausted")			\
	/* a tunnel, receiving */					\
	X(UNKNOWN_SPI,		"unknown-spi")				\
	/* an SA, receiving, before authentication */			\
	X(TRUNCATED,		"truncated")				\
	X(ENCAP,		"encapsulation")			\
	X(REPLAY,		"replay")				\
	X(AUTH,			"authentication")			\
	/* an SA, receiving, after authentication */			\
	X(PADDING,		"padding")				\
	X(NEXT_HEADER,		"next-header")				\
	X(INNER_HEADER,		"inner-header")				\
	X(SELECTOR,		"selector")				\
	X(ECN,			"ecn")					\
	X(DEVICE_DOWN,		"device-down")				\
	/* an SA, both ways */						\
	X(BACKLOG,		"backlog")				\
	X(EXPIRED,		"expired")				\
	X(CRYPTO,		"crypto")				\
	X(NO_MEMORY,		"no-memory")				\
	/* a tunnel, not even sealed */					\
	X(CLEAR,		"clear")					\
	/* a tunnel, sending; an SA, receiving */			\
	X(ADMIN_DOWN,		"admin-down")

enum spn_drop_reason {
	SPN_DROP_NONE,
#define X(id, name) SPN_DROP_##id,
	SPN_DROP_REASONS(X)
#undef X
	SPN_DROP_COUNT
};

/**
 * struct spn_last_drop - a packet that was dropped
 * @seq: its sequence number, 0 if it had none yet
 * @time: when, seconds since boot
 * @src: the outer source it came from; of no family if it did not come
 * @reason: why; SPN_DROP_NONE if there was none
 */
struct spn_last_drop {
	u64 seq;
	time64_t time;
	struct spn_addr src;
	u8 reason;
};

/**
 * struct spn_drops - the drop counters of an SA, a tunnel or a device
 * @dev: whose tx_dropped or rx_dropped moves along
 * @count: by reason
 * @last_lock: protects @last; any context, inside all other locks
 * @last: the last packet dropped, or of several at the same moment one
 */
struct spn_drops {
	struct net_device *dev;
	atomic64_t count[SPN_DROP_COUNT];
	spinlock_t last_lock;
	struct spn_last_drop last;
};

const char *spn_drop_name(enum spn_drop_reason reason);

void spn_drops_init(struct spn_drops *drops, struct net_device *dev);

/* What there is of the last packet dropped.  Bottom halves on. */
struct spn_last_drop spn_drops_last(struct spn_drops *drops);

/* What @from has counted so far counts as @to's. */
void spn_drops_move(struct spn_drops *to, struct spn_drops *from);

/*
 * The one way out for a packet that goes nowhere: counts it, fires the
 * tracepoint spindle:spindle_drop and frees it.  @spi and @seq are 0 where they
 * are not known; @src is the outer source.
 */
void spn_drop_tx(struct sk_buff *skb, struct spn_drops *drops,
		 enum spn_drop_reason reason, __be32 spi, u64 seq);
void spn_drop_rx(struct sk_buff *skb, struct spn_drops *drops,
		 enum spn_drop_reason reason, __be32 spi, u64 seq, const struct spn_addr *src);

#endif
