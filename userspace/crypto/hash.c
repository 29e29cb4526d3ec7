// SPDX-License-Identifier: GPL-2.0-or-later
#include "hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <string.h>

#include "openssl_error.h"

static const struct {
	const char *word;
	const char *name;		/* OpenSSL's */
	size_t len;
	bool weak;
} rows[SP_HASHES] = {
	[SP_HASH_MD5] = { "md5", "MD5", 16, true },
	[SP_HASH_SHA1] = { "sha1", "SHA1", 20, false },
	[SP_HASH_SHA256] = { "sha256", "SHA256", 32, false },
	[SP_HASH_SHA384] = { "sha384", "SHA384", 48, false },
	[SP_HASH_SHA512] = { "sha512", "SHA512", 64, false },
};

/*
 * To look an algorithm up takes OpenSSL longer than to use it, so each is fetched once.  What
 * is here is never changed afterwards, and copied for each use, so threads may share it.
 */
static struct {
	EVP_MD *md;
	EVP_MAC_CTX *hmac;		/* with the hash, and a key that is never used */
} fetched[SP_HASHES];

static void fetch_one(enum sp_hash hash, EVP_MAC *mac)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)rows[hash].name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	fetched[hash].md = EVP_MD_fetch(NULL, rows[hash].name, NULL);
	if (ctx && EVP_MAC_init(ctx, (const unsigned char *)"", 1, params) == 1) {
		fetched[hash].hmac = ctx;
		return;
	}
	EVP_MAC_CTX_free(ctx);
}

static void fetch_all(void)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	for (enum sp_hash hash = 0; hash < SP_HASHES; hash++)
		fetch_one(hash, mac);
	EVP_MAC_free(mac);
}

static void fetch(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch_all);
}

const char *sp_hash_word(enum sp_hash hash)
{
	return rows[hash].word;
}

size_t sp_hash_len(enum sp_hash hash)
{
	return rows[hash].len;
}

bool sp_hash_weak(enum sp_hash hash)
{
	return rows[hash].weak;
}

bool sp_hash_find(enum sp_hash *hash, const char *word, size_t len)
{
	for (*hash = 0; *hash < SP_HASHES; ++*hash)
		if (strlen(rows[*hash].word) == len && !memcmp(rows[*hash].word, word, len))
			return true;
	return false;
}

int sp_hash_parts(enum sp_hash hash, const struct sp_octets *parts, size_t n, uint8_t *out,
		  struct sp_error *err)
{
	EVP_MD_CTX *ctx;
	int ok;

	fetch();
	ctx = EVP_MD_CTX_new();
	ok = ctx && fetched[hash].md && EVP_DigestInit_ex2(ctx, fetched[hash].md, NULL) == 1;
	for (size_t i = 0; ok && i < n; i++)
		ok = !parts[i].len || EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : sp_openssl_fail(rows[hash].name, err);
}

int sp_hmac_parts(enum sp_hash hash, struct sp_octets key, const struct sp_octets *parts,
		  size_t n, uint8_t *out, struct sp_error *err)
{
	const uint8_t *octets = key.len ? key.data : (const uint8_t *)"";
	EVP_MAC_CTX *ctx = NULL;
	size_t len;
	int ok;

	fetch();
	if (fetched[hash].hmac)
		ctx = EVP_MAC_CTX_dup(fetched[hash].hmac);
	ok = ctx && EVP_MAC_init(ctx, octets, key.len, NULL) == 1;
	for (size_t i = 0; ok && i < n; i++)
		ok = !parts[i].len || EVP_MAC_update(ctx, parts[i].data, parts[i].len) == 1;
	ok = ok && EVP_MAC_final(ctx, out, &len, rows[hash].len) == 1;
	EVP_MAC_CTX_free(ctx);
	return ok ? 0 : sp_openssl_fail("HMAC", err);
}

bool sp_octets_equal(struct sp_octets a, struct sp_octets b)
{
	volatile uint8_t differ = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		differ |= a.data[i] ^ b.data[i];
	return !differ;
}
