/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two sessions in one process and the wire between them, for the tests of keying/rsa. */
#ifndef RSA_PAIR_H
#define RSA_PAIR_H

#include <openssl/rand.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keying/rsa/session.h"
#include "keys/rsakey.h"

/* Keys are slow to make, so a test program makes one of each and shares them. */
static struct {
	EVP_PKEY *client, *server, *stranger;
	EVP_PKEY *ephemeral[2];		/* by enum rk_profile */
} test_keys;

static inline EVP_PKEY *new_key(unsigned int bits)
{
	struct sp_error err;
	EVP_PKEY *key = sp_key_generate(bits, &err);

	assert_non_null(key);
	return key;
}

static inline int make_test_keys(void **state)
{
	(void)state;
	test_keys.client = new_key(2048);
	test_keys.server = new_key(2048);
	test_keys.stranger = new_key(2048);
	test_keys.ephemeral[RK_SIGNED] = new_key(2048);
	test_keys.ephemeral[RK_COMPAT] = new_key(1024);
	return 0;
}

static inline int free_test_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(test_keys.client);
	EVP_PKEY_free(test_keys.server);
	EVP_PKEY_free(test_keys.stranger);
	EVP_PKEY_free(test_keys.ephemeral[RK_SIGNED]);
	EVP_PKEY_free(test_keys.ephemeral[RK_COMPAT]);
	return 0;
}

static inline void fill_random(void *arg, void *buf, size_t len)
{
	(void)arg;
	assert_int_equal(RAND_bytes(buf, (int)len), 1);
}

static inline struct rk_config test_config(enum rk_role role, enum rk_profile profile)
{
	struct rk_config config = {
		.role = role,
		.profile = profile,
		.key = role == RK_CLIENT ? test_keys.client : test_keys.server,
		.peer_key = role == RK_CLIENT ? test_keys.server : test_keys.client,
		.random = { fill_random, NULL },
	};

	/* The session takes its own reference over. */
	if (role == RK_SERVER) {
		config.ephemeral = test_keys.ephemeral[profile];
		EVP_PKEY_up_ref(config.ephemeral);
	}
	return config;
}

static inline struct rk_session *new_session(enum rk_role role, enum rk_profile profile)
{
	struct rk_config config = test_config(role, profile);
	struct rk_session *s = rk_session_new(&config, 0);

	assert_non_null(s);
	return s;
}

/* Takes all that waits to be sent. */
struct flight {
	uint8_t octets[2 * 65536];
	size_t len;
};

static inline void take_output(struct rk_session *from, struct flight *flight)
{
	const uint8_t *octets = rk_session_output(from, &flight->len);

	assert_true(flight->len <= sizeof(flight->octets));
	if (flight->len)
		memcpy(flight->octets, octets, flight->len);
	rk_session_sent(from, flight->len);
}

struct pair {
	struct rk_session *client, *server;
	size_t chunk;			/* octets given at once at most, 0: all */
};

static inline void give(struct pair *pair, struct rk_session *to, const uint8_t *octets, size_t len)
{
	while (len) {
		size_t n = pair->chunk ? 1 + (size_t)rand() % pair->chunk : len;

		n = n < len ? n : len;
		rk_session_input(to, octets, n);
		octets += n;
		len -= n;
	}
}

/* Carries what each has to say to the other until both are silent. */
static inline void settle(struct pair *pair)
{
	static struct flight there, back;

	do {
		take_output(pair->client, &there);
		give(pair, pair->server, there.octets, there.len);
		take_output(pair->server, &back);
		give(pair, pair->client, back.octets, back.len);
	} while (there.len || back.len);
}

static inline void send_text(struct rk_session *from, const char *text)
{
	struct sp_error err = { "" };

	if (rk_session_send(from, text, &err))
		fail_msg("%s", err.text);
}

static inline void expect_text(struct rk_session *to, const char *text)
{
	const char *got = rk_session_receive(to);

	assert_non_null(got);
	assert_string_equal(got, text);
}

static inline void expect_silence(struct rk_session *to)
{
	assert_null(rk_session_receive(to));
}

static inline void expect_dead(const struct rk_session *s, const char *error)
{
	assert_int_equal(rk_session_state(s), RK_DEAD);
	if (!strstr(rk_session_error(s), error))
		fail_msg("\"%s\" is not in \"%s\"", error, rk_session_error(s));
}

static inline struct pair new_pair(enum rk_profile profile)
{
	return (struct pair){ new_session(RK_CLIENT, profile), new_session(RK_SERVER, profile), 0 };
}

/* Ready for traffic: the greetings are read. */
static inline struct pair open_pair(enum rk_profile profile)
{
	struct pair pair = new_pair(profile);

	send_text(pair.client, "ping");
	settle(&pair);
	expect_text(pair.server, "ping");
	send_text(pair.server, "pong");
	settle(&pair);
	expect_text(pair.client, "pong");
	assert_int_equal(rk_session_state(pair.client), RK_OPEN);
	assert_int_equal(rk_session_state(pair.server), RK_OPEN);
	return pair;
}

static inline void free_pair(struct pair *pair)
{
	rk_session_free(pair->client);
	rk_session_free(pair->server);
}

#endif
