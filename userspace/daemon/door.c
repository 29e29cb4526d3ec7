// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim.h"
#include "door.h"
#include "guest.h"
#include "io/listener.h"
#include "io/log.h"
#include "io/sockaddr.h"
#include "party.h"
#include "stream.h"

_Static_assert((int)GUEST_HELLO_MAX >= (int)ENGINE_HELLO_MAX, "a hello can be waited for");

/*
 * A connection costs a key and a private-key operation before anybody has proved
 * anything, so few may be at that stage; fewer still from where no peer is known to be, and
 * these take nothing away from those.
 */
enum {
	HALF_OPEN_MAX = 64,
	HALF_OPEN_PEER_MAX = 4,
	STRANGERS_MAX = 16,
	STRANGERS_PEER_MAX = 2,
	RETRY_SECONDS = 5,		/* while the address is missing */
};

struct door {
	LIST_ENTRY(door) next;
	struct daemon *daemon;
	struct sp_addr addr;
	uint16_t port;
	char link[IFNAMSIZ];		/* by which alone they come; "": any */
	const struct engine *engine;	/* of all who come here */
	bool follows;			/* one of them may come from anywhere */
	uint32_t mark;			/* of the first answer, before it is known to whom */
	bool needed;
	bool fresh;			/* not tried yet: another may be in its place */
	bool told;			/* that it cannot be opened */
	struct listener *listener;
	struct event *retry;
};

/* --- who comes ---------------------------------------------------------------- */

static bool is_at(const struct party *party, const struct sp_addr *from)
{
	return sp_addr_equal(&party->config->remote, from) ||
	       sp_addr_equal(&party->at, from);
}

/* One of the peers at that place, and whether there are others. */
static struct party *find_party(const struct door *door, const struct sp_addr *from, bool *others)
{
	const struct party_place place = registry_place(&door->addr, from, door->port);
	struct party *party = registry_party_at(&door->daemon->registry, &place);

	*others = party && party->same_place;
	return party;
}

static void admit(struct party *party, evutil_socket_t fd, const struct sp_addr *from)
{
	bool stranger = !is_at(party, from);
	unsigned int max = stranger ? STRANGERS_MAX : HALF_OPEN_MAX;
	unsigned int peer_max = stranger ? STRANGERS_PEER_MAX : HALF_OPEN_PEER_MAX;

	if (party->daemon->half_open[stranger] >= max || party->half_open[stranger] >= peer_max)
		close(fd);
	else
		stream_accept(party, fd, from, stranger);
}

struct knock {
	const struct door *door;
	const struct sp_addr *from;
};

/* Another peer with the same keys may be at another door, or at this one. */
static unsigned int rank_party(const struct party *party, const void *arg)
{
	const struct knock *knock = arg;

	if (party->config->port != knock->door->port ||
	    strcmp(party_link(party), knock->door->link) ||
	    !sp_addr_equal(&party->config->local, &knock->door->addr))
		return 0;
	return is_at(party, knock->from) ? 3 : party_follows(party) ? 2 : 1;
}

static struct party *find_by_hello(const struct door *door, const struct sp_addr *from,
				   const uint8_t *hello)
{
	const struct knock knock = { .door = door, .from = from };

	return claim_find(door->daemon, door->engine, hello, rank_party, &knock);
}

/* A connection from a known address with an unknown key is refused by the first peer there. */
static void on_guest(void *arg, evutil_socket_t fd, const struct sp_addr *from,
		     const uint8_t *hello)
{
	const struct door *door = arg;
	struct party *party = hello ? find_by_hello(door, from, hello) : NULL;
	bool others;

	if (party && !is_at(party, from) && !party_follows(party))
		party = NULL;
	if (!party)
		party = find_party(door, from, &others);
	if (party)
		admit(party, fd, from);
	else
		close(fd);
}

static void on_knock(void *arg, evutil_socket_t fd, const struct sockaddr *from)
{
	struct sp_addr addr = address_get(from);
	struct door *door = arg;
	bool others;
	struct party *party = find_party(door, &addr, &others);

	if (party && !others)
		admit(party, fd, &addr);
	else if (door->engine->hello_len && (party || door->follows))
		guest_receive(door->daemon, fd, &addr, door->engine->hello_len, on_guest, door);
	else
		close(fd);
}

/* --- doors -------------------------------------------------------------------- */

static void mark_door(const struct door *door)
{
	char text[SP_ADDR_STRLEN];

	if (door->listener && address_mark(listener_fd(door->listener), door->mark))
		log_line("fwmark of %s port %u: %s", sp_addr_format(&door->addr, text), door->port,
			 strerror(errno));
}

static void open_door(struct door *door)
{
	const struct timeval wait = { .tv_sec = RETRY_SECONDS };
	char text[SP_ADDR_STRLEN];
	struct sockaddr_storage at;
	socklen_t len = address_set(&at, &door->addr, door->port);

	door->fresh = false;
	door->listener = listener_open(door->daemon->base, (struct sockaddr *)&at, len, door->link,
				       on_knock, door);
	if (door->listener) {
		mark_door(door);
		return;
	}
	if (!door->told)
		log_line("cannot listen on %s port %u yet: %s%s", sp_addr_format(&door->addr, text),
			 door->port, strerror(errno), errno == EACCES ?
			 " (ports below 1024 need CAP_NET_BIND_SERVICE)" : "");
	door->told = true;
	event_add(door->retry, &wait);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	open_door(arg);
}

static struct door *find_door(struct daemon *daemon, const struct party *party)
{
	const struct sp_peer_config *config = party->config;
	struct door *door;

	LIST_FOREACH(door, &daemon->doors, next)
		if (door->engine == party->engine && door->port == config->port &&
		    sp_addr_equal(&door->addr, &config->local) &&
		    !strcmp(door->link, party_link(party)))
			return door;
	door = calloc(1, sizeof(*door));
	if (!door)
		abort();
	door->daemon = daemon;
	door->addr = config->local;
	door->port = config->port;
	strcpy(door->link, party_link(party));
	door->engine = party->engine;
	door->retry = evtimer_new(daemon->base, on_retry, door);
	if (!door->retry)
		abort();
	door->fresh = true;
	LIST_INSERT_HEAD(&daemon->doors, door, next);
	return door;
}

static void close_door(struct door *door)
{
	LIST_REMOVE(door, next);
	guest_dismiss(door->daemon, door);
	if (door->listener)
		listener_close(door->listener);
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

void door_link_is_another(struct daemon *daemon, const char *link)
{
	struct door *door;

	LIST_FOREACH(door, &daemon->doors, next) {
		if (strcmp(door->link, link))
			continue;
		if (door->listener)
			listener_close(door->listener);
		event_del(door->retry);
		open_door(door);
	}
}

void door_close_all(struct daemon *daemon)
{
	struct door *door;

	LIST_FOREACH(door, &daemon->doors, next)
		door->needed = false;
	close_unneeded(daemon);
}

static void enter_party(struct door *door, const struct party *party)
{
	door->needed = true;
	if (!door->mark)
		door->mark = party_mark(party);
	door->follows = door->follows || party_follows(party);
}

void door_apply(struct daemon *daemon)
{
	struct party *party;
	struct door *door;

	LIST_FOREACH(door, &daemon->doors, next) {
		door->needed = false;
		door->follows = false;
		door->mark = 0;
	}
	LIST_FOREACH(party, &daemon->parties, next)
		if (party->engine->stream && party->config->local.family)
			enter_party(find_door(daemon, party), party);
	close_unneeded(daemon);
	LIST_FOREACH(door, &daemon->doors, next) {
		if (door->fresh)
			open_door(door);
		else
			mark_door(door);
	}
}
