/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session of keying by RSA key transport: the handshake and the protected
 * channel over one TCP connection, without the connection.  Octets that arrive
 * go in, octets to send come out, text messages go in and come out.  The only
 * inputs are the caller's octets, the caller's clock and the caller's
 * randomness (RSA padding and RSA key generation draw from OpenSSL).
 *
 * Documentation/keying-rsa.md is the wire format.
 */
#ifndef RK_SESSION_H
#define RK_SESSION_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "secret.h"

enum rk_role { RK_CLIENT, RK_SERVER };
enum rk_profile { RK_SIGNED, RK_COMPAT };

enum {
	RK_FRAME_MAX = 65536,		/* octets of a message, without its length */
	RK_TEXT_MAX = 900,		/* octets of a text message; fits a compat record of 1000 */
	RK_HANDSHAKE_SECONDS = 10,
};

enum rk_state {
	RK_HANDSHAKE,
	RK_OPEN,			/* messages flow */
	RK_DEAD,			/* see rk_session_error(); send what is left, then close */
};

struct rk_random {
	void (*fill)(void *arg, void *buf, size_t len);
	void *arg;
};

struct rk_config {
	enum rk_role role;
	enum rk_profile profile;
	EVP_PKEY *key;			/* signed: our long-term private key; borrowed */
	EVP_PKEY *peer_key;		/* signed: the peer's pinned public key; borrowed */
	EVP_PKEY *ephemeral;		/* server: RSA-2048, or RSA-1024 in compat; taken over */
	struct rk_random random;
};

struct rk_session;

enum {
	RK_HELLO_LEN = 102,		/* octets of a client's first message, framed */
	RK_HELLO_ID_LEN = 32,
};

/*
 * Profile signed: of a client's first message, whose key it says to have and whose it expects.
 * That proves nothing, but tells peers apart that share an address.  -1 if it is another message.
 */
int rk_hello_ids(const uint8_t hello[RK_HELLO_LEN], uint8_t client[RK_HELLO_ID_LEN],
		 uint8_t server[RK_HELLO_ID_LEN]);

/* now: seconds of a monotonic clock.  NULL only when out of memory. */
struct rk_session *rk_session_new(const struct rk_config *config, double now);
void rk_session_free(struct rk_session *session);	/* wipes every secret; NULL is fine */

enum rk_state rk_session_state(const struct rk_session *session);
const char *rk_session_error(const struct rk_session *session);	/* "" unless RK_DEAD */

/* Octets from the stream, in any pieces. */
void rk_session_input(struct rk_session *session, const void *data, size_t len);
/* The stream has ended. */
void rk_session_eof(struct rk_session *session);
/* Ends a handshake that has taken longer than RK_HANDSHAKE_SECONDS. */
void rk_session_tick(struct rk_session *session, double now);
/* When rk_session_tick() next has something to do; INFINITY: never. */
double rk_session_deadline(const struct rk_session *session);

/* Octets waiting to be sent: *len of them; then say how many went out. */
const uint8_t *rk_session_output(const struct rk_session *session, size_t *len);
void rk_session_sent(struct rk_session *session, size_t len);

/*
 * One text message, without line end.  The client's first may be queued before
 * RK_OPEN and travels in the handshake (without one the client sends "ping").
 */
int rk_session_send(struct rk_session *session, const char *text, struct sp_error *err);
/* The next message received, valid until the next call; NULL when there is none. */
const char *rk_session_receive(struct rk_session *session);

/*
 * Keys of one SA: HKDF-SHA256 with ikm = AES key | MAC key of the session, salt
 * = SHA-256 of the handshake octets, info = "spindle-sa" | generation | SPI
 * (4 octets each, big-endian); the first key->len octets are the encryption
 * key, the next auth_key->len the integrity key.  Lengths are set by the
 * caller.  Fails unless RK_OPEN.
 */
int rk_session_sa_keys(const struct rk_session *session, uint32_t generation, uint32_t spi,
		       struct sp_secret *key, struct sp_secret *auth_key, struct sp_error *err);

#endif
