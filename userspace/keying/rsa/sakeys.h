/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the keys of a session to the keys of one SA. */
#ifndef RK_SAKEYS_H
#define RK_SAKEYS_H

#include <stdint.h>

#include "crypto.h"
#include "error.h"
#include "secret.h"

/* See rk_session_sa_keys(); salt is the SHA-256 of the handshake octets. */
int rk_sakeys_derive(struct rk_octets ikm, const uint8_t salt[RK_SHA256_LEN], uint32_t generation,
		     uint32_t spi, struct sp_secret *key, struct sp_secret *auth_key,
		     struct sp_error *err);

#endif
