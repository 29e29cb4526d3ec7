/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What protects an IKE SA, as users write it: aes256-sha256-modp2048. */
#ifndef SP_IKESUITE_H
#define SP_IKESUITE_H

#include "cipher.h"
#include "dh.h"
#include "error.h"
#include "hash.h"

struct sp_ike_suite {
	enum sp_cipher cipher;
	enum sp_hash hash;		/* the prf is HMAC with it */
	const struct sp_dh_group *group;
};

enum { SP_IKE_SUITE_STRLEN = sizeof("chacha20poly1305-sha512-curve25519") };

/*
 * The word is cipher, hash and group with hyphens between; x25519 is another word for
 * curve25519.  An error names the part that is wrong and what it might have meant.
 */
int sp_ike_suite_parse(struct sp_ike_suite *suite, const char *word, struct sp_error *err);
const char *sp_ike_suite_format(const struct sp_ike_suite *suite, char buf[SP_IKE_SUITE_STRLEN]);
/* The word of its first part that is weak, or NULL. */
const char *sp_ike_suite_weak(const struct sp_ike_suite *suite);

#endif
