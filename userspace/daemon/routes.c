// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/log.h"
#include "netlink/rt_events.h"
#include "resolve.h"
#include "routes_inside.h"

enum {
	SETTLE_MS = 100,		/* what happens at once is looked at once */
	RETRY_MIN = 5,			/* seconds, doubled as long as something is refused */
	RETRY_MAX = 60,
};

/* --- what is told ------------------------------------------------------------- */

void routes_note(struct routes *routes, struct sp_note *kept, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	routes->refused = true;
	if (sp_note_is(kept, text))
		return;
	sp_note_set(kept, "%s", text);
	log_line("%s", text);
}

void routes_settled(struct sp_note *kept, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (sp_note_is(kept, ""))
		return;
	sp_note_clear(kept);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_line("%s: is as it should be now", text);
}

/* --- when --------------------------------------------------------------------- */

static int begin_work(struct routes *routes)
{
	struct sp_error err;

	if (!sp_rt_open(&routes->rt, &err))
		return 0;
	log_line("rtnetlink: %s", err.text);
	routes->refused = true;
	return -1;
}

static void end_work(struct routes *routes)
{
	struct timeval wait = { .tv_sec = RETRY_MIN };

	sp_rt_close(routes->rt);
	routes->rt = NULL;
	if (routes->refused)
		routes->known = false;
	if (!routes->refused) {
		routes->retry = 0;
		event_del(routes->again);
		return;
	}
	routes->retry = routes->retry ? 2 * routes->retry : RETRY_MIN;
	if (routes->retry > RETRY_MAX)
		routes->retry = RETRY_MAX;
	wait.tv_sec = routes->retry;
	event_add(routes->again, &wait);
}

/* Rules go first, so that nothing that is marked gets into a table that is filled then. */
static void settle_all(struct routes *routes)
{
	/* A change from now on makes us look once more. */
	routes->known = true;
	routes_settle_addresses(routes);
	routes_settle_rules(routes);
	routes_settle_routes(routes);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct routes *routes = arg;

	(void)fd;
	(void)what;
	routes->refused = false;
	if (!begin_work(routes)) {
		routes_settle_links(routes, false);
		settle_all(routes);
	}
	end_work(routes);
}

/* One of ours, just as it should be: we have most probably added it ourselves. */
static bool is_as_wanted(const struct routes *routes, const struct sp_route *is)
{
	const struct wanted_route *route;

	if (is->protocol != SP_RT_PROTOCOL)
		return false;
	route = wanted_route(&routes->wanted, routes_name(routes, is->ifindex), &is->to, is->table);
	return route && route->there && is->metric == route->route.metric &&
	       sp_addr_equal(&is->source, &route->route.source);
}

static bool event_matters(const struct routes *routes, const struct sp_rt_event *event)
{
	const struct wanted_outer *outer;

	if (event->link) {
		outer = wanted_outer(&routes->wanted, event->link->name);
		return (outer && outer->ifindex != event->link->ifindex) ||
		       wanted_link(&routes->wanted, event->link->name) ||
		       routes_name(routes, event->link->ifindex)[0];
	}
	if (!event->route)
		return true;
	if (!event->gone && is_as_wanted(routes, event->route))
		return false;
	/* A rule of somebody else may lead to a table that is neither main nor ours. */
	return wanted_prefix(&routes->wanted, &event->route->to, event->route->table) ||
	       (event->route->table != SP_ROUTE_MAIN && event->route->table != SP_ROUTE_OWN &&
		wanted_within(&routes->wanted, &event->route->to));
}

static void on_change(const struct sp_rt_event *event, void *arg)
{
	static const struct timeval wait = { .tv_usec = SETTLE_MS * 1000 };
	struct routes *routes = arg;

	if (!event->link && !event->route)
		resolve_address_changed(routes->daemon);
	if (!routes->known && evtimer_pending(routes->soon, NULL))
		return;
	if (!event_matters(routes, event))
		return;
	routes->known = false;
	if (!evtimer_pending(routes->soon, NULL))
		event_add(routes->soon, &wait);
}

static void read_events(struct routes *routes)
{
	struct sp_error err;

	if (sp_rt_events_read(routes->events, &err))
		log_line("%s", err.text);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_events(arg);
}

/* --- for others --------------------------------------------------------------- */

int routes_open(struct daemon *daemon, struct sp_error *err)
{
	struct routes *routes = calloc(1, sizeof(*routes));

	if (!routes)
		return sp_fail(err, "out of memory");
	daemon->routes = routes;
	routes->daemon = daemon;
	if (sp_rt_events_open(&routes->events, on_change, routes, err))
		return -1;
	routes->readable = event_new(daemon->base, sp_rt_events_fd(routes->events),
				     EV_READ | EV_PERSIST, on_readable, routes);
	routes->soon = evtimer_new(daemon->base, on_timer, routes);
	routes->again = evtimer_new(daemon->base, on_timer, routes);
	if (!routes->readable || !routes->soon || !routes->again ||
	    event_add(routes->readable, NULL))
		return sp_fail(err, "notifications of rtnetlink cannot be waited for");
	return 0;
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

void routes_close(struct daemon *daemon)
{
	struct routes *routes = daemon->routes;

	if (!routes)
		return;
	free_event(routes->readable);
	free_event(routes->soon);
	free_event(routes->again);
	sp_rt_events_close(routes->events);
	wanted_free(&routes->wanted);
	wanted_free(&routes->before);
	free(routes->by_index);
	free(routes->host);
	free(routes);
	daemon->routes = NULL;
}

static void take_config(struct routes *routes, const struct sp_config *config)
{
	wanted_free(&routes->before);
	routes->before = routes->wanted;
	wanted_make(&routes->wanted, config);
	wanted_remember(&routes->wanted, &routes->before);
	routes_index_links(routes);
}

void routes_change(struct daemon *daemon)
{
	struct routes *routes = daemon->routes;

	take_config(routes, daemon->config);
	wanted_free(&routes->before);
	on_timer(-1, 0, routes);
}

void routes_prepare(struct daemon *daemon, const struct sp_config *config)
{
	struct routes *routes = daemon->routes;

	/* Read all notifications before deciding what has to be looked at. */
	read_events(routes);
	take_config(routes, config);
	routes->refused = false;
	if (!begin_work(routes))
		routes_settle_links(routes, true);
	end_work(routes);
}

void routes_apply(struct daemon *daemon)
{
	struct routes *routes = daemon->routes;

	if (!begin_work(routes)) {
		if (routes->known && wanted_same_but_routes(&routes->wanted, &routes->before))
			routes_settle_new(routes);
		else
			settle_all(routes);
		routes_delete_links(routes);
	}
	wanted_free(&routes->before);
	end_work(routes);
}

static void tell_note(const struct sp_note *note, routes_problem_fn each, void *arg)
{
	if (!sp_note_is(note, ""))
		each(sp_note_text(note), arg);
}

void routes_problems(const struct daemon *daemon, const struct sp_tunnel_config *tunnel,
		     routes_problem_fn each, void *arg)
{
	const struct wanted *wanted = &daemon->routes->wanted;
	const struct wanted_link *link = wanted_link(wanted, tunnel->interface);

	if (link)
		tell_note(&link->error, each, arg);
	if (link)
		tell_note(&link->clear_error, each, arg);
	for (size_t i = 0; i < tunnel->addresses.n; i++) {
		const struct sp_prefix *is = &tunnel->addresses.list[i];
		const struct wanted_address *address;

		address = wanted_address(wanted, tunnel->interface, &is->addr, is->len);
		if (address)
			tell_note(&address->error, each, arg);
	}
	for (size_t i = 0; tunnel->routes && i < tunnel->remote_ts.n; i++) {
		const struct sp_prefix *to = &tunnel->remote_ts.list[i].prefix;
		const struct wanted_route *route;

		route = wanted_route(wanted, tunnel->interface, to, wanted_table(tunnel, to));
		if (route)
			tell_note(&route->error, each, arg);
	}
	for (size_t i = 0; tunnel->peer->past && i < wanted->n_rules; i++)
		tell_note(&wanted->rules[i].error, each, arg);
}
