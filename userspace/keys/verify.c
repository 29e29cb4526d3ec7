// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdbool.h>

static bool verify_octets(EVP_PKEY *key, enum sp_key_scheme scheme, struct sp_octets hash,
			  struct sp_octets signature)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool bare = scheme == SP_KEY_RSA_BARE;
	bool good = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
		    (!bare || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1) &&
		    EVP_PKEY_verify(ctx, signature.data, signature.len, hash.data, hash.len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* r and s, of half the octets each (RFC 4754 7). */
static ECDSA_SIG *make_ecdsa_pair(struct sp_octets signature)
{
	int half = (int)(signature.len / 2);
	BIGNUM *r = BN_bin2bn(signature.data, half, NULL);
	BIGNUM *s = BN_bin2bn(signature.data + half, half, NULL);
	ECDSA_SIG *pair = ECDSA_SIG_new();

	if (r && s && pair && ECDSA_SIG_set0(pair, r, s) == 1)
		return pair;
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return NULL;
}

/* OpenSSL wants them in DER. */
static bool verify_ecdsa(EVP_PKEY *key, struct sp_octets hash, struct sp_octets signature)
{
	size_t half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
	ECDSA_SIG *pair = NULL;
	unsigned char *der = NULL;
	bool good = false;
	int len = 0;

	if (signature.len == 2 * half)
		pair = make_ecdsa_pair(signature);
	if (pair)
		len = i2d_ECDSA_SIG(pair, &der);
	if (len > 0)
		good = verify_octets(key, SP_KEY_ECDSA, hash,
				     (struct sp_octets){ der, (size_t)len });
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
	return good;
}

int sp_key_verify(EVP_PKEY *key, enum sp_key_scheme scheme, struct sp_octets hash,
		  struct sp_octets signature, struct sp_error *err)
{
	const char *kind = scheme == SP_KEY_ECDSA ? "EC" : "RSA";
	bool good;

	if (!key || !EVP_PKEY_is_a(key, kind))
		return sp_fail(err, "the peer's key is no %s key", kind);
	if (scheme == SP_KEY_ECDSA)
		good = verify_ecdsa(key, hash, signature);
	else
		good = verify_octets(key, scheme, hash, signature);
	ERR_clear_error();
	return good ? 0 : sp_fail(err, "the signature is not made with the peer's key");
}
