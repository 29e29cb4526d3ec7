/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The primitives of the wire format, in OpenSSL's terms and nobody else's. */
#ifndef RK_CRYPTO_H
#define RK_CRYPTO_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum {
	RK_AES_LEN = 16,		/* key, block and IV of AES-128-CBC */
	RK_SHA256_LEN = 32,
	RK_MD5_LEN = 16,
};

int rk_sha256(const void *data, size_t len, uint8_t hash[RK_SHA256_LEN], struct sp_error *err);

/* HMAC (RFC 2104) with the named hash; writes the whole of its output. */
int rk_hmac(const char *md, const uint8_t *key, size_t key_len, const void *data, size_t len,
	    uint8_t *mac, size_t mac_size, struct sp_error *err);

struct rk_octets {
	const void *data;
	size_t len;
};

/* HKDF-SHA256 (RFC 5869), extract and expand. */
int rk_hkdf(struct rk_octets ikm, const uint8_t salt[RK_SHA256_LEN], struct rk_octets info,
	    uint8_t *out, size_t len, struct sp_error *err);

/* AES-128-CBC over whole blocks, no padding added or looked at; in and out may be the same. */
int rk_aes_cbc(bool encrypt, const uint8_t key[RK_AES_LEN], const uint8_t iv[RK_AES_LEN],
	       const uint8_t *in, size_t len, uint8_t *out, struct sp_error *err);

/* RSAES-OAEP (RFC 8017 7.1) with the named hash, also for MGF1, and no label. */
int rk_oaep_encrypt(EVP_PKEY *key, const char *md, const uint8_t *in, size_t len, uint8_t *out,
		    size_t size, struct sp_error *err);
/*
 * out holds a random substitute of len octets, which stays there if the
 * ciphertext is no encryption of that many octets: the caller goes on with
 * it and fails later, like any other forgery.  So nobody learns whether the
 * padding was right (RFC 8017 7.1.2, the note on Manger's attack).
 */
void rk_oaep_decrypt(EVP_PKEY *key, const char *md, const uint8_t *in, size_t in_len, uint8_t *out,
		     size_t len);

/*
 * RSASSA-PSS (RFC 8017 8.1), SHA-256 throughout, 32 octets of salt.  What is
 * signed is the label, its NUL included, then the data: a signature made for
 * one purpose says nothing for another.
 */
int rk_pss_sign(EVP_PKEY *key, const char *label, struct rk_octets data, uint8_t *signature,
		size_t *len, size_t size, struct sp_error *err);
bool rk_pss_verify(EVP_PKEY *key, const char *label, struct rk_octets data,
		   struct rk_octets signature);

/* 0xff if x (at most 255) is 0, else 0x00; without a branch. */
static inline uint8_t rk_mask_if_zero(unsigned int x)
{
	return (uint8_t)((x - 1) >> 8);
}

#endif
