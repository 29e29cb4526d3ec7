// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is always true of a peer and its tunnels when the engine is at rest, whatever the peer
 * says and the kernel does.  An engine that has lost this would agree on SAs that nobody asked
 * for, or forget to take some down: it ends instead.
 */
#include <assert.h>

#include "negotiate.h"

/* In order of age, each once, and none that is younger than the youngest known. */
static void check_generations(const struct rk_tunnel *tunnel)
{
	assert(tunnel->n_live <= RK_GENERATIONS_MAX);
	for (size_t i = 0; i < tunnel->n_live; i++) {
		assert(tunnel->live[i].number);
		assert(tunnel->live[i].number <= tunnel->highest);
		assert(!i || tunnel->live[i - 1].number < tunnel->live[i].number);
	}
	assert(!tunnel->current || rk_tunnel_has(tunnel, tunnel->current));
	assert(!tunnel->current || tunnel->current == tunnel->newest);
	assert(tunnel->newest <= tunnel->highest);
	assert(!tunnel->current || tunnel->alg);
}

static void check_negotiation(const struct rk_tunnel *tunnel)
{
	const struct sp_tunnel_config *config = &tunnel->config;

	assert(tunnel->proposal < config->n_esp);
	if (!tunnel->asked_generation)
		return;
	/* Somebody is there to answer, and the number is for this alone. */
	assert(tunnel->peer->link);
	assert(tunnel->asked_generation <= tunnel->highest);
	assert(!rk_tunnel_has(tunnel, tunnel->asked_generation));
	assert(tunnel->asked_spi >= SPINDLE_SPI_MIN);
	assert(tunnel->asked_alg == config->esp[tunnel->proposal]);
}

static void check_tunnel(const struct rk_tunnel *tunnel)
{
	check_generations(tunnel);
	check_negotiation(tunnel);
	if (tunnel->will != RK_WILL_DOWN)
		return;
	/* Nothing is there, and nothing comes of it. */
	assert(!tunnel->n_live && !tunnel->current);
	assert(!tunnel->wanted && !tunnel->asked_generation);
}

void rk_peer_check(const struct rk_peer *peer)
{
	const struct rk_tunnel *tunnel;

	assert(peer->pings <= RK_PINGS_MAX);
	STAILQ_FOREACH(tunnel, &peer->tunnels, next) {
		assert(tunnel->peer == peer);
		check_tunnel(tunnel);
	}
}
