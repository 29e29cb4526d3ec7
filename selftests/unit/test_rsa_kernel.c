// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel tells an engine, and what it refuses.  With TALK=1 it can be read. */
#include "rsa_world.h"

static void switch_both(struct world *w, bool off)
{
	for (int s = 0; s < 2; s++) {
		rk_tunnel_switch_off(tunnel_of(w, s), off);
		rk_peer_tick(w->sides[s].peer, w->now);
	}
}

/* Nothing is asked of the peer, whatever there is to ask for; but the peer gets what it asks. */
static void test_switched_off(void **state)
{
	struct world *w = new_world(8);

	(void)state;
	w->sides[A].configs[0].start = SP_START_UP;
	w->sides[A].configs[0].options.admin = SPINDLE_ADMIN_DOWN;
	start_world(w);
	run_world(w, 60);
	rk_tunnel_acquire(tunnel_of(w, A), w->now);
	run_world(w, 60);
	assert_int_equal(w->delivered, 0);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "admin-down");
	assert_string_equal(rk_peer_state(w->sides[A].peer), "closed");

	rk_tunnel_up(tunnel_of(w, B), w->now);
	run_world(w, 100000);
	assert_in_range(tunnel_of(w, A)->rekeys, 27, 34);	/* the peer's */
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "admin-down");
	rk_tunnel_switch_off(tunnel_of(w, A), false);
	assert_up(w);

	/* Of what neither side asks for there is none in the end. */
	switch_both(w, true);
	run_world(w, 100000);
	assert_int_equal(w->sides[A].n_sas + w->sides[B].n_sas, 0);
	switch_both(w, false);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	free_world(w);
}

static void test_acquire(void **state)
{
	struct world *w = new_world(9);

	(void)state;
	w->sides[A].configs[0].start = w->sides[B].configs[0].start = SP_START_TRAP;
	start_world(w);
	run_world(w, 60);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "idle");
	assert_int_equal(w->n_links, 0);
	rk_tunnel_acquire(tunnel_of(w, A), w->now);
	run_world(w, 0);
	assert_up(w);
	rk_tunnel_acquire(tunnel_of(w, A), w->now);	/* sent by the kernel a moment before */
	run_world(w, 1);
	assert_int_equal(tunnel_of(w, A)->current, 1);

	forget_sas(&w->sides[A]);
	run_world(w, 10);
	rk_tunnel_acquire(tunnel_of(w, A), w->now);
	run_world(w, 60);
	assert_up(w);
	free_world(w);
}

static void test_acquire_without_answer(void **state)
{
	struct world *w = new_world(10);

	(void)state;
	w->sides[A].configs[0].start = SP_START_TRAP;
	w->sides[B].deaf = true;
	start_world(w);
	rk_tunnel_acquire(tunnel_of(w, A), w->now);
	run_world(w, 600);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "idle");	/* until the next packet */
	w->sides[B].deaf = false;
	rk_tunnel_acquire(tunnel_of(w, A), w->now);
	run_world(w, 60);
	assert_up(w);
	free_world(w);
}

static void test_first_packet_is_faster(void **state)
{
	struct world *w = up_world();
	struct sp_error err;

	(void)state;
	assert_int_equal(rk_tunnel_rekey(tunnel_of(w, A), w->now, &err), 0);
	rk_peer_tick(w->sides[A].peer, w->now);
	assert_true(deliver_one(w, &w->sides[B]) && deliver_one(w, &w->sides[A]));
	/* The kernel has switched by itself, and active is still on its way. */
	w->sides[B].sending[0] = 2;
	rk_tunnel_active(tunnel_of(w, B), 2, w->now);
	assert_int_equal(tunnel_of(w, B)->current, 2);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	assert_int_equal(w->sides[B].ups, 2);
	free_world(w);
}

static void test_hard_expiry(void **state)
{
	struct world *w = up_world();

	(void)state;
	rk_tunnel_expire(tunnel_of(w, A), 1, true, w->now);
	assert_int_equal(w->sides[A].downs, 1);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	assert_int_equal(tunnel_of(w, A)->current, 2);

	/* Nobody to refresh with: the tunnel ends with its keys, and comes back. */
	w->sides[B].deaf = w->sides[A].deaf = true;
	cut_sessions(w);
	run_world(w, 4000);
	assert_int_equal(w->sides[A].n_sas + w->sides[B].n_sas, 0);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "waiting");
	w->sides[B].deaf = w->sides[A].deaf = false;
	run_world(w, 60);
	assert_up(w);
	free_world(w);
}

static void test_kernel_refuses(void **state)
{
	static const char *const steps[] = { "spi", "install" };

	(void)state;
	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < 2; i++) {
			struct world *w = new_world(12);

			w->sides[s].broken = steps[i];
			start_world(w);
			rk_tunnel_up(tunnel_of(w, A), w->now);
			run_world(w, 0.5);
			assert_int_equal(w->sides[A].refusals, 1);
			assert_int_equal(w->sides[A].n_sas + w->sides[B].n_sas, 0);
			assert_non_null(strstr(sp_note_text(&tunnel_of(w, A)->last_error),
					       i ? "no memory" : "no SPI left"));
			w->sides[s].broken = NULL;
			run_world(w, 60);
			assert_up(w);
			assert_alone(w);
			free_world(w);
		}
	}
}

/* By hand: at the side that keeps the tunnel up, and at the one that listens. */
static void test_vanished(void **state)
{
	(void)state;
	for (int s = 0; s < 2; s++) {
		struct world *w = up_world();

		forget_sas(&w->sides[s]);
		rk_tunnel_vanished(tunnel_of(w, s), 7, w->now);		/* which there never was */
		assert_int_equal(tunnel_of(w, s)->current, 1);
		rk_tunnel_vanished(tunnel_of(w, s), 1, w->now);
		assert_int_equal(w->sides[s].downs, 1);
		run_world(w, 60);
		assert_up(w);
		assert_alone(w);
		assert_int_equal(tunnel_of(w, s)->current, 2);
		free_world(w);
	}
}

static void test_kernels_tunnel_gone(void **state)
{
	struct world *w = up_world();

	(void)state;
	forget_sas(&w->sides[A]);
	rk_tunnel_gone(tunnel_of(w, A), w->now);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	free_world(w);
}

static void test_overdue(void **state)
{
	struct world *w = up_world();

	(void)state;
	rk_tunnel_overdue(tunnel_of(w, A), w->now);
	run_world(w, 0);
	assert_int_equal(tunnel_of(w, A)->current, 1);
	run_world(w, RK_SPREAD_SECONDS);
	assert_up(w);
	assert_int_equal(tunnel_of(w, A)->current, 2);
	free_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switched_off),
		cmocka_unit_test(test_acquire),
		cmocka_unit_test(test_acquire_without_answer),
		cmocka_unit_test(test_first_packet_is_faster),
		cmocka_unit_test(test_hard_expiry),
		cmocka_unit_test(test_kernel_refuses),
		cmocka_unit_test(test_vanished),
		cmocka_unit_test(test_kernels_tunnel_gone),
		cmocka_unit_test(test_overdue),
	};

	return cmocka_run_group_tests_name("rsa_kernel", tests, NULL, NULL);
}
