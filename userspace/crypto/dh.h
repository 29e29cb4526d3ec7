/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diffie-Hellman in the groups that IKE numbers: prime fields with short exponents, the curves
 * of NIST, Curve25519.  What the peer sends is checked before a secret touches it.  In any
 * thread.
 *
 * The private value is made of random octets that the caller provides, so that a simulation
 * can be played again, and nothing else of these functions depends on chance: a test that has
 * no time for exponentiation may link other functions of these names.
 */
#ifndef SP_DH_H
#define SP_DH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "octets.h"

enum sp_dh_kind {
	SP_DH_MODP,
	SP_DH_ECP,
	SP_DH_MONTGOMERY,
	SP_DH_EC2N,			/* known by name, and never done */
};

struct sp_dh_group {
	uint16_t number;		/* IANA, the same in both versions of IKE */
	const char *word;		/* "modp2048" */
	enum sp_dh_kind kind;
	uint16_t public_len;		/* octets on the wire: x and y of a point (RFC 5903 7) */
	uint16_t secret_len;		/* octets of the shared secret: x alone */
	uint16_t private_len;		/* octets of a private value */
	bool weak;
};

enum {
	SP_DH_PUBLIC_MAX = 1024,
	SP_DH_SECRET_MAX = 1024,
	SP_DH_PRIVATE_MAX = 66,
};

/* NULL if there is none; those of kind SP_DH_EC2N are found too. */
const struct sp_dh_group *sp_dh_find(uint16_t number);
const struct sp_dh_group *sp_dh_find_word(const char *word, size_t len);
const struct sp_dh_group *sp_dh_at(size_t i);	/* NULL behind the last: for listings */

typedef void (*sp_random_fn)(void *arg, void *buf, size_t len);

/* A key pair. */
struct sp_dh;

struct sp_dh_secret {
	uint8_t octets[SP_DH_SECRET_MAX];
	size_t len;			/* the group's, with zeros in front */
};

/* Returns NULL and an error. */
struct sp_dh *sp_dh_new(const struct sp_dh_group *group, sp_random_fn random, void *arg,
			struct sp_error *err);
void sp_dh_free(struct sp_dh *dh);		/* wipes it; NULL is fine */
const struct sp_dh_group *sp_dh_group_of(const struct sp_dh *dh);
/* Valid as long as the pair. */
struct sp_octets sp_dh_public(const struct sp_dh *dh);

/*
 * Fails, naming what is wrong, if @peer has not the length of the group, is not in its range
 * or on its curve, or makes a secret that everybody knows.
 */
int sp_dh_shared(const struct sp_dh *dh, struct sp_octets peer, struct sp_dh_secret *secret,
		 struct sp_error *err);
void sp_dh_secret_wipe(struct sp_dh_secret *secret);

#endif
