// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose a datagram is, where a peer and its tunnels are, and what is asked of the holder of keys,
 * by another engine than the daemon's.  127.0.0.2 is ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "config/instance.h"
#include "daemon/claim.h"
#include "daemon/command.h"
#include "daemon/door.h"
#include "daemon/holder.h"
#include "daemon/instances.h"
#include "daemon/kernel.h"
#include "daemon/party.h"
#include "daemon/plan.h"
#include "daemon/routes.h"
#include "daemon/status.h"
#include "daemon/stream.h"
#include "daemon/udp.h"
#include "namespace.h"
#include "seam_word.h"

static const char config_text[] =
	"[peer home]\nkeying = ikev1\nlocal = 127.0.0.2\nremote = 127.0.0.9\nkey = ec\n"
	"peer-key = ec.pub\n"
	"[tunnel lan]\npeer = home\ninterface = lo\nlocal-ts = 10.2.0.0/24\n"
	"remote-ts = 10.1.0.0/24\n"
	"[peer road]\nkeying = ikev1\nlocal = 127.0.0.2\nremote = any\npsk = @psk\n"
	"[tunnel away]\npeer = road\ninterface = lo\nlocal-ts = 10.2.0.0/24\n"
	"remote-ts = 10.3.0.0/24\n"
	"[peer site]\nkeying = ikev1\nlocal = 127.0.0.2\nremote = 127.0.0.3\npsk = secret\n"
	"[tunnel lans]\npeer = site\nlocal-ts = 10.2.0.0/24, 10.4.0.0/24, fd00:2::/64\n"
	"remote-ts = 10.5.0.0/24, 10.6.0.0/24, fd00:5::/64\n";

/* Comes from anywhere to anywhere. */
static const char roaming_text[] =
	"[peer roam]\nkeying = ikev1\nremote = any\npsk = secret\n"
	"[tunnel roaming]\npeer = roam\nlocal-ts = 10.2.0.0/24\nremote-ts = 10.7.0.0/24\n";

static char folder[] = "/tmp/spindle-claim-XXXXXX";
static struct daemon *self = &daemons[0];
static struct event_base *base;

static void on_problem(const char *text, void *arg)
{
	(void)arg;
	fail_msg("%s", text);
}

static struct engine_peer *peer_of(const char *name)
{
	return party_find(self, name)->keying;
}

static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void begin_with(const char *file)
{
	struct sp_tunnel_config *config;
	struct sp_peer_config *peer;
	struct sp_error err;

	memset(self, 0, sizeof(*self));
	memset(kernels, 0, sizeof(kernels));
	TAILQ_INIT(&self->guests);
	base = event_base_new();
	self->base = base;
	self->nl = (struct sp_nl *)self;
	self->holder = holder_new(base);
	assert_int_equal(routes_open(self, &err), 0);
	self->config = sp_config_load(file, on_problem, NULL);
	self->keys = sp_keyring_new(NULL);
	sp_config_split(self->config);
	assert_int_equal(sp_keyring_read(self->keys, self->config, on_problem, NULL), 0);
	STAILQ_FOREACH(peer, &self->config->peers, next)
		party_join(party_new(self, peer, self->keys));
	STAILQ_FOREACH(config, &self->config->tunnels, next) {
		struct party *party = party_find(self, config->peer_name);

		tunnel_set_keying(registry_add_tunnel(&self->registry, config), party,
				  party->engine->add(party->keying, config));
	}
	door_apply(self);
	udp_apply(self, self->config);
	STAILQ_FOREACH(peer, &self->config->peers, next)
		party_tick(party_find(self, peer->name));
}

static void begin(void)
{
	begin_with("claim.conf");
}

static void end(void)
{
	door_close_all(self);
	udp_close_all(self);
	while (LIST_FIRST(&self->parties))
		party_leave(LIST_FIRST(&self->parties));
	assert_null(self->claims);
	assert_null(self->ends);
	routes_close(self);
	holder_free(self->holder);
	registry_clear(&self->registry);
	sp_config_free(self->config);
	sp_keyring_free(self->keys);
	event_base_free(base);
}

/* Of sixteen octets, as hellos are. */
static void send_hello(const char *from, const char *to, const char *text)
{
	struct sockaddr_in here = { .sin_family = AF_INET }, there = here;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char octets[HELLO_LEN] = "";

	memcpy(octets, text, strlen(text));
	inet_pton(AF_INET, from, &here.sin_addr);
	inet_pton(AF_INET, to, &there.sin_addr);
	there.sin_port = htons(UDP_PORT);
	assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(sendto(fd, octets, HELLO_LEN, 0, (struct sockaddr *)&there,
				sizeof(there)), HELLO_LEN);
	for (int i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	close(fd);
}

/* By how many each has heard before. */
static const char *who_hears(const char *from, const char *text)
{
	unsigned int home = peer_of("home")->datagrams[0], road = peer_of("road")->datagrams[0];

	send_hello(from, "127.0.0.2", text);
	if (peer_of("home")->datagrams[0] != home)
		return "home";
	return peer_of("road")->datagrams[0] != road ? "road" : "nobody";
}

static void claim(const char *name, const char *id, bool so)
{
	struct engine_id octets = { "" };

	memcpy(octets.octets, id, strlen(id));
	if (so)
		port_claim(peer_of(name)->port, &octets);
	else
		port_disclaim(peer_of(name)->port, &octets);
	party_tick(party_find(self, name));
}

static void test_claims(void **state)
{
	(void)state;
	if (!have_namespace)
		skip();
	begin();
	/* By its address, or by that it may have any. */
	assert_string_equal(who_hears("127.0.0.9", "?"), "home");
	assert_string_equal(who_hears("127.0.0.8", "?"), "road");
	/* By what was claimed, wherever it comes from, as often as one likes. */
	assert_string_equal(who_hears("127.0.0.8", "home"), "home");
	assert_string_equal(who_hears("127.0.0.9", "road"), "road");
	for (int i = 0; i < 1000; i++) {
		char id[HELLO_LEN];

		snprintf(id, sizeof(id), "id %d", i);
		claim("road", id, true);
		claim("road", id, true);
	}
	assert_string_equal(who_hears("127.0.0.9", "id 500"), "road");
	claim("road", "id 500", false);
	claim("road", "id 500", false);
	assert_string_equal(who_hears("127.0.0.9", "id 500"), "home");
	assert_string_equal(who_hears("127.0.0.9", "id 501"), "road");
	/* Of two the one that is there, and the other once that has given it back. */
	claim("home", "id 501", true);
	assert_string_equal(who_hears("127.0.0.9", "id 501"), "home");
	assert_string_equal(who_hears("127.0.0.7", "id 501"), "road");
	claim("road", "id 501", false);
	assert_string_equal(who_hears("127.0.0.7", "id 501"), "home");
	/* What it has goes with it. */
	party_leave(party_find(self, "road"));
	assert_null(registry_tunnel(&self->registry, "away")->party);
	assert_int_equal(HASH_COUNT(self->claims), 3);
	end();
}

static void set_address(const char *text)
{
	struct ifreq lo = { .ifr_name = "lo:1" };
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, text, &at.sin_addr);
	memcpy(&lo.ifr_addr, &at, sizeof(at));
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &lo), 0);
	close(fd);
}

static void test_any_address_of_ours(void **state)
{
	const struct engine_peer *roam;

	(void)state;
	if (!have_namespace)
		skip();
	set_address("192.0.2.77");
	begin_with("roam.conf");
	roam = peer_of("roam");
	send_hello("192.0.2.77", "192.0.2.77", "?");
	assert_int_equal(roam->datagrams[0], 1);
	assert_true(roam->last.local.octets[3] == 77 && roam->last.remote.octets[3] == 77);
	set_address("192.0.2.78");
	udp_addresses_changed(self);
	send_hello("192.0.2.78", "192.0.2.78", "?");
	assert_int_equal(roam->datagrams[0], 2);
	assert_int_equal(roam->last.local.octets[3], 78);
	/* Nobody but ourselves is there. */
	send_hello("127.0.0.9", "127.0.0.1", "?");
	assert_int_equal(roam->datagrams[0], 2);
	end();
}

static void meet(const char *name, const char *at)
{
	struct sp_path path = { .local_port = UDP_PORT };
	struct sp_error err;

	assert_int_equal(sp_addr_parse(&path.remote, at, &err), 0);
	port_met(peer_of(name)->port, &path);
	party_tick(party_find(self, name));
}

static void expect_remote(const char *name, const char *remote)
{
	struct sp_error err;
	json_t *status = status_make(self, name, &err);
	const char *text;

	assert_int_equal(json_unpack(status, "{s:[{s:s}]}", "peers", "remote", &text), 0);
	assert_string_equal(text, remote);
	json_decref(status);
}

static void test_moves(void **state)
{
	(void)state;
	if (!have_namespace)
		skip();
	begin();
	assert_string_equal(who_hears("127.0.0.7", "?"), "road");
	meet("home", "127.0.0.7");
	assert_string_equal(who_hears("127.0.0.7", "?"), "home");
	assert_string_equal(who_hears("127.0.0.9", "?"), "home");
	meet("home", "127.0.0.6");
	assert_string_equal(who_hears("127.0.0.7", "?"), "road");
	meet("home", "127.0.0.9");
	assert_string_equal(who_hears("127.0.0.6", "?"), "road");
	meet("road", "127.0.0.5");
	expect_remote("road", "127.0.0.5");
	expect_remote("home", "127.0.0.9");
	end();
}

static void test_place(void **state)
{
	struct port_way way = { .local_port = 4500, .remote_port = 30001, .follow = true };
	const struct sp_tunnel *is = &kernels[0].placed;
	const struct port *port;
	struct sp_error err;

	(void)state;
	if (!have_namespace)
		skip();
	begin();
	port = peer_of("road")->port;
	way.local = party_find(self, "road")->config->local;
	assert_int_equal(sp_addr_parse(&way.remote, "127.0.0.5", &err), 0);
	/* It is made as it is configured, but for where its packets go. */
	assert_int_equal(port->host->place(port->arg, "away", &way, &err), 0);
	assert_int_equal(kernels[0].made, 1);
	assert_string_equal(is->name, "away");
	assert_int_equal(is->ifindex, if_nametoindex("lo"));
	assert_true(sp_addr_equal(&is->remote, &way.remote));
	assert_int_equal(is->options.encap.sport, 4500);
	assert_int_equal(is->options.encap.dport, 30001);
	assert_true(is->options.follow);
	assert_int_equal(is->remote_ts.n, 1);
	assert_int_equal(port->host->place(port->arg, "away", &way, &err), 0);
	assert_int_equal(kernels[0].moved, 0);
	/* And moves, all at once. */
	assert_int_equal(sp_addr_parse(&way.remote, "127.0.0.4", &err), 0);
	way.local_port = way.remote_port = way.follow = 0;
	assert_int_equal(port->host->place(port->arg, "away", &way, &err), 0);
	assert_int_equal(kernels[0].made + kernels[0].moved, 2);
	assert_true(sp_addr_equal(&is->remote, &way.remote));
	assert_int_equal(is->options.encap.dport, 0);
	assert_false(is->options.follow);
	assert_int_equal(port->host->place(port->arg, "lan~1", &way, &err), -1);
	end();
}

static const struct sp_key_answer *ask(const char *name, const struct sp_key_question *asked)
{
	struct engine_peer *peer = peer_of(name);
	double limit = daemon_now() + 20;

	peer->also = (struct sp_key_answer){ .len = 0 };
	peer->also_asked = port_ask(peer->port, asked);
	party_tick(party_find(self, name));
	while (!peer->also.len && !peer->also.error.text[0] && daemon_now() < limit)
		event_base_loop(base, EVLOOP_ONCE);
	return &peer->also;
}

static void test_secrets(void **state)
{
	struct sp_key_question asked = {
		.kind = SP_KEY_PSK_PRF, .hash = SP_HASH_SHA256, .len = 6, .octets = "nonces",
	};
	const struct sp_octets nonces = { (const uint8_t *)"nonces", 6 };
	const struct sp_octets secret = { (const uint8_t *)"secret", 6 };
	uint8_t expected[SP_HASH_MAX];
	const struct sp_key_answer *answer;
	struct sp_error err;

	(void)state;
	if (!have_namespace)
		skip();
	begin();
	assert_int_equal(sp_hmac_parts(SP_HASH_SHA256, secret, &nonces, 1, expected, &err), 0);
	answer = ask("road", &asked);
	assert_int_equal(answer->len, 32);
	assert_memory_equal(answer->octets, expected, 32);
	answer = ask("home", &asked);
	assert_string_equal(answer->error.text, "there is no pre-shared key");
	/* A signature is made in a thread, and whoever has left is told of none. */
	asked = (struct sp_key_question){
		.kind = SP_KEY_SIGNATURE, .scheme = SP_KEY_ECDSA, .len = 32,
	};
	answer = ask("home", &asked);
	assert_int_equal(answer->len, 64);
	assert_int_equal(ask("road", &asked)->len, 0);
	for (int i = 0; i < 3; i++)
		port_ask(peer_of("home")->port, &asked);
	party_tick(party_find(self, "home"));
	party_leave(party_find(self, "home"));
	for (int i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	end();
}

/* By what is in the file, and by every key of the section. */
static void test_reload(void **state)
{
	struct sp_keyring *keys = sp_keyring_new(NULL);
	const struct party *road;
	struct sp_peer_config peer;

	(void)state;
	if (!have_namespace)
		skip();
	begin();
	road = party_find(self, "road");
	peer = *road->config;
	assert_true(plan_keeps(road, &peer, self->keys));
	peer.dpd = 7;
	assert_false(plan_keeps(road, &peer, self->keys));
	peer = *road->config;
	write_text("psk", "another\n");
	assert_false(plan_keeps(road, &peer, keys));
	write_text("psk", "secret\n");
	sp_keyring_free(keys);
	end();
}

static json_t *command(const char *word, struct command_wait *wait)
{
	json_t *request = json_pack("{s:s, s:s}", "command", word, "name", "lans"), *answer;

	answer = command_run(self, request, wait);
	json_decref(request);
	return answer;
}

static void expect_state(const char *state, json_int_t up)
{
	struct sp_error err;
	json_t *status = status_make(self, "lans", &err), *instances, *one;
	const char *name, *as, *local, *remote;
	size_t i;

	assert_int_equal(json_unpack(status, "{s:[{s:[{s:s, s:s, s:o}]}]}", "peers", "tunnels",
				     "name", &name, "state", &as, "instances", &instances), 0);
	assert_string_equal(name, "lans");
	assert_string_equal(as, state);
	assert_int_equal(json_array_size(instances), 5);
	json_array_foreach(instances, i, one) {
		assert_int_equal(json_unpack(one, "{s:s, s:s, s:s, s:s}", "name", &name, "state",
					     &as, "local-ts", &local, "remote-ts", &remote), 0);
		up -= !strcmp(as, "up");
		if (i != 2)
			continue;
		assert_string_equal(name, "lans~3");
		assert_string_equal(local, "10.4.0.0/24");
		assert_string_equal(remote, "10.5.0.0/24");
	}
	assert_int_equal(up, 0);
	json_decref(status);
}

/* Each pair of networks is a tunnel to the engine, and all of them are one to the user. */
static void test_instances(void **state)
{
	struct port_event event = { .kind = PORT_UP, .generation = GENERATION, .alg = "sha256" };
	struct command_wait *wait = calloc(1, sizeof(*wait));
	const char *tunnel;
	json_t *answer;

	(void)state;
	if (!have_namespace)
		skip();
	begin();
	assert_null(registry_tunnel(&self->registry, "lans"));
	assert_null(sp_config_tunnel(self->config, "lans"));
	expect_state("idle", 0);
	assert_null(command("up", wait));
	assert_string_equal(wait->tunnel, "lans");
	for (int i = 5; i; i--) {
		snprintf(event.tunnel, sizeof(event.tunnel), "lans~%d", i);
		registry_tunnel(&self->registry, event.tunnel)->keying->generation = GENERATION;
		answer = command_hear(self, wait, &event);
		assert_int_equal(!answer, i > 1);
		expect_state(i > 1 ? "idle" : "up", 6 - i);
	}
	assert_int_equal(json_unpack(answer, "{s:s}", "tunnel", &tunnel), 0);
	assert_string_equal(tunnel, "lans");
	json_decref(answer);
	strcpy(event.tunnel, "lan");
	assert_null(command_hear(self, wait, &event));
	/* They are up already, and then are not. */
	answer = command("up", wait);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
	json_decref(command("down", wait));
	assert_int_equal(kernels[0].removed, 5);
	expect_state("idle", 0);
	free(wait);
	end();
}

static struct engine_tunnel *instance_of(const char *name)
{
	struct tunnel *tunnel = registry_tunnel(&self->registry, name);

	return tunnel ? tunnel->keying : NULL;
}

static void make_instances(const char *peer, const char *tunnel, unsigned int n)
{
	struct engine_peer *of = peer_of(peer);
	struct sp_ts local, remote;
	struct sp_error err;
	char text[32];

	assert_int_equal(sp_ts_parse(&local, "10.2.0.0/24", &err), 0);
	for (unsigned int i = 1; i <= n; i++) {
		snprintf(text, sizeof(text), "10.3.0.%u", i);
		assert_int_equal(sp_ts_parse(&remote, text, &err), 0);
		port_instance(of->port, tunnel, &local, &remote);
	}
	party_tick(party_find(self, peer));
}

static void end_instance(const char *peer, const char *name)
{
	port_end_instance(peer_of(peer)->port, name);
	party_tick(party_find(self, peer));
}

/* Many clients of one section. */
static void test_made(void **state)
{
	const struct engine_tunnel *second;
	struct sp_error err;
	json_t *status;
	const char *name, *as;

	(void)state;
	if (!have_namespace)
		skip();
	begin();
	make_instances("road", "away", 3);
	second = instance_of("away~2");
	assert_true(second && second->started && second->of_section);
	assert_int_equal(second->remote.prefix.addr.octets[3], 2);
	/* Nobody has said yet where they are; then each is made. */
	assert_int_equal(kernels[0].made, 0);
	/* As its section is: that one is somewhere. */
	make_instances("home", "lan", 1);
	assert_int_equal(kernels[0].made, 1);
	assert_string_equal(kernels[0].placed.name, "lan~1");
	assert_int_equal(kernels[0].placed.remote_ts.n, 1);

	instance_of("away~3")->generation = GENERATION;
	status = status_make(self, "away", &err);
	assert_int_equal(json_unpack(status, "{s:[{s:[{s:s, s:[{}, {}, {s:s}]}]}]}", "peers",
				     "tunnels", "state", &as, "instances", "name", &name), 0);
	assert_string_equal(as, "up");
	assert_string_equal(name, "away~3");
	json_decref(status);

	/* They end one by one, by the peer's own alone, and their numbers are not given again. */
	end_instance("road", "away~2");
	end_instance("road", "away");
	end_instance("home", "away~1");
	assert_null(instance_of("away~2"));
	assert_non_null(instance_of("away~1"));
	assert_int_equal(kernels[0].deleted, 1);
	make_instances("road", "away", 1);
	assert_non_null(instance_of("away~4"));
	make_instances("road", "away~4", 1);
	make_instances("road", "lan", 1);
	assert_null(instance_of("away~5"));
	assert_null(instance_of("lan~2"));

	/* What is configured anew as before stays, and goes with its section. */
	instances_follow(registry_tunnel(&self->registry, "away"));
	assert_true(instance_of("away~1")->followed && instance_of("away~4")->followed);
	instances_end(self, registry_tunnel(&self->registry, "away"));
	assert_null(instance_of("away~1"));
	assert_int_equal(kernels[0].deleted, 4);
	make_instances("road", "away", 1);
	end();
}

/* As a daemon before us has left them, by their names and whose they are. */
static void test_left(void **state)
{
	static const struct left left[] = {
		{ "away~9", KERNEL_OWNER_PSK }, { "away~5", KERNEL_OWNER_COMPAT },
		{ "away~x", KERNEL_OWNER_PSK }, { "lans~1", KERNEL_OWNER_PSK },
		{ "away", KERNEL_OWNER_PSK }, { NULL, 0 },
	};
	struct snapshot *kernel;
	struct sp_error err;

	(void)state;
	if (!have_namespace)
		skip();
	begin();
	registry_tunnel(&self->registry, "away")->owner = KERNEL_OWNER_PSK;
	left_tunnels = left;
	kernel = snapshot_take(self->nl, &err);
	assert_true(instance_is_left(self->config, snapshot_tunnel(kernel, "away~9")));
	assert_false(instance_is_left(self->config, snapshot_tunnel(kernel, "away~x")));
	assert_false(instance_is_left(self->config, snapshot_tunnel(kernel, "lans~1")));
	assert_false(instance_is_left(self->config, snapshot_tunnel(kernel, "away")));
	instances_adopt(self, kernel);
	assert_int_equal(instance_of("away~9")->adopted, 2);
	assert_true(instance_of("away~9")->started);
	assert_int_equal(instance_of("away~9")->remote.prefix.len, 32);
	/* With another secret or key than ours. */
	assert_null(instance_of("away~5"));
	assert_int_equal(kernels[0].deleted, 1);
	make_instances("road", "away", 1);
	assert_non_null(instance_of("away~10"));
	snapshot_free(kernel);
	left_tunnels = NULL;
	end();
}

static int start(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct sp_error err;

	(void)state;
	umask(077);
	if (!mkdtemp(folder) || chdir(folder) || sp_key_write_pair(key, "ec", &err))
		return -1;
	EVP_PKEY_free(key);
	write_text("claim.conf", config_text);
	write_text("roam.conf", roaming_text);
	write_text("psk", "secret\n");
	enter_namespace();
	return 0;
}

static int stop(void **state)
{
	static const char *const files[] = { "claim.conf", "roam.conf", "psk", "ec", "ec.pub" };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	return chdir("/") || rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims), cmocka_unit_test(test_moves),
		cmocka_unit_test(test_any_address_of_ours),
		cmocka_unit_test(test_place),  cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_reload), cmocka_unit_test(test_instances),
		cmocka_unit_test(test_made), cmocka_unit_test(test_left),
	};

	/* As in the daemon: a thread may still be making a key when this ends. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	return cmocka_run_group_tests_name("claim", tests, start, stop);
}
