/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A public key as its octets, a SubjectPublicKeyInfo of RSA (RFC 5280 4.1, RFC 8017 A.1.1) as
 * nearly all are, until somebody needs it.  Of thousands of peers most prove nothing for a long
 * time, and OpenSSL takes 2 KiB for each key and half a millisecond to decode it.
 */
#ifndef SP_SPKI_H
#define SP_SPKI_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

struct sp_spki;

/* NULL unless it is the one encoding that DER has of an RSA key of a length that is accepted. */
struct sp_spki *sp_spki_new(const uint8_t *der, size_t len);
/* It is shared by all who have a reference. */
struct sp_spki *sp_spki_ref(struct sp_spki *spki);
void sp_spki_free(struct sp_spki *spki);	/* NULL is fine */

/* The key, which lasts as long as this; NULL without memory. */
EVP_PKEY *sp_spki_key(struct sp_spki *spki);

#endif
