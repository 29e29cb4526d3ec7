// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two sessions and a man in the middle who does what the input says: passes
 * octets on, alters, drops, doubles, reflects and makes up some of his own.
 * Whatever he does, in the signed profile each side receives the other's texts
 * as they were sent, in order and from the first on, or nothing more.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "keying/rsa/session.h"
#include "keys/rsakey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void fill(void *arg, void *buf, size_t len)
{
	(void)arg;
	must(RAND_bytes(buf, (int)len) == 1);
}

static void make_keys(void)
{
	struct sp_error err;

	keys[CLIENT] = rk_key_generate(2048, &err);
	keys[SERVER] = rk_key_generate(2048, &err);
	ephemeral[RK_SIGNED] = rk_key_generate(2048, &err);
	ephemeral[RK_COMPAT] = rk_key_generate(1024, &err);
}

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

static void receive(struct side *side, enum rk_profile profile, unsigned int sent)
{
	const char *text;

	while ((text = rk_session_receive(side->session))) {
		char expected[32];

		snprintf(expected, sizeof(expected), "text %u", side->got++);
		if (profile == RK_SIGNED)
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

/* One step of the input: to whom, what, how many octets. */
static void act(struct side *sides, enum rk_profile profile, struct sp_reader *in)
{
	uint8_t what = sp_read_u8(in);
	int to = what & 1;
	struct heard *from = &heard[!to];
	size_t left = from->end - from->start, n = sp_read_u8(in);
	uint8_t *next = from->octets + from->start;
	const uint8_t *own;

	n = n == 255 || n > left ? left : n;
	switch (what >> 1 & 7) {
	case 0:
	case 1:
		rk_session_input(sides[to].session, next, n);
		from->start += n;
		break;
	case 2:
		if (n < left)
			next[n] ^= sp_read_u8(in);
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
		n = n < in->left ? n : in->left;
		own = sp_read_octets(in, n);
		rk_session_input(sides[to].session, own, n);
		break;
	default:
		send_next(&sides[to]);
	}
	receive(&sides[CLIENT], profile, sides[SERVER].sent);
	receive(&sides[SERVER], profile, sides[CLIENT].sent);
	listen_to(&sides[CLIENT], &heard[CLIENT]);
	listen_to(&sides[SERVER], &heard[SERVER]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct side sides[2] = { 0 };
	enum rk_profile profile;
	struct sp_reader in;
	int i;

	if (!keys[CLIENT])
		make_keys();
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
		act(sides, profile, &in);
	for (i = CLIENT; i <= SERVER; i++) {
		rk_session_eof(sides[i].session);
		must(rk_session_state(sides[i].session) == RK_DEAD);
		must(*rk_session_error(sides[i].session));
		rk_session_free(sides[i].session);
	}
	return 0;
}
