/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes from one configuration to the next and touches only what differs. */
#ifndef APPLY_H
#define APPLY_H

#include "daemon.h"
#include "plan.h"

/*
 * Carries out the plan, and takes over the configuration and the keys it was made for.  A
 * tunnel that the kernel refuses has the reason as its last error, does not hold up the
 * others, and is tried again.
 */
void apply_plan(struct daemon *daemon, struct plan *plan, struct sp_config *config,
		struct sp_keyring *keys);

/* Brings the kernel's tunnel to be as configured, once more; @kernel is how all are now. */
void apply_again(struct daemon *daemon, struct tunnel *tunnel, struct snapshot *kernel);

#endif
