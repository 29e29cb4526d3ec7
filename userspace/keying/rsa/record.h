/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protected part of a message of the signed profile: counter, IV,
 * ciphertext and tag behind a header in plaintext.  Encrypt-then-MAC; the tag
 * covers everything in front of it, the header included.
 */
#ifndef RK_RECORD_H
#define RK_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "crypto.h"
#include "cursor.h"
#include "error.h"
#include "session.h"

enum {
	RK_RECORD_COUNTER = 8,
	RK_RECORD_TAG = 16,		/* HMAC-SHA256-128 (RFC 4868) */
	RK_RECORD_OVERHEAD = RK_RECORD_COUNTER + RK_AES_LEN + RK_AES_LEN + RK_RECORD_TAG,
};

/* One direction: what its sender and its receiver both hold. */
struct rk_record_keys {
	uint8_t aes[RK_AES_LEN];
	uint8_t mac[RK_SHA256_LEN];
	uint64_t counter;		/* of the next message */
};

/* label tells the directions apart, so that a message sent back to its sender is refused. */
int rk_record_keys(struct rk_record_keys *keys, struct rk_octets ikm,
		   const uint8_t salt[RK_SHA256_LEN], const char *label, struct sp_error *err);

/* w holds the header; counter, IV, ciphertext and tag are written behind it. */
int rk_record_seal(struct rk_record_keys *keys, const struct rk_random *random,
		   struct sp_writer *w, struct rk_octets plain, struct sp_error *err);

/* header: octets in front of the counter; plain has room for the whole message. */
int rk_record_open(struct rk_record_keys *keys, struct rk_octets message, size_t header,
		   uint8_t *plain, size_t *plain_len, struct sp_error *err);

#endif
