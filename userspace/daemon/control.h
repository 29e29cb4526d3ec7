/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: a JSON object a line from the command, one back.
 * {"command": "up", "name": "office-lan"} is answered by {"ok": true, …} or
 * {"error": "…"}; spindled(8) has them all.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "daemon.h"
#include "keying/port.h"

#define CONTROL_PATH "/run/spindle/control"

struct control *control_open(struct daemon *daemon, const char *path, struct sp_error *err);
void control_close(struct control *control);	/* NULL is fine */

/* Somebody may be waiting for this. */
void control_tunnel_event(struct control *control, const struct port_event *event);

#endif
