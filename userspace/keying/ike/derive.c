// SPDX-License-Identifier: GPL-2.0-or-later
#include "derive.h"

#include <string.h>

#include "cursor.h"

enum { KEYMAT_MAX = 2 * sizeof(((struct sp_secret *)0)->octets) };

static struct sp_octets octets_of(const struct sp_secret *secret)
{
	return (struct sp_octets){ secret->octets, secret->len };
}

/* A number on its way into a hash. */
static struct sp_octets put_be32(uint8_t octets[4], uint32_t value)
{
	struct sp_writer w;

	sp_writer_init(&w, octets, 4);
	sp_write_be32(&w, value);
	return (struct sp_octets){ octets, 4 };
}

/* --- SKEYID (RFC 2409 5) ---------------------------------------------------------------- */

/* SKEYID = prf(pre-shared-key, Ni_b | Nr_b) */
int ike_skeyid_psk(enum sp_hash prf, struct sp_octets psk, struct sp_octets nonce_i,
		   struct sp_octets nonce_r, struct sp_secret *skeyid, struct sp_error *err)
{
	const struct sp_octets parts[] = { nonce_i, nonce_r };

	skeyid->len = sp_hash_len(prf);
	return sp_hmac_parts(prf, psk, parts, 2, skeyid->octets, err);
}

/* SKEYID = prf(Ni_b | Nr_b, g^xy) */
int ike_skeyid_signature(enum sp_hash prf, const struct ike_phase1 *phase1,
			 struct sp_secret *skeyid, struct sp_error *err)
{
	uint8_t nonces[2 * IKE_NONCE_MAX];
	struct sp_writer w;

	sp_writer_init(&w, nonces, sizeof(nonces));
	sp_write_octets(&w, phase1->nonce_i.data, phase1->nonce_i.len);
	sp_write_octets(&w, phase1->nonce_r.data, phase1->nonce_r.len);
	if (w.bad)
		return sp_fail(err, "nonces of more than %d octets", IKE_NONCE_MAX);
	skeyid->len = sp_hash_len(prf);
	return sp_hmac_parts(prf, (struct sp_octets){ nonces, w.len }, &phase1->shared, 1,
			     skeyid->octets, err);
}

/*
 * SKEYID_d = prf(SKEYID, g^xy | CKY-I | CKY-R | 0)
 * SKEYID_a = prf(SKEYID, SKEYID_d | g^xy | CKY-I | CKY-R | 1)
 * SKEYID_e = prf(SKEYID, SKEYID_a | g^xy | CKY-I | CKY-R | 2)
 */
static int derive_next(const struct ike_keys *keys, const struct ike_phase1 *phase1,
		       const struct sp_secret *before, uint8_t number, struct sp_secret *secret,
		       struct sp_error *err)
{
	const struct sp_octets parts[] = {
		before ? octets_of(before) : (struct sp_octets){ NULL, 0 },
		phase1->shared,
		SP_OCTETS(phase1->cookie_i),
		SP_OCTETS(phase1->cookie_r),
		{ &number, 1 },
	};

	secret->len = sp_hash_len(keys->prf);
	return sp_hmac_parts(keys->prf, octets_of(&keys->skeyid), parts, 5, secret->octets, err);
}

/*
 * SKEYID_e itself if it is long enough, else as many octets as are needed of K1 | K2 | K3, where
 * K1 = prf(SKEYID_e, 0) and Kn = prf(SKEYID_e, Kn-1) (RFC 2409 appendix B).
 */
static int derive_key(struct ike_keys *keys, struct sp_error *err)
{
	size_t want = sp_cipher_key_len(keys->cipher), len = sp_hash_len(keys->prf), n;
	static const uint8_t zero;
	uint8_t block[SP_HASH_MAX];
	struct sp_octets last = { &zero, 1 };
	int ret = 0;

	keys->key.len = want;
	if (keys->skeyid_e.len >= want) {
		memcpy(keys->key.octets, keys->skeyid_e.octets, want);
		return 0;
	}
	for (size_t got = 0; got < want && !ret; got += n) {
		ret = sp_hmac_parts(keys->prf, octets_of(&keys->skeyid_e), &last, 1, block, err);
		n = want - got < len ? want - got : len;
		memcpy(keys->key.octets + got, block, n);
		last = (struct sp_octets){ block, len };
	}
	explicit_bzero(block, sizeof(block));
	return ret;
}

/* The first so many octets of hash(g^xi | g^xr). */
static int derive_iv(struct ike_keys *keys, const struct ike_phase1 *phase1, struct sp_error *err)
{
	const struct sp_octets parts[] = { phase1->public_i, phase1->public_r };
	uint8_t hash[SP_HASH_MAX];

	if (sp_hash_parts(keys->prf, parts, 2, hash, err))
		return -1;
	memcpy(keys->iv, hash, sp_cipher_block_len(keys->cipher));
	return 0;
}

enum sp_hash ike_auth_prf(uint16_t auth, enum sp_hash prf)
{
	switch (auth) {
	case IKE_AUTH_ECDSA256:
		return SP_HASH_SHA256;
	case IKE_AUTH_ECDSA384:
		return SP_HASH_SHA384;
	case IKE_AUTH_ECDSA521:
		return SP_HASH_SHA512;
	}
	return prf;
}

int ike_keys_derive(struct ike_keys *keys, const struct ike_phase1 *phase1, struct sp_error *err)
{
	if (derive_next(keys, phase1, NULL, 0, &keys->skeyid_d, err) ||
	    derive_next(keys, phase1, &keys->skeyid_d, 1, &keys->skeyid_a, err) ||
	    derive_next(keys, phase1, &keys->skeyid_a, 2, &keys->skeyid_e, err) ||
	    derive_key(keys, err))
		return sp_fail_in(err, "keys of phase 1");
	return derive_iv(keys, phase1, err);
}

void ike_keys_wipe(struct ike_keys *keys)
{
	explicit_bzero(keys, sizeof(*keys));
}

/* --- hashes ---------------------------------------------------------------------------------- */

/*
 * HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b)
 * HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b)
 */
int ike_auth_hash(const struct ike_keys *keys, const struct ike_phase1 *phase1, bool of_initiator,
		  struct sp_octets sa, struct sp_octets id, uint8_t *hash, struct sp_error *err)
{
	const struct sp_octets i = SP_OCTETS(phase1->cookie_i), r = SP_OCTETS(phase1->cookie_r);
	const struct sp_octets parts[] = {
		of_initiator ? phase1->public_i : phase1->public_r,
		of_initiator ? phase1->public_r : phase1->public_i,
		of_initiator ? i : r,
		of_initiator ? r : i,
		sa,
		id,
	};

	return sp_hmac_parts(keys->auth, octets_of(&keys->skeyid), parts, 6, hash, err);
}

/* HASH(1) = prf(SKEYID_a, M-ID | rest) */
int ike_hash1(const struct ike_keys *keys, uint32_t message_id, struct sp_octets rest,
	      uint8_t *hash, struct sp_error *err)
{
	uint8_t id[4];
	const struct sp_octets parts[] = { put_be32(id, message_id), rest };

	return sp_hmac_parts(keys->prf, octets_of(&keys->skeyid_a), parts, 2, hash, err);
}

/* HASH(2) = prf(SKEYID_a, M-ID | Ni_b | rest) */
int ike_hash2(const struct ike_keys *keys, uint32_t message_id, struct sp_octets nonce_i,
	      struct sp_octets rest, uint8_t *hash, struct sp_error *err)
{
	uint8_t id[4];
	const struct sp_octets parts[] = { put_be32(id, message_id), nonce_i, rest };

	return sp_hmac_parts(keys->prf, octets_of(&keys->skeyid_a), parts, 3, hash, err);
}

/* HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b) */
int ike_hash3(const struct ike_keys *keys, uint32_t message_id, struct sp_octets nonce_i,
	      struct sp_octets nonce_r, uint8_t *hash, struct sp_error *err)
{
	static const uint8_t zero;
	uint8_t id[4];
	const struct sp_octets parts[] = {
		{ &zero, 1 }, put_be32(id, message_id), nonce_i, nonce_r,
	};

	return sp_hmac_parts(keys->prf, octets_of(&keys->skeyid_a), parts, 4, hash, err);
}

/* HASH(CKY-I | CKY-R | IP | port) */
int ike_nat_hash(enum sp_hash hash, const struct ike_header *header, const struct sp_addr *addr,
		 uint16_t port, uint8_t *out, struct sp_error *err)
{
	const uint8_t octets[] = { (uint8_t)(port >> 8), (uint8_t)port };
	const struct sp_octets parts[] = {
		SP_OCTETS(header->cookie_i),
		SP_OCTETS(header->cookie_r),
		{ addr->octets, sp_addr_len(addr) },
		SP_OCTETS(octets),
	};

	return sp_hash_parts(hash, parts, 4, out, err);
}

/* --- encryption ------------------------------------------------------------------------------- */

/* The first so many octets of hash(last block of phase 1 | M-ID). */
int ike_iv_phase2(const struct ike_keys *keys, const uint8_t *last_block, uint32_t message_id,
		  uint8_t iv[SP_CIPHER_BLOCK_MAX], struct sp_error *err)
{
	size_t block = sp_cipher_block_len(keys->cipher);
	uint8_t id[4], hash[SP_HASH_MAX];
	const struct sp_octets parts[] = { { last_block, block }, put_be32(id, message_id) };

	if (sp_hash_parts(keys->prf, parts, 2, hash, err))
		return -1;
	memcpy(iv, hash, block);
	return 0;
}

int ike_encrypt(const struct ike_keys *keys, uint8_t iv[SP_CIPHER_BLOCK_MAX], uint8_t *octets,
		size_t len, struct sp_error *err)
{
	size_t block = sp_cipher_block_len(keys->cipher);

	if (!len || sp_cbc_encrypt(keys->cipher, keys->key.octets, iv, octets, len, err))
		return len ? -1 : sp_fail(err, "nothing to encrypt");
	memcpy(iv, octets + len - block, block);
	return 0;
}

int ike_decrypt(const struct ike_keys *keys, uint8_t iv[SP_CIPHER_BLOCK_MAX], uint8_t *octets,
		size_t len, struct sp_error *err)
{
	size_t block = sp_cipher_block_len(keys->cipher);
	uint8_t last[SP_CIPHER_BLOCK_MAX];

	if (!len || len % block)
		return sp_fail(err, "%zu encrypted octets, which are no whole blocks of %zu", len,
			       block);
	memcpy(last, octets + len - block, block);
	if (sp_cbc_decrypt(keys->cipher, keys->key.octets, iv, octets, len, err))
		return -1;
	memcpy(iv, last, block);
	return 0;
}

/* --- phase 2 ---------------------------------------------------------------------------------- */

/*
 * KEYMAT = K1 | K2 | …, where with P = [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b
 * K1 = prf(SKEYID_d, P) and Kn = prf(SKEYID_d, Kn-1 | P).
 */
int ike_keymat(const struct ike_keys *keys, const struct ike_phase2 *phase2, uint32_t spi,
	       uint8_t *out, size_t len, struct sp_error *err)
{
	size_t hash_len = sp_hash_len(keys->prf), n;
	uint8_t block[SP_HASH_MAX], number[4];
	struct sp_octets parts[] = {
		{ block, 0 },
		phase2->shared,
		{ &phase2->protocol, 1 },
		put_be32(number, spi),
		phase2->nonce_i,
		phase2->nonce_r,
	};
	int ret = 0;

	for (size_t got = 0; got < len && !ret; got += n) {
		ret = sp_hmac_parts(keys->prf, octets_of(&keys->skeyid_d), parts, 6, block, err);
		n = len - got < hash_len ? len - got : hash_len;
		memcpy(out + got, block, n);
		parts[0].len = hash_len;
	}
	explicit_bzero(block, sizeof(block));
	return ret;
}

int ike_sa_keys(const struct ike_keys *keys, const struct ike_phase2 *phase2, uint32_t spi,
		const struct spn_suite *suite, struct sp_secret *key, struct sp_secret *auth_key,
		struct sp_error *err)
{
	uint8_t keymat[KEYMAT_MAX];
	int ret;

	memset(key, 0, sizeof(*key));
	memset(auth_key, 0, sizeof(*auth_key));
	key->len = suite->key_len;
	auth_key->len = suite->auth_key_len;
	ret = ike_keymat(keys, phase2, spi, keymat, key->len + auth_key->len, err);
	if (!ret) {
		memcpy(key->octets, keymat, key->len);
		memcpy(auth_key->octets, keymat + key->len, auth_key->len);
	}
	explicit_bzero(keymat, sizeof(keymat));
	return ret ? sp_fail_in(err, "keys of SPI 0x%08x", spi) : 0;
}
