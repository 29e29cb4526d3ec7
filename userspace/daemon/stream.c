// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/sockaddr.h"
#include "party.h"
#include "stream.h"

enum {
	LAST_WORDS_SECONDS = 2,
	UNSENT_MAX = 1 << 17,		/* octets: a peer that reads nothing */
};

/* --- half-open ones: of a peer that has not proved itself --------------------------- */

static void count_half_open(struct stream *stream, int more)
{
	unsigned int *all = &stream->daemon->half_open[stream->stranger];

	if (stream->client || stream->proved)
		return;
	*all += (unsigned int)more;
	if (stream->party)
		stream->party->half_open[stream->stranger] += (unsigned int)more;
	/* Below 0 is beyond it; one that counts more than all do has counted twice. */
	assert(*all < INT_MAX);
	assert(!stream->party || stream->party->half_open[stream->stranger] <= *all);
}

/* --- its end -------------------------------------------------------------------------- */

/* The party has nothing to do with it any more. */
static void part_with(struct stream *stream)
{
	struct party *party = stream->party;

	if (!party)
		return;
	if (!stream->client && !stream->proved)
		party->half_open[stream->stranger]--;
	LIST_REMOVE(stream, of_party);
	stream->party = NULL;
}

void stream_free(struct stream *stream)
{
	part_with(stream);
	count_half_open(stream, -1);
	LIST_REMOVE(stream, next);
	bufferevent_free(stream->octets);
	event_free(stream->timer);
	free(stream);
}

static bool all_sent(const struct stream *stream)
{
	return !evbuffer_get_length(bufferevent_get_output(stream->octets));
}

void stream_close(struct stream *stream)
{
	struct timeval wait = { .tv_sec = all_sent(stream) ? 0 : LAST_WORDS_SECONDS };
	struct party *party = stream->party;

	part_with(stream);
	bufferevent_disable(stream->octets, EV_READ);
	/* Freed from the loop in any case: somebody may be looking at it. */
	event_add(stream->timer, &wait);
	if (stream->client && !stream->proved)
		party_missed(party);
}

/* For when the engine is at work and cannot be told. */
static void fail_later(struct stream *stream, const char *why)
{
	static const struct timeval now;

	snprintf(stream->failed, sizeof(stream->failed), "%s", why);
	event_add(stream->timer, &now);
}

void stream_fail_party(struct party *party, const char *why)
{
	struct stream *stream;

	LIST_FOREACH(stream, &party->streams, of_party)
		fail_later(stream, why);
}

void stream_close_party(struct party *party)
{
	struct stream *stream;

	while ((stream = LIST_FIRST(&party->streams)))
		stream_close(stream);
}

/* --- what the engine hears -------------------------------------------------------------- */

static void tell_engine(struct stream *stream, struct engine_stream what)
{
	what.id = stream->id;
	party_hear(stream->party, &what);
}

static void tell_end(struct stream *stream, struct engine_stream what)
{
	tell_engine(stream, what);
	if (stream->party)
		stream_close(stream);
}

static void tell_failure(struct stream *stream, const char *why)
{
	tell_end(stream, (struct engine_stream){ .kind = ENGINE_STREAM_FAILED, .why = why });
}

static void on_read(struct bufferevent *octets, void *arg)
{
	struct stream *stream = arg;
	struct evbuffer *in = bufferevent_get_input(octets);
	char data[4096];
	int len;

	while (stream->party && (len = evbuffer_remove(in, data, sizeof(data))) > 0)
		tell_engine(stream, (struct engine_stream){
			.kind = ENGINE_STREAM_OCTETS, .octets = data, .len = (size_t)len,
		});
}

static void on_write(struct bufferevent *octets, void *arg)
{
	struct stream *stream = arg;

	(void)octets;
	if (!stream->party && all_sent(stream))
		stream_free(stream);
}

static void on_event(struct bufferevent *octets, short what, void *arg)
{
	struct stream *stream = arg;
	const char *error = evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR());
	char why[256];

	if (!stream->party) {
		stream_free(stream);
	} else if (what & BEV_EVENT_CONNECTED) {
		stream->connected = true;
		bufferevent_enable(stream->octets, EV_READ | EV_WRITE);
		tell_engine(stream, (struct engine_stream){ .kind = ENGINE_STREAM_CONNECTED });
	} else if (!stream->connected) {
		snprintf(why, sizeof(why), "no connection to port %u: %s",
			 stream->party->config->port, error);
		tell_failure(stream, why);
	} else if (what & BEV_EVENT_EOF) {
		on_read(octets, arg);
		if (stream->party)
			tell_end(stream, (struct engine_stream){ .kind = ENGINE_STREAM_ENDED });
	} else {
		tell_failure(stream, error);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct stream *stream = arg;

	(void)fd;
	(void)what;
	if (stream->party)
		tell_failure(stream, stream->failed);
	else
		stream_free(stream);
}

/* --- its beginning ------------------------------------------------------------------------ */

/* Frees a stream that nobody knows yet; its descriptor stays open. */
static void discard_stream(struct stream *stream)
{
	if (stream->timer)
		event_free(stream->timer);
	if (stream->octets) {
		bufferevent_setfd(stream->octets, -1);
		bufferevent_free(stream->octets);
	}
	free(stream);
}

/* Returns NULL without memory. */
static struct stream *new_stream(struct party *party, uint32_t id, evutil_socket_t fd, bool client)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	struct daemon *daemon = party->daemon;
	uint32_t mark = party_mark(party);
	char why[128];
	int on = 1;

	if (!stream)
		return NULL;
	stream->daemon = daemon;
	stream->party = party;
	stream->id = id;
	stream->client = client;
	stream->octets = bufferevent_socket_new(daemon->base, fd, BEV_OPT_CLOSE_ON_FREE);
	stream->timer = evtimer_new(daemon->base, on_timer, stream);
	if (!stream->octets || !stream->timer) {
		discard_stream(stream);
		return NULL;
	}
	/* Messages are single and small: none should wait for another. */
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	bufferevent_setcb(stream->octets, on_read, on_write, on_event, stream);
	LIST_INSERT_HEAD(&daemon->streams, stream, next);
	LIST_INSERT_HEAD(&party->streams, stream, of_party);
	if (fd >= 0 && mark && address_mark(fd, mark)) {
		snprintf(why, sizeof(why), "fwmark of the connection: %s", strerror(errno));
		fail_later(stream, why);
	}
	return stream;
}

void stream_connect(struct party *party, uint32_t id)
{
	const struct sp_peer_config *config = party->config;
	struct sockaddr_storage local, remote;
	socklen_t local_len = address_set(&local, &config->local, 0);
	socklen_t remote_len = address_set(&remote, party_address(party), config->port);
	int fd = socket(local.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? errno : 0;
	char text[SP_ADDR_STRLEN], why[128 + SP_CONFIG_HOST_MAX];
	struct stream *stream;

	stream = new_stream(party, id, fd, true);
	if (!stream)
		abort();
	if (!party_address(party)->family) {
		snprintf(why, sizeof(why), "%s has no address yet", config->remote_name);
		fail_later(stream, why);
		return;
	}
	if (!config->local.family) {
		snprintf(why, sizeof(why), "no route leads to %s yet",
			 sp_addr_format(&config->remote, text));
		fail_later(stream, why);
		return;
	}
	if (!error) {
		if (!address_bind_link(fd, party_link(party)) &&
		    !bind(fd, (struct sockaddr *)&local, local_len) &&
		    !bufferevent_socket_connect(stream->octets, (struct sockaddr *)&remote,
						(int)remote_len))
			return;
		error = errno;
	}
	snprintf(why, sizeof(why), "no connection from %s: %s",
		 sp_addr_format(&config->local, text), strerror(error));
	fail_later(stream, why);
}

void stream_accept(struct party *party, evutil_socket_t fd, const struct sp_addr *from,
		   bool stranger)
{
	struct stream *stream = new_stream(party, port_new_id(&party->port), fd, false);

	/* Others may not end the daemon. */
	if (!stream) {
		close(fd);
		return;
	}
	stream->from = *from;
	stream->stranger = stranger;
	stream->connected = true;
	count_half_open(stream, 1);
	bufferevent_enable(stream->octets, EV_READ | EV_WRITE);
	tell_engine(stream, (struct engine_stream){ .kind = ENGINE_STREAM_CAME });
}

/* --- what the engine asks for --------------------------------------------------------------- */

struct stream *stream_find(const struct party *party, uint32_t id)
{
	struct stream *stream;

	LIST_FOREACH(stream, &party->streams, of_party)
		if (stream->id == id)
			return stream;
	return NULL;
}

void stream_send(struct stream *stream, const void *octets, size_t len)
{
	bufferevent_write(stream->octets, octets, len);
	if (evbuffer_get_length(bufferevent_get_output(stream->octets)) > UNSENT_MAX)
		fail_later(stream, "the peer does not read");
}

void stream_prove(struct stream *stream)
{
	if (stream->proved)
		return;
	count_half_open(stream, -1);
	stream->proved = true;
	stream->party->failures = 0;
	if (!stream->client)
		party_met(stream->party, &stream->from);
}

void stream_mark_all(struct daemon *daemon)
{
	struct stream *stream;

	LIST_FOREACH(stream, &daemon->streams, next)
		if (stream->party && bufferevent_getfd(stream->octets) >= 0)
			address_mark(bufferevent_getfd(stream->octets),
				     party_mark(stream->party));
}
