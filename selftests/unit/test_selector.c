// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "kmod/selector.h"
#include "userspace/lib/selector.h"

static struct spn_addr addr(const char *text)
{
	struct spn_addr addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	assert_int_equal(inet_pton(addr.family, text, addr.octets), 1);
	return addr;
}

static struct spn_prefix prefix(const char *text)
{
	char *copy = strdup(text), *slash = strchr(copy, '/');
	struct spn_prefix prefix;

	assert_non_null(slash);
	*slash = '\0';
	prefix = (struct spn_prefix){ .addr = addr(copy), .len = (u8)atoi(slash + 1) };
	free(copy);
	return prefix;
}

/* As users write it. */
static struct spn_ts selector(const char *text)
{
	struct sp_error err;
	struct sp_ts ts;
	char prefix_text[SP_PREFIX_STRLEN];

	assert_int_equal(sp_ts_parse(&ts, text, &err), 0);
	return (struct spn_ts){
		.prefix = prefix(sp_prefix_format(&ts.prefix, prefix_text)),
		.proto = ts.proto,
		.ports = { ts.port_first, ts.port_last },
	};
}

/* Owners are strings, so that a wrong one can be named. */
static int insert(struct spn_selectors *table, const char *remote, const char *local,
		  const char *owner)
{
	struct spn_ts r = selector(remote), l = selector(local);

	assert_true(spn_ts_meet(&r, &l));
	return spn_selectors_insert(table, &r, &l, (void *)owner);
}

static void take(struct spn_selectors *table, const char *remote, const char *local,
		 const char *owner)
{
	struct spn_ts r = selector(remote), l = selector(local);

	spn_selectors_remove(table, &r, &l, owner);
}

/* Of a packet without ports, as of a protocol that nobody has heard of. */
static const char *lookup(const struct spn_selectors *table, const char *remote, const char *local)
{
	struct spn_tuple tuple = { .remote = addr(remote), .local = addr(local), .proto = 253 };
	const char *owner = spn_selectors_lookup(table, &tuple);

	return owner ? owner : "nobody";
}

/* Of a packet from port @local of 10.1.0.1 to port @remote of 10.2.0.1. */
static struct spn_tuple packet(u8 proto, u16 remote, u16 local)
{
	return (struct spn_tuple){
		.remote = addr("10.2.0.1"),
		.local = addr("10.1.0.1"),
		.proto = proto,
		.has_ports = spn_proto_has_ports(proto),
		.remote_port = remote,
		.local_port = local,
	};
}

static const char *lookup_ports(const struct spn_selectors *table, u8 proto, u16 remote, u16 local)
{
	struct spn_tuple tuple = packet(proto, remote, local);
	const char *owner = spn_selectors_lookup(table, &tuple);

	return owner ? owner : "nobody";
}

static void assert_empty(const struct spn_selectors *table)
{
	assert_null(table->v4.root);
	assert_null(table->v6.root);
	assert_false(spn_selectors_have_ports(table));
}

/* --- prefixes ------------------------------------------------------------------ */

static void prefixes_hold_addresses(void **state)
{
	static const struct {
		const char *prefix, *addr;
		bool holds;
	} cases[] = {
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "0.0.0.0/0", "::", false },
		{ "::/0", "0.0.0.0", false },
		{ "10.1.0.0/16", "10.1.255.255", true },
		{ "10.1.0.0/16", "10.2.0.0", false },
		{ "10.1.2.3/32", "10.1.2.3", true },
		{ "10.1.2.3/32", "10.1.2.2", false },
		{ "128.0.0.0/1", "128.0.0.0", true },
		{ "128.0.0.0/1", "127.255.255.255", false },
		{ "2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", true },
		{ "2001:db8::/64", "2001:db8:0:1::", false },
		{ "2001:db8::/65", "2001:db8::7fff:0:0:1", true },
		{ "2001:db8::/65", "2001:db8::8000:0:0:1", false },
		{ "2001:db8::1/128", "2001:db8::1", true },
		{ "2001:db8::1/128", "2001:db8::3", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spn_prefix p = prefix(cases[i].prefix);
		struct spn_addr a = addr(cases[i].addr);

		if (spn_prefix_holds(&p, &a) != cases[i].holds)
			fail_msg("%s and %s", cases[i].prefix, cases[i].addr);
	}
}

static void prefixes_are_checked_and_compared(void **state)
{
	struct spn_prefix bad[] = {
		prefix("10.1.0.1/16"), prefix("10.1.0.0/33"), prefix("1.0.0.0/0"),
		prefix("10.1.2.3/31"), prefix("2001:db8::1/127"), prefix("2001:db8::/129"),
	};
	struct spn_prefix good[] = {
		prefix("0.0.0.0/0"), prefix("10.1.0.0/16"), prefix("10.1.2.3/32"),
		prefix("::/0"), prefix("2001:db8::/32"), prefix("2001:db8::1/128"),
		prefix("10.1.0.0/17"),
	};
	size_t n = sizeof(good) / sizeof(good[0]);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(spn_prefix_valid(&bad[i]));
	for (size_t i = 0; i < n; i++) {
		assert_true(spn_prefix_valid(&good[i]));
		for (size_t j = 0; j < n; j++)
			assert_int_equal(spn_prefix_equal(&good[i], &good[j]), i == j);
	}
}

/* --- the table ----------------------------------------------------------------- */

static void the_longest_remote_prefix_wins(void **state)
{
	struct spn_selectors table = { 0 };

	(void)state;
	assert_string_equal(lookup(&table, "10.2.3.4", "10.1.0.1"), "nobody");
	assert_int_equal(insert(&table, "10.2.0.0/16", "0.0.0.0/0", "net"), 0);
	assert_int_equal(insert(&table, "0.0.0.0/0", "0.0.0.0/0", "all"), 0);
	assert_int_equal(insert(&table, "10.2.3.4/32", "0.0.0.0/0", "host"), 0);
	assert_int_equal(insert(&table, "10.2.3.0/24", "0.0.0.0/0", "subnet"), 0);
	assert_int_equal(insert(&table, "10.3.0.0/16", "0.0.0.0/0", "other"), 0);
	assert_string_equal(lookup(&table, "10.2.3.4", "10.1.0.1"), "host");
	assert_string_equal(lookup(&table, "10.2.3.5", "10.1.0.1"), "subnet");
	assert_string_equal(lookup(&table, "10.2.4.5", "10.1.0.1"), "net");
	assert_string_equal(lookup(&table, "10.3.3.4", "10.1.0.1"), "other");
	assert_string_equal(lookup(&table, "192.0.2.1", "10.1.0.1"), "all");

	take(&table, "10.2.3.0/24", "0.0.0.0/0", "subnet");
	assert_string_equal(lookup(&table, "10.2.3.5", "10.1.0.1"), "net");
	assert_string_equal(lookup(&table, "10.2.3.4", "10.1.0.1"), "host");
	take(&table, "10.2.3.4/32", "0.0.0.0/0", "host");
	take(&table, "0.0.0.0/0", "0.0.0.0/0", "all");
	take(&table, "10.2.0.0/16", "0.0.0.0/0", "net");
	assert_string_equal(lookup(&table, "10.2.3.4", "10.1.0.1"), "nobody");
	assert_string_equal(lookup(&table, "10.3.3.4", "10.1.0.1"), "other");
	take(&table, "10.3.0.0/16", "0.0.0.0/0", "other");
	assert_empty(&table);
}

static void then_the_longest_local_prefix(void **state)
{
	struct spn_selectors table = { 0 };

	(void)state;
	assert_int_equal(insert(&table, "10.2.0.0/16", "10.1.0.0/16", "b"), 0);
	assert_int_equal(insert(&table, "10.2.0.0/16", "10.1.5.0/24", "a"), 0);
	assert_int_equal(insert(&table, "10.2.0.0/16", "10.0.0.0/8", "c"), 0);
	assert_int_equal(insert(&table, "10.2.0.0/16", "10.9.0.0/16", "d"), 0);
	assert_string_equal(lookup(&table, "10.2.0.1", "10.1.5.1"), "a");
	assert_string_equal(lookup(&table, "10.2.0.1", "10.1.6.1"), "b");
	assert_string_equal(lookup(&table, "10.2.0.1", "10.3.0.1"), "c");
	assert_string_equal(lookup(&table, "10.2.0.1", "10.9.0.1"), "d");
	assert_string_equal(lookup(&table, "10.2.0.1", "192.0.2.1"), "nobody");
	take(&table, "10.2.0.0/16", "10.1.0.0/16", "b");
	assert_string_equal(lookup(&table, "10.2.0.1", "10.1.6.1"), "c");
	take(&table, "10.2.0.0/16", "10.1.5.0/24", "a");
	take(&table, "10.2.0.0/16", "10.0.0.0/8", "c");
	take(&table, "10.2.0.0/16", "10.9.0.0/16", "d");
	assert_empty(&table);
}

static void a_remote_prefix_without_the_source_does_not_count(void **state)
{
	struct spn_selectors table = { 0 };

	(void)state;
	assert_int_equal(insert(&table, "10.2.0.0/16", "10.1.0.0/16", "wide"), 0);
	assert_int_equal(insert(&table, "10.2.3.0/24", "10.1.5.0/24", "narrow"), 0);
	assert_int_equal(insert(&table, "10.2.3.4/32", "10.9.0.0/16", "host"), 0);
	assert_string_equal(lookup(&table, "10.2.3.4", "10.9.1.1"), "host");
	assert_string_equal(lookup(&table, "10.2.3.4", "10.1.5.1"), "narrow");
	assert_string_equal(lookup(&table, "10.2.3.4", "10.1.6.1"), "wide");
	assert_string_equal(lookup(&table, "10.2.3.4", "10.8.0.1"), "nobody");
	take(&table, "10.2.0.0/16", "10.1.0.0/16", "wide");
	take(&table, "10.2.3.0/24", "10.1.5.0/24", "narrow");
	take(&table, "10.2.3.4/32", "10.9.0.0/16", "host");
	assert_empty(&table);
}

static void a_pair_has_one_owner(void **state)
{
	struct spn_selectors table = { 0 };

	(void)state;
	assert_int_equal(insert(&table, "10.2.0.0/16", "10.1.0.0/16", "first"), 0);
	assert_int_equal(insert(&table, "10.2.0.0/16", "10.1.0.0/16", "second"), -EEXIST);
	assert_int_equal(insert(&table, "10.2.0.0/16", "10.1.0.0/16", "first"), 1);
	assert_string_equal(lookup(&table, "10.2.0.1", "10.1.0.1"), "first");
	/* What is not there, or another's, is left alone. */
	take(&table, "10.2.0.0/16", "10.1.0.0/16", "second");
	take(&table, "10.2.0.0/16", "10.1.0.0/17", "first");
	take(&table, "10.2.0.0/17", "10.1.0.0/16", "first");
	take(&table, "10.2.0.0/15", "10.1.0.0/16", "first");
	take(&table, "10.3.0.0/16", "10.1.0.0/16", "first");
	assert_string_equal(lookup(&table, "10.2.0.1", "10.1.0.1"), "first");
	take(&table, "10.2.0.0/16", "10.1.0.0/16", "first");
	assert_empty(&table);
	assert_int_equal(insert(&table, "10.2.0.0/16", "10.1.0.0/16", "second"), 0);
	take(&table, "10.2.0.0/16", "10.1.0.0/16", "second");
	assert_empty(&table);
}

static void the_families_do_not_meet(void **state)
{
	struct spn_selectors table = { 0 };

	(void)state;
	assert_int_equal(insert(&table, "0.0.0.0/0", "0.0.0.0/0", "four"), 0);
	assert_string_equal(lookup(&table, "2001:db8::1", "2001:db8::2"), "nobody");
	assert_int_equal(insert(&table, "::/0", "::/0", "six"), 0);
	assert_int_equal(insert(&table, "2001:db8:0:1::/64", "::/0", "subnet"), 0);
	assert_int_equal(insert(&table, "2001:db8:0:1:8000::/65", "::/0", "half"), 0);
	assert_int_equal(insert(&table, "2001:db8:0:1::1/128", "::/0", "host"), 0);
	assert_string_equal(lookup(&table, "10.2.0.1", "10.1.0.1"), "four");
	assert_string_equal(lookup(&table, "2001:db8::1", "::1"), "six");
	assert_string_equal(lookup(&table, "2001:db8:0:1::2", "::1"), "subnet");
	assert_string_equal(lookup(&table, "2001:db8:0:1:8000::1", "::1"), "half");
	assert_string_equal(lookup(&table, "2001:db8:0:1::1", "::1"), "host");
	take(&table, "::/0", "::/0", "six");
	take(&table, "2001:db8:0:1::/64", "::/0", "subnet");
	assert_string_equal(lookup(&table, "2001:db8:0:1::1", "::1"), "host");
	take(&table, "2001:db8:0:1:8000::/65", "::/0", "half");
	take(&table, "2001:db8:0:1::1/128", "::/0", "host");
	take(&table, "0.0.0.0/0", "0.0.0.0/0", "four");
	assert_empty(&table);
}

static void then_the_most_specific(void **state)
{
	static const struct {
		const char *remote, *local, *owner;
	} rows[] = {
		{ "10.2.0.0/16", "10.1.0.0/16", "all" },
		{ "10.2.0.0/16[tcp]", "10.1.0.0/16", "tcp" },
		{ "10.2.0.0/16[tcp/1-1023]", "10.1.0.0/16", "system" },
		{ "10.2.0.0/16[tcp/80]", "10.1.0.0/16[tcp]", "web" },
		{ "10.2.0.0/16[tcp/80]", "10.1.0.0/16[tcp/50000]", "web-from" },
		{ "10.2.0.0/16", "10.1.0.0/16[udp/53]", "answers" },
		{ "10.2.0.0/16[icmp]", "10.1.0.0/16", "icmp" },
	};
	enum { N = sizeof(rows) / sizeof(rows[0]) };

	(void)state;
	/* In whichever order they were made. */
	for (size_t first = 0; first < N; first++) {
		struct spn_selectors table = { 0 };

		for (size_t i = 0; i < N; i++) {
			size_t at = (first + i) % N;

			assert_int_equal(insert(&table, rows[at].remote, rows[at].local,
						rows[at].owner), 0);
		}
		assert_string_equal(lookup_ports(&table, IPPROTO_TCP, 80, 50000), "web-from");
		assert_string_equal(lookup_ports(&table, IPPROTO_TCP, 80, 50001), "web");
		assert_string_equal(lookup_ports(&table, IPPROTO_TCP, 1023, 50000), "system");
		assert_string_equal(lookup_ports(&table, IPPROTO_TCP, 1024, 50000), "tcp");
		assert_string_equal(lookup_ports(&table, IPPROTO_TCP, 0, 50000), "tcp");
		assert_string_equal(lookup_ports(&table, IPPROTO_UDP, 50000, 53), "answers");
		assert_string_equal(lookup_ports(&table, IPPROTO_UDP, 53, 50000), "all");
		assert_string_equal(lookup_ports(&table, IPPROTO_ICMP, 0, 0), "icmp");
		assert_string_equal(lookup_ports(&table, IPPROTO_GRE, 0, 0), "all");
		for (size_t i = 0; i < N; i++) {
			size_t at = (first + i) % N;

			take(&table, rows[at].remote, rows[at].local, rows[at].owner);
		}
		assert_empty(&table);
	}
}

static void of_two_that_overlap_the_lower_ports_win(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct spn_selectors table = { 0 };

		for (int i = 0; i < 2; i++)
			assert_int_equal(i == turn ? insert(&table, "10.2.0.0/16[udp/1-20]",
							    "10.1.0.0/16", "low") :
						     insert(&table, "10.2.0.0/16[udp/11-30]",
							    "10.1.0.0/16", "high"), 0);
		assert_string_equal(lookup_ports(&table, IPPROTO_UDP, 15, 1), "low");
		assert_string_equal(lookup_ports(&table, IPPROTO_UDP, 25, 1), "high");
		assert_string_equal(lookup_ports(&table, IPPROTO_UDP, 31, 1), "nobody");
		take(&table, "10.2.0.0/16[udp/1-20]", "10.1.0.0/16", "low");
		assert_string_equal(lookup_ports(&table, IPPROTO_UDP, 15, 1), "high");
		take(&table, "10.2.0.0/16[udp/11-30]", "10.1.0.0/16", "high");
		assert_empty(&table);
	}
}

static void a_packet_without_ports_fits_where_they_do_not_matter(void **state)
{
	struct spn_tuple fragment = packet(IPPROTO_UDP, 0, 0);
	struct spn_selectors table = { 0 };

	(void)state;
	fragment.has_ports = false;
	assert_int_equal(insert(&table, "10.2.0.0/16[udp/0]", "10.1.0.0/16", "port"), 0);
	assert_true(spn_selectors_have_ports(&table));
	assert_null(spn_selectors_lookup(&table, &fragment));
	assert_int_equal(insert(&table, "10.2.0.0/16[udp]", "10.1.0.0/16", "udp"), 0);
	assert_string_equal(spn_selectors_lookup(&table, &fragment), "udp");
	take(&table, "10.2.0.0/16[udp/0]", "10.1.0.0/16", "port");
	assert_false(spn_selectors_have_ports(&table));
	take(&table, "10.2.0.0/16[udp]", "10.1.0.0/16", "udp");
	assert_empty(&table);
}

/* A longer prefix comes before a port: that is said of addresses alone. */
static void a_longer_prefix_comes_first(void **state)
{
	struct spn_selectors table = { 0 };

	(void)state;
	assert_int_equal(insert(&table, "10.2.0.0/16[tcp/80]", "10.1.0.0/16", "port"), 0);
	assert_int_equal(insert(&table, "10.2.0.0/24", "0.0.0.0/0", "subnet"), 0);
	assert_string_equal(lookup_ports(&table, IPPROTO_TCP, 80, 1), "subnet");
	take(&table, "10.2.0.0/24", "0.0.0.0/0", "subnet");
	assert_int_equal(insert(&table, "10.2.0.0/24[tcp/81]", "0.0.0.0/0", "subnet"), 0);
	assert_string_equal(lookup_ports(&table, IPPROTO_TCP, 80, 1), "port");
	take(&table, "10.2.0.0/24[tcp/81]", "0.0.0.0/0", "subnet");
	take(&table, "10.2.0.0/16[tcp/80]", "10.1.0.0/16", "port");
	assert_empty(&table);
}

/* What a selector says, one side at a time, for the table to be compared with. */
static bool fits(const struct spn_ts *ts, const struct spn_tuple *tuple,
		 const struct spn_addr *address, u16 port)
{
	bool all = !ts->ports.first && ts->ports.last == SPN_PORTS_ALL.last;

	return spn_prefix_holds(&ts->prefix, address) &&
	       (!ts->proto || ts->proto == tuple->proto) &&
	       (all || (tuple->has_ports && port >= ts->ports.first && port <= ts->ports.last));
}

static bool takes_remote(const struct spn_ts *ts, const struct spn_tuple *tuple)
{
	return fits(ts, tuple, &tuple->remote, tuple->remote_port);
}

static bool takes_local(const struct spn_ts *ts, const struct spn_tuple *tuple)
{
	return fits(ts, tuple, &tuple->local, tuple->local_port);
}

static void sides_take_packets(void **state)
{
	static const struct {
		const char *ts;
		bool remote, local;
	} cases[] = {
		{ "10.2.0.0/16", true, false },
		{ "10.1.0.0/16", false, true },
		{ "10.0.0.0/8[tcp]", true, true },
		{ "10.0.0.0/8[udp]", false, false },
		{ "10.0.0.0/8[tcp/80]", true, false },
		{ "10.0.0.0/8[tcp/50000]", false, true },
		{ "10.0.0.0/8[tcp/80-50000]", true, true },
		{ "10.0.0.0/8[tcp/81-49999]", false, false },
	};
	struct spn_tuple tuple = packet(IPPROTO_TCP, 80, 50000);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spn_ts ts = selector(cases[i].ts);

		if (takes_remote(&ts, &tuple) != cases[i].remote ||
		    takes_local(&ts, &tuple) != cases[i].local)
			fail_msg("%s", cases[i].ts);
	}
}

/* Everything at the remote end is no network that could be protected. */
static void selectors_of_everything_protect_nothing(void **state)
{
	struct spn_selectors table = { 0 };
	struct spn_tuple tuple = packet(IPPROTO_TCP, 80, 50000);

	(void)state;
	assert_int_equal(insert(&table, "0.0.0.0/0", "0.0.0.0/0", "all"), 0);
	assert_string_equal(lookup_ports(&table, IPPROTO_TCP, 80, 50000), "all");
	assert_null(spn_selectors_protect(&table, &tuple));
	assert_int_equal(insert(&table, "0.0.0.0/1", "0.0.0.0/0", "half"), 0);
	assert_string_equal(spn_selectors_protect(&table, &tuple), "half");
	assert_int_equal(insert(&table, "10.2.0.0/16", "10.1.0.0/16", "net"), 0);
	assert_string_equal(spn_selectors_protect(&table, &tuple), "net");
	take(&table, "10.2.0.0/16", "10.1.0.0/16", "net");
	take(&table, "0.0.0.0/1", "0.0.0.0/0", "half");
	take(&table, "0.0.0.0/0", "0.0.0.0/0", "all");
	assert_empty(&table);
}

static void sides_meet_unless_family_or_protocol_differ(void **state)
{
	static const struct {
		const char *remote, *local;
		bool meet;
	} cases[] = {
		{ "10.2.0.0/16", "10.1.0.0/16", true },
		{ "10.2.0.0/16", "::/0", false },
		{ "10.2.0.0/16[tcp]", "10.1.0.0/16", true },
		{ "10.2.0.0/16", "10.1.0.0/16[udp/53]", true },
		{ "10.2.0.0/16[udp/1]", "10.1.0.0/16[udp/53]", true },
		{ "10.2.0.0/16[tcp]", "10.1.0.0/16[udp]", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spn_ts r = selector(cases[i].remote), l = selector(cases[i].local);

		if (spn_ts_meet(&r, &l) != cases[i].meet)
			fail_msg("%s and %s", cases[i].remote, cases[i].local);
	}
}

/* --- against a list ------------------------------------------------------------ */

enum { OPERATIONS = 60000, MODEL_MAX = 400 };

struct pair {
	struct spn_ts remote, local;
	const char *owner;
};

struct model {
	struct pair list[MODEL_MAX];
	size_t n;
};

static const char *const owners[] = { "one", "two", "three" };

/* Few different addresses, so that prefixes nest, part and meet again. */
static struct spn_addr draw_addr(u16 family)
{
	struct spn_addr addr = { .family = family };
	unsigned int octets = family == AF_INET ? 4 : 16;

	for (unsigned int i = 0; i < octets; i++) {
		unsigned int place = family == AF_INET ? i : i / 4;

		if (family == AF_INET || i % 4 == 3)
			addr.octets[i] = (u8)(random() & (place == 3 ? 0x83 : 0xc1));
	}
	return addr;
}

/* Everything is between the same two networks, and only protocol and ports differ. */
static bool same_networks;

static struct spn_prefix draw_prefix(u16 family)
{
	unsigned int bits = family == AF_INET ? 32 : 128;
	struct spn_prefix prefix = {
		.addr = draw_addr(family),
		.len = same_networks ? 0 : (u8)((unsigned long)random() % (bits + 1)),
	};

	for (unsigned int i = prefix.len; i < bits; i++)
		prefix.addr.octets[i / 8] &= 0xff - (0x80 >> i % 8);
	return prefix;
}

/* Few protocols and ports, too. */
static struct spn_ts draw_ts(u16 family)
{
	static const u8 protos[] = { 0, 0, IPPROTO_TCP, IPPROTO_UDP };
	struct spn_ts ts = {
		.prefix = draw_prefix(family),
		.proto = protos[random() % 4],
		.ports = SPN_PORTS_ALL,
	};

	if (ts.proto && random() % 2) {
		ts.ports.first = (u16)(random() % 4);
		ts.ports.last = (u16)(ts.ports.first + random() % 3);
	}
	return ts;
}

static u64 pair_width(const struct pair *pair)
{
	return (pair->remote.ports.last - pair->remote.ports.first + 1ULL) *
	       (pair->local.ports.last - pair->local.ports.first + 1ULL);
}

static u8 pair_proto(const struct pair *pair)
{
	return pair->remote.proto ? pair->remote.proto : pair->local.proto;
}

/* Whether a protocol is said on one side or on both is all the same. */
static bool pairs_equal(const struct pair *a, const struct pair *b)
{
	return spn_prefix_equal(&a->remote.prefix, &b->remote.prefix) &&
	       spn_prefix_equal(&a->local.prefix, &b->local.prefix) &&
	       pair_proto(a) == pair_proto(b) &&
	       !memcmp(&a->remote.ports, &b->remote.ports, sizeof(a->remote.ports)) &&
	       !memcmp(&a->local.ports, &b->local.ports, sizeof(a->local.ports));
}

/* Negative if @a goes first: the rules of the table, one after the other. */
static long long order(const struct pair *a, const struct pair *b)
{
	const long long steps[] = {
		b->remote.prefix.len - a->remote.prefix.len,
		b->local.prefix.len - a->local.prefix.len,
		!pair_proto(a) - !pair_proto(b),
		(long long)(pair_width(a) - pair_width(b)),
		a->remote.ports.first - b->remote.ports.first,
		a->local.ports.first - b->local.ports.first,
		a->remote.ports.last - b->remote.ports.last,
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i])
			return steps[i];
	return 0;
}

static struct pair *model_find(struct model *m, const struct pair *pair)
{
	for (size_t i = 0; i < m->n; i++)
		if (pairs_equal(&m->list[i], pair))
			return &m->list[i];
	return NULL;
}

static const char *model_lookup(const struct model *m, const struct spn_tuple *tuple)
{
	const struct pair *best = NULL;

	for (size_t i = 0; i < m->n; i++) {
		const struct pair *pair = &m->list[i];

		if (takes_remote(&pair->remote, tuple) &&
		    takes_local(&pair->local, tuple) && (!best || order(pair, best) < 0))
			best = pair;
	}
	return best ? best->owner : NULL;
}

static void insert_in_both(struct model *m, struct spn_selectors *table, u16 family)
{
	struct pair pair = {
		draw_ts(family), draw_ts(family), owners[random() % 3],
	};
	const struct pair *twin;
	int wanted = 0;

	if (m->n && !(random() % 8)) {
		pair.remote = m->list[(size_t)random() % m->n].remote;
		if (random() % 2)
			pair.local = m->list[(size_t)random() % m->n].local;
	}
	if (!spn_ts_meet(&pair.remote, &pair.local) || m->n == MODEL_MAX)
		return;
	twin = model_find(m, &pair);
	if (twin)
		wanted = twin->owner == pair.owner ? 1 : -EEXIST;
	assert_int_equal(spn_selectors_insert(table, &pair.remote, &pair.local,
					      (void *)pair.owner), wanted);
	if (!twin)
		m->list[m->n++] = pair;
}

static void remove_from_both(struct model *m, struct spn_selectors *table)
{
	struct pair *pair = &m->list[(size_t)random() % m->n];
	const char *owner = random() % 8 ? pair->owner : owners[random() % 3];

	spn_selectors_remove(table, &pair->remote, &pair->local, owner);
	if (owner == pair->owner)
		*pair = m->list[--m->n];
}

static void ask_both(const struct model *m, const struct spn_selectors *table, u16 family)
{
	struct spn_tuple tuple = {
		.remote = draw_addr(family),
		.local = draw_addr(family),
		.proto = random() % 2 ? IPPROTO_TCP : IPPROTO_UDP,
		.has_ports = random() % 8,
		.remote_port = (u16)(random() % 6),
		.local_port = (u16)(random() % 6),
	};

	assert_ptr_equal(spn_selectors_lookup(table, &tuple), model_lookup(m, &tuple));
}

/* The number of pairs swings, so that the tries grow and are pruned again and again. */
static void compare_with_a_list(void)
{
	static struct model m;
	struct spn_selectors table = { 0 };

	srandom(4301);
	for (unsigned int i = 0; i < OPERATIONS; i++) {
		u16 family = random() % 2 ? AF_INET : AF_INET6;
		bool growing = i / 1000 % 2 == 0;

		if (random() % 10 < (growing ? 7 : 3))
			insert_in_both(&m, &table, family);
		else if (m.n)
			remove_from_both(&m, &table);
		ask_both(&m, &table, family);
		if (!m.n)
			assert_empty(&table);
	}
	for (; m.n; m.n--)
		spn_selectors_remove(&table, &m.list[m.n - 1].remote, &m.list[m.n - 1].local,
				     m.list[m.n - 1].owner);
	assert_empty(&table);
}

static void random_operations_fare_as_in_a_list(void **state)
{
	(void)state;
	compare_with_a_list();
}

static void random_services_fare_as_in_a_list(void **state)
{
	(void)state;
	same_networks = true;
	compare_with_a_list();
	same_networks = false;
}

/* One by one, they would be looked through for every packet. */
static void a_tunnel_for_each_service(void **state)
{
	enum { N = 5000 };
	static const char owners_of[N];
	struct spn_ts remote = selector("10.2.0.0/16[tcp]"), local = selector("10.1.0.0/16");
	struct spn_selectors table = { 0 };
	struct spn_tuple tuple = packet(IPPROTO_TCP, 0, 40000);

	(void)state;
	assert_int_equal(insert(&table, "10.2.0.0/16[tcp/1000-1001]", "10.1.0.0/16", "range"), 0);
	for (unsigned int i = 0; i < N; i++) {
		remote.ports = (struct spn_ports){ (u16)(1000 + i), (u16)(1000 + i) };
		assert_int_equal(spn_selectors_insert(&table, &remote, &local,
						      (void *)&owners_of[i]), 0);
		assert_int_equal(spn_selectors_insert(&table, &remote, &local,
						      (void *)&owners_of[i]), 1);
		assert_int_equal(spn_selectors_insert(&table, &remote, &local, "other"), -EEXIST);
	}
	for (unsigned int i = 0; i < N; i++) {
		tuple.remote_port = (u16)(1000 + i);
		assert_ptr_equal(spn_selectors_lookup(&table, &tuple), &owners_of[i]);
	}
	for (unsigned int i = 0; i < N; i++) {
		remote.ports = (struct spn_ports){ (u16)(1000 + i), (u16)(1000 + i) };
		spn_selectors_remove(&table, &remote, &local, &owners_of[i]);
		tuple.remote_port = (u16)(1000 + i);
		if (i < 2)
			assert_string_equal(spn_selectors_lookup(&table, &tuple), "range");
		else
			assert_null(spn_selectors_lookup(&table, &tuple));
	}
	take(&table, "10.2.0.0/16[tcp/1000-1001]", "10.1.0.0/16", "range");
	assert_empty(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_hold_addresses),
		cmocka_unit_test(prefixes_are_checked_and_compared),
		cmocka_unit_test(the_longest_remote_prefix_wins),
		cmocka_unit_test(then_the_longest_local_prefix),
		cmocka_unit_test(a_remote_prefix_without_the_source_does_not_count),
		cmocka_unit_test(a_pair_has_one_owner),
		cmocka_unit_test(the_families_do_not_meet),
		cmocka_unit_test(then_the_most_specific),
		cmocka_unit_test(of_two_that_overlap_the_lower_ports_win),
		cmocka_unit_test(a_packet_without_ports_fits_where_they_do_not_matter),
		cmocka_unit_test(a_longer_prefix_comes_first),
		cmocka_unit_test(sides_take_packets),
		cmocka_unit_test(selectors_of_everything_protect_nothing),
		cmocka_unit_test(sides_meet_unless_family_or_protocol_differ),
		cmocka_unit_test(random_operations_fare_as_in_a_list),
		cmocka_unit_test(random_services_fare_as_in_a_list),
		cmocka_unit_test(a_tunnel_for_each_service),
	};

	return cmocka_run_group_tests_name("selector", tests, NULL, NULL);
}
