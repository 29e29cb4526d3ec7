// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clear.h"
#include "door.h"
#include "io/log.h"
#include "netlink/link.h"
#include "netlink/rt_events.h"
#include "repair.h"
#include "resolve.h"
#include "routes.h"
#include "udp.h"
#include "wanted.h"

enum {
	SETTLE_MS = 100,		/* what happens at once is looked at once */
	RETRY_MIN = 5,			/* seconds, doubled as long as something is refused */
	RETRY_MAX = 60,
};

struct routes {
	struct daemon *daemon;
	struct wanted wanted;
	struct sp_rt *rt;		/* while it is at work, and NULL otherwise */
	struct sp_address *host;	/* every address of the host, as of now */
	size_t n_host;
	bool refused;			/* something that may be given later */
	unsigned int retry;		/* seconds */
	struct sp_rt_events *events;
	struct event *readable;
	struct event *soon;
	struct event *again;
};

/* --- what is told ------------------------------------------------------------- */

/* Of the same thing the same is logged once. */
__attribute__((format(printf, 3, 4)))
static void note(struct routes *routes, char kept[WANTED_ERROR], const char *fmt, ...)
{
	char text[WANTED_ERROR];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	routes->refused = true;
	if (!strcmp(text, kept))
		return;
	memcpy(kept, text, sizeof(text));
	log_line("%s", text);
}

/* What was told of it before has an end, which is told too. */
__attribute__((format(printf, 2, 3)))
static void settle(char kept[WANTED_ERROR], const char *fmt, ...)
{
	char text[WANTED_ERROR];
	va_list ap;

	if (!kept[0])
		return;
	kept[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_line("%s: is as it should be now", text);
}

/* --- interfaces --------------------------------------------------------------- */

static int take_link(const struct sp_link *is, void *arg)
{
	struct routes *routes = arg;
	struct wanted_link *link = wanted_link(&routes->wanted, is->name);
	struct wanted_outer *outer = wanted_outer(&routes->wanted, is->name);
	struct sp_error err;

	if (outer)
		outer->ifindex = is->ifindex;
	if (!link)
		return 0;
	link->ifindex = 0;
	link->up = is->up;
	link->made = is->made;
	if (!sp_link_is_spindle(is)) {
		sp_link_refuse_kind(is, &err);
		note(routes, link->error, "%s", err.text);
		return 0;
	}
	link->ifindex = is->ifindex;
	if (is->up)
		settle(link->error, "interface %s", link->name);
	return 0;
}

/* Those that are there already, with what they were before in @before. */
static int find_links(struct routes *routes, uint32_t *before)
{
	struct sp_error err;

	for (size_t i = 0; i < routes->wanted.n_links; i++) {
		before[i] = routes->wanted.links[i].ifindex;
		routes->wanted.links[i].ifindex = 0;
	}
	for (size_t i = 0; i < routes->wanted.n_outers; i++) {
		struct wanted_outer *outer = &routes->wanted.outers[i];

		outer->before = outer->ifindex;
		outer->ifindex = 0;
	}
	if (!sp_link_dump(routes->rt, take_link, routes, &err))
		return 0;
	log_line("interfaces: %s", err.text);
	return -1;
}

static void make_link(struct routes *routes, struct wanted_link *link)
{
	struct sp_link is;
	struct sp_error err;
	int ret = sp_link_get(routes->rt, link->name, &is, &err);

	/* Of another kind: that was told. */
	if (!ret)
		return;
	if (ret == -ENODEV)
		ret = sp_link_new(routes->rt, link->name, &err);
	if (!ret)
		ret = sp_link_get(routes->rt, link->name, &is, &err);
	if (ret)
		note(routes, link->error, "interface %s: %s", link->name, err.text);
	else
		take_link(&is, routes);
}

/* An administrator who sets it down means it, until he has the configuration read again. */
static void raise_link(struct routes *routes, struct wanted_link *link)
{
	struct sp_error err;

	if (sp_link_set_up(routes->rt, link->ifindex, &err)) {
		note(routes, link->error, "interface %s is down: %s", link->name, err.text);
		return;
	}
	link->up = true;
	settle(link->error, "interface %s", link->name);
}

/* The kernel's tunnels hold the index of one that is gone; there may be another of its name. */
static void settle_outers(struct routes *routes)
{
	for (size_t i = 0; i < routes->wanted.n_outers; i++) {
		const struct wanted_outer *outer = &routes->wanted.outers[i];

		if (!outer->ifindex || outer->ifindex == outer->before)
			continue;
		repair_outer(routes->daemon, outer->name);
		door_link_is_another(routes->daemon, outer->name);
		udp_link_is_another(routes->daemon, outer->name);
	}
}

/*
 * With @apply a configuration is about to be applied, tunnels and all.  Otherwise an interface
 * that is another than before has lost its tunnels, with their SAs.
 */
static void settle_links(struct routes *routes, bool apply)
{
	struct wanted *wanted = &routes->wanted;
	uint32_t *before = calloc(wanted->n_links + 1, sizeof(*before));

	if (!before)
		abort();
	if (find_links(routes, before))
		goto out;
	settle_outers(routes);
	for (size_t i = 0; i < wanted->n_links; i++) {
		struct wanted_link *link = &wanted->links[i];

		if (!link->ifindex)
			make_link(routes, link);
		if (link->ifindex && !link->up && apply)
			raise_link(routes, link);
		else if (link->ifindex && !link->up)
			note(routes, link->error, "interface %s is down", link->name);
		if (!apply && link->ifindex && before[i] != link->ifindex) {
			log_line("interface %s is a new one: its tunnels are made anew",
				 link->name);
			repair_interface(routes->daemon, link->name);
		}
	}
	if (clear_settle(routes->daemon, wanted, apply))
		routes->refused = true;
out:
	free(before);
}

struct unwanted {
	struct routes *routes;
	struct sp_link list[64];	/* the rest goes with the next change */
	size_t n;
};

static int take_unwanted(const struct sp_link *link, void *arg)
{
	struct unwanted *unwanted = arg;

	if (link->made && sp_link_is_spindle(link) &&
	    !wanted_link(&unwanted->routes->wanted, link->name) &&
	    unwanted->n < sizeof(unwanted->list) / sizeof(unwanted->list[0]))
		unwanted->list[unwanted->n++] = *link;
	return 0;
}

struct occupied {
	uint32_t ifindex;
	bool found;
};

static int take_device(const struct sp_device *device, void *arg)
{
	struct occupied *occupied = arg;

	if (device->ifindex == occupied->ifindex && device->tunnels)
		occupied->found = true;
	return 0;
}

/* Only what we have made, and only if nobody has put a tunnel of his own on it. */
static void delete_links(struct routes *routes)
{
	struct unwanted unwanted = { .routes = routes };
	struct sp_error err;

	if (sp_link_dump(routes->rt, take_unwanted, &unwanted, &err)) {
		log_line("interfaces: %s", err.text);
		return;
	}
	for (size_t i = 0; i < unwanted.n; i++) {
		const struct sp_link *link = &unwanted.list[i];
		struct occupied occupied = { .ifindex = link->ifindex };

		if (sp_nl_device_dump(routes->daemon->nl, take_device, &occupied, &err) < 0 ||
		    occupied.found)
			continue;
		if (sp_link_del(routes->rt, link->ifindex, &err))
			log_line("interface %s: %s", link->name, err.text);
		else
			log_line("interface %s: deleted", link->name);
	}
}

static uint32_t ifindex_of(const struct routes *routes, const char *name)
{
	const struct wanted_link *link = wanted_link(&routes->wanted, name);

	return link && link->up ? link->ifindex : 0;
}

static const char *name_of(const struct routes *routes, uint32_t ifindex)
{
	for (size_t i = 0; ifindex && i < routes->wanted.n_links; i++)
		if (routes->wanted.links[i].ifindex == ifindex)
			return routes->wanted.links[i].name;
	return "";
}

/* --- addresses ---------------------------------------------------------------- */

static void keep_address(struct routes *routes, const struct sp_address *address)
{
	/* At powers of two. */
	if (!(routes->n_host & (routes->n_host - 1))) {
		size_t size = routes->n_host ? 2 * routes->n_host : 1;

		routes->host = reallocarray(routes->host, size, sizeof(*routes->host));
		if (!routes->host)
			abort();
	}
	routes->host[routes->n_host++] = *address;
}

static int take_address(const struct sp_address *address, void *arg)
{
	keep_address(arg, address);
	return 0;
}

static void find_addresses(struct routes *routes)
{
	char text[SP_ADDR_STRLEN];
	struct sp_error err;

	routes->n_host = 0;
	free(routes->host);
	routes->host = NULL;
	if (sp_address_dump(routes->rt, take_address, routes, &err))
		log_line("addresses: %s", err.text);
	for (size_t i = 0; i < routes->n_host; i++) {
		const struct sp_address *is = &routes->host[i];
		struct wanted_address *address;

		address = wanted_address(&routes->wanted, name_of(routes, is->ifindex), &is->addr,
					 is->len);
		if (address) {
			address->there = true;
		} else if (is->protocol == SP_RT_PROTOCOL &&
			   sp_address_del(routes->rt, is, &err)) {
			log_line("address %s/%u: %s", sp_addr_format(&is->addr, text), is->len,
				 err.text);
		}
	}
}

static void add_address(struct routes *routes, struct wanted_address *address)
{
	char text[SP_ADDR_STRLEN];
	struct sp_error err;
	int ret;

	sp_addr_format(&address->address.addr, text);
	address->address.ifindex = ifindex_of(routes, address->interface);
	if (!address->there && address->address.ifindex) {
		ret = sp_address_add(routes->rt, &address->address, &err);
		if (ret && ret != -EEXIST) {
			note(routes, address->error, "address %s/%u: %s", text,
			     address->address.len, err.text);
			return;
		}
		address->there = true;
		keep_address(routes, &address->address);
	}
	if (address->there)
		settle(address->error, "address %s/%u", text, address->address.len);
}

static void settle_addresses(struct routes *routes)
{
	for (size_t i = 0; i < routes->wanted.n_addresses; i++)
		routes->wanted.addresses[i].there = false;
	find_addresses(routes);
	for (size_t i = 0; i < routes->wanted.n_addresses; i++)
		add_address(routes, &routes->wanted.addresses[i]);
}

/* --- routes ------------------------------------------------------------------- */

static int take_route(const struct sp_route *is, void *arg)
{
	struct routes *routes = arg;
	struct wanted_route *route;
	char text[SP_PREFIX_STRLEN];
	struct sp_error err;

	route = wanted_route(&routes->wanted, name_of(routes, is->ifindex), &is->to, is->table);
	if (route && is->metric == route->route.metric) {
		route->there = sp_addr_equal(&is->source, &route->route.source);
		if (!route->there && !sp_route_add(routes->rt, &route->route, true, &err))
			route->there = true;
	} else if (sp_route_del(routes->rt, is, &err)) {
		log_line("route to %s: %s", sp_prefix_format(&is->to, text), err.text);
	}
	return 0;
}

/* Ours that are there stay, or get another source; what nobody wants goes. */
static void find_routes(struct routes *routes)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };
	struct sp_error err;

	for (size_t i = 0; i < routes->wanted.n_routes; i++) {
		struct wanted_route *route = &routes->wanted.routes[i];

		route->there = false;
		route->route.ifindex = ifindex_of(routes, route->interface);
		route->route.source = wanted_source(route, routes->host, routes->n_host);
	}
	for (size_t i = 0; i < 2; i++)
		if (sp_route_dump(routes->rt, families[i], take_route, routes, &err))
			log_line("%s routes: %s", sp_family(families[i]), err.text);
}

/* "eth0 (proto kernel, metric 100)" */
static const char *describe(const struct sp_route *route, char text[64])
{
	char name[IFNAMSIZ], protocol[8];

	if (!if_indextoname(route->ifindex, name))
		strcpy(name, "another");
	snprintf(text, 64, "%s (proto %s, metric %u)", name,
		 sp_route_protocol(route->protocol, protocol), route->metric);
	return text;
}

static int read_filter(const char *interface)
{
	char path[64 + IFNAMSIZ];
	int value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter", interface);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%d", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

/*
 * A strict filter of reverse paths asks without a mark where the peer is, hears that it is
 * inside of the tunnel, and drops what the peer sends from outside.
 */
static bool is_filtered(struct routes *routes, const struct wanted_route *route,
			char interface[IFNAMSIZ])
{
	const struct sp_tunnel_config *tunnel = route->tunnel;
	struct sp_route found;
	struct sp_error err;
	int all, here;

	if (route->route.table != SP_ROUTE_OWN || tunnel->peer->remote.family != AF_INET ||
	    sp_route_find(routes->rt, &tunnel->peer->remote, tunnel->options.fwmark, &found,
			  &err) ||
	    !if_indextoname(found.ifindex, interface))
		return false;
	all = read_filter("all");
	here = read_filter(interface);
	return (here > all ? here : all) == 1;
}

/*
 * A route that is there need not be the one that packets take: somebody else's to the same
 * network wins, and so may a rule.  One to a part of it is nobody's mistake.
 */
static void check_route(struct routes *routes, struct wanted_route *route)
{
	char interface[IFNAMSIZ];
	char to[SP_PREFIX_STRLEN], other[SP_PREFIX_STRLEN], whose[64];
	const struct sp_route *ours = &route->route;
	struct sp_route found;
	struct sp_error err;
	int ret;

	sp_prefix_format(&ours->to, to);
	/* Of everything no single address tells. */
	ret = ours->to.len ? sp_route_find(routes->rt, &ours->to.addr, 0, &found, &err) : 0;
	if (ret && ret != -ENETUNREACH)
		note(routes, route->error, "route to %s: somebody else's forbids it: %s", to,
		     err.text);
	else if (ret)
		note(routes, route->error, "route to %s: is not taken: %s", to, err.text);
	else if (is_filtered(routes, route, interface))
		note(routes, route->error, "route to %s: net.ipv4.conf.%s.rp_filter = 1 refuses "
		     "what the peer sends; 2 does not", to, interface);
	else if (!ours->to.len || found.ifindex == ours->ifindex || found.to.len > ours->to.len)
		settle(route->error, "route to %s", to);
	else if (sp_prefix_equal(&found.to, &ours->to))
		note(routes, route->error, "route to %s: is somebody else's, by %s", to,
		     describe(&found, whose));
	else
		note(routes, route->error, "route to %s: a rule leads to %s by %s instead", to,
		     sp_prefix_format(&found.to, other), describe(&found, whose));
}

static void settle_route(struct routes *routes, struct wanted_route *route)
{
	char to[SP_PREFIX_STRLEN];
	struct sp_error err;
	int ret;

	/* The interface tells why. */
	if (!route->route.ifindex)
		return;
	sp_prefix_format(&route->route.to, to);
	ret = route->there ? 0 : sp_route_add(routes->rt, &route->route, false, &err);
	route->there = !ret;
	if (route->incidental)
		return;
	if (ret && ret != -EEXIST)
		note(routes, route->error, "route to %s: %s", to, err.text);
	else
		check_route(routes, route);
}

static void settle_routes(struct routes *routes)
{
	find_routes(routes);
	for (size_t i = 0; i < routes->wanted.n_routes; i++)
		settle_route(routes, &routes->wanted.routes[i]);
}

/* --- rules -------------------------------------------------------------------- */

static int take_rule(const struct sp_rule *is, void *arg)
{
	struct routes *routes = arg;
	struct wanted_rule *rule;
	struct sp_error err;

	if (is->protocol != SP_RT_PROTOCOL)
		return 0;
	rule = wanted_rule(&routes->wanted, is);
	if (rule && !rule->there)
		rule->there = true;
	else if (sp_rule_del(routes->rt, is, &err))
		log_line("rule %u: %s", is->priority, err.text);
	return 0;
}

static void settle_rules(struct routes *routes)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };
	struct sp_error err;

	for (size_t i = 0; i < routes->wanted.n_rules; i++)
		routes->wanted.rules[i].there = false;
	for (size_t i = 0; i < 2; i++)
		if (sp_rule_dump(routes->rt, families[i], take_rule, routes, &err))
			log_line("%s rules: %s", sp_family(families[i]), err.text);
	for (size_t i = 0; i < routes->wanted.n_rules; i++) {
		struct wanted_rule *rule = &routes->wanted.rules[i];

		if (!rule->there && sp_rule_add(routes->rt, &rule->rule, &err))
			note(routes, rule->error, "%s rule %u: %s", sp_family(rule->rule.family),
			     rule->rule.priority, err.text);
		else
			settle(rule->error, "%s rule %u", sp_family(rule->rule.family),
			       rule->rule.priority);
	}
}

/* --- when --------------------------------------------------------------------- */

static int begin(struct routes *routes)
{
	struct sp_error err;

	if (!sp_rt_open(&routes->rt, &err))
		return 0;
	log_line("rtnetlink: %s", err.text);
	routes->refused = true;
	return -1;
}

static void end(struct routes *routes)
{
	struct timeval wait = { .tv_sec = RETRY_MIN };

	sp_rt_close(routes->rt);
	routes->rt = NULL;
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
	settle_addresses(routes);
	settle_rules(routes);
	settle_routes(routes);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct routes *routes = arg;

	(void)fd;
	(void)what;
	routes->refused = false;
	if (!begin(routes)) {
		settle_links(routes, false);
		settle_all(routes);
	}
	end(routes);
}

static bool matters(const struct routes *routes, const struct sp_rt_event *event)
{
	const struct wanted_outer *outer;

	if (event->link) {
		outer = wanted_outer(&routes->wanted, event->link->name);
		return (outer && outer->ifindex != event->link->ifindex) ||
		       wanted_link(&routes->wanted, event->link->name) ||
		       name_of(routes, event->link->ifindex)[0];
	}
	if (!event->route)
		return true;
	/* In a table that is neither main nor ours it may be what somebody's rule leads to. */
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
	if (!evtimer_pending(routes->soon, NULL) && matters(routes, event))
		event_add(routes->soon, &wait);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct routes *routes = arg;
	struct sp_error err;

	(void)fd;
	(void)what;
	if (sp_rt_events_read(routes->events, &err))
		log_line("%s", err.text);
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
	free(routes->host);
	free(routes);
	daemon->routes = NULL;
}

static void want(struct routes *routes, const struct sp_config *config)
{
	struct wanted wanted;

	wanted_make(&wanted, config);
	wanted_remember(&wanted, &routes->wanted);
	wanted_free(&routes->wanted);
	routes->wanted = wanted;
}

void routes_change(struct daemon *daemon)
{
	want(daemon->routes, daemon->config);
	on_timer(-1, 0, daemon->routes);
}

void routes_prepare(struct daemon *daemon, const struct sp_config *config)
{
	struct routes *routes = daemon->routes;

	want(routes, config);
	routes->refused = false;
	if (!begin(routes))
		settle_links(routes, true);
	end(routes);
}

void routes_apply(struct daemon *daemon)
{
	struct routes *routes = daemon->routes;

	if (!begin(routes)) {
		settle_all(routes);
		delete_links(routes);
	}
	end(routes);
}

void routes_problems(const struct daemon *daemon, const struct sp_tunnel_config *tunnel,
		     routes_problem_fn each, void *arg)
{
	const struct wanted *wanted = &daemon->routes->wanted;
	const struct wanted_link *link = wanted_link(wanted, tunnel->interface);

	if (link && link->error[0])
		each(link->error, arg);
	if (link && link->clear_error[0])
		each(link->clear_error, arg);
	for (size_t i = 0; i < tunnel->addresses.n; i++) {
		const struct sp_prefix *is = &tunnel->addresses.list[i];
		const struct wanted_address *address;

		address = wanted_address(wanted, tunnel->interface, &is->addr, is->len);
		if (address && address->error[0])
			each(address->error, arg);
	}
	for (size_t i = 0; tunnel->routes && i < tunnel->remote_ts.n; i++) {
		const struct sp_prefix *to = &tunnel->remote_ts.list[i].prefix;
		const struct wanted_route *route;

		route = wanted_route(wanted, tunnel->interface, to, wanted_table(tunnel, to));
		if (route && route->error[0])
			each(route->error, arg);
	}
	for (size_t i = 0; tunnel->peer->past && i < wanted->n_rules; i++)
		if (wanted->rules[i].error[0])
			each(wanted->rules[i].error, arg);
}
