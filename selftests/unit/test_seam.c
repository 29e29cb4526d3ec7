// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon with another engine than RSA: two of them in one process, whose peers greet each
 * other by name, ask for a key, install SAs, exchange datagrams and part.  It is linked without
 * RSA keying, so nothing of the daemon can know it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <openssl/crypto.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/command.h"
#include "daemon/door.h"
#include "daemon/engines.h"
#include "daemon/holder.h"
#include "daemon/party.h"
#include "daemon/routes.h"
#include "daemon/status.h"
#include "daemon/stream.h"
#include "daemon/udp.h"
#include "io/datagram.h"

enum { HELLO_LEN = 16, GENERATION = 7, UDP_PORT = 500, UDP_ESP_PORT = 4500 };

static const struct sp_key_question question = { .kind = SP_KEY_EPHEMERAL_RSA, .bits = 1024 };

/* --- the engine ---------------------------------------------------------------------- */

struct engine_tunnel {
	struct engine_peer *peer;
	char name[SPINDLE_NAME_MAX + 1];
	bool wanted;
	uint32_t generation;
};

struct engine_peer {
	struct port *port;
	char name[HELLO_LEN];
	struct engine_tunnel *tunnel;	/* the only one */
	uint32_t stream;
	bool client;
	uint32_t asked;
	uint32_t spi, other_spi;
	double chirp_at;		/* INFINITY: never */
	unsigned int chirps;		/* heard */
	struct sp_addr local, remote;
	unsigned int datagrams[2];	/* heard at each port */
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
	assert_null(keys->own);
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
	free(peer->tunnel);
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
	peer->tunnel = tunnel;
	strcpy(tunnel->name, config->name);
	return tunnel;
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
	assert_string_equal(tunnel, "lan");
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

/* --- two daemons ------------------------------------------------------------------------ */

enum { A, B };

/* B does not know where A is. */
static const char *const config_texts[] = {
	"[peer pair]\nkeying = rsa\nprofile = compat\nallow-insecure = yes\n"
	"local = 127.0.0.1\nremote = 127.0.0.2\nport = 4510\n"
	"[tunnel lan]\npeer = pair\ninterface = spin0\nesp = aes128gcm16\n"
	"local-ts = 10.1.0.0/24\nremote-ts = 10.2.0.0/24\n",
	"[peer pair]\nkeying = rsa\nprofile = compat\nallow-insecure = yes\n"
	"local = 127.0.0.2\nremote = 127.0.0.9\nport = 4510\n"
	"[tunnel lan]\npeer = pair\ninterface = spin0\nesp = aes128gcm16\nfollow = yes\n"
	"local-ts = 10.2.0.0/24\nremote-ts = 10.1.0.0/24\n",
};

static char folder[] = "/tmp/spindle-seam-XXXXXX";
static bool have_namespace;

static void on_problem(const char *text, void *arg)
{
	(void)arg;
	fail_msg("%s", text);
}

static struct party *party_at(size_t at)
{
	return LIST_FIRST(&daemons[at].parties);
}

static struct tunnel *tunnel_at(size_t at)
{
	return registry_tunnel(&daemons[at].registry, "lan");
}

static void begin(size_t at, struct event_base *base)
{
	static const char *const files[] = { "a.conf", "b.conf" };
	struct daemon *daemon = &daemons[at];
	struct tunnel *tunnel;
	struct party *party;
	struct sp_error err;

	memset(daemon, 0, sizeof(*daemon));
	TAILQ_INIT(&daemon->guests);
	daemon->base = base;
	daemon->nl = (struct sp_nl *)daemon;
	daemon->holder = holder_new(base);
	assert_int_equal(routes_open(daemon, &err), 0);
	daemon->config = sp_config_load(files[at], on_problem, NULL);
	party = party_new(daemon, STAILQ_FIRST(&daemon->config->peers), NULL);
	party_join(party);
	tunnel = registry_add_tunnel(&daemon->registry, STAILQ_FIRST(&daemon->config->tunnels));
	tunnel_set_keying(tunnel, party, party->engine->add(party->keying, tunnel->config));
	door_apply(daemon);
	udp_apply(daemon, daemon->config);
	party_tick(party);
}

static void end(size_t at)
{
	struct daemon *daemon = &daemons[at];
	struct stream *stream;

	door_close_all(daemon);
	udp_close_all(daemon);
	if (party_at(at))
		party_leave(party_at(at));
	while ((stream = LIST_FIRST(&daemon->streams)))
		stream_free(stream);
	assert_int_equal(daemon->half_open[0] + daemon->half_open[1], 0);
	routes_close(daemon);
	holder_free(daemon->holder);
	registry_clear(&daemon->registry);
	sp_config_free(daemon->config);
}

static bool are_up(void)
{
	const struct engine_peer *a = party_at(A)->keying, *b = party_at(B)->keying;

	return a->chirps && b->chirps && a->datagrams[0] && a->datagrams[1];
}

static bool is_b_down(void)
{
	return !party_at(B)->keying->tunnel->generation;
}

static void run_until(struct event_base *base, bool (*so)(void))
{
	double limit = daemon_now() + 20;

	while (!so() && daemon_now() < limit)
		event_base_loop(base, EVLOOP_ONCE);
	assert_true(so());
}

static json_t *ask(size_t at, const char *text, struct command_wait *wait)
{
	json_t *request = json_loads(text, 0, NULL), *answer;

	answer = command_run(&daemons[at], request, wait);
	json_decref(request);
	return answer;
}

static void check_status(size_t at)
{
	struct sp_error err;
	json_t *status = status_make(&daemons[at], NULL, &err);
	const char *keying, *state;

	assert_non_null(status);
	assert_int_equal(json_unpack(status, "{s:[{s:s, s:[{s:s}]}]}", "peers", "keying", &keying,
				     "tunnels", "state", &state), 0);
	assert_string_equal(keying, "word");
	assert_string_equal(state, "up");
	json_decref(status);
}

/* To one of B's ports, so many times at once, from an address that may be the peer's. */
static void throw_datagrams(struct event_base *base, int n, const char *from, uint16_t to,
			    const void *octets, size_t len)
{
	struct sockaddr_in here = { .sin_family = AF_INET }, there = here;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, from, &here.sin_addr);
	inet_pton(AF_INET, "127.0.0.2", &there.sin_addr);
	there.sin_port = htons(to);
	assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	while (n--)
		assert_int_equal(sendto(fd, octets, len, 0, (struct sockaddr *)&there,
					sizeof(there)), len);
	for (int i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	close(fd);
}

static void test_datagrams(void **state)
{
	struct event_base *base = event_base_new();
	const unsigned int *heard;

	(void)state;
	if (!have_namespace)
		skip();
	begin(B, base);
	heard = party_at(B)->keying->datagrams;

	/* Who is at the peer's address is heard, and nobody else, unless he has its name. */
	throw_datagrams(base, 1, "127.0.0.9", UDP_PORT, "tick", 4);
	assert_int_equal(heard[0], 1);
	assert_int_equal(party_at(B)->keying->last.ifindex, if_nametoindex("lo"));
	assert_int_equal(party_at(B)->keying->last.local_port, UDP_PORT);
	throw_datagrams(base, 1, "127.0.0.8", UDP_PORT, "tick", 4);
	assert_int_equal(heard[0], 1);
	throw_datagrams(base, 1, "127.0.0.8", UDP_PORT, "pair\0\0\0\0\0\0\0\0\0\0\0", HELLO_LEN);
	assert_int_equal(heard[0], 2);

	/* Beside ESP, what has no marker is a keepalive or not for us. */
	throw_datagrams(base, 1, "127.0.0.9", UDP_ESP_PORT, "\xff", 1);
	throw_datagrams(base, 1, "127.0.0.9", UDP_ESP_PORT, "ESP ESP", 7);
	assert_int_equal(heard[1], 0);
	throw_datagrams(base, 1, "127.0.0.9", UDP_ESP_PORT, "\0\0\0\0tick", 8);
	assert_int_equal(heard[1], 1);

	/* More than one batch is read, though not at once. */
	throw_datagrams(base, 100, "127.0.0.9", UDP_PORT, "tick", 4);
	assert_int_equal(heard[0], 102);
	end(B);
	event_base_free(base);
}

static void test_another_engine(void **state)
{
	struct event_base *base = event_base_new();
	struct command_wait wait = { "", 0, false };
	json_t *answer;

	(void)state;
	if (!have_namespace)
		skip();
	begin(A, base);
	begin(B, base);

	/* It is asked for, waited for, and comes: streams, identity, keys, SAs, timers. */
	assert_null(ask(A, "{\"command\": \"up\", \"name\": \"lan\"}", &wait));
	assert_string_equal(wait.tunnel, "lan");
	party_tick(party_at(A));
	run_until(base, are_up);
	assert_int_equal(kernels[A].in_spi, kernels[B].out_spi);
	assert_int_equal(kernels[A].out_spi, kernels[B].in_spi);
	assert_int_not_equal(kernels[A].in_spi, kernels[A].out_spi);
	assert_int_equal(party_at(B)->at.family, AF_INET);
	assert_true(sp_addr_equal(&party_at(B)->at, &party_at(A)->config->local));
	check_status(A);
	check_status(B);

	/* Errors are values. */
	answer = ask(A, "{\"command\": \"rekey\", \"name\": \"lan\"}", &wait);
	assert_string_equal(json_string_value(json_object_get(answer, "error")),
			    "tunnel lan: once is enough");
	json_decref(answer);
	answer = ask(A, "{\"command\": \"down\", \"name\": \"lan\"}", &wait);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
	assert_int_equal(kernels[A].removed, 1);

	/* Last words arrive, though the party has gone that said them. */
	party_leave(party_at(A));
	assert_null(tunnel_at(A)->party);
	run_until(base, is_b_down);
	end(A);
	end(B);
	event_base_free(base);
}

/* --- files and a network ----------------------------------------------------------------- */

static int write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	return !file || fputs(text, file) < 0 || fclose(file);
}

static int start(void **state)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	(void)state;
	/* As in the daemon: a thread that makes keys may be at work at the end. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	if (!mkdtemp(folder) || chdir(folder) || write_file("a.conf", config_texts[A]) ||
	    write_file("b.conf", config_texts[B]))
		return -1;
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	have_namespace = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	unlink("a.conf");
	unlink("b.conf");
	return chdir("/") || rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_another_engine),
		cmocka_unit_test(test_datagrams),
	};

	return cmocka_run_group_tests_name("seam", tests, start, stop);
}
