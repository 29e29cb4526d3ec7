// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is always true of a peer and its tunnels when the engine is at rest, whatever the peer
 * says and the kernel does.  An engine that has lost this would agree on SAs that nobody asked
 * for, or forget to take some down: tests end there.  In the daemon, where one peer's tunnel is
 * no reason to end those of all others, that tunnel starts over.
 */
#include <stdio.h>
#include <stdlib.h>

#include "negotiate.h"

#define MUST(condition)					\
	do {						\
		if (!(condition))			\
			return #condition;		\
	} while (0)

/* In order of age, each once, and none that is younger than the youngest known. */
static const char *check_generations(const struct rk_tunnel *tunnel)
{
	MUST(tunnel->n_live <= RK_GENERATIONS_MAX);
	for (size_t i = 0; i < tunnel->n_live; i++) {
		MUST(tunnel->live[i].number);
		MUST(tunnel->live[i].number <= tunnel->highest);
		MUST(!i || tunnel->live[i - 1].number < tunnel->live[i].number);
	}
	MUST(!tunnel->current || rk_tunnel_has(tunnel, tunnel->current));
	MUST(!tunnel->current || tunnel->current == tunnel->newest);
	MUST(tunnel->newest <= tunnel->highest);
	MUST(!tunnel->current || tunnel->alg);
	return NULL;
}

static const char *check_negotiation(const struct rk_tunnel *tunnel)
{
	const struct sp_tunnel_config *config = tunnel->config;

	MUST(tunnel->proposal < config->n_esp);
	if (!tunnel->asked_generation)
		return NULL;
	/* Somebody is there to answer, and the number is for this alone. */
	MUST(tunnel->peer->link);
	MUST(tunnel->asked_generation <= tunnel->highest);
	MUST(!rk_tunnel_has(tunnel, tunnel->asked_generation));
	MUST(tunnel->asked_spi >= SPINDLE_SPI_MIN);
	MUST(tunnel->asked_alg == config->esp[tunnel->proposal]);
	return NULL;
}

static const char *check_will(const struct rk_tunnel *tunnel)
{
	if (tunnel->will != RK_WILL_DOWN)
		return NULL;
	/* Nothing is there, and nothing comes of it. */
	MUST(!tunnel->n_live && !tunnel->current);
	MUST(!tunnel->wanted && !tunnel->asked_generation);
	return NULL;
}

/* The condition that does not hold, or NULL. */
static const char *check_tunnel(const struct rk_tunnel *tunnel)
{
	const char *broken = check_generations(tunnel);

	if (!broken)
		broken = check_negotiation(tunnel);
	return broken ? broken : check_will(tunnel);
}

static const char *check_peer(const struct rk_peer *peer)
{
	const struct rk_tunnel *tunnel;
	const char *broken = NULL;

	MUST(peer->pings <= RK_PINGS_MAX);
	STAILQ_FOREACH(tunnel, &peer->tunnels, next) {
		MUST(tunnel->peer == peer);
		if (!broken)
			broken = check_tunnel(tunnel);
	}
	return broken;
}

void rk_peer_check(const struct rk_peer *peer)
{
	const char *broken = check_peer(peer);

	if (!broken)
		return;
	fprintf(stderr, "of a peer does not hold: %s\n", broken);
	abort();
}

void rk_peer_mend(struct rk_peer *peer, double now)
{
	struct rk_tunnel *tunnel;
	const char *broken;

	STAILQ_FOREACH(tunnel, &peer->tunnels, next) {
		broken = check_tunnel(tunnel);
		if (broken)
			rk_tunnel_start_over(tunnel, broken, now);
	}
}
