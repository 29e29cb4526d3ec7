/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A peer that an engine keys for: what is told to the engine, and what it asks for. */
#ifndef PARTY_H
#define PARTY_H

#include "daemon.h"
#include "keying/engine.h"
#include "lib/table.h"

/* Both addresses of its datagrams. */
struct party_end {
	UT_hash_handle hh;		/* of the daemon, if it is in use */
	bool used;
	struct party_place place;
	struct party *party;
};

struct party {
	LIST_ENTRY(party) next;
	UT_hash_handle hh;		/* of the registry, by name */
	UT_hash_handle hh_place;	/* likewise, by place */
	char name[SPINDLE_NAME_MAX + 1];
	struct party_place place;
	struct party *same_place;	/* another one there */
	struct daemon *daemon;
	const struct sp_peer_config *config;	/* of the configuration in force */
	const struct engine *engine;
	struct engine_peer *keying;
	struct port port;
	char local_id[SP_KEY_ID_STRLEN];	/* of the keys in use; "": none */
	char remote_id[SP_KEY_ID_STRLEN];
	struct event *timer;
	LIST_HEAD(, stream) streams;
	unsigned int half_open[2];	/* of its streams; [1]: from elsewhere than it is */
	unsigned int failures;		/* to reach it, in a row */
	struct sp_addr at;		/* where it has moved to; none: as configured */
	LIST_HEAD(, party_claim) claims;
	struct party_end ends[2];	/* as configured, and where it has moved to */
	/* Ours without its private half, and the peer's, for engines that do not sign; or NULL. */
	struct sp_key *publics;
	struct sp_key_holding holding;	/* of it, references of its own */
	struct sp_psk *psk;		/* or NULL */
};

/* Makes a party whose keys are in the ring already; it has no tunnels and is not yet joined. */
struct party *party_new(struct daemon *daemon, const struct sp_peer_config *config,
			struct sp_keyring *keys);
/* Is one of the daemon's, from now on. */
void party_join(struct party *party);
/* Is not, and is freed; its SAs stay in the kernel. */
void party_leave(struct party *party);

/* Another configuration is in force, or the peer has another address in it. */
void party_configure(struct party *party, const struct sp_peer_config *config, double now);

/* Whether any of its tunnels does. */
bool party_follows(const struct party *party);
/* The address to connect to: the last known one, and every other time the configured one. */
const struct sp_addr *party_address(const struct party *party);
/* It was there, as a packet or a session of its has proved. */
void party_met(struct party *party, const struct sp_addr *at);
/* The same, of a datagram: it needs no leave to be elsewhere. */
void party_moved(struct party *party, const struct sp_path *path);
/* It was not where a stream was to lead. */
void party_missed(struct party *party);

/* The mark of its tunnels' packets, with which its connections pass the tunnels by; 0: none. */
uint32_t party_mark(const struct party *party);

/* The interface or the VRF that its tunnels' packets leave by, and so do its own; "": any. */
const char *party_link(const struct party *party);

/* Tells the engine what has happened on a stream. */
void party_hear(struct party *party, const struct engine_stream *what);
/* After anything was told to the engine: does what is due and asked for, waits for the rest. */
void party_tick(struct party *party);
/* The same for thousands of them at one time, which the system is asked for once. */
void party_tick_at(struct party *party, double now);

struct party *party_find(const struct daemon *daemon, const char *name);
/* Why there is nothing to key, or else the engine's last error; "" if there is none. */
const char *party_last_error(const struct tunnel *tunnel);

#endif
