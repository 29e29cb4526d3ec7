// SPDX-License-Identifier: GPL-2.0
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/spindle.h>

#include "compat.h"
#include "wire.h"
#include "xform.h"

/* One cipher operation on its way. */
struct crypt {
	unsigned int size;			/* of all of it, in octets */
	struct sk_buff *skb;
	spn_xform_done done;
	struct scatterlist sg[2];
	u8 iv[SPN_IV_MAX];
	__be32 aad[3];
	union {					/* last: the driver's context follows */
		struct skcipher_request cipher;
		struct aead_request aead;
	} request;
};

/*
 * One that is on no way at the moment, for each CPU, so that a packet seldom has to
 * allocate its own.  A cipher that completes late takes it along: its next packet
 * allocates, and the first that is done leaves what it had.
 */
static DEFINE_PER_CPU(struct crypt *, spare);

static struct crypt *get_crypt(unsigned int size)
{
	struct crypt *crypt = this_cpu_xchg(spare, NULL);

	if (crypt && crypt->size >= size)
		return crypt;
	kfree(crypt);
	crypt = kmalloc(size, GFP_ATOMIC);
	if (crypt)
		crypt->size = size;
	return crypt;
}

static void put_crypt(struct crypt *crypt)
{
	/*
	 * A salt belongs to the keys, and so does what a driver has worked out, as the one-time
	 * key of Poly1305; a spare one may outlive its SA.
	 */
	memzero_explicit(crypt->iv, sizeof(crypt->iv));
	memzero_explicit(&crypt->request, crypt->size - offsetof(struct crypt, request));
	kfree(this_cpu_xchg(spare, crypt));
}

void spn_xform_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(per_cpu(spare, cpu));
}

static int init_hash(struct spn_xform *xform, const struct spn_key *key,
		     struct netlink_ext_ack *extack)
{
	int err;

	xform->hash = crypto_alloc_shash(xform->suite->hash, 0, 0);
	if (IS_ERR(xform->hash)) {
		err = PTR_ERR(xform->hash);
		if (err != -ENOMEM)
			NL_SET_ERR_MSG(extack, "kernel has no such integrity algorithm");
		return err;
	}
	err = crypto_shash_setkey(xform->hash, key->data, key->len);
	if (err) {
		if (err != -ENOMEM)
			NL_SET_ERR_MSG(extack, "kernel refused the integrity key");
		crypto_free_shash(xform->hash);
	}
	return err;
}

static int init_cipher(struct spn_xform *xform, const struct spn_key *key,
		       struct netlink_ext_ack *extack)
{
	int err;

	if (!xform->suite->cipher)
		return 0;
	/* Mask 0: a synchronous implementation would be the slow one. */
	xform->cipher = crypto_alloc_skcipher(xform->suite->cipher, 0, 0);
	if (IS_ERR(xform->cipher)) {
		err = PTR_ERR(xform->cipher);
		if (err != -ENOMEM)
			NL_SET_ERR_MSG(extack, "kernel has no such encryption algorithm");
		return err;
	}
	err = crypto_skcipher_setkey(xform->cipher, key->data, key->len);
	if (err) {
		if (err != -ENOMEM)
			NL_SET_ERR_MSG(extack, "kernel refused the encryption key");
		crypto_free_skcipher(xform->cipher);
	}
	return err;
}

static int init_aead(struct spn_xform *xform, const struct spn_key *key,
		     struct netlink_ext_ack *extack)
{
	unsigned int salt_len = xform->suite->salt_len, key_len = key->len - salt_len;
	int err;

	xform->aead = crypto_alloc_aead(xform->suite->aead, 0, 0);
	if (IS_ERR(xform->aead)) {
		err = PTR_ERR(xform->aead);
		if (err != -ENOMEM)
			NL_SET_ERR_MSG(extack, "kernel has no such algorithm");
		return err;
	}
	err = crypto_aead_setkey(xform->aead, key->data, key_len) ?:
	      crypto_aead_setauthsize(xform->aead, xform->suite->icv_len);
	if (err) {
		if (err != -ENOMEM)
			NL_SET_ERR_MSG(extack, "kernel refused the key");
		crypto_free_aead(xform->aead);
		return err;
	}
	memcpy(xform->salt, key->data + key_len, salt_len);
	return 0;
}

static int check_keys(const struct spn_suite *suite, const struct spn_key *key,
		      const struct spn_key *auth_key, struct netlink_ext_ack *extack)
{
	if (key->len != suite->key_len) {
		NL_SET_ERR_MSG(extack, "encryption key has the wrong length for this algorithm");
		return -EINVAL;
	}
	if (auth_key->len != suite->auth_key_len) {
		NL_SET_ERR_MSG(extack, "integrity key has the wrong length for this algorithm");
		return -EINVAL;
	}
	return 0;
}

int spn_xform_init(struct spn_xform *xform, const struct spn_suite *suite,
		   const struct spn_key *key, const struct spn_key *auth_key, bool esn,
		   struct netlink_ext_ack *extack)
{
	int err;

	err = check_keys(suite, key, auth_key, extack);
	if (err)
		return err;
	*xform = (struct spn_xform){
		.suite = suite,
		.iv_mask = get_random_u64(),
		.esn = esn,
	};
	if (suite->aead)
		return init_aead(xform, key, extack);
	err = init_cipher(xform, key, extack);
	if (err)
		return err;
	err = init_hash(xform, auth_key, extack);
	if (err)
		crypto_free_skcipher(xform->cipher);
	return err;
}

static void name_drivers(const struct spn_xform *xform, struct spn_xform_drivers *drivers)
{
	struct crypto_tfm *crypt = NULL;

	if (xform->aead)
		crypt = crypto_aead_tfm(xform->aead);
	else if (xform->cipher)
		crypt = crypto_skcipher_tfm(xform->cipher);
	strscpy(drivers->crypt, crypt ? crypto_tfm_alg_driver_name(crypt) : "",
		sizeof(drivers->crypt));
	strscpy(drivers->auth, xform->hash ? crypto_shash_driver_name(xform->hash) : "",
		sizeof(drivers->auth));
}

int spn_xform_drivers(const struct spn_suite *suite, struct spn_xform_drivers *drivers)
{
	static const u8 zeros[SPINDLE_KEY_MAX];
	const struct spn_key key = { zeros, suite->key_len };
	const struct spn_key auth_key = { zeros, suite->auth_key_len };
	struct spn_xform xform;
	int err;

	err = spn_xform_init(&xform, suite, &key, &auth_key, false, NULL);
	if (err)
		return err;
	name_drivers(&xform, drivers);
	spn_xform_destroy(&xform);
	return 0;
}

void spn_xform_destroy(struct spn_xform *xform)
{
	/* All wipe the keys: transforms are freed with kfree_sensitive(). */
	crypto_free_shash(xform->hash);
	crypto_free_skcipher(xform->cipher);
	crypto_free_aead(xform->aead);
	memzero_explicit(xform->salt, sizeof(xform->salt));
}

/* Hashes a part of a packet, piece by piece. */
static int hash_pieces(struct shash_desc *desc, const struct sk_buff *skb, unsigned int offset,
		       unsigned int len)
{
	struct skb_seq_state state;
	unsigned int done = 0, n;
	const u8 *data;
	int err = 0;

	skb_prepare_seq_read((struct sk_buff *)skb, offset, offset + len, &state);
	while (!err && (n = skb_seq_read(done, &data, &state))) {
		n = min(n, len - done);
		err = crypto_shash_update(desc, data, n);
		done += n;
	}
	skb_abort_seq_read(&state);
	return err;
}

int spn_xform_icv(const struct spn_xform *xform, const struct spn_piece *front,
		  const struct sk_buff *skb, unsigned int offset, unsigned int len, u64 seq,
		  u8 *icv)
{
	SHASH_DESC_ON_STACK(desc, xform->hash);
	__be32 seq_hi = cpu_to_be32(seq >> 32);
	/* With ESN the high half is hashed last and not sent (RFC 4303 2.2.1). */
	unsigned int hi_len = xform->esn ? sizeof(seq_hi) : 0;
	u8 digest[HASH_MAX_DIGESTSIZE];
	int err;

	desc->tfm = xform->hash;
	if (!front && !hi_len && offset + len <= skb_headlen(skb))
		err = crypto_shash_digest(desc, skb->data + offset, len, digest);
	else
		err = crypto_shash_init(desc) ?:
		      (front ? crypto_shash_update(desc, front->data, front->len) : 0) ?:
		      hash_pieces(desc, skb, offset, len) ?:
		      crypto_shash_finup(desc, (u8 *)&seq_hi, hi_len, digest);
	if (!err)
		memcpy(icv, digest, xform->suite->icv_len);
	shash_desc_zero(desc);
	return err;
}

SPN_CRYPTO_DONE(crypt_done)
{
	struct crypt *crypt = SPN_CRYPTO_DONE_DATA;
	struct sk_buff *skb = crypt->skb;
	spn_xform_done done = crypt->done;

	put_crypt(crypt);
	done(skb, err);
}

/* Sets what ciphers and AEADs have in common. */
static struct crypt *new_crypt(struct sk_buff *skb, spn_xform_done done, unsigned int reqsize)
{
	struct crypt *crypt = get_crypt(sizeof(*crypt) + reqsize);

	if (crypt) {
		crypt->skb = skb;
		crypt->done = done;
	}
	return crypt;
}

/*
 * No CRYPTO_TFM_REQ_MAY_BACKLOG is ever set: a packet that finds a driver's queue full
 * is dropped rather than kept.  So -EBUSY is an error like any other, and there is no
 * -EINPROGRESS for crypt_done() to be told.
 */
static int started(struct crypt *crypt, int err)
{
	if (err != -EINPROGRESS)
		put_crypt(crypt);
	return err;
}

static int crypt_cipher(const struct spn_xform *xform, struct sk_buff *skb, int offset,
			int len, spn_xform_done done,
			int (*operation)(struct skcipher_request *request))
{
	unsigned int iv_len = xform->suite->iv_len;
	struct skcipher_request *request;
	struct crypt *crypt;

	if (!xform->cipher)
		return 0;
	crypt = new_crypt(skb, done, crypto_skcipher_reqsize(xform->cipher));
	if (!crypt)
		return -ENOMEM;
	request = &crypt->request.cipher;
	memcpy(crypt->iv, skb->data + offset - iv_len, iv_len);
	sg_init_one(crypt->sg, skb->data + offset, len);
	skcipher_request_set_tfm(request, xform->cipher);
	skcipher_request_set_callback(request, 0, crypt_done, crypt);
	skcipher_request_set_crypt(request, crypt->sg, crypt->sg, len, crypt->iv);
	return started(crypt, operation(request));
}

/* SPI and sequence number are authenticated, but not encrypted (RFC 4106 5). */
static unsigned int put_aad(struct crypt *crypt, const struct spn_xform *xform, __be32 spi,
			    u64 seq)
{
	unsigned int n = 0, len;

	crypt->aad[n++] = spi;
	if (xform->esn)
		crypt->aad[n++] = cpu_to_be32(upper_32_bits(seq));
	crypt->aad[n++] = cpu_to_be32(lower_32_bits(seq));
	len = n * sizeof(crypt->aad[0]);
	sg_set_buf(&crypt->sg[0], crypt->aad, len);
	return len;
}

/* The ICV is behind @len octets; of it, @icv_len go in. */
static int crypt_aead(const struct spn_xform *xform, struct sk_buff *skb, int offset,
		      int len, int icv_len, u64 seq, spn_xform_done done,
		      int (*operation)(struct aead_request *request))
{
	const struct spn_esp_head *head = (const struct spn_esp_head *)skb->data;
	const struct spn_suite *suite = xform->suite;
	u8 *iv = skb->data + offset - suite->iv_len;
	struct aead_request *request;
	unsigned int aad_len, clear;
	struct crypt *crypt;

	crypt = new_crypt(skb, done, crypto_aead_reqsize(xform->aead));
	if (!crypt)
		return -ENOMEM;
	request = &crypt->request.aead;
	memcpy(crypt->iv, xform->salt, suite->salt_len);
	memcpy(crypt->iv + suite->salt_len, iv, suite->iv_len);
	sg_init_table(crypt->sg, ARRAY_SIZE(crypt->sg));
	aad_len = put_aad(crypt, xform, head->spi, seq);
	/* RFC 4543 3.3: if nothing is encrypted, IV and packet belong to the same. */
	clear = suite->plain ? suite->iv_len + len : 0;
	if (suite->plain)
		len = 0;
	sg_set_buf(&crypt->sg[1], suite->plain ? iv : iv + suite->iv_len,
		   clear + len + suite->icv_len);
	aead_request_set_tfm(request, xform->aead);
	aead_request_set_callback(request, 0, crypt_done, crypt);
	aead_request_set_ad(request, aad_len + clear);
	aead_request_set_crypt(request, crypt->sg, crypt->sg, len + icv_len, crypt->iv);
	return started(crypt, operation(request));
}

int spn_xform_seal(const struct spn_xform *xform, struct sk_buff *skb,
		   int offset, int len, u64 seq, spn_xform_done done)
{
	if (!xform->aead)
		return crypt_cipher(xform, skb, offset, len, done, crypto_skcipher_encrypt);
	return crypt_aead(xform, skb, offset, len, 0, seq, done, crypto_aead_encrypt);
}

int spn_xform_open(const struct spn_xform *xform, struct sk_buff *skb,
		   int offset, int len, u64 seq, spn_xform_done done)
{
	if (!xform->aead)
		return crypt_cipher(xform, skb, offset, len, done, crypto_skcipher_decrypt);
	return crypt_aead(xform, skb, offset, len, xform->suite->icv_len, seq, done,
			  crypto_aead_decrypt);
}
