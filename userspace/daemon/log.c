// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "log.h"

static bool to_syslog;

void log_open(bool background)
{
	to_syslog = background;
	if (background)
		openlog("spindled", LOG_PID, LOG_DAEMON);
}

void log_line(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (to_syslog)
		syslog(LOG_NOTICE, "%s", line);
	else
		fprintf(stderr, "spindled: %s\n", line);
}
