/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The public key of one session on the wire: a DER SubjectPublicKeyInfo (RFC 5280 4.1). */
#ifndef RK_SPKI_H
#define RK_SPKI_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto.h"
#include "cursor.h"
#include "error.h"

enum { RK_SPKI_MAX = 300 };		/* RSA-2048 takes 294 octets, RSA-1024 162 */

/* Fails unless the key is RSA of that many bits. */
int rk_spki_write(struct sp_writer *w, const EVP_PKEY *key, int bits, struct sp_error *err);

/*
 * NULL unless the octets are, to the last, the DER encoding of an RSA key of
 * that many bits with an odd exponent from 3 to 2^32.
 */
EVP_PKEY *rk_spki_read(struct rk_octets der, int bits, struct sp_error *err);

#endif
