/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's interfaces, addresses, routes and rules as the configuration wants them: made,
 * watched and put back.  What others have made is left as it is; what cannot be had because
 * of it, or for any other reason, is a problem of the tunnels that want it.
 */
#ifndef ROUTES_H
#define ROUTES_H

#include "daemon.h"

int routes_open(struct daemon *daemon, struct sp_error *err);
void routes_close(struct daemon *daemon);

/* Before the tunnels of a configuration: the interfaces they are on are there, and up. */
void routes_prepare(struct daemon *daemon, const struct sp_config *config);
/* After them: all the rest; and what no configuration wants any more goes. */
void routes_apply(struct daemon *daemon);

/* The configuration in force is not quite what it was: a peer has another address. */
void routes_change(struct daemon *daemon);

/* Tells each reason why the tunnel may carry nothing, or less than it should. */
typedef void (*routes_problem_fn)(const char *text, void *arg);
void routes_problems(const struct daemon *daemon, const struct sp_tunnel_config *tunnel,
		     routes_problem_fn each, void *arg);

#endif
