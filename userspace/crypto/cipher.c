// SPDX-License-Identifier: GPL-2.0-or-later
#include "cipher.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "openssl_error.h"

enum { DES_KEY_LEN = 8 };

static const struct {
	const char *word;
	const char *name;		/* OpenSSL's */
	size_t key_len;
	size_t block_len;
	bool weak;
} rows[SP_CIPHERS] = {
	/* E(K, D(K, E(K, x))) is E(K, x). */
	[SP_CIPHER_DES] = { "des", "DES-EDE3-CBC", DES_KEY_LEN, 8, true },
	[SP_CIPHER_3DES] = { "3des", "DES-EDE3-CBC", 3 * DES_KEY_LEN, 8, true },
	[SP_CIPHER_AES128] = { "aes128", "AES-128-CBC", 16, 16, false },
	[SP_CIPHER_AES192] = { "aes192", "AES-192-CBC", 24, 16, false },
	[SP_CIPHER_AES256] = { "aes256", "AES-256-CBC", 32, 16, false },
};

/* Fetched once, as the hashes are. */
static EVP_CIPHER *fetched[SP_CIPHERS];

static void fetch_all(void)
{
	for (enum sp_cipher cipher = 0; cipher < SP_CIPHERS; cipher++)
		fetched[cipher] = EVP_CIPHER_fetch(NULL, rows[cipher].name, NULL);
}

const char *sp_cipher_word(enum sp_cipher cipher)
{
	return rows[cipher].word;
}

size_t sp_cipher_key_len(enum sp_cipher cipher)
{
	return rows[cipher].key_len;
}

size_t sp_cipher_block_len(enum sp_cipher cipher)
{
	return rows[cipher].block_len;
}

bool sp_cipher_weak(enum sp_cipher cipher)
{
	return rows[cipher].weak;
}

bool sp_cipher_find(enum sp_cipher *cipher, const char *word, size_t len)
{
	for (*cipher = 0; *cipher < SP_CIPHERS; ++*cipher)
		if (strlen(rows[*cipher].word) == len && !memcmp(rows[*cipher].word, word, len))
			return true;
	return false;
}

static int cbc(bool encrypt, enum sp_cipher cipher, const uint8_t *key, const uint8_t *iv,
	       uint8_t *octets, size_t len, struct sp_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint8_t triple[3 * DES_KEY_LEN];
	EVP_CIPHER_CTX *ctx;
	int n = 0, ok;

	if (len % rows[cipher].block_len || len > INT_MAX)
		return sp_fail(err, "%zu octets are no whole blocks of %zu", len,
			       rows[cipher].block_len);
	pthread_once(&once, fetch_all);
	if (cipher == SP_CIPHER_DES) {
		for (size_t i = 0; i < sizeof(triple); i++)
			triple[i] = key[i % DES_KEY_LEN];
		key = triple;
	}
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx && fetched[cipher] &&
	     EVP_CipherInit_ex2(ctx, fetched[cipher], key, iv, encrypt, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	     EVP_CipherUpdate(ctx, octets, &n, octets, (int)len) == 1 && (size_t)n == len;
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(triple, sizeof(triple));
	return ok ? 0 : sp_openssl_fail(rows[cipher].name, err);
}

int sp_cbc_encrypt(enum sp_cipher cipher, const uint8_t *key, const uint8_t *iv, uint8_t *octets,
		   size_t len, struct sp_error *err)
{
	return cbc(true, cipher, key, iv, octets, len, err);
}

int sp_cbc_decrypt(enum sp_cipher cipher, const uint8_t *key, const uint8_t *iv, uint8_t *octets,
		   size_t len, struct sp_error *err)
{
	return cbc(false, cipher, key, iv, octets, len, err);
}
