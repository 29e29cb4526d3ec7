/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells systemd how we are (sd_notify(3)'s protocol, without the library). */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <event2/event.h>

/* Does nothing when nobody has asked to be told. */
void notify_state(const char *state);

/* Tells systemd's watchdog, which restarts a daemon that is stuck, as often as it wants. */
void notify_while_alive(struct event_base *base);
void notify_end(void);

#endif
