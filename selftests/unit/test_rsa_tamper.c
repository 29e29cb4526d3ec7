// SPDX-License-Identifier: GPL-2.0-or-later
/* A man in the middle who alters, replays, reorders, reflects and poses as somebody else. */
#include <openssl/bn.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "cursor.h"
#include "keying/rsa/record.h"
#include "keying/rsa/state.h"
#include "rsa_pair.h"

/* --- every octet that goes over the wire, altered -------------------------------- */

enum direction { TO_SERVER, TO_CLIENT };

struct tamper {
	enum direction direction;
	size_t octet;			/* of all that goes this way */
	uint8_t flip;			/* 0: nothing is altered */
};

static const char *const script[2][2] = {
	[TO_SERVER] = { "install gen=1 spi=0x1001", "active gen=1" },
	[TO_CLIENT] = { "installed gen=1 spi=0x1002", "ping" },
};

struct line {
	struct pair pair;
	struct tamper tamper;
	size_t passed[2];		/* octets so far, by direction */
	size_t handshake[2];		/* of these until the receiver was open */
	unsigned int got[2];		/* texts that have come through */
};

static void pass(struct line *line, enum direction direction, struct rk_session *from,
		 struct rk_session *to)
{
	static struct flight flight;
	size_t at = line->tamper.octet - line->passed[direction];
	const char *text;

	take_output(from, &flight);
	if (direction == line->tamper.direction && at < flight.len)
		flight.octets[at] ^= line->tamper.flip;
	rk_session_input(to, flight.octets, flight.len);
	line->passed[direction] += flight.len;
	if (rk_session_state(to) == RK_HANDSHAKE)
		line->handshake[direction] = line->passed[direction];
	while ((text = rk_session_receive(to))) {
		assert_in_range(line->got[direction], 0, 1);
		assert_string_equal(text, script[direction][line->got[direction]]);
		line->got[direction]++;
	}
}

/* Each side sends its next text when the other's has come. */
static struct line converse(enum rk_profile profile, struct tamper tamper)
{
	struct line line = { .pair = new_pair(profile), .tamper = tamper };
	struct sp_error err;
	unsigned int round;

	send_text(line.pair.client, script[TO_SERVER][0]);
	for (round = 0; round < 8; round++) {
		unsigned int got = line.got[TO_SERVER];

		pass(&line, TO_SERVER, line.pair.client, line.pair.server);
		if (line.got[TO_SERVER] > got)
			rk_session_send(line.pair.server, script[TO_CLIENT][got], &err);
		got = line.got[TO_CLIENT];
		pass(&line, TO_CLIENT, line.pair.server, line.pair.client);
		if (line.got[TO_CLIENT] > got && !got)
			rk_session_send(line.pair.client, script[TO_SERVER][1], &err);
	}
	return line;
}

static struct rk_session *receiver(struct line *line)
{
	return line->tamper.direction == TO_SERVER ? line->pair.server : line->pair.client;
}

/* Whatever is altered: its receiver gets no text made of it, and the session ends. */
static void expect_refused(enum rk_profile profile, struct tamper tamper, bool in_handshake)
{
	struct line line = converse(profile, tamper);
	struct rk_session *to = receiver(&line);

	assert_in_range(line.got[tamper.direction], 0, 1);
	if (in_handshake)
		assert_int_not_equal(rk_session_state(to), RK_OPEN);
	/* A length made longer only has the receiver wait: for the deadline, or for the rest. */
	rk_session_tick(to, 10);
	rk_session_eof(to);
	assert_int_equal(rk_session_state(to), RK_DEAD);
	free_pair(&line.pair);
}

/* Alters every step-th bit, so every octet at least once: odd, so that the bit moves. */
static void alter_all(enum rk_profile profile, size_t step)
{
	struct line honest = converse(profile, (struct tamper){ 0 });
	enum direction direction;
	size_t bit;

	assert_int_equal(honest.got[TO_SERVER], 2);
	assert_int_equal(honest.got[TO_CLIENT], 2);
	for (direction = TO_SERVER; direction <= TO_CLIENT; direction++) {
		for (bit = 0; bit < honest.passed[direction] * 8; bit += step) {
			struct tamper tamper = { direction, bit / 8, (uint8_t)(1 << bit % 8) };

			expect_refused(profile, tamper, bit / 8 < honest.handshake[direction]);
		}
	}
	free_pair(&honest.pair);
}

static void every_altered_octet_is_refused_signed(void **state)
{
	(void)state;
	alter_all(RK_SIGNED, 7);
}

static void every_altered_octet_is_refused_compat(void **state)
{
	(void)state;
	alter_all(RK_COMPAT, 3);
}

static void every_altered_bit_of_a_record_is_refused(void **state)
{
	const struct rk_random random = { fill_random, NULL };
	struct rk_record_keys tx = { .counter = 5 }, rx;
	uint8_t message[128] = { 4 }, plain[128];
	struct sp_error err;
	struct sp_writer w;
	size_t bit, len;

	(void)state;
	fill_random(NULL, tx.aes, sizeof(tx.aes));
	fill_random(NULL, tx.mac, sizeof(tx.mac));
	rx = tx;
	sp_writer_init(&w, message, sizeof(message));
	sp_write_u8(&w, 4);
	assert_int_equal(rk_record_seal(&tx, &random, &w, (struct rk_octets){ "text", 4 }, &err),
			 0);
	for (bit = 0; bit < w.len * 8; bit++) {
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(rk_record_open(&rx, (struct rk_octets){ message, w.len }, 1,
						plain, &len, &err), -1);
		assert_string_equal(err.text, "message does not authenticate");
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (len = 0; len < w.len; len++)
		assert_int_equal(rk_record_open(&rx, (struct rk_octets){ message, len }, 1, plain,
						&bit, &err), -1);
	assert_int_equal(rk_record_open(&rx, (struct rk_octets){ message, w.len }, 1, plain, &len,
					&err), 0);
	assert_int_equal(len, 4);
	assert_memory_equal(plain, "text", 4);
}

/* Padding, MAC, RSA-OAEP: the server says the same, and sends the same: nothing. */
static void compat_failures_look_alike(void **state)
{
	struct line honest = converse(RK_COMPAT, (struct tamper){ 0 });
	size_t first = honest.handshake[TO_SERVER];
	size_t octet, out;

	(void)state;
	first = first ? first : 4 + 304;
	for (octet = 4; octet < first; octet++) {
		struct line line = converse(RK_COMPAT, (struct tamper){ TO_SERVER, octet, 0x80 });

		assert_string_equal(rk_session_error(line.pair.server),
				    "client's first message: message does not authenticate");
		rk_session_output(line.pair.server, &out);
		assert_int_equal(out, 0);
		free_pair(&line.pair);
	}
	free_pair(&honest.pair);
}

/* --- true messages, in the wrong place ------------------------------------------- */

static void deliver(struct rk_session *to, const struct flight *flight)
{
	rk_session_input(to, flight->octets, flight->len);
}

static void sealed_text(struct rk_session *from, const char *text, struct flight *flight)
{
	send_text(from, text);
	take_output(from, flight);
}

static void replayed_records_are_refused(void **state)
{
	struct pair pair = open_pair(RK_SIGNED);
	static struct flight flight;

	(void)state;
	sealed_text(pair.client, "delete gen=1", &flight);
	deliver(pair.server, &flight);
	expect_text(pair.server, "delete gen=1");
	deliver(pair.server, &flight);
	expect_silence(pair.server);
	expect_dead(pair.server, "message 1 where 2 was due: replayed, lost or out of order");
	settle(&pair);
	expect_dead(pair.client, "peer says (unauthenticated): our message does not authenticate");
	free_pair(&pair);
}

static void reordered_records_are_refused(void **state)
{
	struct pair pair = open_pair(RK_SIGNED);
	static struct flight first, second;

	(void)state;
	sealed_text(pair.client, "first", &first);
	sealed_text(pair.client, "second", &second);
	deliver(pair.server, &second);
	expect_silence(pair.server);
	expect_dead(pair.server, "message 2 where 1 was due");
	deliver(pair.server, &first);
	expect_silence(pair.server);
	free_pair(&pair);
}

static void reflected_records_are_refused(void **state)
{
	struct pair pair = open_pair(RK_SIGNED);
	static struct flight flight;

	(void)state;
	sealed_text(pair.client, "delete gen=1", &flight);
	deliver(pair.client, &flight);
	expect_silence(pair.client);
	expect_dead(pair.client, "message does not authenticate");
	free_pair(&pair);
}

static void records_of_another_session_are_refused(void **state)
{
	struct pair pair = open_pair(RK_SIGNED), other = open_pair(RK_SIGNED);
	static struct flight flight;

	(void)state;
	sealed_text(other.client, "delete gen=1", &flight);
	deliver(pair.server, &flight);
	expect_silence(pair.server);
	expect_dead(pair.server, "message does not authenticate");
	free_pair(&pair);
	free_pair(&other);
}

/* Even to a server that uses the same key again, the nonce makes it another handshake. */
static void replayed_handshake_is_refused(void **state)
{
	struct rk_session *client = new_session(RK_CLIENT, RK_SIGNED);
	struct rk_session *server = new_session(RK_SERVER, RK_SIGNED);
	struct rk_session *again = new_session(RK_SERVER, RK_SIGNED);
	static struct flight hello, answer, keys;

	(void)state;
	take_output(client, &hello);
	deliver(server, &hello);
	take_output(server, &answer);
	deliver(client, &answer);
	take_output(client, &keys);
	deliver(server, &keys);
	assert_int_equal(rk_session_state(server), RK_OPEN);

	deliver(again, &hello);
	deliver(again, &keys);
	expect_dead(again, "client's keys: message does not authenticate");
	expect_silence(again);
	rk_session_free(client);
	rk_session_free(server);
	rk_session_free(again);
}

static void reflected_handshake_is_refused(void **state)
{
	struct rk_session *client = new_session(RK_CLIENT, RK_SIGNED);
	static struct flight flight;

	(void)state;
	take_output(client, &flight);
	deliver(client, &flight);
	expect_dead(client, "server's hello: is something else");
	rk_session_free(client);
}

/* --- the wrong people -------------------------------------------------------------- */

static struct pair misconfigured(enum rk_role role, EVP_PKEY *key, EVP_PKEY *peer_key)
{
	struct pair pair = new_pair(RK_SIGNED);
	struct rk_session **s = role == RK_CLIENT ? &pair.client : &pair.server;
	struct rk_config config = test_config(role, RK_SIGNED);

	rk_session_free(*s);
	config.key = key ? key : config.key;
	config.peer_key = peer_key ? peer_key : config.peer_key;
	*s = rk_session_new(&config, 0);
	settle(&pair);
	return pair;
}

static void expect_fingerprints(const struct rk_session *s, const EVP_PKEY *a, const EVP_PKEY *b)
{
	char text[SP_KEY_ID_STRLEN];
	uint8_t id[SP_KEY_ID_LEN];
	struct sp_error err;

	assert_int_equal(sp_key_id(a, id, &err), 0);
	expect_dead(s, sp_key_id_format(id, text));
	assert_int_equal(sp_key_id(b, id, &err), 0);
	expect_dead(s, sp_key_id_format(id, text));
}

static void wrong_pins_are_reported_on_both_sides(void **state)
{
	struct pair pair;

	(void)state;
	pair = misconfigured(RK_CLIENT, test_keys.stranger, NULL);
	expect_dead(pair.server, "client's hello: peer has key");
	expect_fingerprints(pair.server, test_keys.stranger, test_keys.client);
	expect_dead(pair.client, "peer says (unauthenticated): our key is not the one it has");
	free_pair(&pair);

	pair = misconfigured(RK_SERVER, NULL, test_keys.stranger);
	expect_fingerprints(pair.server, test_keys.stranger, test_keys.client);
	expect_dead(pair.client, "our key is not the one it has pinned");
	free_pair(&pair);

	pair = misconfigured(RK_SERVER, test_keys.stranger, NULL);
	expect_dead(pair.server, "peer has pinned");
	expect_fingerprints(pair.server, test_keys.stranger, test_keys.server);
	expect_dead(pair.client, "its key is not the one we have pinned");
	free_pair(&pair);

	pair = misconfigured(RK_CLIENT, NULL, test_keys.stranger);
	expect_fingerprints(pair.server, test_keys.stranger, test_keys.server);
	expect_dead(pair.client, "its key is not the one we have pinned");
	free_pair(&pair);
}

/* Ids are public: an impostor names the right ones and lacks only the private key. */
static void impostors_lack_the_signature(void **state)
{
	struct pair pair = new_pair(RK_SIGNED);

	(void)state;
	pair.server->config.key = test_keys.stranger;
	settle(&pair);
	expect_dead(pair.client, "server's hello: not signed by the pinned peer-key SHA256:");
	expect_dead(pair.server, "client's keys: peer says (unauthenticated): our signature is");
	free_pair(&pair);

	pair = new_pair(RK_SIGNED);
	pair.client->config.key = test_keys.stranger;
	settle(&pair);
	expect_dead(pair.server, "client's keys: not signed by the pinned peer-key SHA256:");
	expect_silence(pair.server);
	expect_dead(pair.client, "server's confirmation: peer says (unauthenticated): our");
	free_pair(&pair);
}

static void signatures_serve_one_purpose(void **state)
{
	static const struct rk_octets data = { "data", 4 };
	uint8_t signature[SP_KEY_SIZE_MAX];
	struct rk_octets octets = { signature, 0 };
	struct sp_error err;

	(void)state;
	assert_int_equal(rk_pss_sign(test_keys.client, "one", data, signature, &octets.len,
				     sizeof(signature), &err), 0);
	assert_true(rk_pss_verify(test_keys.client, "one", data, octets));
	assert_false(rk_pss_verify(test_keys.client, "two", data, octets));
	assert_false(rk_pss_verify(test_keys.server, "one", data, octets));
	octets.len--;
	assert_false(rk_pss_verify(test_keys.client, "one", data, octets));
}

static void profiles_do_not_mix(void **state)
{
	struct pair pair = { new_session(RK_CLIENT, RK_SIGNED), new_session(RK_SERVER, RK_COMPAT),
			     0 };

	(void)state;
	settle(&pair);
	expect_dead(pair.client, "is something else; do both sides use the same profile?");
	expect_dead(pair.server, "do both sides use the same profile?");
	free_pair(&pair);
}

static void later_versions_are_told(void **state)
{
	struct pair pair = new_pair(RK_SIGNED);
	static struct flight flight;

	(void)state;
	take_output(pair.client, &flight);
	flight.octets[4 + 1] = 2;
	deliver(pair.server, &flight);
	expect_dead(pair.server, "peer speaks version 2, we speak 1");
	settle(&pair);
	expect_dead(pair.client, "it does not speak our version of the protocol");
	free_pair(&pair);
}

static void alerts_are_words_of_ours(void **state)
{
	static const uint8_t alert[] = { 0, 0, 0, 2, 5, 200 };
	struct pair pair = open_pair(RK_SIGNED);
	size_t len;

	(void)state;
	rk_session_input(pair.client, alert, sizeof(alert));
	expect_dead(pair.client, "peer says (unauthenticated): goodbye");
	rk_session_output(pair.client, &len);
	assert_int_equal(len, 0);
	free_pair(&pair);
}

/* --- keys that a session should not have -------------------------------------------- */

static void unsound_session_keys_are_refused(void **state)
{
	static const struct {
		unsigned int bits;
		unsigned long exponent;
		const char *error;
	} cases[] = {
		{ 2048, 65537, "has 2048 bits, not 1024" },
		{ 1032, 65537, "has 1032 bits, not 1024" },
		{ 1024, 3, NULL },
		{ 1024, 0x100000001, "exponent that nobody should use" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rk_session *client = new_session(RK_CLIENT, RK_COMPAT);
		BIGNUM *e = BN_new();
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
		uint8_t message[400], *der = message + 4;
		EVP_PKEY *key = NULL;
		int len;

		assert_true(BN_set_word(e, cases[i].exponent));
		assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
		EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)cases[i].bits);
		EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e);
		assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
		len = i2d_PUBKEY(key, &der);
		memcpy(message, (uint8_t[]){ 0, 0, (uint8_t)(len >> 8), (uint8_t)len }, 4);
		rk_session_input(client, message, 4 + (size_t)len);
		if (!cases[i].error)
			assert_int_equal(rk_session_state(client), RK_HANDSHAKE);
		else if (len <= 180)
			expect_dead(client, cases[i].error);
		else
			expect_dead(client, "at most 180");
		EVP_PKEY_free(key);
		EVP_PKEY_CTX_free(ctx);
		BN_free(e);
		rk_session_free(client);
	}
}

/* A key in DER must be the whole message: BER, or octets behind it, are not the same octets. */
static void session_key_must_be_exact(void **state)
{
	struct rk_session *server = new_session(RK_SERVER, RK_COMPAT);
	struct rk_session *client = new_session(RK_CLIENT, RK_COMPAT);
	static struct flight flight;

	(void)state;
	take_output(server, &flight);
	flight.octets[3]++;
	flight.octets[flight.len++] = 0;
	deliver(client, &flight);
	expect_dead(client, "not in DER, or something follows it");
	rk_session_free(client);
	rk_session_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_altered_octet_is_refused_signed),
		cmocka_unit_test(every_altered_octet_is_refused_compat),
		cmocka_unit_test(every_altered_bit_of_a_record_is_refused),
		cmocka_unit_test(compat_failures_look_alike),
		cmocka_unit_test(replayed_records_are_refused),
		cmocka_unit_test(reordered_records_are_refused),
		cmocka_unit_test(reflected_records_are_refused),
		cmocka_unit_test(records_of_another_session_are_refused),
		cmocka_unit_test(replayed_handshake_is_refused),
		cmocka_unit_test(reflected_handshake_is_refused),
		cmocka_unit_test(wrong_pins_are_reported_on_both_sides),
		cmocka_unit_test(impostors_lack_the_signature),
		cmocka_unit_test(signatures_serve_one_purpose),
		cmocka_unit_test(profiles_do_not_mix),
		cmocka_unit_test(later_versions_are_told),
		cmocka_unit_test(alerts_are_words_of_ours),
		cmocka_unit_test(unsound_session_keys_are_refused),
		cmocka_unit_test(session_key_must_be_exact),
	};

	return cmocka_run_group_tests_name("rsa_tamper", tests, make_test_keys, free_test_keys);
}
