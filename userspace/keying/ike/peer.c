// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "peer.h"
#include "quick.h"
#include "record.h"
#include "tunnel.h"
#include "way.h"

enum {
	REJECTED_SECONDS = 60,		/* about what means nothing, so many lines */
	REJECTED_LINES = 4,
	/* Who was asked lets who asked get SAs first, or they would cross. */
	RESPONDER_SECONDS = 1,
};

/* --- for all files ------------------------------------------------------------------------ */

double ike_peer_random(struct ike_peer *peer)
{
	uint32_t value;

	peer->port->host->random(peer->port->arg, &value, sizeof(value));
	return value / 4294967296.0;
}

double ike_peer_backoff(struct ike_peer *peer, unsigned int failures, double most)
{
	double seconds = IKE_RETRY_MIN;

	while (failures-- > 1 && seconds < most)
		seconds *= 2;
	return fmin(fmin(seconds, most) * (1 + ike_peer_random(peer) / 2), IKE_RETRY_MAX);
}

uint32_t ike_peer_message_id(struct ike_peer *peer)
{
	uint32_t id;

	do
		peer->port->host->random(peer->port->arg, &id, sizeof(id));
	while (!id);
	return id;
}

void ike_peer_note(struct ike_peer *peer, const char *fmt, ...)
{
	struct port_event event = { .kind = PORT_NOTE };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(event.text, sizeof(event.text), fmt, ap);
	va_end(ap);
	port_event(peer->port, &event);
}

void ike_peer_rejected(struct ike_peer *peer, const char *why, double now)
{
	if (!ike_peer_any_channel(peer))
		snprintf(peer->last_error, sizeof(peer->last_error), "%s", why);
	if (!peer->rejected_lines || now - peer->rejected_at >= REJECTED_SECONDS) {
		peer->rejected_at = now;
		peer->rejected_lines = 0;
	} else if (peer->rejected_lines == REJECTED_LINES || !strcmp(peer->rejected_text, why)) {
		peer->rejected++;
		return;
	}
	if (peer->rejected)
		ike_peer_note(peer, "%s (and %u others since the last word)", why, peer->rejected);
	else
		ike_peer_note(peer, "%s", why);
	snprintf(peer->rejected_text, sizeof(peer->rejected_text), "%s", why);
	peer->rejected_lines++;
	peer->rejected = 0;
}

void ike_peer_rejected_fmt(struct ike_peer *peer, double now, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ike_peer_rejected(peer, text, now);
}

const char *ike_peer_offers(const struct ike_peer *peer, char *buf, size_t size)
{
	char word[SP_IKE_SUITE_STRLEN];
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < peer->config.n_ike && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? ", " : "",
					sp_ike_suite_format(&peer->config.ike[i], word));
	return buf;
}

/* --- life --------------------------------------------------------------------------------- */

struct ike_peer *ike_peer_new(const struct sp_peer_config *config, const struct engine_keys *keys,
			      struct port *port)
{
	struct ike_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->config = *config;
	peer->port = port;
	peer->key = keys->own;
	peer->peer_key = keys->peer;
	STAILQ_INIT(&peer->tunnels);
	LIST_INIT(&peer->channels);
	TAILQ_INIT(&peer->records);
	port->host->random(port->arg, peer->cookie_secret, sizeof(peer->cookie_secret));
	return peer;
}

void ike_peer_free(struct ike_peer *peer)
{
	struct ike_tunnel *tunnel;

	while (!LIST_EMPTY(&peer->channels))
		ike_channel_free(LIST_FIRST(&peer->channels));
	while ((tunnel = STAILQ_FIRST(&peer->tunnels))) {
		STAILQ_REMOVE_HEAD(&peer->tunnels, next);
		free(tunnel);
	}
	ike_record_clear(peer);
	free(peer);
}

void ike_peer_configure(struct ike_peer *peer, const struct sp_peer_config *config, double now)
{
	bool moved = !sp_addr_equal(&peer->config.local, &config->local) ||
		     !sp_addr_equal(&peer->config.remote, &config->remote);

	peer->config = *config;
	if (!moved)
		return;
	peer->at.remote.family = AF_UNSPEC;
	ike_peer_hurry(peer, now);
}

struct ike_tunnel *ike_peer_add(struct ike_peer *peer, const struct sp_tunnel_config *config)
{
	struct ike_tunnel *tunnel = calloc(1, sizeof(*tunnel));

	if (!tunnel)
		return NULL;
	tunnel->peer = peer;
	tunnel->config = *config;
	tunnel->rekey_at = INFINITY;
	STAILQ_INSERT_TAIL(&peer->tunnels, tunnel, next);
	return tunnel;
}

void ike_peer_drop(struct ike_peer *peer, struct ike_tunnel *tunnel, double now)
{
	struct ike_channel *channel;
	struct ike_quick *quick, *next;

	ike_tunnel_down(tunnel, now);
	LIST_FOREACH(channel, &peer->channels, next) {
		for (quick = LIST_FIRST(&channel->quicks); quick; quick = next) {
			next = LIST_NEXT(quick, next);
			if (quick->tunnel == tunnel)
				ike_quick_forget(quick);
		}
	}
	STAILQ_REMOVE(&peer->tunnels, tunnel, ike_tunnel, next);
	free(tunnel);
}

/* --- channels ----------------------------------------------------------------------------- */

struct ike_channel *ike_peer_any_channel(const struct ike_peer *peer)
{
	struct ike_channel *channel, *found = NULL;

	LIST_FOREACH(channel, &peer->channels, next)
		if (ike_channel_is_up(channel) && (!found || found->leaving))
			found = channel;
	return found;
}

static unsigned int count_pairs(const struct ike_channel *channel)
{
	const struct ike_tunnel *tunnel;
	unsigned int n = 0;

	STAILQ_FOREACH(tunnel, &channel->peer->tunnels, next)
		for (size_t i = 0; i < tunnel->n_live; i++)
			n += tunnel->live[i].channel == channel->serial;
	return n;
}

bool ike_peer_may_key(const struct ike_channel *channel, struct sp_error *err)
{
	const struct sp_peer_config *config = &channel->peer->config;
	/* With master PFS, the limit is one, whatever the other says. */
	uint32_t keys = config->master_pfs ? 1 : config->session_key_limit;

	if (keys && channel->keyed >= keys) {
		sp_fail(err, "%u session keys came of one master key, as many as may",
			channel->keyed);
		return false;
	}
	if (config->max_tunnels && count_pairs(channel) >= config->max_tunnels) {
		sp_fail(err, "max-tunnels is %u, and so many pairs of SAs are under one phase 1",
			config->max_tunnels);
		return false;
	}
	return true;
}

struct ike_channel *ike_peer_channel(const struct ike_peer *peer)
{
	struct ike_channel *channel;
	struct sp_error err;

	LIST_FOREACH(channel, &peer->channels, next)
		if (ike_channel_is_up(channel) && !channel->leaving &&
		    ike_peer_may_key(channel, &err))
			return channel;
	return NULL;
}

void ike_peer_hurry(struct ike_peer *peer, double now)
{
	peer->failures = 0;
	peer->connect_at = now;
}

static bool has_begun(const struct ike_peer *peer, enum ike_role role)
{
	const struct ike_channel *channel;

	LIST_FOREACH(channel, &peer->channels, next)
		if (channel->role == role && !ike_channel_is_up(channel))
			return true;
	return false;
}

/* Who would miss it. */
static bool is_of_use(const struct ike_peer *peer)
{
	const struct ike_tunnel *tunnel;

	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		if (tunnel->will == IKE_WILL_KEEP || (tunnel->will != IKE_WILL_DOWN &&
						      tunnel->current))
			return true;
	return false;
}

/* When a phase 1 is to be begun; INFINITY: there is no need, or no way. */
static double connect_time(const struct ike_peer *peer)
{
	const struct ike_channel *channel = ike_peer_channel(peer), *any;
	const struct ike_tunnel *tunnel;
	double at = INFINITY;

	if (has_begun(peer, IKE_INITIATOR) || !peer->config.local.family ||
	    (!peer->config.remote.family && !peer->at.remote.family))
		return INFINITY;
	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		if (!channel && ike_tunnel_needs_peer(tunnel) && !tunnel->asking &&
		    !tunnel->answering)
			at = fmin(at, tunnel->retry_at);
	any = ike_peer_any_channel(peer);
	if (any && is_of_use(peer))
		at = fmin(at, any->rekey_at);
	at = fmax(at, peer->connect_at);
	/* Anybody at its address can begin one, again and again. */
	return has_begun(peer, IKE_RESPONDER) ? at + IKE_YIELD_SECONDS : at;
}

/* Where it was met, or every other time, and if it moves, where it is said to be. */
static struct sp_path first_path(const struct ike_peer *peer)
{
	bool met = peer->at.remote.family && sp_addr_equal(&peer->at.local, &peer->config.local);
	struct sp_path path = {
		.local = peer->config.local, .remote = peer->config.remote,
		.local_port = IKE_PORT, .remote_port = IKE_PORT,
	};

	if (met && (!(peer->failures & 1) || !path.remote.family))
		path = peer->at;
	return path;
}

static void begin_channel(struct ike_peer *peer, double now)
{
	uint8_t cookie[IKE_COOKIE_LEN];
	struct ike_channel *channel;

	peer->port->host->random(peer->port->arg, cookie, sizeof(cookie));
	channel = ike_channel_new(peer, IKE_INITIATOR, cookie, now);
	if (!channel) {
		ike_peer_failed(peer, false, "out of memory", now);
		return;
	}
	channel->serial = ++peer->serial;
	channel->path = first_path(peer);
	ike_step_begin(channel, NULL, now);
}

/* --- what has become of them -------------------------------------------------------------- */

void ike_peer_up(struct ike_peer *peer, struct ike_channel *channel, double now)
{
	struct ike_tunnel *tunnel;
	bool ours = channel->role == IKE_INITIATOR;
	char word[SP_IKE_SUITE_STRLEN];

	peer->failures = 0;
	peer->connect_at = now;
	peer->last_error[0] = '\0';
	peer->met = true;
	peer->at = channel->path;
	port_met(peer->port, &channel->path);
	ike_peer_note(peer, "phase 1 is up, begun by %s: %s%s", ours ? "us" : "the peer",
		      sp_ike_suite_format(&channel->suite, word),
		      ike_natt_is_between(&channel->natt) ? ", through a NAT" : "");
	if (ours)
		return;
	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		tunnel->retry_at = fmax(tunnel->retry_at, now + RESPONDER_SECONDS *
					(1 + ike_peer_random(peer)));
}

/* Tunnels that want something have to wait, and those that nobody keeps give up. */
static void tell_waiting(struct ike_peer *peer, bool refused)
{
	struct ike_tunnel *tunnel;

	STAILQ_FOREACH(tunnel, &peer->tunnels, next) {
		if (!tunnel->wanted)
			continue;
		snprintf(tunnel->last_error, sizeof(tunnel->last_error), "%s", peer->last_error);
		tunnel->retry_at = fmax(tunnel->retry_at, peer->connect_at);
		if (tunnel->will != IKE_WILL_KEEP && !tunnel->current)
			tunnel->wanted = false;
		if (refused)
			ike_tunnel_event(tunnel, PORT_REFUSED, "%s", peer->last_error);
	}
}

void ike_peer_failed(struct ike_peer *peer, bool refused, const char *why, double now)
{
	bool news = strcmp(peer->last_error, why) != 0;

	peer->failures++;
	peer->connect_at = now + ike_peer_backoff(peer, peer->failures,
						  refused ? IKE_RETRY_MAX : IKE_RETRY_SILENT);
	snprintf(peer->last_error, sizeof(peer->last_error), "%s", why);
	if (news)
		ike_peer_note(peer, "%s", why);
	tell_waiting(peer, refused);
}

/* Gateways of others forget the SAs with the phase 1 under which they came. */
void ike_peer_channel_ended(struct ike_peer *peer, const char *why, double now)
{
	struct ike_tunnel *tunnel;

	if (ike_peer_any_channel(peer))
		return;
	ike_peer_note(peer, "phase 1 has ended: %s", why);
	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		if (tunnel->will == IKE_WILL_KEEP && !tunnel->wanted)
			ike_tunnel_again(tunnel, now);
}

void ike_peer_moved(struct ike_peer *peer, const struct ike_channel *channel)
{
	struct ike_tunnel *tunnel;
	struct sp_error err;

	if (channel != ike_peer_any_channel(peer))
		return;
	peer->at = channel->path;
	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		if (tunnel->n_live && ike_way_place(tunnel, channel, &err))
			ike_peer_note(peer, "%s", err.text);
}

void ike_peer_restarted(struct ike_peer *peer, struct ike_channel *channel, double now)
{
	struct ike_channel *other, *next;
	struct ike_tunnel *tunnel;

	for (other = LIST_FIRST(&peer->channels); other; other = next) {
		next = LIST_NEXT(other, next);
		/* What has begun since is of its new life. */
		if (other != channel && ike_channel_is_up(other) &&
		    other->established < channel->begun)
			ike_channel_free(other);
	}
	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		ike_tunnel_lose(tunnel, channel->begun, "the peer has started anew", now);
}

void ike_peer_silent(struct ike_peer *peer, const char *why, double now)
{
	enum sp_dpd_action action = peer->config.dpd_action;
	struct ike_tunnel *tunnel;

	snprintf(peer->last_error, sizeof(peer->last_error), "%s", why);
	if (ike_peer_any_channel(peer))
		return;
	STAILQ_FOREACH(tunnel, &peer->tunnels, next) {
		if (action == SP_DPD_CLEAR && tunnel->will == IKE_WILL_KEEP)
			tunnel->will = IKE_WILL_IDLE;
		tunnel->wanted = false;
		ike_tunnel_lose(tunnel, INFINITY, why, now);
		/* Packets that wait ask for it. */
		if (action == SP_DPD_HOLD)
			tunnel->wanted = false;
	}
}

static bool all_are_down(const struct ike_peer *peer)
{
	const struct ike_tunnel *tunnel;

	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		if (tunnel->will != IKE_WILL_DOWN)
			return false;
	return true;
}

void ike_peer_maybe_part(struct ike_peer *peer, double now)
{
	struct ike_channel *channel, *next;

	if (!all_are_down(peer))
		return;
	for (channel = LIST_FIRST(&peer->channels); channel; channel = next) {
		next = LIST_NEXT(channel, next);
		if (ike_channel_is_up(channel))
			ike_channel_end(channel, true, "nothing is left to do", now);
		else if (channel->role == IKE_INITIATOR)
			ike_channel_free(channel);
	}
}

/* --- time --------------------------------------------------------------------------------- */

static void tick_channels(struct ike_peer *peer, double now)
{
	struct ike_channel *channel, *next;

	for (channel = LIST_FIRST(&peer->channels); channel; channel = next) {
		next = LIST_NEXT(channel, next);
		ike_channel_tick(channel, now);
	}
}

static void tick_tunnels(struct ike_peer *peer, double now)
{
	struct ike_channel *channel;
	struct ike_tunnel *tunnel;

	STAILQ_FOREACH(tunnel, &peer->tunnels, next) {
		ike_tunnel_tick(tunnel, now);
		if (!ike_tunnel_is_due(tunnel, now))
			continue;
		channel = ike_peer_channel(peer);
		if (channel)
			ike_quick_begin(channel, tunnel, now);
	}
}

void ike_peer_tick(struct ike_peer *peer, double now)
{
	ike_record_tick(peer, now);
	tick_channels(peer, now);
	tick_tunnels(peer, now);
	if (now >= connect_time(peer))
		begin_channel(peer, now);
}

double ike_peer_deadline(const struct ike_peer *peer)
{
	double deadline = fmin(ike_record_deadline(peer), connect_time(peer));
	bool has_channel = ike_peer_channel(peer) != NULL;
	const struct ike_channel *channel;
	const struct ike_tunnel *tunnel;

	LIST_FOREACH(channel, &peer->channels, next)
		deadline = fmin(deadline, ike_channel_deadline(channel));
	STAILQ_FOREACH(tunnel, &peer->tunnels, next) {
		deadline = fmin(deadline, ike_tunnel_deadline(tunnel));
		if (has_channel && ike_tunnel_needs_peer(tunnel) && !tunnel->asking &&
		    !tunnel->answering)
			deadline = fmin(deadline, tunnel->retry_at);
	}
	return deadline;
}

const char *ike_peer_state(const struct ike_peer *peer)
{
	if (ike_peer_any_channel(peer))
		return "open";
	if (has_begun(peer, IKE_INITIATOR) || has_begun(peer, IKE_RESPONDER))
		return "connecting";
	return "closed";
}
