/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TCP connection that carries one session with a peer. */
#ifndef LINK_H
#define LINK_H

#include <event2/bufferevent.h>

#include "daemon.h"

struct party;

struct rk_link {
	LIST_ENTRY(rk_link) next;	/* of the daemon */
	struct daemon *daemon;
	struct party *party;		/* NULL once it is only sending its last words */
	struct bufferevent *stream;
	struct rk_session *session;	/* NULL until connected, or until there is a key */
	struct event *timer;
	bool client;
	bool stranger;			/* server: from where nobody is known to be */
	struct sp_addr from;		/* server: where the peer is */
	bool open;			/* the engine knows it */
	double answer_by;		/* the handshake */
	char failed[512];		/* why it will be closed from the loop */
};

/* As client; what becomes of it is told to the party's engine from the loop. */
void link_connect(struct party *party);
/* As server, for a connection that seems to be the party's. */
void link_accept(struct party *party, evutil_socket_t fd, const struct sp_addr *from,
		 bool stranger);
/* Servers that waited for a key may have one now. */
void link_key_ready(struct daemon *daemon);

void link_send(struct rk_link *link, const char *text);
/* Sends what is queued, for a while, then closes; the engine hears no more of it. */
void link_close(struct rk_link *link);
/* All of a party's fail, from the loop. */
void link_break_party(struct party *party, const char *why);
/* All of a party that goes. */
void link_close_party(struct party *party);
/* At the daemon's end, with whatever is unsent. */
void link_free(struct rk_link *link);

/* Those that are there get the marks of the tunnels as they are now. */
void link_mark_all(struct daemon *daemon);

/* Of @party, or of all if NULL: connections whose peer has not proved itself. */
unsigned int link_half_open(const struct daemon *daemon, const struct party *party,
			    bool stranger);

#endif
