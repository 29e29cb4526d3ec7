// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/cipher.h"
#include "crypto/dh.h"
#include "crypto/hash.h"
#include "crypto/ikesuite.h"

static struct sp_error err;

static struct sp_octets text(const char *string)
{
	return (struct sp_octets){ (const uint8_t *)string, strlen(string) };
}

static void assert_hex(const uint8_t *octets, size_t len, const char *want)
{
	char got[2 * SP_DH_PUBLIC_MAX + 1] = "";

	for (size_t i = 0; i < len; i++)
		sprintf(got + 2 * i, "%02x", octets[i]);
	assert_string_equal(got, want);
}

static size_t parse_hex(const char *hex, uint8_t *octets)
{
	size_t n = 0;

	for (; *hex; hex += 2)
		octets[n++] = (uint8_t)strtoul((char[]){ hex[0], hex[1], '\0' }, NULL, 16);
	return n;
}

/* --- hashes ------------------------------------------------------------------------- */

/* RFC 1321 A.5, FIPS 180-4; RFC 2202 2 and 3 and RFC 4231 4.3, each "Jefe". */
static const struct {
	enum sp_hash hash;
	const char *word;
	const char *of_abc;
	const char *hmac;
} hashes[] = {
	{ SP_HASH_MD5, "md5", "900150983cd24fb0d6963f7d28e17f72",
	  "750c783e6ab0b503eaa86e310a5db738" },
	{ SP_HASH_SHA1, "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d",
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ SP_HASH_SHA256, "sha256",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ SP_HASH_SHA384, "sha384",
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7",
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649" },
	{ SP_HASH_SHA512, "sha512",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
};

static void test_hashes(void **state)
{
	const struct sp_octets abc[] = { text("a"), text(""), text("bc") };
	const struct sp_octets message[] = { text("what do ya want "), text("for nothing?") };
	uint8_t out[SP_HASH_MAX];

	(void)state;
	for (size_t i = 0; i < SP_HASHES; i++) {
		enum sp_hash hash = hashes[i].hash, found;

		assert_string_equal(sp_hash_word(hash), hashes[i].word);
		assert_true(sp_hash_find(&found, hashes[i].word, strlen(hashes[i].word)));
		assert_int_equal(found, hash);
		assert_int_equal(sp_hash_parts(hash, abc, 3, out, &err), 0);
		assert_hex(out, sp_hash_len(hash), hashes[i].of_abc);
		assert_int_equal(sp_hmac_parts(hash, text("Jefe"), message, 2, out, &err), 0);
		assert_hex(out, sp_hash_len(hash), hashes[i].hmac);
	}
}

/* A key as long as that of a user who has set none, and one that is longer than a block. */
static void test_hmac_keys(void **state)
{
	uint8_t key[131], out[SP_HASH_MAX];
	struct sp_octets message = text("Test Using Larger Than Block-Size Key - Hash Key First");

	(void)state;
	memset(key, 0xaa, sizeof(key));
	/* RFC 4231 4.7. */
	assert_int_equal(sp_hmac_parts(SP_HASH_SHA256, SP_OCTETS(key), &message, 1, out, &err), 0);
	assert_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	assert_int_equal(sp_hmac_parts(SP_HASH_SHA256, (struct sp_octets){ NULL, 0 }, NULL, 0, out,
				       &err),
			 0);
	assert_hex(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	/* And none of it stays behind for the next. */
	assert_int_equal(sp_hmac_parts(SP_HASH_SHA256, SP_OCTETS(key), &message, 1, out, &err), 0);
	assert_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(sp_octets_equal(text("secret"), text("secret")));
	assert_true(sp_octets_equal(text(""), (struct sp_octets){ NULL, 0 }));
	assert_false(sp_octets_equal(text("secret"), text("secreT")));
	assert_false(sp_octets_equal(text("secret"), text("Secret")));
	assert_false(sp_octets_equal(text("secret"), text("secrets")));
}

/* --- ciphers -------------------------------------------------------------------------- */

/*
 * DES: FIPS 81, table C1, in CBC mode.  The others: SP 800-38A F.2, and for 3DES what the
 * openssl command makes of it.
 */
static const struct {
	enum sp_cipher cipher;
	const char *word;
	const char *key;
	const char *iv;
	const char *plain;
	const char *sealed;
} ciphers[] = {
	{ SP_CIPHER_DES, "des", "0123456789abcdef", "1234567890abcdef",
	  "4e6f77206973207468652074696d6520666f7220616c6c20",
	  "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6" },
	{ SP_CIPHER_3DES, "3des", "0123456789abcdef23456789abcdef01456789abcdef0123",
	  "1234567890abcdef", "4e6f77206973207468652074696d6520",
	  "f3c0ff026c023089656fbb169def7edb" },
	{ SP_CIPHER_AES128, "aes128", "2b7e151628aed2a6abf7158809cf4f3c",
	  "000102030405060708090a0b0c0d0e0f", "6bc1bee22e409f96e93d7e117393172a",
	  "7649abac8119b246cee98e9b12e9197d" },
	{ SP_CIPHER_AES192, "aes192", "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
	  "000102030405060708090a0b0c0d0e0f", "6bc1bee22e409f96e93d7e117393172a",
	  "4f021db243bc633d7178183a9fa071e8" },
	{ SP_CIPHER_AES256, "aes256",
	  "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
	  "000102030405060708090a0b0c0d0e0f", "6bc1bee22e409f96e93d7e117393172a",
	  "f58c4c04d6e5f1ba779eabfb5f7bfbd6" },
};

static void test_ciphers(void **state)
{
	uint8_t key[SP_CIPHER_KEY_MAX], iv[SP_CIPHER_BLOCK_MAX], octets[64];
	enum sp_cipher found;

	(void)state;
	for (size_t i = 0; i < SP_CIPHERS; i++) {
		enum sp_cipher cipher = ciphers[i].cipher;
		size_t len = parse_hex(ciphers[i].plain, octets);

		assert_true(sp_cipher_find(&found, ciphers[i].word, strlen(ciphers[i].word)));
		assert_int_equal(found, cipher);
		assert_int_equal(parse_hex(ciphers[i].key, key), sp_cipher_key_len(cipher));
		assert_int_equal(parse_hex(ciphers[i].iv, iv), sp_cipher_block_len(cipher));
		assert_int_equal(sp_cbc_encrypt(cipher, key, iv, octets, len, &err), 0);
		assert_hex(octets, len, ciphers[i].sealed);
		assert_int_equal(sp_cbc_decrypt(cipher, key, iv, octets, len, &err), 0);
		assert_hex(octets, len, ciphers[i].plain);
	}
	assert_int_equal(sp_cbc_encrypt(SP_CIPHER_AES128, key, iv, octets, 20, &err), -1);
	assert_string_equal(err.text, "20 octets are no whole blocks of 16");
}

/* --- Diffie-Hellman ---------------------------------------------------------------------- */

/* Octets that count up from where @arg says: chance that can be repeated. */
static void count_up(void *arg, void *buf, size_t len)
{
	uint8_t *octets = buf, first = *(const uint8_t *)arg;

	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(first + i);
}

/*
 * SHA-256 of the public value whose chance counts up from 1, and of the secret with one whose
 * chance counts up from 101.  Computed by a program that knows OpenSSL's numbers for curves
 * but no OpenSSL, and makes the primes of the digits of pi, as RFC 2409 and RFC 3526 say.
 */
static const struct {
	uint16_t number;
	const char *public;
	const char *secret;
} pairs[] = {
	{ 1, "6f3e253893393fde624b285f98e1b9a2530013bcaddfdd11e86c785c99466efe",
	  "e29069e2adba5110f3842aba6fdd7e78a580a320c6f1102af662d3305e8d7f79" },
	{ 2, "34aae4bf3ac8ad201b1e5a338f02ce46a0eb99af6685dc84b661a157f34fc088",
	  "2d314983b661e15622a636d0901bea0d172b16e4d3349e3e43f980ac441dd75e" },
	{ 5, "454b8432cbd942213571751b20b50e2a506be75f9d9463d55d58722a9650cc61",
	  "c7d5b93e6a350011d3dba85b97f5f29eb77c812f4e76e4bc14dd3e12722acaf2" },
	{ 14, "2979f3312e43f70a9714dcda49112b0b3dad685fff298b3ea59526fa863c5060",
	  "44016d42f2be1109ac7999c1352710766bae41f644745bc225bb58b2f23c709d" },
	{ 15, "7212ed4bc5e85ee0a9c2536ebb83fbde303f3030433baba3cdc656c9e068c4a9",
	  "41d54c7ba75bad40412cd72ef2a66f4bacacc3db5f350af580b97a0d23f4ae88" },
	{ 16, "6e64186218c94f9c4beb3984b0aa6dd69498a5a056a62f3423a41f73e4c5a226",
	  "3a12cf8bf0c6f3522329dbda2a2b5f09f99cab1bdc89115d6d0a8422ea4f3b55" },
	{ 17, "743e45207bfbc766d5224fe8775d44d44f64cf56dbf91939b56b9495400ac06a",
	  "f4d2ae0d61160fd0653e2bc85172460ab93cef9ccba633eebb10c499d6c642e5" },
	{ 18, "7d57ef7145c8415aa45459b4dab52152dd49fb8dd3c6f6ea5e486d7f77ae2d36",
	  "ed2d4b4a946e9c56421489e10272c7933d7fd918cc6a0006ca2aa8335abc2681" },
	{ 19, "d5d6f4b45c22724e809a109bebf7399fe7325f7cf0fa36814c815f8e8ce3c0fa",
	  "61d72fad72e47d6b5f3d2d4519b6f2884172c60966c67bf9734456c313a9956f" },
	{ 20, "98ecae8fe75f5c8e061dc7f609164ccc0c81ca90ea8e3813b5227b552fd0d303",
	  "22b962acd3e91c29e91e70e94dced9f23623229805c3e45a1b756bb5e30fe5b1" },
	{ 21, "ed90f2762b33f319225bf1eb8191d34fd6487b17b858c9dff3132f57a99a1f9b",
	  "120ff39efa5148665b6acc8a884ba6efaecb924b1fd4385ad2dc05d7f88e6fe4" },
	{ 31, "aaa8fff703b50b2297f4f6e13508f72420d96fd01ebb84cb074449caaef64041",
	  "f260a8a0779be4cca2374f946500397453f229afa7fb5ee11f878c4f625ab4b1" },
};

static void assert_hash(struct sp_octets octets, const char *want)
{
	uint8_t hash[32];

	assert_int_equal(sp_hash_parts(SP_HASH_SHA256, &octets, 1, hash, &err), 0);
	assert_hex(hash, sizeof(hash), want);
}

static struct sp_dh *make_pair(const struct sp_dh_group *group, uint8_t first)
{
	struct sp_dh *dh = sp_dh_new(group, count_up, &first, &err);

	if (!dh)
		fail_msg("%s", err.text);
	return dh;
}

static void test_dh(void **state)
{
	static struct sp_dh_secret secret, other;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct sp_dh_group *group = sp_dh_find(pairs[i].number);
		struct sp_dh *a = make_pair(group, 1), *b = make_pair(group, 101);

		assert_ptr_equal(sp_dh_find_word(group->word, strlen(group->word)), group);
		assert_int_equal(sp_dh_public(a).len, group->public_len);
		assert_hash(sp_dh_public(a), pairs[i].public);
		assert_int_equal(sp_dh_shared(b, sp_dh_public(a), &secret, &err), 0);
		assert_int_equal(secret.len, group->secret_len);
		assert_hash((struct sp_octets){ secret.octets, secret.len }, pairs[i].secret);
		assert_int_equal(sp_dh_shared(a, sp_dh_public(b), &other, &err), 0);
		assert_memory_equal(secret.octets, other.octets, secret.len);
		sp_dh_free(a);
		sp_dh_free(b);
	}
}

/* RFC 5903 8.1: chance of which that private value comes. */
static void fixed_chance(void *arg, void *buf, size_t len)
{
	uint8_t octets[40] = { 0 };

	(void)arg;
	parse_hex("0000000000000000"
		  "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1432",
		  octets);
	assert_int_equal(len, sizeof(octets));
	memcpy(buf, octets, len);
}

static void test_rfc5903(void **state)
{
	struct sp_dh *dh = sp_dh_new(sp_dh_find(19), fixed_chance, NULL, &err);
	static struct sp_dh_secret secret;
	uint8_t peer[64];

	(void)state;
	assert_non_null(dh);
	assert_hex(sp_dh_public(dh).data, 64,
		   "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
		   "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3");
	parse_hex("d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
		  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
		  peer);
	assert_int_equal(sp_dh_shared(dh, SP_OCTETS(peer), &secret, &err), 0);
	assert_hex(secret.octets, secret.len,
		   "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
	sp_dh_free(dh);
}

/* A prime that is full of ones at both ends, so that its neighbours are easily made. */
static void test_modp_range(void **state)
{
	const struct sp_dh_group *group = sp_dh_find(14);
	struct sp_dh *dh = make_pair(group, 1);
	static struct sp_dh_secret secret;
	uint8_t value[256] = { 0 };

	(void)state;
	assert_int_equal(sp_dh_shared(dh, SP_OCTETS(value), &secret, &err), -1);
	assert_string_equal(err.text,
			    "modp2048: public value is not between 2 and the prime less 2");
	value[255] = 1;
	assert_int_equal(sp_dh_shared(dh, SP_OCTETS(value), &secret, &err), -1);
	value[255] = 2;
	assert_int_equal(sp_dh_shared(dh, SP_OCTETS(value), &secret, &err), 0);
	memset(value, 0xff, sizeof(value));
	assert_int_equal(sp_dh_shared(dh, SP_OCTETS(value), &secret, &err), -1);
	assert_int_equal(secret.len, 0);
	assert_int_equal(sp_dh_shared(dh, (struct sp_octets){ value, 255 }, &secret, &err), -1);
	assert_string_equal(err.text, "modp2048: public value of 255 octets, not 256");
	sp_dh_free(dh);
}

/* The prime itself, and both of its neighbours: p - 1 has the order 2. */
static void test_modp_neighbours(void **state)
{
	static const char prime[] =
		"ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
		"020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
		"4fe1356d6d51c245e485b576625e7ec6f44c42e9a63a3620ffffffffffffffff";
	struct sp_dh *dh = make_pair(sp_dh_find(1), 1);
	static struct sp_dh_secret secret;
	uint8_t value[96];

	(void)state;
	assert_int_equal(parse_hex(prime, value), sizeof(value));
	assert_int_equal(sp_dh_shared(dh, SP_OCTETS(value), &secret, &err), -1);
	value[95]--;
	assert_int_equal(sp_dh_shared(dh, SP_OCTETS(value), &secret, &err), -1);
	value[95]--;
	assert_int_equal(sp_dh_shared(dh, SP_OCTETS(value), &secret, &err), 0);
	sp_dh_free(dh);
}

static void test_off_curve(void **state)
{
	static struct sp_dh_secret secret;
	uint8_t point[132];

	(void)state;
	for (uint16_t number = 19; number <= 21; number++) {
		const struct sp_dh_group *group = sp_dh_find(number);
		struct sp_dh *dh = make_pair(group, 1), *other = make_pair(group, 7);
		struct sp_octets octets = { point, group->public_len };

		memcpy(point, sp_dh_public(other).data, group->public_len);
		assert_int_equal(sp_dh_shared(dh, octets, &secret, &err), 0);
		point[group->public_len - 1] ^= 1;
		assert_int_equal(sp_dh_shared(dh, octets, &secret, &err), -1);
		assert_non_null(strstr(err.text, "public value is no point of the curve"));
		memset(point, 0, sizeof(point));
		assert_int_equal(sp_dh_shared(dh, octets, &secret, &err), -1);
		memset(point, 0xff, sizeof(point));
		assert_int_equal(sp_dh_shared(dh, octets, &secret, &err), -1);
		assert_int_equal(secret.len, 0);
		sp_dh_free(dh);
		sp_dh_free(other);
	}
}

/* Points of small order (RFC 7748 6.1) make a secret of zeros. */
static void test_small_order(void **state)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	struct sp_dh *dh = make_pair(sp_dh_find(31), 1);
	static struct sp_dh_secret secret;
	uint8_t point[32];

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		parse_hex(points[i], point);
		assert_int_equal(sp_dh_shared(dh, SP_OCTETS(point), &secret, &err), -1);
		assert_non_null(strstr(err.text, "curve25519: public value is of small order"));
	}
	sp_dh_free(dh);
}

static void test_ec2n(void **state)
{
	uint8_t first = 1;

	(void)state;
	assert_null(sp_dh_new(sp_dh_find(3), count_up, &first, &err));
	assert_string_equal(err.text, "group 3, ec2n155, is not supported");
	assert_null(sp_dh_new(sp_dh_find(4), count_up, &first, &err));
	assert_null(sp_dh_find(22));
}

/* --- suites --------------------------------------------------------------------------------- */

static void test_suites(void **state)
{
	static const struct {
		const char *word, *weak;
	} good[] = {
		{ "aes256-sha256-modp2048", NULL },   { "aes128-sha1-ecp521", NULL },
		{ "aes192-sha512-curve25519", NULL }, { "aes128-sha384-modp8192", NULL },
		{ "3des-sha1-modp2048", "3des" },     { "des-md5-modp768", "des" },
		{ "aes128-md5-modp1024", "md5" },     { "aes256-sha256-modp1536", "modp1536" },
	};
	static const struct {
		const char *word, *error;
	} bad[] = {
		{ "", ": encryption of IKE is missing" },
		{ "aes256", "aes256: hash of IKE is missing" },
		{ "aes256-sha256", "aes256-sha256: Diffie-Hellman group is missing" },
		{ "aes256gcm16-sha256-modp2048",
		  "aes256gcm16-sha256-modp2048: \"aes256gcm16\" is no encryption of IKE" },
		{ "aes265-sha256-modp2048",
		  "aes265-sha256-modp2048: \"aes265\" is no encryption of IKE; did you mean "
		  "aes256?" },
		{ "aes256-sha25-modp2048",
		  "aes256-sha25-modp2048: \"sha25\" is no hash of IKE; did you mean sha256?" },
		{ "aes256-sha256-modp2408",
		  "aes256-sha256-modp2408: \"modp2408\" is no Diffie-Hellman group; did you mean "
		  "modp2048?" },
		{ "aes256-sha256-ec2n155",
		  "aes256-sha256-ec2n155: ec2n155, group 3, is not supported by anybody any more" },
		{ "aes256-sha256-modp2048-x",
		  "aes256-sha256-modp2048-x: \"x\" is too much behind cipher, hash and group" },
	};
	char buf[SP_IKE_SUITE_STRLEN];
	struct sp_ike_suite suite;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(sp_ike_suite_parse(&suite, good[i].word, &err), 0);
		assert_string_equal(sp_ike_suite_format(&suite, buf), good[i].word);
		if (good[i].weak)
			assert_string_equal(sp_ike_suite_weak(&suite), good[i].weak);
		else
			assert_null(sp_ike_suite_weak(&suite));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(sp_ike_suite_parse(&suite, bad[i].word, &err), -1);
		assert_string_equal(err.text, bad[i].error);
	}
	assert_int_equal(sp_ike_suite_parse(&suite, "aes128-sha256-x25519", &err), 0);
	assert_int_equal(suite.group->number, 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),	    cmocka_unit_test(test_hmac_keys),
		cmocka_unit_test(test_equal),	    cmocka_unit_test(test_ciphers),
		cmocka_unit_test(test_dh),	    cmocka_unit_test(test_rfc5903),
		cmocka_unit_test(test_modp_range),  cmocka_unit_test(test_modp_neighbours),
		cmocka_unit_test(test_off_curve),   cmocka_unit_test(test_small_order),
		cmocka_unit_test(test_ec2n),	    cmocka_unit_test(test_suites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
