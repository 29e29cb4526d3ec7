// SPDX-License-Identifier: GPL-2.0-or-later
/* Scenes between two engines.  With TALK=1 in the environment they can be read. */
#include "rsa_world.h"

static void test_up(void **state)
{
	struct world *w = up_world();

	(void)state;
	assert_int_equal(tunnel_of(w, A)->current, 1);
	assert_int_equal(w->sides[A].ups, 1);
	assert_int_equal(w->sides[B].ups, 1);
	assert_alone(w);
	assert_int_equal(w->delivered, 3);	/* install, installed, active */
	free_world(w);
}

static void test_start_up_on_both_sides(void **state)
{
	struct world *w = new_world(2);

	(void)state;
	w->sides[A].configs[0].start = w->sides[B].configs[0].start = SP_START_UP;
	start_world(w);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	assert_int_equal(tunnel_of(w, A)->current, 1);	/* nobody did it twice */
	free_world(w);
}

static void test_rekey(void **state)
{
	struct world *w = up_world();
	struct sp_error err;

	(void)state;
	assert_int_equal(rk_tunnel_rekey(tunnel_of(w, B), w->now, &err), 0);
	run_world(w, 1);
	assert_up(w);
	assert_int_equal(tunnel_of(w, A)->current, 2);
	assert_int_equal(w->sides[A].n_sas, 2);		/* the old one lingers */
	run_world(w, RK_LINGER_SECONDS);
	assert_alone(w);
	assert_int_equal(tunnel_of(w, A)->rekeys, 1);
	assert_int_equal(w->sides[A].downs + w->sides[B].downs, 0);
	free_world(w);
}

static void test_refresh_by_lifetime(void **state)
{
	struct world *w = up_world();

	(void)state;
	run_world(w, 100000);
	assert_up(w);
	/* 27.8 hours of 1-hour lives refreshed between 80 and 88 %: once each, not by both. */
	assert_in_range(tunnel_of(w, A)->rekeys, 31, 34);
	assert_int_equal(w->sides[A].downs + w->sides[B].downs, 0);
	assert_int_equal(w->sides[A].refusals + w->sides[B].refusals, 0);
	free_world(w);
}

static void test_shorter_life_of_the_responder(void **state)
{
	struct world *w = new_world(3);

	(void)state;
	w->sides[B].configs[0].lifetime = 600;
	start_world(w);
	rk_tunnel_up(tunnel_of(w, A), w->now);
	run_world(w, 3600);
	assert_up(w);
	assert_in_range(tunnel_of(w, A)->rekeys, 6, 8);
	assert_int_equal(w->sides[A].downs + w->sides[B].downs, 0);
	free_world(w);
}

static void test_crossing_installs(void **state)
{
	struct world *w = up_world();
	struct sp_error err;

	(void)state;
	assert_int_equal(rk_tunnel_rekey(tunnel_of(w, A), w->now, &err), 0);
	assert_int_equal(rk_tunnel_rekey(tunnel_of(w, B), w->now, &err), 0);
	/* Both are on the wire before either is read. */
	rk_peer_tick(w->sides[A].peer, w->now);
	rk_peer_tick(w->sides[B].peer, w->now);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	assert_int_equal(tunnel_of(w, A)->current, 2);
	assert_int_equal(w->sides[A].refusals + w->sides[B].refusals, 0);
	free_world(w);
}

static void test_crossing_sessions(void **state)
{
	struct world *w = new_world(4);
	size_t open = 0;

	(void)state;
	w->sides[A].configs[0].start = w->sides[B].configs[0].start = SP_START_UP;
	start_world(w);
	rk_peer_tick(w->sides[A].peer, w->now);
	rk_peer_tick(w->sides[B].peer, w->now);
	assert_true(w->sides[A].connecting && w->sides[B].connecting);
	connect_both(w);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	for (size_t i = 0; i < w->n_links; i++)
		open += w->links[i].open[A] && w->links[i].open[B];
	assert_int_equal(open, 1);
	assert_int_equal(w->n_links, 2);		/* nobody had to connect again */
	assert_true(w->sides[A].peer->client);		/* 192.0.2.1 is the lower */
	free_world(w);
}

static void test_algorithms(void **state)
{
	struct world *w = new_world(5);

	(void)state;
	w->sides[A].configs[0].esp[0] = spn_suite_find("aes256-sha512")->word;
	start_world(w);
	rk_tunnel_up(tunnel_of(w, A), w->now);
	run_world(w, 0.5);
	assert_int_equal(w->sides[A].refusals, 1);
	assert_string_equal(sp_note_text(&tunnel_of(w, A)->last_error),
			    "peer refuses aes256-sha512: "
			    "offered is aes256-sha512, accepted is aes128-sha256");
	assert_string_equal(sp_note_text(&tunnel_of(w, B)->last_error),
			    "peer offers aes256-sha512, we accept aes128-sha256");
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "waiting");
	free_world(w);

	w = new_world(5);
	w->sides[A].configs[0].esp[0] = spn_suite_find("aes256-sha512")->word;
	w->sides[A].configs[0].esp[1] = spn_suite_find("aes128-sha256")->word;
	w->sides[A].configs[0].n_esp = 2;
	start_world(w);
	rk_tunnel_up(tunnel_of(w, A), w->now);
	run_world(w, 0);
	assert_up(w);
	assert_string_equal(tunnel_of(w, A)->alg, "aes128-sha256");
	free_world(w);
}

static void test_selectors(void **state)
{
	struct world *w = new_world(6);
	struct sp_error err;

	(void)state;
	assert_int_equal(sp_ts_parse(&w->sides[B].remote_ts[0],
				     "10.9.0.0/16[tcp/80]", &err), 0);
	start_world(w);
	rk_tunnel_up(tunnel_of(w, A), w->now);
	run_world(w, 0.5);
	assert_int_equal(w->sides[A].refusals, 1);
	assert_string_equal(sp_note_text(&tunnel_of(w, A)->last_error),
			    "peer says selectors: offered local-ts is 10.1.0.0/24, but remote-ts "
			    "here is 10.9.0.0/16[tcp/80]");
	assert_string_equal(sp_note_text(&tunnel_of(w, B)->last_error),
			    "peer's local-ts is 10.1.0.0/24, our remote-ts is 10.9.0.0/16[tcp/80]");
	assert_int_equal(w->sides[B].n_sas, 0);
	free_world(w);
}

static void test_unknown_tunnel(void **state)
{
	struct world *w = new_world(7);

	(void)state;
	strcpy(w->sides[A].configs[0].name, "wan");
	start_world(w);
	rk_tunnel_up(tunnel_of(w, A), w->now);
	run_world(w, 0.5);
	assert_string_equal(sp_note_text(&tunnel_of(w, A)->last_error), "peer says unknown-tunnel: "
			    "no tunnel of that name is configured for this peer");
	free_world(w);
}

static void test_two_tunnels(void **state)
{
	struct world *w = new_world(8);

	(void)state;
	for (int s = 0; s < 2; s++) {
		w->sides[s].n_tunnels = 2;
		w->sides[s].configs[0].start = w->sides[s].configs[1].start = SP_START_UP;
	}
	start_world(w);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	assert_int_equal(w->sides[A].sending[1], w->sides[B].sending[1]);
	assert_int_not_equal(w->sides[A].sending[1], 0);
	free_world(w);
}

static void test_restart(void **state)
{
	struct world *w = up_world();

	(void)state;
	w->sides[A].configs[0].start = SP_START_UP;
	kill_side(&w->sides[A]);
	assert_int_equal(w->sides[A].sending[0], 1);	/* traffic goes on */
	start_side(&w->sides[A]);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "up");
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	assert_int_equal(tunnel_of(w, A)->current, 2);
	assert_int_equal(w->sides[A].downs + w->sides[B].downs, 0);
	free_world(w);
}

/* Rebooted: it has forgotten everything, and its generations begin anew. */
static void test_stale_generation(void **state)
{
	struct world *w = up_world();
	struct sp_error err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rk_tunnel_rekey(tunnel_of(w, A), w->now, &err), 0);
		run_world(w, 60);
	}
	kill_side(&w->sides[A]);
	forget_sas(&w->sides[A]);
	start_side(&w->sides[A]);
	rk_tunnel_up(tunnel_of(w, A), w->now);
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	assert_int_equal(tunnel_of(w, A)->current, 5);
	free_world(w);
}

static void test_down_and_up(void **state)
{
	struct world *w = up_world();

	(void)state;
	rk_tunnel_down(tunnel_of(w, A));
	run_world(w, 60);
	assert_int_equal(w->sides[A].n_sas + w->sides[B].n_sas, 0);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "down");
	assert_string_equal(rk_tunnel_state(tunnel_of(w, B)), "idle");

	rk_tunnel_up(tunnel_of(w, B), w->now);		/* the other side does not want it */
	run_world(w, 0.5);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, B)), "idle");
	assert_string_equal(sp_note_text(&tunnel_of(w, B)->last_error), "peer says down: "
			    "the tunnel was taken down by its administrator");

	rk_tunnel_up(tunnel_of(w, A), w->now);
	run_world(w, 1);
	assert_up(w);
	assert_alone(w);
	assert_int_equal(tunnel_of(w, A)->current, 3);	/* a number is asked for once */
	free_world(w);
}

/* Taken down while nobody could be told. */
static void test_down_without_session(void **state)
{
	struct world *w = up_world();

	(void)state;
	w->sides[B].configs[0].start = SP_START_UP;
	kill_side(&w->sides[B]);
	rk_tunnel_down(tunnel_of(w, A));
	start_side(&w->sides[B]);
	run_world(w, 60);
	assert_int_equal(w->sides[B].n_sas, 0);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, B)), "idle");
	free_world(w);
}

static void test_dead_peer(void **state)
{
	struct world *w = up_world();

	(void)state;
	w->sides[B].mute = true;
	run_world(w, RK_IDLE_SECONDS * (RK_PINGS_MAX + 1) - 1);
	assert_string_equal(rk_peer_state(w->sides[A].peer), "open");
	run_world(w, 2);
	assert_string_equal(sp_note_text(&w->sides[A].peer->last_error),
			    "session ended: 3 pings without an answer");
	w->sides[B].mute = false;
	run_world(w, 60);
	assert_string_equal(rk_peer_state(w->sides[A].peer), "open");
	assert_up(w);
	assert_alone(w);
	free_world(w);
}

static void test_no_answer(void **state)
{
	struct world *w = new_world(11);

	(void)state;
	w->sides[B].mute = true;
	start_world(w);
	rk_tunnel_up(tunnel_of(w, A), w->now);
	run_world(w, RK_ANSWER_SECONDS - 1);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "negotiating");
	run_world(w, 1.5);
	assert_string_equal(sp_note_text(&tunnel_of(w, A)->last_error),
			    "the peer has not answered in time");
	w->sides[B].mute = false;
	run_world(w, 60);
	assert_up(w);
	assert_alone(w);
	free_world(w);
}

/* The session is cut after each message in turn, of an install and of a refresh. */
static void test_lost_session(void **state)
{
	(void)state;
	for (unsigned int at = 1; at < 10; at++) {
		struct world *w = new_world(at);
		struct sp_error err;

		w->sides[A].configs[0].start = SP_START_UP;
		w->cut_at = at;
		start_world(w);
		run_world(w, 30);
		assert_up(w);
		assert_int_equal(rk_tunnel_rekey(tunnel_of(w, B), w->now, &err), 0);
		run_world(w, 120);
		assert_true(w->delivered > at);
		assert_up(w);
		assert_alone(w);
		free_world(w);
	}
}

/* Traffic is what trap waits for, and listen does not. */
static void test_listen_is_for_the_peer(void **state)
{
	struct world *w = new_world(14);

	(void)state;
	start_world(w);
	rk_tunnel_acquire(tunnel_of(w, A), w->now);
	run_world(w, 60);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "idle");
	assert_int_equal(w->n_links, 0);
	rk_tunnel_up(tunnel_of(w, B), w->now);
	run_world(w, 0);
	assert_up(w);
	/* SAs that are gone without our knowing are gone, whoever brings them back. */
	forget_sas(&w->sides[A]);
	run_world(w, 10);
	rk_tunnel_acquire(tunnel_of(w, A), w->now);
	assert_string_equal(rk_tunnel_state(tunnel_of(w, A)), "idle");
	free_world(w);
}

/* The peer's SA has come to its end a little sooner than ours: that is nobody's wish. */
static void test_end_at_the_peer(void **state)
{
	struct world *w = up_world();
	struct rk_tunnel *tunnel = tunnel_of(w, A);

	(void)state;
	w->now = tunnel->rekey_at;
	rk_peer_received(tunnel->peer, tunnel->peer->link, "delete gen=1 tunnel=lan", w->now);
	w->lossy = true;
	assert_int_equal(tunnel->will, RK_WILL_KEEP);
	run_world(w, 60);
	assert_up(w);
	free_world(w);
}

/* Anybody at the peer's address can open connections that come to nothing. */
static void test_rejected(void **state)
{
	struct world *w = up_world();
	struct rk_peer *peer = w->sides[A].peer;

	(void)state;
	rk_peer_rejected(peer, "another key 1", w->now);
	assert_string_equal(sp_note_text(&peer->last_error), "");
	for (int i = 0; i < 100; i++)
		rk_peer_rejected(peer, i % 2 ? "another key 2" : "another key 3", w->now);
	assert_int_equal(w->sides[A].notes, 2);		/* the session, and the first */
	rk_peer_rejected(peer, "another key 4", w->now + RK_REJECTED_SECONDS);
	assert_int_equal(w->sides[A].notes, 3);
	assert_string_equal(rk_peer_state(peer), "open");
	free_world(w);
}

/* A peer that is not us: no names, no selectors, odd messages. */
static void test_foreign_peer(void **state)
{
	struct world *w = new_world(13);
	struct side *us = &w->sides[B];
	struct rk_link *link = &w->links[w->n_links++];
	const char *answer = w->sides[A].mail[0].text;

	(void)state;
	start_world(w);
	*link = (struct rk_link){ .open = { true, true } };
	rk_peer_opened(us->peer, link, false, w->now);
	rk_peer_received(us->peer, link, "ping", w->now);
	assert_string_equal(answer, "pong");
	w->sides[A].n_mail = 0;
	rk_peer_received(us->peer, link, "install gen=7 spi=0x5000 alg=aes128-sha256 colour=red",
			 w->now);
	assert_string_equal(answer, "installed gen=7 spi=0x00001000 tunnel=lan life-seconds=3600");
	assert_int_equal(us->sending[0], 0);		/* parked */
	w->sides[A].n_mail = 0;
	rk_peer_received(us->peer, link, "active gen=7", w->now);
	assert_int_equal(us->sending[0], 7);
	rk_peer_received(us->peer, link, "install gen=7 spi=0x5001 alg=aes128-sha256", w->now);
	assert_non_null(strstr(answer, "error gen=7"));
	assert_non_null(strstr(answer, "code=stale-generation"));
	w->sides[A].n_mail = 0;
	rk_peer_received(us->peer, link, "install gen=8 spi=0xff alg=aes128-sha256", w->now);
	assert_non_null(strstr(answer, "code=syntax"));
	w->sides[A].n_mail = 0;
	rk_peer_received(us->peer, link, "install gen=8 spi=0x5001 alg=aes128-sha256 "
			 "life-seconds=1", w->now);
	assert_non_null(strstr(answer, "code=syntax text=\"life-seconds is 1, and has to be 10"));
	w->sides[A].n_mail = 0;
	rk_peer_received(us->peer, link, "install gen=8 spi=0x5001 alg=aes128-sha256 "
			 "life-bytes=100", w->now);
	assert_non_null(strstr(answer, "code=syntax text=\"life-bytes is 100, and"));
	w->sides[A].n_mail = 0;
	rk_peer_received(us->peer, link, "sing gen=8", w->now);
	assert_non_null(strstr(answer, "code=unknown-verb"));
	w->sides[A].n_mail = 0;
	rk_peer_received(us->peer, link, "install gen=\"", w->now);
	assert_non_null(strstr(answer, "code=syntax"));
	w->sides[A].n_mail = 0;
	rk_peer_received(us->peer, link, "delete gen=7", w->now);
	assert_int_equal(us->n_sas, 0);
	rk_peer_received(us->peer, link, "bye", w->now);
	assert_string_equal(rk_peer_state(us->peer), "closed");
	free_world(w);
}

/* Generations that the peer asks for, and never uses, do not push out the one that is in use. */
static void test_installs_without_end(void **state)
{
	struct world *w = up_world();
	struct side *us = &w->sides[B];
	char text[80];

	(void)state;
	for (unsigned int generation = 2; generation < 40; generation++) {
		snprintf(text, sizeof(text), "install gen=%u spi=0x%x alg=aes128-sha256 tunnel=lan",
			 generation, 0x5000 + generation);
		rk_peer_received(us->peer, us->peer->link, text, w->now);
		rk_peer_check(us->peer);
		w->sides[A].n_mail = 0;
	}
	assert_int_equal(us->n_sas, RK_GENERATIONS_MAX);
	assert_int_equal(us->sending[0], 1);
	assert_non_null(find_sa(us, "lan", 1));
	assert_string_equal(rk_tunnel_state(tunnel_of(w, B)), "up");
	free_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_start_up_on_both_sides),
		cmocka_unit_test(test_rekey),
		cmocka_unit_test(test_refresh_by_lifetime),
		cmocka_unit_test(test_shorter_life_of_the_responder),
		cmocka_unit_test(test_crossing_installs),
		cmocka_unit_test(test_crossing_sessions),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_unknown_tunnel),
		cmocka_unit_test(test_two_tunnels),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_stale_generation),
		cmocka_unit_test(test_down_and_up),
		cmocka_unit_test(test_down_without_session),
		cmocka_unit_test(test_dead_peer),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_lost_session),
		cmocka_unit_test(test_listen_is_for_the_peer),
		cmocka_unit_test(test_end_at_the_peer),
		cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_foreign_peer),
		cmocka_unit_test(test_installs_without_end),
	};

	return cmocka_run_group_tests_name("rsa_peer", tests, NULL, NULL);
}
