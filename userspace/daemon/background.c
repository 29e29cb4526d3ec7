// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "background.h"

static int to_parent = -1;

/* An end without a word is a failure, which the child has told about. */
static void wait_for_child(int from_child)
{
	ssize_t len;
	char word;

	do
		len = read(from_child, &word, sizeof(word));
	while (len < 0 && errno == EINTR);
	_exit(len == sizeof(word) ? 0 : 1);
}

int background_enter(void)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	child = fork();
	if (child > 0) {
		close(ends[1]);
		wait_for_child(ends[0]);
	}
	close(ends[0]);
	if (child < 0) {
		close(ends[1]);
		return -1;
	}
	to_parent = ends[1];
	setsid();
	return 0;
}

void background_ready(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ssize_t len;

	if (to_parent < 0)
		return;
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	/* Should it be gone, nobody wants to know. */
	len = write(to_parent, "", 1);
	(void)len;
	close(to_parent);
	to_parent = -1;
}
