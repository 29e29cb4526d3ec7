// SPDX-License-Identifier: GPL-2.0-or-later
/* Against the kernel, in a network namespace of the test's own, without the module. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

#include "namespace.h"
#include "netlink/address.h"
#include "netlink/link.h"
#include "netlink/route.h"

enum { LOOPBACK = 1 };			/* its ifindex in every namespace */


static struct sp_rt *rt;

static void need_namespace(void)
{
	if (!have_namespace)
		skip();
}

static struct sp_route some_route(void)
{
	struct sp_route route = {
		.table = SP_ROUTE_MAIN, .ifindex = LOOPBACK, .metric = SP_ROUTE_METRIC,
		.protocol = SP_RT_PROTOCOL, .type = 1,
	};
	struct sp_error err;

	assert_int_equal(sp_prefix_parse(&route.to, "10.9.0.0/16", &err), 0);
	return route;
}

static int count_route(const struct sp_route *route, void *arg)
{
	assert_int_equal(route->protocol, SP_RT_PROTOCOL);
	++*(unsigned int *)arg;
	return 0;
}

static unsigned int count_routes(void)
{
	struct sp_error err;
	unsigned int n = 0;

	assert_int_equal(sp_route_dump(rt, AF_INET, count_route, &n, &err), 0);
	return n;
}

static void routes_come_and_go(void **state)
{
	struct sp_route route = some_route(), found;
	struct sp_error err;

	(void)state;
	need_namespace();
	assert_int_equal(count_routes(), 0);
	assert_int_equal(sp_route_add(rt, &route, false, &err), 0);
	assert_int_equal(sp_route_add(rt, &route, false, &err), -EEXIST);
	assert_int_equal(count_routes(), 1);
	assert_int_equal(sp_route_find(rt, &route.to.addr, 0, &found, &err), 0);
	assert_true(sp_prefix_equal(&found.to, &route.to));
	assert_int_equal(found.ifindex, LOOPBACK);
	assert_int_equal(found.metric, SP_ROUTE_METRIC);
	assert_int_equal(found.source.family, AF_UNSPEC);

	assert_int_equal(sp_addr_parse(&route.source, "127.0.0.1", &err), 0);
	assert_int_equal(sp_route_add(rt, &route, true, &err), 0);
	assert_int_equal(count_routes(), 1);
	assert_int_equal(sp_route_find(rt, &route.to.addr, 0, &found, &err), 0);
	assert_true(sp_addr_equal(&found.source, &route.source));
	assert_int_equal(sp_route_del(rt, &route, &err), 0);
	assert_int_equal(count_routes(), 0);
	assert_int_equal(sp_route_del(rt, &route, &err), -ESRCH);
}

/* Of others: neither shown nor replaced. */
static void routes_of_others_stay(void **state)
{
	struct sp_route other = some_route(), route = other, found;
	struct sp_error err;

	(void)state;
	need_namespace();
	other.protocol = 4;
	other.metric = 0;
	assert_int_equal(sp_route_add(rt, &other, false, &err), 0);
	assert_int_equal(count_routes(), 0);
	assert_int_equal(sp_route_add(rt, &route, false, &err), 0);
	assert_int_equal(sp_route_find(rt, &route.to.addr, 0, &found, &err), 0);
	assert_int_equal(found.protocol, 4);
	assert_int_equal(sp_route_del(rt, &route, &err), 0);
	assert_int_equal(sp_route_del(rt, &other, &err), 0);
}

struct search {
	struct sp_address address;
	unsigned int n;
};

static int count_address(const struct sp_address *address, void *arg)
{
	struct search *search = arg;

	if (sp_addr_equal(&address->addr, &search->address.addr)) {
		assert_int_equal(address->len, search->address.len);
		assert_int_equal(address->ifindex, LOOPBACK);
		assert_int_equal(address->protocol, SP_RT_PROTOCOL);
		search->n++;
	}
	return 0;
}

static void addresses_come_and_go(void **state)
{
	struct search search = { .address = { .ifindex = LOOPBACK, .len = 16 } };
	struct sp_route found;
	struct sp_error err;

	(void)state;
	need_namespace();
	assert_int_equal(sp_addr_parse(&search.address.addr, "10.8.0.1", &err), 0);
	assert_int_equal(sp_address_add(rt, &search.address, &err), 0);
	assert_int_equal(sp_address_add(rt, &search.address, &err), -EEXIST);
	assert_int_equal(sp_address_dump(rt, count_address, &search, &err), 0);
	assert_int_equal(search.n, 1);
	/* There is no route to its network. */
	search.address.addr.octets[3] = 9;
	assert_int_equal(sp_route_find(rt, &search.address.addr, 0, &found, &err), -ENETUNREACH);
	search.address.addr.octets[3] = 1;
	assert_int_equal(sp_address_del(rt, &search.address, &err), 0);
	search.n = 0;
	assert_int_equal(sp_address_dump(rt, count_address, &search, &err), 0);
	assert_int_equal(search.n, 0);
}

static int count_rule(const struct sp_rule *rule, void *arg)
{
	const struct sp_rule *wanted = arg;

	if (rule->priority != wanted->priority)
		return 0;
	assert_true(sp_rule_equal(rule, wanted));
	return 1;
}

static void rules_come_and_go(void **state)
{
	struct sp_rule rules[] = {
		{ .priority = 109, .suppress = -1 },
		{ .priority = 103, .suppress = -1, .table = 4510 },
		{ .priority = 102, .suppress = 0, .table = SP_ROUTE_MAIN },
		{ .priority = 100, .suppress = -1, .mark = 0x119e, .target = 109 },
	};
	struct sp_error err;

	(void)state;
	need_namespace();
	for (size_t i = 0; i < 4; i++) {
		rules[i].family = AF_INET;
		rules[i].protocol = SP_RT_PROTOCOL;
		assert_int_equal(sp_rule_add(rt, &rules[i], &err), 0);
		assert_int_equal(sp_rule_dump(rt, AF_INET, count_rule, &rules[i], &err), 1);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(sp_rule_del(rt, &rules[i], &err), 0);
		assert_int_equal(sp_rule_dump(rt, AF_INET, count_rule, &rules[i], &err), 0);
	}
}

static void errors_hold_the_kernels_words(void **state)
{
	struct sp_route route = some_route();
	struct sp_error err;
	uint32_t ifindex;

	(void)state;
	need_namespace();
	route.ifindex = 99;
	assert_int_equal(sp_route_add(rt, &route, false, &err), -ENODEV);
	assert_string_equal(err.text, "No such device");

	assert_int_equal(sp_link_ensure("lo", &ifindex, &err), -1);
	assert_string_equal(err.text, "interface lo: is of kind hardware, not spindle");
	/* This text is the kernel's, from its extended ack. */
	assert_int_equal(sp_link_ensure("a-name-that-is-far-too-long", &ifindex, &err), -1);
	assert_string_equal(err.text, "interface a-name-that-is-far-too-long: "
			    "Attribute failed policy validation");
}

static int make_namespace(void **state)
{
	struct sp_error err;

	(void)state;
	enter_namespace();
	return have_namespace ? sp_rt_open(&rt, &err) : 0;
}

static int leave_namespace(void **state)
{
	(void)state;
	sp_rt_close(rt);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_come_and_go),
		cmocka_unit_test(routes_of_others_stay),
		cmocka_unit_test(addresses_come_and_go),
		cmocka_unit_test(rules_come_and_go),
		cmocka_unit_test(errors_hold_the_kernels_words),
	};

	return cmocka_run_group_tests_name("link", tests, make_namespace,
					   leave_namespace);
}
