// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes of a tunnel's generations when somebody does with them what nobody should. */
#include "rsa_world.h"

/* The second side hears this from somebody who has the key of the first. */
static void hear(struct world *w, const char *text)
{
	struct side *us = &w->sides[B];

	rk_peer_received(us->peer, &w->links[w->n_links - 1], text, w->now);
	rk_peer_tick(us->peer, w->now);
	rk_peer_check(us->peer);
	w->sides[A].n_mail = 0;
}

/* A peer that goes back to what it has left uses what is about to be removed. */
static void test_back_to_an_older_generation(void **state)
{
	struct world *w = up_world();

	(void)state;
	w->sides[A].mute = true;
	hear(w, "install gen=3 spi=0x10000003 alg=aes128-sha256 tunnel=lan");
	hear(w, "active gen=3 tunnel=lan");
	hear(w, "install gen=4 spi=0x10000004 alg=aes128-sha256 tunnel=lan");
	hear(w, "active gen=4 tunnel=lan");
	hear(w, "delete gen=4 tunnel=lan");
	assert_int_equal(tunnel_of(w, B)->current, 0);
	hear(w, "active gen=3 tunnel=lan");
	assert_int_equal(tunnel_of(w, B)->current, 0);
	w->now += RK_LINGER_PEER_SECONDS;
	rk_peer_tick(w->sides[B].peer, w->now);
	rk_peer_check(w->sides[B].peer);
	assert_int_equal(w->sides[B].n_sas, 0);
	/* What is new is used again. */
	hear(w, "install gen=5 spi=0x10000005 alg=aes128-sha256 tunnel=lan");
	hear(w, "active gen=5 tunnel=lan");
	assert_int_equal(tunnel_of(w, B)->current, 5);
	free_world(w);
}

/* The newest is deleted by hand soon after a refresh, and the kernel falls back to the older. */
static void test_back_by_hand(void **state)
{
	struct world *w = up_world();
	struct side *us = &w->sides[B];
	struct sp_error err;

	(void)state;
	assert_int_equal(rk_tunnel_rekey(tunnel_of(w, A), w->now, &err), 0);
	run_world(w, 1);
	assert_int_equal(tunnel_of(w, B)->current, 2);
	w->lossy = true;
	assert_int_equal(world_remove(us, "lan", 2, &err), 0);
	us->sending[0] = 1;
	rk_tunnel_vanished(tunnel_of(w, B), 2, w->now);
	rk_tunnel_active(tunnel_of(w, B), 1, w->now);
	run_world(w, RK_ANSWER_SECONDS + RK_LINGER_PEER_SECONDS);
	assert_up(w);
	assert_int_equal(tunnel_of(w, B)->current, 3);
	assert_alone(w);
	free_world(w);
}

/* Offers both ways, so that either word is agreed on. */
static void offer(struct sp_tunnel_config *config, const char *first, const char *second)
{
	config->esp[0] = spn_suite_find(first)->word;
	config->n_esp = 1;
	if (second)
		config->esp[config->n_esp++] = spn_suite_find(second)->word;
}

/* Another algorithm by reload, while the peer has not answered to an offer of the one before. */
static void test_reload_while_asking(void **state)
{
	struct world *w = new_world(1);

	(void)state;
	offer(&w->sides[A].configs[0], "aes128-sha256", NULL);
	offer(&w->sides[B].configs[0], "aes256-sha512", "aes128-sha256");
	start_world(w);
	rk_tunnel_acquire(tunnel_of(w, B), w->now);	/* listens: nothing happens */
	rk_tunnel_up(tunnel_of(w, A), w->now);
	rk_peer_tick(w->sides[A].peer, w->now);
	assert_true(connect_one(w, &w->sides[A]));
	tunnel_of(w, A)->will = RK_WILL_IDLE;		/* as if for a packet */
	assert_int_equal(tunnel_of(w, A)->asked_generation, 1);
	offer(&w->sides[A].configs[0], "aes256-sha512", NULL);
	rk_tunnel_configure(tunnel_of(w, A), &w->sides[A].configs[0], w->now);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	assert_string_equal(w->sides[A].sas[0].alg, "aes256-sha512");
	assert_string_equal(w->sides[B].sas[0].alg, "aes256-sha512");
	free_world(w);
}

/* And at the other end, between its answer and the first use. */
static void test_reload_while_asked(void **state)
{
	struct world *w = new_world(1);

	(void)state;
	offer(&w->sides[A].configs[0], "aes128-sha256", "aes256-sha512");
	offer(&w->sides[B].configs[0], "aes128-sha256", NULL);
	start_world(w);
	rk_tunnel_up(tunnel_of(w, A), w->now);
	rk_peer_tick(w->sides[A].peer, w->now);
	assert_true(connect_one(w, &w->sides[A]));
	assert_true(deliver_one(w, &w->sides[B]));
	assert_int_equal(tunnel_of(w, B)->n_live, 1);
	assert_int_equal(tunnel_of(w, B)->current, 0);
	offer(&w->sides[B].configs[0], "aes256-sha512", NULL);
	rk_tunnel_configure(tunnel_of(w, B), &w->sides[B].configs[0], w->now);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	assert_string_equal(w->sides[A].sas[0].alg, "aes256-sha512");
	free_world(w);
}

/* SAs made by hand while the daemon was away, with a number that leaves none for later ones. */
static void test_adoption_of_too_high_a_number(void **state)
{
	static const uint32_t numbers[] = { UINT32_MAX, UINT32_MAX - 1, RK_GENERATION_MAX };
	struct side *us;
	struct world *w;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		w = up_world();
		us = &w->sides[A];
		kill_side(us);
		us->sas[us->n_sas] = us->sas[0];
		us->sas[us->n_sas++].generation = us->sending[0] = numbers[i];
		us->configs[0].start = SP_START_UP;
		w->lossy = true;
		us->notes = 0;
		start_side(us);
		assert_null(find_sa(us, "lan", numbers[i]));
		assert_int_equal(us->notes, 1);
		rk_peer_check(us->peer);
		run_world(w, 60);
		assert_up(w);
		assert_int_equal(tunnel_of(w, A)->current, 2);
		free_world(w);
	}
}

/* One that is high, but leaves room, is taken over, and the peer goes on from there. */
static void test_adoption_of_a_high_number(void **state)
{
	struct world *w = up_world();
	struct side *us = &w->sides[A];

	(void)state;
	kill_side(us);
	us->sas[0].generation = us->sending[0] = RK_GENERATION_ADOPT_MAX;
	us->configs[0].start = SP_START_UP;
	w->lossy = true;
	start_side(us);
	assert_int_equal(tunnel_of(w, A)->current, RK_GENERATION_ADOPT_MAX);
	run_world(w, 60);
	assert_up(w);
	assert_int_equal(tunnel_of(w, B)->current, RK_GENERATION_ADOPT_MAX + 1);
	free_world(w);
}

static void lose_current(struct rk_tunnel *tunnel)
{
	tunnel->n_live = 0;
}

static void confuse_order(struct rk_tunnel *tunnel)
{
	tunnel->live[1] = tunnel->live[0];
	tunnel->n_live = 2;
}

static void overflow_numbers(struct rk_tunnel *tunnel)
{
	struct side *side = tunnel->peer->port.arg;

	side->sas[0].generation = side->sending[0] = tunnel->live[0].number = UINT32_MAX;
	tunnel->current = tunnel->newest = tunnel->highest = UINT32_MAX;
	tunnel->asked_generation = 1;
	tunnel->asked_spi = 1;
}

static void lose_proposals(struct rk_tunnel *tunnel)
{
	tunnel->proposal = tunnel->config->n_esp;
}

static const struct {
	void (*make)(struct rk_tunnel *tunnel);
} faults[] = {
	{ lose_current }, { confuse_order }, { overflow_numbers }, { lose_proposals },
};

/* If what the engine knows of a tunnel contradicts itself, this tunnel pays, and comes back. */
static void test_start_over(void **state)
{
	struct rk_tunnel *tunnel;
	struct world *w;

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		w = up_world();
		tunnel = tunnel_of(w, A);
		rk_peer_mend(w->sides[A].peer, w->now);
		assert_int_equal(w->sides[A].downs, 0);
		faults[i].make(tunnel);
		w->lossy = true;
		rk_peer_mend(w->sides[A].peer, w->now);
		rk_peer_check(w->sides[A].peer);
		assert_int_equal(w->sides[A].downs, 1);
		assert_int_equal(w->sides[A].n_sas, 0);
		run_world(w, 60);
		assert_up(w);
		assert_alone(w);
		free_world(w);
	}
}

/* Nothing comes of one that its administrator has taken down. */
static void test_start_over_while_down(void **state)
{
	struct world *w = up_world();

	(void)state;
	rk_tunnel_down(tunnel_of(w, A));
	run_world(w, 60);
	tunnel_of(w, A)->wanted = true;
	rk_peer_mend(w->sides[A].peer, w->now);
	rk_peer_check(w->sides[A].peer);
	run_world(w, 60);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "down");
	assert_int_equal(w->sides[A].n_sas, 0);
	free_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back_to_an_older_generation),
		cmocka_unit_test(test_back_by_hand),
		cmocka_unit_test(test_reload_while_asking),
		cmocka_unit_test(test_reload_while_asked),
		cmocka_unit_test(test_adoption_of_too_high_a_number),
		cmocka_unit_test(test_adoption_of_a_high_number),
		cmocka_unit_test(test_start_over),
		cmocka_unit_test(test_start_over_while_down),
	};

	return cmocka_run_group_tests_name("rsa_generations", tests, NULL, NULL);
}
