// SPDX-License-Identifier: GPL-2.0-or-later
/* What others than the peer can do to an IKE engine, and what a peer may do that is no help. */
#include <openssl/ec.h>

#include "ike_world.h"
#include "keying/ike/channel.h"
#include "keying/ike/inform.h"
#include "keying/ike/policy.h"

enum { RECORDED_MAX = 512 };

static struct {
	int from;
	size_t len;
	uint8_t octets[512];
} recorded[RECORDED_MAX];
static size_t n_recorded;

static bool record(struct world *w, int from, uint8_t *octets, size_t *len)
{
	(void)w;
	assert_true(n_recorded < RECORDED_MAX);
	assert_true(*len <= sizeof(recorded[0].octets));
	recorded[n_recorded].from = from;
	recorded[n_recorded].len = *len;
	memcpy(recorded[n_recorded++].octets, octets, *len);
	return true;
}

static struct world *up_world(void)
{
	struct world *w = usual_world(1);

	n_recorded = 0;
	w->meddle = record;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	return w;
}

static struct sp_path path_from(const struct side *side, const char *addr, uint16_t port)
{
	return (struct sp_path){
		.local = side->config.local, .remote = world_addr(addr),
		.local_port = port, .remote_port = port,
	};
}

/* Sends all that was recorded to one side, from elsewhere. */
static void play_to(struct side *side, const char *addr)
{
	struct sp_path path = path_from(side, addr, 500);

	for (size_t i = 0; i < n_recorded; i++) {
		ike_engine.datagram(side->peer, &path, recorded[i].octets, recorded[i].len,
				    side->world->now);
		tick(side);
	}
}

static void assert_unmoved(struct world *w)
{
	for (int s = 0; s < 2; s++) {
		struct ike_channel *channel = LIST_FIRST(&peer_of(w, s)->channels);

		assert_non_null(channel);
		assert_true(sp_addr_equal(&channel->path.remote, &w->sides[!s].config.local));
		assert_true(sp_addr_equal(&w->sides[s].way[0].remote, &w->sides[!s].config.local));
		assert_int_equal(w->sides[s].n_pairs, 1);
	}
}

/* Whoever has seen messages sends them again, later and from elsewhere: nothing comes of it. */
static void test_replay(void **state)
{
	struct world *w = up_world();

	(void)state;
	/* Questions and answers about being alive, until quick modes are forgotten. */
	run_world(w, 1200);
	assert_true(n_recorded > 60);
	w->meddle = NULL;
	for (int s = 0; s < 2; s++)
		play_to(&w->sides[s], "198.51.100.66");
	assert_unmoved(w);
	run_world(w, 60);
	assert_unmoved(w);
	assert_up(w);
	free_world(w);
}

/* If its SPI is not in use any more, an offer of SAs would look like a new one. */
static void test_replay_of_offers(void **state)
{
	struct world *w = up_world();
	struct ike_channel *channel;

	(void)state;
	w->meddle = NULL;
	wish(w, 0, ENGINE_REKEY);
	run_world(w, 100);
	channel = LIST_FIRST(&peer_of(w, 1)->channels);
	assert_int_equal(channel->keyed, 2);
	for (int s = 0; s < 2; s++)
		play_to(&w->sides[s], "198.51.100.66");
	assert_int_equal(channel->keyed, 2);
	assert_int_equal(tunnel_of(w, 1)->answering, 0);
	assert_unmoved(w);
	free_world(w);
}

/* A peer that uses up what can be remembered gets another phase 1, and loses nothing. */
static void test_many_ids(void **state)
{
	struct world *w = up_world();
	struct ike_channel *first = LIST_FIRST(&peer_of(w, 1)->channels);

	(void)state;
	w->meddle = NULL;
	while (first->used.n < IKE_USED_MANY)
		assert_int_equal(ike_used_add(&first->used, (uint32_t)first->used.n + 1), 0);
	run_world(w, 100);
	assert_true(LIST_FIRST(&peer_of(w, 1)->channels)->used.n < 100);
	assert_null(LIST_NEXT(LIST_FIRST(&peer_of(w, 1)->channels), next));
	assert_up(w);
	free_world(w);
}

/* Anybody may say no in the clear; a handshake that goes on nevertheless is not given up. */
static void test_no_that_was_wrong(void **state)
{
	struct world *w = usual_world(1);
	struct ike_header header = { .version = IKE_VERSION_1 };
	struct sp_path path = path_from(&w->sides[1], "192.0.2.1", 500);

	(void)state;
	w->delay = 0.8;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	memcpy(header.cookie_i, LIST_FIRST(&peer_of(w, 0)->channels)->cookies[IKE_INITIATOR],
	       IKE_COOKIE_LEN);
	ike_inform_clear(peer_of(w, 1), &path, &header, IKE_N_NO_PROPOSAL_CHOSEN);
	carry_out_all(&w->sides[1]);
	run_world(w, 1);
	assert_non_null(strstr(LIST_FIRST(&peer_of(w, 0)->channels)->hint, "NO-PROPOSAL-CHOSEN"));
	run_world(w, 9);
	assert_up(w);
	assert_int_equal(w->sides[0].refusals, 0);
	free_world(w);
}

/* Our first message comes back to us: it is no answer. */
static void test_mirror(void **state)
{
	struct world *w = usual_world(1);
	struct sp_path path = path_from(&w->sides[0], "192.0.2.2", 500);

	(void)state;
	n_recorded = 0;
	w->meddle = record;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	assert_int_equal(n_recorded, 1);
	ike_engine.datagram(w->sides[0].peer, &path, recorded[0].octets, recorded[0].len, w->now);
	tick(&w->sides[0]);
	run_world(w, 5);
	assert_up(w);
	free_world(w);
}

static bool catch_one(struct world *w, int from, uint8_t *octets, size_t *len)
{
	if (!from && !n_recorded)
		record(w, from, octets, len);
	return false;
}

/* What was sent before the ports changed, and comes late, does not change them back. */
static void test_old_port(void **state)
{
	struct world *w = usual_world(4);
	struct sp_path path = path_from(&w->sides[1], "192.0.2.1", 500);
	struct ike_channel *channel;

	(void)state;
	w->sides[0].config.encap = SP_ENCAP_YES;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	n_recorded = 0;
	w->meddle = catch_one;
	run_world(w, 32);
	w->meddle = NULL;
	assert_int_equal(n_recorded, 1);
	ike_engine.datagram(w->sides[1].peer, &path, recorded[0].octets, recorded[0].len, w->now);
	tick(&w->sides[1]);
	channel = LIST_FIRST(&peer_of(w, 1)->channels);
	assert_true(channel->last_heard >= w->now);
	assert_int_equal(channel->path.local_port, 4500);
	assert_int_equal(channel->path.remote_port, 4500);
	assert_int_equal(w->sides[1].way[0].remote_port, 4500);
	free_world(w);
}

/* Nothing of a handshake stays that could tell keys later. */
static void test_secrets(void **state)
{
	struct world *w = usual_world(1);

	(void)state;
	for (int s = 0; s < 2; s++)
		w->sides[s].config.session_pfs = true;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	for (int s = 0; s < 2; s++) {
		struct ike_channel *channel = LIST_FIRST(&peer_of(w, s)->channels);

		assert_int_equal(channel->keys.skeyid.len, 0);
		assert_int_equal(channel->keys.skeyid_e.len, 0);
		assert_null(channel->handshake);
		assert_non_null(LIST_FIRST(&channel->quicks));
		assert_null(LIST_FIRST(&channel->quicks)->dh);
	}
	free_world(w);
}

static void test_many_kilobytes(void **state)
{
	struct world *w = up_world();
	struct ike_tunnel *tunnel = tunnel_of(w, 0);
	struct ike_channel *channel = LIST_FIRST(&peer_of(w, 0)->channels);

	(void)state;
	tunnel->config.lifetime_bytes = UINT64_C(3) << 20;
	assert_int_equal(ike_policy_phase2(channel, tunnel, 0).kilobytes, 3 << 10);
	tunnel->config.lifetime_bytes = (UINT64_C(4) << 40) + 1024;
	assert_int_equal(ike_policy_phase2(channel, tunnel, 0).kilobytes, UINT32_MAX);
	free_world(w);
}

static struct world *world_of_two_tunnels(void)
{
	struct world *w = usual_world(1);

	for (int s = 0; s < 2; s++)
		w->sides[s].n_tunnels = 2;
	return w;
}

static void want_second(struct world *w)
{
	struct sp_error err;

	assert_int_equal(ike_engine.wish(w->sides[0].keyed[1], ENGINE_UP, w->now, &err), 0);
	tick(&w->sides[0]);
}

/* A tunnel that the peer never takes does not cost the other one its phase 1 again and again. */
static void test_one_refused(void **state)
{
	struct world *w = world_of_two_tunnels();
	struct sp_error err;

	(void)state;
	assert_int_equal(sp_ts_parse(&w->sides[1].networks[1][0], "10.9.0.0/16", &err), 0);
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	want_second(w);
	run_world(w, 4 * 3600);
	assert_up(w);
	assert_true(w->sides[0].refusals > 100);
	assert_true(peer_of(w, 0)->serial < 15);
	/* The mistake is mended. */
	assert_int_equal(sp_ts_parse(&w->sides[1].networks[1][0], "10.2.1.0/24", &err), 0);
	run_world(w, 100);
	assert_string_equal(ike_tunnel_state((struct ike_tunnel *)w->sides[0].keyed[1]), "up");
	free_world(w);
}

static bool lose_offers(struct world *w, int from, uint8_t *octets, size_t *len)
{
	const struct ike_tunnel *second = (struct ike_tunnel *)w->sides[0].keyed[1];
	struct ike_header header;
	struct sp_error err;

	if (from || ike_header_parse(&header, (struct sp_octets){ octets, *len }, &err))
		return true;
	return !second->asking || second->asking->id != header.message_id;
}

/* Likewise if it says nothing at all to what is offered. */
static void test_one_not_answered(void **state)
{
	struct world *w = world_of_two_tunnels();

	(void)state;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	w->meddle = lose_offers;
	want_second(w);
	run_world(w, 50);
	assert_int_equal(peer_of(w, 0)->serial, 1);
	run_world(w, 1800);
	assert_up(w);
	assert_true(peer_of(w, 0)->serial < 8);
	assert_true(tunnel_of(w, 0)->failures < 8);
	w->meddle = NULL;
	run_world(w, 100);
	assert_up(w);
	assert_string_equal(ike_tunnel_state((struct ike_tunnel *)w->sides[0].keyed[1]), "up");
	free_world(w);
}

/* --- half-open ---------------------------------------------------------------------------- */

static bool take_down(struct world *w, int from, uint8_t *octets, size_t *len)
{
	record(w, from, octets, len);
	return false;
}

static uint8_t first[512], third[512];
static size_t first_len, third_len;

/* Messages 1 and 3 of a handshake, for others to begin theirs with. */
static void learn_messages(void)
{
	struct world *w = up_world();

	first_len = recorded[0].len;
	memcpy(first, recorded[0].octets, first_len);
	third_len = recorded[2].len;
	memcpy(third, recorded[2].octets, third_len);
	assert_int_equal(recorded[2].from, 0);
	free_world(w);
}

/* Somebody there begins a phase 1 with side 1, and goes as far as anybody can. */
static void begin_from(struct world *w, const char *addr)
{
	bool (*meddle)(struct world *, int, uint8_t *, size_t *) = w->meddle;
	struct side *side = &w->sides[1];
	struct sp_path path = path_from(side, addr, 500);

	n_recorded = 0;
	w->meddle = take_down;
	world_random(side, first, IKE_COOKIE_LEN);
	ike_engine.datagram(side->peer, &path, first, first_len, w->now);
	carry_out_all(side);
	assert_int_equal(n_recorded, 1);
	memcpy(third, recorded[0].octets, 2 * (size_t)IKE_COOKIE_LEN);
	ike_engine.datagram(side->peer, &path, third, third_len, w->now);
	tick(side);
	w->meddle = meddle;
}

static unsigned int count_channels(struct world *w, int side)
{
	struct ike_channel *channel;
	unsigned int n = 0;

	LIST_FOREACH(channel, &peer_of(w, side)->channels, next)
		n++;
	return n;
}

static struct world *world_with_a_guest(void)
{
	struct world *w = usual_world(1);

	w->sides[1].config.remote = (struct sp_addr){ .family = AF_UNSPEC };
	w->sides[1].config.remote_any = true;
	return w;
}

/* From one address or from many: whoever is the peer gets in. */
static void test_half_open(void **state)
{
	struct world *w;
	char addr[32];

	(void)state;
	learn_messages();
	w = world_with_a_guest();
	start_world(w);
	for (int i = 0; i < 100; i++)
		begin_from(w, "198.51.100.7");
	assert_int_equal(count_channels(w, 1), IKE_HALF_OPEN_MAX);
	for (int i = 0; i < 50; i++) {
		snprintf(addr, sizeof(addr), "198.51.100.%d", 100 + i);
		begin_from(w, addr);
	}
	assert_int_equal(count_channels(w, 1), IKE_CHANNELS_MAX);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	/* Nobody was believed for that. */
	assert_true(w->sides[1].notes < 10);
	run_world(w, 60);
	assert_int_equal(count_channels(w, 1), 1);
	free_world(w);
}

static bool lose_all(struct world *w, int from, uint8_t *octets, size_t *len)
{
	(void)w;
	(void)from;
	(void)octets;
	(void)len;
	return false;
}

/* So many first messages from all over the world. */
static void flood(struct world *w, unsigned int n)
{
	struct side *side = &w->sides[1];
	struct sp_path path = path_from(side, "198.51.100.1", 500);

	w->meddle = lose_all;
	while (n--) {
		world_random(side, path.remote.octets, 4);
		world_random(side, first, IKE_COOKIE_LEN);
		ike_engine.datagram(side->peer, &path, first, first_len, w->now);
		carry_out_all(side);
	}
	w->meddle = NULL;
	tick(side);
}

/* 10,000 of them in a second: who is a fifth of a second away gets in at his first try. */
static void test_flood(void **state)
{
	struct world *w;

	(void)state;
	learn_messages();
	w = world_with_a_guest();
	w->delay = 0.1;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	for (int i = 0; i < 100; i++) {
		flood(w, 100);
		run_world(w, 0.01);
	}
	assert_true(peer_of(w, 1)->n_records > 1000);
	assert_non_null(ike_peer_any_channel(peer_of(w, 0)));
	assert_int_equal(peer_of(w, 0)->serial, 1);
	run_world(w, 1);
	assert_up(w);
	run_world(w, 40);
	assert_int_equal(peer_of(w, 1)->n_records, 0);
	free_world(w);
}

/* A first message that comes twice gets the same answer, and another one with its cookie not. */
static void test_same_first(void **state)
{
	struct world *w = world_with_a_guest();
	struct sp_path path = path_from(&w->sides[1], "198.51.100.1", 500);
	uint8_t answers[3][2 * IKE_COOKIE_LEN];

	(void)state;
	learn_messages();
	start_world(w);
	w->meddle = take_down;
	for (int i = 0; i < 3; i++) {
		n_recorded = 0;
		path.remote_port = i < 2 ? 500 : 501;
		ike_engine.datagram(w->sides[1].peer, &path, first, first_len, w->now);
		tick(&w->sides[1]);
		assert_int_equal(n_recorded, 1);
		memcpy(answers[i], recorded[0].octets, sizeof(answers[i]));
	}
	assert_memory_equal(answers[0], answers[1], sizeof(answers[0]));
	assert_memory_not_equal(answers[0], answers[2], sizeof(answers[0]));
	assert_int_equal(peer_of(w, 1)->n_records, 2);
	free_world(w);
}

/* Whoever shares the peer's address cannot keep us from beginning a phase 1. */
static void test_yield(void **state)
{
	struct world *w = usual_world(1);

	(void)state;
	start_world(w);
	begin_from(w, "192.0.2.1");
	wish(w, 1, ENGINE_UP);
	for (int i = 0; i < 5; i++) {
		run_world(w, 3);
		begin_from(w, "192.0.2.1");
	}
	assert_up(w);
	free_world(w);
}

/* A peer that never says that a phase 1 has ended, and does not answer either. */
static void test_never_deleted(void **state)
{
	struct world *w = usual_world(1);

	(void)state;
	for (int s = 0; s < 2; s++)
		w->sides[s].config.dpd = 0;
	w->sides[0].tunnels[0].start = SP_START_UP;
	start_world(w);
	for (int i = 0; i < 20; i++) {
		run_world(w, 10);
		assert_up(w);
		assert_non_null(ike_peer_any_channel(peer_of(w, 0)));
		assert_true(count_channels(w, 1) <= IKE_CHANNELS_MAX);
		kill_side(&w->sides[0]);
		start_side(&w->sides[0]);
	}
	run_world(w, 10);
	assert_up(w);
	free_world(w);
}

static bool lose_main_5(struct world *w, int from, uint8_t *octets, size_t *len)
{
	(void)w;
	(void)len;
	return from || octets[18] != IKE_EXCHANGE_MAIN || !(octets[19] & IKE_FLAG_ENCRYPTED);
}

/* With signatures, who has proved nothing has keys of phase 1 all the same. */
static void test_nobody_yet(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct world *w = world_with_a_guest();
	struct sp_path path = path_from(&w->sides[1], "198.51.100.66", 4500);
	struct ike_channel *channel;

	(void)state;
	for (int s = 0; s < 2; s++) {
		w->sides[s].config.auth = SP_AUTH_KEY;
		w->sides[s].key.pkey = w->sides[s].peer_key.pkey = key;
	}
	w->meddle = lose_main_5;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 0.5);
	channel = LIST_FIRST(&peer_of(w, 0)->channels);
	assert_int_equal(channel->state, IKE_MAIN_I5);
	n_recorded = 0;
	w->meddle = take_down;
	/* As if there were no message 5. */
	memcpy(channel->iv, channel->keys.iv, sizeof(channel->iv));
	ike_inform_channel(channel, IKE_N_NO_PROPOSAL_CHOSEN, (struct sp_octets){ NULL, 0 });
	carry_out_all(&w->sides[0]);
	assert_int_equal(n_recorded, 1);
	ike_engine.datagram(w->sides[1].peer, &path, recorded[0].octets, recorded[0].len, w->now);
	tick(&w->sides[1]);
	channel = LIST_FIRST(&peer_of(w, 1)->channels);
	assert_int_equal(channel->state, IKE_MAIN_R4);
	assert_true(channel->hint[0]);
	assert_true(sp_addr_equal(&channel->path.remote, &w->sides[0].config.local));
	assert_int_equal(channel->path.local_port, 500);
	free_world(w);
	EVP_PKEY_free(key);
}

/* A peer that wants a phase 1 for a second does not get a new one each second. */
static void test_short_life(void **state)
{
	struct world *w = usual_world(1);

	(void)state;
	w->sides[0].config.ike_lifetime = 1;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 60);
	assert_true(peer_of(w, 1)->serial < 12);
	assert_up(w);
	free_world(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_replay_of_offers),
		cmocka_unit_test(test_many_ids),
		cmocka_unit_test(test_no_that_was_wrong),
		cmocka_unit_test(test_mirror),
		cmocka_unit_test(test_old_port),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_many_kilobytes),
		cmocka_unit_test(test_one_refused),
		cmocka_unit_test(test_one_not_answered),
		cmocka_unit_test(test_half_open),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_same_first),
		cmocka_unit_test(test_yield),
		cmocka_unit_test(test_never_deleted),
		cmocka_unit_test(test_nobody_yet),
		cmocka_unit_test(test_short_life),
	};

	setbuf(stdout, NULL);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("ike_hostile", tests, NULL, NULL);
}
