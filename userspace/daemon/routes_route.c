// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/log.h"
#include "routes_inside.h"

static int take_route(const struct sp_route *is, void *arg)
{
	struct routes *routes = arg;
	struct wanted_route *route;
	char text[SP_PREFIX_STRLEN];
	struct sp_error err;

	route = wanted_route(&routes->wanted, routes_name(routes, is->ifindex), &is->to, is->table);
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
		route->route.ifindex = routes_ifindex(routes, route->interface);
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
static void judge_route(struct routes *routes, struct wanted_route *route, int ret,
			const struct sp_route *found, const char *why)
{
	char interface[IFNAMSIZ];
	char to[SP_PREFIX_STRLEN], other[SP_PREFIX_STRLEN], whose[64];
	const struct sp_route *ours = &route->route;

	sp_prefix_format(&ours->to, to);
	if (ret && ret != -ENETUNREACH)
		routes_note(routes, &route->error, "route to %s: somebody else's forbids it: %s",
			    to, why);
	else if (ret)
		routes_note(routes, &route->error, "route to %s: is not taken: %s", to, why);
	else if (is_filtered(routes, route, interface))
		routes_note(routes, &route->error, "route to %s: net.ipv4.conf.%s.rp_filter = 1 "
			    "refuses what the peer sends; 2 does not", to, interface);
	else if (!found || found->ifindex == ours->ifindex || found->to.len > ours->to.len)
		routes_settled(&route->error, "route to %s", to);
	else if (sp_prefix_equal(&found->to, &ours->to))
		routes_note(routes, &route->error, "route to %s: is somebody else's, by %s", to,
			    describe(found, whose));
	else
		routes_note(routes, &route->error, "route to %s: a rule leads to %s by %s instead",
			    to, sp_prefix_format(&found->to, other), describe(found, whose));
}

/* A question to the kernel about a route, until it is answered. */
struct question {
	struct routes *routes;
	struct wanted_route *route;
	struct sp_route found;
};

static struct question *new_question(struct routes *routes, struct wanted_route *route)
{
	struct question *question = calloc(1, sizeof(*question));

	if (!question)
		abort();
	question->routes = routes;
	question->route = route;
	return question;
}

static int take_found(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	struct question *question = arg;

	return sp_route_parse(hdr, &question->found, err);
}

static void take_verdict(int code, struct sp_error *err, void *arg)
{
	struct question *question = arg;

	judge_route(question->routes, question->route, code, &question->found, err->text);
	free(question);
}

static void check_route(struct routes *routes, struct sp_talk_group *group,
			struct wanted_route *route)
{
	struct question *question;
	struct sp_error err;

	route->due = false;
	/* No single address can stand for a default route. */
	if (!route->route.to.len) {
		judge_route(routes, route, 0, NULL, "");
		return;
	}
	question = new_question(routes, route);
	if (sp_route_find_in(group, &route->route.to.addr, 0, take_found, take_verdict, question,
			     &err))
		take_verdict(-ENETUNREACH, &err, question);
}

/* A route that is there is checked next, and so is one that somebody else has. */
static void take_added(int code, struct sp_error *err, void *arg)
{
	struct question *question = arg;
	struct wanted_route *route = question->route;
	char to[SP_PREFIX_STRLEN];

	route->there = !code;
	route->due = !route->incidental && (!code || code == -EEXIST);
	if (!route->incidental && !route->due)
		routes_note(question->routes, &route->error, "route to %s: %s",
			    sp_prefix_format(&route->route.to, to), err->text);
	free(question);
}

static void add_route(struct routes *routes, struct sp_talk_group *group,
		      struct wanted_route *route)
{
	struct question *question = new_question(routes, route);
	struct sp_error err;

	if (sp_route_add_in(group, &route->route, take_added, question, &err))
		take_added(-ENOMEM, &err, question);
}

/* Asks the kernel about many at once: first for what is missing, then what it makes of it. */
static void settle_wanted(struct routes *routes)
{
	struct wanted *wanted = &routes->wanted;
	struct sp_talk_group group;

	sp_rt_group_begin(&group, routes->rt);
	for (size_t i = 0; i < wanted->n_routes; i++) {
		struct wanted_route *route = &wanted->routes[i];

		/* If there is no interface, the interface's own problem says why. */
		if (!route->there && route->route.ifindex)
			add_route(routes, &group, route);
	}
	sp_talk_group_end(&group);
	for (size_t i = 0; i < wanted->n_routes; i++)
		if (wanted->routes[i].due)
			check_route(routes, &group, &wanted->routes[i]);
	sp_talk_group_end(&group);
}

void routes_settle_routes(struct routes *routes)
{
	find_routes(routes);
	for (size_t i = 0; i < routes->wanted.n_routes; i++) {
		struct wanted_route *route = &routes->wanted.routes[i];

		route->due = route->there && !route->incidental;
	}
	settle_wanted(routes);
}

/* --- where only few are others -------------------------------------------------- */

static void delete_unwanted(struct routes *routes)
{
	char text[SP_PREFIX_STRLEN];
	struct sp_error err;

	for (size_t i = 0; i < routes->before.n_routes; i++) {
		const struct wanted_route *old = &routes->before.routes[i];

		if (old->there && !wanted_route(&routes->wanted, old->interface, &old->route.to,
						old->route.table) &&
		    sp_route_del(routes->rt, &old->route, &err))
			log_line("route to %s: %s", sp_prefix_format(&old->route.to, text),
				 err.text);
	}
}

/* Changes the source of a route that is there; routes of our own table are checked again. */
static void renew_route(struct routes *routes, struct wanted_route *route)
{
	struct sp_addr source = wanted_source(route, routes->host, routes->n_host);
	bool same = sp_addr_equal(&source, &route->route.source);
	struct sp_error err;

	route->route.ifindex = routes_ifindex(routes, route->interface);
	route->route.source = source;
	if (route->there && !same)
		route->there = !sp_route_add(routes->rt, &route->route, true, &err);
	route->due = route->there && !route->incidental &&
		     (!same || route->route.table == SP_ROUTE_OWN);
}

void routes_settle_new(struct routes *routes)
{
	delete_unwanted(routes);
	for (size_t i = 0; i < routes->wanted.n_routes; i++)
		renew_route(routes, &routes->wanted.routes[i]);
	settle_wanted(routes);
}
