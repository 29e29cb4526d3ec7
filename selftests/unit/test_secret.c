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

#include "secret.h"

#define HEX_64 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" \
	       "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"

static char path[] = "/tmp/spindle-secret-XXXXXX";

/* The file as KEY names it. */
static const char *key_file(const char *text)
{
	static char word[sizeof(path) + 1];
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	snprintf(word, sizeof(word), "@%s", path);
	return word;
}

static bool is_wiped(const struct sp_secret *secret)
{
	static const struct sp_secret zero;

	return !memcmp(secret, &zero, sizeof(zero));
}

static void hex_is_decoded(void **state)
{
	struct sp_secret secret;
	struct sp_error err;

	(void)state;
	assert_int_equal(sp_secret_parse(&secret, "0x00ffAbCd", &err), 0);
	assert_int_equal(secret.len, 4);
	assert_memory_equal(secret.octets, "\x00\xff\xab\xcd", 4);

	assert_int_equal(sp_secret_parse(&secret, "0x" HEX_64, &err), 0);
	assert_int_equal(secret.len, 64);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(secret.octets[i], i);
}

static void errors_do_not_hold_the_key(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "not 0xHEX, @FILE or -" },
		{ "00112233", "not 0xHEX, @FILE or -" },
		{ "0x", "empty" },
		{ "0x123", "an odd number of hexadecimal digits" },
		{ "0xabcg", "character 6 is not a hexadecimal digit" },
		{ "0x" HEX_64 "40", "longer than 64 octets" },
		{ "@/nonexistent/key", "/nonexistent/key: No such file or directory" },
		{ "@/", "/: Is a directory" },
	};
	struct sp_secret secret;
	struct sp_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&secret, 0xaa, sizeof(secret));
		assert_int_equal(sp_secret_parse(&secret, rows[i].text, &err), -1);
		assert_string_equal(err.text, rows[i].error);
		assert_true(is_wiped(&secret));
	}
}

static void files_hold_hex_and_blanks(void **state)
{
	struct sp_secret secret, same;
	char expected[128];
	struct sp_error err;

	(void)state;
	assert_int_equal(sp_secret_parse(&secret, key_file(" 00 01\n02\t0\n3 \n"), &err), 0);
	assert_int_equal(sp_secret_parse(&same, "0x00010203", &err), 0);
	assert_true(sp_secret_equal(&secret, &same));

	/* Longer than one read, and the odd digit at its border. */
	assert_int_equal(sp_secret_parse(&secret, key_file("\n" HEX_64 "\n"
		"                                                            "
		"                                                            "), &err), 0);
	assert_int_equal(secret.len, 64);

	assert_int_equal(sp_secret_parse(&secret, key_file("\n"), &err), -1);
	snprintf(expected, sizeof(expected), "%s: empty", path);
	assert_string_equal(err.text, expected);

	assert_int_equal(sp_secret_parse(&secret, key_file("00 0x"), &err), -1);
	snprintf(expected, sizeof(expected), "%s: character 5 is not a hexadecimal digit", path);
	assert_string_equal(err.text, expected);
	assert_true(is_wiped(&secret));
}

static void standard_input_is_read_to_its_end(void **state)
{
	struct sp_secret secret;
	struct sp_error err;
	int ends[2], saved = dup(STDIN_FILENO);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(write(ends[1], "0011\n22\n", 8), 8);
	close(ends[1]);
	assert_int_equal(sp_secret_parse(&secret, "-", &err), 0);
	assert_int_equal(secret.len, 3);
	/* Nothing is left for a second key. */
	assert_int_equal(sp_secret_parse(&secret, "-", &err), -1);
	assert_string_equal(err.text, "standard input: empty");
	close(ends[0]);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

static void secrets_compare_by_length_and_octets(void **state)
{
	struct sp_secret a = { { 1, 2, 3 }, 3 }, b = { { 1, 2, 4 }, 3 }, c = { { 1, 2, 3 }, 2 };

	(void)state;
	assert_true(sp_secret_equal(&a, &a));
	assert_false(sp_secret_equal(&a, &b));
	assert_false(sp_secret_equal(&a, &c));
	sp_secret_wipe(&a);
	assert_true(is_wiped(&a));
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_is_decoded),
		cmocka_unit_test(errors_do_not_hold_the_key),
		cmocka_unit_test(files_hold_hex_and_blanks),
		cmocka_unit_test(standard_input_is_read_to_its_end),
		cmocka_unit_test(secrets_compare_by_length_and_octets),
	};

	return cmocka_run_group_tests_name("secret", tests, make_file, remove_file);
}
