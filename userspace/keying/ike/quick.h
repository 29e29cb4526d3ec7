/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quick mode (RFC 2409 5.5): a pair of SAs in three messages, under a phase 1. */
#ifndef IKE_QUICK_H
#define IKE_QUICK_H

#include "step.h"

/* NULL without memory, or when too many are under way. */
struct ike_quick *ike_quick_new(struct ike_channel *channel, enum ike_role role, uint32_t id,
				double now);
struct ike_quick *ike_quick_find(const struct ike_channel *channel, uint32_t id);
/* Without a word to anybody; SAs that came of it stay. */
void ike_quick_forget(struct ike_quick *quick);

/* A new generation for the tunnel, from us. */
void ike_quick_begin(struct ike_channel *channel, struct ike_tunnel *tunnel, double now);
void ike_quick_enter(struct ike_quick *quick, enum ike_state state, enum ike_timer timer,
		     double now);
/* It comes to nothing, and is freed; @tell: what the peer hears, 0: nothing. */
void ike_quick_failed(struct ike_quick *quick, int tell, const char *why, double now);
/* The peer, proved, has said no to our offer; frees it. */
void ike_quick_refused(struct ike_quick *quick, const char *name, double now);

/* May free it. */
void ike_quick_tick(struct ike_quick *quick, double now);
double ike_quick_deadline(const struct ike_quick *quick);

enum ike_outcome ike_act_quick_offer(struct ike_step *step);
enum ike_outcome ike_act_quick_take(struct ike_step *step);
enum ike_outcome ike_act_quick_answer(struct ike_step *step);
enum ike_outcome ike_act_quick_confirm(struct ike_step *step);

#endif
