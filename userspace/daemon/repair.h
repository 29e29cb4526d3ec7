/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks again at kernel tunnels: those that the kernel has refused, those that
 * somebody else may have deleted, with their interface or by hand, and all of
 * them when notifications were lost.  What is missing is made anew.
 */
#ifndef REPAIR_H
#define REPAIR_H

#include "daemon.h"

int repair_open(struct daemon *daemon, struct sp_error *err);
void repair_close(struct daemon *daemon);

/* Repairs it in a moment, together with others to which the same has happened. */
void repair_tunnel(struct daemon *daemon, struct tunnel *tunnel);
/* Repairs the tunnels of an interface that was made anew and has lost them. */
void repair_interface(struct daemon *daemon, const char *name);
/* Repairs the tunnels whose outer packets leave by an interface that was made anew. */
void repair_outer(struct daemon *daemon, const char *name);
void repair_all(struct daemon *daemon);
/* Later, if anything is in trouble: after the plan was carried out. */
void repair_later(struct daemon *daemon);

#endif
