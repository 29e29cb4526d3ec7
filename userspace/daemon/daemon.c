// SPDX-License-Identifier: GPL-2.0-or-later
#include <openssl/rand.h>
#include <stdlib.h>
#include <time.h>

#include "daemon.h"

double daemon_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fill(void *arg, void *buf, size_t len)
{
	(void)arg;
	if (RAND_bytes(buf, (int)len) != 1)
		abort();	/* keys without randomness would be worse than no daemon */
}

const struct rk_random daemon_random = { .fill = fill };
