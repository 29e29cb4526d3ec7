// SPDX-License-Identifier: GPL-2.0-or-later
#include "dh.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "openssl_error.h"

/*
 * Of a prime field the private value is short: twice the strength of the group and a little
 * more (RFC 3526 8), which takes a fraction of the time that one of full length would.
 */
#define MODP(of_number, bits, private, is_weak)				\
	{								\
		.number = (of_number),					\
		.word = "modp" #bits,					\
		.kind = SP_DH_MODP,					\
		.public_len = (bits) / 8,				\
		.secret_len = (bits) / 8,				\
		.private_len = (private),				\
		.weak = (is_weak),					\
	}
#define ECP(of_number, bits)						\
	{								\
		.number = (of_number),					\
		.word = "ecp" #bits,					\
		.kind = SP_DH_ECP,					\
		.public_len = 2 * (((bits) + 7) / 8),			\
		.secret_len = ((bits) + 7) / 8,				\
		.private_len = ((bits) + 7) / 8,			\
	}
#define EC2N(of_number, bits)						\
	{ .number = (of_number), .word = "ec2n" #bits, .kind = SP_DH_EC2N, .weak = true }

static const struct sp_dh_group groups[] = {
	MODP(1, 768, 32, true),
	MODP(2, 1024, 32, true),
	EC2N(3, 155),
	EC2N(4, 185),
	MODP(5, 1536, 32, true),
	MODP(14, 2048, 32, false),
	MODP(15, 3072, 36, false),
	MODP(16, 4096, 42, false),
	MODP(17, 6144, 48, false),
	MODP(18, 8192, 52, false),
	ECP(19, 256),
	ECP(20, 384),
	ECP(21, 521),
	{ 31, "curve25519", SP_DH_MONTGOMERY, 32, 32, 32, false },
};

enum {
	GROUPS = sizeof(groups) / sizeof(groups[0]),
	/* So many octets more are asked for, so that the rest of a division is as good as even. */
	SPARE = 8,
	POINT_LEN_MAX = 1 + 2 * SP_DH_PRIVATE_MAX,
	UNCOMPRESSED = 4,
};

/* What is computed once for each; never changed afterwards, so threads may share it. */
static struct {
	BIGNUM *prime;
	BN_MONT_CTX *mont;
	EC_GROUP *curve;
} made[GROUPS];

struct sp_dh {
	const struct sp_dh_group *group;
	uint8_t private[SP_DH_PRIVATE_MAX];
	uint8_t public[];
};

const struct sp_dh_group *sp_dh_at(size_t i)
{
	return i < GROUPS ? &groups[i] : NULL;
}

const struct sp_dh_group *sp_dh_find(uint16_t number)
{
	for (size_t i = 0; i < GROUPS; i++)
		if (groups[i].number == number)
			return &groups[i];
	return NULL;
}

const struct sp_dh_group *sp_dh_find_word(const char *word, size_t len)
{
	if (len == strlen("x25519") && !memcmp(word, "x25519", len))
		return sp_dh_find(31);
	for (size_t i = 0; i < GROUPS; i++)
		if (strlen(groups[i].word) == len && !memcmp(groups[i].word, word, len))
			return &groups[i];
	return NULL;
}

/* RFC 2409 6.1 and 6.2, RFC 3526; RFC 5903. */
static BIGNUM *make_prime(uint16_t number)
{
	switch (number) {
	case 1:
		return BN_get_rfc2409_prime_768(NULL);
	case 2:
		return BN_get_rfc2409_prime_1024(NULL);
	case 5:
		return BN_get_rfc3526_prime_1536(NULL);
	case 14:
		return BN_get_rfc3526_prime_2048(NULL);
	case 15:
		return BN_get_rfc3526_prime_3072(NULL);
	case 16:
		return BN_get_rfc3526_prime_4096(NULL);
	case 17:
		return BN_get_rfc3526_prime_6144(NULL);
	case 18:
		return BN_get_rfc3526_prime_8192(NULL);
	}
	return NULL;
}

static EC_GROUP *make_curve(uint16_t number)
{
	switch (number) {
	case 19:
		return EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	case 20:
		return EC_GROUP_new_by_curve_name(NID_secp384r1);
	case 21:
		return EC_GROUP_new_by_curve_name(NID_secp521r1);
	}
	return NULL;
}

static void make_all(void)
{
	BN_CTX *ctx = BN_CTX_new();

	for (size_t i = 0; ctx && i < GROUPS; i++) {
		made[i].prime = make_prime(groups[i].number);
		made[i].curve = make_curve(groups[i].number);
		if (made[i].prime)
			made[i].mont = BN_MONT_CTX_new();
		if (made[i].mont && BN_MONT_CTX_set(made[i].mont, made[i].prime, ctx) != 1) {
			BN_MONT_CTX_free(made[i].mont);
			made[i].mont = NULL;
		}
	}
	BN_CTX_free(ctx);
}

static size_t index_of(const struct sp_dh_group *group)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_all);
	return (size_t)(group - groups);
}

static BIGNUM *secret_number(const uint8_t *octets, size_t len)
{
	BIGNUM *number = BN_secure_new();

	if (number && BN_bin2bn(octets, (int)len, number)) {
		BN_set_flags(number, BN_FLG_CONSTTIME);
		return number;
	}
	BN_clear_free(number);
	return NULL;
}

/* --- prime fields --------------------------------------------------------------------- */

/* @out = @base to the power of the private value, as long as the prime. */
static int modp_power(const struct sp_dh_group *group, const uint8_t *private,
		      const BIGNUM *base, uint8_t *out, struct sp_error *err)
{
	size_t i = index_of(group);
	BIGNUM *x = secret_number(private, group->private_len), *power = BN_secure_new();
	BN_CTX *ctx = BN_CTX_secure_new();
	int ok = x && power && ctx && base && made[i].mont &&
		 BN_mod_exp_mont_consttime(power, base, x, made[i].prime, ctx, made[i].mont) == 1 &&
		 BN_bn2binpad(power, out, group->public_len) == group->public_len;

	BN_clear_free(x);
	BN_clear_free(power);
	BN_CTX_free(ctx);
	return ok ? 0 : sp_openssl_fail(group->word, err);
}

static int modp_make(struct sp_dh *dh, sp_random_fn random, void *arg, struct sp_error *err)
{
	BIGNUM *generator = BN_new();
	int ret;

	random(arg, dh->private, dh->group->private_len);
	dh->private[0] |= 0x80;		/* of full length, whatever chance says */
	if (generator && BN_set_word(generator, 2) != 1) {
		BN_free(generator);
		generator = NULL;
	}
	ret = modp_power(dh->group, dh->private, generator, dh->public, err);
	BN_free(generator);
	return ret;
}

/* With a safe prime, these and no others make a secret that is known (RFC 2631 2.1.5). */
static bool modp_in_range(size_t i, const BIGNUM *value)
{
	BIGNUM *last = BN_dup(made[i].prime);
	bool good = last && BN_sub_word(last, 1) == 1 && !BN_is_zero(value) &&
		    !BN_is_one(value) && BN_cmp(value, last) < 0;

	BN_free(last);
	return good;
}

static int modp_shared(const struct sp_dh *dh, struct sp_octets peer, uint8_t *secret,
		       struct sp_error *err)
{
	BIGNUM *value = BN_bin2bn(peer.data, (int)peer.len, NULL);
	int ret;

	if (value && !modp_in_range(index_of(dh->group), value))
		ret = sp_fail(err, "public value is not between 2 and the prime less 2");
	else
		ret = modp_power(dh->group, dh->private, value, secret, err);
	BN_free(value);
	return ret;
}

/* --- curves ------------------------------------------------------------------------------ */

static int write_point(const struct sp_dh_group *group, const EC_GROUP *curve,
		       const EC_POINT *point, uint8_t *out, BN_CTX *ctx)
{
	uint8_t octets[POINT_LEN_MAX];

	if (EC_POINT_point2oct(curve, point, POINT_CONVERSION_UNCOMPRESSED, octets,
			       sizeof(octets), ctx) != 1U + group->public_len)
		return 0;
	memcpy(out, octets + 1, group->public_len);
	return 1;
}

/* From 1 to the order of the curve less 1, as even as chance is (FIPS 186-4 B.4.1). */
static int ecp_choose(struct sp_dh *dh, const EC_GROUP *curve, sp_random_fn random, void *arg,
		      BN_CTX *ctx)
{
	size_t len = dh->group->private_len;
	uint8_t octets[SP_DH_PRIVATE_MAX + SPARE];
	BIGNUM *number, *range = BN_dup(EC_GROUP_get0_order(curve));
	int ok;

	random(arg, octets, len + SPARE);
	number = secret_number(octets, len + SPARE);
	ok = number && range && BN_sub_word(range, 1) == 1 &&
	     BN_mod(number, number, range, ctx) == 1 && BN_add_word(number, 1) == 1 &&
	     BN_bn2binpad(number, dh->private, (int)len) == (int)len;
	BN_clear_free(number);
	BN_free(range);
	OPENSSL_cleanse(octets, sizeof(octets));
	return ok;
}

static int ecp_make(struct sp_dh *dh, sp_random_fn random, void *arg, struct sp_error *err)
{
	const EC_GROUP *curve = made[index_of(dh->group)].curve;
	BN_CTX *ctx = BN_CTX_secure_new();
	EC_POINT *point = curve ? EC_POINT_new(curve) : NULL;
	BIGNUM *x = NULL;
	int ok = ctx && point && ecp_choose(dh, curve, random, arg, ctx);

	if (ok)
		x = secret_number(dh->private, dh->group->private_len);
	ok = ok && x && EC_POINT_mul(curve, point, x, NULL, NULL, ctx) == 1 &&
	     write_point(dh->group, curve, point, dh->public, ctx);
	BN_clear_free(x);
	EC_POINT_free(point);
	BN_CTX_free(ctx);
	return ok ? 0 : sp_openssl_fail(dh->group->word, err);
}

/* The curve is asked whether the point is on it. */
static int read_point(const EC_GROUP *curve, EC_POINT *point, struct sp_octets peer, BN_CTX *ctx)
{
	uint8_t octets[POINT_LEN_MAX];

	octets[0] = UNCOMPRESSED;
	memcpy(octets + 1, peer.data, peer.len);
	return EC_POINT_oct2point(curve, point, octets, peer.len + 1, ctx) == 1 &&
	       EC_POINT_is_on_curve(curve, point, ctx) == 1 &&
	       !EC_POINT_is_at_infinity(curve, point);
}

/* @point becomes the product; its x is the secret (RFC 5903 7). */
static int ecp_multiply(const struct sp_dh *dh, const EC_GROUP *curve, EC_POINT *point,
			uint8_t *secret, BN_CTX *ctx)
{
	BIGNUM *x = secret_number(dh->private, dh->group->private_len), *product = BN_secure_new();
	int len = dh->group->secret_len;
	int ok = x && product && EC_POINT_mul(curve, point, NULL, point, x, ctx) == 1 &&
		 EC_POINT_get_affine_coordinates(curve, point, product, NULL, ctx) == 1 &&
		 BN_bn2binpad(product, secret, len) == len;

	BN_clear_free(x);
	BN_clear_free(product);
	return ok;
}

static int ecp_shared(const struct sp_dh *dh, struct sp_octets peer, uint8_t *secret,
		      struct sp_error *err)
{
	const EC_GROUP *curve = made[index_of(dh->group)].curve;
	BN_CTX *ctx = BN_CTX_secure_new();
	EC_POINT *point = curve ? EC_POINT_new(curve) : NULL;
	int ret = 0;

	if (!ctx || !point)
		ret = sp_openssl_fail(dh->group->word, err);
	else if (!read_point(curve, point, peer, ctx))
		ret = sp_fail(err, "public value is no point of the curve");
	else if (!ecp_multiply(dh, curve, point, secret, ctx))
		ret = sp_openssl_fail(dh->group->word, err);
	EC_POINT_clear_free(point);
	BN_CTX_free(ctx);
	return ret;
}

/* --- Curve25519 ---------------------------------------------------------------------------- */

static int montgomery_make(struct sp_dh *dh, sp_random_fn random, void *arg, struct sp_error *err)
{
	size_t len = dh->group->public_len;
	EVP_PKEY *key;
	int ok;

	random(arg, dh->private, dh->group->private_len);
	key = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, dh->private,
					      dh->group->private_len);
	ok = key && EVP_PKEY_get_raw_public_key(key, dh->public, &len) == 1;
	EVP_PKEY_free(key);
	return ok ? 0 : sp_openssl_fail("X25519", err);
}

/* OpenSSL refuses a secret of zeros, which a point of small order makes (RFC 7748 6.1). */
static int montgomery_shared(const struct sp_dh *dh, struct sp_octets peer, uint8_t *secret,
			     struct sp_error *err)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, dh->private,
							dh->group->private_len);
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, peer.data,
							 peer.len);
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
	size_t len = dh->group->secret_len;
	int ret = 0;

	if (!ctx || !other || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, other) != 1)
		ret = sp_openssl_fail("X25519", err);
	else if (EVP_PKEY_derive(ctx, secret, &len) != 1)
		ret = sp_openssl_fail("public value is of small order", err);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	EVP_PKEY_free(key);
	return ret;
}

/* --- all ------------------------------------------------------------------------------------- */

static const struct {
	int (*make)(struct sp_dh *dh, sp_random_fn random, void *arg, struct sp_error *err);
	int (*shared)(const struct sp_dh *dh, struct sp_octets peer, uint8_t *secret,
		      struct sp_error *err);
} kinds[] = {
	[SP_DH_MODP] = { modp_make, modp_shared },
	[SP_DH_ECP] = { ecp_make, ecp_shared },
	[SP_DH_MONTGOMERY] = { montgomery_make, montgomery_shared },
};

struct sp_dh *sp_dh_new(const struct sp_dh_group *group, sp_random_fn random, void *arg,
			struct sp_error *err)
{
	struct sp_dh *dh;

	if (group->kind == SP_DH_EC2N) {
		sp_fail(err, "group %u, %s, is not supported", group->number, group->word);
		return NULL;
	}
	dh = calloc(1, sizeof(*dh) + group->public_len);
	if (!dh) {
		sp_fail(err, "%s: out of memory", group->word);
		return NULL;
	}
	dh->group = group;
	if (!kinds[group->kind].make(dh, random, arg, err))
		return dh;
	sp_dh_free(dh);
	return NULL;
}

void sp_dh_free(struct sp_dh *dh)
{
	if (dh)
		OPENSSL_cleanse(dh->private, sizeof(dh->private));
	free(dh);
}

const struct sp_dh_group *sp_dh_group_of(const struct sp_dh *dh)
{
	return dh->group;
}

struct sp_octets sp_dh_public(const struct sp_dh *dh)
{
	return (struct sp_octets){ dh->public, dh->group->public_len };
}

int sp_dh_shared(const struct sp_dh *dh, struct sp_octets peer, struct sp_dh_secret *secret,
		 struct sp_error *err)
{
	secret->len = 0;
	if (peer.len != dh->group->public_len)
		return sp_fail(err, "%s: public value of %zu octets, not %u", dh->group->word,
			       peer.len, dh->group->public_len);
	if (kinds[dh->group->kind].shared(dh, peer, secret->octets, err)) {
		sp_dh_secret_wipe(secret);
		return sp_fail_in(err, "%s", dh->group->word);
	}
	secret->len = dh->group->secret_len;
	return 0;
}

void sp_dh_secret_wipe(struct sp_dh_secret *secret)
{
	OPENSSL_cleanse(secret, sizeof(*secret));
}
