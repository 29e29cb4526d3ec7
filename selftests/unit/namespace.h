/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network namespace of a test's own.  Not everybody who may compile may make one: then what
 * needs it is skipped.
 */
#ifndef TEST_NAMESPACE_H
#define TEST_NAMESPACE_H

#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool have_namespace;

/* In which lo is up. */
static inline void enter_namespace(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	have_namespace = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &lo);
	if (fd >= 0)
		close(fd);
}

#endif
