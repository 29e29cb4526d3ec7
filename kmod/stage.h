/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets of one tunnel that wait for an SA to send them with.
 *
 * What waits is bounded: in packets and octets for the tunnel, in octets for the
 * namespace, and in time, which passes while the machine sleeps, too.  So the packets
 * are cut into segments before they wait, and what one costs is known.
 *
 * When an SA comes, one CPU at a time empties the stage.  Meanwhile packets that come
 * newly wait behind, so that they do not overtake those of their flow.
 */
#ifndef _SPINDLE_STAGE_H
#define _SPINDLE_STAGE_H

#include <linux/skbuff.h>
#include <linux/timer.h>

#include "drop.h"

struct spn_net;

enum {
	SPN_STAGE_MAX = 128,			/* packets that wait, per tunnel */
	SPN_STAGE_OCTETS = 512 << 10,		/* of memory that they take, per tunnel */
	SPN_STAGE_NET_OCTETS = 32 << 20,	/* the same, per namespace */
	SPN_STAGE_SECONDS = 30,			/* that a packet waits */
};

/**
 * struct spn_stage - packets that wait for an SA
 * @skbs: oldest first; its lock protects all of this; bottom halves off; no other lock
 *	is taken inside
 * @sn: the namespace whose budget they count against; not looked at once @closed
 * @drops: of the tunnel
 * @octets: memory of all in @skbs
 * @emptying: a CPU sends what waited; read without the lock as packets come
 * @closed: the tunnel is deleted, nothing waits any more
 * @age: drops what has waited for too long; armed while something waits
 */
struct spn_stage {
	struct sk_buff_head skbs;
	struct spn_net *sn;
	struct spn_drops *drops;
	unsigned int octets;
	bool emptying;
	bool closed;
	struct timer_list age;
};

void spn_stage_init(struct spn_stage *stage, struct spn_net *sn, struct spn_drops *drops);

/* Drops what waits, and what comes from now on.  Under spn_net.lock. */
void spn_stage_close(struct spn_stage *stage);

/*
 * Adds a list of packets, each of which was cut as small as it will be sent, and drops the
 * oldest for which there is no room.  Bottom halves off.
 */
void spn_stage_add(struct spn_stage *stage, struct sk_buff *list);

/*
 * Does a packet that comes now have to wait its turn behind others?  Not if so many come
 * that they would be dropped for it.
 *
 * This takes no lock, because most often nothing waits.  Only packets of one flow have to keep
 * their order, so the caller has seen those before this one being staged, and sees since then
 * either that they still wait or that they have been taken out.  The latter implies @emptying:
 * the acquire pairs with the barrier in take(), which sets it before it lets the length drop.
 * @emptying is cleared after what was taken has its place in tunnel->tx.  Who reads it as clear
 * takes that queue's lock later, and comes behind; only after the last round of spn_stage_more(),
 * which ends an emptying that others kept up, may a packet overtake.
 */
static inline bool spn_stage_comes_first(const struct spn_stage *stage)
{
	/* Pairs with smp_wmb() in take(). */
	unsigned int waiting = smp_load_acquire(&stage->skbs.qlen);

	return READ_ONCE(stage->emptying) ? waiting < SPN_STAGE_MAX / 2 : waiting;
}

/**
 * spn_stage_begin - take what waits, to send it
 * @stage: the stage; bottom halves off
 * @skbs: an empty list, for the packets
 *
 * Return: false if there is nothing, or another CPU is at it; else the caller calls
 * spn_stage_more() when it has sent them.
 */
bool spn_stage_begin(struct spn_stage *stage, struct sk_buff_head *skbs);

/* As spn_stage_begin(), for what came meanwhile.  After the @last it returns false. */
bool spn_stage_more(struct spn_stage *stage, struct sk_buff_head *skbs, bool last);

#endif
