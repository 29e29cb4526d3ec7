// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"

#define FOLDER "/run/spindle"

static int name_lock(char path[64], struct sp_error *err)
{
	struct stat ns;

	if (stat("/proc/self/ns/net", &ns))
		return sp_fail(err, "/proc/self/ns/net: %s", strerror(errno));
	snprintf(path, 64, FOLDER "/netns-%llu.lock", (unsigned long long)ns.st_ino);
	return 0;
}

/* Written by who has the lock, so that others can tell. */
static void write_pid(int fd)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (!ftruncate(fd, 0) && pwrite(fd, text, (size_t)len, 0) != len)
		return;		/* nobody depends on it */
}

static int who_has_it(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		return 0;
	return atoi(text);
}

int lock_take(struct sp_error *err)
{
	char path[64];
	int fd;

	if (name_lock(path, err))
		return -1;
	mkdir(FOLDER, 0755);	/* if this fails, the file tells why */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return sp_fail(err, "%s: %s", path, strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		write_pid(fd);
		return fd;
	}
	if (errno == EWOULDBLOCK)
		sp_fail(err, "another spindled, process %d, is at work in this network namespace",
			who_has_it(fd));
	else
		sp_fail(err, "%s: %s", path, strerror(errno));
	close(fd);
	return -1;
}
