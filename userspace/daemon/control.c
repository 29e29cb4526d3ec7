// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <libgen.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"
#include "control.h"
#include "io/listener.h"
#include "io/log.h"
#include "party.h"
#include "target.h"

enum {
	LINE_MAX_OCTETS = 65536,
	UNREAD_MAX_OCTETS = 1 << 18,	/* of answers; more are made when these have been read */
	CLIENTS_MAX = 128,
	WAITING_MAX = 96,		/* for tunnels: others may always ask */
	WAIT_SECONDS = 30,
	READ_SECONDS = 30,		/* within which some of an answer has to be read */
	LARGE_OCTETS = 1 << 17,		/* of an answer */
};

LIST_HEAD(client_list, client);

struct client {
	LIST_ENTRY(client) next;
	struct control *control;
	struct bufferevent *stream;
	struct command_wait wait;
	struct event *waited;
	bool ended;			/* asks nothing more, and reads what is due */
};

struct control {
	struct daemon *daemon;
	struct listener *listener;
	struct client_list clients;
	unsigned int n_clients;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static void free_client(struct client *client)
{
	LIST_REMOVE(client, next);
	client->control->n_clients--;
	bufferevent_free(client->stream);
	event_free(client->waited);
	free(client);
}

/* An answer about thousands of tunnels takes megabytes, which are not needed for the next one. */
static void give_memory_back(size_t len)
{
#ifdef __GLIBC__
	if (len > LARGE_OCTETS)
		malloc_trim(0);
#else
	(void)len;
#endif
}

/* Takes the answer over. */
static void answer(struct client *client, json_t *value)
{
	char *line = value ? json_dumps(value, JSON_COMPACT) : NULL;
	size_t len = 0;

	json_decref(value);
	client->wait.tunnel[0] = '\0';
	event_del(client->waited);
	if (!line)
		line = strdup("{\"error\":\"out of memory\"}");
	if (line) {
		bufferevent_write(client->stream, line, strlen(line));
		bufferevent_write(client->stream, "\n", 1);
		len = strlen(line);
	}
	free(line);
	give_memory_back(len);
}

/* Runs lines that were sent meanwhile, but not from inside the engine. */
static void answer_late(struct client *client, json_t *value)
{
	answer(client, value);
	bufferevent_trigger(client->stream, EV_READ, BEV_OPT_DEFER_CALLBACKS);
}

/* --- waiting for a generation ------------------------------------------------------ */

static void on_waited(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;
	struct target target;
	const char *error;
	char text[640];

	(void)fd;
	(void)what;
	target_find(client->control->daemon, client->wait.tunnel, &target);
	error = target_last_error(&target);
	if (error[0])
		snprintf(text, sizeof(text), "tunnel %s: %s", client->wait.tunnel, error);
	else
		snprintf(text, sizeof(text), "tunnel %s: nothing after %d s", client->wait.tunnel,
			 WAIT_SECONDS);
	answer_late(client, command_error(text));
}

void control_tunnel_event(struct control *control, const struct port_event *event)
{
	struct client *client;
	json_t *heard;

	if (!control)
		return;		/* the daemon is starting or ending */
	LIST_FOREACH(client, &control->clients, next) {
		heard = command_hear(control->daemon, &client->wait, event);
		if (heard)
			answer_late(client, heard);
	}
}

static unsigned int count_waiting(const struct control *control)
{
	const struct client *client;
	unsigned int n = 0;

	LIST_FOREACH(client, &control->clients, next)
		n += client->wait.tunnel[0] != '\0';
	return n;
}

/* --- lines -------------------------------------------------------------------------- */

static void run_line(struct client *client, const char *line, size_t len)
{
	static const struct timeval limit = { .tv_sec = WAIT_SECONDS };
	struct daemon *daemon = client->control->daemon;
	struct target target;
	json_error_t err;
	/* The whole line is read, because text behind a NUL might change what is meant. */
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &err);
	json_t *result;

	if (!request) {
		answer(client, command_error(err.text));
		return;
	}
	client->wait.refused = count_waiting(client->control) >= WAITING_MAX;
	result = command_run(daemon, request, &client->wait);
	json_decref(request);
	if (result) {
		answer(client, result);
		return;
	}
	event_add(client->waited, &limit);
	/* The client has to wait by now, because the engine may answer at once. */
	target_find(daemon, client->wait.tunnel, &target);
	party_tick(target.list[0]->party);
}

/* One at a time: what comes while an answer is waited for, or not read, has to wait too. */
static bool is_free(const struct client *client)
{
	const struct evbuffer *out = bufferevent_get_output(client->stream);

	return !client->wait.tunnel[0] && evbuffer_get_length(out) < UNREAD_MAX_OCTETS;
}

/* It may be no more afterwards. */
static void run_lines(struct client *client)
{
	struct evbuffer *in = bufferevent_get_input(client->stream);
	char *line = NULL;
	size_t len;

	while (is_free(client) && (line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF))) {
		run_line(client, line, len);
		free(line);
	}
	if (!is_free(client)) {
		if (evbuffer_get_length(in) > LINE_MAX_OCTETS)
			bufferevent_disable(client->stream, EV_READ);
		return;
	}
	/* There is no whole line. */
	if (evbuffer_get_length(in) > LINE_MAX_OCTETS ||
	    (client->ended && !evbuffer_get_length(bufferevent_get_output(client->stream))))
		free_client(client);
	else if (!client->ended)
		bufferevent_enable(client->stream, EV_READ);
}

static void on_read(struct bufferevent *stream, void *arg)
{
	(void)stream;
	run_lines(arg);
}

/* All has been read. */
static void on_written(struct bufferevent *stream, void *arg)
{
	(void)stream;
	run_lines(arg);
}

/* Neither writes nor reads. */
static bool is_gone(struct bufferevent *stream)
{
	struct pollfd state = { .fd = bufferevent_getfd(stream) };

	return poll(&state, 1, 0) < 0 || state.revents & (POLLHUP | POLLERR);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
	struct client *client = arg;

	/* A client may say that it asks nothing more, and still read. */
	if (!(what & BEV_EVENT_EOF) || is_gone(stream)) {
		free_client(client);
		return;
	}
	client->ended = true;
	run_lines(client);
}

/* --- the socket ---------------------------------------------------------------------- */

static bool may_command(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) && peer.uid == 0;
}

/* It fits, or nobody is interested. */
static void turn_away(evutil_socket_t fd, const char *error)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "{\"error\":\"%s\"}\n", error);

	send(fd, line, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

/* Returns NULL without memory; the descriptor stays. */
static struct client *new_client(struct control *control, evutil_socket_t fd)
{
	static const struct timeval limit = { .tv_sec = READ_SECONDS };
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->control = control;
	client->waited = evtimer_new(control->daemon->base, on_waited, client);
	client->stream = client->waited ? bufferevent_socket_new(control->daemon->base, fd,
								 BEV_OPT_CLOSE_ON_FREE) : NULL;
	if (!client->stream) {
		if (client->waited)
			event_free(client->waited);
		free(client);
		return NULL;
	}
	LIST_INSERT_HEAD(&control->clients, client, next);
	control->n_clients++;
	bufferevent_setcb(client->stream, on_read, on_written, on_event, client);
	bufferevent_set_timeouts(client->stream, NULL, &limit);
	return client;
}

static void on_accept(void *arg, evutil_socket_t fd, const struct sockaddr *from)
{
	struct control *control = arg;
	struct client *client;

	(void)from;
	if (!may_command(fd)) {
		turn_away(fd, "spindled answers root alone");
	} else if (control->n_clients == CLIENTS_MAX) {
		turn_away(fd, "too many others ask; try again");
	} else {
		client = new_client(control, fd);
		if (client)
			bufferevent_enable(client->stream, EV_READ | EV_WRITE);
		else
			turn_away(fd, "out of memory");
	}
}

/* A socket left by a daemon that was killed is in the way; that of a living one is not ours. */
static int clear_way(const struct sockaddr_un *at, struct sp_error *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive = fd >= 0 && !connect(fd, (const struct sockaddr *)at, sizeof(*at));
	struct stat there;

	if (fd >= 0)
		close(fd);
	if (alive)
		return sp_fail(err, "%s: another spindled is there", at->sun_path);
	if (!lstat(at->sun_path, &there) && !S_ISSOCK(there.st_mode))
		return sp_fail(err, "%s: is there, and no socket", at->sun_path);
	if (unlink(at->sun_path) && errno != ENOENT)
		return sp_fail(err, "%s: %s", at->sun_path, strerror(errno));
	return 0;
}

static void make_folder(const char *path)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	mkdir(dirname(copy), 0755);	/* if this fails, the socket tells why */
}

struct control *control_open(struct daemon *daemon, const char *path, struct sp_error *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct control *control;
	mode_t mask;

	if (strlen(path) >= sizeof(at.sun_path)) {
		sp_fail(err, "%s: too long for a socket", path);
		return NULL;
	}
	strcpy(at.sun_path, path);
	make_folder(path);
	if (clear_way(&at, err))
		return NULL;
	control = calloc(1, sizeof(*control));
	if (!control)
		abort();
	control->daemon = daemon;
	strcpy(control->path, path);
	mask = umask(0077);
	control->listener = listener_open(daemon->base, (struct sockaddr *)&at, sizeof(at),
					  NULL, on_accept, control);
	umask(mask);
	if (control->listener)
		return control;
	sp_fail(err, "%s: %s", path, strerror(errno));
	free(control);
	return NULL;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	while (!LIST_EMPTY(&control->clients))
		free_client(LIST_FIRST(&control->clients));
	listener_close(control->listener);
	unlink(control->path);
	free(control);
}
