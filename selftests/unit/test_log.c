// SPDX-License-Identifier: GPL-2.0-or-later
/* A log that nobody reads holds nobody up, and says afterwards what is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "io/log.h"

enum { LINES = 2000 };			/* of more octets than a pipe takes */

/* Reads what there is. */
static size_t drain(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return len;
}

static unsigned int count(const char *text, const char *word)
{
	unsigned int n = 0;

	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

static void test_lost_lines_are_counted(void **state)
{
	static char text[1 << 18];
	int ends[2], usual = dup(STDERR_FILENO);
	unsigned int told, lost = 0;
	const char *note;

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	dup2(ends[1], STDERR_FILENO);
	for (int i = 0; i < LINES; i++)
		log_line("%0100d", i);
	drain(ends[0], text, sizeof(text));
	told = count(text, "spindled: 0");
	log_line("again");
	drain(ends[0], text, sizeof(text));
	dup2(usual, STDERR_FILENO);
	close(usual);
	close(ends[0]);
	close(ends[1]);

	assert_in_range(told, 1, LINES - 1);
	note = strstr(text, "spindled: ");
	assert_non_null(note);
	assert_int_equal(sscanf(note, "spindled: %u lines of the log were lost\n", &lost), 1);
	assert_int_equal(told + lost, LINES);
	assert_non_null(strstr(text, "spindled: again\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost_lines_are_counted),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
