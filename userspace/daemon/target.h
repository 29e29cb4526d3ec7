/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tunnels that somebody means by a name: one, or all instances of a section. */
#ifndef TARGET_H
#define TARGET_H

#include "config/instance.h"
#include "daemon.h"

struct target {
	size_t n;
	struct tunnel *list[SP_INSTANCES_MAX];
};

/* Those of them that an engine keys; all have the same. */
void target_find(const struct daemon *daemon, const char *name, struct target *target);
/* Of those that have any to tell the first one's; "": none. */
const char *target_last_error(const struct target *target);

#endif
