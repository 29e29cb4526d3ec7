// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any file of `spindle -batch`: its lines are carried out up to the first that cannot be,
 * and the error tells which that was.  In a network namespace of its own where that may be
 * had, so that the kernel of who loaded the module is not changed.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/cli.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct verb verbs[] = {
	{ "tunnel", .verbs = cli_tunnel_verbs },
	{ "sa", .verbs = cli_sa_verbs },
	{ "device", .verbs = cli_device_verbs },
	{ 0 },
};

static int open_file(void)
{
	if (unshare(CLONE_NEWNET) && !geteuid())
		abort();
	return memfd_create("batch", 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct cli cli = { 0 };
	char path[32], *argv[] = { path };

	if (fd < 0)
		fd = open_file();
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (cli_batch(&cli, verbs, 1, argv) && strncmp(cli.err.text, path, strlen(path)))
		abort();
	sp_nl_close(cli.nl);
	return 0;
}
