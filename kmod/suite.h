/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The algorithm table: one row for each word that a user or a peer may say.
 *
 * Pure data, built into the module and into userspace alike, so that the two
 * cannot disagree about a key length (hence "or later" in the licence above:
 * userspace links with OpenSSL).
 */
#ifndef _SPINDLE_SUITE_H
#define _SPINDLE_SUITE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#endif

/**
 * struct spn_suite - one combination of algorithms, as strongSwan spells them
 * @word: name in commands, configuration and netlink, encryption first
 * @aead: what encrypts and authenticates in one, name in the kernel's crypto API; NULL
 *	where @cipher and @hash do
 * @cipher: name in the kernel's crypto API; NULL where nothing is encrypted
 * @hash: keyed hash, name in the kernel's crypto API
 * @key_len: octets of the encryption key, with the salt at its end
 * @auth_key_len: octets of the integrity key (RFC 2404 3, RFC 4868 2.1.1: the
 *	length of the hash's output); 0 with @aead
 * @salt_len: octets of the salt, which stands before the IV in the nonce
 * @iv_len: octets of the explicit IV in front of the ciphertext
 * @counter_iv: no IV may come twice under a key; else each must be unpredictable
 * @plain: with @aead: all is authenticated and nothing encrypted
 * @ah: for AH, and no other is
 * @weak: broken, or short enough to be; for old peers, where the user says so
 * @block_len: the plaintext is padded to a multiple of this many octets
 * @icv_len: octets of the integrity check value, truncated
 */
struct spn_suite {
	const char *word;
	const char *aead;
	const char *cipher;
	const char *hash;
	unsigned char key_len;
	unsigned char auth_key_len;
	unsigned char salt_len;
	unsigned char iv_len;
	unsigned char block_len;
	unsigned char icv_len;
	bool counter_iv;
	bool plain;
	bool ah;
	bool weak;
};

enum {
	SPN_ICV_MAX = 32,	/* the longest icv_len in the table */
	SPN_SALT_MAX = 4,
	SPN_IV_MAX = 16,
	SPN_BLOCK_MAX = 16,
};

/* Returns the row of that word, or NULL. */
const struct spn_suite *spn_suite_find(const char *word);

/* Returns row @i, or NULL past the end: for listings. */
const struct spn_suite *spn_suite_at(unsigned int i);

#endif
