/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of IKEv1 (RFC 2409 5, 5.5 and appendix B), its hashes, and its encryption.  The prf
 * is HMAC with the hash that was negotiated.
 */
#ifndef IKE_DERIVE_H
#define IKE_DERIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "kmod/suite.h"
#include "octets.h"
#include "secret.h"
#include "wire.h"

/* What both sides have said in phase 1.  Views, of octets that the caller keeps. */
struct ike_phase1 {
	uint8_t cookie_i[IKE_COOKIE_LEN];
	uint8_t cookie_r[IKE_COOKIE_LEN];
	struct sp_octets nonce_i;	/* bodies of payloads, as all of these */
	struct sp_octets nonce_r;
	struct sp_octets public_i;	/* KE */
	struct sp_octets public_r;
	struct sp_octets shared;	/* g^xy, in the group's full length */
};

struct ike_keys {
	enum sp_hash prf;
	enum sp_hash auth;		/* that HASH_I and HASH_R are made with */
	enum sp_cipher cipher;
	struct sp_secret skeyid;	/* of use until phase 1 is over */
	struct sp_secret skeyid_d;
	struct sp_secret skeyid_a;
	struct sp_secret skeyid_e;	/* of use until there is the key */
	struct sp_secret key;		/* that encrypts */
	uint8_t iv[SP_CIPHER_BLOCK_MAX];	/* of the first message that is encrypted */
};

/*
 * SKEYID.  Of a pre-shared key it is a function of the key and both nonces, which whoever holds
 * the key may compute: prf(key, Ni_b | Nr_b).
 */
int ike_skeyid_psk(enum sp_hash prf, struct sp_octets psk, struct sp_octets nonce_i,
		   struct sp_octets nonce_r, struct sp_secret *skeyid, struct sp_error *err);
int ike_skeyid_signature(enum sp_hash prf, const struct ike_phase1 *phase1,
			 struct sp_secret *skeyid, struct sp_error *err);

/* Which hash proves it: the prf's, but for ECDSA that of the curve (RFC 4754). */
enum sp_hash ike_auth_prf(uint16_t auth, enum sp_hash prf);

/* All the others; @keys has prf, cipher and skeyid. */
int ike_keys_derive(struct ike_keys *keys, const struct ike_phase1 *phase1, struct sp_error *err);
void ike_keys_wipe(struct ike_keys *keys);

/*
 * HASH_I, or HASH_R: @sa is the body of the SA payload that the initiator has offered, in both,
 * and @id the body of the ID payload of whose hash it is.  Writes sp_hash_len(keys->auth).
 */
int ike_auth_hash(const struct ike_keys *keys, const struct ike_phase1 *phase1, bool of_initiator,
		  struct sp_octets sa, struct sp_octets id, uint8_t *hash, struct sp_error *err);

/*
 * The hashes of what is protected by phase 1.  @rest is what is behind the HASH payload, without
 * padding.  That of an informational exchange is HASH(1).
 */
int ike_hash1(const struct ike_keys *keys, uint32_t message_id, struct sp_octets rest,
	      uint8_t *hash, struct sp_error *err);
int ike_hash2(const struct ike_keys *keys, uint32_t message_id, struct sp_octets nonce_i,
	      struct sp_octets rest, uint8_t *hash, struct sp_error *err);
int ike_hash3(const struct ike_keys *keys, uint32_t message_id, struct sp_octets nonce_i,
	      struct sp_octets nonce_r, uint8_t *hash, struct sp_error *err);

/* NAT-D (RFC 3947 3.2): of an address and a port, with the hash alone. */
int ike_nat_hash(enum sp_hash hash, const struct ike_header *header, const struct sp_addr *addr,
		 uint16_t port, uint8_t *out, struct sp_error *err);

/* --- IVs and encryption (RFC 2409 appendix B) ------------------------------------------ */

/* Of an exchange of phase 2, from the last block of ciphertext of phase 1. */
int ike_iv_phase2(const struct ike_keys *keys, const uint8_t *last_block, uint32_t message_id,
		  uint8_t iv[SP_CIPHER_BLOCK_MAX], struct sp_error *err);

/*
 * What is behind the header, in place.  @iv becomes that of the next message of the exchange.
 * Decrypt with a copy of it, and keep that one only if the message was good: what a stranger
 * sends must not move the IV.
 */
int ike_encrypt(const struct ike_keys *keys, uint8_t iv[SP_CIPHER_BLOCK_MAX], uint8_t *octets,
		size_t len, struct sp_error *err);
int ike_decrypt(const struct ike_keys *keys, uint8_t iv[SP_CIPHER_BLOCK_MAX], uint8_t *octets,
		size_t len, struct sp_error *err);

/* --- phase 2 ----------------------------------------------------------------------------- */

struct ike_phase2 {
	struct sp_octets nonce_i;
	struct sp_octets nonce_r;
	struct sp_octets shared;	/* of its own exchange, with PFS; else empty */
	uint8_t protocol;		/* IKE_PROTOCOL_ESP or IKE_PROTOCOL_AH */
};

/* KEYMAT of the SA with that SPI, which its receiver has chosen; @len octets of it. */
int ike_keymat(const struct ike_keys *keys, const struct ike_phase2 *phase2, uint32_t spi,
	       uint8_t *out, size_t len, struct sp_error *err);
/* The same as the keys of a suite: with its salt at the end of the encryption key. */
int ike_sa_keys(const struct ike_keys *keys, const struct ike_phase2 *phase2, uint32_t spi,
		const struct spn_suite *suite, struct sp_secret *key, struct sp_secret *auth_key,
		struct sp_error *err);

#endif
