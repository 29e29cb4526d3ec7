/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A peer with keying = rsa: its engine, its keys, and what the engine asks for. */
#ifndef PARTY_H
#define PARTY_H

#include <openssl/evp.h>

#include "daemon.h"
#include "keying/rsa/peer.h"
#include "lib/table.h"
#include "keys/keyring.h"

struct party {
	LIST_ENTRY(party) next;
	UT_hash_handle hh;		/* of the registry, by name */
	UT_hash_handle hh_place;	/* likewise, by place */
	char name[SPINDLE_NAME_MAX + 1];
	struct party_place place;
	struct party *same_place;	/* another one there */
	struct daemon *daemon;
	struct rk_peer *engine;
	enum rk_profile profile;
	EVP_PKEY *key, *peer_key;	/* NULL with profile = compat */
	char local_id[RK_KEY_ID_STRLEN];
	char remote_id[RK_KEY_ID_STRLEN];
	struct event *timer;
	struct sp_addr at;		/* where it has moved to; none: as configured */
	/* of its door, by both keys, peer's first */
	struct door *door;
	UT_hash_handle hh_ids;
	char ids[2 * RK_KEY_ID_STRLEN];
};

/* With keys that are in the ring already; without tunnels yet, and not yet of the daemon. */
struct party *party_new(struct daemon *daemon, const struct sp_peer_config *config,
			struct sp_keyring *keys);
/* Is one of the daemon's, from now on. */
void party_join(struct party *party);
/* Is not, and is freed; its SAs stay in the kernel. */
void party_leave(struct party *party);

/* What both keys are found by, made of their fingerprints. */
void party_ids(char ids[2 * RK_KEY_ID_STRLEN], const char *peer, const char *own);

/* Whether any of its tunnels does. */
bool party_follows(const struct party *party);
/* To connect to it: where it was last, or every other time where it began. */
const struct sp_addr *party_address(const struct party *party);
/* It was there, as a packet or a session of its has proved. */
void party_met(struct party *party, const struct sp_addr *at);

/* Of its tunnels' packets, so that its connections pass the tunnels by, too; 0: none. */
uint32_t party_mark(const struct party *party);

/* After anything was told to the engine: does what is due, and waits for the rest. */
void party_tick(struct party *party);

struct party *party_find(const struct daemon *daemon, const char *name);
struct rk_tunnel *party_find_tunnel(const struct daemon *daemon, const char *name);
static inline struct party *party_of(const struct rk_tunnel *tunnel)
{
	return tunnel->peer->port.arg;
}

#endif
