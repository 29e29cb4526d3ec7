/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects of the IKE engine.  A peer has channels, which are phase 1 SAs and of which the
 * newest is used, and tunnels; a channel has the exchanges under it; a tunnel has generations of
 * SAs in the kernel, which need no channel to live on.
 */
#ifndef IKE_STATE_H
#define IKE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "config/config.h"
#include "crypto/dh.h"
#include "crypto/ikesuite.h"
#include "derive.h"
#include "fragment.h"
#include "keying/engine.h"
#include "natt.h"
#include "retransmit.h"
#include "table.h"
#include "transitions.h"
#include "used.h"

enum {
	IKE_NONCE_LEN = 32,
	IKE_PORT = 500, IKE_PORT_NATT = 4500,

	IKE_ANSWER_SECONDS = 10,	/* for the holder of keys */
	IKE_HINT_SECONDS = 2,		/* for something better to come than a no */
	IKE_RECORD_SECONDS = 30,	/* that a first message is kept */
	/* Of one peer: as many as strangers send in its name while its message 3 travels, */
	IKE_RECORDS_MAX = 1024,
	IKE_RECORDS_OCTETS = 1 << 18,	/* and all their octets; */
	/* of one with remote = any, as which all strangers come; */
	IKE_RECORDS_MANY = 8192,
	IKE_RECORDS_MANY_OCTETS = 1 << 21,
	IKE_RECORDS_ALL = 1 << 23,	/* and octets of all peers */
	IKE_RETRY_MIN = 1,		/* seconds, doubled from failure to failure */
	IKE_RETRY_MAX = 60,
	IKE_RETRY_SILENT = 5,		/* likewise, where nobody has said no */
	/*
	 * Packets sent with the old generation are still on their way when the new one is
	 * there; 5 s outlasts any queue worth waiting for.
	 */
	IKE_LINGER_SECONDS = 5,
	IKE_TOLD_SECONDS = 2,		/* between saying that it goes, and its going */
	IKE_REMEMBER_SECONDS = 60,	/* an exchange that is done, for what comes twice */
	IKE_GENERATIONS_MAX = 8,	/* of one tunnel, alive at once */
	IKE_CHANNELS_MAX = 8,		/* of one peer */
	IKE_HALF_OPEN_MAX = 4,		/* of these, that somebody at one address has begun, */
	IKE_HALF_OPEN_SECONDS = 2,	/* and has that long to go on with, if others come */
	IKE_YIELD_SECONDS = 10,		/* that we let the peer go on before we begin one, too */
	IKE_QUICKS_MAX = 256,		/* under one of them, that wait for something */
	IKE_CROSS_SECONDS = 31,		/* as long as a phase 1 may take */
	IKE_SPREAD_SECONDS = 10,	/* over which what is overdue is refreshed */
	/* The least that is accepted of a life: a refresh needs time to happen in. */
	IKE_LIFE_SECONDS_MIN = 10,
};

struct ike_peer;
struct ike_channel;
struct ike_quick;
struct ike_tunnel;

struct ike_bytes {			/* of an allocation of its own */
	uint8_t *octets;
	size_t len;
};

/* --- tunnels ------------------------------------------------------------------------------ */

enum ike_will {
	IKE_WILL_DOWN,			/* by the admin: what the peer offers is refused */
	IKE_WILL_IDLE,			/* until traffic or the peer asks */
	IKE_WILL_KEEP,			/* up, whatever happens */
};

/* Both SAs of one quick mode, in the kernel. */
struct ike_generation {
	uint32_t number;		/* of ours; the peer has others */
	uint32_t in_spi, out_spi;	/* 0: not known, of one that was taken over */
	double asked;			/* when we did; INFINITY: the peer has asked for it */
	double confirmed;		/* since when both have it; INFINITY: not known yet */
	bool told;			/* the peer knows that it is about to go */
	uint32_t channel;		/* the serial number of that under which it came */
	double installed;
	const char *alg;
	bool parked;			/* nothing was sent with it yet */
	double activate_at;		/* INFINITY: the peer's third message or packet decides */
	double remove_at;		/* INFINITY while it is needed */
	double rekey_at;		/* its soft end */
};

struct ike_tunnel {
	STAILQ_ENTRY(ike_tunnel) next;
	struct ike_peer *peer;
	struct sp_tunnel_config config;
	enum ike_will will;
	bool wanted;			/* a new generation, as soon as there is a way */
	double retry_at;
	unsigned int failures;		/* in a row */
	unsigned int spurned;		/* offers the peer did not take, since it was up */
	struct ike_quick *asking;	/* our offer that waits for its answer */
	unsigned int answering;		/* quick modes of the peer's that it has not confirmed */

	struct ike_generation live[IKE_GENERATIONS_MAX];	/* oldest first */
	size_t n_live;
	uint32_t current;		/* the generation that sends; 0: none */
	uint32_t highest;		/* number that was given */

	const char *alg;		/* of the generation in use, or the last */
	unsigned int rekeys;
	double established;		/* when current came */
	double rekey_at;		/* INFINITY: not by us */
	char last_error[512];
};

/* --- exchanges under phase 1 -------------------------------------------------------------- */

/* A quick mode. */
struct ike_quick {
	LIST_ENTRY(ike_quick) next;
	struct ike_channel *channel;
	struct ike_tunnel *tunnel;
	enum ike_role role;
	enum ike_state state;
	uint32_t id;			/* the M-ID, and what the IV begins with */
	uint8_t iv[SP_CIPHER_BLOCK_MAX];
	struct ike_memory memory;
	struct ike_bytes nonce[2];	/* of initiator and responder, without payload heads */
	struct sp_dh *dh;		/* with PFS */
	uint32_t in_spi, out_spi;	/* ours, and the peer's */
	uint32_t generation;		/* that came of it; 0: none yet */
	double begun;
	double forget_at;
};

/* --- phase 1 ------------------------------------------------------------------------------ */

/* What is needed until both have proved who they are. */
struct ike_handshake {
	struct ike_bytes sa_body;	/* the initiator's offer, as it was sent */
	struct ike_bytes share[2];	/* of initiator and responder */
	struct ike_bytes nonce[2];
	struct sp_dh *dh;
	struct sp_dh_secret secret;
	struct ike_bytes signature;	/* of ours, of who proves it with a key */
	uint8_t nat_seen;
};

struct ike_dpd {
	uint32_t sent;			/* sequence numbers of ours, */
	uint32_t heard;			/* and of the peer's last question */
	unsigned int unanswered;
	double at;			/* when to ask, or to ask again */
};

struct ike_channel {
	LIST_ENTRY(ike_channel) next;
	struct ike_peer *peer;
	uint32_t serial;
	enum ike_role role;
	enum ike_state state;
	uint8_t cookies[2][IKE_COOKIE_LEN];	/* of initiator and responder */
	struct sp_path path;
	struct sp_ike_suite suite;
	uint16_t auth;			/* the method's number */
	struct ike_handshake *handshake;	/* NULL: it is over */
	struct ike_keys keys;
	uint8_t iv[SP_CIPHER_BLOCK_MAX];	/* the last block of phase 1 */
	struct ike_memory memory;
	uint32_t question;		/* 0: none is open */
	double answer_by;
	struct ike_natt natt;
	uint32_t vendors;		/* what the peer has said it knows */
	struct ike_fragments fragments;	/* of a message of the peer's */
	LIST_HEAD(, ike_quick) quicks;
	struct ike_used used;		/* M-IDs, of both sides and of all exchanges */
	unsigned int keyed;		/* quick modes that it has seen */
	uint64_t life;			/* seconds */
	bool leaving;			/* nothing new begins under it */
	double begun, established;
	double rekey_at, expires_at;	/* INFINITY: not yet */
	double part_at;			/* another one has taken its place; INFINITY: none */
	double last_heard;
	struct ike_dpd dpd;
	double hint_at;			/* when somebody without a proof has said no; or INFINITY */
	char hint[384];			/* what */
};

/* A first message of the peer's, or of somebody at its address, that message 3 may follow. */
struct ike_record {
	TAILQ_ENTRY(ike_record) next;	/* the oldest first */
	UT_hash_handle hh;
	double begun, forget_at;
	uint8_t cookies[2][IKE_COOKIE_LEN];
	struct sp_path path;
	struct ike_natt natt;
	uint32_t vendors;
	struct sp_ike_suite suite;
	uint16_t auth;
	uint64_t life;			/* seconds */
	size_t len;
	uint8_t sa_body[];
};

struct ike_peer {
	struct sp_peer_config config;
	struct port *port;
	const struct sp_key *key, *peer_key;	/* public halves; NULL with a pre-shared key */
	STAILQ_HEAD(, ike_tunnel) tunnels;
	LIST_HEAD(, ike_channel) channels;	/* the newest first */
	TAILQ_HEAD(, ike_record) records;
	struct ike_record *by_cookie;	/* of ours */
	uint8_t cookie_secret[32];	/* of which those are made */
	unsigned int n_records;
	size_t record_octets;
	bool adopted;			/* SAs of an earlier life are there, or were */
	bool met;			/* a phase 1 has come up in this life */
	double connect_at;
	unsigned int failures;		/* to get a phase 1, in a row */
	char last_error[512];
	char remote_id[SP_IDENT_STRLEN];	/* as proved */
	struct sp_path at;		/* where it was met; without addresses: nowhere yet */
	double now;			/* of the last tick */
	uint32_t serial;		/* of the channel that was made last */
	double rejected_at;		/* when something was last said to mean nothing */
	unsigned int rejected;		/* since then, without a word, */
	unsigned int rejected_lines;	/* and with */
	char rejected_text[256];
};

#endif
