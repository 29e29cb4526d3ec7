// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"
#include "control.h"
#include "log.h"
#include "party.h"

enum {
	LINE_MAX_OCTETS = 65536,
	CLIENTS_MAX = 32,
	WAIT_SECONDS = 30,
};

LIST_HEAD(client_list, client);

struct client {
	LIST_ENTRY(client) next;
	struct control *control;
	struct bufferevent *stream;
	struct command_wait wait;
	struct event *waited;
};

struct control {
	struct daemon *daemon;
	struct evconnlistener *listener;
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

/* Takes the answer over. */
static void answer(struct client *client, json_t *value)
{
	char *line = value ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	client->wait.tunnel[0] = '\0';
	event_del(client->waited);
	if (!line)
		line = strdup("{\"error\":\"out of memory\"}");
	if (line) {
		bufferevent_write(client->stream, line, strlen(line));
		bufferevent_write(client->stream, "\n", 1);
	}
	free(line);
}

/* What was sent meanwhile comes next, but not from inside the engine. */
static void answer_late(struct client *client, json_t *value)
{
	answer(client, value);
	bufferevent_trigger(client->stream, EV_READ, BEV_OPT_DEFER_CALLBACKS);
}

/* --- waiting for a generation ------------------------------------------------------ */

static void on_waited(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;
	const struct rk_tunnel *tunnel;
	char text[640];

	(void)fd;
	(void)what;
	tunnel = party_find_tunnel(client->control->daemon, client->wait.tunnel);
	if (!tunnel || !tunnel->last_error[0])
		snprintf(text, sizeof(text), "tunnel %s: nothing after %d s", client->wait.tunnel,
			 WAIT_SECONDS);
	else
		snprintf(text, sizeof(text), "tunnel %s: %s", client->wait.tunnel,
			 tunnel->last_error);
	answer_late(client, command_error(text));
}

static void answer_event(struct client *client, const struct rk_tunnel *tunnel,
			 enum rk_event event, const char *text)
{
	char error[640];

	if (event == RK_EVENT_UP && tunnel->current != client->wait.before) {
		answer_late(client, command_up(tunnel));
	} else if (event == RK_EVENT_REFUSED || event == RK_EVENT_DOWN) {
		snprintf(error, sizeof(error), "tunnel %s: %s", tunnel->config.name, text);
		answer_late(client, command_error(error));
	}
}

void control_tunnel_event(struct control *control, const struct rk_tunnel *tunnel,
			  enum rk_event event, const char *text)
{
	struct client *client;

	if (!control)
		return;		/* the daemon is starting or ending */
	LIST_FOREACH(client, &control->clients, next)
		if (!strcmp(client->wait.tunnel, tunnel->config.name))
			answer_event(client, tunnel, event, text);
}

/* --- lines -------------------------------------------------------------------------- */

static void run_line(struct client *client, const char *line)
{
	static const struct timeval limit = { .tv_sec = WAIT_SECONDS };
	struct daemon *daemon = client->control->daemon;
	struct rk_tunnel *tunnel;
	json_error_t err;
	json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, &err);
	json_t *result;

	if (!request) {
		answer(client, command_error(err.text));
		return;
	}
	result = command_run(daemon, request, &client->wait);
	json_decref(request);
	if (result) {
		answer(client, result);
		return;
	}
	event_add(client->waited, &limit);
	/* Only now: what is due may answer at once. */
	tunnel = party_find_tunnel(daemon, client->wait.tunnel);
	party_tick(party_of(tunnel));
}

static void on_read(struct bufferevent *stream, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(stream);
	struct client *client = arg;
	char *line;

	/* One at a time: what comes while an answer is waited for has to wait too. */
	while (!client->wait.tunnel[0] && (line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF))) {
		run_line(client, line);
		free(line);
	}
	if (evbuffer_get_length(in) > LINE_MAX_OCTETS)
		free_client(client);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
	(void)stream;
	(void)what;
	free_client(arg);
}

/* --- the socket ---------------------------------------------------------------------- */

static bool may_command(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) && peer.uid == 0;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
		      int len, void *arg)
{
	struct control *control = arg;
	struct client *client;

	(void)listener;
	(void)from;
	(void)len;
	client = control->n_clients < CLIENTS_MAX && may_command(fd) ? calloc(1, sizeof(*client)) :
								       NULL;
	if (!client) {
		close(fd);
		return;
	}
	client->control = control;
	client->stream = bufferevent_socket_new(control->daemon->base, fd, BEV_OPT_CLOSE_ON_FREE);
	client->waited = evtimer_new(control->daemon->base, on_waited, client);
	if (!client->stream || !client->waited)
		abort();
	LIST_INSERT_HEAD(&control->clients, client, next);
	control->n_clients++;
	bufferevent_setcb(client->stream, on_read, NULL, on_event, client);
	bufferevent_enable(client->stream, EV_READ | EV_WRITE);
}

/* A socket left by a daemon that was killed is in the way; that of a living one is not ours. */
static int clear_way(const struct sockaddr_un *at, struct sp_error *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive = fd >= 0 && !connect(fd, (const struct sockaddr *)at, sizeof(*at));

	if (fd >= 0)
		close(fd);
	if (alive)
		return sp_fail(err, "%s: another spindled is there", at->sun_path);
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
	control->listener = evconnlistener_new_bind(daemon->base, on_accept, control,
						    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
						    -1, (struct sockaddr *)&at, sizeof(at));
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
	evconnlistener_free(control->listener);
	unlink(control->path);
	free(control);
}
