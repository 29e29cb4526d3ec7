// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What no captured exchange shows of the keys of IKEv1: ciphers and hashes of every length, and
 * the keys of every suite.  Expected values are from a few lines of Python's hmac.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "keying/ike/derive.h"

static struct sp_error err;

static const uint8_t nonce_i[] = "nonce of the initiator";
static const uint8_t nonce_r[] = "nonce of the responder";
static const uint8_t public_i[] = "public value of the initiator";
static const uint8_t public_r[] = "public value of the responder";
static const uint8_t shared[] = "shared secret";

static const struct ike_phase1 phase1 = {
	.cookie_i = "cookie_",
	.cookie_r = "COOKIE_",
	.nonce_i = { nonce_i, sizeof(nonce_i) - 1 },
	.nonce_r = { nonce_r, sizeof(nonce_r) - 1 },
	.public_i = { public_i, sizeof(public_i) - 1 },
	.public_r = { public_r, sizeof(public_r) - 1 },
	.shared = { shared, sizeof(shared) - 1 },
};

static void assert_hex(const uint8_t *octets, size_t len, const char *want)
{
	char got[512] = "";

	for (size_t i = 0; i < len; i++)
		sprintf(got + 2 * i, "%02x", octets[i]);
	assert_string_equal(got, want);
}

/* The key that encrypts: SKEYID_e itself, or what it is stretched to (RFC 2409 appendix B). */
static const struct {
	enum sp_hash prf;
	enum sp_cipher cipher;
	const char *key;
	const char *iv;
} rows[] = {
	{ SP_HASH_MD5, SP_CIPHER_DES,
	  "04dae1f38c54b4e6",
	  "ae4c1ae94fc0f8e7" },
	{ SP_HASH_MD5, SP_CIPHER_3DES,
	  "0ceef2f2a21b84deb668abe6a414f37f572bc69ccd1058cd",
	  "ae4c1ae94fc0f8e7" },
	{ SP_HASH_MD5, SP_CIPHER_AES128,
	  "04dae1f38c54b4e6e3ac61abe3818dc5",
	  "ae4c1ae94fc0f8e780346f09f029e609" },
	{ SP_HASH_MD5, SP_CIPHER_AES192,
	  "0ceef2f2a21b84deb668abe6a414f37f572bc69ccd1058cd",
	  "ae4c1ae94fc0f8e780346f09f029e609" },
	{ SP_HASH_MD5, SP_CIPHER_AES256,
	  "0ceef2f2a21b84deb668abe6a414f37f572bc69ccd1058cd06c0883fbc53ad08",
	  "ae4c1ae94fc0f8e780346f09f029e609" },
	{ SP_HASH_SHA1, SP_CIPHER_DES,
	  "961b6c2e3ee4bb35",
	  "29ace8164df4c364" },
	{ SP_HASH_SHA1, SP_CIPHER_3DES,
	  "4cfb3ba45f68d34616c6b0228e1267bd8f505552af862fa7",
	  "29ace8164df4c364" },
	{ SP_HASH_SHA1, SP_CIPHER_AES128,
	  "961b6c2e3ee4bb356e0b532ad04f6f92",
	  "29ace8164df4c364ef941908bfff606e" },
	{ SP_HASH_SHA1, SP_CIPHER_AES192,
	  "4cfb3ba45f68d34616c6b0228e1267bd8f505552af862fa7",
	  "29ace8164df4c364ef941908bfff606e" },
	{ SP_HASH_SHA1, SP_CIPHER_AES256,
	  "4cfb3ba45f68d34616c6b0228e1267bd8f505552af862fa799b4c8262f30b381",
	  "29ace8164df4c364ef941908bfff606e" },
	{ SP_HASH_SHA256, SP_CIPHER_DES,
	  "110495d3883776f4",
	  "4ccca96d8e2a537b" },
	{ SP_HASH_SHA256, SP_CIPHER_3DES,
	  "110495d3883776f46e1aa0d438d7f3d9935ef8f95ed8775d",
	  "4ccca96d8e2a537b" },
	{ SP_HASH_SHA256, SP_CIPHER_AES128,
	  "110495d3883776f46e1aa0d438d7f3d9",
	  "4ccca96d8e2a537b7c78b07972e18984" },
	{ SP_HASH_SHA256, SP_CIPHER_AES192,
	  "110495d3883776f46e1aa0d438d7f3d9935ef8f95ed8775d",
	  "4ccca96d8e2a537b7c78b07972e18984" },
	{ SP_HASH_SHA256, SP_CIPHER_AES256,
	  "110495d3883776f46e1aa0d438d7f3d9935ef8f95ed8775dc37e352bbcb97559",
	  "4ccca96d8e2a537b7c78b07972e18984" },
	{ SP_HASH_SHA384, SP_CIPHER_DES,
	  "ab9bae7263875e04",
	  "aefb6b4e693e4506" },
	{ SP_HASH_SHA384, SP_CIPHER_3DES,
	  "ab9bae7263875e0487a2fc77f5a5147d7672c48bd74ac42e",
	  "aefb6b4e693e4506" },
	{ SP_HASH_SHA384, SP_CIPHER_AES128,
	  "ab9bae7263875e0487a2fc77f5a5147d",
	  "aefb6b4e693e4506f5c181d6e61a9d85" },
	{ SP_HASH_SHA384, SP_CIPHER_AES192,
	  "ab9bae7263875e0487a2fc77f5a5147d7672c48bd74ac42e",
	  "aefb6b4e693e4506f5c181d6e61a9d85" },
	{ SP_HASH_SHA384, SP_CIPHER_AES256,
	  "ab9bae7263875e0487a2fc77f5a5147d7672c48bd74ac42e738b9eb49dd1407d",
	  "aefb6b4e693e4506f5c181d6e61a9d85" },
	{ SP_HASH_SHA512, SP_CIPHER_DES,
	  "640ed8d6abf03903",
	  "6b1c231909a8ea66" },
	{ SP_HASH_SHA512, SP_CIPHER_3DES,
	  "640ed8d6abf03903bb117b4b2fc5a4cf53bd29b65a59b889",
	  "6b1c231909a8ea66" },
	{ SP_HASH_SHA512, SP_CIPHER_AES128,
	  "640ed8d6abf03903bb117b4b2fc5a4cf",
	  "6b1c231909a8ea669e8290a19b356367" },
	{ SP_HASH_SHA512, SP_CIPHER_AES192,
	  "640ed8d6abf03903bb117b4b2fc5a4cf53bd29b65a59b889",
	  "6b1c231909a8ea669e8290a19b356367" },
	{ SP_HASH_SHA512, SP_CIPHER_AES256,
	  "640ed8d6abf03903bb117b4b2fc5a4cf53bd29b65a59b8893fd28b0b18c30b4a",
	  "6b1c231909a8ea669e8290a19b356367" },
};

static void derive(struct ike_keys *keys, enum sp_hash prf, enum sp_cipher cipher)
{
	memset(keys, 0, sizeof(*keys));
	keys->prf = prf;
	keys->cipher = cipher;
	assert_int_equal(ike_skeyid_signature(prf, &phase1, &keys->skeyid, &err), 0);
	assert_int_equal(ike_keys_derive(keys, &phase1, &err), 0);
}

static void test_keys(void **state)
{
	struct ike_keys keys;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		derive(&keys, rows[i].prf, rows[i].cipher);
		assert_hex(keys.key.octets, keys.key.len, rows[i].key);
		assert_hex(keys.iv, sp_cipher_block_len(keys.cipher), rows[i].iv);
	}
}

static void test_nonces(void **state)
{
	static const uint8_t much[IKE_NONCE_MAX];
	struct ike_phase1 large = phase1;
	struct sp_secret skeyid;

	(void)state;
	large.nonce_i = large.nonce_r = SP_OCTETS(much);
	assert_int_equal(ike_skeyid_signature(SP_HASH_SHA256, &large, &skeyid, &err), 0);
	large.nonce_r.len++;
	assert_int_equal(ike_skeyid_signature(SP_HASH_SHA256, &large, &skeyid, &err), -1);
}

/* --- keys of SAs ------------------------------------------------------------------------ */

static const struct ike_phase2 phase2 = {
	.nonce_i = { nonce_r, sizeof(nonce_r) - 1 },
	.nonce_r = { nonce_i, sizeof(nonce_i) - 1 },
	.protocol = IKE_PROTOCOL_ESP,
};

/* Of every suite: first what encrypts, its salt at the end, then what authenticates. */
static void test_suites(void **state)
{
	const struct spn_suite *suite;
	struct sp_secret key, auth_key;
	struct ike_keys keys;
	uint8_t keymat[128];
	unsigned int i;

	(void)state;
	derive(&keys, SP_HASH_SHA1, SP_CIPHER_AES128);
	assert_int_equal(ike_keymat(&keys, &phase2, 0x12345678, keymat, sizeof(keymat), &err), 0);
	for (i = 0; (suite = spn_suite_at(i)); i++) {
		assert_int_equal(ike_sa_keys(&keys, &phase2, 0x12345678, suite, &key, &auth_key,
					     &err),
				 0);
		assert_int_equal(key.len, suite->key_len);
		assert_int_equal(auth_key.len, suite->auth_key_len);
		assert_memory_equal(key.octets, keymat, key.len);
		assert_memory_equal(auth_key.octets, keymat + key.len, auth_key.len);
	}
	assert_true(i > 50);
}

static void test_keymat(void **state)
{
	struct ike_phase2 with_pfs = phase2;
	struct ike_keys keys;
	uint8_t keymat[68];

	(void)state;
	derive(&keys, SP_HASH_SHA256, SP_CIPHER_AES256);
	assert_int_equal(ike_keymat(&keys, &phase2, 0x12345678, keymat, 68, &err), 0);
	assert_hex(keymat, 68, 
		   "a32377638b89b45e181fa4b58281550de97e50db35d9f59013fbecb23a030a99642c"
		   "9fda16feeb9f59718b9bc4aa3e1dc173e599d36d5b8482508dbea0b34e90c00f9e06");
	with_pfs.shared = phase1.shared;
	with_pfs.protocol = IKE_PROTOCOL_AH;
	assert_int_equal(ike_keymat(&keys, &with_pfs, 0x12345678, keymat, 20, &err), 0);
	assert_hex(keymat, 20, "03f6f6e079a40676fa10327b3b572f6dc68470e9");
}

/* --- encryption ----------------------------------------------------------------------------- */

/* What one side encrypts, message by message, the other decrypts with the same IVs. */
static void test_chain(void **state)
{
	struct ike_keys keys;

	(void)state;
	for (enum sp_cipher cipher = 0; cipher < SP_CIPHERS; cipher++) {
		uint8_t ours[SP_CIPHER_BLOCK_MAX], theirs[SP_CIPHER_BLOCK_MAX], octets[48];

		derive(&keys, SP_HASH_SHA256, cipher);
		memcpy(ours, keys.iv, sizeof(ours));
		memcpy(theirs, keys.iv, sizeof(theirs));
		for (uint8_t i = 0; i < 3; i++) {
			memset(octets, i, sizeof(octets));
			assert_int_equal(ike_encrypt(&keys, ours, octets, 48, &err), 0);
			assert_int_equal(ike_decrypt(&keys, theirs, octets, 48, &err), 0);
			assert_int_equal(octets[0] | octets[47], i);
			assert_memory_equal(ours, theirs, sp_cipher_block_len(cipher));
		}
	}
	assert_int_equal(ike_decrypt(&keys, keys.iv, keys.iv, 0, &err), -1);
	assert_int_equal(ike_decrypt(&keys, keys.iv, keys.iv, 15, &err), -1);
	assert_string_equal(err.text, "15 encrypted octets, which are no whole blocks of 16");
	assert_int_equal(ike_encrypt(&keys, keys.iv, keys.iv, 0, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_nonces),
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_keymat),
		cmocka_unit_test(test_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
