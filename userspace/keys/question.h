/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of whoever holds private keys and secrets, or makes keys.  The answer comes
 * later, from a thread today and from a process of its own one day: plain data both ways, and
 * what is held does not come with it.
 */
#ifndef SP_KEY_QUESTION_H
#define SP_KEY_QUESTION_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/hash.h"
#include "error.h"

struct sp_psk;

enum {
	SP_KEY_INPUT_MAX = 1024,
	SP_KEY_ANSWER_MAX = 8192,
};

enum sp_key_question_kind {
	SP_KEY_EPHEMERAL_RSA,		/* a fresh pair of so many bits, in DER */
	/*
	 * HMAC of the octets, by the hash that is asked for, whose key is the pre-shared one: what
	 * IKEv1 begins with (RFC 2409 5), and IKEv2 authenticates with (RFC 7296 2.15).
	 */
	SP_KEY_PSK_PRF,
	SP_KEY_SIGNATURE,		/* of the octets, with our private key */
};

enum sp_key_scheme {
	/* The octets in block type 1 of PKCS #1, with no word on the hash (RFC 2409 5.1). */
	SP_KEY_RSA_BARE,
	/* The octets are the hash that the curve goes with; r and s at full length (RFC 4754). */
	SP_KEY_ECDSA,
};

struct sp_key_question {
	enum sp_key_question_kind kind;
	unsigned int bits;		/* of an ephemeral key */
	enum sp_hash hash;				/* of SP_KEY_PSK_PRF */
	enum sp_key_scheme scheme;	/* of a signature */
	size_t len;
	uint8_t octets[SP_KEY_INPUT_MAX];
};

struct sp_key_answer {
	struct sp_error error;		/* if len is 0 */
	size_t len;
	uint8_t octets[SP_KEY_ANSWER_MAX];
};

/* What a peer's questions are answered with; NULL: it has none. */
struct sp_key_holding {
	EVP_PKEY *own;
	const struct sp_psk *psk;
};

/* In any thread; @holding may be NULL for what is made. */
void sp_key_answer(const struct sp_key_question *question, const struct sp_key_holding *holding,
		   struct sp_key_answer *answer);
void sp_key_answer_free(struct sp_key_answer *answer);	/* wipes it; NULL is fine */

#endif
