// SPDX-License-Identifier: GPL-2.0-or-later
/* Two IKE engines agree on keys, and on what to do when something keeps them from it. */
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "ike_world.h"
#include "keying/ike/channel.h"

/* The first message of a world that came up, for whoever wants to send it again. */
static uint8_t first_message[512];
static size_t first_len;

static bool keep_first(struct world *w, int from, uint8_t *octets, size_t *len)
{
	(void)from;
	if (w->sent == 1 && *len <= sizeof(first_message)) {
		memcpy(first_message, octets, *len);
		first_len = *len;
	}
	return true;
}

static struct world *up_world(void)
{
	struct world *w = usual_world(1);

	w->meddle = keep_first;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	return w;
}

static void test_up(void **state)
{
	struct world *w = up_world();
	struct engine_peer_look look;

	(void)state;
	assert_int_equal(w->sides[0].n_pairs, 1);
	assert_int_equal(w->sides[1].n_pairs, 1);
	/* Six messages of main mode and three of quick mode. */
	assert_int_equal(w->sent, 9);
	assert_int_equal(w->sides[0].refusals + w->sides[1].refusals, 0);
	ike_engine.look(w->sides[0].peer, &look);
	assert_string_equal(look.state, "open");
	assert_string_equal(look.local_id, "192.0.2.1");
	assert_string_equal(look.remote_id, "192.0.2.2");
	assert_int_equal(strlen(look.local_spi), 16);
	assert_string_equal(look.vendors, "DPD, NAT-T");
	free_world(w);
}

static void test_start_up_both(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world *w = usual_world(seed);

		w->sides[0].tunnels[0].start = w->sides[1].tunnels[0].start = SP_START_UP;
		start_world(w);
		run_world(w, 60);
		assert_up(w);
		/* Of two channels that crossed, one stays. */
		for (int s = 0; s < 2; s++)
			assert_null(LIST_NEXT(LIST_FIRST(&peer_of(w, s)->channels), next));
		free_world(w);
	}
}

static void test_wrong_secret(void **state)
{
	struct world *w = usual_world(1);

	(void)state;
	w->sides[1].psk = "another";
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 20);
	assert_down(w, 0);
	assert_string_equal(peer_of(w, 1)->last_error,
			    "message 5 does not decrypt: the pre-shared keys probably differ");
	assert_non_null(strstr(peer_of(w, 0)->last_error, "AUTHENTICATION-FAILED"));
	assert_non_null(strstr(peer_of(w, 0)->last_error, "the pre-shared keys or the identities"));
	assert_true(w->sides[0].refusals > 0);
	/* It is mended, and nobody types a command. */
	w->sides[1].psk = w->sides[0].psk;
	run_world(w, 100);
	assert_up(w);
	free_world(w);
}

static void test_no_proposal(void **state)
{
	struct world *w = usual_world(1);
	struct sp_error err;

	(void)state;
	assert_int_equal(sp_ike_suite_parse(&w->sides[1].suite,
					       "aes256-sha256-x25519", &err), 0);
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 20);
	assert_down(w, 0);
	assert_non_null(strstr(peer_of(w, 0)->last_error, "NO-PROPOSAL-CHOSEN"));
	assert_non_null(strstr(peer_of(w, 0)->last_error, "we offer aes128-sha256-curve25519"));
	assert_non_null(strstr(peer_of(w, 1)->last_error, "aes128-sha256-curve25519"));
	assert_non_null(strstr(peer_of(w, 1)->last_error, "aes256-sha256-curve25519"));
	free_world(w);
}

static void test_no_sa_proposal(void **state)
{
	struct world *w = usual_world(1);

	(void)state;
	w->sides[1].tunnels[0].esp[0] = spn_suite_find("aes256-sha512")->word;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 20);
	assert_down(w, 0);
	assert_non_null(strstr(tunnel_of(w, 0)->last_error, "NO-PROPOSAL-CHOSEN"));
	assert_non_null(strstr(tunnel_of(w, 0)->last_error, "aes128-sha256"));
	assert_non_null(strstr(tunnel_of(w, 1)->last_error, "aes256-sha512"));
	/* The peer's reason is in what it says. */
	assert_non_null(strstr(tunnel_of(w, 0)->last_error, "we accept ESP aes256-sha512"));
	free_world(w);
}

static void test_other_networks(void **state)
{
	struct world *w = usual_world(1);
	struct sp_error err;

	(void)state;
	assert_int_equal(sp_ts_parse(&w->sides[1].networks[0][0], "10.9.0.0/16", &err), 0);
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 20);
	assert_down(w, 0);
	assert_non_null(strstr(tunnel_of(w, 0)->last_error, "INVALID-ID-INFORMATION"));
	assert_non_null(strstr(w->sides[1].last_note, "the peer asks for 10.2.0.0/24 here"));
	assert_non_null(strstr(w->sides[1].last_note, "tunnel lan is for 10.9.0.0/16 here"));
	free_world(w);
}

static void test_identity(void **state)
{
	struct world *w = usual_world(1);
	struct sp_error err;

	(void)state;
	assert_int_equal(sp_ident_parse(&w->sides[1].remote_id, "gw.example.org", &err), 0);
	w->sides[1].config.remote_id = &w->sides[1].remote_id;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 20);
	assert_down(w, 0);
	assert_string_equal(peer_of(w, 1)->last_error, "the peer says that it is 192.0.2.1, and "
			    "remote-id is gw.example.org");
	free_world(w);
}

static void test_silence(void **state)
{
	struct world *w = usual_world(1);

	(void)state;
	start_world(w);
	w->sides[1].deaf = true;
	wish(w, 0, ENGINE_UP);
	run_world(w, 60);
	assert_string_equal(peer_of(w, 0)->last_error, "no answer from 192.0.2.2 to message 1");
	run_world(w, 600);
	w->sides[1].deaf = false;
	/* Whatever the cause was, ten seconds after its end traffic flows. */
	run_world(w, 10);
	assert_up(w);
	free_world(w);
}

static void test_rekey(void **state)
{
	struct world *w = up_world();

	(void)state;
	wish(w, 0, ENGINE_REKEY);
	run_world(w, 2);
	assert_up(w);
	assert_int_equal(tunnel_of(w, 0)->rekeys, 1);
	wish(w, 1, ENGINE_REKEY);
	run_world(w, 2);
	assert_up(w);
	run_world(w, 20);
	assert_int_equal(w->sides[0].n_pairs, 1);
	assert_int_equal(w->sides[1].n_pairs, 1);
	assert_int_equal(w->sides[0].downs + w->sides[1].downs, 0);
	free_world(w);
}

/* Lives end one after another, of SAs and of phase 1, and nothing is ever missing. */
static void test_lives(void **state)
{
	struct world *w = usual_world(7);

	(void)state;
	for (int s = 0; s < 2; s++) {
		w->sides[s].tunnels[0].lifetime = 600;
		w->sides[s].config.ike_lifetime = 1800;
	}
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	for (int hour = 0; hour < 10; hour++) {
		run_world(w, 3600);
		assert_up(w);
	}
	assert_true(tunnel_of(w, 0)->rekeys > 60);
	assert_int_equal(w->sides[0].downs + w->sides[1].downs, 0);
	free_world(w);
}

/* Each has another limit: the smaller of them is that of both, whoever asks. */
static void test_shorter_life(void **state)
{
	(void)state;
	for (int s = 0; s < 2; s++) {
		struct world *w = usual_world(1);

		w->sides[0].tunnels[0].lifetime = 600;
		w->sides[1].tunnels[0].lifetime_bytes = 1 << 20;
		start_world(w);
		wish(w, s, ENGINE_UP);
		run_world(w, 5);
		assert_up(w);
		for (int k = 0; k < 2; k++) {
			assert_int_equal(w->sides[k].pairs[0].in.life.hard_seconds, 600);
			assert_int_equal(w->sides[k].pairs[0].out.life.hard_bytes, 1 << 20);
		}
		free_world(w);
	}
}

static void test_down(void **state)
{
	struct world *w = up_world();

	(void)state;
	wish(w, 0, ENGINE_DOWN);
	w->lossy = true;
	run_world(w, 1);
	assert_down(w, 0);
	assert_down(w, 1);
	/* Both have let go of phase 1, too. */
	assert_true(LIST_EMPTY(&peer_of(w, 0)->channels));
	assert_true(LIST_EMPTY(&peer_of(w, 1)->channels));
	wish(w, 1, ENGINE_UP);
	run_world(w, 5);
	assert_down(w, 1);
	assert_non_null(strstr(tunnel_of(w, 0)->last_error, "was taken down"));
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	free_world(w);
}

/* Each message of both exchanges is lost once. */
static unsigned int lost_one;

static bool lose_one(struct world *w, int from, uint8_t *octets, size_t *len)
{
	(void)from;
	(void)octets;
	(void)len;
	return w->sent != lost_one;
}

static void test_each_lost(void **state)
{
	(void)state;
	for (lost_one = 1; lost_one <= 9; lost_one++) {
		struct world *w = usual_world(lost_one);

		w->meddle = lose_one;
		start_world(w);
		wish(w, 0, ENGINE_UP);
		run_world(w, 20);
		assert_up(w);
		assert_int_equal(w->sides[0].n_pairs, 1);
		assert_int_equal(w->sides[1].n_pairs, 1);
		free_world(w);
	}
}

/* Each message of both exchanges has one bit turned, once; what comes again is good. */
static unsigned int turned_octet;

static bool turn_one(struct world *w, int from, uint8_t *octets, size_t *len)
{
	(void)from;
	if (w->sent == lost_one)
		octets[turned_octet * 7 % *len] ^= (uint8_t)(1 << turned_octet % 8);
	return true;
}

static void test_each_turned(void **state)
{
	(void)state;
	for (lost_one = 1; lost_one <= 9; lost_one++) {
		for (turned_octet = 0; turned_octet < 40; turned_octet++) {
			struct world *w = usual_world(lost_one);

			if (getenv("TALK"))
				printf("# message %u octet %u\n", lost_one, turned_octet);
			w->meddle = turn_one;
			start_world(w);
			wish(w, 0, ENGINE_UP);
			run_world(w, 100);
			assert_up(w);
			free_world(w);
		}
	}
}

static void test_twice(void **state)
{
	struct world *w = usual_world(3);

	(void)state;
	w->twice = 256;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	assert_int_equal(w->sides[0].n_pairs, 1);
	assert_int_equal(w->sides[1].n_pairs, 1);
	wish(w, 1, ENGINE_REKEY);
	run_world(w, 30);
	assert_up(w);
	assert_int_equal(w->sides[1].n_pairs, 1);
	free_world(w);
}

static void test_nat(void **state)
{
	struct world *w = usual_world(4);

	(void)state;
	w->nat = true;
	w->sides[1].config.remote = (struct sp_addr){ .family = AF_UNSPEC };
	w->sides[1].config.remote_any = true;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	assert_true(LIST_FIRST(&peer_of(w, 0)->channels)->natt.here);
	assert_true(LIST_FIRST(&peer_of(w, 1)->channels)->natt.there);
	assert_int_equal(w->sides[0].way[0].remote_port, 4500);
	assert_int_equal(w->sides[1].way[0].local_port, 4500);
	assert_int_equal(w->sides[1].way[0].remote_port, w->nat_map[1][1]);
	assert_true(w->sides[1].way[0].follow);
	/* It gives other ports: what comes from there is the peer's all the same. */
	w->nat_map[1][1] = w->nat_port++;
	wish(w, 0, ENGINE_REKEY);
	run_world(w, 5);
	assert_up(w);
	assert_int_equal(w->sides[1].way[0].remote_port, w->nat_map[1][1]);
	free_world(w);
}

static void test_forced_encap(void **state)
{
	struct world *w = usual_world(4);

	(void)state;
	w->sides[0].config.encap = SP_ENCAP_YES;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	for (int s = 0; s < 2; s++) {
		assert_int_equal(w->sides[s].way[0].local_port, 4500);
		assert_int_equal(w->sides[s].way[0].remote_port, 4500);
	}
	free_world(w);
}

/* The daemon ends and comes back: the kernel's SAs go on, and are replaced. */
static void test_restart(void **state)
{
	(void)state;
	for (int s = 0; s < 2; s++) {
		struct world *w = up_world();

		w->sides[s].tunnels[0].start = SP_START_UP;
		kill_side(&w->sides[s]);
		start_side(&w->sides[s]);
		run_world(w, 30);
		assert_up(w);
		assert_int_equal(w->sides[s].n_pairs, 1);
		assert_int_equal(w->sides[!s].n_pairs, 1);
		assert_int_equal(w->sides[!s].downs, 0);
		free_world(w);
	}
}

/* Its kernel has started anew as well: the peer hears it by INITIAL-CONTACT. */
static void test_reboot(void **state)
{
	struct world *w = up_world();

	(void)state;
	w->sides[0].tunnels[0].start = SP_START_UP;
	kill_side(&w->sides[0]);
	forget_pairs(&w->sides[0]);
	start_side(&w->sides[0]);
	run_world(w, 10);
	assert_up(w);
	assert_int_equal(w->sides[1].n_pairs, 1);
	free_world(w);
}

static void test_dpd(void **state)
{
	static const enum sp_dpd_action actions[] = {
		SP_DPD_RESTART, SP_DPD_CLEAR, SP_DPD_HOLD,
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *w = usual_world(1);

		w->sides[0].config.dpd_action = actions[i];
		start_world(w);
		wish(w, 0, ENGINE_UP);
		run_world(w, 5);
		assert_up(w);
		run_world(w, 200);
		assert_up(w);		/* a silent peer that answers lives */
		w->cut = true;
		w->sides[1].deaf = true;
		run_world(w, 90);
		assert_down(w, 0);
		assert_string_equal(ike_tunnel_state(tunnel_of(w, 0)), i ? "idle" : "waiting");
		w->sides[1].deaf = false;
		run_world(w, 20);
		if (actions[i] == SP_DPD_RESTART)
			assert_up(w);
		else
			assert_down(w, 0);
		free_world(w);
	}
}

static void test_kernel_says_no(void **state)
{
	struct world *w = usual_world(1);

	(void)state;
	w->sides[0].broken = "install";
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 20);
	assert_down(w, 0);
	assert_string_equal(tunnel_of(w, 0)->last_error, "tunnel lan: the kernel has no memory");
	w->sides[0].broken = NULL;
	run_world(w, 120);
	assert_up(w);
	free_world(w);
}

static void test_limits(void **state)
{
	struct world *w = usual_world(1);
	uint32_t serial;

	(void)state;
	w->sides[0].config.session_key_limit = 2;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	serial = peer_of(w, 0)->serial;
	wish(w, 0, ENGINE_REKEY);
	run_world(w, 5);
	assert_int_equal(peer_of(w, 0)->serial, serial);
	wish(w, 0, ENGINE_REKEY);
	run_world(w, 5);
	assert_int_equal(peer_of(w, 0)->serial, serial + 1);
	assert_up(w);
	assert_int_equal(tunnel_of(w, 0)->rekeys, 2);
	free_world(w);

	w = usual_world(1);
	w->sides[0].config.master_pfs = true;
	start_world(w);
	for (int i = 0; i < 3; i++) {
		wish(w, 0, i ? ENGINE_REKEY : ENGINE_UP);
		run_world(w, 20);
		assert_up(w);
		assert_int_equal(peer_of(w, 0)->serial, i + 1);
	}
	free_world(w);
}

static void test_pfs(void **state)
{
	(void)state;
	for (int which = 1; which <= 3; which++) {
		struct world *w = usual_world(1);

		w->sides[0].config.session_pfs = which & 1;
		w->sides[1].config.session_pfs = which >> 1;
		start_world(w);
		wish(w, 0, ENGINE_UP);
		run_world(w, 5);
		assert_up(w);
		wish(w, 1, ENGINE_REKEY);
		run_world(w, 5);
		assert_up(w);
		assert_int_equal(tunnel_of(w, 1)->rekeys, 1);
		free_world(w);
	}
}

/* What anybody may send who knows where the peer is. */
static void test_strangers(void **state)
{
	struct world *w = up_world();
	struct sp_path path = {
		.local = w->sides[1].config.local, .remote = w->sides[0].config.local,
		.local_port = 500, .remote_port = 500,
	};
	uint8_t octets[200];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t len = world_draw(w) % sizeof(octets);

		world_random(&w->sides[0], octets, len);
		if (len > 28 && i % 2) {
			octets[17] = 0x10;
			octets[18] = i % 3 ? 2 : 5;
			octets[19] = 0;
			memset(octets + 24, 0, 4);
			octets[27] = (uint8_t)len;
		}
		ike_engine.datagram(w->sides[1].peer, &path, octets, len, w->now);
		tick(&w->sides[1]);
	}
	assert_up(w);
	assert_true(w->sides[1].notes < 10);
	free_world(w);
}

/* --- with keys ---------------------------------------------------------------------------- */

static EVP_PKEY *make_key(const char *kind)
{
	EVP_PKEY *key = strcmp(kind, "RSA") ? EVP_EC_gen(kind) : EVP_RSA_gen(2048);

	assert_non_null(key);
	return key;
}

static struct world *signed_world(uint64_t seed, EVP_PKEY *keys[2])
{
	struct world *w = usual_world(seed);

	for (int s = 0; s < 2; s++) {
		w->sides[s].config.auth = SP_AUTH_KEY;
		w->sides[s].key.pkey = keys[s];
		w->sides[s].peer_key.pkey = keys[!s];
	}
	return w;
}

static void test_signatures(void **state)
{
	static const char *const kinds[] = { "RSA", "P-256", "P-384", "P-521" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		EVP_PKEY *keys[2] = { make_key(kinds[i]), make_key(kinds[i]) };
		struct world *w = signed_world(1, keys);

		start_world(w);
		wish(w, 0, ENGINE_UP);
		run_world(w, 5);
		assert_up(w);
		assert_int_equal(w->sent, 9);
		free_world(w);
		EVP_PKEY_free(keys[0]);
		EVP_PKEY_free(keys[1]);
	}
}

/* On a network that loses, doubles and turns around it comes up all the same. */
static void test_signatures_lost(void **state)
{
	EVP_PKEY *keys[2] = { make_key("P-256"), make_key("P-256") };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct world *w = signed_world(seed, keys);

		w->drop = 60;
		w->twice = 60;
		w->jitter = 0.2;
		start_world(w);
		wish(w, 0, ENGINE_UP);
		run_world(w, 25);
		w->drop = 0;
		run_world(w, 60);
		assert_up(w);
		free_world(w);
	}
	EVP_PKEY_free(keys[0]);
	EVP_PKEY_free(keys[1]);
}

/* A key that is not the configured one, on either side. */
static void test_wrong_key(void **state)
{
	EVP_PKEY *keys[2] = { make_key("P-256"), make_key("P-256") };
	EVP_PKEY *stranger = make_key("P-256");

	(void)state;
	for (int side = 0; side < 2; side++) {
		struct world *w = signed_world(1, keys);

		w->sides[side].key.pkey = stranger;
		start_world(w);
		wish(w, 0, ENGINE_UP);
		run_world(w, 20);
		assert_down(w, 0);
		assert_string_equal(peer_of(w, !side)->last_error,
				    "the signature is not made with the peer's key");
		free_world(w);
	}
	EVP_PKEY_free(keys[0]);
	EVP_PKEY_free(keys[1]);
	EVP_PKEY_free(stranger);
}

/* One has a secret and the other a key, or both have keys of different kinds. */
static void test_wrong_method(void **state)
{
	EVP_PKEY *keys[2] = { make_key("P-256"), make_key("RSA") };
	struct world *w = signed_world(1, keys);

	(void)state;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 20);
	assert_down(w, 0);
	assert_non_null(strstr(peer_of(w, 1)->last_error,
			       "authentication differs: ECDSA signatures with SHA-256 against our "
			       "RSA signatures"));
	free_world(w);
	w = signed_world(1, keys);
	w->sides[0].config.auth = SP_AUTH_PSK;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 20);
	assert_down(w, 0);
	assert_non_null(strstr(peer_of(w, 1)->last_error, "authentication differs: pre-shared key "
			       "against our RSA signatures"));
	free_world(w);
	EVP_PKEY_free(keys[0]);
	EVP_PKEY_free(keys[1]);
}

/* --- in pieces, and in the log -------------------------------------------------------------- */

static size_t longest;

static bool measure(struct world *w, int from, uint8_t *octets, size_t *len)
{
	(void)w;
	(void)from;
	(void)octets;
	longest = *len > longest ? *len : longest;
	return true;
}

/* A quick mode whose public value alone has a kilooctet. */
static struct world *wide_world(void)
{
	struct world *w = usual_world(1);

	for (int s = 0; s < 2; s++) {
		w->sides[s].config.session_pfs = true;
		w->sides[s].config.pfs_group = sp_dh_find(18);
		for (size_t i = 0; i < 8; i++) {
			w->sides[s].tunnels[0].esp[i] = spn_suite_find("aes128-sha256")->word;
			w->sides[s].tunnels[0].n_esp = i + 1;
		}
	}
	return w;
}

static void test_pieces(void **state)
{
	struct world *w = wide_world();

	(void)state;
	longest = 0;
	w->meddle = measure;
	start_world(w);
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	/* The first and the second message of quick mode go in two pieces each. */
	assert_true(w->sent >= 10);
	assert_true(longest <= 1228 && longest > 1000);
	free_world(w);
}

/* A network that loses, doubles and turns around is no worse for pieces. */
static void test_pieces_lost(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct world *w = wide_world();

		w->seed = seed;
		w->drop = 40;
		w->twice = 40;
		w->jitter = 0.2;
		start_world(w);
		wish(w, 0, ENGINE_UP);
		run_world(w, 120);
		assert_up(w);
		free_world(w);
	}
}

static void test_traced(void **state)
{
	struct world *w = usual_world(1);

	(void)state;
	start_world(w);
	w->sides[0].port.trace = 3;
	wish(w, 0, ENGINE_UP);
	run_world(w, 5);
	assert_up(w);
	/* Five messages out and four in. */
	assert_int_equal(w->sides[0].traced, 9);
	assert_int_equal(w->sides[1].traced, 0);
	assert_memory_equal(w->sides[0].last_trace, "to 192.0.2.2 port 500: quick mode 0x", 35);
	assert_non_null(strstr(w->sides[0].last_trace, " [ HASH ]"));
	assert_int_equal(w->sides[0].logged_key.len, 16);
	assert_true(sp_secret_equal(&w->sides[0].logged_key, &w->sides[1].logged_key));
	free_world(w);
}

/* Nobody is there who gets them. */
static void drop_answers(struct side *side)
{
	struct port_request *request;

	while ((request = port_take(&side->port)))
		port_done(request);
}

/*
 * Ten thousand first messages a second in the peer's name, each of them a proposal that would be
 * taken: new keys and a new phase 1 come all the same, and no more is kept than may be.
 */
static void test_flood(void **state)
{
	struct world *w = up_world();
	struct ike_peer *peer = peer_of(w, 1);
	uint32_t serial = peer->serial;
	struct sp_path path = {
		.local = w->sides[1].config.local, .remote = w->sides[0].config.local,
		.local_port = 500, .remote_port = 500,
	};

	(void)state;
	ike_channel_leave(ike_peer_any_channel(peer_of(w, 0)), w->now);
	wish(w, 0, ENGINE_REKEY);
	for (int i = 0; i < 10000; i++) {
		world_random(&w->sides[0], first_message, IKE_COOKIE_LEN);
		ike_engine.datagram(w->sides[1].peer, &path, first_message, first_len, w->now);
		drop_answers(&w->sides[1]);
		assert_true(peer->n_records <= IKE_RECORDS_MAX);
		run_world(w, 0.0001);
	}
	assert_int_equal(peer->serial, serial + 1);
	assert_int_equal(tunnel_of(w, 1)->rekeys, 1);
	assert_up(w);
	run_world(w, 40);
	assert_int_equal(peer->n_records, 0);
	free_world(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_start_up_both),
		cmocka_unit_test(test_wrong_secret),
		cmocka_unit_test(test_no_proposal),
		cmocka_unit_test(test_no_sa_proposal),
		cmocka_unit_test(test_other_networks),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_rekey),
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_shorter_life),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_each_lost),
		cmocka_unit_test(test_each_turned),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_nat),
		cmocka_unit_test(test_forced_encap),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_reboot),
		cmocka_unit_test(test_dpd),
		cmocka_unit_test(test_kernel_says_no),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_pfs),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_signatures_lost),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_wrong_method),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_pieces_lost),
		cmocka_unit_test(test_traced),
	};

	setbuf(stdout, NULL);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("ike_engine", tests, NULL, NULL);
}
