// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "show/json.h"
#include "text.h"

/* Seconds since the epoch with three decimals have this many digits until 2286. */
enum { TIME_DIGITS = 13 };

static void print_event(const struct sp_event *event, void *arg)
{
	const struct cli *cli = arg;
	struct timespec now;
	json_t *object;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!cli->json) {
		cli_text_event(stdout, event, &now);
		return;
	}
	object = sp_json_event(event, &now);
	json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(TIME_DIGITS));
	putchar('\n');
	json_decref(object);
}

static int follow(struct cli *cli, struct sp_nl_events *events)
{
	/* A reader that went away shows as an error on standard output. */
	struct pollfd fds[] = {
		{ .fd = sp_nl_events_fd(events), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	while (!ferror(stdout) && !fds[1].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return cli_fail(cli, "poll: %s", strerror(errno));
		if (fds[0].revents && sp_nl_events_read(events, &cli->err))
			return CLI_FAILED;
		fflush(stdout);
	}
	return CLI_DONE;
}

int cli_monitor(struct cli *cli, int argc, char **argv)
{
	struct sp_nl_events *events;
	int ret;

	(void)argv;
	if (argc)
		return CLI_USAGE;
	if (sp_nl_events_open(&events, SP_NL_KEYING | SP_NL_MONITOR, print_event, cli, &cli->err))
		return CLI_FAILED;
	ret = follow(cli, events);
	sp_nl_events_close(events);
	return ret;
}
