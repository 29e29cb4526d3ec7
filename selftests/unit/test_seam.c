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
#include "namespace.h"
#include "seam_word.h"

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
	struct command_wait wait = { .tunnel = "" };
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
	(void)state;
	if (!mkdtemp(folder) || chdir(folder) || write_file("a.conf", config_texts[A]) ||
	    write_file("b.conf", config_texts[B]))
		return -1;
	enter_namespace();
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

	/* As in the daemon: a thread may still be making a key when this ends. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	return cmocka_run_group_tests_name("seam", tests, start, stop);
}
