// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "addr.h"

static void addresses_round_trip(void **state)
{
	static const struct {
		const char *text, *shown;
		size_t len;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", 4 },
		{ "0.0.0.0", "0.0.0.0", 4 },
		{ "2001:db8::1", "2001:db8::1", 16 },
		{ "2001:DB8:0:0::1", "2001:db8::1", 16 },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1", 16 },
	};
	char buf[SP_ADDR_STRLEN];
	struct sp_error err;
	struct sp_addr addr;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sp_addr_parse(&addr, rows[i].text, &err), 0);
		assert_int_equal(sp_addr_len(&addr), rows[i].len);
		assert_string_equal(sp_addr_format(&addr, buf), rows[i].shown);
	}
}

static void wrong_addresses_are_named(void **state)
{
	static const char *const rows[] = {
		"", "office", "192.0.2", "192.0.2.256", "192.0.2.1 ", " 192.0.2.1", "192.0.2.1/32",
		"0xc0000201", "2001:db8::g", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0",
	};
	struct sp_error err;
	struct sp_addr addr;
	char expected[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sp_addr_parse(&addr, rows[i], &err), -1);
		assert_int_equal(addr.family, AF_UNSPEC);
		snprintf(expected, sizeof(expected), "\"%s\" is not an IP address", rows[i]);
		assert_string_equal(err.text, expected);
	}
}

static void addresses_compare_within_their_family(void **state)
{
	struct sp_addr a, b, none = { 0 };
	struct sp_error err;
	char buf[SP_ADDR_STRLEN];

	(void)state;
	sp_addr_parse(&a, "1.2.3.4", &err);
	sp_addr_parse(&b, "1.2.3.4", &err);
	assert_true(sp_addr_equal(&a, &b));
	sp_addr_parse(&b, "1.2.3.5", &err);
	assert_false(sp_addr_equal(&a, &b));
	/* The same leading octets, of another family. */
	sp_addr_parse(&b, "102:304::", &err);
	assert_false(sp_addr_equal(&a, &b));
	assert_false(sp_addr_equal(&a, &none));
	assert_true(sp_addr_equal(&none, &none));
	assert_string_equal(sp_addr_format(&none, buf), "none");
}

static void prefixes_round_trip(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{ "10.1.0.0/16", "10.1.0.0/16" },
		{ "10.1.2.3", "10.1.2.3/32" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "10.1.2.128/25", "10.1.2.128/25" },
		{ "2001:db8::/32", "2001:db8::/32" },
		{ "2001:db8::1", "2001:db8::1/128" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128" },
	};
	struct sp_prefix prefix, again;
	char buf[SP_PREFIX_STRLEN];
	struct sp_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sp_prefix_parse(&prefix, rows[i].text, &err), 0);
		assert_string_equal(sp_prefix_format(&prefix, buf), rows[i].shown);
		assert_int_equal(sp_prefix_parse(&again, buf, &err), 0);
		assert_true(sp_prefix_equal(&prefix, &again));
	}
}

static void wrong_prefixes_say_why(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "\"\" is not an IP prefix" },
		{ "lan", "\"lan\" is not an IP prefix" },
		{ "10.1/16", "\"10.1/16\" is not an IP prefix" },
		{ "10.1.0.0/", "prefix \"10.1.0.0/\": length: \"\" is not a number" },
		{ "10.1.0.0/x", "prefix \"10.1.0.0/x\": length: \"x\" is not a number" },
		{ "10.1.0.0/33", "prefix \"10.1.0.0/33\": length: 33 is not between 0 and 32" },
		{ "::/129", "prefix \"::/129\": length: 129 is not between 0 and 128" },
		{ "10.1.2.3/16",
		  "prefix \"10.1.2.3/16\" has host bits set: did you mean 10.1.0.0/16?" },
		{ "2001:db8::1/127",
		  "prefix \"2001:db8::1/127\" has host bits set: did you mean 2001:db8::/127?" },
		{ "10.0.0.0.0000000000000000000000000000000000000000/8",
		  "\"10.0.0.0.0000000000000000000000000000000000000000/8\" is not an IP prefix" },
	};
	struct sp_prefix prefix;
	struct sp_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sp_prefix_parse(&prefix, rows[i].text, &err), -1);
		assert_string_equal(err.text, rows[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_round_trip),
		cmocka_unit_test(wrong_addresses_are_named),
		cmocka_unit_test(addresses_compare_within_their_family),
		cmocka_unit_test(prefixes_round_trip),
		cmocka_unit_test(wrong_prefixes_say_why),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
