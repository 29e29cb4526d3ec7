// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions between honest peers, and peers that are slow, silent or too loud. */
#include <math.h>
#include <stdio.h>

#include "rsa_pair.h"

static enum rk_profile profile_of(void **state)
{
	return *(enum rk_profile *)*state;
}

static void opens_and_carries_texts(void **state)
{
	struct pair pair = new_pair(profile_of(state));

	assert_int_equal(rk_session_state(pair.client), RK_HANDSHAKE);
	send_text(pair.client, "install gen=1 spi=0x1001 alg=aes128-sha256");
	settle(&pair);
	expect_text(pair.server, "install gen=1 spi=0x1001 alg=aes128-sha256");
	expect_silence(pair.server);
	assert_int_equal(rk_session_state(pair.server), RK_OPEN);
	assert_true(isinf(rk_session_deadline(pair.server)));

	send_text(pair.server, "installed gen=1 spi=0x1002");
	send_text(pair.server, "ping");
	settle(&pair);
	expect_text(pair.client, "installed gen=1 spi=0x1002");
	expect_text(pair.client, "ping");
	expect_silence(pair.client);
	assert_int_equal(rk_session_state(pair.client), RK_OPEN);
	assert_true(isinf(rk_session_deadline(pair.client)));
	assert_string_equal(rk_session_error(pair.client), "");

	send_text(pair.client, "error code=x text=\"zwölf Öle – ok\"");
	settle(&pair);
	expect_text(pair.server, "error code=x text=\"zwölf Öle – ok\"");
	free_pair(&pair);
}

static void any_chunks_will_do(void **state)
{
	static const size_t chunks[] = { 1, 2, 7, 50, 700 };
	char text[RK_TEXT_MAX + 1];
	size_t i, n;

	for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct pair pair = new_pair(profile_of(state));

		pair.chunk = chunks[i];
		settle(&pair);
		expect_text(pair.server, "ping");
		send_text(pair.server, "pong");
		settle(&pair);
		expect_text(pair.client, "pong");
		for (n = 1; n <= RK_TEXT_MAX; n += 31) {
			memset(text, 'a', n);
			text[n] = '\0';
			send_text(pair.client, text);
			send_text(pair.server, text);
			settle(&pair);
			expect_text(pair.client, text);
			expect_text(pair.server, text);
		}
		free_pair(&pair);
	}
}

static void signed_client_waits_for_confirmation(void **state)
{
	struct pair pair = new_pair(RK_SIGNED);
	struct flight flight;
	struct sp_error err;

	(void)state;
	take_output(pair.client, &flight);
	rk_session_input(pair.server, flight.octets, flight.len);
	take_output(pair.server, &flight);
	rk_session_input(pair.client, flight.octets, flight.len);
	take_output(pair.client, &flight);
	assert_int_equal(rk_session_state(pair.client), RK_HANDSHAKE);
	/* Too late for the first message, so it is the first after the confirmation. */
	send_text(pair.client, "early");
	assert_int_equal(rk_session_send(pair.client, "earlier", &err), -1);

	rk_session_input(pair.server, flight.octets, flight.len);
	assert_int_equal(rk_session_state(pair.server), RK_OPEN);
	settle(&pair);
	assert_int_equal(rk_session_state(pair.client), RK_OPEN);
	expect_text(pair.server, "ping");
	expect_text(pair.server, "early");
	expect_silence(pair.client);
	free_pair(&pair);
}

/* 304 to 400 octets: texts of up to 111, in steps of a block. */
static void compat_first_message_keeps_its_bounds(void **state)
{
	size_t n;

	(void)state;
	for (n = 1; n <= 200; n++) {
		struct pair pair = new_pair(RK_COMPAT);
		char text[RK_TEXT_MAX + 1] = "";
		struct flight flight;

		memset(text, 'x', n);
		send_text(pair.client, text);
		take_output(pair.server, &flight);
		assert_int_equal(flight.len, 4 + 162);
		rk_session_input(pair.client, flight.octets, flight.len);
		take_output(pair.client, &flight);
		assert_in_range(flight.len, 4 + 304, 4 + 400);
		if (n <= 111)
			assert_int_equal(flight.len, 4 + 272 + 16 * ((16 + n) / 16 + 1));
		rk_session_input(pair.server, flight.octets, flight.len);
		if (n > 111) {
			expect_text(pair.server, "ping");
			send_text(pair.server, "pong");
			settle(&pair);
		}
		expect_text(pair.server, text);
		expect_silence(pair.server);
		free_pair(&pair);
	}
}

static void only_fit_texts_are_sent(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
		{ "", "text of 0 octets" },
		{ "ping\n", "octet 5 is a control character" },
		{ "\x7f", "octet 1 is a control character" },
		{ "\xc2\x85", "octet 1 is a control character" },
		{ "a\x80", "octet 2 is not UTF-8" },
		{ "\xc0\xaf", "octet 1 is not UTF-8" },
		{ "\xe0\x80\xaf", "octet 1 is not UTF-8" },
		{ "\xed\xa0\x80", "octet 1 is not UTF-8" },
		{ "\xf0\x8f\xbf\xbf", "octet 1 is not UTF-8" },
		{ "\xf4\x90\x80\x80", "octet 1 is not UTF-8" },
		{ "\xf5\x80\x80\x80", "octet 1 is not UTF-8" },
		{ "\xe2\x82", "octet 1 is not UTF-8" },
		{ "\xf0\x9f\x98\x41", "octet 1 is not UTF-8" },
	};
	static const char *const good[] = { "a", "\xc2\xa0", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
					    "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf" };
	struct pair pair = open_pair(profile_of(state));
	char text[RK_TEXT_MAX + 2] = "";
	struct sp_error err;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(rk_session_send(pair.client, cases[i].text, &err), -1);
		assert_non_null(strstr(err.text, cases[i].error));
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		send_text(pair.client, good[i]);
		settle(&pair);
		expect_text(pair.server, good[i]);
	}
	memset(text, 'a', RK_TEXT_MAX + 1);
	assert_int_equal(rk_session_send(pair.client, text, &err), -1);
	text[RK_TEXT_MAX] = '\0';
	send_text(pair.client, text);
	settle(&pair);
	expect_text(pair.server, text);
	free_pair(&pair);
}

static void server_waits_to_be_spoken_to(void **state)
{
	struct rk_session *s = new_session(RK_SERVER, profile_of(state));
	struct sp_error err;

	assert_int_equal(rk_session_send(s, "ping", &err), -1);
	assert_string_equal(err.text, "the session is not open yet");
	rk_session_free(s);
}

static void first_message_tells_the_keys(void **state)
{
	uint8_t client[RK_HELLO_ID_LEN], server[RK_HELLO_ID_LEN], id[SP_KEY_ID_LEN];
	uint8_t hello[RK_HELLO_LEN];
	struct rk_session *s;
	struct sp_error err;
	const uint8_t *octets;
	size_t len;

	(void)state;
	s = new_session(RK_CLIENT, RK_SIGNED);
	octets = rk_session_output(s, &len);
	assert_int_equal(len, RK_HELLO_LEN);
	memcpy(hello, octets, sizeof(hello));
	rk_session_free(s);
	assert_int_equal(rk_hello_ids(hello, client, server), 0);
	assert_int_equal(sp_key_id(test_keys.client, id, &err), 0);
	assert_memory_equal(client, id, sizeof(id));
	assert_int_equal(sp_key_id(test_keys.server, id, &err), 0);
	assert_memory_equal(server, id, sizeof(id));
	/* Another length, another message. */
	hello[3]++;
	assert_int_equal(rk_hello_ids(hello, client, server), -1);
	hello[3]--;
	hello[4]++;
	assert_int_equal(rk_hello_ids(hello, client, server), -1);
}

static void ten_seconds_and_no_more(void **state)
{
	struct pair pair = new_pair(profile_of(state));

	assert_true(rk_session_deadline(pair.client) == 10);
	rk_session_tick(pair.client, 9.99);
	rk_session_tick(pair.server, 9.99);
	assert_int_equal(rk_session_state(pair.client), RK_HANDSHAKE);
	assert_int_equal(rk_session_state(pair.server), RK_HANDSHAKE);
	rk_session_tick(pair.client, 10);
	rk_session_tick(pair.server, 10);
	expect_dead(pair.client, "not here after 10 seconds; do both sides use the same profile?");
	expect_dead(pair.server, "not here after 10 seconds; do both sides use the same profile?");
	assert_true(isinf(rk_session_deadline(pair.client)));
	free_pair(&pair);
}

/* One octet a second: progress does not buy time. */
static void trickling_client_is_cut_off(void **state)
{
	struct rk_session *client = new_session(RK_CLIENT, RK_SIGNED);
	struct rk_session *server = new_session(RK_SERVER, RK_SIGNED);
	struct flight flight;
	int second;

	(void)state;
	take_output(client, &flight);
	for (second = 0; second < 10; second++) {
		rk_session_tick(server, second);
		assert_int_equal(rk_session_state(server), RK_HANDSHAKE);
		rk_session_input(server, flight.octets + second, 1);
	}
	rk_session_tick(server, second);
	expect_dead(server, "client's hello: not here after 10 seconds");
	rk_session_free(client);
	rk_session_free(server);
}

static void open_sessions_have_no_deadline(void **state)
{
	struct pair pair = open_pair(profile_of(state));

	rk_session_tick(pair.client, 1e9);
	rk_session_tick(pair.server, 1e9);
	send_text(pair.client, "ping");
	settle(&pair);
	expect_text(pair.server, "ping");
	free_pair(&pair);
}

static void eof_ends_it(void **state)
{
	struct pair pair = new_pair(profile_of(state));

	rk_session_eof(pair.client);
	expect_dead(pair.client, "peer closed the connection instead");
	free_pair(&pair);

	pair = open_pair(profile_of(state));
	send_text(pair.client, "bye");
	settle(&pair);
	rk_session_eof(pair.server);
	expect_dead(pair.server, "peer closed the connection");
	expect_text(pair.server, "bye");
	free_pair(&pair);

	pair = open_pair(profile_of(state));
	rk_session_input(pair.server, "\0\0", 2);
	rk_session_eof(pair.server);
	expect_dead(pair.server, "channel: peer closed the connection instead");
	free_pair(&pair);
}

static void expect_refused_length(struct rk_session *s, uint32_t len)
{
	uint8_t head[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
			    (uint8_t)len };

	rk_session_input(s, head, sizeof(head));
	expect_dead(s, len ? "where at most" : "message of no octets");
	rk_session_free(s);
}

/* By the length alone, before a single octet of the message is kept. */
static void oversized_messages_are_refused_by_length(void **state)
{
	static const struct {
		enum rk_role role;
		enum rk_profile profile;
		uint32_t first, later;
	} limits[] = {
		{ RK_SERVER, RK_SIGNED, 98, 957 },
		{ RK_CLIENT, RK_SIGNED, 1361, 957 },
		{ RK_SERVER, RK_COMPAT, 400, 1000 },
		{ RK_CLIENT, RK_COMPAT, 180, 1000 },
	};
	const uint32_t wrong[] = { 0, 65536, 65537, 0x7fffffff, 0x80000000, UINT32_MAX };
	struct pair pair;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		for (n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++)
			expect_refused_length(new_session(limits[i].role, limits[i].profile),
					      wrong[n]);
		expect_refused_length(new_session(limits[i].role, limits[i].profile),
				      limits[i].first + 1);
		pair = open_pair(limits[i].profile);
		expect_refused_length(limits[i].role == RK_CLIENT ? pair.client : pair.server,
				      limits[i].later + 1);
		rk_session_free(limits[i].role == RK_CLIENT ? pair.server : pair.client);
	}
}

/* The client's keys are the longest message, the confirmation has one length only. */
static void handshake_goes_on_within_bounds(void **state)
{
	struct pair pair = new_pair(RK_SIGNED);
	static struct flight flight;

	(void)state;
	take_output(pair.client, &flight);
	rk_session_input(pair.server, flight.octets, flight.len);
	take_output(pair.server, &flight);
	rk_session_input(pair.client, flight.octets, flight.len);
	expect_refused_length(pair.server, 2239 + 1);
	expect_refused_length(pair.client, 57 + 1);
}

static void short_messages_are_refused(void **state)
{
	static const uint8_t octet[] = { 0, 0, 0, 1, 0 };
	struct rk_session *server = new_session(RK_SERVER, profile_of(state));
	struct pair pair = open_pair(profile_of(state));

	rk_session_input(server, octet, sizeof(octet));
	expect_dead(server, "message of 1 octets where at least");
	rk_session_free(server);
	rk_session_input(pair.client, octet, sizeof(octet));
	expect_dead(pair.client, "channel: message of 1 octets where at least");
	free_pair(&pair);
}

static void unread_output_is_bounded(void **state)
{
	struct pair pair = open_pair(profile_of(state));
	struct sp_error err = { "" };
	char text[RK_TEXT_MAX + 1];
	unsigned int sent = 0, i;

	for (;;) {
		memset(text, 'a', sizeof(text));
		snprintf(text, sizeof(text), "%u", sent);
		text[strlen(text)] = 'b';
		text[RK_TEXT_MAX] = '\0';
		if (rk_session_send(pair.client, text, &err))
			break;
		sent++;
	}
	assert_in_range(sent, 60, 75);
	assert_non_null(strstr(err.text, "the peer does not read"));
	assert_int_equal(rk_session_state(pair.client), RK_OPEN);

	settle(&pair);
	for (i = 0; i < sent; i++) {
		const char *got = rk_session_receive(pair.server);

		assert_non_null(got);
		assert_int_equal(atoi(got), i);
	}
	send_text(pair.client, "after");
	settle(&pair);
	expect_text(pair.server, "after");
	free_pair(&pair);
}

static void flood_of_unread_texts_ends_it(void **state)
{
	struct pair pair = open_pair(profile_of(state));
	char text[RK_TEXT_MAX + 1];
	unsigned int sent;

	memset(text, 'a', RK_TEXT_MAX);
	text[RK_TEXT_MAX] = '\0';
	for (sent = 0; rk_session_state(pair.server) == RK_OPEN; sent++) {
		assert_true(sent < 100);
		send_text(pair.client, text);
		settle(&pair);
	}
	expect_dead(pair.server, "octets of texts wait to be read");
	/* What came before it still counts. */
	expect_text(pair.server, text);
	free_pair(&pair);
}

static void sa_keys(struct rk_session *s, uint32_t gen, uint32_t spi, uint8_t out[64])
{
	struct sp_secret key = { .len = 16 }, auth = { .len = 32 };
	struct sp_error err;

	assert_int_equal(rk_session_sa_keys(s, gen, spi, &key, &auth, &err), 0);
	memcpy(out, key.octets, 16);
	memcpy(out + 16, auth.octets, 32);
}

static void sa_keys_agree_and_differ(void **state)
{
	struct pair pair = open_pair(profile_of(state));
	struct pair other = open_pair(profile_of(state));
	struct sp_secret key = { .len = 16 }, auth = { .len = 32 };
	uint8_t a[64], b[64];
	struct sp_error err;

	sa_keys(pair.client, 1, 0x1001, a);
	sa_keys(pair.server, 1, 0x1001, b);
	assert_memory_equal(a, b, 48);
	sa_keys(pair.server, 2, 0x1001, b);
	assert_memory_not_equal(a, b, 16);
	assert_memory_not_equal(a + 16, b + 16, 32);
	sa_keys(pair.server, 1, 0x1002, b);
	assert_memory_not_equal(a, b, 16);
	sa_keys(other.client, 1, 0x1001, b);
	assert_memory_not_equal(a, b, 16);

	rk_session_eof(pair.client);
	assert_int_equal(rk_session_sa_keys(pair.client, 1, 0x1001, &key, &auth, &err), -1);
	free_pair(&pair);
	free_pair(&other);

	pair = new_pair(profile_of(state));
	assert_int_equal(rk_session_sa_keys(pair.client, 1, 0x1001, &key, &auth, &err), -1);
	free_pair(&pair);
}

static void sa_keys_have_the_lengths_asked_for(void **state)
{
	struct pair pair = open_pair(profile_of(state));
	struct sp_secret key = { .len = 32 }, auth = { .len = 64 }, none = { .len = 0 };
	struct sp_error err;
	uint8_t a[64];

	sa_keys(pair.client, 7, 0xfffffffe, a);
	assert_int_equal(rk_session_sa_keys(pair.server, 7, 0xfffffffe, &key, &auth, &err), 0);
	assert_int_equal(key.len, 32);
	assert_int_equal(auth.len, 64);
	/* One stream of octets, cut differently. */
	assert_memory_equal(key.octets, a, 32);
	assert_memory_equal(auth.octets, a + 32, 16);
	/* AH and null have no encryption key. */
	assert_int_equal(rk_session_sa_keys(pair.server, 7, 0xfffffffe, &none, &auth, &err), 0);
	assert_memory_equal(auth.octets, a, 48);
	auth.len = 0;
	assert_int_equal(rk_session_sa_keys(pair.server, 7, 1, &none, &auth, &err), -1);
	auth.len = 65;
	assert_int_equal(rk_session_sa_keys(pair.server, 7, 1, &key, &auth, &err), -1);
	free_pair(&pair);
}

static void expect_bad_config(const struct rk_config *config, const char *error)
{
	struct rk_session *s = rk_session_new(config, 0);
	size_t len;

	assert_non_null(s);
	expect_dead(s, error);
	rk_session_output(s, &len);
	assert_int_equal(len, 0);
	rk_session_free(s);
}

static void unfit_keys_are_refused(void **state)
{
	EVP_PKEY *small = new_key(1024);
	struct rk_config config;

	(void)state;
	config = test_config(RK_CLIENT, RK_SIGNED);
	config.key = NULL;
	expect_bad_config(&config, "needs a key and the peer's key");
	config = test_config(RK_CLIENT, RK_SIGNED);
	config.key = small;
	expect_bad_config(&config, "our key: has 1024 bits");
	config = test_config(RK_CLIENT, RK_SIGNED);
	config.peer_key = small;
	expect_bad_config(&config, "peer's key: has 1024 bits");
	config = test_config(RK_CLIENT, RK_SIGNED);
	config.peer_key = config.key;
	expect_bad_config(&config, "our key and the peer's are the same");
	config = test_config(RK_SERVER, RK_COMPAT);
	EVP_PKEY_free(config.ephemeral);
	config.ephemeral = new_key(2048);
	expect_bad_config(&config, "not RSA of 1024 bits");
	EVP_PKEY_free(small);
}

#define BOTH(test)								\
	{ #test " (signed)", test, NULL, NULL, &profiles[RK_SIGNED] },	\
	{ #test " (compat)", test, NULL, NULL, &profiles[RK_COMPAT] }

int main(void)
{
	static enum rk_profile profiles[] = { RK_SIGNED, RK_COMPAT };
	const struct CMUnitTest tests[] = {
		BOTH(opens_and_carries_texts),
		BOTH(any_chunks_will_do),
		cmocka_unit_test(first_message_tells_the_keys),
		cmocka_unit_test(signed_client_waits_for_confirmation),
		cmocka_unit_test(compat_first_message_keeps_its_bounds),
		BOTH(only_fit_texts_are_sent),
		BOTH(server_waits_to_be_spoken_to),
		BOTH(ten_seconds_and_no_more),
		cmocka_unit_test(trickling_client_is_cut_off),
		BOTH(open_sessions_have_no_deadline),
		BOTH(eof_ends_it),
		cmocka_unit_test(oversized_messages_are_refused_by_length),
		cmocka_unit_test(handshake_goes_on_within_bounds),
		BOTH(short_messages_are_refused),
		BOTH(unread_output_is_bounded),
		BOTH(flood_of_unread_texts_ends_it),
		BOTH(sa_keys_agree_and_differ),
		BOTH(sa_keys_have_the_lengths_asked_for),
		cmocka_unit_test(unfit_keys_are_refused),
	};

	return cmocka_run_group_tests_name("rsa_session", tests, make_test_keys, free_test_keys);
}
