/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One daemon a network namespace: two would take each other's tunnels away.  The
 * lock is a file named after the namespace, so that those of containers which
 * share a folder do not meet, and ends with the process.
 */
#ifndef LOCK_H
#define LOCK_H

#include "error.h"

/* Returns a descriptor to keep, or -1 and an error that says who is there. */
int lock_take(struct sp_error *err);

#endif
