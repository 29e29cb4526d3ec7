/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `spindle status` as JSON; the fields are described in spindled(8). */
#ifndef STATUS_H
#define STATUS_H

#include <jansson.h>

#include "daemon.h"

/* Of one peer or tunnel, or of all with name NULL; a new reference, or NULL with the error set. */
json_t *status_make(struct daemon *daemon, const char *name, struct sp_error *err);

#endif
