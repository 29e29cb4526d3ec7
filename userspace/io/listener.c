// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "listener.h"
#include "log.h"

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

struct listener *listener_open(struct event_base *base, const struct sockaddr *at, socklen_t len,
			       listener_fn each, void *arg)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		abort();
	listener->each = each;
	listener->arg = arg;
	listener->resume = evtimer_new(base, on_rested, listener);
	if (!listener->resume)
		abort();
	listener->accepts = evconnlistener_new_bind(base, on_connection, listener,
						    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE |
						    LEV_OPT_CLOSE_ON_EXEC, -1, at, (int)len);
	if (!listener->accepts) {
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
