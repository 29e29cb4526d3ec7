/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one configuration to the next, touching only what differs. */
#ifndef APPLY_H
#define APPLY_H

#include "daemon.h"

/* Hears of every tunnel and one of "unchanged", "refreshed", "new" and "deleted". */
typedef void (*apply_fn)(const char *tunnel, const char *change, void *arg);

/* Changes nothing, and tells what apply_config() would. */
int apply_plan(struct daemon *daemon, const struct sp_config *config, apply_fn each, void *arg,
	       struct sp_error *err);

/*
 * Takes the configuration over when it succeeds; fails without having changed
 * anything when a key cannot be read.  A tunnel that the kernel refuses has the
 * reason as its last error and does not hold up the others.
 */
int apply_config(struct daemon *daemon, struct sp_config *config, struct sp_error *err);

#endif
