// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log never holds up the loop: a line that cannot be written at once, since
 * who reads the log does not, is counted, and the next that can be says so.
 */
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

enum { LINE_MAX_OCTETS = 1200 };

static bool to_syslog;
static int socket_fd = -1;
static unsigned int lost;

/* As syslog(3) does, which would wait. */
static bool send_to_syslog(const char *line)
{
	const struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	char message[LINE_MAX_OCTETS + 64], date[32];
	time_t now = time(NULL);
	struct tm local;
	int len;

	if (socket_fd < 0)
		socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	strftime(date, sizeof(date), "%b %e %T", localtime_r(&now, &local));
	len = snprintf(message, sizeof(message), "<%d>%s spindled[%d]: %s", LOG_DAEMON | LOG_NOTICE,
		       date, (int)getpid(), line);
	return socket_fd >= 0 && sendto(socket_fd, message, (size_t)len, MSG_NOSIGNAL,
					(const struct sockaddr *)&at, sizeof(at)) == len;
}

/* A pipe that is ready takes at least PIPE_BUF octets, more than a line has. */
static bool write_to_stderr(const char *line)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	char message[LINE_MAX_OCTETS + 64];
	int len = snprintf(message, sizeof(message), "spindled: %s\n", line);

	return poll(&ready, 1, 0) == 1 && ready.revents & POLLOUT &&
	       write(STDERR_FILENO, message, (size_t)len) == len;
}

static bool put_line(const char *line)
{
	return to_syslog ? send_to_syslog(line) : write_to_stderr(line);
}

static bool tell_lost(void)
{
	char line[64];

	snprintf(line, sizeof(line), "%u lines of the log were lost", lost);
	return put_line(line);
}

void log_open(bool background)
{
	to_syslog = background;
}

void log_line(const char *fmt, ...)
{
	char line[LINE_MAX_OCTETS];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (lost && tell_lost())
		lost = 0;
	if (lost || !put_line(line))
		lost++;
}
