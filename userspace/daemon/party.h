/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A peer with keying = rsa: its engine, its keys, and what the engine asks for. */
#ifndef PARTY_H
#define PARTY_H

#include <openssl/evp.h>

#include "daemon.h"
#include "keying/rsa/peer.h"
#include "keys/keyring.h"

struct party {
	LIST_ENTRY(party) next;
	struct daemon *daemon;
	struct rk_peer *engine;
	enum rk_profile profile;
	EVP_PKEY *key, *peer_key;	/* NULL with profile = compat */
	char local_id[RK_KEY_ID_STRLEN];
	char remote_id[RK_KEY_ID_STRLEN];
	struct event *timer;
};

/* With keys that are in the ring already; without tunnels yet, and not yet of the daemon. */
struct party *party_new(struct daemon *daemon, const struct sp_peer_config *config,
			struct sp_keyring *keys);
void party_free(struct party *party);

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
