/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine that is none of the daemon's, and a kernel for it: peers greet each other by name,
 * ask for a key, install SAs, exchange datagrams and part.
 */
#ifndef SEAM_WORD_H
#define SEAM_WORD_H

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/engines.h"
#include "io/datagram.h"

enum { HELLO_LEN = 16, GENERATION = 7, UDP_PORT = 500, UDP_ESP_PORT = 4500 };

static const struct sp_key_question question = { .kind = SP_KEY_EPHEMERAL_RSA, .bits = 1024 };

/* --- the engine ---------------------------------------------------------------------- */

struct engine_tunnel {
	struct engine_tunnel *next;
	struct engine_peer *peer;
	char name[SPINDLE_NAME_MAX + 1];
	bool wanted;
	uint32_t generation;
	struct sp_ts local, remote;	/* the first of each */
	bool of_section, started, followed;
	unsigned int adopted;
};

struct engine_peer {
	struct port *port;
	char name[HELLO_LEN];
	struct engine_tunnel *tunnel;	/* the one that it keys by itself, and others behind it */
	uint32_t stream;
	bool client;
	uint32_t asked;
	uint32_t spi, other_spi;
	double chirp_at;		/* INFINITY: never */
	unsigned int chirps;		/* heard */
	struct sp_addr local, remote;
	unsigned int datagrams[2];	/* heard at each port */
	uint32_t also_asked;		/* something that no SA waits for */
	struct sp_key_answer also;
	const struct sp_key *own;
	struct sp_path last;		/* of them */
};

static size_t word_identify(const uint8_t *hello, struct engine_id ids[ENGINE_IDS_MAX])
{
	memset(ids, 0, sizeof(*ids));
	memcpy(ids[0].octets, hello, HELLO_LEN);
	return hello[0] ? 1 : 0;
}

static struct engine_peer *word_open(const struct sp_peer_config *config,
				     const struct engine_keys *keys, struct port *port)
{
	struct engine_peer *peer = calloc(1, sizeof(*peer));
	struct engine_id ids[ENGINE_IDS_MAX];

	assert_non_null(peer);
	/* Only keying by RSA gets a private half. */
	assert_true(!keys->own || EVP_PKEY_is_a(keys->own->pkey, "EC"));
	peer->own = keys->own;
	peer->port = port;
	peer->chirp_at = INFINITY;
	peer->local = config->local;
	peer->remote = config->remote;
	strcpy(peer->name, config->name);
	word_identify((const uint8_t *)peer->name, ids);
	port_claim(port, &ids[0]);
	port_expect(port, &question);
	return peer;
}

static void tell(struct engine_peer *peer, enum port_event_kind kind)
{
	const struct engine_tunnel *tunnel = peer->tunnel;
	struct port_event event = {
		.kind = kind, .generation = tunnel->generation, .alg = "aes128gcm16", .text = "so",
	};

	strcpy(event.tunnel, tunnel->name);
	port_event(peer->port, &event);
}

static void word_close(struct engine_peer *peer)
{
	if (peer->stream) {
		port_send(peer->port, peer->stream, "bye!", 4);
		port_hang_up(peer->port, peer->stream);
	}
	for (struct engine_tunnel *next; peer->tunnel; peer->tunnel = next) {
		next = peer->tunnel->next;
		free(peer->tunnel);
	}
	free(peer);
}

static void word_configure(struct engine_peer *peer, const struct sp_peer_config *config,
			   double now)
{
	(void)now;
	strcpy(peer->name, config->name);
}

static void word_look(const struct engine_peer *peer, struct engine_peer_look *look)
{
	*look = (struct engine_peer_look){
		.state = peer->stream ? "open" : "closed", .profile = "plain",
		.established = INFINITY, .last_error = "", .rekey_at = INFINITY,
		.retry_at = INFINITY,
	};
}

static struct engine_tunnel *word_add(struct engine_peer *peer,
				      const struct sp_tunnel_config *config)
{
	struct engine_tunnel *tunnel = calloc(1, sizeof(*tunnel));

	assert_non_null(tunnel);
	tunnel->peer = peer;
	tunnel->next = peer->tunnel;
	peer->tunnel = tunnel;
	strcpy(tunnel->name, config->name);
	tunnel->local = config->local_ts.list[0];
	tunnel->remote = config->remote_ts.list[0];
	tunnel->of_section = config->section;
	return tunnel;
}

static void word_adopt(struct engine_tunnel *tunnel, const struct engine_generation *generation)
{
	assert_int_equal(generation->number, GENERATION);
	assert_int_equal(!generation->in_spi + !generation->out_spi, 1);
	tunnel->adopted++;
}

static void word_start(struct engine_tunnel *tunnel, double now)
{
	(void)now;
	tunnel->started = true;
}

static void word_reconfigure(struct engine_tunnel *tunnel, const struct sp_tunnel_config *config,
			     bool refresh, double now)
{
	(void)now;
	assert_false(refresh);
	assert_string_equal(tunnel->name, config->name);
	tunnel->followed = true;
}

static void word_drop(struct engine_tunnel *tunnel)
{
	struct engine_tunnel **at = &tunnel->peer->tunnel;

	while (*at != tunnel)
		at = &(*at)->next;
	*at = tunnel->next;
	free(tunnel);
}

static int word_wish(struct engine_tunnel *tunnel, enum engine_wish wish, double now,
		     struct sp_error *err)
{
	struct port *port = tunnel->peer->port;

	(void)now;
	if (wish == ENGINE_REKEY)
		return sp_fail(err, "tunnel %s: once is enough", tunnel->name);
	tunnel->wanted = wish == ENGINE_UP;
	if (tunnel->wanted || !tunnel->generation)
		return 0;
	if (port->host->remove(port->arg, tunnel->name, tunnel->generation, err))
		return -1;
	tunnel->generation = 0;
	tell(tunnel->peer, PORT_DOWN);
	return 0;
}

static bool word_has(const struct engine_tunnel *tunnel, uint32_t generation)
{
	return tunnel->generation == generation;
}

static void word_look_tunnel(const struct engine_tunnel *tunnel, struct engine_tunnel_look *look)
{
	*look = (struct engine_tunnel_look){
		.state = tunnel->generation ? "up" : "idle", .generation = tunnel->generation,
		.alg = "aes128gcm16", .established = INFINITY, .rekey_at = INFINITY,
		.last_error = "", .retry_at = INFINITY,
	};
}

/* Both ends have the other's SPI, and need a key that nobody else has: here it is none. */
static void install(struct engine_peer *peer, double now)
{
	struct sp_sa in = { .dir = SPINDLE_DIR_IN, .spi = peer->spi, .generation = GENERATION };
	struct sp_sa out = { .dir = SPINDLE_DIR_OUT, .spi = peer->other_spi,
			     .generation = GENERATION };
	const struct port *port = peer->port;
	struct sp_error err;

	assert_int_equal(port->host->install(port->arg, peer->tunnel->name, &in, &out, &err), 0);
	peer->tunnel->generation = GENERATION;
	tell(peer, PORT_UP);
	peer->chirp_at = now + 0.05;
}

static uint32_t draw_spi(struct engine_peer *peer)
{
	const struct port *port = peer->port;
	struct sp_error err;

	assert_int_equal(port->host->spi(port->arg, peer->tunnel->name, &peer->spi, &err), 0);
	return peer->spi;
}

static void greet(struct engine_peer *peer)
{
	uint32_t spi = draw_spi(peer);

	port_send(peer->port, peer->stream, peer->name, sizeof(peer->name));
	port_send(peer->port, peer->stream, &spi, sizeof(spi));
}

/* Whole words of four octets, which loopback does not tear. */
static void take_word(struct engine_peer *peer, const uint8_t *word, double now)
{
	if (!memcmp(word, "tick", 4)) {
		peer->chirps++;
	} else if (!memcmp(word, "bye!", 4)) {
		peer->tunnel->generation = 0;
		tell(peer, PORT_DOWN);
	} else {
		memcpy(&peer->other_spi, word, sizeof(peer->other_spi));
		if (peer->client)
			install(peer, now);
		else
			peer->asked = port_ask(peer->port, &question);
	}
}

static void take_octets(struct engine_peer *peer, const uint8_t *octets, size_t len, double now)
{
	size_t at = 0;

	if (!peer->client && !peer->other_spi) {
		assert_memory_equal(octets, peer->name, HELLO_LEN);
		port_proved(peer->port, peer->stream);
		at = HELLO_LEN;
	}
	for (; at + 4 <= len; at += 4)
		take_word(peer, octets + at, now);
}

static void word_stream(struct engine_peer *peer, const struct engine_stream *what, double now)
{
	switch (what->kind) {
	case ENGINE_STREAM_CAME:
		peer->stream = what->id;
		peer->client = false;
		break;
	case ENGINE_STREAM_CONNECTED:
		assert_int_equal(what->id, peer->stream);
		port_proved(peer->port, peer->stream);
		greet(peer);
		break;
	case ENGINE_STREAM_OCTETS:
		take_octets(peer, what->octets, what->len, now);
		break;
	case ENGINE_STREAM_ENDED:
	case ENGINE_STREAM_FAILED:
		peer->stream = 0;
		peer->chirp_at = INFINITY;
	}
}

static void word_answer(struct engine_peer *peer, uint32_t id, const struct sp_key_answer *answer,
			double now)
{
	uint32_t spi;

	if (id == peer->also_asked) {
		peer->also = *answer;
		return;
	}
	assert_int_equal(id, peer->asked);
	assert_int_not_equal(answer->len, 0);
	spi = draw_spi(peer);
	port_send(peer->port, peer->stream, &spi, sizeof(spi));
	install(peer, now);
}

/* The client says who it is, from each port to the same of the other's; that one answers. */
static void send_datagrams(struct engine_peer *peer)
{
	struct sp_path path = {
		.local = peer->local, .remote = peer->remote,
		.local_port = UDP_PORT, .remote_port = UDP_PORT,
	};

	port_datagram(peer->port, &path, peer->name, sizeof(peer->name));
	path.local_port = path.remote_port = UDP_ESP_PORT;
	port_datagram(peer->port, &path, peer->name, sizeof(peer->name));
}

static void word_datagram(struct engine_peer *peer, const struct sp_path *path,
			  const void *octets, size_t len, double now)
{
	const char *text = octets;

	(void)now;
	peer->datagrams[path->local_port == UDP_ESP_PORT]++;
	peer->last = *path;
	if (len == HELLO_LEN && !strcmp(text, peer->name))
		port_datagram(peer->port, path, "well", 4);
}

static void word_tick(struct engine_peer *peer, double now)
{
	if (peer->tunnel->wanted && !peer->stream) {
		peer->client = true;
		peer->stream = port_connect(peer->port);
	}
	if (now < peer->chirp_at)
		return;
	port_send(peer->port, peer->stream, "tick", 4);
	if (peer->client)
		send_datagrams(peer);
	peer->chirp_at = INFINITY;
}

static double word_deadline(const struct engine_peer *peer)
{
	return peer->chirp_at;
}

static const struct engine word_engine = {
	.name = "word",
	.udp = { { .port = UDP_PORT }, { .port = UDP_ESP_PORT, .esp = true } },
	.hello_len = HELLO_LEN,
	.identify = word_identify,
	.open = word_open,
	.close = word_close,
	.configure = word_configure,
	.look = word_look,
	.add = word_add,
	.adopt = word_adopt,
	.start = word_start,
	.reconfigure = word_reconfigure,
	.drop = word_drop,
	.wish = word_wish,
	.has = word_has,
	.look_tunnel = word_look_tunnel,
	.stream = word_stream,
	.datagram = word_datagram,
	.answer = word_answer,
	.tick = word_tick,
	.deadline = word_deadline,
};

const struct engine *engines_find(enum sp_keying keying)
{
	return keying == SP_KEYING_MANUAL ? NULL : &word_engine;
}

/* --- the kernel ------------------------------------------------------------------------ */

/* What both daemons have there: one tunnel each. */
static struct {
	uint32_t in_spi, out_spi;
	unsigned int removed;
	struct sp_tunnel placed;
	unsigned int made, moved, deleted;
} kernels[2];
static struct daemon daemons[2];
static uint32_t next_spi;

/* A daemon knows its kernel by a pointer, which is never followed here. */
static size_t index_of(const struct sp_nl *nl)
{
	return nl == (const void *)&daemons[1];
}

int __wrap_sp_nl_spi_alloc(struct sp_nl *nl, const char *tunnel, uint32_t *spi,
			   struct sp_error *err);
int __wrap_sp_nl_sa_new(struct sp_nl *nl, const char *tunnel, const struct sp_sa *in,
			const struct sp_sa *out, struct sp_error *err);
int __wrap_sp_nl_sa_del_generation(struct sp_nl *nl, const char *tunnel, uint32_t generation,
				   struct sp_error *err);

int __wrap_sp_nl_spi_alloc(struct sp_nl *nl, const char *tunnel, uint32_t *spi,
			   struct sp_error *err)
{
	(void)nl;
	(void)err;
	assert_string_equal(tunnel, "lan");
	*spi = ++next_spi;
	return 0;
}

int __wrap_sp_nl_sa_new(struct sp_nl *nl, const char *tunnel, const struct sp_sa *in,
			const struct sp_sa *out, struct sp_error *err)
{
	(void)err;
	assert_string_equal(tunnel, "lan");
	kernels[index_of(nl)].in_spi = in->spi;
	kernels[index_of(nl)].out_spi = out->spi;
	return 0;
}

int __wrap_sp_nl_sa_del_generation(struct sp_nl *nl, const char *tunnel, uint32_t generation,
				   struct sp_error *err)
{
	(void)err;
	assert_int_equal(strncmp(tunnel, "lan", 3), 0);
	assert_int_equal(generation, GENERATION);
	kernels[index_of(nl)].removed++;
	return 0;
}

int __wrap_sp_nl_port_open(struct sp_nl *nl, const struct sp_addr *addr, uint16_t port, int *fd,
			   struct sp_error *err);

/* The module's would take the ESP; otherwise it is a socket as any other. */
int __wrap_sp_nl_port_open(struct sp_nl *nl, const struct sp_addr *addr, uint16_t port, int *fd,
			   struct sp_error *err)
{
	(void)nl;
	assert_int_equal(port, UDP_ESP_PORT);
	*fd = datagrams_bind(addr, port, "", err);
	return *fd < 0 ? -1 : 0;
}

int __wrap_sp_nl_tunnel_new(struct sp_nl *nl, const struct sp_tunnel *tunnel, struct sp_error *err);
int __wrap_sp_nl_tunnel_set(struct sp_nl *nl, const struct sp_tunnel *tunnel, struct sp_error *err);

int __wrap_sp_nl_tunnel_new(struct sp_nl *nl, const struct sp_tunnel *tunnel, struct sp_error *err)
{
	(void)err;
	assert_int_equal(tunnel->fields, SP_TUNNEL_FIELDS);
	kernels[index_of(nl)].placed = *tunnel;
	kernels[index_of(nl)].made++;
	return 0;
}

/* What a dump tells of, up to one without a name. */
struct left {
	const char *name;
	uint32_t owner;
};
static const struct left *left_tunnels;

int __wrap_sp_nl_tunnel_dump(struct sp_nl *nl, uint32_t ifindex, sp_tunnel_fn each, void *arg,
			     struct sp_error *err);
int __wrap_sp_nl_sa_dump(struct sp_nl *nl, const char *of, sp_sa_fn each, void *arg,
			 struct sp_error *err);

int __wrap_sp_nl_tunnel_dump(struct sp_nl *nl, uint32_t ifindex, sp_tunnel_fn each, void *arg,
			     struct sp_error *err)
{
	struct sp_tunnel tunnel = { .out_generation = GENERATION };

	(void)nl;
	(void)ifindex;
	assert_int_equal(sp_ts_parse(&tunnel.local_ts.list[0], "10.2.0.0/24", err), 0);
	assert_int_equal(sp_ts_parse(&tunnel.remote_ts.list[0], "10.3.0.9", err), 0);
	tunnel.local_ts.n = tunnel.remote_ts.n = 1;
	for (size_t i = 0; left_tunnels && left_tunnels[i].name; i++) {
		strcpy(tunnel.name, left_tunnels[i].name);
		tunnel.owner = left_tunnels[i].owner;
		each(&tunnel, arg);
	}
	return 0;
}

int __wrap_sp_nl_sa_dump(struct sp_nl *nl, const char *of, sp_sa_fn each, void *arg,
			 struct sp_error *err)
{
	struct sp_sa sa = {
		.generation = GENERATION, .alg = "aes128gcm16", .spi = 0x1001,
		.state = SPINDLE_SA_ACTIVE,
	};
	struct sp_tunnel tunnel = { .id = 0 };

	(void)nl;
	(void)of;
	(void)err;
	for (size_t i = 0; left_tunnels && left_tunnels[i].name; i++) {
		strcpy(tunnel.name, left_tunnels[i].name);
		sa.dir = SPINDLE_DIR_IN;
		each(&sa, &tunnel, arg);
		sa.dir = SPINDLE_DIR_OUT;
		each(&sa, &tunnel, arg);
	}
	return 0;
}

int __wrap_sp_nl_tunnel_del(struct sp_nl *nl, const char *name, struct sp_error *err);

int __wrap_sp_nl_tunnel_del(struct sp_nl *nl, const char *name, struct sp_error *err)
{
	(void)err;
	assert_non_null(strchr(name, '~'));
	kernels[index_of(nl)].deleted++;
	return 0;
}

int __wrap_sp_nl_tunnel_set(struct sp_nl *nl, const struct sp_tunnel *tunnel, struct sp_error *err)
{
	if (!kernels[index_of(nl)].made) {
		sp_fail(err, "tunnel %s: there is none", tunnel->name);
		return -ENOENT;
	}
	assert_int_equal(tunnel->fields, SP_TUNNEL_LOCAL | SP_TUNNEL_REMOTE);
	kernels[index_of(nl)].placed = *tunnel;
	kernels[index_of(nl)].moved++;
	return 0;
}

#endif
