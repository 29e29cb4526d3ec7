/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's objects as JSON; names and meanings of the fields are fixed (spindle(8)). */
#ifndef SP_JSON_H
#define SP_JSON_H

#include <jansson.h>
#include <time.h>

#include "netlink/nl.h"

/* JSON holds UTF-8 alone: of a text that is none, each octet that is not ASCII becomes a "?". */
json_t *sp_json_text(const char *text);

/* Each returns a new reference, or NULL without memory. */
json_t *sp_json_alg(const struct sp_alg *alg);
json_t *sp_json_device(const struct sp_device *device);
json_t *sp_json_tunnel(const struct sp_tunnel *tunnel);
json_t *sp_json_sa(const struct sp_sa *sa, const char *tunnel);
json_t *sp_json_event(const struct sp_event *event, const struct timespec *time);

#endif
