// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "dpd.h"
#include "draft.h"
#include "inform.h"
#include "peer.h"
#include "quick.h"
#include "record.h"

int ike_bytes_set(struct ike_bytes *bytes, struct sp_octets octets)
{
	uint8_t *copy = malloc(octets.len ? octets.len : 1);

	if (!copy)
		return -1;
	if (octets.len)
		memcpy(copy, octets.data, octets.len);
	free(bytes->octets);
	bytes->octets = copy;
	bytes->len = octets.len;
	return 0;
}

void ike_bytes_clear(struct ike_bytes *bytes)
{
	free(bytes->octets);
	*bytes = (struct ike_bytes){ NULL, 0 };
}

/* --- beginning ---------------------------------------------------------------------------- */

static struct engine_id claim_of(const struct ike_channel *channel)
{
	struct engine_id id = { { 0 } };

	memcpy(id.octets, channel->cookies[channel->role], IKE_COOKIE_LEN);
	return id;
}

struct ike_channel *ike_channel_new(struct ike_peer *peer, enum ike_role role,
				    const uint8_t *own_cookie, double now)
{
	struct ike_channel *channel = calloc(1, sizeof(*channel));
	struct engine_id id;

	if (channel)
		channel->handshake = calloc(1, sizeof(*channel->handshake));
	if (!channel || !channel->handshake) {
		free(channel);
		return NULL;
	}
	channel->peer = peer;
	channel->role = role;
	channel->state = IKE_START;
	channel->begun = channel->last_heard = now;
	channel->answer_by = channel->rekey_at = channel->expires_at = INFINITY;
	channel->part_at = channel->dpd.at = channel->hint_at = INFINITY;
	ike_memory_init(&channel->memory);
	LIST_INIT(&channel->quicks);
	memcpy(channel->cookies[role], own_cookie, IKE_COOKIE_LEN);
	LIST_INSERT_HEAD(&peer->channels, channel, next);
	id = claim_of(channel);
	port_claim(peer->port, &id);
	return channel;
}

static void free_handshake(struct ike_channel *channel)
{
	struct ike_handshake *handshake = channel->handshake;

	if (!handshake)
		return;
	for (int side = 0; side < 2; side++) {
		ike_bytes_clear(&handshake->share[side]);
		ike_bytes_clear(&handshake->nonce[side]);
	}
	ike_bytes_clear(&handshake->sa_body);
	ike_bytes_clear(&handshake->signature);
	sp_dh_free(handshake->dh);
	sp_dh_secret_wipe(&handshake->secret);
	free(handshake);
	channel->handshake = NULL;
}

void ike_channel_free(struct ike_channel *channel)
{
	struct engine_id id = claim_of(channel);

	while (!LIST_EMPTY(&channel->quicks))
		ike_quick_forget(LIST_FIRST(&channel->quicks));
	if (channel->question)
		port_withdraw(channel->peer->port, channel->question);
	port_disclaim(channel->peer->port, &id);
	free_handshake(channel);
	ike_memory_clear(&channel->memory);
	ike_fragments_clear(&channel->fragments);
	ike_used_clear(&channel->used);
	ike_keys_wipe(&channel->keys);
	LIST_REMOVE(channel, next);
	free(channel);
}

/* Until the second message has come, the responder's cookie is not known. */
struct ike_channel *ike_channel_find(const struct ike_peer *peer, const struct ike_header *header)
{
	struct ike_channel *channel;

	LIST_FOREACH(channel, &peer->channels, next) {
		if (memcmp(channel->cookies[IKE_INITIATOR], header->cookie_i, IKE_COOKIE_LEN))
			continue;
		if (!memcmp(channel->cookies[IKE_RESPONDER], header->cookie_r, IKE_COOKIE_LEN))
			return channel;
		if (channel->role == IKE_INITIATOR &&
		    ike_cookie_is_zero(channel->cookies[IKE_RESPONDER]))
			return channel;
	}
	return NULL;
}

/*
 * Ours, too: the hash of an informational message is the same in both directions, so that one of
 * ours could be sent back to us.
 */
uint32_t ike_channel_message_id(struct ike_channel *channel)
{
	uint32_t id;

	do
		id = ike_peer_message_id(channel->peer);
	while (ike_used_has(&channel->used, id));
	ike_used_add(&channel->used, id);
	return id;
}

int ike_channel_use_id(struct ike_channel *channel, uint32_t id, double now)
{
	if (channel->used.n >= IKE_USED_MANY)
		channel->rekey_at = fmin(channel->rekey_at, now);
	if (!ike_used_add(&channel->used, id))
		return 0;
	channel->expires_at = now;
	return -1;
}

struct ike_phase1 ike_channel_phase1(const struct ike_channel *channel)
{
	const struct ike_handshake *handshake = channel->handshake;
	struct ike_phase1 said = {
		.nonce_i = ike_bytes(&handshake->nonce[IKE_INITIATOR]),
		.nonce_r = ike_bytes(&handshake->nonce[IKE_RESPONDER]),
		.public_i = ike_bytes(&handshake->share[IKE_INITIATOR]),
		.public_r = ike_bytes(&handshake->share[IKE_RESPONDER]),
		.shared = { handshake->secret.octets, handshake->secret.len },
	};

	memcpy(said.cookie_i, channel->cookies[IKE_INITIATOR], IKE_COOKIE_LEN);
	memcpy(said.cookie_r, channel->cookies[IKE_RESPONDER], IKE_COOKIE_LEN);
	return said;
}

/* --- states ------------------------------------------------------------------------------- */

void ike_channel_enter(struct ike_channel *channel, enum ike_state state, enum ike_timer timer,
		       double now)
{
	bool news = state != channel->state;

	channel->state = state;
	if (!news)
		return;		/* what it waits for goes on as it was */
	/* Something better has come than a no that anybody may have said. */
	channel->hint_at = INFINITY;
	channel->hint[0] = '\0';
	channel->answer_by = INFINITY;
	ike_memory_rest(&channel->memory);
	switch (timer) {
	case IKE_TIMER_RETRANSMIT:
	case IKE_TIMER_WAIT:
		ike_memory_wait(&channel->memory, now);
		break;
	case IKE_TIMER_ANSWER:
		channel->answer_by = now + IKE_ANSWER_SECONDS;
		break;
	default:
		break;
	}
}

static void set_life(struct ike_channel *channel, double now)
{
	/* A peer may say a second, and we would do nothing else any more. */
	double life = fmax((double)channel->life, IKE_LIFE_SECONDS_MIN);
	double jitter = ike_peer_random(channel->peer);
	bool initiator = channel->role == IKE_INITIATOR;
	double part = initiator ? 0.80 + 0.08 * jitter : 0.92 + 0.04 * jitter;

	channel->rekey_at = now + life * part;
	channel->expires_at = now + life;
}

/*
 * Two that began at the same time, each by another side: both must choose alike, so the higher
 * cookie of an initiator stays.  Otherwise the one that came later takes over.
 */
static bool is_better(const struct ike_channel *newer, const struct ike_channel *older)
{
	if (newer->role == older->role || newer->begun >= older->established)
		return true;
	return memcmp(newer->cookies[IKE_INITIATOR], older->cookies[IKE_INITIATOR],
		      IKE_COOKIE_LEN) > 0;
}

void ike_channel_leave(struct ike_channel *channel, double now)
{
	channel->leaving = true;
	channel->rekey_at = INFINITY;
	if (isinf(channel->part_at))
		channel->part_at = now + IKE_LINGER_SECONDS;
}

/* Who has begun the better one ends the other, when what is under way there has ended. */
static void retire(struct ike_channel *better, struct ike_channel *other, double now)
{
	other->leaving = true;
	other->rekey_at = INFINITY;
	if (better->role == IKE_INITIATOR)
		ike_channel_leave(other, now);
}

void ike_channel_up(struct ike_channel *channel, double now)
{
	struct ike_channel *other;

	free_handshake(channel);
	/* All else is derived already. */
	sp_secret_wipe(&channel->keys.skeyid);
	sp_secret_wipe(&channel->keys.skeyid_e);
	ike_record_forget(channel->peer, channel);
	channel->established = channel->last_heard = now;
	set_life(channel, now);
	ike_dpd_begin(channel, now);
	LIST_FOREACH(other, &channel->peer->channels, next) {
		if (other == channel || !ike_channel_is_up(other) || other->leaving)
			continue;
		if (is_better(channel, other))
			retire(channel, other, now);
		else
			retire(other, channel, now);
	}
	ike_peer_up(channel->peer, channel, now);
}

/* RFC 3947 4: once the ports have changed, what comes to the old one was sent before that. */
static bool is_of_before(const struct ike_channel *channel, const struct sp_path *path)
{
	return channel->path.local_port == IKE_PORT_NATT && path->local_port == IKE_PORT;
}

void ike_channel_met(struct ike_channel *channel, const struct sp_path *path)
{
	if (is_of_before(channel, path))
		return;
	if (channel->path.remote_port == path->remote_port &&
	    channel->path.local_port == path->local_port &&
	    sp_addr_equal(&channel->path.remote, &path->remote) &&
	    sp_addr_equal(&channel->path.local, &path->local))
		return;
	channel->path = *path;
	port_met(channel->peer->port, path);
	if (ike_channel_is_up(channel))
		ike_peer_moved(channel->peer, channel);
}

/* --- ends --------------------------------------------------------------------------------- */

void ike_channel_failed(struct ike_channel *channel, bool refused, const char *why, double now)
{
	struct ike_peer *peer = channel->peer;
	bool ours = channel->role == IKE_INITIATOR;
	char text[640];

	snprintf(text, sizeof(text), "%s", why);
	channel->state = IKE_GONE;
	ike_channel_free(channel);
	if (ours)
		ike_peer_failed(peer, refused, text, now);
	else
		ike_peer_rejected(peer, text, now);
}

void ike_channel_end(struct ike_channel *channel, bool tell, const char *why, double now)
{
	struct ike_peer *peer = channel->peer;

	if (tell)
		ike_inform_delete_channel(channel);
	channel->state = IKE_GONE;
	ike_channel_free(channel);
	ike_peer_channel_ended(peer, why, now);
}

/* --- time --------------------------------------------------------------------------------- */

static void give_up(struct ike_channel *channel, double now)
{
	static const char *const awaited[IKE_STATES] = {
		[IKE_MAIN_I1] = "1", [IKE_MAIN_I3] = "3", [IKE_MAIN_I5] = "5",
	};
	const char *number = awaited[channel->state];
	char addr[SP_ADDR_STRLEN], why[512];

	if (channel->hint[0])
		snprintf(why, sizeof(why), "%s", channel->hint);
	else if (channel->state == IKE_MAIN_I5)
		snprintf(why, sizeof(why), "no answer from %s to message 5, the first that is "
			 "encrypted: the pre-shared keys probably differ",
			 sp_addr_format(&channel->path.remote, addr));
	else if (number)
		snprintf(why, sizeof(why), "no answer from %s to message %s",
			 sp_addr_format(&channel->path.remote, addr), number);
	else
		snprintf(why, sizeof(why), "the peer has not gone on after message 4");
	ike_channel_failed(channel, channel->hint[0] || channel->state == IKE_MAIN_I5, why, now);
}

/* Returns false if that was its end. */
static bool connect_on(struct ike_channel *channel, double now)
{
	if (now >= channel->hint_at + IKE_HINT_SECONDS) {
		give_up(channel, now);
		return false;
	}
	if (now >= channel->answer_by) {
		ike_channel_failed(channel, true, "whoever holds the key does not answer", now);
		return false;
	}
	switch (ike_memory_due(&channel->memory, IKE_TRIES_MAX, now)) {
	case IKE_DUE_AGAIN:
		if (channel->role == IKE_INITIATOR)
			ike_draft_again(channel, &channel->memory);
		return true;
	case IKE_DUE_GIVE_UP:
		give_up(channel, now);
		return false;
	default:
		return true;
	}
}

static bool is_busy(const struct ike_channel *channel)
{
	const struct ike_quick *quick;

	LIST_FOREACH(quick, &channel->quicks, next)
		if (quick->state != IKE_QUICK_DONE)
			return true;
	return false;
}

static void tick_quicks(struct ike_channel *channel, double now)
{
	struct ike_quick *quick, *next;

	for (quick = LIST_FIRST(&channel->quicks); quick; quick = next) {
		next = LIST_NEXT(quick, next);
		ike_quick_tick(quick, now);
	}
}

void ike_channel_tick(struct ike_channel *channel, double now)
{
	if (!ike_channel_is_up(channel)) {
		connect_on(channel, now);
		return;
	}
	tick_quicks(channel, now);
	if (now >= channel->expires_at)
		ike_channel_end(channel, true, "its life has ended", now);
	else if (now >= channel->part_at && !is_busy(channel))
		ike_channel_end(channel, true, "another one has taken its place", now);
	else
		ike_dpd_tick(channel, now);
}

double ike_channel_deadline(const struct ike_channel *channel)
{
	double deadline = fmin(channel->answer_by, channel->memory.next_at);
	const struct ike_quick *quick;

	deadline = fmin(deadline, channel->hint_at + IKE_HINT_SECONDS);
	if (!ike_channel_is_up(channel))
		return deadline;
	deadline = fmin(channel->expires_at, channel->dpd.at);
	if (!is_busy(channel))
		deadline = fmin(deadline, channel->part_at);
	LIST_FOREACH(quick, &channel->quicks, next)
		deadline = fmin(deadline, ike_quick_deadline(quick));
	return deadline;
}
