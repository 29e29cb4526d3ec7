// SPDX-License-Identifier: GPL-2.0-or-later
/* Secrets as users write them, and what is answered with keys that nobody is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "keys/keyring.h"
#include "keys/psk.h"
#include "keys/question.h"

static int parse(struct sp_psk *psk, const char *text, struct sp_error *err)
{
	return sp_psk_parse(psk, text, strlen(text), err);
}

static void expect_psk(const char *text, const char *octets)
{
	struct sp_error err = { "" };
	struct sp_psk psk;

	if (parse(&psk, text, &err))
		fail_msg("%s", err.text);
	assert_int_equal(psk.len, strlen(octets));
	assert_memory_equal(psk.octets, octets, psk.len);
	sp_psk_wipe(&psk);
}

static void test_forms(void **state)
{
	static const char *const bad[] = {
		"", "\"\"", "0x", "0x7", "0xyz", "0s", "0sabc", "0sa=bc", "0s====", "0s!!!!",
	};
	char text[SP_PSK_MAX + 2] = "";
	struct sp_psk psk;
	struct sp_error err;

	(void)state;
	expect_psk("secret", "secret");
	expect_psk("two words", "two words");
	expect_psk("\" quoted \"", " quoted ");
	expect_psk("0x736563726574", "secret");
	expect_psk("0sc2VjcmV0", "secret");
	expect_psk("0sc2VjcmU=", "secre");
	expect_psk("0sc2Vjcg==", "secr");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!parse(&psk, bad[i], &err))
			fail_msg("%s is a secret of %zu octets", bad[i], psk.len);
	memset(text, 'x', SP_PSK_MAX);
	assert_int_equal(parse(&psk, text, &err), 0);
	text[SP_PSK_MAX] = 'x';
	assert_int_equal(parse(&psk, text, &err), -1);
	assert_null(strstr(err.text, "xxx"));
}

static void test_file(void **state)
{
	struct sp_keyring *ring = sp_keyring_new(NULL);
	char folder[] = "/tmp/spindle-psk-XXXXXX", told[64];
	const struct sp_psk *psk;
	struct sp_error err;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(told, sizeof(told), "@%s/psk", folder);
	umask(077);
	file = fopen(told + 1, "w");
	fputs("0sc2VjcmV0\r\n", file);
	fclose(file);
	psk = sp_keyring_psk(ring, told, &err);
	assert_non_null(psk);
	assert_int_equal(psk->len, 6);
	assert_ptr_equal(sp_keyring_psk(ring, told, &err), psk);
	sp_keyring_free(ring);

	ring = sp_keyring_new(NULL);
	assert_int_equal(chmod(told + 1, 0640), 0);
	assert_null(sp_keyring_psk(ring, told, &err));
	assert_non_null(strstr(err.text, "others may use it (mode 0640)"));
	unlink(told + 1);
	assert_null(sp_keyring_psk(ring, told, &err));
	assert_non_null(strstr(err.text, "No such file"));
	sp_keyring_free(ring);
	rmdir(folder);
}

static struct sp_key_answer *ask(enum sp_key_question_kind kind, const void *octets, size_t len,
				 enum sp_hash hash, enum sp_key_scheme scheme,
				 const struct sp_key_holding *holding)
{
	struct sp_key_question question = {
		.kind = kind, .len = len, .hash = hash, .scheme = scheme,
	};
	struct sp_key_answer *answer = calloc(1, sizeof(*answer));

	memcpy(question.octets, octets, len);
	sp_key_answer(&question, holding, answer);
	return answer;
}

/* RFC 2202 3, test case 2, and RFC 4231 4.3, which is the same with longer hashes. */
static void test_prf(void **state)
{
	static const char data[] = "what do ya want for nothing?";
	static const uint8_t sha1[] = {
		0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2, 0xd2, 0x74,
		0x16, 0xd5, 0xf1, 0x84, 0xdf, 0x9c, 0x25, 0x9a, 0x7c, 0x79,
	};
	static const size_t lens[] = { 16, 20, 32, 48, 64 };
	struct sp_key_holding holding = { .psk = NULL };
	struct sp_key_answer *answer;
	struct sp_error err;
	struct sp_psk psk;

	(void)state;
	assert_int_equal(parse(&psk, "Jefe", &err), 0);
	answer = ask(SP_KEY_PSK_PRF, data, strlen(data), SP_HASH_SHA1, 0, &holding);
	assert_int_equal(answer->len, 0);
	assert_string_equal(answer->error.text, "there is no pre-shared key");
	sp_key_answer_free(answer);
	holding.psk = &psk;
	for (int hash = SP_HASH_MD5; hash <= SP_HASH_SHA512; hash++) {
		answer = ask(SP_KEY_PSK_PRF, data, strlen(data), (enum sp_hash)hash, 0,
			     &holding);
		assert_int_equal(answer->len, lens[hash]);
		if (hash == SP_HASH_SHA1)
			assert_memory_equal(answer->octets, sha1, sizeof(sha1));
		sp_key_answer_free(answer);
	}
}

static void test_bare_rsa(void **state)
{
	struct sp_key_holding holding = { .own = EVP_RSA_gen(2048) };
	uint8_t block[256];
	size_t len = sizeof(block);
	struct sp_key_answer *answer;
	EVP_PKEY_CTX *ctx;

	(void)state;
	answer = ask(SP_KEY_SIGNATURE, "a hash of twenty oct", 20, 0, SP_KEY_RSA_BARE, &holding);
	assert_int_equal(answer->len, 256);
	ctx = EVP_PKEY_CTX_new(holding.own, NULL);
	assert_true(EVP_PKEY_verify_recover_init(ctx) > 0 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0 &&
		    EVP_PKEY_verify_recover(ctx, block, &len, answer->octets, answer->len) > 0);
	EVP_PKEY_CTX_free(ctx);
	/* 00 01 FF ... FF 00 and the hash alone. */
	assert_memory_equal(block, "\0\1\xff\xff", 4);
	assert_memory_equal(block + 256 - 22, "\xff\0a hash of twenty oct", 22);
	sp_key_answer_free(answer);
	/* Neither with a key of another kind nor with more than there is room for. */
	answer = ask(SP_KEY_SIGNATURE, "hash", 4, 0, SP_KEY_ECDSA, &holding);
	assert_int_equal(answer->len, 0);
	sp_key_answer_free(answer);
	answer = ask(SP_KEY_SIGNATURE, block, 250, 0, SP_KEY_RSA_BARE, &holding);
	assert_int_equal(answer->len, 0);
	sp_key_answer_free(answer);
	EVP_PKEY_free(holding.own);
}

static void test_ecdsa(void **state)
{
	static const struct {
		const char *curve;
		size_t hash, signature;
	} kinds[] = { { "P-256", 32, 64 }, { "P-384", 48, 96 }, { "P-521", 64, 132 } };
	const uint8_t hash[64] = "as if it were random";

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sp_key_holding holding = { .own = EVP_EC_gen(kinds[i].curve) };
		struct sp_key_answer *answer;
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(holding.own, NULL);
		ECDSA_SIG *pair = ECDSA_SIG_new();
		unsigned char *der = NULL;
		size_t half = kinds[i].signature / 2;
		int len;

		answer = ask(SP_KEY_SIGNATURE, hash, kinds[i].hash, 0, SP_KEY_ECDSA, &holding);
		assert_int_equal(answer->len, kinds[i].signature);
		assert_true(ECDSA_SIG_set0(pair, BN_bin2bn(answer->octets, (int)half, NULL),
					   BN_bin2bn(answer->octets + half, (int)half, NULL)));
		len = i2d_ECDSA_SIG(pair, &der);
		assert_true(EVP_PKEY_verify_init(ctx) > 0 &&
			    EVP_PKEY_verify(ctx, der, (size_t)len, hash, kinds[i].hash) > 0);
		OPENSSL_free(der);
		ECDSA_SIG_free(pair);
		EVP_PKEY_CTX_free(ctx);
		sp_key_answer_free(answer);
		EVP_PKEY_free(holding.own);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_prf),
		cmocka_unit_test(test_bare_rsa),
		cmocka_unit_test(test_ecdsa),
	};

	return cmocka_run_group_tests_name("question", tests, NULL, NULL);
}
