/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notifications about interfaces, addresses, routes and rules, from a non-blocking socket. */
#ifndef SP_RT_EVENTS_H
#define SP_RT_EVENTS_H

#include "link.h"
#include "route.h"

/* One that is NULL is not what it is about; if all are, it is an address or a rule, or some
   were lost. */
struct sp_rt_event {
	const struct sp_link *link;
	const struct sp_route *route;
	bool gone;			/* rather than new, or another than before */
};

struct sp_rt_events;
typedef void (*sp_rt_event_fn)(const struct sp_rt_event *event, void *arg);

int sp_rt_events_open(struct sp_rt_events **events, sp_rt_event_fn each, void *arg,
		      struct sp_error *err);
int sp_rt_events_fd(const struct sp_rt_events *events);
int sp_rt_events_read(struct sp_rt_events *events, struct sp_error *err);
void sp_rt_events_close(struct sp_rt_events *events);

#endif
