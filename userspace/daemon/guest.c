// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

/*
 * Anybody may come.  A descriptor each is what it costs us; who has waited longest goes when
 * there are too many, so that nobody keeps others out by keeping silent.
 */
enum {
	GUESTS_MAX = 64,
	GUESTS_ADDRESS_MAX = 8,		/* of one address */
	GUEST_SECONDS = 3,
};

struct guest {
	TAILQ_ENTRY(guest) next;
	struct daemon *daemon;
	struct sp_addr from;
	evutil_socket_t fd;
	size_t len;			/* of the hello */
	struct event *event;
	guest_fn each;
	void *arg;
};

static void forget_guest(struct guest *guest)
{
	TAILQ_REMOVE(&guest->daemon->guests, guest, next);
	event_free(guest->event);
	free(guest);
}

static void turn_away(struct guest *guest)
{
	close(guest->fd);
	forget_guest(guest);
}

/* All of the message is there, or its end. */
static void on_hello(evutil_socket_t fd, short what, void *arg)
{
	uint8_t hello[GUEST_HELLO_MAX];
	struct guest *guest = arg;
	struct guest copy = *guest;
	ssize_t len = -1;
	int any = 1;

	/* It stays where it is, for the engine to read. */
	if (!(what & EV_TIMEOUT))
		len = recv(fd, hello, guest->len, MSG_PEEK);
	if (len <= 0 || setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &any, sizeof(any))) {
		turn_away(guest);
		return;
	}
	forget_guest(guest);
	copy.each(copy.arg, fd, &copy.from, (size_t)len == copy.len ? hello : NULL);
}

static void make_room(struct daemon *daemon, const struct sp_addr *from)
{
	struct guest *guest, *oldest = NULL;
	unsigned int n = 0, alike = 0;

	TAILQ_FOREACH(guest, &daemon->guests, next) {
		n++;
		if (!sp_addr_equal(&guest->from, from))
			continue;
		alike++;
		if (!oldest)
			oldest = guest;
	}
	if (alike >= GUESTS_ADDRESS_MAX)
		turn_away(oldest);
	else if (n >= GUESTS_MAX)
		turn_away(TAILQ_FIRST(&daemon->guests));
}

void guest_receive(struct daemon *daemon, evutil_socket_t fd, const struct sp_addr *from,
		   size_t len, guest_fn each, void *arg)
{
	static const struct timeval wait = { .tv_sec = GUEST_SECONDS };
	struct guest *guest;
	int all = (int)len;

	make_room(daemon, from);
	guest = calloc(1, sizeof(*guest));
	if (!guest || setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &all, sizeof(all)))
		goto fail;
	*guest = (struct guest){
		.daemon = daemon, .from = *from, .fd = fd, .len = len, .each = each, .arg = arg,
	};
	guest->event = event_new(daemon->base, fd, EV_READ, on_hello, guest);
	if (!guest->event)
		goto fail;
	TAILQ_INSERT_TAIL(&daemon->guests, guest, next);
	event_add(guest->event, &wait);
	return;
fail:
	close(fd);
	free(guest);
}

void guest_dismiss(struct daemon *daemon, const void *arg)
{
	struct guest *guest, *next;

	for (guest = TAILQ_FIRST(&daemon->guests); guest; guest = next) {
		next = TAILQ_NEXT(guest, next);
		if (!arg || guest->arg == arg)
			turn_away(guest);
	}
}
