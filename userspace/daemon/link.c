// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/buffer.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "link.h"
#include "log.h"
#include "party.h"
#include "resolve.h"
#include "spare.h"

enum {
	LAST_WORDS_SECONDS = 2,
	UNSENT_MAX = 1 << 17,		/* octets: a peer that reads nothing */
};

void link_free(struct rk_link *link)
{
	LIST_REMOVE(link, next);
	bufferevent_free(link->stream);
	event_free(link->timer);
	rk_session_free(link->session);
	free(link);
}

static void set_timer(struct rk_link *link, double seconds)
{
	struct timeval wait = {
		.tv_sec = (time_t)seconds,
		.tv_usec = (suseconds_t)(fmod(seconds, 1) * 1e6),
	};

	event_add(link->timer, &wait);
}

/* The session's output is bounded, and so is what it may leave here. */
static void flush(struct rk_link *link)
{
	const uint8_t *data;
	size_t len;

	if (!link->session)
		return;
	data = rk_session_output(link->session, &len);
	if (len)
		bufferevent_write(link->stream, data, len);
	rk_session_sent(link->session, len);
}

static bool all_sent(const struct rk_link *link)
{
	return !evbuffer_get_length(bufferevent_get_output(link->stream));
}

void link_close(struct rk_link *link)
{
	flush(link);
	link->party = NULL;
	bufferevent_disable(link->stream, EV_READ);
	/* Freed from the loop in any case: somebody may be looking at it. */
	set_timer(link, all_sent(link) ? 0 : LAST_WORDS_SECONDS);
}

static void fail(struct rk_link *link, bool refused, const char *why)
{
	struct party *party = link->party;
	double now = daemon_now();

	link_close(link);
	if (link->open)
		rk_peer_closed(party->engine, link, why, now);
	else if (link->client)
		rk_peer_connect_failed(party->engine, refused, why, now);
	else
		rk_peer_rejected(party->engine, why, now);
	if (link->client && !link->open)
		resolve_again(party->daemon, party->engine->config.name);
	party_tick(party);
}

/* For when the engine is at work and cannot be told. */
static void fail_later(struct rk_link *link, const char *why)
{
	snprintf(link->failed, sizeof(link->failed), "%s", why);
	set_timer(link, 0);
}

static void arm(struct rk_link *link)
{
	double deadline = link->answer_by;

	if (link->session)
		deadline = rk_session_deadline(link->session);
	if (link->failed[0])
		deadline = 0;
	if (isinf(deadline))
		event_del(link->timer);
	else
		set_timer(link, fmax(0, deadline - daemon_now()));
}

/* After anything that may have moved the session on. */
static void pump(struct rk_link *link)
{
	struct party *party = link->party;
	const char *text;

	if (!link->open && rk_session_state(link->session) == RK_OPEN) {
		link->open = true;
		if (!link->client)
			party_met(party, &link->from);
		rk_peer_opened(party->engine, link, link->client, daemon_now());
	}
	while (link->open && link->party && (text = rk_session_receive(link->session)))
		rk_peer_received(party->engine, link, text, daemon_now());
	if (link->party && rk_session_state(link->session) == RK_DEAD) {
		fail(link, true, rk_session_error(link->session));
		return;
	}
	if (link->party) {
		flush(link);
		arm(link);
	}
	party_tick(party);
}

static void start_session(struct rk_link *link, EVP_PKEY *ephemeral)
{
	const struct party *party = link->party;
	struct rk_config config = {
		.role = link->client ? RK_CLIENT : RK_SERVER,
		.profile = party->profile,
		.key = party->key,
		.peer_key = party->peer_key,
		.ephemeral = ephemeral,
		.random = daemon_random,
	};

	link->session = rk_session_new(&config, daemon_now());
	if (!link->session) {
		fail(link, false, "out of memory");
		return;
	}
	bufferevent_enable(link->stream, EV_READ | EV_WRITE);
	pump(link);
}

void link_key_ready(struct daemon *daemon)
{
	struct rk_link *link, *next;

	for (link = LIST_FIRST(&daemon->links); link; link = next) {
		EVP_PKEY *ephemeral;

		next = LIST_NEXT(link, next);
		if (!link->party || link->client || link->session)
			continue;
		ephemeral = spares_take(daemon->spares, link->party->profile);
		if (ephemeral)
			start_session(link, ephemeral);
	}
}

static void on_read(struct bufferevent *stream, void *arg)
{
	struct rk_link *link = arg;
	struct evbuffer *in = bufferevent_get_input(stream);
	char data[4096];
	int len;

	while (link->party && (len = evbuffer_remove(in, data, sizeof(data))) > 0) {
		rk_session_input(link->session, data, (size_t)len);
		pump(link);
	}
}

static void on_write(struct bufferevent *stream, void *arg)
{
	struct rk_link *link = arg;

	(void)stream;
	if (!link->party && all_sent(link))
		link_free(link);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
	struct rk_link *link = arg;
	char why[256];

	if (!link->party) {
		link_free(link);
	} else if (what & BEV_EVENT_CONNECTED) {
		start_session(link, NULL);
	} else if (!link->session) {
		snprintf(why, sizeof(why), "no connection to port %u: %s",
			 link->party->engine->config.port,
			 evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
		fail(link, false, why);
	} else if (what & BEV_EVENT_EOF) {
		on_read(stream, arg);
		if (!link->party)
			return;
		rk_session_eof(link->session);
		fail(link, false, rk_session_error(link->session));
	} else {
		fail(link, false, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct rk_link *link = arg;
	char why[64];

	(void)fd;
	(void)what;
	if (!link->party) {
		link_free(link);
	} else if (link->failed[0]) {
		fail(link, false, link->failed);
	} else if (!link->session) {
		snprintf(why, sizeof(why), "no %s within %d s",
			 link->client ? "connection" : "ephemeral key for it",
			 RK_HANDSHAKE_SECONDS);
		fail(link, false, why);
	} else {
		rk_session_tick(link->session, daemon_now());
		if (rk_session_state(link->session) == RK_DEAD)
			fail(link, false, rk_session_error(link->session));
		else
			pump(link);
	}
}

/* Of one that nobody knows yet; the descriptor stays. */
static void discard_link(struct rk_link *link)
{
	if (link->timer)
		event_free(link->timer);
	if (link->stream) {
		bufferevent_setfd(link->stream, -1);
		bufferevent_free(link->stream);
	}
	free(link);
}

/* Returns NULL without memory. */
static struct rk_link *new_link(struct party *party, evutil_socket_t fd, bool client)
{
	struct rk_link *link = calloc(1, sizeof(*link));
	struct daemon *daemon = party->daemon;
	uint32_t mark = party_mark(party);
	int on = 1;

	if (!link)
		return NULL;
	link->daemon = daemon;
	link->party = party;
	link->client = client;
	link->answer_by = daemon_now() + RK_HANDSHAKE_SECONDS;
	link->stream = bufferevent_socket_new(daemon->base, fd, BEV_OPT_CLOSE_ON_FREE);
	link->timer = evtimer_new(daemon->base, on_timer, link);
	if (!link->stream || !link->timer) {
		discard_link(link);
		return NULL;
	}
	/* Messages are single and small: none should wait for another. */
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	bufferevent_setcb(link->stream, on_read, on_write, on_event, link);
	LIST_INSERT_HEAD(&daemon->links, link, next);
	if (fd >= 0 && mark && address_mark(fd, mark)) {
		snprintf(link->failed, sizeof(link->failed), "fwmark of the connection: %s",
			 strerror(errno));
	}
	arm(link);
	return link;
}

void link_connect(struct party *party)
{
	const struct sp_peer_config *config = &party->engine->config;
	struct sockaddr_storage local, remote;
	socklen_t local_len = address_set(&local, &config->local, 0);
	socklen_t remote_len = address_set(&remote, party_address(party), config->port);
	int fd = socket(local.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? errno : 0;
	char text[SP_ADDR_STRLEN], why[128 + SP_CONFIG_HOST_MAX];
	struct rk_link *link;

	link = new_link(party, fd, true);
	if (!link)
		abort();
	if (!party_address(party)->family) {
		snprintf(why, sizeof(why), "%s has no address yet", config->remote_name);
		fail_later(link, why);
		return;
	}
	if (!config->local.family) {
		snprintf(why, sizeof(why), "no route leads to %s yet",
			 sp_addr_format(&config->remote, text));
		fail_later(link, why);
		return;
	}
	if (!error) {
		if (!bind(fd, (struct sockaddr *)&local, local_len) &&
		    !bufferevent_socket_connect(link->stream, (struct sockaddr *)&remote,
						(int)remote_len))
			return;
		error = errno;
	}
	snprintf(why, sizeof(why), "no connection from %s: %s",
		 sp_addr_format(&config->local, text), strerror(error));
	fail_later(link, why);
}

void link_accept(struct party *party, evutil_socket_t fd, const struct sp_addr *from,
		 bool stranger)
{
	struct rk_link *link = new_link(party, fd, false);
	EVP_PKEY *ephemeral;

	/* Others may not end the daemon. */
	if (!link) {
		close(fd);
		return;
	}
	ephemeral = spares_take(party->daemon->spares, party->profile);
	link->from = *from;
	link->stranger = stranger;
	if (ephemeral)
		start_session(link, ephemeral);
}

void link_mark_all(struct daemon *daemon)
{
	struct rk_link *link;

	LIST_FOREACH(link, &daemon->links, next)
		if (link->party && bufferevent_getfd(link->stream) >= 0)
			address_mark(bufferevent_getfd(link->stream), party_mark(link->party));
}

void link_send(struct rk_link *link, const char *text)
{
	struct sp_error err;

	if (rk_session_send(link->session, text, &err)) {
		fail_later(link, err.text);
		return;
	}
	flush(link);
	if (evbuffer_get_length(bufferevent_get_output(link->stream)) > UNSENT_MAX)
		fail_later(link, "the peer does not read");
}

void link_break_party(struct party *party, const char *why)
{
	struct rk_link *link;

	LIST_FOREACH(link, &party->daemon->links, next)
		if (link->party == party)
			fail_later(link, why);
}

void link_close_party(struct party *party)
{
	struct rk_link *link;

	LIST_FOREACH(link, &party->daemon->links, next)
		if (link->party == party)
			link_close(link);
}

unsigned int link_half_open(const struct daemon *daemon, const struct party *party,
			    bool stranger)
{
	const struct rk_link *link;
	unsigned int n = 0;

	LIST_FOREACH(link, &daemon->links, next)
		if (!link->client && !link->open && link->stranger == stranger &&
		    (!party || link->party == party))
			n++;
	return n;
}
