// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "number.h"

static void numbers_are_whole_words(void **state)
{
	static const char *const wrong[] = {
		"", " 1", "1 ", "+1", "-1", "1.5", "0x", "0xg", "x1", "1k", "1e3", "012x",
		"18446744073709551616", "0x10000000000000000",
	};
	struct sp_error err;
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(sp_number_parse(&value, wrong[i], 0, UINT64_MAX, &err), -1);

	assert_int_equal(sp_number_parse(&value, "18446744073709551615", 0, UINT64_MAX, &err), 0);
	assert_int_equal(value, UINT64_MAX);
	assert_int_equal(sp_number_parse(&value, "0xFFffFFff", 0, UINT32_MAX, &err), 0);
	assert_int_equal(value, UINT32_MAX);
	/* A leading zero is not octal. */
	assert_int_equal(sp_number_parse(&value, "010", 0, 100, &err), 0);
	assert_int_equal(value, 10);
}

static void numbers_have_a_range(void **state)
{
	struct sp_error err;
	uint64_t value;

	(void)state;
	assert_int_equal(sp_number_parse(&value, "256", 256, 300, &err), 0);
	assert_int_equal(sp_number_parse(&value, "300", 256, 300, &err), 0);
	assert_int_equal(sp_number_parse(&value, "255", 256, 300, &err), -1);
	assert_string_equal(err.text, "255 is not between 256 and 300");
	assert_int_equal(sp_number_parse(&value, "301", 256, 300, &err), -1);
	assert_int_equal(sp_number_parse(&value, "three", 256, 300, &err), -1);
	assert_string_equal(err.text, "\"three\" is not a number");
}

static void sizes_have_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t octets;
	} rows[] = {
		{ "0", 0 }, { "1500", 1500 }, { "2k", 2048 }, { "2K", 2048 }, { "3M", 3145728 },
		{ "1G", 1073741824 }, { "17179869183G", UINT64_C(17179869183) << 30 },
	};
	static const char *const wrong[] = {
		"", "k", "1kk", "1kB", "1T", "1 k", "-1k", "1.5M", "17179869184G",
	};
	struct sp_error err;
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sp_size_parse(&value, rows[i].text, &err), 0);
		assert_int_equal(value, rows[i].octets);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(sp_size_parse(&value, wrong[i], &err), -1);
	assert_string_equal(err.text,
			    "\"17179869184G\" is not a number of octets (N, Nk, NM or NG)");
}

static void durations_have_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} rows[] = {
		{ "0", 0 }, { "90", 90 }, { "90s", 90 }, { "5m", 300 }, { "8h", 28800 },
		{ "2d", 172800 },
	};
	struct sp_error err;
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sp_duration_parse(&value, rows[i].text, &err), 0);
		assert_int_equal(value, rows[i].seconds);
	}
	assert_int_equal(sp_duration_parse(&value, "1h30m", &err), -1);
	assert_string_equal(err.text, "\"1h30m\" is not a time (N, Ns, Nm, Nh or Nd)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_whole_words),
		cmocka_unit_test(numbers_have_a_range),
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(durations_have_units),
	};

	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
