// SPDX-License-Identifier: GPL-2.0-or-later
#include "sakeys.h"

#include <openssl/crypto.h>
#include <string.h>

#include "cursor.h"

int rk_sakeys_derive(struct rk_octets ikm, const uint8_t salt[RK_SHA256_LEN], uint32_t generation,
		     uint32_t spi, struct sp_secret *key, struct sp_secret *auth_key,
		     struct sp_error *err)
{
	static const char label[] = "spindle-sa";
	uint8_t info[sizeof(label) - 1 + 4 + 4];
	uint8_t keys[sizeof(key->octets) + sizeof(auth_key->octets)];
	struct sp_writer w;
	int ret;

	/* Either may be absent: AH and null encrypt nothing, AES-GCM has one key for both. */
	if (!(key->len + auth_key->len) || key->len > sizeof(key->octets) ||
	    auth_key->len > sizeof(auth_key->octets))
		return sp_fail(err, "SA keys of %zu and %zu octets cannot be made", key->len,
			       auth_key->len);
	sp_writer_init(&w, info, sizeof(info));
	sp_write_octets(&w, label, sizeof(label) - 1);
	sp_write_be32(&w, generation);
	sp_write_be32(&w, spi);

	ret = rk_hkdf(ikm, salt, (struct rk_octets){ info, w.len }, keys, key->len + auth_key->len,
		      err);
	if (!ret) {
		memcpy(key->octets, keys, key->len);
		memcpy(auth_key->octets, keys + key->len, auth_key->len);
	}
	OPENSSL_cleanse(keys, sizeof(keys));
	return ret;
}
