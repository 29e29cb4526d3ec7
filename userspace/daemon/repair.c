// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "io/log.h"
#include "party.h"
#include "repair.h"

enum {
	SOON_MS = 200,			/* the deletion of an interface is many notifications */
	RETRY_MS = 5000,
};

struct repair {
	struct event *timer;
	bool all;
};

static void wait_ms(struct repair *repair, int ms)
{
	const struct timeval wait = { ms / 1000, ms % 1000 * 1000 };

	event_add(repair->timer, &wait);
}

static bool is_overdue(const struct snapshot_sa *sa)
{
	const struct sp_life *life = &sa->life;

	return (life->soft_seconds && sa->age >= life->soft_seconds) ||
	       (life->soft_bytes && sa->bytes >= life->soft_bytes) ||
	       (life->soft_packets && sa->packets >= life->soft_packets);
}

/* What a tunnel's SAs in the kernel tell its engine. */
struct sighting {
	const struct tunnel *tunnel;
	struct engine_seen seen;
};

static void take_sighting(const struct snapshot_sa *sa, void *arg)
{
	struct sighting *sighting = arg;
	const struct tunnel *tunnel = sighting->tunnel;
	struct engine_seen *seen = &sighting->seen;
	size_t i = 0;

	if (sa->state == SPINDLE_SA_RESERVED || sa->state == SPINDLE_SA_EXPIRED ||
	    !tunnel->party->engine->has(tunnel->keying, sa->generation))
		return;
	while (i < seen->n && seen->generations[i].number != sa->generation)
		i++;
	if (i == ENGINE_SEEN_MAX)
		return;
	if (i == seen->n)
		seen->generations[seen->n++].number = sa->generation;
	seen->generations[i].halves++;
	seen->generations[i].overdue |= is_overdue(sa);
}

/* The engine hears what it would have been notified of. */
static void compare_keying(const struct tunnel *tunnel, struct snapshot *kernel)
{
	const struct snapshot_tunnel *is = snapshot_tunnel(kernel, tunnel->name);
	struct sighting sighting = { .tunnel = tunnel };
	struct sp_error err;

	if (!is || snapshot_each_sa(kernel, tunnel->name, take_sighting, &sighting, &err))
		return;
	sighting.seen.sends = is->out_generation;
	sighting.seen.staged = is->staged;
	tunnel->party->engine->seen(tunnel->keying, &sighting.seen, daemon_now());
	party_tick(tunnel->party);
}

static bool look_again(struct daemon *daemon, struct tunnel *tunnel, struct snapshot *kernel)
{
	bool all = daemon->repair->all;

	if (!all && !tunnel->suspect && !tunnel->trouble)
		return true;
	tunnel->suspect = false;
	apply_again(daemon, tunnel, kernel);
	if (tunnel->party)
		compare_keying(tunnel, kernel);
	return !tunnel->trouble;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;
	struct tunnel *tunnel, *next;
	struct snapshot *kernel;
	struct sp_error err;
	bool well = true;

	(void)fd;
	(void)what;
	kernel = daemon->repair->all ? snapshot_take(daemon->nl, &err) :
				       snapshot_begin(daemon->nl);
	if (!kernel) {
		log_line("%s", err.text);
		wait_ms(daemon->repair, RETRY_MS);
		return;
	}
	HASH_ITER(hh, daemon->registry.tunnels, tunnel, next) {
		well &= look_again(daemon, tunnel, kernel);
	}
	daemon->repair->all = false;
	snapshot_free(kernel);
	if (!well)
		wait_ms(daemon->repair, RETRY_MS);
}

int repair_open(struct daemon *daemon, struct sp_error *err)
{
	daemon->repair = calloc(1, sizeof(*daemon->repair));
	if (daemon->repair)
		daemon->repair->timer = evtimer_new(daemon->base, on_timer, daemon);
	if (!daemon->repair || !daemon->repair->timer)
		return sp_fail(err, "out of memory");
	return 0;
}

void repair_close(struct daemon *daemon)
{
	if (!daemon->repair)
		return;
	event_free(daemon->repair->timer);
	free(daemon->repair);
	daemon->repair = NULL;
}

void repair_tunnel(struct daemon *daemon, struct tunnel *tunnel)
{
	if (!daemon->repair)
		return;		/* the daemon ends */
	tunnel->suspect = true;
	wait_ms(daemon->repair, SOON_MS);
}

void repair_interface(struct daemon *daemon, const char *name)
{
	struct tunnel *tunnel, *next;

	HASH_ITER(hh, daemon->registry.tunnels, tunnel, next) {
		if (!strcmp(tunnel->config->interface, name))
			repair_tunnel(daemon, tunnel);
	}
}

void repair_outer(struct daemon *daemon, const char *name)
{
	struct tunnel *tunnel, *next;

	HASH_ITER(hh, daemon->registry.tunnels, tunnel, next) {
		if (!strcmp(tunnel->config->options.link, name))
			repair_tunnel(daemon, tunnel);
	}
}

void repair_all(struct daemon *daemon)
{
	if (!daemon->repair)
		return;
	daemon->repair->all = true;
	wait_ms(daemon->repair, SOON_MS);
}

void repair_later(struct daemon *daemon)
{
	const struct tunnel *tunnel;

	for (tunnel = daemon->registry.tunnels; tunnel; tunnel = tunnel->hh.next) {
		if (!tunnel->trouble)
			continue;
		wait_ms(daemon->repair, RETRY_MS);
		return;
	}
}
