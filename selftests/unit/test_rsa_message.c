// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "keying/rsa/message.h"
#include "keying/rsa/session.h"

/* Lines that mean something: what rk_message_format() makes of them again. */
static const struct {
	const char *line;
	const char *again;		/* NULL: the same */
} good[] = {
	{ "ping", NULL },
	{ "pong", NULL },
	{ "bye", NULL },
	{ "active gen=1", NULL },
	{ "active gen=1 tunnel=office", NULL },
	{ "delete gen=4294967295", NULL },
	{ "installed gen=7 spi=0x00001001", NULL },
	{ "installed gen=7 spi=0x1001", "installed gen=7 spi=0x00001001" },
	{ "installed spi=0xFFFFFFFF gen=7", "installed gen=7 spi=0xffffffff" },
	{ "install gen=1 spi=0x00000100 alg=aes128-sha256", NULL },
	{ "install gen=1 spi=0x00001001 alg=aes256-sha512 tunnel=office local-ts=10.1.0.0/16 "
	  "remote-ts=10.2.0.0/16,192.0.2.1/32 life-seconds=3600 life-bytes=18446744073709551615",
	  NULL },
	{ "install gen=1 spi=0x00001001 alg=x local-ts=2001:db8::/32", NULL },
	{ "install gen=1 spi=0x1001 alg=x remote-ts=10.2.0.1 later=thing also=\"a \\\" b\"",
	  "install gen=1 spi=0x00001001 alg=x remote-ts=10.2.0.1/32" },
	{ "ping x=1 x=2", "ping" },
	{ "ping x=", "ping" },
	{ "error code=selectors", NULL },
	{ "error code=x text=\"ours 10.1.0.0/16, yours \\\"none\\\", C:\\\\ – schön\"", NULL },
	{ "error code=\"selectors\" text=\"word\"", "error code=selectors text=word" },
	{ "error code=x text=a=b", NULL },
};

static const struct {
	const char *line;
	const char *error;
} bad[] = {
	{ "", "verb or key missing at octet 1" },
	{ " ping", "verb or key missing at octet 1" },
	{ "PING", "verb or key missing at octet 1" },
	{ "ping ", "verb or key missing at octet 6" },
	{ "ping  x=1", "verb or key missing at octet 6" },
	{ "ping\tx=1", "control character" },
	{ "ping x", "\"=\" missing at octet 7" },
	{ "ping x =1", "\"=\" missing at octet 7" },
	{ "ping =1", "verb or key missing at octet 6" },
	{ "ping x=\"1", "closing quote missing" },
	{ "ping x=\"1\\", "unknown escape" },
	{ "ping x=\"1\\n\"", "unknown escape at octet 11" },
	{ "ping x=\"1\"2", "blank missing at octet 11" },
	{ "ping x=1\"2\"", "blank missing at octet 9" },
	{ "ping x=1\\2", "blank missing at octet 9" },
	{ "a234567890123456789012345678901234567890", "verb or key too long at octet 1" },
	{ "ping a234567890123456789012345678901234567890=1", "verb or key too long at octet 6" },
	{ "ping x=\xff", "octet 8 is not UTF-8" },
	{ "active", "active without gen" },
	{ "delete", "delete without gen" },
	{ "install gen=1 spi=0x1001", "install without alg" },
	{ "install gen=1 alg=x", "install without spi" },
	{ "install spi=0x1001 alg=x", "install without gen" },
	{ "installed gen=1", "installed without spi" },
	{ "error text=x", "error without code" },
	{ "active gen=1 gen=1", "active: gen is given twice" },
	{ "active gen=", "active: gen: " },
	{ "active gen=0", "active: gen: " },
	{ "active gen=-1", "active: gen: " },
	{ "active gen=4294967296", "active: gen: " },
	{ "active gen=18446744073709551617", "active: gen: " },
	{ "active gen=1x", "active: gen: " },
	{ "active gen=\" 1\"", "active: gen: " },
	{ "installed gen=1 spi=4097", "installed: spi: \"4097\" is not 0x" },
	{ "installed gen=1 spi=0xff", "installed: spi: " },
	{ "installed gen=1 spi=0x100000000", "installed: spi: " },
	{ "installed gen=1 spi=0x", "installed: spi: " },
	{ "install gen=1 spi=0x1001 alg=", "install: alg: is empty" },
	{ "install alg=a2345678901234567890123456789012", "alg: is longer than 31" },
	{ "install gen=1 spi=0x1001 alg=x local-ts=10.1.0.1/16", "local-ts: " },
	{ "install gen=1 spi=0x1001 alg=x local-ts=", "local-ts: " },
	{ "install gen=1 spi=0x1001 alg=x local-ts=10.1.0.0/16,", "local-ts: " },
	{ "install gen=1 spi=0x1001 alg=x local-ts=\xc3\xb6", "local-ts: is not ASCII" },
	{ "install gen=1 spi=0x1001 alg=x life-seconds=0", "life-seconds: " },
	{ "install gen=1 spi=0x1001 alg=x life-bytes=18446744073709551616", "life-bytes: " },
	{ "install gen=1 spi=0x1001 alg=x remote-ts=1.0.0.0,2.0.0.0,3.0.0.0,4.0.0.0,5.0.0.0,"
	  "6.0.0.0,7.0.0.0,8.0.0.0,9.0.0.0,10.0.0.0,11.0.0.0,12.0.0.0,13.0.0.0,14.0.0.0,"
	  "15.0.0.0,16.0.0.0,17.0.0.0", "remote-ts: more than 16 selectors" },
};

static void good_lines_survive_a_round_trip(void **state)
{
	char line[RK_TEXT_MAX + 1];
	struct rk_message message;
	struct sp_error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (rk_message_parse(&message, good[i].line, &err))
			fail_msg("%s: %s", good[i].line, err.text);
		if (rk_message_format(&message, line, sizeof(line), &err))
			fail_msg("%s: %s", good[i].line, err.text);
		assert_string_equal(line, good[i].again ? good[i].again : good[i].line);
	}
}

static void bad_lines_are_errors(void **state)
{
	struct rk_message message;
	struct sp_error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!rk_message_parse(&message, bad[i].line, &err))
			fail_msg("\"%s\" is accepted", bad[i].line);
		if (!strstr(err.text, bad[i].error))
			fail_msg("\"%s\": \"%s\" is not in \"%s\"", bad[i].line, bad[i].error,
				 err.text);
	}
}

static void fields_hold_what_the_line_says(void **state)
{
	struct rk_message m;
	struct sp_error err;

	(void)state;
	assert_int_equal(rk_message_parse(&m, "install gen=3 spi=0xabcd alg=aes128-sha1 "
					  "tunnel=lan local-ts=10.1.0.0/16,10.3.0.0/16 "
					  "life-seconds=60 life-bytes=100", &err), 0);
	assert_int_equal(m.verb, RK_VERB_INSTALL);
	assert_string_equal(m.verb_text, "install");
	assert_int_equal(m.gen, 3);
	assert_int_equal(m.spi, 0xabcd);
	assert_string_equal(m.alg, "aes128-sha1");
	assert_string_equal(m.tunnel, "lan");
	assert_int_equal(m.local_ts.n, 2);
	assert_int_equal(m.local_ts.list[1].prefix.len, 16);
	assert_int_equal(m.local_ts.list[1].prefix.addr.octets[1], 3);
	assert_int_equal(m.remote_ts.n, 0);
	assert_int_equal(m.life_seconds, 60);
	assert_int_equal(m.life_bytes, 100);
	assert_string_equal(m.text, "");
}

static void unknown_verbs_are_told_apart_from_bad_lines(void **state)
{
	struct rk_message message;
	struct sp_error err;
	char line[64];

	(void)state;
	assert_int_equal(rk_message_parse(&message, "frobnicate a=1 gen=2", &err), 0);
	assert_int_equal(message.verb, RK_VERB_UNKNOWN);
	assert_string_equal(message.verb_text, "frobnicate");
	assert_int_equal(message.gen, 2);
	assert_int_equal(rk_message_parse(&message, "frobnicate a", &err), -1);
	message.verb = RK_VERB_UNKNOWN;
	assert_int_equal(rk_message_format(&message, line, sizeof(line), &err), -1);
}

static void format_refuses_what_does_not_fit(void **state)
{
	struct rk_message message = { .verb = RK_VERB_ACTIVE, .gen = 12 };
	char line[16];
	struct sp_error err;

	(void)state;
	assert_int_equal(rk_message_format(&message, line, 13, &err), -1);
	assert_int_equal(rk_message_format(&message, line, 14, &err), 0);
	assert_string_equal(line, "active gen=12");
	message.gen = 0;
	assert_int_equal(rk_message_format(&message, line, sizeof(line), &err), -1);
	assert_string_equal(err.text, "active without gen");
}

/* The longest of everything must not run over the parser's own buffers. */
static void largest_message_round_trips(void **state)
{
	struct rk_message message = {
		.verb = RK_VERB_INSTALL, .gen = UINT32_MAX, .spi = UINT32_MAX,
		.life_seconds = UINT64_MAX, .life_bytes = UINT64_MAX,
	};
	static const char longest[] = "1111:2222:3333:4444:5555:6666:7777:8888"
				      "[udplite/65534-65535]";
	struct rk_message again;
	struct sp_error err;
	char line[4096];
	size_t i;

	(void)state;
	memset(message.alg, 'a', sizeof(message.alg) - 1);
	memset(message.tunnel, 't', sizeof(message.tunnel) - 1);
	message.local_ts.n = RK_MESSAGE_TS_MAX;
	for (i = 0; i < RK_MESSAGE_TS_MAX; i++)
		assert_int_equal(sp_ts_parse(&message.local_ts.list[i], longest, &err), 0);
	assert_int_equal(rk_message_format(&message, line, sizeof(line), &err), 0);
	assert_int_equal(rk_message_parse(&again, line, &err), 0);
	assert_int_equal(again.local_ts.n, RK_MESSAGE_TS_MAX);

	/* Both lists at their longest are more than a line: an error, not a cut. */
	message.remote_ts = message.local_ts;
	assert_int_equal(rk_message_format(&message, line, RK_TEXT_MAX + 1, &err), -1);
	assert_int_equal(rk_message_format(&message, line, sizeof(line), &err), 0);
	assert_int_equal(rk_message_parse(&again, line, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines_survive_a_round_trip),
		cmocka_unit_test(bad_lines_are_errors),
		cmocka_unit_test(fields_hold_what_the_line_says),
		cmocka_unit_test(unknown_verbs_are_told_apart_from_bad_lines),
		cmocka_unit_test(format_refuses_what_does_not_fit),
		cmocka_unit_test(largest_message_round_trips),
	};

	return cmocka_run_group_tests_name("rsa_message", tests, NULL, NULL);
}
