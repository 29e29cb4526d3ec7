// SPDX-License-Identifier: GPL-2.0-or-later
/* A quick mode's life; what its messages say is in quick_act.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "dpd.h"
#include "draft.h"
#include "inform.h"
#include "peer.h"
#include "policy.h"
#include "quick.h"
#include "tunnel.h"

struct ike_quick *ike_quick_find(const struct ike_channel *channel, uint32_t id)
{
	struct ike_quick *quick;

	LIST_FOREACH(quick, &channel->quicks, next)
		if (quick->id == id)
			return quick;
	return NULL;
}

static unsigned int count_busy(const struct ike_channel *channel)
{
	const struct ike_quick *quick;
	unsigned int n = 0;

	LIST_FOREACH(quick, &channel->quicks, next)
		n += quick->state != IKE_QUICK_DONE;
	return n;
}

struct ike_quick *ike_quick_new(struct ike_channel *channel, enum ike_role role, uint32_t id,
				double now)
{
	struct ike_quick *quick;

	if (count_busy(channel) >= IKE_QUICKS_MAX)
		return NULL;
	quick = calloc(1, sizeof(*quick));
	if (!quick)
		return NULL;
	quick->channel = channel;
	quick->role = role;
	quick->state = IKE_START;
	quick->id = id;
	quick->begun = now;
	quick->forget_at = INFINITY;
	ike_memory_init(&quick->memory);
	LIST_INSERT_HEAD(&channel->quicks, quick, next);
	return quick;
}

void ike_quick_forget(struct ike_quick *quick)
{
	if (quick->tunnel && quick->tunnel->asking == quick)
		quick->tunnel->asking = NULL;
	if (quick->state == IKE_QUICK_R2)
		quick->tunnel->answering--;
	for (int side = 0; side < 2; side++)
		ike_bytes_clear(&quick->nonce[side]);
	sp_dh_free(quick->dh);
	ike_memory_clear(&quick->memory);
	LIST_REMOVE(quick, next);
	free(quick);
}

void ike_quick_begin(struct ike_channel *channel, struct ike_tunnel *tunnel, double now)
{
	struct ike_quick *quick = ike_quick_new(channel, IKE_INITIATOR,
						ike_channel_message_id(channel), now);

	if (!quick) {
		ike_tunnel_failed(tunnel, now, "too many quick modes are under way");
		return;
	}
	quick->tunnel = tunnel;
	tunnel->asking = quick;
	channel->keyed++;
	ike_step_begin(channel, quick, now);
}

void ike_quick_enter(struct ike_quick *quick, enum ike_state state, enum ike_timer timer,
		     double now)
{
	if (quick->tunnel) {
		quick->tunnel->answering -= quick->state == IKE_QUICK_R2;
		quick->tunnel->answering += state == IKE_QUICK_R2;
	}
	quick->state = state;
	if (state != IKE_QUICK_I1) {
		/* Both shares are there, and the secret has been used. */
		sp_dh_free(quick->dh);
		quick->dh = NULL;
	}
	if (timer == IKE_TIMER_RETRANSMIT)
		ike_memory_wait(&quick->memory, now);
	else
		ike_memory_rest(&quick->memory);
	if (timer == IKE_TIMER_LINGER)
		quick->forget_at = now + IKE_REMEMBER_SECONDS;
}

/* What was installed for a peer that has not confirmed it, and has sent nothing with it. */
static void remove_unconfirmed(const struct ike_quick *quick, double now)
{
	const struct ike_generation *generation;

	if (!quick->tunnel || !quick->generation)
		return;
	generation = ike_tunnel_find(quick->tunnel, quick->generation);
	if (generation && generation->parked)
		ike_tunnel_end(quick->tunnel, quick->generation, false, "", now);
}

void ike_quick_failed(struct ike_quick *quick, int tell, const char *why, double now)
{
	struct ike_channel *channel = quick->channel;
	struct ike_tunnel *tunnel = quick->tunnel;
	bool ours = quick->role == IKE_INITIATOR;
	char text[512];

	snprintf(text, sizeof(text), "%s", why);
	if (tell)
		ike_inform_quick(channel, tunnel && tunnel->config.ah,
				 (enum ike_notify_type)tell, quick->out_spi, text);
	remove_unconfirmed(quick, now);
	ike_quick_forget(quick);
	if (!tunnel)
		ike_peer_note(channel->peer, "refused: %s", text);
	else if (ours)
		ike_tunnel_refused(tunnel, now, "%s", text);
	else
		ike_tunnel_declined(tunnel, text);
}

/*
 * That nobody takes what a tunnel offers may be the phase 1's fault.  But another one costs the
 * other tunnels something: many gateways forget SAs with the phase 1 under which they came.  So
 * the more often it is in vain, the less often it is tried: each time that the number doubles.
 */
static bool may_be_the_channel(const struct ike_tunnel *tunnel)
{
	return !(tunnel->spurned & (tunnel->spurned - 1));
}

void ike_quick_refused(struct ike_quick *quick, const char *name, double now)
{
	char why[640], offered[320];

	/* If the channel was good for others before, it may have served its time there. */
	if (quick->channel->keyed > 1 && may_be_the_channel(quick->tunnel)) {
		ike_tunnel_event(quick->tunnel, PORT_NOTE, "the peer says %s: once more, with a "
				 "new phase 1", name);
		ike_channel_leave(quick->channel, now);
		ike_quick_forget(quick);
		return;
	}
	quick->tunnel->spurned++;
	snprintf(why, sizeof(why), "the peer says %s; we offer %s", name,
		 ike_policy_offers2(quick->channel, quick->tunnel, offered, sizeof(offered)));
	ike_quick_failed(quick, 0, why, now);
}

/*
 * A phase 1 whose exchanges are not answered leads nowhere, whatever its own timers say: it ends,
 * and the next try begins with a new one.  If the peer has answered something else meanwhile, it
 * is this offer that it does not like, which many say by silence.
 */
static void give_up(struct ike_quick *quick, double now)
{
	struct ike_channel *channel = quick->channel;
	struct ike_tunnel *tunnel = quick->tunnel;
	bool answers = channel->last_heard > quick->begun;

	if (quick->role == IKE_RESPONDER) {
		ike_quick_failed(quick, 0, "the peer has not confirmed the SAs that it asked for",
				 now);
		return;
	}
	ike_quick_forget(quick);
	ike_tunnel_failed(tunnel, now, "the peer does not answer an offer of SAs");
	ike_tunnel_event(tunnel, PORT_NOTE, "%s", tunnel->last_error);
	if (answers && (!tunnel->spurned++ || !may_be_the_channel(tunnel)))
		return;
	channel->leaving = true;
	channel->expires_at = now;
}

void ike_quick_tick(struct ike_quick *quick, double now)
{
	if (now >= quick->forget_at) {
		ike_quick_forget(quick);
		return;
	}
	switch (ike_memory_due(&quick->memory, IKE_TRIES_MAX, now)) {
	case IKE_DUE_AGAIN:
		ike_draft_again(quick->channel, &quick->memory);
		if (quick->role == IKE_INITIATOR)
			ike_dpd_ask(quick->channel);
		break;
	case IKE_DUE_GIVE_UP:
		give_up(quick, now);
		break;
	default:
		break;
	}
}

double ike_quick_deadline(const struct ike_quick *quick)
{
	return fmin(quick->forget_at, quick->memory.next_at);
}
