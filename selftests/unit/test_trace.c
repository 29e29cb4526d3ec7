// SPDX-License-Identifier: GPL-2.0-or-later
/* What `spindle trace` makes of the lines that the kernel's tracing gives it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* What reads a line has no name outside. */
#include "cli/trace.c"

#define DROP "spindle_drop: reason=replay dev=%s ifindex=7 netns=4026531840 spi=0x00000101 " \
	     "seq=12 packets=%u src=::ffff:192.0.2.2\n"

/* Of a line in which the program and the device have these names; without the time. */
static void expect_of(unsigned int packets, bool json, const char *program, const char *dev,
		      const char *told)
{
	struct cli cli = { .json = json };
	char line[512], *text = NULL;
	FILE *usual = stdout, *pipe;
	size_t len;

	snprintf(line, sizeof(line), "%16s-812 [000] b.s2. 41.5: " DROP, program, dev, packets);
	pipe = fmemopen(line, strlen(line), "r");
	stdout = open_memstream(&text, &len);
	tell_drops(&cli, pipe);
	fclose(stdout);
	stdout = usual;
	fclose(pipe);
	if (!strstr(text, told))
		fail_msg("\"%s\" is not in \"%s\"", told, text);
	free(text);
}

static void expect(bool json, const char *program, const char *dev, const char *told)
{
	expect_of(1, json, program, dev, told);
}

static void test_drop(void **state)
{
	(void)state;
	expect(false, "ping", "spin0", " spin0 replay spi 0x101 sequence 12 from 192.0.2.2\n");
	expect(true, "ping", "spin0", "\"dev\":\"spin0\",\"reason\":\"replay\",\"spi\":257,"
				      "\"sequence\":12,\"packets\":1,\"source\":\"192.0.2.2\"}\n");
}

static void test_packet_that_was_not_cut_yet(void **state)
{
	(void)state;
	expect_of(17, false, "ping", "spin0", " from 192.0.2.2 17 packets in one\n");
	expect_of(17, true, "ping", "spin0", "\"packets\":17");
}

/* Anybody may call his program anything. */
static void test_drop_in_a_program_of_that_name(void **state)
{
	(void)state;
	expect(false, "spindle_drop: ", "spin0", " spin0 replay spi 0x101");
}

/* An interface's name may hold any octet but blanks, "/" and ":". */
static void test_device_of_no_utf8(void **state)
{
	(void)state;
	expect(true, "ping", "b\xfcro", "\"dev\":\"b?ro\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_packet_that_was_not_cut_yet),
		cmocka_unit_test(test_drop_in_a_program_of_that_name),
		cmocka_unit_test(test_device_of_no_utf8),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
