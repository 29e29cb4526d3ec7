// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include <cmocka.h>

#include "kmod/suite.h"
#include "linux/spindle.h"

/*
 * RFC 2403, RFC 2404 2 and RFC 4868 2.6: the key is as long as the hash's output, the ICV
 * shorter.
 */
static const struct {
	const char *name;
	unsigned int icv_len;
} hashes[] = {
	{ "sha1", 12 },
	{ "sha256", 16 },
	{ "sha384", 24 },
	{ "sha512", 32 },
	{ "md5", 12 },
};

/*
 * RFC 3602 2 and 3: AES-CBC has an IV of one block of 16 octets; RFC 2405 and RFC 2451:
 * DES of 8.  RFC 3686 5.1: the key of AES-CTR ends with a nonce.  RFC 2410 and RFC 4303
 * 2.4: without encryption there is no IV, and padding to 4 octets.
 */
static const struct {
	const char *name;
	const char *kernel;
	unsigned int key_len, iv_len, block_len;
	bool counter_iv, weak;
} ciphers[] = {
	{ "aes128", "cbc(aes)", 16, 16, 16, false, false },
	{ "aes192", "cbc(aes)", 24, 16, 16, false, false },
	{ "aes256", "cbc(aes)", 32, 16, 16, false, false },
	{ "aes128ctr", "rfc3686(ctr(aes))", 20, 8, 4, true, false },
	{ "aes192ctr", "rfc3686(ctr(aes))", 28, 8, 4, true, false },
	{ "aes256ctr", "rfc3686(ctr(aes))", 36, 8, 4, true, false },
	{ "null", NULL, 0, 0, 4, false, false },
	{ "3des", "cbc(des3_ede)", 24, 8, 8, false, true },
	{ "des", "cbc(des)", 8, 8, 8, false, true },
};

/* What is old enough for MD5 knows no counter mode. */
static bool is_pair(size_t c, size_t h)
{
	return !ciphers[c].counter_iv || strcmp(hashes[h].name, "md5");
}

static void assert_pair(size_t c, size_t h)
{
	const EVP_MD *md = EVP_get_digestbyname(hashes[h].name);
	const struct spn_suite *suite;
	char word[32], hash[32];

	snprintf(word, sizeof(word), "%s-%s", ciphers[c].name, hashes[h].name);
	snprintf(hash, sizeof(hash), "hmac(%s)", hashes[h].name);
	suite = spn_suite_find(word);
	assert_non_null(suite);
	assert_string_equal(suite->word, word);
	if (ciphers[c].kernel)
		assert_string_equal(suite->cipher, ciphers[c].kernel);
	else
		assert_null(suite->cipher);
	assert_int_equal(suite->key_len, ciphers[c].key_len);
	assert_int_equal(suite->iv_len, ciphers[c].iv_len);
	assert_int_equal(suite->block_len, ciphers[c].block_len);
	assert_int_equal(suite->counter_iv, ciphers[c].counter_iv);
	assert_int_equal(suite->weak, ciphers[c].weak || !strcmp(hashes[h].name, "md5"));
	assert_string_equal(suite->hash, hash);
	assert_non_null(md);
	assert_int_equal(suite->auth_key_len, EVP_MD_get_size(md));
	assert_int_equal(suite->icv_len, hashes[h].icv_len);
}

/* RFC 4106 and RFC 7634: a salt of 4 octets, an IV of 8, padding to 4. */
static const struct {
	const char *word;
	const char *kernel;
	unsigned int key_len, icv_len;
	bool plain;
} aeads[] = {
	{ "aes128gcm16", "gcm(aes)", 20, 16, false },
	{ "aes128gcm12", "gcm(aes)", 20, 12, false },
	{ "aes128gcm8", "gcm(aes)", 20, 8, false },
	{ "aes192gcm16", "gcm(aes)", 28, 16, false },
	{ "aes192gcm12", "gcm(aes)", 28, 12, false },
	{ "aes192gcm8", "gcm(aes)", 28, 8, false },
	{ "aes256gcm16", "gcm(aes)", 36, 16, false },
	{ "aes256gcm12", "gcm(aes)", 36, 12, false },
	{ "aes256gcm8", "gcm(aes)", 36, 8, false },
	{ "chacha20poly1305", "rfc7539(chacha20,poly1305)", 36, 16, false },
	{ "aes128gmac", "gcm(aes)", 20, 16, true },
	{ "aes192gmac", "gcm(aes)", 28, 16, true },
	{ "aes256gmac", "gcm(aes)", 36, 16, true },
};

static void assert_aead(size_t i)
{
	const struct spn_suite *suite = spn_suite_find(aeads[i].word);

	assert_non_null(suite);
	assert_string_equal(suite->aead, aeads[i].kernel);
	assert_null(suite->cipher);
	assert_null(suite->hash);
	assert_int_equal(suite->key_len, aeads[i].key_len);
	assert_int_equal(suite->auth_key_len, 0);
	assert_int_equal(suite->salt_len, 4);
	assert_int_equal(suite->iv_len, 8);
	assert_int_equal(suite->block_len, 4);
	assert_int_equal(suite->icv_len, aeads[i].icv_len);
	assert_int_equal(suite->plain, aeads[i].plain);
	assert_true(suite->counter_iv);
	assert_false(suite->weak);
}

/* RFC 4302: the hash alone. */
static void assert_ah(size_t h)
{
	const struct spn_suite *suite = spn_suite_find(hashes[h].name);
	char hash[SPINDLE_ALG_MAX + 1];

	assert_non_null(suite);
	snprintf(hash, sizeof(hash), "hmac(%s)", hashes[h].name);
	assert_string_equal(suite->hash, hash);
	assert_true(suite->ah);
	assert_null(suite->cipher);
	assert_null(suite->aead);
	assert_int_equal(suite->key_len, 0);
	assert_int_equal(suite->auth_key_len,
			 EVP_MD_get_size(EVP_get_digestbyname(hashes[h].name)));
	assert_int_equal(suite->icv_len, hashes[h].icv_len);
	assert_int_equal(suite->weak, !strcmp(hashes[h].name, "md5"));
}

static void every_row_is_there_with_its_sizes(void **state)
{
	unsigned int rows = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(aeads) / sizeof(aeads[0]); i++, rows++)
		assert_aead(i);
	for (size_t c = 0; c < sizeof(ciphers) / sizeof(ciphers[0]); c++)
		for (size_t h = 0; h < sizeof(hashes) / sizeof(hashes[0]); h++)
			if (is_pair(c, h)) {
				assert_pair(c, h);
				rows++;
			}
	for (size_t h = 0; h < sizeof(hashes) / sizeof(hashes[0]); h++, rows++)
		assert_ah(h);
	assert_non_null(spn_suite_at(rows - 1));
	assert_null(spn_suite_at(rows));
}

static void every_word_is_unique_and_fits(void **state)
{
	const struct spn_suite *suite, *other;

	(void)state;
	for (unsigned int i = 0; (suite = spn_suite_at(i)); i++) {
		assert_ptr_equal(spn_suite_find(suite->word), suite);
		for (unsigned int j = i + 1; (other = spn_suite_at(j)); j++)
			assert_string_not_equal(suite->word, other->word);
		assert_in_range(strlen(suite->word), 1, SPINDLE_ALG_MAX);
		assert_in_range(suite->key_len, 0, SPINDLE_KEY_MAX);
		assert_in_range(suite->auth_key_len, suite->aead ? 0 : 1, SPINDLE_KEY_MAX);
		assert_in_range(suite->salt_len, 0, SPN_SALT_MAX);
		assert_in_range(suite->icv_len, 1, SPN_ICV_MAX);
		assert_in_range(suite->iv_len, 0, SPN_IV_MAX);
		assert_in_range(suite->block_len, 1, SPN_BLOCK_MAX);
	}
}

static void other_words_are_not_found(void **state)
{
	static const char *const words[] = {
		"", "aes", "aes128", "aes128-", "aes128-sha", "aes128-sha2566", "AES128-SHA256",
		"aes512-sha256", "aes128ctr-md5", "null", "null-md4", " aes128-sha256",
		"aes128gcm", "aes128gcm4", "aes128gcm16-sha256", "chacha20",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_null(spn_suite_find(words[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_there_with_its_sizes),
		cmocka_unit_test(every_word_is_unique_and_fits),
		cmocka_unit_test(other_words_are_not_found),
	};

	return cmocka_run_group_tests_name("suite", tests, NULL, NULL);
}
