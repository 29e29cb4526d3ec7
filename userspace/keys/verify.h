/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures of peers, over octets that are a hash already: what SP_KEY_SIGNATURE makes. */
#ifndef SP_KEY_VERIFY_H
#define SP_KEY_VERIFY_H

#include <openssl/evp.h>

#include "error.h"
#include "octets.h"
#include "question.h"

/* Fails with an error that tells a key of another kind from a signature that is wrong. */
int sp_key_verify(EVP_PKEY *key, enum sp_key_scheme scheme, struct sp_octets hash,
		  struct sp_octets signature, struct sp_error *err);

#endif
