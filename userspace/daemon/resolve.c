// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "door.h"
#include "io/log.h"
#include "io/sockaddr.h"
#include "lib/table.h"
#include "party.h"
#include "resolve.h"
#include "routes.h"
#include "snapshot.h"
#include "source.h"
#include "stream.h"
#include "udp.h"

enum {
	TICK_SECONDS = 5,		/* from question to question, while there is no answer */
	AGAIN_SECONDS = 10,		/* while there is one that leads nowhere */
	MANUAL_SECONDS = 300,		/* while nobody can say whether it does */
	SETTLE_MS = 100,		/* addresses come and go in groups */
	THREADS_MAX = 8,
	ANSWERS_MAX = 16,
};

struct key {
	sa_family_t family;
	char name[SP_CONFIG_HOST_MAX + 1];
};

struct entry {
	UT_hash_handle hh;
	struct key key;
	struct sp_addr addr;		/* AF_UNSPEC: none yet */
	int error;			/* EAI_..., 0: none */
	bool asking;
	double asked;
};

struct resolver {
	struct daemon *daemon;
	struct entry *entries;
	unsigned int threads;
	int from_thread, to_loop;	/* a pipe of struct question */
	struct event *readable;
	struct event *tick;
	struct event *settled;		/* addresses of this host have changed */
	bool lost;			/* one of ours has, and no route gives another yet */
};

/* What a thread is asked, and what it answers. */
struct question {
	struct key key;
	int to_loop;
	int error;
	unsigned int n;
	struct sp_addr answers[ANSWERS_MAX];
};

_Static_assert(sizeof(struct question) <= 4096, "is written whole or not at all (PIPE_BUF)");

/* --- in a thread -------------------------------------------------------------- */

static void *ask_resolver(void *arg)
{
	struct question *question = arg;
	const struct addrinfo hints = {
		.ai_family = question->key.family, .ai_socktype = SOCK_STREAM,
		/* If either family will do, ask only for addresses that this host could reach. */
		.ai_flags = question->key.family == AF_UNSPEC ? AI_ADDRCONFIG : 0,
	};
	struct addrinfo *list = NULL;

	question->error = getaddrinfo(question->key.name, NULL, &hints, &list);
	for (struct addrinfo *one = list; one && question->n < ANSWERS_MAX; one = one->ai_next)
		question->answers[question->n++] = address_get(one->ai_addr);
	if (list)
		freeaddrinfo(list);
	/* The loop is gone, or hears it. */
	if (write(question->to_loop, question, sizeof(*question)) != sizeof(*question))
		question->n = 0;
	free(question);
	return NULL;
}

/* --- questions ---------------------------------------------------------------- */

static sa_family_t wanted_family(const struct sp_peer_config *peer)
{
	return peer->local_by_route ? AF_UNSPEC : peer->local.family;
}

static struct entry *find_entry(const struct resolver *resolver, const struct sp_peer_config *peer)
{
	struct entry *entry;
	struct key key;

	memset(&key, 0, sizeof(key));
	key.family = wanted_family(peer);
	strcpy(key.name, peer->remote_name);
	HASH_FIND(hh, resolver->entries, &key, sizeof(key), entry);
	return entry;
}

static struct entry *add_entry(struct resolver *resolver, const struct sp_peer_config *peer)
{
	struct entry *entry = find_entry(resolver, peer);

	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		abort();
	entry->key.family = wanted_family(peer);
	strcpy(entry->key.name, peer->remote_name);
	entry->asked = -MANUAL_SECONDS;
	HASH_ADD(hh, resolver->entries, key, sizeof(entry->key), entry);
	return entry;
}

static void begin_asking(struct resolver *resolver, struct entry *entry)
{
	struct question *question;
	sigset_t all, before;
	pthread_t thread;
	int failed;

	if (entry->asking || resolver->threads == THREADS_MAX)
		return;
	question = calloc(1, sizeof(*question));
	if (!question)
		return;
	question->key = entry->key;
	question->to_loop = resolver->to_loop;
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&thread, NULL, ask_resolver, question);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		free(question);
		return;
	}
	pthread_detach(thread);
	entry->asking = true;
	entry->asked = daemon_now();
	resolver->threads++;
}

/* A name whose address works is left alone: it may have several, in any order. */
static bool is_due(const struct daemon *daemon, const struct sp_peer_config *peer,
		   const struct entry *entry, double now)
{
	if (!entry->addr.family)
		return now - entry->asked >= TICK_SECONDS;
	return !party_find(daemon, peer->name) && now - entry->asked >= MANUAL_SECONDS;
}

/* --- answers ------------------------------------------------------------------ */

static void move_party(struct party *party, const struct sp_peer_config *peer)
{
	const struct party_place place = registry_place(&peer->local, &peer->remote, peer->port);
	struct registry *registry = &party->daemon->registry;

	if (place.family != party->place.family ||
	    memcmp(place.local, party->place.local, sizeof(place.local)))
		stream_fail_party(party, "our address is another now");
	registry_remove_party(registry, party);
	party->at.family = AF_UNSPEC;
	party_configure(party, peer, daemon_now());
	registry_add_party(registry, party);
	udp_follow(party);
}

static void move_tunnels(struct daemon *daemon, const struct sp_peer_config *peer)
{
	const struct sp_tunnel_config *config;
	struct snapshot *kernel = snapshot_begin(daemon->nl);

	STAILQ_FOREACH(config, &peer->tunnels, of_peer) {
		struct tunnel *tunnel = registry_tunnel(&daemon->registry, config->name);

		if (tunnel)
			apply_again(daemon, tunnel, kernel);
	}
	snapshot_free(kernel);
}

/* The peer's addresses are others than before: ours, or its own. */
static void move_peer(struct daemon *daemon, struct sp_peer_config *peer)
{
	struct party *party = party_find(daemon, peer->name);

	if (party)
		move_party(party, peer);
	move_tunnels(daemon, peer);
	if (peer->local_by_route) {
		door_apply(daemon);
		udp_apply(daemon, daemon->config);
	}
	routes_change(daemon);
	if (party)
		party_tick(party);
}

static void move_remote(struct daemon *daemon, struct sp_peer_config *peer,
			const struct sp_addr *to)
{
	char text[SP_ADDR_STRLEN];

	log_line("peer %s: %s is %s", peer->name, peer->remote_name, sp_addr_format(to, text));
	peer->remote = *to;
	if (peer->local_by_route)
		peer->local = source_find(peer);
	move_peer(daemon, peer);
}

/* While there is no route, what was ours stays ours.  Returns whether there is one. */
static bool look_at_local(struct daemon *daemon, struct sp_peer_config *peer)
{
	struct sp_addr local = source_find(peer);
	char text[SP_ADDR_STRLEN];

	if (!local.family || sp_addr_equal(&local, &peer->local))
		return local.family;
	log_line("peer %s: our address is %s", peer->name, sp_addr_format(&local, text));
	peer->local = local;
	move_peer(daemon, peer);
	return true;
}

/*
 * Of thousands of peers, only those are looked at whose address of ours is gone: addresses come
 * and go often where there are containers.
 */
static void on_settled(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval wait = { .tv_sec = TICK_SECONDS };
	struct resolver *resolver = arg;
	struct source_hosts *hosts;
	struct sp_peer_config *peer;
	struct sp_error err;

	(void)fd;
	(void)what;
	resolver->lost = false;
	hosts = source_hosts_read(&err);
	if (!hosts) {
		log_line("addresses: %s", err.text);
		return;
	}
	STAILQ_FOREACH(peer, &resolver->daemon->config->peers, next)
		if (peer->local_by_route && !source_hosts_have(hosts, &peer->local) &&
		    !look_at_local(resolver->daemon, peer) && peer->local.family)
			resolver->lost = true;
	source_hosts_free(hosts);
	udp_addresses_changed(resolver->daemon);
	/* The route may come after the address. */
	if (resolver->lost)
		event_add(resolver->settled, &wait);
}

/* The one that was in use, if it is still among them. */
static struct sp_addr choose_address(const struct entry *entry, const struct question *question)
{
	for (unsigned int i = 0; i < question->n; i++)
		if (sp_addr_equal(&question->answers[i], &entry->addr))
			return entry->addr;
	return question->answers[0];
}

static void take_answer(struct resolver *resolver, struct entry *entry,
			const struct question *question)
{
	struct daemon *daemon = resolver->daemon;
	struct sp_peer_config *peer;

	if (question->error && question->error != entry->error)
		log_line("%s: %s", entry->key.name, gai_strerror(question->error));
	entry->error = question->error;
	if (!question->n)
		return;
	entry->addr = choose_address(entry, question);
	STAILQ_FOREACH(peer, &daemon->config->peers, next)
		if (peer->remote_name[0] && find_entry(resolver, peer) == entry &&
		    !sp_addr_equal(&peer->remote, &entry->addr))
			move_remote(daemon, peer, &entry->addr);
}

static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *resolver = arg;
	struct question question;
	struct entry *entry;

	(void)what;
	if (read(fd, &question, sizeof(question)) != sizeof(question))
		return;
	resolver->threads--;
	HASH_FIND(hh, resolver->entries, &question.key, sizeof(question.key), entry);
	if (!entry)
		return;
	entry->asking = false;
	take_answer(resolver, entry, &question);
}

/* --- time ----------------------------------------------------------------------- */

/* Returns whether the peer is to be looked at again. */
static bool look_at_peer(struct resolver *resolver, struct sp_peer_config *peer)
{
	struct entry *entry;

	if (peer->local_by_route && !peer->local.family)
		look_at_local(resolver->daemon, peer);
	if (!peer->remote_name[0])
		return !peer->local.family;
	entry = add_entry(resolver, peer);
	if (is_due(resolver->daemon, peer, entry, daemon_now()))
		begin_asking(resolver, entry);
	return true;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval wait = { .tv_sec = TICK_SECONDS };
	struct resolver *resolver = arg;
	struct sp_peer_config *peer;
	bool again = false;

	(void)fd;
	(void)what;
	STAILQ_FOREACH(peer, &resolver->daemon->config->peers, next)
		again |= look_at_peer(resolver, peer);
	if (again)
		event_add(resolver->tick, &wait);
}

/* --- for others --------------------------------------------------------------- */

int resolve_open(struct daemon *daemon, struct sp_error *err)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));
	int ends[2];

	if (!resolver)
		return sp_fail(err, "out of memory");
	daemon->resolver = resolver;
	resolver->daemon = daemon;
	if (pipe2(ends, O_CLOEXEC))
		return sp_fail(err, "no pipe for answers to names");
	resolver->from_thread = ends[0];
	resolver->to_loop = ends[1];
	resolver->readable = event_new(daemon->base, ends[0], EV_READ | EV_PERSIST, on_answer,
				       resolver);
	resolver->tick = evtimer_new(daemon->base, on_tick, resolver);
	resolver->settled = evtimer_new(daemon->base, on_settled, resolver);
	if (!resolver->readable || !resolver->tick || !resolver->settled ||
	    event_add(resolver->readable, NULL))
		return sp_fail(err, "answers to names cannot be waited for");
	return 0;
}

/* A thread may still be at work: it keeps the end of the pipe that it writes to. */
void resolve_close(struct daemon *daemon)
{
	struct resolver *resolver = daemon->resolver;
	struct entry *entry, *next;

	if (!resolver)
		return;
	HASH_ITER(hh, resolver->entries, entry, next) {
		HASH_DEL(resolver->entries, entry);
		free(entry);
	}
	event_free(resolver->readable);
	event_free(resolver->tick);
	event_free(resolver->settled);
	close(resolver->from_thread);
	if (!resolver->threads)
		close(resolver->to_loop);
	free(resolver);
	daemon->resolver = NULL;
}

void resolve_fill(const struct daemon *daemon, struct sp_config *config)
{
	struct sp_peer_config *peer;

	STAILQ_FOREACH(peer, &config->peers, next) {
		const struct entry *entry;

		entry = peer->remote_name[0] ? find_entry(daemon->resolver, peer) : NULL;
		if (entry)
			peer->remote = entry->addr;
		if (peer->local_by_route)
			peer->local = source_of(daemon, peer);
	}
}

void resolve_apply(struct daemon *daemon)
{
	on_tick(-1, 0, daemon->resolver);
}

void resolve_address_changed(struct daemon *daemon)
{
	static const struct timeval wait = { .tv_usec = SETTLE_MS * 1000 };
	struct resolver *resolver = daemon->resolver;

	if (!resolver || !daemon->config)
		return;
	if (evtimer_pending(resolver->settled, NULL) && !resolver->lost)
		return;
	resolver->lost = false;
	event_add(resolver->settled, &wait);
}

void resolve_again(struct daemon *daemon, const char *name)
{
	struct sp_peer_config *peer = sp_config_peer(daemon->config, name);
	struct entry *entry;

	if (peer && peer->local_by_route)
		look_at_local(daemon, peer);
	if (!peer || !peer->remote_name[0])
		return;
	entry = find_entry(daemon->resolver, peer);
	if (entry && daemon_now() - entry->asked >= AGAIN_SECONDS)
		begin_asking(daemon->resolver, entry);
}
