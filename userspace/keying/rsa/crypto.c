// SPDX-License-Identifier: GPL-2.0-or-later
#include "crypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

/* OpenSSL refuses none of our calls but for want of memory, or of a provider. */
static int openssl_failed(const char *what, struct sp_error *err)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return sp_fail(err, "%s: OpenSSL says %s", what, why ? why : "nothing");
}

int rk_sha256(const void *data, size_t len, uint8_t hash[RK_SHA256_LEN], struct sp_error *err)
{
	if (EVP_Q_digest(NULL, "SHA256", NULL, data, len, hash, NULL) != 1)
		return openssl_failed("SHA-256", err);
	return 0;
}

int rk_hmac(const char *md, const uint8_t *key, size_t key_len, const void *data, size_t len,
	    uint8_t *mac, size_t mac_size, struct sp_error *err)
{
	size_t mac_len;

	if (!EVP_Q_mac(NULL, "HMAC", NULL, md, NULL, key, key_len, data, len, mac, mac_size,
		       &mac_len))
		return openssl_failed("HMAC", err);
	return 0;
}

int rk_hkdf(struct rk_octets ikm, const uint8_t salt[RK_SHA256_LEN], struct rk_octets info,
	    uint8_t *out, size_t len, struct sp_error *err)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)ikm.data, ikm.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt,
						  RK_SHA256_LEN),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info.data,
						  info.len),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	int ok = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : openssl_failed("HKDF", err);
}

int rk_aes_cbc(bool encrypt, const uint8_t key[RK_AES_LEN], const uint8_t iv[RK_AES_LEN],
	       const uint8_t *in, size_t len, uint8_t *out, struct sp_error *err)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	int ok = ctx && len <= INT_MAX &&
		 EVP_CipherInit_ex2(ctx, EVP_aes_128_cbc(), key, iv, encrypt, NULL) == 1 &&
		 EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		 EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 && (size_t)n == len;

	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : openssl_failed("AES-CBC", err);
}

static EVP_PKEY_CTX *oaep_new(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *), const char *md)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	if (ctx && init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, md, NULL) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, md, NULL) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

int rk_oaep_encrypt(EVP_PKEY *key, const char *md, const uint8_t *in, size_t len, uint8_t *out,
		    size_t size, struct sp_error *err)
{
	EVP_PKEY_CTX *ctx = oaep_new(key, EVP_PKEY_encrypt_init, md);
	size_t n = size;
	int ok = ctx && EVP_PKEY_encrypt(ctx, out, &n, in, len) == 1 && n == size;

	EVP_PKEY_CTX_free(ctx);
	return ok ? 0 : openssl_failed("RSA-OAEP", err);
}

void rk_oaep_decrypt(EVP_PKEY *key, const char *md, const uint8_t *in, size_t in_len, uint8_t *out,
		     size_t len)
{
	EVP_PKEY_CTX *ctx = oaep_new(key, EVP_PKEY_decrypt_init, md);
	uint8_t plain[256] = { 0 };	/* RSA-2048, and RSA-1024 */
	size_t n = sizeof(plain), wrong_len, i;
	uint8_t good = 0;

	if (ctx)
		good = rk_mask_if_zero(EVP_PKEY_decrypt(ctx, plain, &n, in, in_len) != 1);
	wrong_len = n ^ len;
	good &= rk_mask_if_zero((wrong_len | wrong_len >> 8) & 0xff);
	for (i = 0; i < len; i++)
		out[i] = (uint8_t)((plain[i] & good) | (out[i] & ~good));
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	OPENSSL_cleanse(plain, sizeof(plain));
}

static int pss_setup(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA256", NULL) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RK_SHA256_LEN) == 1;
}

int rk_pss_sign(EVP_PKEY *key, const char *label, struct rk_octets data, uint8_t *signature,
		size_t *len, size_t size, struct sp_error *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey_ctx;
	int ok;

	*len = size;
	ok = ctx && EVP_DigestSignInit_ex(ctx, &pkey_ctx, "SHA256", NULL, NULL, key, NULL) == 1 &&
	     pss_setup(pkey_ctx) && EVP_DigestSignUpdate(ctx, label, strlen(label) + 1) == 1 &&
	     EVP_DigestSignUpdate(ctx, data.data, data.len) == 1 &&
	     EVP_DigestSignFinal(ctx, signature, len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : openssl_failed("RSA-PSS", err);
}

bool rk_pss_verify(EVP_PKEY *key, const char *label, struct rk_octets data,
		   struct rk_octets signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey_ctx;
	bool ok;

	ok = ctx && EVP_DigestVerifyInit_ex(ctx, &pkey_ctx, "SHA256", NULL, NULL, key, NULL) == 1 &&
	     pss_setup(pkey_ctx) && EVP_DigestVerifyUpdate(ctx, label, strlen(label) + 1) == 1 &&
	     EVP_DigestVerifyUpdate(ctx, data.data, data.len) == 1 &&
	     EVP_DigestVerifyFinal(ctx, signature.data, signature.len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}
