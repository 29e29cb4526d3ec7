/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one configuration to the next, touching only what differs. */
#ifndef APPLY_H
#define APPLY_H

#include "daemon.h"
#include "keys/keyring.h"

/*
 * Hears of every tunnel, one of "unchanged", "refreshed", "new" and "deleted", and of what is
 * refreshed why: "key", "peer-key" or NULL.
 */
typedef void (*apply_fn)(const char *tunnel, const char *change, const char *why, void *arg);

/* Changes nothing, and tells what apply_config() would. */
int apply_plan(struct daemon *daemon, const struct sp_config *config, struct sp_keyring *keys,
	       apply_fn each, void *arg, struct sp_error *err);

/*
 * Takes over the configuration and the keys, which have been read.  A tunnel that the kernel
 * refuses has the reason as its last error and does not hold up the others.
 */
void apply_config(struct daemon *daemon, struct sp_config *config, struct sp_keyring *keys);

/* The interface of that name has come anew, without the tunnels that it had. */
void apply_interface(struct daemon *daemon, const char *name);

#endif
