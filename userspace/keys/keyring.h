/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys and the secrets that a configuration names.  Each file is read once each time the
 * configuration is read, however many peers name it, and always: what is in it
 * may be another key than before.  It is parsed only if its octets have changed.
 */
#ifndef SP_KEYRING_H
#define SP_KEYRING_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "config/config.h"
#include "error.h"
#include "psk.h"
#include "rsakey.h"

struct sp_keyring;

/* One key, which lives as long as its ring; what is in it may be kept by references. */
struct sp_key {
	EVP_PKEY *pkey;			/* or NULL: the other has it, see sp_key_get() */
	struct sp_spki *spki;
	uint8_t digest[SP_KEY_ID_LEN];
	char id[SP_KEY_ID_STRLEN];	/* the digest as text */
};

/* Without a reference; NULL without memory. */
EVP_PKEY *sp_key_get(const struct sp_key *key);

/*
 * @known, the ring of the last time or NULL, has to stay until sp_keyring_settle(); so have, as
 * long as anything is asked of the ring, the words that keys were asked for by.
 */
struct sp_keyring *sp_keyring_new(const struct sp_keyring *known);
void sp_keyring_free(struct sp_keyring *ring);	/* NULL is fine */
/* All has been read: the last time is of no interest any more. */
void sp_keyring_settle(struct sp_keyring *ring);

/* Reads what the peers of the configuration need, and tells each problem; returns how many. */
unsigned int sp_keyring_read(struct sp_keyring *ring, const struct sp_config *config,
			     sp_problem_fn problem, void *arg);

/* Returns NULL and an error if the file cannot be used. */
const struct sp_key *sp_keyring_private(struct sp_keyring *ring, const char *file,
					struct sp_error *err);
const struct sp_key *sp_keyring_public(struct sp_keyring *ring, const char *file,
				       struct sp_error *err);
/* Lives as long as its ring, like a key; @told is what the configuration has. */
const struct sp_psk *sp_keyring_psk(struct sp_keyring *ring, const char *told,
				    struct sp_error *err);

#endif
