/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells systemd how we are (sd_notify(3)'s protocol, without the library). */
#ifndef NOTIFY_H
#define NOTIFY_H

/* Does nothing when nobody has asked to be told. */
void notify_state(const char *state);

#endif
