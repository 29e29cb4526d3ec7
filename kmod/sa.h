/* SPDX-License-Identifier: GPL-2.0 */
/* One security association: a direction, an SPI, keys, a life. */
#ifndef _SPINDLE_SA_H
#define _SPINDLE_SA_H

#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spindle.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>

#include "drop.h"
#include "replay.h"
#include "xform.h"

struct spn_spi;
struct spn_tunnel;

/**
 * struct spn_traffic - what has been carried in one direction
 * @packets: how many
 * @bytes: octets of inner packets
 * @last: when the last was, seconds since boot, 0 for never
 */
struct spn_traffic {
	u64 packets;
	u64 bytes;
	time64_t last;
};

/* Limits of an SA's life; 0 is no limit. */
struct spn_life {
	u64 soft_bytes, hard_bytes;
	u64 soft_packets, hard_packets;
	u64 soft_seconds, hard_seconds;
};

/**
 * struct spn_sa_config - what an SA is made of
 * @suite: algorithms
 * @key: encryption key
 * @auth_key: integrity key
 * @spi: as on the wire
 * @dir: enum spindle_dir
 * @parked: outbound: not to be used yet
 * @esn: sequence numbers have 64 bits
 * @generation: which negotiation it comes from, at least 1
 * @seq: last sequence number sent, or highest received
 * @replay_window: packets
 * @life: limits
 * @xform: the keys, once they are prepared; spn_sa_new() takes it over
 */
struct spn_sa_config {
	const struct spn_suite *suite;
	struct spn_key key;
	struct spn_key auth_key;
	__be32 spi;
	u8 dir;
	bool parked;
	bool esn;
	u32 generation;
	u64 seq;
	u32 replay_window;
	struct spn_life life;
	struct spn_xform xform;
};

enum spn_sa_flags {
	SPN_SA_EXPIRED,		/* a hard limit has passed */
	SPN_SA_SOFT_TOLD,	/* the soft limit has been notified */
};

/**
 * struct spn_sa - one SA
 * @tunnel: whose it is; a reference is held
 * @xform: prepared keys
 * @life: limits
 * @spi: as on the wire
 * @generation: which negotiation it comes from
 * @dir: enum spindle_dir
 * @parked: outbound: not to be used yet; under tunnel->lock
 * @flags: enum spn_sa_flags, atomic bits
 * @entry: inbound: its place in the SPI table; under spn_net.lock
 * @out_node: outbound: in spn_net.outs; under spn_net.lock
 * @node: in tunnel->sas; under tunnel->lock
 * @serial: for dumps, which go on where they were
 * @seq: outbound: last number given out, under tunnel->tx.lock; inbound: what it was made
 *	with
 * @replay: inbound: the window; marked by tunnel->rx's deliver() alone
 * @syncp: for @packets and @bytes on 32-bit machines
 * @packets: carried; written where @seq or @replay is
 * @bytes: octets of inner packets carried; as @packets
 * @last_used: seconds since boot, 0 for never; as @packets
 * @stamped: jiffies when @last_used was written; likewise
 * @kept: what of that its tunnel has counted as its own; under tunnel->lock
 * @added: when, nanoseconds since boot
 * @timer: for the limits in seconds, which pass while the machine sleeps, too
 * @drops: packets dropped
 * @refs: one for being in tunnel->sas, one for each list of packets on its way
 * @free: the end, after readers have gone, where sleeping is allowed
 *
 * Made by spn_sa_new(), never changed after it is published except as said
 * above, unpublished by generation.c, freed when the last reference goes.
 */
struct spn_sa {
	struct spn_tunnel *tunnel;
	struct spn_xform xform;
	struct spn_life life;
	__be32 spi;
	u32 generation;
	u8 dir;
	bool parked;
	unsigned long flags;
	struct spn_spi *entry;
	struct rhlist_head out_node;
	struct list_head node;
	u64 serial;

	u64 seq;
	struct spn_replay replay;
	struct u64_stats_sync syncp;
	u64_stats_t packets;
	u64_stats_t bytes;
	time64_t last_used;
	unsigned long stamped;
	struct spn_traffic kept;
	u64 added;

	struct hrtimer timer;
	struct spn_drops drops;
	refcount_t refs;
	struct rcu_work free;
};

/*
 * Prepares the keys, for which algorithms may have to be loaded: without any lock, for
 * that can take as long as it likes.  On an error there is nothing to release.
 */
int spn_sa_config_prepare(struct spn_sa_config *config, struct netlink_ext_ack *extack);

/* Frees what was prepared and not taken over. */
void spn_sa_config_release(struct spn_sa_config *config);

/**
 * spn_sa_new - make an SA that nobody sees yet
 * @tunnel: whose it shall be
 * @config: everything about it, prepared
 *
 * May sleep.  Return: the SA with one reference, or an ERR_PTR().
 */
struct spn_sa *spn_sa_new(struct spn_tunnel *tunnel, struct spn_sa_config *config);

/* Starts the clock of the limits in seconds. */
void spn_sa_start(struct spn_sa *sa);

/* Stops the clock for good.  May sleep. */
void spn_sa_stop(struct spn_sa *sa);

/* Under rcu_read_lock(): false if the SA is being freed. */
static inline bool spn_sa_get(struct spn_sa *sa)
{
	return refcount_inc_not_zero(&sa->refs);
}

void spn_sa_put(struct spn_sa *sa);

static inline bool spn_sa_expired(const struct spn_sa *sa)
{
	return test_bit(SPN_SA_EXPIRED, &sa->flags);
}

/* May an outbound SA carry so much more?  tunnel->tx.lock is held, for all three. */
bool spn_sa_has_room(const struct spn_sa *sa, unsigned int packets, unsigned int bytes);

/* Counts packets for which there is room, and returns the sequence number of the first. */
u64 spn_sa_number(struct spn_sa *sa, unsigned int packets, unsigned int bytes);

/* Ends the SA for packets for which there is none.  Returns why they must be dropped. */
enum spn_drop_reason spn_sa_refuse(struct spn_sa *sa, unsigned int packets, unsigned int bytes);

/* Is that number, of an inbound SA's packet, higher than all that were accepted? */
static inline bool spn_sa_newest(const struct spn_sa *sa, u64 seq)
{
	return seq > READ_ONCE(sa->replay.top);
}

/* Has an inbound SA accepted anything? */
static inline bool spn_sa_heard(const struct spn_sa *sa)
{
	return READ_ONCE(sa->replay.top) > sa->seq;
}

/**
 * spn_sa_accept - note an authenticated packet
 * @sa: inbound; the caller is tunnel->rx's deliver()
 * @seq: its sequence number
 *
 * Return: SPN_DROP_NONE, or why it must be dropped.
 */
enum spn_drop_reason spn_sa_accept(struct spn_sa *sa, u64 seq);

/**
 * spn_sa_count - count a good packet
 * @sa: inbound; the caller is tunnel->rx's deliver()
 * @bytes: octets of the inner packet
 *
 * Return: SPN_DROP_NONE, or SPN_DROP_EXPIRED if it would pass a hard limit.
 */
enum spn_drop_reason spn_sa_count(struct spn_sa *sa, unsigned int bytes);

struct spn_traffic spn_sa_traffic(const struct spn_sa *sa);

/* Has the tunnel count as its own what the SA has carried since this was done last. */
void spn_sa_keep_traffic(struct spn_sa *sa);

/* Whole seconds since it was added. */
u64 spn_sa_age(const struct spn_sa *sa);

extern struct workqueue_struct *spn_sa_wq;	/* frees SAs */

int __init spn_sa_init(void);

/* When RCU has no SA left to free. */
void spn_sa_exit(void);

#endif
