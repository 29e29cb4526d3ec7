/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TCP connection with a peer, whose octets are its engine's. */
#ifndef STREAM_H
#define STREAM_H

#include <event2/bufferevent.h>

#include "daemon.h"

struct party;

struct stream {
	LIST_ENTRY(stream) next;	/* of the daemon */
	LIST_ENTRY(stream) of_party;
	struct daemon *daemon;
	struct party *party;		/* NULL once it is only sending its last words */
	uint32_t id;
	struct bufferevent *octets;
	struct event *timer;
	bool client;
	bool connected;
	bool stranger;			/* server: from where nobody is known to be */
	bool proved;			/* the peer is at its other end */
	struct sp_addr from;		/* server: where the peer is */
	char failed[512];		/* why it will be closed from the loop */
};

/* Connects as a client; the loop tells the party's engine what becomes of it. */
void stream_connect(struct party *party, uint32_t id);
/* Takes a connection that seems to be the party's, as a server. */
void stream_accept(struct party *party, evutil_socket_t fd, const struct sp_addr *from,
		   bool stranger);

/* NULL: the engine hears no more of it. */
struct stream *stream_find(const struct party *party, uint32_t id);
void stream_send(struct stream *stream, const void *octets, size_t len);
/* It leads to the peer. */
void stream_prove(struct stream *stream);
/* Sends what is queued, for a while, then closes. */
void stream_close(struct stream *stream);
/* All of a party's fail, from the loop. */
void stream_fail_party(struct party *party, const char *why);
/* All of a party that goes. */
void stream_close_party(struct party *party);
/* Frees it when the daemon ends, with whatever is unsent. */
void stream_free(struct stream *stream);

/* Gives all streams the marks that the tunnels have now. */
void stream_mark_all(struct daemon *daemon);

#endif
