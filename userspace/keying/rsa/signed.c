// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profile signed: Documentation/keying-rsa.md has the layouts.  Both sides keep
 * the handshake octets as one string; a signature covers all of it that comes
 * before the signature, and keys are salted with all of it that comes before
 * the first octet they protect.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "keys/rsakey.h"
#include "spki.h"
#include "state.h"

enum {
	VERSION = 1,
	EPHEMERAL_BITS = 2048,
	OAEP_LEN = EPHEMERAL_BITS / 8,
	NONCE_LEN = 32,
	KEYS_LEN = RK_AES_LEN + RK_SHA256_LEN,	/* AES key | MAC key */
};

/* A message's first octet. */
enum {
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	CLIENT_KEYS = 3,
	RECORD = 4,
	ALERT = 5,
};

enum {
	CLIENT_HELLO_LEN = 2 + NONCE_LEN + 2 * SP_KEY_ID_LEN,
	SERVER_HELLO_MAX = 1 + NONCE_LEN + 2 + RK_SPKI_MAX + 2 + SP_KEY_SIZE_MAX,
	CLIENT_KEYS_HEAD = 1 + OAEP_LEN,
	PROOF_MAX = 2 + SP_KEY_SIZE_MAX + RK_TEXT_MAX,
	CLIENT_KEYS_MAX = CLIENT_KEYS_HEAD + RK_RECORD_OVERHEAD + PROOF_MAX,
	RECORD_MIN = 1 + RK_RECORD_OVERHEAD,
	RECORD_MAX = 1 + RK_RECORD_OVERHEAD + RK_TEXT_MAX,
	ALERT_LEN = 2,
};

_Static_assert((int)CLIENT_KEYS_MAX <= (int)RK_FRAME_BODY_MAX, "every message fits a frame");
_Static_assert(CLIENT_HELLO_LEN + SERVER_HELLO_MAX + CLIENT_KEYS_MAX <= (int)RK_HANDSHAKE_MAX,
	       "every handshake fits its buffer");

static const char server_label[] = "spindle-rsa server signature";
static const char client_label[] = "spindle-rsa client signature";
static const char server_records[] = "spindle-rsa server records";
static const char client_records[] = "spindle-rsa client records";

/* --- alerts ------------------------------------------------------------------ */

enum {
	ALERT_NONE,
	ALERT_MALFORMED,
	ALERT_VERSION,
	ALERT_CLIENT_KEY,
	ALERT_SERVER_KEY,
	ALERT_SIGNATURE,
	ALERT_RECORD,
};

/* As the one who receives the alert reads it. */
static const char *const alert_texts[] = {
	[ALERT_MALFORMED] = "our message is malformed, late or of another profile",
	[ALERT_VERSION] = "it does not speak our version of the protocol",
	[ALERT_CLIENT_KEY] = "our key is not the one it has pinned as peer-key",
	[ALERT_SERVER_KEY] = "its key is not the one we have pinned as peer-key",
	[ALERT_SIGNATURE] = "our signature is wrong",
	[ALERT_RECORD] = "our message does not authenticate",
};

static void alert_send(struct rk_session *s)
{
	uint8_t message[ALERT_LEN] = { ALERT, s->alert };
	struct sp_error err;

	/* Without room for an alert the peer reads the end of the stream. */
	if (s->alert != ALERT_NONE)
		rk_session_queue(s, message, sizeof(message), &err);
}

static int alert_hear(struct rk_session *s, struct rk_octets message, struct sp_error *err)
{
	const uint8_t *octets = message.data;
	const char *text = NULL;

	if (octets[0] != ALERT || message.len != ALERT_LEN)
		return 0;
	if (octets[1] < sizeof(alert_texts) / sizeof(alert_texts[0]))
		text = alert_texts[octets[1]];
	s->alert = ALERT_NONE;
	return sp_fail(err, "peer says (unauthenticated): %s", text ? text : "goodbye");
}

/* --- parts of messages --------------------------------------------------------- */

static struct rk_octets noted(const struct rk_session *s)
{
	return (struct rk_octets){ s->handshake, s->handshake_len };
}

static struct rk_octets session_keys(const struct rk_session *s)
{
	return (struct rk_octets){ s->secrets.ikm, s->secrets.ikm_len };
}

/* A signature, or a key, behind its length in 2 octets. */
static struct rk_octets read_counted(struct sp_reader *r)
{
	struct rk_octets octets = { .len = sp_read_be16(r) };

	octets.data = sp_read_octets(r, octets.len);
	return octets;
}

static int write_signature(struct rk_session *s, struct sp_writer *w, const char *label,
			   struct sp_error *err)
{
	uint8_t signature[SP_KEY_SIZE_MAX];
	size_t len;

	if (rk_pss_sign(s->config.key, label, noted(s), signature, &len, sizeof(signature), err))
		return -1;
	sp_write_be16(w, (uint16_t)len);
	sp_write_octets(w, signature, len);
	return w->bad ? sp_fail(err, "signature of %zu octets does not fit", len) : 0;
}

static int check_signature(struct rk_session *s, const char *label, struct rk_octets signature,
			   struct sp_error *err)
{
	char id[SP_KEY_ID_STRLEN];

	if (rk_pss_verify(s->config.peer_key, label, noted(s), signature))
		return 0;
	s->alert = ALERT_SIGNATURE;
	return sp_fail(err, "not signed by the pinned peer-key %s",
		       sp_key_id_format(s->peer_id, id));
}

static int send_record(struct rk_session *s, const char *text, size_t len, struct sp_error *err)
{
	uint8_t message[RECORD_MAX];
	struct sp_writer w;

	/* First, because a counter must not be used and then the message lost. */
	if (rk_queue_room(&s->out) < RK_FRAME_HEAD + sizeof(message))
		return sp_fail(err, "%zu octets wait to be sent: the peer does not read",
			       RK_QUEUE_MAX - rk_queue_room(&s->out));
	sp_writer_init(&w, message, sizeof(message));
	sp_write_u8(&w, RECORD);
	if (rk_record_seal(&s->secrets.tx, &s->config.random, &w, (struct rk_octets){ text, len },
			   err))
		return -1;
	return rk_session_queue(s, message, w.len, err);
}

static int open_record(struct rk_session *s, struct rk_octets message, uint8_t *plain, size_t *len,
		       struct sp_error *err)
{
	if (*(const uint8_t *)message.data != RECORD)
		return sp_fail(err, "not a record");
	s->alert = ALERT_RECORD;
	if (rk_record_open(&s->secrets.rx, message, 1, plain, len, err))
		return -1;
	s->alert = ALERT_MALFORMED;
	return 0;
}

/* --- the client ------------------------------------------------------------------ */

static int send_client_hello(struct rk_session *s, struct sp_error *err)
{
	uint8_t message[CLIENT_HELLO_LEN], nonce[NONCE_LEN];
	struct sp_writer w;

	s->config.random.fill(s->config.random.arg, nonce, sizeof(nonce));
	sp_writer_init(&w, message, sizeof(message));
	sp_write_u8(&w, CLIENT_HELLO);
	sp_write_u8(&w, VERSION);
	sp_write_octets(&w, nonce, sizeof(nonce));
	sp_write_octets(&w, s->own_id, sizeof(s->own_id));
	sp_write_octets(&w, s->peer_id, sizeof(s->peer_id));
	if (rk_session_note(s, message, w.len, err))
		return -1;
	return rk_session_queue(s, message, w.len, err);
}

/* Writes the signature over all so far and the first text, sealed, behind the keys. */
static int seal_proof(struct rk_session *s, struct sp_writer *w, struct sp_error *err)
{
	char text[RK_TEXT_MAX + 1];
	uint8_t proof[PROOF_MAX];
	struct sp_writer p;
	int ret = -1;

	sp_writer_init(&p, proof, sizeof(proof));
	if (!write_signature(s, &p, client_label, err)) {
		rk_session_first_text(s, text, RK_TEXT_MAX);
		sp_write_octets(&p, text, strlen(text));
		ret = rk_record_seal(&s->secrets.tx, &s->config.random, w,
				     (struct rk_octets){ proof, p.len }, err);
		OPENSSL_cleanse(text, sizeof(text));
	}
	OPENSSL_cleanse(proof, sizeof(proof));
	return ret;
}

static int send_client_keys(struct rk_session *s, EVP_PKEY *ephemeral, struct sp_error *err)
{
	struct rk_secrets *secrets = &s->secrets;
	uint8_t message[CLIENT_KEYS_MAX], sealed[OAEP_LEN];
	struct sp_writer w;

	secrets->ikm_len = KEYS_LEN;
	s->config.random.fill(s->config.random.arg, secrets->ikm, KEYS_LEN);
	if (rk_oaep_encrypt(ephemeral, "SHA256", secrets->ikm, KEYS_LEN, sealed, sizeof(sealed),
			    err))
		return -1;
	sp_writer_init(&w, message, sizeof(message));
	sp_write_u8(&w, CLIENT_KEYS);
	sp_write_octets(&w, sealed, sizeof(sealed));
	if (rk_session_note(s, message, w.len, err) || rk_session_salt(s, err) ||
	    rk_record_keys(&secrets->tx, session_keys(s), secrets->salt, client_records, err) ||
	    seal_proof(s, &w, err) ||
	    rk_session_note(s, message + CLIENT_KEYS_HEAD, w.len - CLIENT_KEYS_HEAD, err) ||
	    rk_session_salt(s, err) ||
	    rk_record_keys(&secrets->rx, session_keys(s), secrets->salt, server_records, err))
		return -1;
	return rk_session_queue(s, message, w.len, err);
}

static int take_server_hello(struct rk_session *s, struct rk_octets message, struct sp_error *err)
{
	struct rk_octets spki, signature;
	EVP_PKEY *ephemeral;
	struct sp_reader r;
	size_t unsigned_len;
	uint8_t type;
	int ret = -1;

	sp_reader_init(&r, message.data, message.len);
	type = sp_read_u8(&r);
	sp_read_octets(&r, NONCE_LEN);
	spki = read_counted(&r);
	unsigned_len = message.len - r.left;
	signature = read_counted(&r);
	if (type != SERVER_HELLO)
		return sp_fail(err, "is something else; do both sides use the same profile?");
	if (r.bad || r.left)
		return sp_fail(err, "malformed");

	if (rk_session_note(s, message.data, unsigned_len, err) ||
	    check_signature(s, server_label, signature, err) ||
	    rk_session_note(s, (const uint8_t *)message.data + unsigned_len,
			    message.len - unsigned_len, err))
		return -1;
	ephemeral = rk_spki_read(spki, EPHEMERAL_BITS, err);
	if (ephemeral)
		ret = send_client_keys(s, ephemeral, err);
	EVP_PKEY_free(ephemeral);
	return ret;
}

/* The server's first record is empty: it has the keys and accepts our signature. */
static int take_confirmation(struct rk_session *s, struct rk_octets message, struct sp_error *err)
{
	uint8_t plain[RECORD_MIN];
	size_t len;

	if (open_record(s, message, plain, &len, err))
		return -1;
	return len ? sp_fail(err, "holds %zu octets, not none", len) : 0;
}

/* --- the server ------------------------------------------------------------------ */

static int send_server_hello(struct rk_session *s, struct sp_error *err)
{
	uint8_t message[SERVER_HELLO_MAX], nonce[NONCE_LEN], spki[RK_SPKI_MAX];
	size_t unsigned_len;
	struct sp_writer w;

	sp_writer_init(&w, spki, sizeof(spki));
	if (rk_spki_write(&w, s->config.ephemeral, EPHEMERAL_BITS, err))
		return -1;
	unsigned_len = w.len;
	s->config.random.fill(s->config.random.arg, nonce, sizeof(nonce));
	sp_writer_init(&w, message, sizeof(message));
	sp_write_u8(&w, SERVER_HELLO);
	sp_write_octets(&w, nonce, sizeof(nonce));
	sp_write_be16(&w, (uint16_t)unsigned_len);
	sp_write_octets(&w, spki, unsigned_len);
	unsigned_len = w.len;
	if (rk_session_note(s, message, unsigned_len, err) ||
	    write_signature(s, &w, server_label, err) ||
	    rk_session_note(s, message + unsigned_len, w.len - unsigned_len, err))
		return -1;
	return rk_session_queue(s, message, w.len, err);
}

_Static_assert((int)RK_HELLO_LEN == (int)RK_FRAME_HEAD + CLIENT_HELLO_LEN, "a framed hello");
_Static_assert((int)RK_HELLO_ID_LEN == (int)SP_KEY_ID_LEN, "ids are key ids");

int rk_hello_ids(const uint8_t hello[RK_HELLO_LEN], uint8_t client[RK_HELLO_ID_LEN],
		 uint8_t server[RK_HELLO_ID_LEN])
{
	struct sp_reader r;
	const uint8_t *ids;
	uint32_t len;
	uint8_t type;

	sp_reader_init(&r, hello, RK_HELLO_LEN);
	len = sp_read_be32(&r);
	type = sp_read_u8(&r);
	sp_read_u8(&r);
	sp_read_octets(&r, NONCE_LEN);
	ids = sp_read_octets(&r, (size_t)2 * SP_KEY_ID_LEN);
	if (r.bad || len != CLIENT_HELLO_LEN || type != CLIENT_HELLO)
		return -1;
	memcpy(client, ids, SP_KEY_ID_LEN);
	memcpy(server, ids + SP_KEY_ID_LEN, SP_KEY_ID_LEN);
	return 0;
}

/* Who the client says it is and wants: no proof, but the clearest error there can be. */
static int check_ids(struct rk_session *s, const uint8_t *client, const uint8_t *server,
		     struct sp_error *err)
{
	char said[SP_KEY_ID_STRLEN], ours[SP_KEY_ID_STRLEN];

	if (memcmp(client, s->peer_id, SP_KEY_ID_LEN)) {
		s->alert = ALERT_CLIENT_KEY;
		return sp_fail(err, "peer has key %s, pinned as peer-key is %s",
			       sp_key_id_format(client, said), sp_key_id_format(s->peer_id, ours));
	}
	if (memcmp(server, s->own_id, SP_KEY_ID_LEN)) {
		s->alert = ALERT_SERVER_KEY;
		return sp_fail(err, "peer has pinned %s, our key is %s",
			       sp_key_id_format(server, said), sp_key_id_format(s->own_id, ours));
	}
	return 0;
}

static int take_client_hello(struct rk_session *s, struct rk_octets message, struct sp_error *err)
{
	const uint8_t *client, *server;
	uint8_t type, version;
	struct sp_reader r;

	sp_reader_init(&r, message.data, message.len);
	type = sp_read_u8(&r);
	version = sp_read_u8(&r);
	sp_read_octets(&r, NONCE_LEN);
	client = sp_read_octets(&r, SP_KEY_ID_LEN);
	server = sp_read_octets(&r, SP_KEY_ID_LEN);
	if (type != CLIENT_HELLO)
		return sp_fail(err, "is something else; do both sides use the same profile?");
	if (version != VERSION) {
		s->alert = ALERT_VERSION;
		return sp_fail(err, "peer speaks version %u, we speak %d", version, VERSION);
	}
	if (check_ids(s, client, server, err) ||
	    rk_session_note(s, message.data, message.len, err))
		return -1;
	return send_server_hello(s, err);
}

/* The client's signature, over all up to its keys, and its first text. */
static int take_proof(struct rk_session *s, const uint8_t *proof, size_t len, struct sp_error *err)
{
	struct rk_octets signature;
	struct sp_reader r;

	sp_reader_init(&r, proof, len);
	signature = read_counted(&r);
	if (r.bad)
		return sp_fail(err, "malformed");
	if (check_signature(s, client_label, signature, err))
		return -1;
	len = r.left;
	return rk_session_deliver(s, sp_read_octets(&r, len), len, err);
}

static int take_client_keys(struct rk_session *s, struct rk_octets message, struct sp_error *err)
{
	struct rk_secrets *secrets = &s->secrets;
	const uint8_t *octets = message.data;
	uint8_t proof[CLIENT_KEYS_MAX];
	size_t len;
	int ret = -1;

	if (octets[0] != CLIENT_KEYS)
		return sp_fail(err, "is something else");
	/* A substitute for keys that cannot be decrypted: see rk_oaep_decrypt(). */
	secrets->ikm_len = KEYS_LEN;
	s->config.random.fill(s->config.random.arg, secrets->ikm, KEYS_LEN);
	rk_oaep_decrypt(s->config.ephemeral, "SHA256", octets + 1, OAEP_LEN, secrets->ikm,
			KEYS_LEN);
	rk_session_drop_ephemeral(s);

	s->alert = ALERT_RECORD;
	if (rk_session_note(s, octets, CLIENT_KEYS_HEAD, err) || rk_session_salt(s, err) ||
	    rk_record_keys(&secrets->rx, session_keys(s), secrets->salt, client_records, err) ||
	    rk_record_open(&secrets->rx, message, CLIENT_KEYS_HEAD, proof, &len, err))
		return -1;
	s->alert = ALERT_MALFORMED;
	if (!take_proof(s, proof, len, err) &&
	    !rk_session_note(s, octets + CLIENT_KEYS_HEAD, message.len - CLIENT_KEYS_HEAD, err) &&
	    !rk_session_salt(s, err) &&
	    !rk_record_keys(&secrets->tx, session_keys(s), secrets->salt, server_records, err))
		ret = send_record(s, "", 0, err);
	OPENSSL_cleanse(proof, sizeof(proof));
	return ret;
}

/* --- both -------------------------------------------------------------------------- */

static int take_record(struct rk_session *s, struct rk_octets message, struct sp_error *err)
{
	uint8_t plain[RECORD_MAX];
	size_t len;
	int ret;

	if (open_record(s, message, plain, &len, err))
		return -1;
	ret = rk_session_deliver(s, plain, len, err);
	OPENSSL_cleanse(plain, sizeof(plain));
	return ret;
}

static int start(struct rk_session *s, struct sp_error *err)
{
	const struct rk_config *config = &s->config;

	if (!config->key || !config->peer_key)
		return sp_fail(err, "profile signed needs a key and the peer's key");
	if (sp_key_check(config->key, err) || sp_key_id(config->key, s->own_id, err))
		return sp_fail_in(err, "our key");
	if (sp_key_check(config->peer_key, err) || sp_key_id(config->peer_key, s->peer_id, err))
		return sp_fail_in(err, "peer's key");
	/* One key for both would let an attacker pass our own messages back to us. */
	if (!memcmp(s->own_id, s->peer_id, sizeof(s->own_id)))
		return sp_fail(err, "our key and the peer's are the same");
	s->alert = ALERT_MALFORMED;
	return config->role == RK_CLIENT ? send_client_hello(s, err) : 0;
}

static const struct rk_step records = {
	"channel", RECORD_MIN, RECORD_MAX, take_record, &records, .open = true,
};
static const struct rk_step confirmation = {
	"server's confirmation", RECORD_MIN, RECORD_MIN, take_confirmation, &records, false,
};
static const struct rk_step server_hello = {
	"server's hello", 1, SERVER_HELLO_MAX, take_server_hello, &confirmation, false,
};
static const struct rk_step client_keys = {
	"client's keys", CLIENT_KEYS_HEAD + RK_RECORD_OVERHEAD, CLIENT_KEYS_MAX, take_client_keys,
	&records, false,
};
static const struct rk_step client_hello = {
	"client's hello", CLIENT_HELLO_LEN, CLIENT_HELLO_LEN, take_client_hello, &client_keys,
	false,
};

const struct rk_protocol rk_signed_protocol = {
	.first = { [RK_CLIENT] = &server_hello, [RK_SERVER] = &client_hello },
	.start = start,
	.send = send_record,
	.alert = alert_send,
	.hear = alert_hear,
};
