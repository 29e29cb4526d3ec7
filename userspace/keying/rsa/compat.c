// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profile compat: the published scheme to the byte, weak as it is.  Nobody is
 * authenticated, one key serves both directions, messages carry no counter and
 * the MAC is under the encryption.  Documentation/keying-rsa.md says what that
 * means; the configuration asks for `allow-insecure = yes`.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "spki.h"
#include "state.h"

enum {
	EPHEMERAL_BITS = 1024,
	OAEP_LEN = EPHEMERAL_BITS / 8,
	KEY_LEN = RK_AES_LEN,		/* of the AES key and of the MAC key */
	MAC_LEN = RK_MD5_LEN,
	KEYS_HEAD = 2 * OAEP_LEN,
};

/* Octets of messages, as published (blocks of 16 allow not all of them). */
enum {
	SERVER_KEY_MIN = 150,
	SERVER_KEY_MAX = 180,
	FIRST_MIN = 304,
	FIRST_MAX = 400,
	LATER_MIN = 40,
	LATER_MAX = 1000,
	FIRST_TEXT_MAX = FIRST_MAX - KEYS_HEAD - RK_AES_LEN - MAC_LEN - 1,
	PLAIN_MAX = LATER_MAX - RK_AES_LEN,
};

_Static_assert(MAC_LEN + RK_TEXT_MAX + 1 <= PLAIN_MAX - PLAIN_MAX % RK_AES_LEN,
	       "every text fits a later message");

static const uint8_t *aes_key(const struct rk_session *s)
{
	return s->secrets.ikm;
}

static int mac_of(const struct rk_session *s, const void *text, size_t len, uint8_t mac[MAC_LEN],
		  struct sp_error *err)
{
	return rk_hmac("MD5", s->secrets.ikm + KEY_LEN, KEY_LEN, text, len, mac, MAC_LEN, err);
}

/* --- IV | AES-128-CBC-PKCS7( HMAC-MD5(text) | text ) ---------------------------- */

static int seal(struct rk_session *s, struct sp_writer *w, const char *text, size_t len,
		struct sp_error *err)
{
	uint8_t plain[PLAIN_MAX], iv[RK_AES_LEN];
	size_t size = MAC_LEN + len;
	uint8_t pad = (uint8_t)(RK_AES_LEN - size % RK_AES_LEN);
	int ret = -1;

	if (size + pad > sizeof(plain))
		return sp_fail(err, "text of %zu octets does not fit a message", len);
	if (mac_of(s, text, len, plain, err))
		goto out;
	memcpy(plain + MAC_LEN, text, len);
	memset(plain + size, pad, pad);
	size += pad;
	s->config.random.fill(s->config.random.arg, iv, sizeof(iv));
	if (rk_aes_cbc(true, aes_key(s), iv, plain, size, plain, err))
		goto out;
	sp_write_octets(w, iv, sizeof(iv));
	sp_write_octets(w, plain, size);
	ret = w->bad ? sp_fail(err, "text of %zu octets does not fit a message", len) : 0;
out:
	OPENSSL_cleanse(plain, sizeof(plain));
	return ret;
}

/*
 * The MAC is under the padding, so the receiver must not show which of the two
 * was wrong, in words or in time (Vaudenay; Lucky Thirteen).  With whole blocks
 * there are only 16 lengths that the text can have: compute the MAC of every
 * one, and pick by masks.  Time and memory access then depend on the length of
 * the message alone, as far as AES and MD5 themselves do.  Returns the octets
 * of padding, 0 if either is wrong.
 */
static size_t true_padding(struct rk_session *s, const uint8_t *plain, size_t len)
{
	uint8_t mac[MAC_LEN], pad, i, wrong, right, result = 0;
	struct sp_error err;

	for (pad = 1; pad <= RK_AES_LEN; pad++) {
		wrong = plain[len - 1] ^ pad;
		for (i = 2; i <= pad; i++)
			wrong |= plain[len - i] ^ pad;
		if (mac_of(s, plain + MAC_LEN, len - MAC_LEN - pad, mac, &err))
			return 0;
		right = rk_mask_if_zero(wrong) &
			rk_mask_if_zero((unsigned int)CRYPTO_memcmp(mac, plain, MAC_LEN));
		result |= right & pad;
	}
	return result;
}

static int open_message(struct rk_session *s, struct rk_octets message, struct sp_error *err)
{
	const uint8_t *iv = message.data;
	size_t len = message.len - RK_AES_LEN, pad = 0;
	uint8_t plain[PLAIN_MAX];
	int ret;

	/* The length is no secret. */
	if (len % RK_AES_LEN || len < MAC_LEN + RK_AES_LEN || len > sizeof(plain))
		return sp_fail(err, "message of %zu octets cannot be", message.len);
	if (!rk_aes_cbc(false, aes_key(s), iv, iv + RK_AES_LEN, len, plain, err))
		pad = true_padding(s, plain, len);
	if (pad)
		ret = rk_session_deliver(s, plain + MAC_LEN, len - MAC_LEN - pad, err);
	else
		ret = sp_fail(err, "message does not authenticate");
	OPENSSL_cleanse(plain, sizeof(plain));
	return ret;
}

static int send_text(struct rk_session *s, const char *text, size_t len, struct sp_error *err)
{
	uint8_t message[LATER_MAX];
	struct sp_writer w;

	if (rk_queue_room(&s->out) < RK_FRAME_HEAD + sizeof(message))
		return sp_fail(err, "%zu octets wait to be sent: the peer does not read",
			       RK_QUEUE_MAX - rk_queue_room(&s->out));
	sp_writer_init(&w, message, sizeof(message));
	if (seal(s, &w, text, len, err))
		return -1;
	return rk_session_queue(s, message, w.len, err);
}

/* --- the handshake ------------------------------------------------------------------ */

static int send_server_key(struct rk_session *s, struct sp_error *err)
{
	uint8_t message[RK_SPKI_MAX];
	struct sp_writer w;

	sp_writer_init(&w, message, sizeof(message));
	if (rk_spki_write(&w, s->config.ephemeral, EPHEMERAL_BITS, err) ||
	    rk_session_note(s, message, w.len, err))
		return -1;
	return rk_session_queue(s, message, w.len, err);
}

static int send_client_first(struct rk_session *s, EVP_PKEY *ephemeral, struct sp_error *err)
{
	uint8_t message[FIRST_MAX], sealed[OAEP_LEN];
	char text[RK_TEXT_MAX + 1];
	struct sp_writer w;
	size_t at;

	s->secrets.ikm_len = 2 * KEY_LEN;
	s->config.random.fill(s->config.random.arg, s->secrets.ikm, 2 * KEY_LEN);
	sp_writer_init(&w, message, sizeof(message));
	for (at = 0; at < 2 * KEY_LEN; at += KEY_LEN) {
		if (rk_oaep_encrypt(ephemeral, "SHA1", s->secrets.ikm + at, KEY_LEN, sealed,
				    sizeof(sealed), err))
			return -1;
		sp_write_octets(&w, sealed, sizeof(sealed));
	}
	rk_session_first_text(s, text, FIRST_TEXT_MAX);
	if (seal(s, &w, text, strlen(text), err) || rk_session_note(s, message, w.len, err) ||
	    rk_session_salt(s, err))
		return -1;
	OPENSSL_cleanse(text, sizeof(text));
	return rk_session_queue(s, message, w.len, err);
}

static int take_server_key(struct rk_session *s, struct rk_octets message, struct sp_error *err)
{
	EVP_PKEY *ephemeral = rk_spki_read(message, EPHEMERAL_BITS, err);
	int ret = -1;

	if (ephemeral && !rk_session_note(s, message.data, message.len, err))
		ret = send_client_first(s, ephemeral, err);
	EVP_PKEY_free(ephemeral);
	return ret;
}

static int take_client_first(struct rk_session *s, struct rk_octets message, struct sp_error *err)
{
	const uint8_t *octets = message.data;
	struct rk_octets body = { octets + KEYS_HEAD, message.len - KEYS_HEAD };
	size_t i;

	/* Substitutes for keys that cannot be decrypted: see rk_oaep_decrypt(). */
	s->secrets.ikm_len = 2 * KEY_LEN;
	s->config.random.fill(s->config.random.arg, s->secrets.ikm, 2 * KEY_LEN);
	for (i = 0; i < 2; i++)
		rk_oaep_decrypt(s->config.ephemeral, "SHA1", octets + i * OAEP_LEN, OAEP_LEN,
				s->secrets.ikm + i * KEY_LEN, KEY_LEN);
	rk_session_drop_ephemeral(s);
	if (rk_session_note(s, octets, message.len, err) || rk_session_salt(s, err))
		return -1;
	return open_message(s, body, err);
}

static int start(struct rk_session *s, struct sp_error *err)
{
	return s->config.role == RK_SERVER ? send_server_key(s, err) : 0;
}

static const struct rk_step messages = {
	"channel", LATER_MIN, LATER_MAX, open_message, &messages, .open = true,
};
/* Its first message is the server's only proof that it has the keys. */
static const struct rk_step server_first = {
	"server's first message", LATER_MIN, LATER_MAX, open_message, &messages, false,
};
static const struct rk_step server_key = {
	"server's key", SERVER_KEY_MIN, SERVER_KEY_MAX, take_server_key, &server_first, false,
};
static const struct rk_step client_first = {
	"client's first message", FIRST_MIN, FIRST_MAX, take_client_first, &messages, false,
};

const struct rk_protocol rk_compat_protocol = {
	.first = { [RK_CLIENT] = &server_key, [RK_SERVER] = &client_first },
	.start = start,
	.send = send_text,
};
