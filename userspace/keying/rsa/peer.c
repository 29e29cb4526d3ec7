// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions with a peer: which one to use, whether it lives, when to try again. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "negotiate.h"

double rk_peer_random(struct rk_peer *peer)
{
	uint32_t value;

	peer->port.random.fill(peer->port.random.arg, &value, sizeof(value));
	return value / 4294967296.0;
}

/* Up to half of it again, so that two sides do not fail in step. */
double rk_peer_backoff(struct rk_peer *peer, unsigned int failures)
{
	double seconds = RK_RETRY_MIN;

	while (failures-- > 1 && seconds < RK_RETRY_MAX)
		seconds *= 2;
	return fmin(seconds, RK_RETRY_MAX) * (1 + rk_peer_random(peer) / 2);
}

static void note_text(struct rk_peer *peer, const char *text)
{
	peer->port.event(peer->port.arg, NULL, RK_EVENT_NOTE, text);
}

void rk_peer_send(struct rk_peer *peer, const struct rk_message *message)
{
	char line[RK_TEXT_MAX + 1];
	struct sp_error err;

	if (!peer->link)
		return;
	if (rk_message_format(message, line, sizeof(line), &err))
		note_text(peer, err.text);
	else
		peer->port.send(peer->port.arg, peer->link, line);
}

static void send_verb(struct rk_peer *peer, enum rk_verb verb)
{
	struct rk_message message = { .verb = verb };

	rk_peer_send(peer, &message);
}

struct rk_peer *rk_peer_new(const struct sp_peer_config *config, const struct rk_port *port)
{
	struct rk_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->local = config->local;
	peer->remote = config->remote;
	peer->port = *port;
	STAILQ_INIT(&peer->tunnels);
	return peer;
}

void rk_peer_configure(struct rk_peer *peer, const struct sp_peer_config *config, double now)
{
	if (!sp_addr_equal(&peer->local, &config->local) ||
	    !sp_addr_equal(&peer->remote, &config->remote))
		peer->connect_at = now;
	peer->local = config->local;
	peer->remote = config->remote;
}

static void free_tunnel(struct rk_tunnel *tunnel)
{
	sp_note_clear(&tunnel->last_error);
	free(tunnel);
}

void rk_peer_free(struct rk_peer *peer)
{
	struct rk_tunnel *tunnel;

	if (!peer)
		return;
	if (peer->link) {
		send_verb(peer, RK_VERB_BYE);
		peer->port.close(peer->port.arg, peer->link);
	}
	while ((tunnel = STAILQ_FIRST(&peer->tunnels))) {
		STAILQ_REMOVE_HEAD(&peer->tunnels, next);
		free_tunnel(tunnel);
	}
	sp_note_clear(&peer->last_error);
	free(peer);
}

struct rk_tunnel *rk_peer_add(struct rk_peer *peer, const struct sp_tunnel_config *config)
{
	struct rk_tunnel *tunnel = calloc(1, sizeof(*tunnel));

	if (!tunnel)
		return NULL;
	tunnel->peer = peer;
	tunnel->rekey_at = INFINITY;
	rk_tunnel_set_config(tunnel, config);
	STAILQ_INSERT_TAIL(&peer->tunnels, tunnel, next);
	return tunnel;
}

void rk_peer_drop(struct rk_peer *peer, struct rk_tunnel *tunnel)
{
	rk_tunnel_down(tunnel);
	STAILQ_REMOVE(&peer->tunnels, tunnel, rk_tunnel, next);
	free_tunnel(tunnel);
}

struct rk_tunnel *rk_peer_tunnel(const struct rk_peer *peer, const char *name)
{
	struct rk_tunnel *tunnel;

	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		if (!strcmp(tunnel->config->name, name))
			return tunnel;
	return NULL;
}

/*
 * Two sessions at once.  Nobody connects who has a session, so of two in the
 * same direction, or when the first is older than a handshake may take, the
 * first is dead without our knowing.  Otherwise both sides connected at the same
 * time, and both must choose alike: the session whose client has the lower
 * address stays.
 */
static bool newer_wins(const struct rk_peer *peer, bool client, double now)
{
	const struct sp_addr *local = &peer->local, *remote = &peer->remote;
	bool we_are_lower = memcmp(local->octets, remote->octets, sp_addr_len(local)) < 0;

	if (client == peer->client || now - peer->opened > RK_HANDSHAKE_SECONDS)
		return true;
	return client == we_are_lower;
}

static void forget_session(struct rk_peer *peer)
{
	struct rk_tunnel *tunnel;

	peer->link = NULL;
	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		rk_tunnel_session_lost(tunnel);
}

static void say_bye(struct rk_peer *peer, struct rk_link *link)
{
	const struct rk_message bye = { .verb = RK_VERB_BYE };
	struct sp_error err;
	char line[16];

	if (!rk_message_format(&bye, line, sizeof(line), &err))
		peer->port.send(peer->port.arg, link, line);
	peer->port.close(peer->port.arg, link);
}

void rk_peer_opened(struct rk_peer *peer, struct rk_link *link, bool client, double now)
{
	struct rk_tunnel *tunnel;

	if (client)
		peer->connecting = false;
	if (peer->link && !newer_wins(peer, client, now)) {
		say_bye(peer, link);
		return;
	}
	if (peer->link) {
		say_bye(peer, peer->link);
		forget_session(peer);
	}
	peer->link = link;
	peer->client = client;
	peer->opened = now;
	peer->ping_at = now + RK_IDLE_SECONDS;
	peer->pings = 0;
	peer->failures = 0;
	sp_note_clear(&peer->last_error);
	note_text(peer, client ? "session opened, by us" : "session opened, by the peer");
	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		rk_tunnel_session_opened(tunnel, now);
}

static void session_ended(struct rk_peer *peer, const char *why, double now)
{
	char text[640];

	snprintf(text, sizeof(text), "session ended: %s", why);
	sp_note_set(&peer->last_error, "%s", text);
	note_text(peer, text);
	forget_session(peer);
	peer->connect_at = now + rk_peer_backoff(peer, 1);
}

void rk_peer_closed(struct rk_peer *peer, struct rk_link *link, const char *why, double now)
{
	if (link == peer->link)
		session_ended(peer, why, now);
}

void rk_peer_hang_up(struct rk_peer *peer, const char *why, double now)
{
	peer->port.close(peer->port.arg, peer->link);
	session_ended(peer, why, now);
}

void rk_peer_connect_failed(struct rk_peer *peer, bool refused, const char *why, double now)
{
	bool news = !sp_note_is(&peer->last_error, why);
	struct rk_tunnel *tunnel;

	peer->connecting = false;
	peer->failures++;
	peer->connect_at = now + rk_peer_backoff(peer, peer->failures);
	if (peer->link)
		return;		/* the peer's own connection was faster */
	sp_note_set(&peer->last_error, "%s", why);
	if (news)
		note_text(peer, why);
	STAILQ_FOREACH(tunnel, &peer->tunnels, next) {
		if (!tunnel->wanted)
			continue;
		rk_tunnel_failed(tunnel, why, now);
		if (refused)
			rk_tunnel_event(tunnel, RK_EVENT_REFUSED, "%s", why);
	}
}

/*
 * Anybody at the peer's address can do this, as often as he likes: it is no error of a session
 * that is open, and few lines in the log.
 */
void rk_peer_rejected(struct rk_peer *peer, const char *why, double now)
{
	char text[512], more[64] = "";

	if (!peer->link)
		sp_note_set(&peer->last_error, "the peer's connection: %s", why);
	if (peer->rejected_at && now - peer->rejected_at < RK_REJECTED_SECONDS) {
		peer->rejected++;
		return;
	}
	if (peer->rejected)
		snprintf(more, sizeof(more), " (and %u since the last word)", peer->rejected);
	peer->rejected_at = now;
	peer->rejected = 0;
	snprintf(text, sizeof(text), "the peer's connection: %.400s%s", why, more);
	note_text(peer, text);
}

void rk_peer_received(struct rk_peer *peer, struct rk_link *link, const char *text, double now)
{
	struct rk_message message;
	struct sp_error err;

	if (link != peer->link)
		return;		/* it lost against another session */
	peer->ping_at = now + RK_IDLE_SECONDS;
	peer->pings = 0;
	if (rk_message_parse(&message, text, &err)) {
		rk_negotiate_refuse(peer, "", 0, "syntax", "%s", err.text);
		return;
	}
	switch (message.verb) {
	case RK_VERB_PING:
		send_verb(peer, RK_VERB_PONG);
		break;
	case RK_VERB_PONG:
		break;
	case RK_VERB_BYE:
		rk_peer_hang_up(peer, "the peer said bye", now);
		break;
	default:
		rk_negotiate_message(peer, &message, now);
	}
}

static bool needs_session(const struct rk_peer *peer)
{
	const struct rk_tunnel *tunnel;

	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		if (rk_tunnel_needs_session(tunnel))
			return true;
	return false;
}

static void keep_alive(struct rk_peer *peer, double now)
{
	char why[64];

	if (now < peer->ping_at)
		return;
	if (peer->pings == RK_PINGS_MAX) {
		snprintf(why, sizeof(why), "%d pings without an answer", RK_PINGS_MAX);
		rk_peer_hang_up(peer, why, now);
		return;
	}
	send_verb(peer, RK_VERB_PING);
	peer->pings++;
	peer->ping_at = now + RK_IDLE_SECONDS;
}

void rk_peer_tick(struct rk_peer *peer, double now)
{
	struct rk_tunnel *tunnel;

	if (peer->link)
		keep_alive(peer, now);
	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		rk_tunnel_tick(tunnel, now);
	if (!peer->link && !peer->connecting && now >= peer->connect_at && needs_session(peer)) {
		peer->connecting = true;
		peer->port.connect(peer->port.arg, now);
	}
}

double rk_peer_deadline(const struct rk_peer *peer)
{
	double deadline = INFINITY;
	const struct rk_tunnel *tunnel;

	if (peer->link)
		deadline = peer->ping_at;
	else if (!peer->connecting && needs_session(peer))
		deadline = peer->connect_at;
	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		deadline = fmin(deadline, rk_tunnel_deadline(tunnel));
	return deadline;
}

const char *rk_peer_state(const struct rk_peer *peer)
{
	if (peer->link)
		return "open";
	return peer->connecting ? "connecting" : "closed";
}
