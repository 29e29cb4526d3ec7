/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes, HMAC with them, and how to compare what they make.  In any thread. */
#ifndef SP_HASH_H
#define SP_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "octets.h"

enum sp_hash {
	SP_HASH_MD5,
	SP_HASH_SHA1,
	SP_HASH_SHA256,
	SP_HASH_SHA384,
	SP_HASH_SHA512,
	SP_HASHES,
};

enum { SP_HASH_MAX = 64 };		/* octets of the longest */

const char *sp_hash_word(enum sp_hash hash);	/* "sha256" */
size_t sp_hash_len(enum sp_hash hash);
bool sp_hash_weak(enum sp_hash hash);	/* even for HMAC */
/* Returns false if no hash has that word of so many octets. */
bool sp_hash_find(enum sp_hash *hash, const char *word, size_t len);

/* Of the parts one after another; writes sp_hash_len() octets. */
int sp_hash_parts(enum sp_hash hash, const struct sp_octets *parts, size_t n, uint8_t *out,
		  struct sp_error *err);
/* HMAC (RFC 2104) of the same; @out may be @key's octets. */
int sp_hmac_parts(enum sp_hash hash, struct sp_octets key, const struct sp_octets *parts,
		  size_t n, uint8_t *out, struct sp_error *err);

/* In a time that tells nothing of where they differ, but of their lengths. */
bool sp_octets_equal(struct sp_octets a, struct sp_octets b);

#endif
