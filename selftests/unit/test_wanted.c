// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/instance.h"
#include "daemon/wanted.h"

#define PEER						\
	"[peer b]\n"					\
	"local = 192.0.2.1\n"				\
	"remote = 192.0.2.2\n"				\
	"keying = manual\n"

#define TUNNEL(name, interface)				\
	"[tunnel " name "]\n"				\
	"peer = b\n"					\
	"interface = " interface "\n"

static struct sp_config *config;
static struct wanted wanted;

static void print_problem(const char *text, void *arg)
{
	(void)arg;
	print_message("%s\n", text);
}

static void read_config(const char *text)
{
	char path[] = "/tmp/spindle-wanted-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	config = sp_config_load(path, print_problem, NULL);
	unlink(path);
	assert_non_null(config);
	sp_config_split(config);
	wanted_make(&wanted, config);
}

static int forget_config(void **state)
{
	(void)state;
	wanted_free(&wanted);
	sp_config_free(config);
	config = NULL;
	return 0;
}

static struct sp_prefix prefix(const char *text)
{
	struct sp_prefix prefix;
	struct sp_error err;

	assert_int_equal(sp_prefix_parse(&prefix, text, &err), 0);
	return prefix;
}

static struct wanted_route *route(const char *interface, const char *to)
{
	struct sp_prefix place = prefix(to);

	return wanted_route(&wanted, interface, &place, SP_ROUTE_MAIN);
}

static struct sp_address address(const char *text)
{
	struct sp_prefix host = prefix(text);

	return (struct sp_address){ .addr = host.addr, .len = host.len, .usable = true };
}

static void each_stands_once(void **state)
{
	struct sp_prefix to;

	(void)state;
	read_config(PEER
		    TUNNEL("one", "spin0")
		    "address = 10.1.0.1/32\n"
		    "local-ts = 10.1.0.0/16[tcp]\n"
		    "remote-ts = 10.2.0.0/16[tcp/80], 10.2.0.0/16[tcp/443]\n"
		    TUNNEL("two", "spin0")
		    "address = 10.1.0.1/32\n"
		    "local-ts = 10.1.0.0/16[udp]\n"
		    "remote-ts = 10.2.0.0/16[udp]\n"
		    TUNNEL("three", "spin1")
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 10.3.0.0/16\n"
		    TUNNEL("four", "spin1")
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 10.4.0.0/16\n"
		    "routes = no\n");
	assert_int_equal(wanted.n_links, 2);
	assert_int_equal(wanted.n_addresses, 1);
	assert_int_equal(wanted.n_routes, 2);
	assert_non_null(wanted_link(&wanted, "spin1"));
	assert_null(wanted_link(&wanted, "spin2"));
	assert_non_null(route("spin0", "10.2.0.0/16"));
	assert_null(route("spin1", "10.2.0.0/16"));
	assert_null(route("spin1", "10.4.0.0/16"));
	to = prefix("10.3.0.0/16");
	assert_true(wanted_prefix(&wanted, &to, SP_ROUTE_MAIN));
	assert_false(wanted_prefix(&wanted, &to, 77));
	to.len = 17;
	assert_false(wanted_prefix(&wanted, &to, SP_ROUTE_MAIN));
	assert_false(wanted_within(&wanted, &to));
}

/* Somebody else's route leads elsewhere if ours is to a part of where it leads. */
static void parts_of_a_network_are_found(void **state)
{
	static const struct {
		const char *network;
		bool holds;
	} rows[] = {
		{ "0.0.0.0/0", true }, { "::/0", true }, { "10.2.0.0/16", true },
		{ "10.0.0.0/8", true }, { "10.2.0.0/17", false }, { "10.4.0.0/14", false },
		{ "11.0.0.0/8", false }, { "9.0.0.0/8", false }, { "fd00:2::/32", true },
		{ "fd00:3::/32", false }, { "192.0.2.2/32", false },
	};

	(void)state;
	read_config(PEER TUNNEL("one", "spin0")
		    "local-ts = 10.1.0.0/16, fd00:1::/64\n"
		    "remote-ts = 10.2.0.0/16, 10.8.0.0/16, fd00:2::/64\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sp_prefix network = prefix(rows[i].network);

		assert_int_equal(wanted_within(&wanted, &network), rows[i].holds);
	}
}

/* What the configuration says of an interface, and what it does not say any more. */
static void clear_is_as_it_is_said(void **state)
{
	struct wanted before = { .links = NULL };
	struct sp_config *first;
	uint8_t clear;

	(void)state;
	read_config(PEER
		    TUNNEL("one", "spin0")
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 10.2.0.0/16\n"
		    TUNNEL("two", "spin0")
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 10.3.0.0/16\n"
		    "clear = accept\n");
	assert_false(wanted_clear(&wanted.links[0], true, &clear));
	wanted.links[0].ifindex = 7;
	assert_true(wanted_clear(&wanted.links[0], false, &clear));
	assert_int_equal(clear, SPINDLE_CLEAR_ACCEPT);

	before = wanted;
	first = config;
	read_config(PEER
		    TUNNEL("one", "spin0")
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 10.2.0.0/16\n");
	wanted_remember(&wanted, &before);
	assert_true(wanted_clear(&wanted.links[0], false, &clear));
	assert_int_equal(clear, SPINDLE_CLEAR_REFUSE);
	/* Once is enough; from then on it is as with any that was never said. */
	wanted.links[0].unsays_clear = false;
	assert_false(wanted_clear(&wanted.links[0], true, &clear));
	wanted.links[0].made = true;
	assert_false(wanted_clear(&wanted.links[0], false, &clear));
	assert_true(wanted_clear(&wanted.links[0], true, &clear));
	assert_int_equal(clear, SPINDLE_CLEAR_REFUSE);
	wanted_free(&before);
	sp_config_free(first);
}

static void address_brings_its_network(void **state)
{
	(void)state;
	read_config(PEER
		    TUNNEL("one", "spin0")
		    "address = 10.1.0.1/16, fd00::1/64, 10.2.0.1/16, 10.1.0.2/32\n"
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 10.2.0.0/16\n");
	assert_int_equal(wanted.n_addresses, 4);
	assert_int_equal(wanted.n_routes, 3);
	assert_true(route("spin0", "10.1.0.0/16")->incidental);
	assert_true(route("spin0", "fd00::/64")->incidental);
	/* This the tunnel needs, too. */
	assert_false(route("spin0", "10.2.0.0/16")->incidental);
}

/* A network of the section that is keyed in another pair is inside, too. */
static void source_lies_inside_a_section(void **state)
{
	struct sp_address host[] = { address("192.0.2.1"), address("10.4.0.9") };
	struct sp_addr source;
	char text[SP_ADDR_STRLEN];

	(void)state;
	read_config("[peer b]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nkeying = ikev1\npsk = x\n"
		    TUNNEL("one", "spin0")
		    "local-ts = 10.1.0.0/16, 10.4.0.0/16\n"
		    "remote-ts = 10.2.0.0/16, 10.5.0.0/16\n");
	assert_int_equal(wanted.n_routes, 2);
	source = wanted_source(route("spin0", "10.2.0.0/16"), host, 2);
	assert_string_equal(sp_addr_format(&source, text), "10.4.0.9");
	source = wanted_source(route("spin0", "10.5.0.0/16"), host, 1);
	assert_int_equal(source.family, AF_UNSPEC);
}

static void source_lies_inside(void **state)
{
	struct sp_address host[] = {
		address("192.0.2.1"), address("fd00::9"), address("10.1.0.9"), address("10.1.0.1"),
	};
	struct sp_addr source;
	char text[SP_ADDR_STRLEN];

	(void)state;
	read_config(PEER
		    TUNNEL("one", "spin0")
		    "address = 10.1.0.1/32, 10.9.0.1/32\n"
		    "local-ts = 10.1.0.0/16, fd00::/64\n"
		    "remote-ts = 10.2.0.0/16, fd01::/64\n");
	source = wanted_source(route("spin0", "10.2.0.0/16"), host, 4);
	assert_string_equal(sp_addr_format(&source, text), "10.1.0.1");
	source = wanted_source(route("spin0", "10.2.0.0/16"), host, 3);
	assert_string_equal(sp_addr_format(&source, text), "10.1.0.9");
	source = wanted_source(route("spin0", "10.2.0.0/16"), host, 2);
	assert_int_equal(source.family, AF_UNSPEC);
	source = wanted_source(route("spin0", "fd01::/64"), host, 4);
	assert_string_equal(sp_addr_format(&source, text), "fd00::9");
	host[1].usable = false;
	source = wanted_source(route("spin0", "fd01::/64"), host, 4);
	assert_int_equal(source.family, AF_UNSPEC);
}

static void everything_has_rules(void **state)
{
	static const struct {
		uint32_t priority, mark, table, target;
		int suppress;
	} expected[] = {
		{ 4519, 0, 0, 0, -1 },
		{ 4513, 0, SP_ROUTE_OWN, 0, -1 },
		{ 4512, 0, SP_ROUTE_MAIN, 0, 0 },
		{ 4511, 0, SP_ROUTE_OWN, 0, 31 },
		{ 4510, 7, 0, 4519, -1 },
		{ 4510, 4510, 0, 4519, -1 },
	};
	struct sp_prefix to = prefix("0.0.0.0/0");

	(void)state;
	read_config(PEER
		    TUNNEL("all", "spin0")
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 0.0.0.0/0\n"
		    TUNNEL("some", "spin0")
		    "local-ts = 10.3.0.0/16\n"
		    "remote-ts = 10.4.0.0/16\n"
		    "fwmark = 7\n");
	assert_non_null(wanted_route(&wanted, "spin0", &to, SP_ROUTE_OWN));
	assert_non_null(route("spin0", "10.4.0.0/16"));
	assert_int_equal(wanted.n_rules, 6);
	for (size_t i = 0; i < 6; i++) {
		const struct sp_rule *rule = &wanted.rules[i].rule;

		assert_int_equal(rule->family, AF_INET);
		assert_int_equal(rule->protocol, SP_RT_PROTOCOL);
		assert_int_equal(rule->priority, expected[i].priority);
		assert_int_equal(rule->mark, expected[i].mark);
		assert_int_equal(rule->table, expected[i].table);
		assert_int_equal(rule->target, expected[i].target);
		assert_int_equal(rule->suppress, expected[i].suppress);
		assert_ptr_equal(wanted_rule(&wanted, rule), &wanted.rules[i]);
	}
}

static void what_was_said_is_remembered(void **state)
{
	struct wanted before, after;

	(void)state;
	read_config(PEER
		    TUNNEL("one", "spin0")
		    "address = 10.1.0.1/32\n"
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 10.2.0.0/16\n");
	wanted.links[0].ifindex = 7;
	sp_note_set(&wanted.links[0].error, "interface");
	sp_note_set(&wanted.addresses[0].error, "address");
	sp_note_set(&wanted.routes[0].error, "route");
	wanted_make(&after, config);
	wanted_remember(&after, &wanted);
	assert_int_equal(after.links[0].ifindex, 7);
	assert_string_equal(sp_note_text(&after.links[0].error), "interface");
	assert_string_equal(sp_note_text(&after.addresses[0].error), "address");
	assert_string_equal(sp_note_text(&after.routes[0].error), "route");
	wanted_free(&after);
	/* Of nothing nothing is. */
	memset(&before, 0, sizeof(before));
	wanted_make(&after, config);
	wanted_remember(&after, &before);
	assert_string_equal(sp_note_text(&after.routes[0].error), "");
	wanted_free(&after);
}

/* Those that outer packets leave by are no interfaces of ours, but are known by name as well. */
static void outer_interfaces_are_known(void **state)
{
	struct wanted after;

	(void)state;
	read_config(PEER
		    TUNNEL("one", "spin0")
		    "link = ppp0\n"
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 10.2.0.0/16\n"
		    TUNNEL("two", "spin0")
		    "link = eth1\n"
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 10.3.0.0/16\n"
		    TUNNEL("three", "spin0")
		    "link = ppp0\n"
		    "local-ts = 10.1.0.0/16\n"
		    "remote-ts = 10.4.0.0/16\n");
	assert_int_equal(wanted.n_outers, 2);
	assert_null(wanted_link(&wanted, "ppp0"));
	assert_null(wanted_outer(&wanted, "spin0"));
	wanted_outer(&wanted, "ppp0")->ifindex = 9;
	wanted_make(&after, config);
	wanted_remember(&after, &wanted);
	assert_int_equal(wanted_outer(&after, "ppp0")->ifindex, 9);
	assert_int_equal(wanted_outer(&after, "eth1")->ifindex, 0);
	wanted_free(&after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_stands_once, forget_config),
		cmocka_unit_test_teardown(parts_of_a_network_are_found, forget_config),
		cmocka_unit_test_teardown(clear_is_as_it_is_said, forget_config),
		cmocka_unit_test_teardown(address_brings_its_network, forget_config),
		cmocka_unit_test_teardown(source_lies_inside, forget_config),
		cmocka_unit_test_teardown(source_lies_inside_a_section, forget_config),
		cmocka_unit_test_teardown(everything_has_rules, forget_config),
		cmocka_unit_test_teardown(what_was_said_is_remembered, forget_config),
		cmocka_unit_test_teardown(outer_interfaces_are_known, forget_config),
	};

	return cmocka_run_group_tests_name("wanted", tests, NULL, NULL);
}
