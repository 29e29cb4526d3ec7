// SPDX-License-Identifier: GPL-2.0-or-later
#include "spki.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "rsakey.h"

enum { TAG_INTEGER = 0x02, TAG_BIT_STRING = 0x03, TAG_SEQUENCE = 0x30 };

/* AlgorithmIdentifier: rsaEncryption, with the parameters NULL. */
static const uint8_t algorithm[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
};

/* A positive number, without the zero that tells its sign. */
struct number {
	const uint8_t *octets;
	size_t len;
};

/* Of the shortest form, as DER has it; bad if there is another. */
static size_t read_len(struct sp_reader *r)
{
	size_t first = sp_read_u8(r), len;

	if (first < 0x80)
		return first;
	if (first == 0x81)
		len = sp_read_u8(r);
	else
		len = sp_read_be16(r);
	r->bad = r->bad || first < 0x81 || first > 0x82 || len < (first == 0x81 ? 0x80 : 0x100);
	return len;
}

/* What is inside of a value of that tag, to which nothing may follow if it is the @last. */
static struct sp_reader read_value(struct sp_reader *r, uint8_t tag, bool last)
{
	struct sp_reader inside;
	const uint8_t *octets;
	size_t len;

	r->bad = sp_read_u8(r) != tag || r->bad;
	len = read_len(r);
	octets = sp_read_octets(r, len);
	sp_reader_init(&inside, octets, octets ? len : 0);
	inside.bad = r->bad || (last && r->left);
	return inside;
}

static struct number read_number(struct sp_reader *r, bool last)
{
	struct sp_reader inside = read_value(r, TAG_INTEGER, last);
	struct number number = { inside.next, inside.left };

	r->bad = r->bad || inside.bad || !number.len;
	if (r->bad)
		return number;
	/* A zero in front is there if otherwise it would be negative, and only then. */
	if (!number.octets[0]) {
		number.octets++;
		number.len--;
		r->bad = !number.len || !(number.octets[0] & 0x80);
	} else {
		r->bad = number.octets[0] & 0x80;
	}
	return number;
}

static bool read_numbers(const uint8_t *der, size_t len, struct number *n, struct number *e)
{
	struct sp_reader r, whole, bits, key;
	const uint8_t *octets;

	sp_reader_init(&r, der, len);
	whole = read_value(&r, TAG_SEQUENCE, true);
	octets = sp_read_octets(&whole, sizeof(algorithm));
	if (!octets || memcmp(octets, algorithm, sizeof(algorithm)))
		return false;
	bits = read_value(&whole, TAG_BIT_STRING, true);
	/* How many of the last octet's bits are none. */
	if (sp_read_u8(&bits) || bits.bad)
		return false;
	key = read_value(&bits, TAG_SEQUENCE, true);
	*n = read_number(&key, false);
	*e = read_number(&key, true);
	return !key.bad;
}

static bool is_accepted(const struct number *n, const struct number *e)
{
	unsigned int bits = 8 * (unsigned int)n->len;

	for (uint8_t first = n->octets[0]; !(first & 0x80); first = (uint8_t)(first << 1))
		bits--;
	return bits >= SP_KEY_BITS_MIN && bits <= SP_KEY_BITS_MAX && e->len <= sizeof(uint64_t);
}

/* OpenSSL takes numbers as the host has them. */
static void to_host_order(uint8_t *buf, const struct number *number)
{
	for (size_t i = 0; i < number->len; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		buf[i] = number->octets[number->len - 1 - i];
#else
		buf[i] = number->octets[i];
#endif
}

static EVP_PKEY *make_key(const struct number *n, const struct number *e)
{
	uint8_t modulus[SP_KEY_SIZE_MAX], exponent[sizeof(uint64_t)];
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[3];

	to_host_order(modulus, n);
	to_host_order(exponent, e);
	params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, n->len);
	params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent, e->len);
	params[2] = OSSL_PARAM_construct_end();
	if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return key;
}

struct sp_spki {
	unsigned int refs;
	EVP_PKEY *key;			/* NULL: nobody has needed it yet */
	size_t len;
	uint8_t der[];
};

struct sp_spki *sp_spki_new(const uint8_t *der, size_t len)
{
	struct sp_spki *spki;
	struct number n, e;

	if (!read_numbers(der, len, &n, &e) || !is_accepted(&n, &e))
		return NULL;
	spki = malloc(sizeof(*spki) + len);
	if (!spki)
		abort();
	*spki = (struct sp_spki){ .refs = 1, .len = len };
	memcpy(spki->der, der, len);
	return spki;
}

struct sp_spki *sp_spki_ref(struct sp_spki *spki)
{
	spki->refs++;
	return spki;
}

void sp_spki_free(struct sp_spki *spki)
{
	if (!spki || --spki->refs)
		return;
	EVP_PKEY_free(spki->key);
	free(spki);
}

EVP_PKEY *sp_spki_key(struct sp_spki *spki)
{
	struct number n, e;

	if (!spki->key && read_numbers(spki->der, spki->len, &n, &e))
		spki->key = make_key(&n, &e);
	return spki->key;
}
