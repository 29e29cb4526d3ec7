// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * refresh A B PERIOD KEPT: new keys for tunnel t of two hosts, network namespaces of
 * those names, every PERIOD milliseconds until SIGTERM, as two daemons would do
 * it, but by hand.  KEPT generations are there at the same time.
 *
 * Generation N is 0x10000000 + N inbound at A and 0x20000000 + N at B.  Of each SA
 * that it deletes, it prints host, direction, SPI and the packets it has carried;
 * at the end the number of the last generation.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "netlink/nl.h"

enum {
	KEY = 16,
	AUTH_KEY = 32,
};

struct host {
	const char *name;
	uint32_t spi; /* of generation 0, inbound */
	struct sp_nl *nl;
};

/* What a dump has to print. */
struct old {
	const struct host *host;
	uint32_t generation;
};

static const char tunnel[] = "t";
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void check(int ret, const struct host *host, const struct sp_error *error)
{
	if (ret)
		errx(1, "host %s: %s", host->name, error->text);
}

static void enter(struct host *host)
{
	struct sp_error error;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", host->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
	check(sp_nl_open(&host->nl, &error), host, &error);
}

static struct sp_sa new_sa(const struct host *receiver, uint32_t generation)
{
	struct sp_sa sa = {
		.alg = "aes128-sha256",
		.spi = receiver->spi + generation,
		.generation = generation,
		.key.len = KEY,
		.auth_key.len = AUTH_KEY,
	};

	if (getrandom(sa.key.octets, KEY, 0) != KEY ||
	    getrandom(sa.auth_key.octets, AUTH_KEY, 0) != AUTH_KEY)
		err(1, "getrandom");
	return sa;
}

static void install(const struct host *host, struct sp_sa in, struct sp_sa out, bool parked)
{
	struct sp_error error;

	in.dir = SPINDLE_DIR_IN;
	out.dir = SPINDLE_DIR_OUT;
	out.parked = parked;
	check(sp_nl_sa_new(host->nl, tunnel, &in, &out, &error), host, &error);
}

/* B receives with the new keys before A sends with them, and sends after A receives. */
static void begin_generation(const struct host *a, const struct host *b, uint32_t generation)
{
	struct sp_sa to_a = new_sa(a, generation), to_b = new_sa(b, generation);

	install(b, to_b, to_a, true);
	install(a, to_a, to_b, false);
}

static int print_old(const struct sp_sa *sa, const struct sp_tunnel *of, void *arg)
{
	const struct old *old = arg;

	(void)of;
	if (sa->generation == old->generation)
		printf("%s %s 0x%08" PRIx32 " %" PRIu64 "\n", old->host->name,
		       sa->dir == SPINDLE_DIR_IN ? "in" : "out", sa->spi, sa->packets);
	return 0;
}

static void end_generation(const struct host *host, uint32_t generation)
{
	struct old old = { .host = host, .generation = generation };
	struct sp_error error;

	check(sp_nl_sa_dump(host->nl, tunnel, print_old, &old, &error), host, &error);
	check(sp_nl_sa_del_generation(host->nl, tunnel, generation, &error), host, &error);
}

static void refresh(const struct host *a, const struct host *b, uint32_t generation,
		    uint32_t kept)
{
	struct sp_error error;

	begin_generation(a, b, generation);
	if (generation <= kept)
		return;
	/* As a rule a packet with the last keys has done this long ago. */
	check(sp_nl_sa_activate(b->nl, tunnel, generation - 1, &error), b, &error);
	/* Whoever still had an older outbound SA in hand has sent with it after this. */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		err(1, "membarrier");
	end_generation(a, generation - kept);
	end_generation(b, generation - kept);
}

/* What is late is not made up for. */
static void sleep_until(struct timespec *next)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec > next->tv_sec ||
	    (now.tv_sec == next->tv_sec && now.tv_nsec > next->tv_nsec))
		*next = now;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
}

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || value <= 0 || value > 100000)
		errx(2, "%s: no number", text);
	return value;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	struct host a = { .spi = 0x10000000 }, b = { .spi = 0x20000000 };
	uint32_t generation = 0, kept;
	struct timespec next;
	long wait;

	if (argc != 5)
		errx(2, "usage: refresh A B PERIOD KEPT");
	a.name = argv[1];
	b.name = argv[2];
	wait = number(argv[3]) * 1000000;
	kept = (uint32_t)number(argv[4]);
	enter(&a);
	enter(&b);
	sigaction(SIGTERM, &action, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (!stopped) {
		refresh(&a, &b, ++generation, kept);
		next.tv_nsec += wait % 1000000000;
		next.tv_sec += wait / 1000000000 + next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		sleep_until(&next);
	}
	printf("generations %" PRIu32 "\n", generation);
	sp_nl_close(a.nl);
	sp_nl_close(b.nl);
	return 0;
}
