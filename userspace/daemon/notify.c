// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/log.h"
#include "notify.h"
#include "number.h"

static struct event *alive;

void notify_state(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	socklen_t len;
	int fd;

	if (!path || !path[0] || strlen(path) >= sizeof(to.sun_path))
		return;
	strcpy(to.sun_path, path);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (path[0] == '@')
		to.sun_path[0] = '\0';		/* an abstract address */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, state, strlen(state), 0, (struct sockaddr *)&to, len) < 0)
		log_line("systemd cannot be told %s", state);
	if (fd >= 0)
		close(fd);
}

static void tell_alive(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	notify_state("WATCHDOG=1");
}

/* Microseconds within which systemd wants to hear from us, or 0. */
static uint64_t patience_of_systemd(void)
{
	const char *patience = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	struct sp_error err;
	uint64_t number;

	/* Inherited from somebody who has been asked for his own signs of life. */
	if (pid && (sp_number_parse(&number, pid, 0, UINT64_MAX, &err) ||
		    number != (uint64_t)getpid()))
		return 0;
	if (!patience || sp_number_parse(&number, patience, 0, UINT64_MAX, &err))
		return 0;
	return number;
}

void notify_while_alive(struct event_base *base)
{
	uint64_t half = patience_of_systemd() / 2;
	const struct timeval wait = {
		.tv_sec = (time_t)(half / 1000000), .tv_usec = (suseconds_t)(half % 1000000),
	};

	if (!half)
		return;
	alive = event_new(base, -1, EV_PERSIST, tell_alive, NULL);
	if (!alive || event_add(alive, &wait))
		log_line("systemd cannot be told that we are alive");
}

void notify_end(void)
{
	if (alive)
		event_free(alive);
	alive = NULL;
}
