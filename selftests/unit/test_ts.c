// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/lib/selector.h"

static void selectors_round_trip(void **state)
{
	static const struct {
		const char *text, *shown;
		uint8_t proto;
		uint16_t first, last;
	} rows[] = {
		{ "10.1.0.0/16", "10.1.0.0/16", 0, 0, 65535 },
		{ "10.1.2.3[tcp]", "10.1.2.3/32[tcp]", IPPROTO_TCP, 0, 65535 },
		{ "10.1.0.0/16[tcp/80]", "10.1.0.0/16[tcp/80]", IPPROTO_TCP, 80, 80 },
		{ "10.1.0.0/16[udp/0-65535]", "10.1.0.0/16[udp]", IPPROTO_UDP, 0, 65535 },
		{ "0.0.0.0/0[17/53]", "0.0.0.0/0[udp/53]", IPPROTO_UDP, 53, 53 },
		{ "::/0[sctp/1024-65535]", "::/0[sctp/1024-65535]", IPPROTO_SCTP, 1024, 65535 },
		{ "::/0[dccp/0-9]", "::/0[dccp/0-9]", IPPROTO_DCCP, 0, 9 },
		{ "2001:db8::/32[icmpv6]", "2001:db8::/32[icmpv6]", IPPROTO_ICMPV6, 0, 65535 },
		{ "10.1.0.0/16[89]", "10.1.0.0/16[89]", 89, 0, 65535 },
		{ "1111:2222:3333:4444:5555:6666:7777:8888/128[udplite/65534-65535]",
		  "1111:2222:3333:4444:5555:6666:7777:8888/128[udplite/65534-65535]",
		  IPPROTO_UDPLITE, 65534, 65535 },
	};
	char buf[SP_TS_STRLEN];
	struct sp_ts ts, again;
	struct sp_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sp_ts_parse(&ts, rows[i].text, &err), 0);
		assert_int_equal(ts.proto, rows[i].proto);
		assert_int_equal(ts.port_first, rows[i].first);
		assert_int_equal(ts.port_last, rows[i].last);
		assert_string_equal(sp_ts_format(&ts, buf), rows[i].shown);
		assert_int_equal(sp_ts_parse(&again, buf, &err), 0);
		assert_true(sp_ts_equal(&ts, &again));
	}
}

#define NET "10.1.0.0/16"

static void wrong_selectors_say_why(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "lan[tcp]", "\"lan\" is not an IP prefix" },
		{ "[tcp]", "\"\" is not an IP prefix" },
		{ NET "[tcp", "selector \"" NET "[tcp\" does not end with its first ]" },
		{ NET "[tcp]x", "selector \"" NET "[tcp]x\" does not end with its first ]" },
		{ NET "[]", "selector \"" NET "[]\": \"\" is neither a protocol nor its number" },
		{ NET "[0]",
		  "selector \"" NET "[0]\": \"0\" is neither a protocol nor its number" },
		{ NET "[256]",
		  "selector \"" NET "[256]\": \"256\" is neither a protocol nor its number" },
		{ NET "[icmp/8]", "selector \"" NET "[icmp/8]\": the protocol has no ports" },
		{ NET "[89/1]", "selector \"" NET "[89/1]\": the protocol has no ports" },
		{ NET "[tcp/]", "selector \"" NET "[tcp/]\": port: \"\" is not a number" },
		{ NET "[tcp/http]",
		  "selector \"" NET "[tcp/http]\": port: \"http\" is not a number" },
		{ NET "[tcp/1-]", "selector \"" NET "[tcp/1-]\": port: \"\" is not a number" },
		{ NET "[tcp/1-65536]",
		  "selector \"" NET "[tcp/1-65536]\": port: 65536 is not between 0 and 65535" },
		{ NET "[tcp/20-10]",
		  "selector \"" NET "[tcp/20-10]\": port 20 is after port 10" },
	};
	struct sp_error err;
	struct sp_ts ts;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sp_ts_parse(&ts, rows[i].text, &err), -1);
		assert_string_equal(err.text, rows[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_round_trip),
		cmocka_unit_test(wrong_selectors_say_why),
	};

	return cmocka_run_group_tests_name("ts", tests, NULL, NULL);
}
