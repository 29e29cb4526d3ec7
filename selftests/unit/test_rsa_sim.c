// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thousand short histories of two engines, in which anything may happen at
 * any time.  During each, no packet may be lost for want of an SA; after each, as
 * soon as nothing happens any more, both must agree.  A seed that fails is named;
 * `build/unit/test_rsa_sim SEED` runs it alone, TALK=1 tells its story.  Then as many in which
 * the other side says whatever it likes.
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

/* Any message at any time, with numbers that may mean something. */
static void say_anything(struct world *w, char *text, size_t size)
{
	static const char *const verbs[] = { "install", "installed", "active", "delete", "error" };
	static const char *const codes[] = { "stale-generation", "alg", "down", "crossing" };
	uint32_t highest = tunnel_of(w, 0)->highest;
	uint32_t numbers[] = {
		world_draw(w) % 12, highest + 1, highest, tunnel_of(w, 0)->asked_generation,
		highest - world_draw(w) % 4, UINT32_MAX - world_draw(w) % 3,
	};
	uint32_t generation = numbers[world_draw(w) % 20 ? world_draw(w) % 5 : 5];
	const char *verb = verbs[world_draw(w) % 5];

	if (!strcmp(verb, "error"))
		snprintf(text, size, "error gen=%u code=%s text=\"no\" tunnel=lan", generation,
			 codes[world_draw(w) % 4]);
	else if (!strncmp(verb, "install", 7))
		snprintf(text, size, "%s gen=%u spi=0x%x alg=aes128-sha256 tunnel=lan", verb,
			 generation, 0x10000000 + world_draw(w) % 100);
	else
		snprintf(text, size, "%s gen=%u tunnel=lan", verb, generation);
}

/* The other side is not ours, and keeps to nothing; what is always true of ours stays so. */
static void hostile_history(uint64_t seed_of_it)
{
	struct world *w = new_world(seed_of_it);
	struct side *us = &w->sides[0];
	struct rk_link *link = NULL;
	char text[200];
	bool admin;

	us->configs[0].start = (enum sp_start)(world_draw(w) % 3);
	start_world(w);
	/* In every other history the admin is away, and the peer is alone with what it makes. */
	admin = world_draw(w) % 2;
	for (int step = 0; step < STEPS * 4; step++) {
		if (!link || !link->open[0]) {
			link = &w->links[w->n_links++];
			*link = (struct rk_link){ .open = { true, true } };
			us->connecting = false;
			rk_peer_opened(us->peer, link, world_draw(w) % 2, w->now);
		}
		say_anything(w, text, sizeof(text));
		if (link->open[0])
			rk_peer_received(us->peer, link, text, w->now);
		rk_peer_check(us->peer);
		if (!(world_draw(w) % 8))
			rk_tunnel_up(tunnel_of(w, 0), w->now);
		if (admin && !(world_draw(w) % 16))
			rk_tunnel_down(tunnel_of(w, 0));
		rk_peer_tick(us->peer, w->now);
		rk_peer_check(us->peer);
		w->sides[1].n_mail = 0;
		/* Now and then long enough for what lingers to go. */
		w->now += world_draw(w) % 16 ? world_draw(w) % 3 : RK_LINGER_PEER_SECONDS;
	}
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

static void test_hostile(void **state)
{
	(void)state;
	for (seed = only ? only : 1; seed <= (only ? only : HISTORIES); seed++)
		hostile_history(seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_histories, name_seed),
		cmocka_unit_test_teardown(test_hostile, name_seed),
	};

	if (argc > 1)
		only = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests_name("rsa_sim", tests, NULL, NULL);
}
