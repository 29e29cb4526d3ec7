// SPDX-License-Identifier: GPL-2.0-or-later
/* A tunnel's life: its generations, what it wants, and when it tries again. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "negotiate.h"

void rk_tunnel_event(struct rk_tunnel *tunnel, enum rk_event event, const char *fmt, ...)
{
	char text[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tunnel->peer->port.event(tunnel->peer->port.arg, tunnel, event, text);
}

/* --- generations --------------------------------------------------------- */

static size_t find_position(const struct rk_tunnel *tunnel, uint32_t generation)
{
	size_t i;

	for (i = 0; i < tunnel->n_live; i++)
		if (tunnel->live[i].number == generation)
			break;
	return i;
}

bool rk_tunnel_has(const struct rk_tunnel *tunnel, uint32_t generation)
{
	return find_position(tunnel, generation) < tunnel->n_live;
}

static void strike_generation(struct rk_tunnel *tunnel, size_t at)
{
	tunnel->n_live--;
	memmove(&tunnel->live[at], &tunnel->live[at + 1],
		(tunnel->n_live - at) * sizeof(tunnel->live[0]));
}

void rk_tunnel_remove(struct rk_tunnel *tunnel, uint32_t generation)
{
	const struct rk_port *port = &tunnel->peer->port;
	size_t at = find_position(tunnel, generation);
	struct sp_error err;

	if (at == tunnel->n_live)
		return;
	if (port->remove(port->arg, tunnel->config->name, generation, &err))
		rk_tunnel_event(tunnel, RK_EVENT_NOTE, "%s", err.text);
	strike_generation(tunnel, at);
}

void rk_tunnel_remove_all(struct rk_tunnel *tunnel)
{
	while (tunnel->n_live) {
		uint32_t generation = tunnel->live[0].number;

		rk_negotiate_delete(tunnel, generation);
		rk_tunnel_remove(tunnel, generation);
	}
}

/* The oldest goes, but not the one in use: the peer may ask for more than it ever uses. */
static void make_room(struct rk_tunnel *tunnel)
{
	size_t oldest = tunnel->live[0].number == tunnel->current;

	if (tunnel->n_live == RK_GENERATIONS_MAX)
		rk_tunnel_remove(tunnel, tunnel->live[oldest].number);
}

/* In order of age, whatever order a kernel's dump has. */
void rk_tunnel_record(struct rk_tunnel *tunnel, uint32_t generation)
{
	size_t at;

	if (generation > tunnel->highest)
		tunnel->highest = generation;
	if (rk_tunnel_has(tunnel, generation))
		return;
	make_room(tunnel);
	for (at = tunnel->n_live++; at && tunnel->live[at - 1].number > generation; at--)
		tunnel->live[at] = tunnel->live[at - 1];
	tunnel->live[at] = (struct rk_generation){ .number = generation, .remove_at = INFINITY };
}

/* The new generation carries traffic now, in both directions or about to. */
void rk_tunnel_switch(struct rk_tunnel *tunnel, uint32_t generation, bool initiator, double now)
{
	if (generation == tunnel->current)
		return;
	for (size_t i = 0; i < tunnel->n_live; i++) {
		struct rk_generation *old = &tunnel->live[i];

		/* What is used stays, whatever was meant to become of it. */
		if (old->number == generation) {
			old->remove_at = INFINITY;
			old->tell = false;
		}
		if (old->number >= generation)
			continue;
		old->remove_at = now + (initiator ? RK_LINGER_SECONDS : RK_LINGER_PEER_SECONDS);
		old->tell = initiator;
	}
	if (tunnel->current)
		tunnel->rekeys++;
	tunnel->current = generation;
	tunnel->newest = generation;
	tunnel->established = now;
	tunnel->wanted = false;
	tunnel->failures = 0;
	tunnel->proposal = 0;
	sp_note_clear(&tunnel->last_error);
	rk_tunnel_event(tunnel, RK_EVENT_UP, "up, generation %u, %s", generation, tunnel->alg);
}

void rk_tunnel_fallen(struct rk_tunnel *tunnel, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tunnel->current = 0;
	tunnel->rekey_at = INFINITY;
	rk_tunnel_event(tunnel, RK_EVENT_DOWN, "%s", text);
}

static void remove_old(struct rk_tunnel *tunnel, double now)
{
	for (size_t i = 0; i < tunnel->n_live;) {
		struct rk_generation *old = &tunnel->live[i];

		if (now < old->remove_at) {
			i++;
		} else if (old->tell && !tunnel->peer->link) {
			/* The peer may not know the new one yet and send with the old. */
			old->remove_at = INFINITY;
			i++;
		} else {
			if (old->tell)
				rk_negotiate_delete(tunnel, old->number);
			rk_tunnel_remove(tunnel, old->number);
		}
	}
}

/* Whoever has made it, it would leave too few numbers for what comes after it. */
static void end_unadopted(struct rk_tunnel *tunnel, uint32_t generation)
{
	const struct rk_port *port = &tunnel->peer->port;
	struct sp_error err;

	/* The second of its two SAs has gone with the first. */
	if (!port->remove(port->arg, tunnel->config->name, generation, &err))
		rk_tunnel_event(tunnel, RK_EVENT_NOTE,
				"generation %u is not taken over but ends: its number is above %d",
				generation, RK_GENERATION_ADOPT_MAX);
}

void rk_tunnel_adopt(struct rk_tunnel *tunnel, uint32_t generation, const char *alg, bool current,
		     double since)
{
	if (generation > RK_GENERATION_ADOPT_MAX) {
		end_unadopted(tunnel, generation);
		return;
	}
	rk_tunnel_record(tunnel, generation);
	tunnel->alg = alg;
	if (current) {
		tunnel->current = generation;
		tunnel->newest = generation;
		tunnel->established = since;
	}
}

/* --- what is wanted ------------------------------------------------------- */

bool rk_tunnel_is_off(const struct rk_tunnel *tunnel)
{
	return tunnel->off;
}

static void want_generation(struct rk_tunnel *tunnel, double retry_at)
{
	tunnel->wanted = true;
	tunnel->retry_at = retry_at;
}

void rk_tunnel_start(struct rk_tunnel *tunnel, double now)
{
	tunnel->will = tunnel->config->start == SP_START_UP ? RK_WILL_KEEP : RK_WILL_IDLE;
	if (tunnel->will == RK_WILL_KEEP ||
	    (tunnel->config->start == SP_START_TRAP && tunnel->current))
		want_generation(tunnel, now);
}

void rk_tunnel_set_config(struct rk_tunnel *tunnel, const struct sp_tunnel_config *config)
{
	tunnel->config = config;
	tunnel->off = config->options.admin == SPINDLE_ADMIN_DOWN;
}

void rk_tunnel_configure(struct rk_tunnel *tunnel, const struct sp_tunnel_config *config,
			 double now)
{
	bool asked = tunnel->asked_generation != 0;

	/* What was asked for by the old configuration is not to come any more. */
	tunnel->asked_generation = 0;
	rk_tunnel_set_config(tunnel, config);
	tunnel->proposal = 0;
	if (tunnel->will != RK_WILL_DOWN)
		rk_tunnel_start(tunnel, now);
	/* Nor is to stay what it has, even if the peer has not used it yet. */
	if (asked || tunnel->n_live)
		want_generation(tunnel, now);
}

/* Without a will to keep it, or SAs to keep, somebody has to ask again. */
void rk_tunnel_failed(struct rk_tunnel *tunnel, const char *why, double now)
{
	sp_note_set(&tunnel->last_error, "%s", why);
	tunnel->asked_generation = 0;
	tunnel->proposal = 0;
	tunnel->failures++;
	want_generation(tunnel, now + rk_peer_backoff(tunnel->peer, tunnel->failures));
	if (tunnel->will != RK_WILL_KEEP && !tunnel->current)
		tunnel->wanted = false;
}

void rk_tunnel_refused(struct rk_tunnel *tunnel, const char *why, double now)
{
	bool news = !sp_note_is(&tunnel->last_error, why);

	rk_tunnel_failed(tunnel, why, now);
	if (news)
		rk_tunnel_event(tunnel, RK_EVENT_NOTE, "%s", why);
	rk_tunnel_event(tunnel, RK_EVENT_REFUSED, "%s", why);
}

void rk_tunnel_session_opened(struct rk_tunnel *tunnel, double now)
{
	double wait = 0;

	if (!tunnel->peer->client)
		wait = RK_SERVER_SECONDS * (1 + rk_peer_random(tunnel->peer));
	tunnel->failures = 0;
	/* A new session may mean a peer that has lost its SAs. */
	if (tunnel->wanted || rk_tunnel_needs_session(tunnel))
		want_generation(tunnel, now + wait);
}

void rk_tunnel_session_lost(struct rk_tunnel *tunnel)
{
	tunnel->asked_generation = 0;
	tunnel->proposal = 0;
}

bool rk_tunnel_needs_session(const struct rk_tunnel *tunnel)
{
	if (tunnel->will == RK_WILL_DOWN || rk_tunnel_is_off(tunnel))
		return false;
	return tunnel->wanted || tunnel->will == RK_WILL_KEEP ||
	       (tunnel->config->start == SP_START_TRAP && tunnel->current);
}

/* --- the admin's and the kernel's wishes ---------------------------------- */

void rk_tunnel_up(struct rk_tunnel *tunnel, double now)
{
	tunnel->will = RK_WILL_KEEP;
	if (tunnel->current || tunnel->asked_generation)
		return;
	tunnel->failures = 0;
	tunnel->peer->connect_at = now;
	want_generation(tunnel, now);
}

void rk_tunnel_down(struct rk_tunnel *tunnel)
{
	tunnel->will = RK_WILL_DOWN;
	tunnel->wanted = false;
	tunnel->asked_generation = 0;
	sp_note_clear(&tunnel->last_error);
	rk_tunnel_remove_all(tunnel);
	if (tunnel->current)
		rk_tunnel_fallen(tunnel, "down");
}

int rk_tunnel_rekey(struct rk_tunnel *tunnel, double now, struct sp_error *err)
{
	if (!tunnel->current)
		return sp_fail(err, "tunnel %s: is not up", tunnel->config->name);
	if (!tunnel->asked_generation)
		want_generation(tunnel, now);
	return 0;
}

/* What is due is done when it is on again. */
void rk_tunnel_switch_off(struct rk_tunnel *tunnel, bool off)
{
	tunnel->off = off;
}

void rk_tunnel_acquire(struct rk_tunnel *tunnel, double now)
{
	enum { STALE = 2 };	/* seconds: the kernel asked before the SAs came */

	if (tunnel->will == RK_WILL_DOWN || tunnel->asked_generation || tunnel->wanted)
		return;
	if (tunnel->current && now - tunnel->established < STALE)
		return;
	if (tunnel->current)
		rk_tunnel_fallen(tunnel, "the kernel has lost the SAs");
	/* It is for the peer to ask. */
	if (tunnel->config->start == SP_START_LISTEN && tunnel->will != RK_WILL_KEEP)
		return;
	if (tunnel->config->start == SP_START_UP)
		tunnel->will = RK_WILL_KEEP;
	want_generation(tunnel, fmax(now, tunnel->retry_at));
}

/* Not both sides at the same moment. */
void rk_tunnel_want_again(struct rk_tunnel *tunnel, double now)
{
	want_generation(tunnel, fmax(now + rk_peer_random(tunnel->peer), tunnel->retry_at));
}

void rk_tunnel_expire(struct rk_tunnel *tunnel, uint32_t generation, bool hard, double now)
{
	if (!rk_tunnel_has(tunnel, generation))
		return;
	if (!hard) {
		/* The kernel tells twice, for the SAs of both directions. */
		if (generation == tunnel->current && !tunnel->wanted && !tunnel->asked_generation)
			want_generation(tunnel, now);
		return;
	}
	rk_negotiate_delete(tunnel, generation);
	rk_tunnel_remove(tunnel, generation);
	if (generation != tunnel->current)
		return;
	rk_tunnel_fallen(tunnel, "generation %u has expired", generation);
	if (tunnel->will == RK_WILL_KEEP)
		rk_tunnel_want_again(tunnel, now);
	else if (!tunnel->asked_generation)
		tunnel->wanted = false;
}

/* Nobody has taken the tunnel down: the peer keeps its half until there is another generation. */
void rk_tunnel_vanished(struct rk_tunnel *tunnel, uint32_t generation, double now)
{
	const struct rk_port *port = &tunnel->peer->port;
	size_t at = find_position(tunnel, generation);
	struct sp_error err;

	if (at == tunnel->n_live)
		return;
	/* What is left of it. */
	port->remove(port->arg, tunnel->config->name, generation, &err);
	strike_generation(tunnel, at);
	if (generation != tunnel->current)
		return;
	rk_tunnel_fallen(tunnel, "somebody else has deleted generation %u", generation);
	rk_tunnel_want_again(tunnel, now);
}

/*
 * What came before a generation that was in use is about to be removed, here and at the peer,
 * even if that one has gone since: nobody goes back to it.
 */
bool rk_tunnel_is_news(const struct rk_tunnel *tunnel, uint32_t generation)
{
	return rk_tunnel_has(tunnel, generation) && generation > tunnel->newest;
}

void rk_tunnel_active(struct rk_tunnel *tunnel, uint32_t generation, double now)
{
	if (rk_tunnel_is_news(tunnel, generation))
		rk_tunnel_switch(tunnel, generation, false, now);
}

void rk_tunnel_gone(struct rk_tunnel *tunnel, double now)
{
	bool was_up = tunnel->current != 0;

	tunnel->n_live = 0;
	tunnel->asked_generation = 0;
	tunnel->proposal = 0;
	if (was_up)
		rk_tunnel_fallen(tunnel, "its SAs are gone with the kernel's tunnel");
	if (tunnel->will != RK_WILL_DOWN && (was_up || tunnel->will == RK_WILL_KEEP))
		want_generation(tunnel, now);
}

/* The numbers go on where they were, if that leaves any: the peer has seen them. */
void rk_tunnel_start_over(struct rk_tunnel *tunnel, const char *broken, double now)
{
	const struct rk_port *port = &tunnel->peer->port;
	struct sp_error err;

	rk_tunnel_event(tunnel, RK_EVENT_NOTE,
			"starts over, because of a fault in spindled: %s does not hold", broken);
	if (tunnel->n_live > RK_GENERATIONS_MAX)
		tunnel->n_live = RK_GENERATIONS_MAX;
	if (tunnel->current && !rk_tunnel_has(tunnel, tunnel->current))
		port->remove(port->arg, tunnel->config->name, tunnel->current, &err);
	for (size_t i = 0; i < tunnel->n_live; i++)
		port->remove(port->arg, tunnel->config->name, tunnel->live[i].number, &err);
	if (tunnel->highest > RK_GENERATION_MAX)
		tunnel->highest = 0;
	tunnel->newest = tunnel->highest;
	tunnel->n_live = 0;
	tunnel->asked_generation = 0;
	tunnel->proposal = 0;
	tunnel->wanted = false;
	if (tunnel->current)
		rk_tunnel_fallen(tunnel, "down, to start over");
	if (tunnel->will == RK_WILL_KEEP)
		rk_tunnel_want_again(tunnel, now);
}

void rk_tunnel_overdue(struct rk_tunnel *tunnel, double now)
{
	if (tunnel->current && !tunnel->wanted && !tunnel->asked_generation)
		want_generation(tunnel, now + RK_SPREAD_SECONDS * rk_peer_random(tunnel->peer));
}

/* --- time ----------------------------------------------------------------- */

void rk_tunnel_tick(struct rk_tunnel *tunnel, double now)
{
	struct rk_peer *peer = tunnel->peer;

	remove_old(tunnel, now);
	if (!peer->link)
		return;
	if (tunnel->asked_generation && now >= tunnel->answer_by) {
		rk_tunnel_refused(tunnel, "the peer has not answered in time", now);
		rk_peer_hang_up(peer, "an install was not answered", now);
	} else if (tunnel->wanted && !tunnel->asked_generation && now >= tunnel->retry_at &&
		   !rk_tunnel_is_off(tunnel)) {
		rk_negotiate_start(tunnel, now);
	}
}

double rk_tunnel_deadline(const struct rk_tunnel *tunnel)
{
	double deadline = INFINITY;

	for (size_t i = 0; i < tunnel->n_live; i++)
		deadline = fmin(deadline, tunnel->live[i].remove_at);
	if (tunnel->peer->link && tunnel->asked_generation)
		deadline = fmin(deadline, tunnel->answer_by);
	else if (tunnel->peer->link && tunnel->wanted && !rk_tunnel_is_off(tunnel))
		deadline = fmin(deadline, tunnel->retry_at);
	return deadline;
}

const char *rk_tunnel_state(const struct rk_tunnel *tunnel)
{
	if (tunnel->will == RK_WILL_DOWN)
		return "down";
	if (rk_tunnel_is_off(tunnel))
		return "admin-down";
	if (tunnel->current)
		return "up";
	if (tunnel->asked_generation)
		return "negotiating";
	return tunnel->wanted ? "waiting" : "idle";
}
