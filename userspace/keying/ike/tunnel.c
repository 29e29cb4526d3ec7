// SPDX-License-Identifier: GPL-2.0-or-later
/* A tunnel's life: its generations, what it wants, and when it tries again. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inform.h"
#include "kmod/suite.h"
#include "peer.h"
#include "quick.h"
#include "tunnel.h"

void ike_tunnel_event(struct ike_tunnel *tunnel, enum port_event_kind kind, const char *fmt, ...)
{
	struct port_event event = {
		.kind = kind, .generation = tunnel->current, .alg = tunnel->alg,
	};
	va_list ap;

	strcpy(event.tunnel, tunnel->config.name);
	va_start(ap, fmt);
	vsnprintf(event.text, sizeof(event.text), fmt, ap);
	va_end(ap);
	port_event(tunnel->peer->port, &event);
}

/* --- generations -------------------------------------------------------------------------- */

struct ike_generation *ike_tunnel_find(struct ike_tunnel *tunnel, uint32_t number)
{
	for (size_t i = 0; i < tunnel->n_live; i++)
		if (tunnel->live[i].number == number)
			return &tunnel->live[i];
	return NULL;
}

bool ike_tunnel_has(const struct ike_tunnel *tunnel, uint32_t number)
{
	for (size_t i = 0; i < tunnel->n_live; i++)
		if (tunnel->live[i].number == number)
			return true;
	return false;
}

struct ike_generation *ike_tunnel_find_spi(struct ike_tunnel *tunnel, uint32_t out_spi)
{
	for (size_t i = 0; i < tunnel->n_live; i++)
		if (tunnel->live[i].out_spi == out_spi)
			return &tunnel->live[i];
	return NULL;
}

static void strike(struct ike_tunnel *tunnel, const struct ike_generation *generation)
{
	size_t at = (size_t)(generation - tunnel->live);

	tunnel->n_live--;
	memmove(&tunnel->live[at], &tunnel->live[at + 1],
		(tunnel->n_live - at) * sizeof(tunnel->live[0]));
}

/* Says so to the peer if @tell; the caller sees to what the tunnel sends with then. */
static void remove_generation(struct ike_tunnel *tunnel, uint32_t number, bool tell)
{
	const struct port *port = tunnel->peer->port;
	struct ike_generation *generation = ike_tunnel_find(tunnel, number);
	struct sp_error err;

	if (!generation)
		return;
	if (tell && generation->in_spi)
		ike_inform_delete(tunnel->peer, tunnel->config.ah, generation->in_spi);
	if (port->host->remove(port->arg, tunnel->config.name, number, &err))
		ike_tunnel_event(tunnel, PORT_NOTE, "%s", err.text);
	strike(tunnel, generation);
}

static void remove_all(struct ike_tunnel *tunnel, bool tell)
{
	while (tunnel->n_live)
		remove_generation(tunnel, tunnel->live[0].number, tell);
}

/* The oldest goes, but not the one in use: the peer may ask for more than it ever uses. */
static void make_room(struct ike_tunnel *tunnel)
{
	size_t oldest = tunnel->live[0].number == tunnel->current;

	if (tunnel->n_live == IKE_GENERATIONS_MAX)
		remove_generation(tunnel, tunnel->live[oldest].number, true);
}

/* In order of age, whatever order a kernel's dump has. */
void ike_tunnel_record(struct ike_tunnel *tunnel, const struct ike_generation *generation)
{
	size_t at;

	if (generation->number > tunnel->highest)
		tunnel->highest = generation->number;
	make_room(tunnel);
	for (at = tunnel->n_live++; at && tunnel->live[at - 1].number > generation->number; at--)
		tunnel->live[at] = tunnel->live[at - 1];
	tunnel->live[at] = *generation;
}

/*
 * What both had when we asked for this one has had its time.  What the peer was about to get then
 * has not: it may be in use there already, and is told by the peer what becomes of it.
 */
static void retire(struct ike_tunnel *tunnel, const struct ike_generation *by, double now)
{
	for (size_t i = 0; i < tunnel->n_live; i++) {
		struct ike_generation *old = &tunnel->live[i];

		if (old != by && !isinf(by->asked) && old->confirmed <= by->asked &&
		    isinf(old->remove_at))
			old->remove_at = now + IKE_LINGER_SECONDS;
	}
}

void ike_tunnel_switch(struct ike_tunnel *tunnel, uint32_t number, double now)
{
	struct ike_generation *generation = ike_tunnel_find(tunnel, number);

	if (!generation || number == tunnel->current)
		return;
	generation->activate_at = INFINITY;
	generation->parked = false;
	/* What is used stays, whatever was meant to become of it. */
	generation->remove_at = INFINITY;
	generation->told = false;
	retire(tunnel, generation, now);
	if (tunnel->current)
		tunnel->rekeys++;
	tunnel->current = number;
	tunnel->alg = generation->alg;
	tunnel->rekey_at = generation->rekey_at;
	tunnel->established = now;
	if (!tunnel->asking)
		tunnel->wanted = false;
	tunnel->spurned = 0;
	tunnel->last_error[0] = '\0';
	ike_tunnel_event(tunnel, PORT_UP, "up, generation %u, %s", number, tunnel->alg);
}

/* Its turn has come; the first packet may have been faster. */
void ike_tunnel_activate(struct ike_tunnel *tunnel, uint32_t number, double now)
{
	const struct port *port = tunnel->peer->port;
	struct ike_generation *generation = ike_tunnel_find(tunnel, number);
	struct sp_error err;

	if (!generation)
		return;
	generation->activate_at = INFINITY;
	/*
	 * Nobody goes back to an older one: what came before one that is in use is about to be
	 * removed, here or at the peer.  Its inbound half takes in what the peer sends with it.
	 */
	if (!generation->parked || number < tunnel->current)
		return;
	if (port->host->activate(port->arg, tunnel->config.name, number, &err))
		ike_tunnel_refused(tunnel, now, "%s", err.text);
	else
		ike_tunnel_switch(tunnel, number, now);
}

void ike_tunnel_fallen(struct ike_tunnel *tunnel, double now, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* One that falls again and again is not tried at once each time. */
	if (now - tunnel->established >= IKE_RETRY_MAX)
		tunnel->failures = 0;
	tunnel->current = 0;
	tunnel->rekey_at = INFINITY;
	ike_tunnel_event(tunnel, PORT_DOWN, "%s", text);
}

/* The newest other one takes over from what the tunnel sends with, if there is one. */
static bool fall_back(struct ike_tunnel *tunnel, double now)
{
	const struct port *port = tunnel->peer->port;
	struct sp_error err;

	for (size_t i = tunnel->n_live; i--;) {
		uint32_t number = tunnel->live[i].number;

		if (number == tunnel->current)
			continue;
		if (!port->host->activate(port->arg, tunnel->config.name, number, &err)) {
			ike_tunnel_switch(tunnel, number, now);
			return true;
		}
	}
	return false;
}

void ike_tunnel_end(struct ike_tunnel *tunnel, uint32_t number, bool tell, const char *why,
		    double now)
{
	bool was_current = number == tunnel->current;
	bool goes_on = was_current && fall_back(tunnel, now);

	remove_generation(tunnel, number, tell);
	if (!was_current || goes_on)
		return;
	ike_tunnel_fallen(tunnel, now, "%s", why);
	if (tunnel->will == IKE_WILL_KEEP)
		ike_tunnel_again(tunnel, now);
	else if (!tunnel->asking)
		tunnel->wanted = false;
}

void ike_tunnel_lose(struct ike_tunnel *tunnel, double before, const char *why, double now)
{
	bool was_up = tunnel->current != 0;

	for (size_t i = 0; i < tunnel->n_live;) {
		const struct ike_generation *generation = &tunnel->live[i];

		if (generation->installed < before)
			remove_generation(tunnel, generation->number, false);
		else
			i++;
	}
	if (!was_up || ike_tunnel_has(tunnel, tunnel->current))
		return;
	tunnel->current = 0;
	if (fall_back(tunnel, now))
		return;
	ike_tunnel_fallen(tunnel, now, "%s", why);
	if (tunnel->will == IKE_WILL_KEEP)
		ike_tunnel_again(tunnel, now);
}

/*
 * The peer hears of it first, and goes on with another one if it still sends with that; what it
 * has sent until then still comes in.
 */
static void remove_old(struct ike_tunnel *tunnel, double now)
{
	for (size_t i = 0; i < tunnel->n_live;) {
		struct ike_generation *old = &tunnel->live[i];

		if (now < old->remove_at || old->number == tunnel->current) {
			i++;
		} else if (!old->told && old->in_spi) {
			ike_inform_delete(tunnel->peer, tunnel->config.ah, old->in_spi);
			old->told = true;
			old->remove_at = now + IKE_TOLD_SECONDS;
			i++;
		} else {
			remove_generation(tunnel, old->number, true);
		}
	}
}

static void activate_due(struct ike_tunnel *tunnel, double now)
{
	for (size_t i = 0; i < tunnel->n_live; i++)
		if (now >= tunnel->live[i].activate_at)
			ike_tunnel_activate(tunnel, tunnel->live[i].number, now);
}

void ike_tunnel_adopt(struct ike_tunnel *tunnel, const struct engine_generation *from)
{
	struct ike_generation *generation = ike_tunnel_find(tunnel, from->number);

	if (!generation) {
		ike_tunnel_record(tunnel, &(struct ike_generation){
			.number = from->number, .alg = from->alg, .remove_at = INFINITY,
			.activate_at = INFINITY, .rekey_at = INFINITY, .parked = !from->current,
			.installed = from->since, .confirmed = from->since, .asked = INFINITY,
		});
		generation = ike_tunnel_find(tunnel, from->number);
	}
	if (from->in_spi)
		generation->in_spi = from->in_spi;
	if (from->out_spi)
		generation->out_spi = from->out_spi;
	tunnel->peer->adopted = true;
	tunnel->alg = from->alg;
	if (!from->current)
		return;
	tunnel->current = from->number;
	tunnel->established = from->since;
}

/* --- what is wanted ----------------------------------------------------------------------- */

bool ike_tunnel_is_off(const struct ike_tunnel *tunnel)
{
	return tunnel->config.options.admin == SPINDLE_ADMIN_DOWN;
}

static void want(struct ike_tunnel *tunnel, double retry_at)
{
	tunnel->wanted = true;
	tunnel->retry_at = retry_at;
}

void ike_tunnel_start(struct ike_tunnel *tunnel, double now)
{
	tunnel->will = tunnel->config.start == SP_START_UP ? IKE_WILL_KEEP : IKE_WILL_IDLE;
	if (tunnel->will == IKE_WILL_KEEP ||
	    (tunnel->config.start == SP_START_TRAP && tunnel->current))
		want(tunnel, now);
}

void ike_tunnel_configure(struct ike_tunnel *tunnel, const struct sp_tunnel_config *config,
			  bool refresh, double now)
{
	bool asked = tunnel->asking != NULL;

	tunnel->config = *config;
	if (!refresh)
		return;
	tunnel->spurned = 0;
	/* What was asked for by the old configuration is not to come any more. */
	if (asked)
		ike_quick_forget(tunnel->asking);
	if (tunnel->will != IKE_WILL_DOWN)
		ike_tunnel_start(tunnel, now);
	if (asked || tunnel->n_live)
		want(tunnel, now);
}

/* Not both sides at the same moment, and later from time to time. */
void ike_tunnel_again(struct ike_tunnel *tunnel, double now)
{
	tunnel->failures++;
	want(tunnel, fmax(now + ike_peer_backoff(tunnel->peer, tunnel->failures, IKE_RETRY_MAX),
			  tunnel->retry_at));
}

/* Without a will to keep it, or SAs to keep, somebody has to ask again. */
void ike_tunnel_failed(struct ike_tunnel *tunnel, double now, const char *fmt, ...)
{
	char text[sizeof(tunnel->last_error)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(tunnel->last_error, text, sizeof(text));
	tunnel->retry_at = now;
	ike_tunnel_again(tunnel, now);
	if (tunnel->will != IKE_WILL_KEEP && !tunnel->current)
		tunnel->wanted = false;
}

/* What the peer wanted is not to be had. */
void ike_tunnel_declined(struct ike_tunnel *tunnel, const char *why)
{
	bool news = strcmp(tunnel->last_error, why) != 0;

	snprintf(tunnel->last_error, sizeof(tunnel->last_error), "%s", why);
	if (news)
		ike_tunnel_event(tunnel, PORT_NOTE, "refused: %s", why);
}

void ike_tunnel_refused(struct ike_tunnel *tunnel, double now, const char *fmt, ...)
{
	char text[sizeof(tunnel->last_error)];
	va_list ap;
	bool news;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	news = strcmp(tunnel->last_error, text) != 0;
	ike_tunnel_failed(tunnel, now, "%s", text);
	if (news)
		ike_tunnel_event(tunnel, PORT_NOTE, "%s", text);
	ike_tunnel_event(tunnel, PORT_REFUSED, "%s", text);
}

bool ike_tunnel_needs_peer(const struct ike_tunnel *tunnel)
{
	return tunnel->will != IKE_WILL_DOWN && !ike_tunnel_is_off(tunnel) && tunnel->wanted;
}

bool ike_tunnel_is_due(const struct ike_tunnel *tunnel, double now)
{
	return ike_tunnel_needs_peer(tunnel) && !tunnel->asking && !tunnel->answering &&
	       now >= tunnel->retry_at;
}

/* --- the admin's and the kernel's wishes -------------------------------------------------- */

void ike_tunnel_up(struct ike_tunnel *tunnel, double now)
{
	tunnel->will = IKE_WILL_KEEP;
	if (tunnel->current || tunnel->asking)
		return;
	tunnel->failures = 0;
	ike_peer_hurry(tunnel->peer, now);
	want(tunnel, now);
}

void ike_tunnel_down(struct ike_tunnel *tunnel, double now)
{
	tunnel->will = IKE_WILL_DOWN;
	tunnel->wanted = false;
	tunnel->last_error[0] = '\0';
	if (tunnel->asking)
		ike_quick_forget(tunnel->asking);
	remove_all(tunnel, true);
	if (tunnel->current)
		ike_tunnel_fallen(tunnel, now, "down");
	ike_peer_maybe_part(tunnel->peer, now);
}

int ike_tunnel_rekey(struct ike_tunnel *tunnel, double now, struct sp_error *err)
{
	if (!tunnel->current)
		return sp_fail(err, "tunnel %s: is not up", tunnel->config.name);
	if (!tunnel->asking)
		want(tunnel, now);
	ike_peer_hurry(tunnel->peer, now);
	return 0;
}

/* What is due is done when it is on again. */
void ike_tunnel_switch_off(struct ike_tunnel *tunnel, bool off)
{
	tunnel->config.options.admin = off ? SPINDLE_ADMIN_DOWN : SPINDLE_ADMIN_UP;
}

void ike_tunnel_acquire(struct ike_tunnel *tunnel, double now)
{
	enum { STALE = 2 };	/* seconds: the kernel asked before the SAs came */

	if (tunnel->will == IKE_WILL_DOWN || tunnel->asking || tunnel->wanted)
		return;
	for (size_t i = 0; i < tunnel->n_live; i++)
		if (tunnel->live[i].parked && now - tunnel->live[i].installed < IKE_CROSS_SECONDS)
			return;		/* they are there, and about to be used */
	if (tunnel->current && now - tunnel->established < STALE)
		return;
	if (tunnel->current)
		ike_tunnel_fallen(tunnel, now, "the kernel has lost the SAs");
	/* It is for the peer to ask. */
	if (tunnel->config.start == SP_START_LISTEN && tunnel->will != IKE_WILL_KEEP)
		return;
	if (tunnel->config.start == SP_START_UP)
		tunnel->will = IKE_WILL_KEEP;
	want(tunnel, fmax(now, tunnel->retry_at));
}

void ike_tunnel_expire(struct ike_tunnel *tunnel, uint32_t number, bool hard, double now)
{
	char why[64];

	if (!ike_tunnel_has(tunnel, number))
		return;
	if (hard) {
		snprintf(why, sizeof(why), "generation %u has expired", number);
		ike_tunnel_end(tunnel, number, true, why, now);
		return;
	}
	/* The kernel tells twice, for the SAs of both directions. */
	if (number == tunnel->current && !tunnel->wanted && !tunnel->asking)
		want(tunnel, now);
}

/* Nobody has taken the tunnel down: the peer keeps its half until there is another generation. */
void ike_tunnel_vanished(struct ike_tunnel *tunnel, uint32_t number, double now)
{
	const struct port *port = tunnel->peer->port;
	struct ike_generation *generation = ike_tunnel_find(tunnel, number);
	struct sp_error err;

	if (!generation)
		return;
	port->host->remove(port->arg, tunnel->config.name, number, &err);	/* the rest of it */
	strike(tunnel, generation);
	if (number != tunnel->current)
		return;
	ike_tunnel_fallen(tunnel, now, "somebody else has deleted generation %u", number);
	ike_tunnel_again(tunnel, now);
}

/* A packet of the peer's was faster than its message. */
void ike_tunnel_active(struct ike_tunnel *tunnel, uint32_t number, double now)
{
	const struct ike_generation *generation = ike_tunnel_find(tunnel, number);

	if (generation && generation->parked)
		ike_tunnel_switch(tunnel, number, now);
}

void ike_tunnel_gone(struct ike_tunnel *tunnel, double now)
{
	bool was_up = tunnel->current != 0;

	tunnel->n_live = 0;
	if (tunnel->asking)
		ike_quick_forget(tunnel->asking);
	if (was_up)
		ike_tunnel_fallen(tunnel, now, "its SAs are gone with the kernel's tunnel");
	if (tunnel->will != IKE_WILL_DOWN && (was_up || tunnel->will == IKE_WILL_KEEP))
		want(tunnel, now);
}

void ike_tunnel_overdue(struct ike_tunnel *tunnel, double now)
{
	if (tunnel->current && !tunnel->wanted && !tunnel->asking)
		want(tunnel, now + IKE_SPREAD_SECONDS * ike_peer_random(tunnel->peer));
}

/* --- time --------------------------------------------------------------------------------- */

void ike_tunnel_tick(struct ike_tunnel *tunnel, double now)
{
	activate_due(tunnel, now);
	remove_old(tunnel, now);
}

double ike_tunnel_deadline(const struct ike_tunnel *tunnel)
{
	double deadline = INFINITY;

	for (size_t i = 0; i < tunnel->n_live; i++) {
		const struct ike_generation *generation = &tunnel->live[i];

		deadline = fmin(deadline, generation->activate_at);
		if (generation->number != tunnel->current)
			deadline = fmin(deadline, generation->remove_at);
	}
	return deadline;
}

const char *ike_tunnel_state(const struct ike_tunnel *tunnel)
{
	if (tunnel->will == IKE_WILL_DOWN)
		return "down";
	if (ike_tunnel_is_off(tunnel))
		return "admin-down";
	if (tunnel->current)
		return "up";
	if (tunnel->asking)
		return "negotiating";
	return tunnel->wanted ? "waiting" : "idle";
}
