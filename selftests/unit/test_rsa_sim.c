// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thousand short histories of two engines, in which anything may happen at
 * any time.  During each, no packet may be lost for want of an SA; after each, as
 * soon as nothing happens any more, both must agree.  A seed that fails is named;
 * `build/unit/test_rsa_sim SEED` runs it alone, TALK=1 tells its story.
 */
#include "rsa_world.h"

enum { HISTORIES = 1000, STEPS = 40 };

static void move_time(struct world *w)
{
	static const double spans[] = { 0, 0.001, 1, 4, 12, 40, 300, 4000 };

	run_world(w, spans[world_draw(w) % 8]);
}

/* The side's kernel opens a packet of the other's, and switches if that one is parked. */
static void packet(struct side *from)
{
	struct side *to = &from->world->sides[!from->number];
	uint32_t generation = from->sending[0];

	if (!generation || generation <= to->sending[0] || !find_sa(to, "lan", generation))
		return;
	to->sending[0] = generation;
	rk_tunnel_active(STAILQ_FIRST(&to->peer->tunnels), generation, to->world->now);
}

static void traffic(struct side *side)
{
	if (side->sending[0])
		packet(side);
	else
		rk_tunnel_acquire(STAILQ_FIRST(&side->peer->tunnels), side->world->now);
}

static void one_step(struct world *w)
{
	struct side *side = &w->sides[world_draw(w) % 2];
	struct rk_tunnel *tunnel = STAILQ_FIRST(&side->peer->tunnels);
	struct sp_error err;

	switch (world_draw(w) % 12) {
	case 0:
		rk_tunnel_up(tunnel, w->now);
		break;
	case 1:
		/* The peer may not hear of it. */
		w->lossy = true;
		rk_tunnel_down(tunnel);
		break;
	case 2:
	case 3:
		rk_tunnel_rekey(tunnel, w->now, &err);
		break;
	case 4:
		cut_sessions(w);
		break;
	case 5:
		kill_side(side);
		start_side(side);
		break;
	case 6:
		side->deaf = !side->deaf;
		break;
	case 7:
		rk_tunnel_overdue(tunnel, w->now);
		break;
	case 8:
		w->cut_at = w->delivered + 1 + world_draw(w) % 6;
		break;
	default:
		traffic(side);
	}
	rk_peer_tick(side->peer, w->now);
	/* Now and then the next thing happens before this one has had its effect. */
	if (world_draw(w) % 4)
		move_time(w);
}

static void history(uint64_t seed)
{
	struct world *w = new_world(seed);

	for (int s = 0; s < 2; s++) {
		w->sides[s].configs[0].start = (enum sp_start)(world_draw(w) % 3);
		w->sides[s].configs[0].lifetime = world_draw(w) % 2 ? 3600 : 60;
	}
	start_world(w);
	for (int step = 0; step < STEPS; step++)
		one_step(w);

	w->cut_at = 0;
	for (int s = 0; s < 2; s++) {
		w->sides[s].deaf = false;
		rk_tunnel_up(STAILQ_FIRST(&w->sides[s].peer->tunnels), w->now);
		rk_peer_tick(w->sides[s].peer, w->now);
	}
	run_world(w, 120);
	/* Up may have come before the peer's: ask again, as a person would. */
	for (int s = 0; s < 2; s++)
		rk_tunnel_up(STAILQ_FIRST(&w->sides[s].peer->tunnels), w->now);
	run_world(w, 120);
	assert_up(w);
	free_world(w);
}

static uint64_t only, seed;

static int name_seed(void **state)
{
	(void)state;
	if (seed <= (only ? only : HISTORIES))
		print_error("# seed %llu\n", (unsigned long long)seed);
	return 0;
}

static void test_histories(void **state)
{
	(void)state;
	for (seed = only ? only : 1; seed <= (only ? only : HISTORIES); seed++)
		history(seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_histories, name_seed),
	};

	if (argc > 1)
		only = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests_name("rsa_sim", tests, NULL, NULL);
}
