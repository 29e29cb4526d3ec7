// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netns_exec NAME COMMAND...: runs COMMAND in the network namespace of that name.
 *
 * As nsenter --net does, but static: an emulated processor takes longer to load the
 * libraries of nsenter than to do what it is asked for, thousands of times in a run.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char path[256];
	int fd;

	if (argc < 3)
		errx(2, "usage: netns_exec NAME COMMAND...");
	if (snprintf(path, sizeof(path), "/run/netns/%s", argv[1]) >= (int)sizeof(path))
		errx(2, "%s: the name is too long", argv[1]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		err(1, "%s", path);
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
