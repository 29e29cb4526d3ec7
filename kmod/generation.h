/* SPDX-License-Identifier: GPL-2.0 */
/* The SAs of a tunnel: which negotiation they come from, and which of them it sends with. */
#ifndef _SPINDLE_GENERATION_H
#define _SPINDLE_GENERATION_H

#include <linux/spindle.h>

#include "state.h"

/* The SA of that generation and direction, or NULL.  Under spn_net.lock or spn_tunnel.lock. */
struct spn_sa *spn_generation_find(struct spn_tunnel *tunnel, u8 dir, u32 generation);

/**
 * spn_generation_install - add the SAs of one negotiation, all or nothing
 * @tunnel: the tunnel; spn_net.lock is held
 * @in: inbound SA, prepared, or NULL; its generation may be 0: the next one
 * @out: outbound SA, prepared, or NULL; likewise
 * @extack: says what is wrong
 *
 * The caller sends what is staged, if this made the tunnel ready.
 *
 * Return: 0, or an error, and then nothing has changed.
 */
int spn_generation_install(struct spn_tunnel *tunnel, struct spn_sa_config *in,
			   struct spn_sa_config *out, struct netlink_ext_ack *extack);

/*
 * Takes an SA out of use and lets go of it.  Under spn_net.lock.  What the tunnel carries then
 * is asked anew by the first alone.
 */
void spn_generation_remove(struct spn_tunnel *tunnel, struct spn_sa *sa);
void spn_generation_unlink(struct spn_tunnel *tunnel, struct spn_sa *sa);

/**
 * spn_generation_activate - send with a parked generation from now on
 * @tunnel: the tunnel; any context with bottom halves on or off
 * @generation: which
 *
 * Return: true if it was parked and now is not; the caller sends what is staged.
 */
bool spn_generation_activate(struct spn_tunnel *tunnel, u32 generation);

/* May that generation be parked? */
static inline bool spn_generation_may_be_parked(const struct spn_tunnel *tunnel, u32 generation)
{
	u32 first = READ_ONCE(tunnel->parked_first);

	return unlikely(first) && generation >= first &&
	       generation <= READ_ONCE(tunnel->parked_last);
}

/* What the tunnel has carried in a direction, with all its SAs.  Under spn_net.lock. */
struct spn_traffic spn_generation_traffic(struct spn_tunnel *tunnel, u8 dir);

/* What an SA is to its tunnel.  Under spn_net.lock. */
enum spindle_sa_state spn_generation_sa_state(const struct spn_sa *sa);

#endif
