// SPDX-License-Identifier: GPL-2.0-or-later
#include "spki.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>

int rk_spki_write(struct sp_writer *w, const EVP_PKEY *key, int bits, struct sp_error *err)
{
	uint8_t *der = NULL;
	int len;

	if (!key || !EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) != bits)
		return sp_fail(err, "the session's own key is not RSA of %d bits", bits);
	len = i2d_PUBKEY(key, &der);
	if (len > 0)
		sp_write_octets(w, der, (size_t)len);
	OPENSSL_free(der);
	if (len <= 0 || w->bad) {
		ERR_clear_error();
		return sp_fail(err, "cannot encode the session's key");
	}
	return 0;
}

/* d2i accepts some encodings that are BER but not DER, and keys without parameters. */
static bool is_encoding_of(struct rk_octets der, const EVP_PKEY *key)
{
	uint8_t *again = NULL;
	int len = i2d_PUBKEY(key, &again);
	bool same = len > 0 && (size_t)len == der.len && !memcmp(again, der.data, der.len);

	OPENSSL_free(again);
	return same;
}

static bool exponent_is_sane(const EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	bool sane = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
		    !BN_is_one(e) && BN_num_bits(e) <= 32;

	BN_free(e);
	return sane;
}

static int check(struct rk_octets der, const EVP_PKEY *key, int bits, struct sp_error *err)
{
	if (!key)
		return sp_fail(err, "the session's key is not a SubjectPublicKeyInfo");
	if (!EVP_PKEY_is_a(key, "RSA"))
		return sp_fail(err, "the session's key is not RSA");
	if (EVP_PKEY_get_bits(key) != bits)
		return sp_fail(err, "the session's key has %d bits, not %d",
			       EVP_PKEY_get_bits(key), bits);
	if (!exponent_is_sane(key))
		return sp_fail(err, "the session's key has an exponent that nobody should use");
	if (!is_encoding_of(der, key))
		return sp_fail(err, "the session's key is not in DER, or something follows it");
	return 0;
}

EVP_PKEY *rk_spki_read(struct rk_octets der, int bits, struct sp_error *err)
{
	const uint8_t *next = der.data;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &next, (long)der.len);

	if (check(der, key, bits, err)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	ERR_clear_error();
	return key;
}
