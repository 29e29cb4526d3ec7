// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "door.h"
#include "link.h"
#include "log.h"
#include "party.h"

/*
 * A connection costs a key and a private-key operation before anybody has proved
 * anything, so few may be at that stage.
 */
enum {
	HALF_OPEN_MAX = 64,
	HALF_OPEN_PEER_MAX = 4,
	RETRY_SECONDS = 5,		/* while the address is missing */
};

struct door {
	LIST_ENTRY(door) next;
	struct daemon *daemon;
	struct sp_addr addr;
	uint16_t port;
	uint32_t mark;			/* of the first answer, before it is known to whom */
	bool needed;
	bool told;			/* that it cannot be opened */
	struct evconnlistener *listener;
	struct event *retry;
};

static struct party *find_party(const struct door *door, const struct sp_addr *from)
{
	struct party *party;

	LIST_FOREACH(party, &door->daemon->parties, next) {
		const struct sp_peer_config *config = &party->engine->config;

		if (config->port == door->port && sp_addr_equal(&config->local, &door->addr) &&
		    sp_addr_equal(&config->remote, from))
			return party;
	}
	return NULL;
}

static void on_knock(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
		     int len, void *arg)
{
	struct sp_addr addr = address_get(from);
	struct door *door = arg;
	struct party *party = find_party(door, &addr);

	(void)listener;
	(void)len;
	if (!party || link_half_open(door->daemon, NULL) >= HALF_OPEN_MAX ||
	    link_half_open(door->daemon, party) >= HALF_OPEN_PEER_MAX)
		close(fd);
	else
		link_accept(party, fd);
}

static void mark_door(const struct door *door)
{
	char text[SP_ADDR_STRLEN];

	if (door->listener && address_mark(evconnlistener_get_fd(door->listener), door->mark))
		log_line("fwmark of %s port %u: %s", sp_addr_format(&door->addr, text), door->port,
			 strerror(errno));
}

static void open_door(struct door *door)
{
	struct timeval wait = { .tv_sec = RETRY_SECONDS };
	char text[SP_ADDR_STRLEN];
	struct sockaddr_storage at;
	socklen_t len = address_set(&at, &door->addr, door->port);

	door->listener = evconnlistener_new_bind(door->daemon->base, on_knock, door,
						 LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE |
						 LEV_OPT_CLOSE_ON_EXEC, -1,
						 (struct sockaddr *)&at, (int)len);
	if (door->listener) {
		mark_door(door);
		return;
	}
	if (!door->told)
		log_line("cannot listen on %s port %u yet: %s", sp_addr_format(&door->addr, text),
			 door->port, strerror(errno));
	door->told = true;
	event_add(door->retry, &wait);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	open_door(arg);
}

static struct door *find_door(struct daemon *daemon, const struct sp_peer_config *config)
{
	struct door *door;

	LIST_FOREACH(door, &daemon->doors, next)
		if (door->port == config->port && sp_addr_equal(&door->addr, &config->local))
			return door;
	door = calloc(1, sizeof(*door));
	if (!door)
		abort();
	door->daemon = daemon;
	door->addr = config->local;
	door->port = config->port;
	door->retry = evtimer_new(daemon->base, on_retry, door);
	LIST_INSERT_HEAD(&daemon->doors, door, next);
	open_door(door);
	return door;
}

static void close_door(struct door *door)
{
	LIST_REMOVE(door, next);
	if (door->listener)
		evconnlistener_free(door->listener);
	event_free(door->retry);
	free(door);
}

static void close_unneeded(struct daemon *daemon)
{
	struct door *door, *next;

	for (door = LIST_FIRST(&daemon->doors); door; door = next) {
		next = LIST_NEXT(door, next);
		if (!door->needed)
			close_door(door);
	}
}

void door_close_all(struct daemon *daemon)
{
	struct door *door;

	LIST_FOREACH(door, &daemon->doors, next)
		door->needed = false;
	close_unneeded(daemon);
}

void door_apply(struct daemon *daemon)
{
	struct party *party;
	struct door *door;

	LIST_FOREACH(door, &daemon->doors, next) {
		door->needed = false;
		door->mark = 0;
	}
	LIST_FOREACH(party, &daemon->parties, next) {
		door = find_door(daemon, &party->engine->config);
		door->needed = true;
		if (!door->mark)
			door->mark = party_mark(party);
	}
	close_unneeded(daemon);
	LIST_FOREACH(door, &daemon->doors, next)
		mark_door(door);
}
