// SPDX-License-Identifier: GPL-2.0-or-later
#include "record.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <string.h>

int rk_record_keys(struct rk_record_keys *keys, struct rk_octets ikm,
		   const uint8_t salt[RK_SHA256_LEN], const char *label, struct sp_error *err)
{
	uint8_t out[sizeof(keys->aes) + sizeof(keys->mac)];
	int ret = rk_hkdf(ikm, salt, (struct rk_octets){ label, strlen(label) }, out, sizeof(out),
			  err);

	if (!ret) {
		memcpy(keys->aes, out, sizeof(keys->aes));
		memcpy(keys->mac, out + sizeof(keys->aes), sizeof(keys->mac));
		keys->counter = 0;
	}
	OPENSSL_cleanse(out, sizeof(out));
	return ret;
}

static int tag_of(const struct rk_record_keys *keys, const uint8_t *message, size_t len,
		  uint8_t mac[RK_SHA256_LEN], struct sp_error *err)
{
	return rk_hmac("SHA256", keys->mac, sizeof(keys->mac), message, len, mac, RK_SHA256_LEN,
		       err);
}

/* Reserves len octets behind what is written; NULL when they do not fit. */
static uint8_t *skip(struct sp_writer *w, size_t len)
{
	uint8_t *at = w->start + w->len;

	if (w->bad || w->size - w->len < len) {
		w->bad = true;
		return NULL;
	}
	w->len += len;
	return at;
}

int rk_record_seal(struct rk_record_keys *keys, const struct rk_random *random,
		   struct sp_writer *w, struct rk_octets plain, struct sp_error *err)
{
	/* PKCS #7 padding (RFC 5652 6.3): 1 to 16 octets, each saying how many. */
	uint8_t pad = (uint8_t)(RK_AES_LEN - plain.len % RK_AES_LEN);
	size_t len = plain.len + pad;
	uint8_t *iv, *text, mac[RK_SHA256_LEN];

	sp_write_be64(w, keys->counter);
	iv = skip(w, RK_AES_LEN);
	text = skip(w, len);
	if (!iv || !text)
		return sp_fail(err, "message of %zu octets does not fit a record", plain.len);
	random->fill(random->arg, iv, RK_AES_LEN);
	if (plain.len)
		memcpy(text, plain.data, plain.len);
	memset(text + plain.len, pad, pad);
	if (rk_aes_cbc(true, keys->aes, iv, text, len, text, err) ||
	    tag_of(keys, w->start, w->len, mac, err))
		return -1;
	sp_write_octets(w, mac, RK_RECORD_TAG);
	if (w->bad)
		return sp_fail(err, "message of %zu octets does not fit a record", plain.len);
	keys->counter++;
	return 0;
}

/* After the tag was right: wrong padding is the sender's mistake and tells an attacker nothing. */
static int unpad(const uint8_t *plain, size_t *len, struct sp_error *err)
{
	uint8_t pad = plain[*len - 1];
	size_t i;

	if (!pad || pad > RK_AES_LEN)
		return sp_fail(err, "authentic message with padding of %u octets", pad);
	for (i = 1; i <= pad; i++)
		if (plain[*len - i] != pad)
			return sp_fail(err, "authentic message with uneven padding");
	*len -= pad;
	return 0;
}

int rk_record_open(struct rk_record_keys *keys, struct rk_octets message, size_t header,
		   uint8_t *plain, size_t *plain_len, struct sp_error *err)
{
	const uint8_t *iv, *text, *tag;
	uint8_t mac[RK_SHA256_LEN];
	struct sp_reader r;
	uint64_t counter;
	size_t len;

	if (message.len < header + RK_RECORD_OVERHEAD ||
	    (message.len - header - RK_RECORD_OVERHEAD) % RK_AES_LEN)
		return sp_fail(err, "message of %zu octets cannot be a record", message.len);
	len = message.len - header - RK_RECORD_OVERHEAD + RK_AES_LEN;
	sp_reader_init(&r, message.data, message.len);
	sp_read_octets(&r, header);
	counter = sp_read_be64(&r);
	iv = sp_read_octets(&r, RK_AES_LEN);
	text = sp_read_octets(&r, len);
	tag = sp_read_octets(&r, RK_RECORD_TAG);

	if (tag_of(keys, message.data, message.len - RK_RECORD_TAG, mac, err))
		return -1;
	if (CRYPTO_memcmp(mac, tag, RK_RECORD_TAG))
		return sp_fail(err, "message does not authenticate");
	if (counter != keys->counter)
		return sp_fail(err, "message %" PRIu64 " where %" PRIu64
			       " was due: replayed, lost or out of order", counter, keys->counter);
	if (rk_aes_cbc(false, keys->aes, iv, text, len, plain, err))
		return -1;
	*plain_len = len;
	keys->counter++;
	return unpad(plain, plain_len, err);
}
