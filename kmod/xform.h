/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys and crypto requests: the kernel crypto API behind an SA.
 *
 * Cipher and keyed hash are used side by side rather than through authenc():
 * the hash is synchronous and needs no memory, so a packet is authenticated
 * before anything is allocated for it, and only its decryption may complete
 * later (the AES-NI modes are asynchronous by declaration and go to cryptd when
 * the FPU is taken).  What encrypts and authenticates in one does both at once, in
 * place, and so needs the packet to itself first.
 */
#ifndef _SPINDLE_XFORM_H
#define _SPINDLE_XFORM_H

#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/netlink.h>
#include <linux/skbuff.h>

#include "suite.h"

/**
 * struct spn_xform - prepared keys; immutable once made
 * @suite: sizes and names
 * @aead: both; else NULL
 * @cipher: encryption; NULL if the suite has none
 * @hash: integrity; NULL with @aead
 * @salt: with @aead: before the IV in the nonce
 * @iv_mask: where the IV counts: a sequence number, masked with this, is the packet's IV,
 *	and so that of an SA set up anew with the same key most likely another
 * @esn: sequence numbers have 64 bits, of which the upper half is authenticated but
 *	not sent (RFC 4303 2.2.1)
 */
struct spn_xform {
	const struct spn_suite *suite;
	struct crypto_aead *aead;
	struct crypto_skcipher *cipher;
	struct crypto_shash *hash;
	u8 salt[SPN_SALT_MAX];
	u64 iv_mask;
	bool esn;
};

/**
 * struct spn_xform_drivers - who does what a suite asks for
 * @crypt: encrypts, or does both; empty if nothing is encrypted
 * @auth: authenticates; empty if @crypt does
 */
struct spn_xform_drivers {
	char crypt[CRYPTO_MAX_ALG_NAME];
	char auth[CRYPTO_MAX_ALG_NAME];
};

/* Asks the kernel, which may load modules.  Returns 0, or an error if it has none. */
int spn_xform_drivers(const struct spn_suite *suite, struct spn_xform_drivers *drivers);

/**
 * struct spn_key - key octets as they came in
 * @data: the octets, owned by the caller
 * @len: how many
 */
struct spn_key {
	const u8 *data;
	unsigned int len;
};

/**
 * spn_xform_init - prepare the keys of one SA
 * @xform: to fill
 * @suite: algorithms
 * @key: encryption key
 * @auth_key: integrity key
 * @esn: sequence numbers have 64 bits
 * @extack: says what is wrong with them
 *
 * May sleep.  Return: 0 or a negative error; on an error there is nothing to
 * destroy.
 */
int spn_xform_init(struct spn_xform *xform, const struct spn_suite *suite,
		   const struct spn_key *key, const struct spn_key *auth_key, bool esn,
		   struct netlink_ext_ack *extack);

/* Frees and wipes.  May sleep. */
void spn_xform_destroy(struct spn_xform *xform);

/* Frees what was kept for the next packet, when there will be none. */
void spn_xform_exit(void);

/**
 * struct spn_piece - octets that are authenticated before a packet
 * @data: the octets
 * @len: how many
 */
struct spn_piece {
	const u8 *data;
	unsigned int len;
};

/**
 * spn_xform_icv - compute the ICV over a part of a packet
 * @xform: keys
 * @front: what comes before it, or NULL
 * @skb: any packet, linear or not
 * @offset: where the part begins, from skb->data
 * @len: its length
 * @seq: the packet's sequence number
 * @icv: room for SPN_ICV_MAX octets; the suite's icv_len are valid
 *
 * Never sleeps, never allocates.  Return: 0 or a negative error.
 */
int spn_xform_icv(const struct spn_xform *xform, const struct spn_piece *front,
		  const struct sk_buff *skb, unsigned int offset, unsigned int len, u64 seq,
		  u8 *icv);

typedef void (*spn_xform_done)(struct sk_buff *skb, int err);

/**
 * spn_xform_seal - encrypt a part of a packet in place, and authenticate it if one does both
 * @xform: keys
 * @skb: an ESP packet, linear and private, at skb->data its head, whose IV stands just before
 *	@offset
 * @offset: where the part begins, from skb->data
 * @len: its length, whole blocks; with aead there is room for the ICV behind it
 * @seq: sequence number
 * @done: called with the packet and the result, later, from any context with
 *	bottom halves off, if and only if -EINPROGRESS is returned
 *
 * Return: 0, -EINPROGRESS, or a negative error.
 */
int spn_xform_seal(const struct spn_xform *xform, struct sk_buff *skb,
		   int offset, int len, u64 seq, spn_xform_done done);

/* spn_xform_open - as spn_xform_seal(), the other way; -EBADMSG for a wrong ICV */
int spn_xform_open(const struct spn_xform *xform, struct sk_buff *skb,
		   int offset, int len, u64 seq, spn_xform_done done);

#endif
