/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One session on one stream, from the first octet or the connection to the last word. */
#ifndef RK_LINK_H
#define RK_LINK_H

#include "keying/engine.h"
#include "peer.h"
#include "queue.h"

enum { RK_EARLY_MAX = 4096 };		/* octets of a client, while there is no key for it */

/* A peer with its sessions, of which one is in use. */
struct rk_keying {
	struct port *port;
	struct rk_peer *peer;
	enum rk_profile profile;
	EVP_PKEY *key, *peer_key;	/* NULL with profile = compat */
	struct sp_spki *peer_spki;	/* in place of peer_key, or NULL */
	LIST_HEAD(, rk_link) links;
};

struct rk_link {
	LIST_ENTRY(rk_link) next;
	struct rk_keying *keying;
	uint32_t stream;
	uint32_t question;		/* server: for an ephemeral key; 0: answered */
	struct rk_session *session;	/* NULL until connected, or until there is a key */
	struct rk_queue early;		/* what came before it */
	bool client;
	bool open;			/* the peer knows it */
	bool closed;			/* and is freed with the next tick */
	double answer_by;		/* the handshake */
	char failed[512];		/* why it will be closed with the next tick */
};

/* Returns NULL without memory. */
struct rk_link *rk_link_connect(struct rk_keying *keying, double now);
struct rk_link *rk_link_accept(struct rk_keying *keying, uint32_t stream, double now);
/* NULL: it has ended already. */
struct rk_link *rk_link_find(const struct rk_keying *keying, uint32_t stream);
void rk_link_free(struct rk_link *link);

void rk_link_connected(struct rk_link *link, double now);
void rk_link_input(struct rk_link *link, const void *octets, size_t len, double now);
void rk_link_ended(struct rk_link *link, double now);
void rk_link_failed(struct rk_link *link, const char *why, double now);
void rk_link_answer(struct rk_link *link, const struct sp_key_answer *answer, double now);

void rk_link_send(struct rk_link *link, const char *text);
/* The peer hears no more of it. */
void rk_link_close(struct rk_link *link);

/* It may be no more afterwards. */
void rk_link_tick(struct rk_link *link, double now);
double rk_link_deadline(const struct rk_link *link);

struct sp_key_question rk_link_question(enum rk_profile profile);

#endif
