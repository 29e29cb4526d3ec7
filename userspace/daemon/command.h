/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be asked of the daemon, and done at once or waited for. */
#ifndef COMMAND_H
#define COMMAND_H

#include <jansson.h>

#include "config/instance.h"
#include "daemon.h"
#include "keying/port.h"

/* A generation of a tunnel, or of all instances of a section, that somebody waits for. */
struct command_wait {
	char tunnel[SPINDLE_NAME_MAX + 1];	/* "": none */
	uint32_t before[SP_INSTANCES_MAX];	/* any generation of each but these */
	bool refused;				/* others wait already, as many as may */
};

/*
 * Returns the answer, or NULL when it has to be waited for.
 */
json_t *command_run(struct daemon *daemon, const json_t *request, struct command_wait *wait);

/* What happened to a tunnel: the answer for who has waited for it, or NULL if it is not all. */
json_t *command_hear(const struct daemon *daemon, const struct command_wait *wait,
		     const struct port_event *event);

json_t *command_error(const char *text);
json_t *command_up(const char *tunnel, uint32_t generation, const char *alg);

/* Reads the configuration anew; SIGHUP asks for the same. */
json_t *command_reload(struct daemon *daemon, bool plan);

#endif
