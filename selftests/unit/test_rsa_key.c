// SPDX-License-Identifier: GPL-2.0-or-later
/* Key files, as users make and mistreat them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "keys/rsakey.h"

static char folder[] = "/tmp/spindle-key-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return !mkdtemp(folder) || chdir(folder);
}

static int remove_folder(void **state)
{
	static const char *const files[] = { "pair", "pair.pub", "half.pub", "other" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	return chdir("/") || rmdir(folder);
}

static mode_t mode_of(const char *file)
{
	struct stat st;

	assert_int_equal(stat(file, &st), 0);
	return st.st_mode & 07777;
}

static void pair_is_written_and_read_back(void **state)
{
	uint8_t id[3][SP_KEY_ID_LEN];
	EVP_PKEY *key, *private, *public;
	struct sp_error err;

	(void)state;
	umask(0);
	key = sp_key_generate(2048, &err);
	assert_non_null(key);
	assert_int_equal(sp_key_write_pair(key, "pair", &err), 0);
	assert_int_equal(mode_of("pair"), 0600);
	assert_int_equal(mode_of("pair.pub"), 0644);

	private = sp_key_read_private("pair", &err);
	public = sp_key_read_public("pair.pub", &err);
	assert_non_null(private);
	assert_non_null(public);
	assert_int_equal(sp_key_id(key, id[0], &err), 0);
	assert_int_equal(sp_key_id(private, id[1], &err), 0);
	assert_int_equal(sp_key_id(public, id[2], &err), 0);
	assert_memory_equal(id[0], id[1], SP_KEY_ID_LEN);
	assert_memory_equal(id[0], id[2], SP_KEY_ID_LEN);
	assert_int_equal(EVP_PKEY_eq(key, private), 1);
	EVP_PKEY_free(private);
	EVP_PKEY_free(public);

	assert_int_equal(sp_key_write_pair(key, "pair", &err), -1);
	assert_string_equal(err.text, "pair: exists already, not overwritten");
	EVP_PKEY_free(key);
}

/* What is read without OpenSSL's decoders is what they read. */
static void octets_are_the_key(void **state)
{
	static const unsigned int bits[] = { 2048, 3072, 2056 };

	(void)state;
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		uint8_t *der = NULL;
		struct sp_error err;
		EVP_PKEY *key = sp_key_generate(bits[i], &err);
		int len = i2d_PUBKEY(key, &der);
		struct sp_spki *spki = sp_spki_new(der, (size_t)len), *again;

		assert_non_null(spki);
		assert_int_equal(EVP_PKEY_eq(sp_spki_key(spki), key), 1);
		again = sp_spki_ref(spki);
		sp_spki_free(spki);
		assert_int_equal(EVP_PKEY_get_bits(sp_spki_key(again)), bits[i]);
		sp_spki_free(again);
		/* Nothing is missing, and nothing follows. */
		assert_null(sp_spki_new(der, (size_t)len - 1));
		OPENSSL_free(der);
		EVP_PKEY_free(key);
	}
	sp_spki_free(NULL);
}

static void turn_bit(uint8_t *octets, int bit)
{
	octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* Whatever bit is turned, it is either another key, or none: never one that reads otherwise. */
static void turned_bits_are_no_other_encoding(void **state)
{
	uint8_t *der = NULL, *again;
	struct sp_error err;
	EVP_PKEY *key = sp_key_generate(2048, &err);
	int len = i2d_PUBKEY(key, &der), again_len;

	(void)state;
	for (int bit = 0; bit < len * 8; bit++) {
		struct sp_spki *spki;

		/* The octets of the modulus are all alike. */
		if (bit > 40 * 8 && bit < (len - 16) * 8 && bit % 64)
			continue;
		turn_bit(der, bit);
		spki = sp_spki_new(der, (size_t)len);
		if (spki && sp_spki_key(spki)) {
			again = NULL;
			again_len = i2d_PUBKEY(sp_spki_key(spki), &again);
			assert_int_equal(again_len, len);
			assert_memory_equal(again, der, (size_t)len);
			OPENSSL_free(again);
		}
		sp_spki_free(spki);
		turn_bit(der, bit);
	}
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

/* Too short, too long, and of another kind. */
static void other_keys_are_not_usual(void **state)
{
	EVP_PKEY *keys[2] = { EVP_RSA_gen(1024), EVP_EC_gen("P-256") };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t *der = NULL;
		int len = i2d_PUBKEY(keys[i], &der);

		assert_null(sp_spki_new(der, (size_t)len));
		OPENSSL_free(der);
		EVP_PKEY_free(keys[i]);
	}
}

static void nothing_is_left_of_half_a_pair(void **state)
{
	EVP_PKEY *key = sp_key_read_private("pair", (struct sp_error[1]){ 0 });
	struct sp_error err;

	(void)state;
	assert_non_null(key);
	fclose(fopen("half.pub", "w"));
	assert_int_equal(sp_key_write_pair(key, "half", &err), -1);
	assert_string_equal(err.text, "half.pub: exists already, not overwritten");
	assert_int_equal(access("half", F_OK), -1);
	EVP_PKEY_free(key);
}

static void fingerprint_is_base64_of_the_id(void **state)
{
	uint8_t id[SP_KEY_ID_LEN];
	char text[SP_KEY_ID_STRLEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(id); i++)
		id[i] = (uint8_t)i;
	assert_string_equal(sp_key_id_format(id, text),
			    "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
}

static void expect_no_private(const char *error)
{
	struct sp_error err;

	assert_null(sp_key_read_private("other", &err));
	if (!strstr(err.text, error))
		fail_msg("\"%s\" is not in \"%s\"", error, err.text);
}

static void write_other(EVP_PKEY *key, const EVP_CIPHER *cipher)
{
	FILE *out;

	unlink("other");
	umask(077);
	out = fopen("other", "w");
	assert_non_null(out);
	assert_int_equal(PEM_write_PrivateKey(out, key, cipher, NULL, 0, NULL, (void *)"secret"),
			 1);
	fclose(out);
}

static void unfit_files_are_named_and_refused(void **state)
{
	EVP_PKEY *key = sp_key_read_private("pair", (struct sp_error[1]){ 0 });
	EVP_PKEY *small = EVP_RSA_gen(1024), *ec = EVP_EC_gen("secp256k1"), *nist;
	struct sp_error err;

	(void)state;
	assert_non_null(key);
	expect_no_private("other: No such file or directory");
	write_other(key, EVP_aes_128_cbc());
	expect_no_private("other: is protected by a passphrase");
	assert_null(sp_key_read_public("other", &err));
	write_other(small, NULL);
	expect_no_private("other: has 1024 bits; 2048 to 8192 are accepted");
	write_other(ec, NULL);
	expect_no_private("other: is neither an RSA key nor one of ECDSA with P-256");
	write_other(nist = EVP_EC_gen("P-384"), NULL);
	EVP_PKEY_free(nist);
	nist = sp_key_read_private("other", &err);
	assert_string_equal(sp_key_curve(nist), "P-384");
	assert_int_equal(sp_key_check(nist, &err), -1);
	assert_string_equal(err.text, "is not an RSA key");
	EVP_PKEY_free(nist);
	write_other(key, NULL);
	assert_int_equal(chmod("other", 0640), 0);
	expect_no_private("other: others may use it (mode 0640): chmod 600 other");
	assert_int_equal(chmod("other", 0600), 0);
	assert_int_equal(truncate("other", 200), 0);
	expect_no_private("other: holds no private key in PEM form");
	assert_null(sp_key_read_public("other", &err));
	assert_string_equal(err.text, "other: holds no public key in PEM form");
	EVP_PKEY_free(key);
	EVP_PKEY_free(small);
	EVP_PKEY_free(ec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pair_is_written_and_read_back),
		cmocka_unit_test(octets_are_the_key),
		cmocka_unit_test(turned_bits_are_no_other_encoding),
		cmocka_unit_test(other_keys_are_not_usual),
		cmocka_unit_test(nothing_is_left_of_half_a_pair),
		cmocka_unit_test(fingerprint_is_base64_of_the_id),
		cmocka_unit_test(unfit_files_are_named_and_refused),
	};

	return cmocka_run_group_tests_name("rsa_key", tests, make_folder, remove_folder);
}
