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

/* Owners are strings, so that a wrong one can be named. */
static int insert(struct spn_trie *trie, const char *remote, const char *local,
		  const char *owner)
{
	struct spn_prefix r = prefix(remote), l = prefix(local);

	return spn_trie_insert(trie, &r, &l, (void *)owner);
}

static void take(struct spn_trie *trie, const char *remote, const char *local,
		 const char *owner)
{
	struct spn_prefix r = prefix(remote), l = prefix(local);

	spn_trie_remove(trie, &r, &l, owner);
}

static const char *lookup(const struct spn_trie *trie, const char *dst, const char *src)
{
	struct spn_addr d = addr(dst), s = addr(src);
	const char *owner = spn_trie_lookup(trie, &d, &s);

	return owner ? owner : "nobody";
}

static void assert_empty(const struct spn_trie *trie)
{
	assert_null(trie->v4);
	assert_null(trie->v6);
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

/* --- the trie ------------------------------------------------------------------ */

static void the_longest_remote_prefix_wins(void **state)
{
	struct spn_trie trie = { 0 };

	(void)state;
	assert_string_equal(lookup(&trie, "10.2.3.4", "10.1.0.1"), "nobody");
	assert_int_equal(insert(&trie, "10.2.0.0/16", "0.0.0.0/0", "net"), 0);
	assert_int_equal(insert(&trie, "0.0.0.0/0", "0.0.0.0/0", "all"), 0);
	assert_int_equal(insert(&trie, "10.2.3.4/32", "0.0.0.0/0", "host"), 0);
	assert_int_equal(insert(&trie, "10.2.3.0/24", "0.0.0.0/0", "subnet"), 0);
	assert_int_equal(insert(&trie, "10.3.0.0/16", "0.0.0.0/0", "other"), 0);
	assert_string_equal(lookup(&trie, "10.2.3.4", "10.1.0.1"), "host");
	assert_string_equal(lookup(&trie, "10.2.3.5", "10.1.0.1"), "subnet");
	assert_string_equal(lookup(&trie, "10.2.4.5", "10.1.0.1"), "net");
	assert_string_equal(lookup(&trie, "10.3.3.4", "10.1.0.1"), "other");
	assert_string_equal(lookup(&trie, "192.0.2.1", "10.1.0.1"), "all");

	take(&trie, "10.2.3.0/24", "0.0.0.0/0", "subnet");
	assert_string_equal(lookup(&trie, "10.2.3.5", "10.1.0.1"), "net");
	assert_string_equal(lookup(&trie, "10.2.3.4", "10.1.0.1"), "host");
	take(&trie, "10.2.3.4/32", "0.0.0.0/0", "host");
	take(&trie, "0.0.0.0/0", "0.0.0.0/0", "all");
	take(&trie, "10.2.0.0/16", "0.0.0.0/0", "net");
	assert_string_equal(lookup(&trie, "10.2.3.4", "10.1.0.1"), "nobody");
	assert_string_equal(lookup(&trie, "10.3.3.4", "10.1.0.1"), "other");
	take(&trie, "10.3.0.0/16", "0.0.0.0/0", "other");
	assert_empty(&trie);
}

static void then_the_longest_local_prefix(void **state)
{
	struct spn_trie trie = { 0 };

	(void)state;
	assert_int_equal(insert(&trie, "10.2.0.0/16", "10.1.0.0/16", "b"), 0);
	assert_int_equal(insert(&trie, "10.2.0.0/16", "10.1.5.0/24", "a"), 0);
	assert_int_equal(insert(&trie, "10.2.0.0/16", "10.0.0.0/8", "c"), 0);
	assert_int_equal(insert(&trie, "10.2.0.0/16", "10.9.0.0/16", "d"), 0);
	assert_string_equal(lookup(&trie, "10.2.0.1", "10.1.5.1"), "a");
	assert_string_equal(lookup(&trie, "10.2.0.1", "10.1.6.1"), "b");
	assert_string_equal(lookup(&trie, "10.2.0.1", "10.3.0.1"), "c");
	assert_string_equal(lookup(&trie, "10.2.0.1", "10.9.0.1"), "d");
	assert_string_equal(lookup(&trie, "10.2.0.1", "192.0.2.1"), "nobody");
	take(&trie, "10.2.0.0/16", "10.1.0.0/16", "b");
	assert_string_equal(lookup(&trie, "10.2.0.1", "10.1.6.1"), "c");
	take(&trie, "10.2.0.0/16", "10.1.5.0/24", "a");
	take(&trie, "10.2.0.0/16", "10.0.0.0/8", "c");
	take(&trie, "10.2.0.0/16", "10.9.0.0/16", "d");
	assert_empty(&trie);
}

static void a_remote_prefix_without_the_source_does_not_count(void **state)
{
	struct spn_trie trie = { 0 };

	(void)state;
	assert_int_equal(insert(&trie, "10.2.0.0/16", "10.1.0.0/16", "wide"), 0);
	assert_int_equal(insert(&trie, "10.2.3.0/24", "10.1.5.0/24", "narrow"), 0);
	assert_int_equal(insert(&trie, "10.2.3.4/32", "10.9.0.0/16", "host"), 0);
	assert_string_equal(lookup(&trie, "10.2.3.4", "10.9.1.1"), "host");
	assert_string_equal(lookup(&trie, "10.2.3.4", "10.1.5.1"), "narrow");
	assert_string_equal(lookup(&trie, "10.2.3.4", "10.1.6.1"), "wide");
	assert_string_equal(lookup(&trie, "10.2.3.4", "10.8.0.1"), "nobody");
	take(&trie, "10.2.0.0/16", "10.1.0.0/16", "wide");
	take(&trie, "10.2.3.0/24", "10.1.5.0/24", "narrow");
	take(&trie, "10.2.3.4/32", "10.9.0.0/16", "host");
	assert_empty(&trie);
}

static void a_pair_has_one_owner(void **state)
{
	struct spn_trie trie = { 0 };

	(void)state;
	assert_int_equal(insert(&trie, "10.2.0.0/16", "10.1.0.0/16", "first"), 0);
	assert_int_equal(insert(&trie, "10.2.0.0/16", "10.1.0.0/16", "second"), -EEXIST);
	assert_int_equal(insert(&trie, "10.2.0.0/16", "10.1.0.0/16", "first"), 1);
	assert_string_equal(lookup(&trie, "10.2.0.1", "10.1.0.1"), "first");
	/* What is not there, or another's, is left alone. */
	take(&trie, "10.2.0.0/16", "10.1.0.0/16", "second");
	take(&trie, "10.2.0.0/16", "10.1.0.0/17", "first");
	take(&trie, "10.2.0.0/17", "10.1.0.0/16", "first");
	take(&trie, "10.2.0.0/15", "10.1.0.0/16", "first");
	take(&trie, "10.3.0.0/16", "10.1.0.0/16", "first");
	assert_string_equal(lookup(&trie, "10.2.0.1", "10.1.0.1"), "first");
	take(&trie, "10.2.0.0/16", "10.1.0.0/16", "first");
	assert_empty(&trie);
	assert_int_equal(insert(&trie, "10.2.0.0/16", "10.1.0.0/16", "second"), 0);
	take(&trie, "10.2.0.0/16", "10.1.0.0/16", "second");
	assert_empty(&trie);
}

static void the_families_do_not_meet(void **state)
{
	struct spn_trie trie = { 0 };

	(void)state;
	assert_int_equal(insert(&trie, "0.0.0.0/0", "0.0.0.0/0", "four"), 0);
	assert_string_equal(lookup(&trie, "2001:db8::1", "2001:db8::2"), "nobody");
	assert_int_equal(insert(&trie, "::/0", "::/0", "six"), 0);
	assert_int_equal(insert(&trie, "2001:db8:0:1::/64", "::/0", "subnet"), 0);
	assert_int_equal(insert(&trie, "2001:db8:0:1:8000::/65", "::/0", "half"), 0);
	assert_int_equal(insert(&trie, "2001:db8:0:1::1/128", "::/0", "host"), 0);
	assert_string_equal(lookup(&trie, "10.2.0.1", "10.1.0.1"), "four");
	assert_string_equal(lookup(&trie, "2001:db8::1", "::1"), "six");
	assert_string_equal(lookup(&trie, "2001:db8:0:1::2", "::1"), "subnet");
	assert_string_equal(lookup(&trie, "2001:db8:0:1:8000::1", "::1"), "half");
	assert_string_equal(lookup(&trie, "2001:db8:0:1::1", "::1"), "host");
	take(&trie, "::/0", "::/0", "six");
	take(&trie, "2001:db8:0:1::/64", "::/0", "subnet");
	assert_string_equal(lookup(&trie, "2001:db8:0:1::1", "::1"), "host");
	take(&trie, "2001:db8:0:1:8000::/65", "::/0", "half");
	take(&trie, "2001:db8:0:1::1/128", "::/0", "host");
	take(&trie, "0.0.0.0/0", "0.0.0.0/0", "four");
	assert_empty(&trie);
}

/* --- against a list ------------------------------------------------------------ */

enum { OPERATIONS = 60000, MODEL_MAX = 400 };

struct pair {
	struct spn_prefix remote, local;
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

static struct spn_prefix draw_prefix(u16 family)
{
	unsigned int bits = family == AF_INET ? 32 : 128;
	struct spn_prefix prefix = {
		.addr = draw_addr(family),
		.len = (u8)((unsigned long)random() % (bits + 1)),
	};

	for (unsigned int i = prefix.len; i < bits; i++)
		prefix.addr.octets[i / 8] &= 0xff - (0x80 >> i % 8);
	return prefix;
}

static struct pair *model_find(struct model *m, const struct pair *pair)
{
	for (size_t i = 0; i < m->n; i++)
		if (spn_prefix_equal(&m->list[i].remote, &pair->remote) &&
		    spn_prefix_equal(&m->list[i].local, &pair->local))
			return &m->list[i];
	return NULL;
}

static const char *model_lookup(const struct model *m, const struct spn_addr *dst,
				const struct spn_addr *src)
{
	const struct pair *best = NULL;

	for (size_t i = 0; i < m->n; i++) {
		const struct pair *pair = &m->list[i];

		if (!spn_prefix_holds(&pair->remote, dst) || !spn_prefix_holds(&pair->local, src))
			continue;
		if (!best || pair->remote.len > best->remote.len ||
		    (pair->remote.len == best->remote.len && pair->local.len > best->local.len))
			best = pair;
	}
	return best ? best->owner : NULL;
}

static void insert_in_both(struct model *m, struct spn_trie *trie, u16 family)
{
	struct pair pair = {
		draw_prefix(family), draw_prefix(family), owners[random() % 3],
	};
	const struct pair *twin;
	int wanted = 0;

	if (m->n && !(random() % 8)) {
		pair.remote = m->list[(size_t)random() % m->n].remote;
		if (random() % 2)
			pair.local = m->list[(size_t)random() % m->n].local;
	}
	if (pair.remote.addr.family != pair.local.addr.family || m->n == MODEL_MAX)
		return;
	twin = model_find(m, &pair);
	if (twin)
		wanted = twin->owner == pair.owner ? 1 : -EEXIST;
	assert_int_equal(spn_trie_insert(trie, &pair.remote, &pair.local, (void *)pair.owner),
			 wanted);
	if (!twin)
		m->list[m->n++] = pair;
}

static void remove_from_both(struct model *m, struct spn_trie *trie)
{
	struct pair *pair = &m->list[(size_t)random() % m->n];
	const char *owner = random() % 8 ? pair->owner : owners[random() % 3];

	spn_trie_remove(trie, &pair->remote, &pair->local, owner);
	if (owner == pair->owner)
		*pair = m->list[--m->n];
}

static void ask_both(const struct model *m, const struct spn_trie *trie, u16 family)
{
	struct spn_addr dst = draw_addr(family), src = draw_addr(family);

	assert_ptr_equal(spn_trie_lookup(trie, &dst, &src), model_lookup(m, &dst, &src));
}

/* The number of pairs swings, so that the trie grows and is pruned again and again. */
static void random_operations_fare_as_in_a_list(void **state)
{
	static struct model m;
	struct spn_trie trie = { 0 };

	(void)state;
	srandom(4301);
	for (unsigned int i = 0; i < OPERATIONS; i++) {
		u16 family = random() % 2 ? AF_INET : AF_INET6;
		bool growing = i / 1000 % 2 == 0;

		if (random() % 10 < (growing ? 7 : 3))
			insert_in_both(&m, &trie, family);
		else if (m.n)
			remove_from_both(&m, &trie);
		ask_both(&m, &trie, family);
		if (!m.n)
			assert_empty(&trie);
	}
	for (; m.n; m.n--)
		spn_trie_remove(&trie, &m.list[m.n - 1].remote, &m.list[m.n - 1].local,
				m.list[m.n - 1].owner);
	assert_empty(&trie);
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
		cmocka_unit_test(random_operations_fare_as_in_a_list),
	};

	return cmocka_run_group_tests_name("selector", tests, NULL, NULL);
}
