/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session from the inside, for its two profiles.  session.c moves octets and
 * steps from one message to the next; signed.c and compat.c say what the
 * messages are.
 */
#ifndef RK_STATE_H
#define RK_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto.h"
#include "error.h"
#include "frame.h"
#include "queue.h"
#include "record.h"
#include "session.h"

enum {
	RK_HANDSHAKE_MAX = 4096,	/* octets of a whole handshake */
	RK_IKM_MAX = RK_AES_LEN + RK_SHA256_LEN,
};

_Static_assert((int)RK_FRAME_BODY_MAX <= (int)RK_FRAME_MAX, "frames of one bound");

/* One message we wait for. */
struct rk_step {
	const char *awaits;
	size_t min, max;		/* its octets */
	int (*take)(struct rk_session *s, struct rk_octets message, struct sp_error *err);
	const struct rk_step *next;
	bool open;			/* the session is open while it waits here */
};

struct rk_protocol {
	const struct rk_step *first[2];	/* by enum rk_role */
	int (*start)(struct rk_session *s, struct sp_error *err);
	/* Queues one text message. */
	int (*send)(struct rk_session *s, const char *text, size_t len, struct sp_error *err);
	/* NULL if the profile has no alerts: tells the peer why we end the session… */
	void (*alert)(struct rk_session *s);
	/* …and returns -1 with the peer's reason if the message is its alert. */
	int (*hear)(struct rk_session *s, struct rk_octets message, struct sp_error *err);
};

extern const struct rk_protocol rk_signed_protocol;
extern const struct rk_protocol rk_compat_protocol;

/* All that must not outlive the session; wiped as soon as it ends. */
struct rk_secrets {
	uint8_t ikm[RK_IKM_MAX];	/* AES key | MAC key */
	size_t ikm_len;
	uint8_t salt[RK_SHA256_LEN];	/* SHA-256 of the handshake octets so far */
	struct rk_record_keys tx, rx;	/* signed */
	char early[RK_TEXT_MAX + 1];	/* client: a text queued before the session was open */
};

struct rk_session {
	struct rk_config config;
	const struct rk_protocol *protocol;
	const struct rk_step *step;
	enum rk_state state;
	double deadline;
	struct sp_error error;
	uint8_t alert;			/* signed: what we tell the peer if this step fails */
	uint8_t own_id[RK_SHA256_LEN];	/* signed: SHA-256 of the long-term keys */
	uint8_t peer_id[RK_SHA256_LEN];
	uint8_t handshake[RK_HANDSHAKE_MAX];
	size_t handshake_len;
	struct rk_secrets secrets;
	struct rk_frame frame;
	struct rk_queue out;
	struct rk_queue inbox;		/* texts, each with its NUL */
	char text[RK_FRAME_BODY_MAX];	/* the one handed out last */
};

/* Queues one message for the peer, framed. */
int rk_session_queue(struct rk_session *s, const void *message, size_t len, struct sp_error *err);
/* Adds to the handshake octets. */
int rk_session_note(struct rk_session *s, const void *octets, size_t len, struct sp_error *err);
/* salt = SHA-256 of the handshake octets noted so far. */
int rk_session_salt(struct rk_session *s, struct sp_error *err);
/* A text message has come in, authentic. */
int rk_session_deliver(struct rk_session *s, const void *text, size_t len, struct sp_error *err);
/* What the client says first: the text queued early if it has at most max octets, else "ping". */
void rk_session_first_text(struct rk_session *s, char text[RK_TEXT_MAX + 1], size_t max);
/* The private key has done its one decryption. */
void rk_session_drop_ephemeral(struct rk_session *s);

#endif
