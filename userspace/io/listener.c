// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listener.h"
#include "log.h"
#include "sockaddr.h"

struct listener {
	struct evconnlistener *accepts;
	struct event *resume;
	bool told;			/* that nobody comes in */
	listener_fn each;
	void *arg;
};

static void on_connection(struct evconnlistener *accepts, evutil_socket_t fd,
			  struct sockaddr *from, int len, void *arg)
{
	struct listener *listener = arg;

	(void)accepts;
	(void)len;
	listener->told = false;
	listener->each(listener->arg, fd, from);
}

/* Without descriptors or memory the connection stays, and would be tried without end. */
static void on_error(struct evconnlistener *accepts, void *arg)
{
	static const struct timeval rest = { .tv_usec = 100000 };
	struct listener *listener = arg;

	if (!listener->told)
		log_line("connections have to wait: %s", strerror(errno));
	listener->told = true;
	evconnlistener_disable(accepts);
	event_add(listener->resume, &rest);
}

static void on_rested(evutil_socket_t fd, short what, void *arg)
{
	struct listener *listener = arg;

	(void)fd;
	(void)what;
	evconnlistener_enable(listener->accepts);
}

/* A successor binds while connections of its predecessor are still there. */
static int bind_socket(const struct sockaddr *at, socklen_t len, const char *link)
{
	int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    (!link || !link[0] || !address_bind_link(fd, link)) && !bind(fd, at, len))
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

/* How many may wait is the library's to say, as of a socket that it binds itself. */
static int take_connections(struct listener *listener, struct event_base *base, int fd)
{
	enum { USUAL = -1 };

	if (fd < 0)
		return -1;
	listener->accepts = evconnlistener_new(base, on_connection, listener,
					       LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
					       USUAL, fd);
	if (!listener->accepts)
		close(fd);
	return listener->accepts ? 0 : -1;
}

struct listener *listener_open(struct event_base *base, const struct sockaddr *at, socklen_t len,
			       const char *link, listener_fn each, void *arg)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		abort();
	listener->each = each;
	listener->arg = arg;
	listener->resume = evtimer_new(base, on_rested, listener);
	if (!listener->resume)
		abort();
	if (take_connections(listener, base, bind_socket(at, len, link))) {
		int error = errno;

		listener_close(listener);
		errno = error;
		return NULL;
	}
	evconnlistener_set_error_cb(listener->accepts, on_error);
	return listener;
}

void listener_close(struct listener *listener)
{
	if (listener->accepts)
		evconnlistener_free(listener->accepts);
	event_free(listener->resume);
	free(listener);
}

evutil_socket_t listener_fd(const struct listener *listener)
{
	return evconnlistener_get_fd(listener->accepts);
}
