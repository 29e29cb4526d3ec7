// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Short histories of two IKE engines on a bad network, in which anything may happen at any time.
 * During each, no packet may be lost for want of an SA; after each, as soon as nothing happens any
 * more, both must agree and have nothing left over.  A seed that fails is named;
 * `build/unit/test_ike_sim SEED` runs it alone, TALK=1 tells its story.
 */
#include "ike_world.h"

enum { HISTORIES = 100, STEPS = 30 };

static void move_time(struct world *w)
{
	static const double spans[] = { 0, 0.005, 0.02, 0.1, 1, 4, 40, 300 };

	run_world(w, spans[world_draw(w) % 8]);
}

static void traffic(struct side *side)
{
	struct engine_news news = { .kind = ENGINE_ACQUIRE };

	if (side->sending[0])
		send_packet(side);
	else
		ike_engine.news(side->keyed[0], &news, side->world->now);
}

static void change_network(struct world *w)
{
	w->drop = world_draw(w) % 3 ? 0 : world_draw(w) % 128;
	w->twice = world_draw(w) % 3 ? 0 : world_draw(w) % 128;
	w->jitter = world_draw(w) % 2 ? 0 : 0.05;
}

/* Its daemon ends and comes back, and at times its kernel with it. */
static void restart(struct side *side)
{
	kill_side(side);
	if (!(world_draw(side->world) % 3))
		forget_pairs(side);
	start_side(side);
}

static void one_step(struct world *w)
{
	struct side *side = &w->sides[world_draw(w) % 2];

	switch (world_draw(w) % 14) {
	case 0:
	case 1:
		wish(w, side->number, ENGINE_UP);
		break;
	case 2:
		wish(w, side->number, ENGINE_DOWN);
		break;
	case 3:
	case 4:
	case 5:
		wish(w, side->number, ENGINE_REKEY);
		break;
	case 6:
		restart(side);
		break;
	case 7:
		side->deaf = !side->deaf;
		break;
	case 8:
	case 9:
		change_network(w);
		break;
	default:
		traffic(side);
	}
	tick(side);
	/* Now and then the next thing happens before this one has had its effect. */
	if (world_draw(w) % 4)
		move_time(w);
}

static void calm(struct world *w)
{
	w->drop = w->twice = 0;
	w->jitter = 0;
	for (int s = 0; s < 2; s++) {
		w->sides[s].deaf = false;
		wish(w, s, ENGINE_UP);
	}
}

static bool is_matched(struct side *side, const struct kernel_pair *pair)
{
	struct side *other = &side->world->sides[!side->number];

	if (find_in(other, pair->out.spi))
		return true;
	print_error("# %c: generation %u, %.0f s old, lives %llu s\n", 'a' + side->number,
		    pair->in.generation, side->world->now - pair->added,
		    (unsigned long long)pair->in.life.hard_seconds);
	return false;
}

/* No half of an SA, no channel that only one side knows. */
static void assert_tidy(struct world *w)
{
	for (int s = 0; s < 2; s++) {
		struct side *side = &w->sides[s];

		assert_true(side->n_pairs >= 1 && side->n_pairs <= 2);
		for (size_t i = 0; i < side->n_pairs; i++) {
			uint32_t number = side->pairs[i].in.generation;

			/* The peer may have heard already that one is about to go. */
			if (!ike_tunnel_find(tunnel_of(w, s), number)->told)
				assert_true(is_matched(side, &side->pairs[i]));
		}
	}
}

static void history(uint64_t seed)
{
	struct world *w = usual_world(seed);

	/* What is deleted, or cut off for long, is lost on purpose. */
	w->cut = true;
	for (int s = 0; s < 2; s++) {
		w->sides[s].tunnels[0].start = (enum sp_start)(world_draw(w) % 3);
		w->sides[s].tunnels[0].lifetime = world_draw(w) % 2 ? 3600 : 120;
		w->sides[s].config.ike_lifetime = world_draw(w) % 2 ? 28800 : 300;
		w->sides[s].config.session_pfs = !(world_draw(w) % 4);
		w->sides[s].config.master_pfs = !(world_draw(w) % 8);
	}
	w->nat = !(world_draw(w) % 4);
	start_world(w);
	for (int step = 0; step < STEPS; step++)
		one_step(w);
	calm(w);
	/* Longer than any silence goes unnoticed, or a quick mode is waited for. */
	run_world(w, 150);
	calm(w);
	run_world(w, 60);
	assert_up(w);
	w->cut = false;
	/* What the other side has not heard of ends with its life. */
	run_world(w, 4000);
	assert_up(w);
	assert_tidy(w);
	free_world(w);
}

/*
 * The same without deletions and cuts: nothing but rekeys from both sides on a network that
 * loses, doubles and reorders.  What either sends with, the other can open at every moment.
 */
static void rekeying_history(uint64_t seed)
{
	struct world *w = usual_world(seed);
	unsigned int before;

	/* Silence has its own histories. */
	w->sides[0].config.dpd = w->sides[1].config.dpd = 0;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	before = w->sides[0].downs + w->sides[1].downs;
	for (int step = 0; step < STEPS; step++) {
		w->drop = world_draw(w) % 2 ? 0 : world_draw(w) % 64;
		w->twice = world_draw(w) % 2 ? 0 : 128;
		w->jitter = world_draw(w) % 2 ? 0 : 0.05;
		wish(w, world_draw(w) % 2, ENGINE_REKEY);
		if (!(world_draw(w) % 3))
			wish(w, 1, ENGINE_REKEY);
		move_time(w);
		send_packet(&w->sides[world_draw(w) % 2]);
	}
	assert_int_equal(w->sides[0].downs + w->sides[1].downs, before);
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

static void test_rekeying(void **state)
{
	(void)state;
	for (seed = only ? only : 1; seed <= (only ? only : HISTORIES); seed++)
		rekeying_history(seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_histories, name_seed),
		cmocka_unit_test_teardown(test_rekeying, name_seed),
	};

	setbuf(stdout, NULL);
	if (argc > 1)
		only = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests_name("ike_sim", tests, NULL, NULL);
}
