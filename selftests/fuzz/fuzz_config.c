// SPDX-License-Identifier: GPL-2.0-or-later
/* Any file: a configuration, or at least one problem, each with its place. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_problem(const char *text, void *arg)
{
	unsigned int *problems = arg;

	if (strncmp(text, "/proc/self/fd/", 14))
		abort();
	++*problems;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct sp_config *config;
	unsigned int problems = 0;
	char path[32];

	if (fd < 0)
		fd = memfd_create("spindle.conf", 0);
	/* Others may not write it, or it is no configuration whatever it says. */
	if (fd < 0 || fchmod(fd, 0600) || ftruncate(fd, 0) ||
	    pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	config = sp_config_load(path, on_problem, &problems);
	if (!config == !problems)
		abort();
	sp_config_free(config);
	return 0;
}
