/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two sessions and a man in the middle who does what the input says: passes octets on,
 * alters, drops, doubles, reflects and makes up some of his own.  All randomness comes
 * from a seed, so that an input does the same each time and in each process.
 */
#ifndef RSA_MIDDLE_H
#define RSA_MIDDLE_H

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "keying/rsa/session.h"
#include "keying/rsa/text.h"
#include "keys/rsakey.h"

enum { CLIENT, SERVER };

struct side {
	struct rk_session *session;
	unsigned int sent, got;
};

/* What the man in the middle has heard and not passed on. */
struct heard {
	uint8_t octets[1 << 18];
	size_t start, end;
};

static struct heard heard[2];
static EVP_PKEY *keys[2], *ephemeral[2];

static void must(int condition)
{
	if (!condition)
		abort();
}

/* --- randomness ---------------------------------------------------------------------- */

static uint64_t random_state;

/* splitmix64 */
static uint8_t random_octet(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint8_t)(z >> 56);
}

static void fill(void *arg, void *buf, size_t len)
{
	uint8_t *octets = buf;

	(void)arg;
	for (size_t i = 0; i < len; i++)
		octets[i] = random_octet();
}

static int fill_openssl(unsigned char *buf, int len)
{
	fill(NULL, buf, (size_t)len);
	return 1;
}

static int seeded(void)
{
	return 1;
}

static void make_keys(void)
{
	static const RAND_METHOD method = {
		.bytes = fill_openssl, .pseudorand = fill_openssl, .status = seeded,
	};
	struct sp_error err;

	must(RAND_set_rand_method(&method));
	keys[CLIENT] = sp_key_generate(2048, &err);
	keys[SERVER] = sp_key_generate(2048, &err);
	ephemeral[RK_SIGNED] = sp_key_generate(2048, &err);
	ephemeral[RK_COMPAT] = sp_key_generate(1024, &err);
}

/* --- the two ------------------------------------------------------------------------- */

static struct rk_session *new_session(enum rk_role role, enum rk_profile profile)
{
	struct rk_config config = {
		.role = role,
		.profile = profile,
		.key = keys[role],
		.peer_key = keys[!role],
		.random = { fill, NULL },
	};

	if (role == RK_SERVER) {
		EVP_PKEY_up_ref(ephemeral[profile]);
		config.ephemeral = ephemeral[profile];
	}
	return rk_session_new(&config, 0);
}

static void listen_to(struct side *side, struct heard *to)
{
	size_t len;
	const uint8_t *octets = rk_session_output(side->session, &len);

	if (len > sizeof(to->octets) - to->end)
		len = sizeof(to->octets) - to->end;
	if (len)
		memcpy(to->octets + to->end, octets, len);
	to->end += len;
	rk_session_sent(side->session, len);
}

/* As many texts as were sent, and the same, if nobody can have forged them; texts in any case. */
static void receive(struct side *side, bool unforged, unsigned int sent)
{
	const char *text;

	while ((text = rk_session_receive(side->session))) {
		struct sp_error err;
		char expected[32];

		must(*text && !rk_text_check(text, strlen(text), &err));
		snprintf(expected, sizeof(expected), "text %u", side->got++);
		if (unforged)
			must(!strcmp(text, expected) && side->got <= sent);
	}
}

static void send_next(struct side *side)
{
	struct sp_error err;
	char text[32];

	snprintf(text, sizeof(text), "text %u", side->sent);
	if (!rk_session_send(side->session, text, &err))
		side->sent++;
}

/* --- the man in the middle ------------------------------------------------------------ */

/* Octets of his own, as a message of that length if he likes. */
static void make_up(struct side *to, bool framed, size_t n, struct sp_reader *in)
{
	uint8_t head[4] = { 0, 0, (uint8_t)(n >> 8), (uint8_t)n };

	if (framed)
		rk_session_input(to->session, head, sizeof(head));
	n = n < in->left ? n : in->left;
	rk_session_input(to->session, sp_read_octets(in, n), n);
}

/* One step of the input: to whom, what, how many octets. */
static void act(struct side *sides, bool unforged, struct sp_reader *in)
{
	uint8_t what = sp_read_u8(in);
	int to = what & 1;
	struct heard *from = &heard[!to];
	size_t left = from->end - from->start, far = (size_t)(what >> 4 & 3) << 8;
	size_t count = sp_read_u8(in), n = count == 255 || count > left ? left : count;
	uint8_t *next = from->octets + from->start;

	switch (what >> 1 & 7) {
	case 0:
	case 1:
		rk_session_input(sides[to].session, next, n);
		from->start += n;
		break;
	case 2:
		if (count + far < left)
			next[count + far] ^= sp_read_u8(in);
		break;
	case 3:
		from->start += n;
		break;
	case 4:
		rk_session_input(sides[to].session, next, n);
		break;
	case 5:
		rk_session_input(sides[!to].session, next, n);
		break;
	case 6:
		make_up(&sides[to], what & 0x40, count + far, in);
		break;
	default:
		send_next(&sides[to]);
	}
	receive(&sides[CLIENT], unforged, sides[SERVER].sent);
	receive(&sides[SERVER], unforged, sides[CLIENT].sent);
	listen_to(&sides[CLIENT], &heard[CLIENT]);
	listen_to(&sides[SERVER], &heard[SERVER]);
}

/* authentic: whether what is authentic was sent by the other side. */
static void meet(const uint8_t *data, size_t size, bool authentic)
{
	struct side sides[2] = { 0 };
	enum rk_profile profile;
	struct sp_reader in;
	int i;

	if (!keys[CLIENT])
		make_keys();
	random_state = 0;
	sp_reader_init(&in, data, size);
	profile = sp_read_u8(&in) & 1 ? RK_COMPAT : RK_SIGNED;
	for (i = CLIENT; i <= SERVER; i++) {
		sides[i].session = new_session(i == CLIENT ? RK_CLIENT : RK_SERVER, profile);
		heard[i].start = heard[i].end = 0;
	}
	send_next(&sides[CLIENT]);
	listen_to(&sides[CLIENT], &heard[CLIENT]);
	listen_to(&sides[SERVER], &heard[SERVER]);
	while (in.left)
		act(sides, authentic && profile == RK_SIGNED, &in);
	for (i = CLIENT; i <= SERVER; i++) {
		rk_session_eof(sides[i].session);
		must(rk_session_state(sides[i].session) == RK_DEAD);
		must(*rk_session_error(sides[i].session));
		rk_session_free(sides[i].session);
	}
}

#endif
