/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line an event: to standard error, or to syslog from the background. */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

void log_open(bool background);
__attribute__((format(printf, 1, 2)))
void log_line(const char *fmt, ...);

#endif
