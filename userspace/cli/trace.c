// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * spindle trace: each packet that is dropped, as it is dropped.
 *
 * The kernel's tracing is shared by all, so the command has an instance of its own, which
 * it removes in the end, and hears of its own network namespace alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "show/json.h"
#include "text.h"

#define TRACING "/sys/kernel/tracing"
#define EVENT "events/spindle/spindle_drop"

struct drop {
	char reason[32];
	char dev[IFNAMSIZ];
	uint32_t spi;
	uint64_t seq;
	unsigned int packets;		/* that it would have been, had it been cut */
	struct sp_addr source;		/* none of a packet that was to be sent */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static int write_file(struct cli *cli, int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t len = (ssize_t)strlen(text);
	bool written = fd >= 0 && write(fd, text, (size_t)len) == len;

	if (!written)
		cli_fail(cli, "%s of %s: %s", name, TRACING, strerror(errno));
	if (fd >= 0)
		close(fd);
	return written ? CLI_DONE : CLI_FAILED;
}

static int enable(struct cli *cli, int dir)
{
	char filter[64];
	struct stat net;

	if (stat("/proc/self/ns/net", &net))
		return cli_fail(cli, "/proc/self/ns/net: %s", strerror(errno));
	snprintf(filter, sizeof(filter), "netns == %" PRIuMAX, (uintmax_t)net.st_ino);
	if (write_file(cli, dir, EVENT "/filter", filter))
		return CLI_FAILED;
	return write_file(cli, dir, EVENT "/enable", "1");
}

/* An address of IPv4 in one of IPv6, or none. */
static bool parse_source(struct sp_addr *source, const char *text)
{
	const char *mapped = "::ffff:";
	struct sp_error err;

	memset(source, 0, sizeof(*source));
	if (!strcmp(text, "::"))
		return true;
	if (!strncmp(text, mapped, strlen(mapped)) && strchr(text, '.'))
		text += strlen(mapped);
	return !sp_addr_parse(source, text, &err);
}

/* The last: what the tracing puts in front names the program, which has chosen its name. */
static const char *find_drop(const char *line)
{
	const char *found = NULL;

	while ((line = strstr(line, "spindle_drop: ")))
		found = line++;
	return found;
}

/* As kmod/trace.h prints it. */
static bool parse(struct drop *drop, const char *line)
{
	const char *at = find_drop(line);
	char source[SP_ADDR_STRLEN];

	return at && sscanf(at, "spindle_drop: reason=%31s dev=%15s ifindex=%*d netns=%*u "
			    "spi=%" SCNx32 " seq=%" SCNu64 " packets=%u src=%45s", drop->reason,
			    drop->dev, &drop->spi, &drop->seq, &drop->packets, source) == 6 &&
	       parse_source(&drop->source, source);
}

static void print_drop(const struct cli *cli, const struct drop *drop)
{
	char source[SP_ADDR_STRLEN];
	struct timespec now;
	json_t *object;

	sp_addr_format(&drop->source, source);
	clock_gettime(CLOCK_REALTIME, &now);
	if (!cli->json) {
		cli_text_time(stdout, &now);
		printf(" %s %s", drop->dev, drop->reason);
		if (drop->spi)
			printf(" spi 0x%" PRIx32 " sequence %" PRIu64, drop->spi, drop->seq);
		if (drop->source.family)
			printf(" from %s", source);
		if (drop->packets > 1)
			printf(" %u packets in one", drop->packets);
		putchar('\n');
		return;
	}
	object = json_pack("{s:f, s:o, s:o, s:I, s:I, s:I, s:s?}",
			   "time", (double)now.tv_sec + (double)(now.tv_nsec / 1000000) / 1000,
			   "dev", sp_json_text(drop->dev), "reason", sp_json_text(drop->reason),
			   "spi", (json_int_t)drop->spi,
			   "sequence", (json_int_t)drop->seq,
			   "packets", (json_int_t)drop->packets,
			   "source", drop->source.family ? source : NULL);
	json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(13));
	putchar('\n');
	json_decref(object);
}

/* Until a signal comes, or nobody reads any more. */
static void tell_drops(const struct cli *cli, FILE *pipe)
{
	struct drop drop;
	char line[512];

	while (!stopped && !ferror(stdout) && fgets(line, sizeof(line), pipe)) {
		if (parse(&drop, line))
			print_drop(cli, &drop);
		else if (strstr(line, "LOST"))
			fputs("spindle: more was dropped than could be told\n", stderr);
		fflush(stdout);
	}
}

static int follow(struct cli *cli, int dir)
{
	int fd = openat(dir, "trace_pipe", O_RDONLY | O_CLOEXEC);
	FILE *pipe = fd < 0 ? NULL : fdopen(fd, "r");

	if (!pipe)
		return cli_fail(cli, "trace_pipe of %s: %s", TRACING, strerror(errno));
	tell_drops(cli, pipe);
	fclose(pipe);
	return CLI_DONE;
}

static int trace_in(struct cli *cli, const char *path)
{
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), ret;

	if (dir < 0)
		return cli_fail(cli, "%s: %s", path, strerror(errno));
	if (faccessat(dir, EVENT, F_OK, 0))
		ret = cli_fail(cli, "the module spindle is not loaded");
	else
		ret = enable(cli, dir);
	if (!ret)
		ret = follow(cli, dir);
	close(dir);
	return ret;
}

int cli_trace(struct cli *cli, int argc, char **argv)
{
	/* No SA_RESTART: a read that waits shall end. */
	struct sigaction action = { .sa_handler = stop };
	char path[64];
	int ret;

	(void)argv;
	if (argc)
		return CLI_USAGE;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* As when the terminal goes. */
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof(path), TRACING "/instances/spindle-%d", getpid());
	if (mkdir(path, 0700))
		return cli_fail(cli, "%s: %s", path, strerror(errno));
	ret = trace_in(cli, path);
	rmdir(path);
	return ret;
}
