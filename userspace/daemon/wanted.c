// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "wanted.h"

/* --- order -------------------------------------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_addrs(const struct sp_addr *a, const struct sp_addr *b)
{
	int order = compare_numbers(a->family, b->family);

	return order ? order : memcmp(a->octets, b->octets, sp_addr_len(a));
}

static int compare_links(const void *left, const void *right)
{
	const struct wanted_link *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static int compare_outers(const void *left, const void *right)
{
	const struct wanted_outer *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static int compare_addresses(const void *left, const void *right)
{
	const struct wanted_address *a = left, *b = right;
	int order = strcmp(a->interface, b->interface);

	if (!order)
		order = compare_addrs(&a->address.addr, &b->address.addr);
	return order ? order : compare_numbers(a->address.len, b->address.len);
}

static int compare_places(const struct sp_route *a, const struct sp_route *b)
{
	int order = compare_numbers(a->table, b->table);

	if (!order)
		order = compare_addrs(&a->to.addr, &b->to.addr);
	return order ? order : compare_numbers(a->to.len, b->to.len);
}

static int compare_routes(const void *left, const void *right)
{
	const struct wanted_route *a = left, *b = right;
	int order = compare_places(&a->route, &b->route);

	return order ? order : strcmp(a->interface, b->interface);
}

/* Of equal ones, the one that says more comes first and is kept. */
static int rank_links(const void *left, const void *right)
{
	const struct wanted_link *a = left, *b = right;
	int order = compare_links(left, right);

	return order ? order : compare_numbers(b->says_clear, a->says_clear);
}

/* Of equal ones, the one that more depends on comes first and is kept. */
static int rank_routes(const void *left, const void *right)
{
	const struct wanted_route *a = left, *b = right;
	int order = compare_routes(left, right);

	return order ? order : compare_numbers(a->incidental, b->incidental);
}

static int compare_rules(const void *left, const void *right)
{
	const struct sp_rule *a = &((const struct wanted_rule *)left)->rule;
	const struct sp_rule *b = &((const struct wanted_rule *)right)->rule;
	int order = compare_numbers(a->family, b->family);

	/* A rule's target is to be there before it. */
	if (!order)
		order = compare_numbers(b->priority, a->priority);
	if (!order)
		order = compare_numbers(a->mark, b->mark);
	return order;
}

typedef int (*compare_fn)(const void *, const void *);

/* Sorts, and drops what stands there twice; returns how many are left. */
static size_t sort_and_unify(void *list, size_t n, size_t size, compare_fn rank, compare_fn same)
{
	char *items = list;
	size_t kept = 0;

	if (n)
		qsort(list, n, size, rank);
	for (size_t i = 0; i < n; i++) {
		if (kept && !same(items + (kept - 1) * size, items + i * size))
			continue;
		if (kept != i)
			memcpy(items + kept * size, items + i * size, size);
		kept++;
	}
	return kept;
}

static void *grow_list(void *list, size_t n, size_t size)
{
	/* The room doubles whenever it is full. */
	if (n & (n - 1))
		return list;
	list = reallocarray(list, n ? 2 * n : 1, size);
	if (!list)
		abort();	/* as for the configuration that it is made of */
	return list;
}

/* --- of one tunnel ------------------------------------------------------------ */

static void add_link(struct wanted *wanted, const struct sp_tunnel_config *tunnel)
{
	struct wanted_link *link;

	wanted->links = grow_list(wanted->links, wanted->n_links, sizeof(*link));
	link = &wanted->links[wanted->n_links++];
	*link = (struct wanted_link){ .says_clear = tunnel->says_clear, .clear = tunnel->clear };
	strcpy(link->name, tunnel->interface);
}

static void add_outer(struct wanted *wanted, const struct sp_tunnel_config *tunnel)
{
	struct wanted_outer *outer;

	if (!tunnel->options.link[0])
		return;
	wanted->outers = grow_list(wanted->outers, wanted->n_outers, sizeof(*outer));
	outer = &wanted->outers[wanted->n_outers++];
	*outer = (struct wanted_outer){ .ifindex = 0 };
	strcpy(outer->name, tunnel->options.link);
}

uint32_t wanted_table(const struct sp_tunnel_config *tunnel, const struct sp_prefix *to)
{
	return sp_config_is_past(tunnel, to) ? SP_ROUTE_OWN : SP_ROUTE_MAIN;
}

static void add_route(struct wanted *wanted, const struct sp_tunnel_config *tunnel,
		      const struct sp_prefix *to, bool incidental)
{
	struct wanted_route *route;

	wanted->routes = grow_list(wanted->routes, wanted->n_routes, sizeof(*route));
	route = &wanted->routes[wanted->n_routes++];
	*route = (struct wanted_route){
		.route = {
			.to = *to,
			.table = incidental ? SP_ROUTE_MAIN : wanted_table(tunnel, to),
			.metric = SP_ROUTE_METRIC,
			.protocol = SP_RT_PROTOCOL,
			.type = RTN_UNICAST,
		},
		.incidental = incidental,
		.tunnel = tunnel,
	};
	strcpy(route->interface, tunnel->interface);
}

/* The network of an address that was given with its host bits. */
static struct sp_prefix network_of(const struct sp_prefix *address)
{
	struct sp_prefix network = *address;

	for (unsigned int bit = network.len; bit < sp_addr_len(&network.addr) * 8; bit++)
		network.addr.octets[bit / 8] &= 0xff ^ (0x80 >> bit % 8);
	return network;
}

static void add_address(struct wanted *wanted, const struct sp_tunnel_config *tunnel,
			const struct sp_prefix *from)
{
	struct sp_prefix network = network_of(from);
	struct wanted_address *address;

	wanted->addresses = grow_list(wanted->addresses, wanted->n_addresses, sizeof(*address));
	address = &wanted->addresses[wanted->n_addresses++];
	*address = (struct wanted_address){
		.address = {
			.addr = from->addr, .len = from->len, .protocol = SP_RT_PROTOCOL,
			.usable = true,
		},
	};
	strcpy(address->interface, tunnel->interface);
	if (from->len && from->len < sp_addr_len(&from->addr) * 8)
		add_route(wanted, tunnel, &network, true);
}

static void add_tunnel(struct wanted *wanted, const struct sp_tunnel_config *tunnel)
{
	add_link(wanted, tunnel);
	add_outer(wanted, tunnel);
	for (size_t i = 0; i < tunnel->addresses.n; i++)
		add_address(wanted, tunnel, &tunnel->addresses.list[i]);
	for (size_t i = 0; tunnel->routes && i < tunnel->remote_ts.n; i++)
		add_route(wanted, tunnel, &tunnel->remote_ts.list[i].prefix, false);
}

/* --- rules -------------------------------------------------------------------- */

static void add_rule(struct wanted *wanted, const struct sp_rule *rule)
{
	struct wanted_rule *one;

	wanted->rules = grow_list(wanted->rules, wanted->n_rules, sizeof(*one));
	one = &wanted->rules[wanted->n_rules++];
	*one = (struct wanted_rule){ .rule = *rule };
	one->rule.protocol = SP_RT_PROTOCOL;
}

/*
 * What bears a mark passes all of this by.  The rest asks our table for hosts, then the main
 * one for anything but a default route, then ours again: what is nearer than everything, as
 * one's own LAN, stays where it is.
 */
static void add_rules(struct wanted *wanted, sa_family_t family)
{
	const struct sp_rule rules[] = {
		{ .priority = SP_ROUTE_OWN + 1, .table = SP_ROUTE_OWN,
		  .suppress = family == AF_INET6 ? 127 : 31 },
		{ .priority = SP_ROUTE_OWN + 2, .table = SP_ROUTE_MAIN, .suppress = 0 },
		{ .priority = SP_ROUTE_OWN + 3, .table = SP_ROUTE_OWN, .suppress = -1 },
		{ .priority = SP_ROUTE_OWN + 9, .suppress = -1 },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct sp_rule rule = rules[i];

		rule.family = family;
		add_rule(wanted, &rule);
	}
}

static void add_mark(struct wanted *wanted, sa_family_t family, uint32_t mark)
{
	const struct sp_rule rule = {
		.family = family, .priority = SP_ROUTE_OWN, .mark = mark, .suppress = -1,
		.target = SP_ROUTE_OWN + 9,
	};

	add_rule(wanted, &rule);
}

static bool needs_rules(const struct wanted *wanted, sa_family_t family)
{
	for (size_t i = 0; i < wanted->n_routes; i++)
		if (wanted->routes[i].route.table == SP_ROUTE_OWN &&
		    wanted->routes[i].route.to.addr.family == family)
			return true;
	return false;
}

static void add_family(struct wanted *wanted, const struct sp_config *config, sa_family_t family)
{
	const struct sp_tunnel_config *tunnel;

	if (!needs_rules(wanted, family))
		return;
	add_rules(wanted, family);
	STAILQ_FOREACH(tunnel, &config->tunnels, next)
		if (tunnel->peer->past)
			add_mark(wanted, family, tunnel->options.fwmark);
}

/* --- all of them -------------------------------------------------------------- */

void wanted_make(struct wanted *wanted, const struct sp_config *config)
{
	const struct sp_tunnel_config *tunnel;

	*wanted = (struct wanted){ .links = NULL };
	STAILQ_FOREACH(tunnel, &config->tunnels, next)
		add_tunnel(wanted, tunnel);
	wanted->n_links = sort_and_unify(wanted->links, wanted->n_links, sizeof(*wanted->links),
					 rank_links, compare_links);
	wanted->n_outers = sort_and_unify(wanted->outers, wanted->n_outers, sizeof(*wanted->outers),
					  compare_outers, compare_outers);
	wanted->n_addresses = sort_and_unify(wanted->addresses, wanted->n_addresses,
					     sizeof(*wanted->addresses), compare_addresses,
					     compare_addresses);
	wanted->n_routes = sort_and_unify(wanted->routes, wanted->n_routes, sizeof(*wanted->routes),
					  rank_routes, compare_routes);
	add_family(wanted, config, AF_INET);
	add_family(wanted, config, AF_INET6);
	wanted->n_rules = sort_and_unify(wanted->rules, wanted->n_rules, sizeof(*wanted->rules),
					 compare_rules, compare_rules);
}

static void clear_notes(struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->n_links; i++) {
		sp_note_clear(&wanted->links[i].error);
		sp_note_clear(&wanted->links[i].clear_error);
	}
	for (size_t i = 0; i < wanted->n_addresses; i++)
		sp_note_clear(&wanted->addresses[i].error);
	for (size_t i = 0; i < wanted->n_routes; i++)
		sp_note_clear(&wanted->routes[i].error);
	for (size_t i = 0; i < wanted->n_rules; i++)
		sp_note_clear(&wanted->rules[i].error);
}

void wanted_free(struct wanted *wanted)
{
	clear_notes(wanted);
	free(wanted->links);
	free(wanted->outers);
	free(wanted->addresses);
	free(wanted->routes);
	free(wanted->rules);
	*wanted = (struct wanted){ .links = NULL };
}

/* bsearch() may not be given no list at all. */
static void *find_item(const void *key, const void *list, size_t n, size_t size, compare_fn compare)
{
	return n ? bsearch(key, list, n, size, compare) : NULL;
}

/* Into a key that is zero otherwise. */
static void copy_name(char to[IFNAMSIZ], const char *name)
{
	memcpy(to, name, strnlen(name, IFNAMSIZ - 1));
}

struct wanted_link *wanted_link(const struct wanted *wanted, const char *name)
{
	struct wanted_link key = { .ifindex = 0 };

	copy_name(key.name, name);
	return find_item(&key, wanted->links, wanted->n_links, sizeof(key), compare_links);
}

struct wanted_outer *wanted_outer(const struct wanted *wanted, const char *name)
{
	struct wanted_outer key = { .ifindex = 0 };

	copy_name(key.name, name);
	return find_item(&key, wanted->outers, wanted->n_outers, sizeof(key), compare_outers);
}

struct wanted_address *wanted_address(const struct wanted *wanted, const char *interface,
				      const struct sp_addr *addr, uint8_t len)
{
	struct wanted_address key = { .address = { .addr = *addr, .len = len } };

	copy_name(key.interface, interface);
	return find_item(&key, wanted->addresses, wanted->n_addresses, sizeof(key),
			 compare_addresses);
}

struct wanted_route *wanted_route(const struct wanted *wanted, const char *interface,
				  const struct sp_prefix *to, uint32_t table)
{
	struct wanted_route key = { .route = { .to = *to, .table = table } };

	copy_name(key.interface, interface);
	return find_item(&key, wanted->routes, wanted->n_routes, sizeof(key), compare_routes);
}

struct wanted_rule *wanted_rule(const struct wanted *wanted, const struct sp_rule *rule)
{
	struct wanted_rule key = { .rule = *rule }, *found;

	found = find_item(&key, wanted->rules, wanted->n_rules, sizeof(key), compare_rules);
	return found && sp_rule_equal(&found->rule, rule) ? found : NULL;
}

static int compare_only_places(const void *left, const void *right)
{
	const struct wanted_route *a = left, *b = right;

	return compare_places(&a->route, &b->route);
}

bool wanted_clear(const struct wanted_link *link, bool apply, uint8_t *clear)
{
	*clear = link->says_clear ? link->clear : SPINDLE_CLEAR_REFUSE;
	return link->ifindex && (link->says_clear || link->unsays_clear || (apply && link->made));
}

bool wanted_prefix(const struct wanted *wanted, const struct sp_prefix *to, uint32_t table)
{
	const struct wanted_route key = { .route = { .to = *to, .table = table } };

	return find_item(&key, wanted->routes, wanted->n_routes, sizeof(key), compare_only_places);
}

/* The first of the table's routes that is not before @network in their order. */
static const struct sp_route *first_from(const struct wanted *wanted,
					 const struct sp_prefix *network, uint32_t table)
{
	const struct sp_route key = { .to = { .addr = network->addr, .len = 0 }, .table = table };
	size_t begin = 0, end = wanted->n_routes;

	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;

		if (compare_places(&wanted->routes[middle].route, &key) < 0)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin < wanted->n_routes ? &wanted->routes[begin].route : NULL;
}

bool wanted_within(const struct wanted *wanted, const struct sp_prefix *network)
{
	static const uint32_t tables[] = { SP_ROUTE_MAIN, SP_ROUTE_OWN };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct sp_route *route = first_from(wanted, network, tables[i]);
		struct sp_prefix part;

		if (!route || route->table != tables[i] || route->to.len < network->len ||
		    route->to.addr.family != network->addr.family)
			continue;
		part = (struct sp_prefix){ .addr = route->to.addr, .len = network->len };
		part = network_of(&part);
		if (sp_prefix_equal(&part, network))
			return true;
	}
	return false;
}

/* --- sources ------------------------------------------------------------------ */

static bool selectors_hold(const struct sp_ts_list *side, const struct sp_addr *addr)
{
	for (size_t i = 0; i < side->n; i++) {
		struct sp_prefix host = { .addr = *addr, .len = side->list[i].prefix.len };

		if (side->list[i].prefix.addr.family != addr->family)
			continue;
		host = network_of(&host);
		if (sp_prefix_equal(&side->list[i].prefix, &host))
			return true;
	}
	return false;
}

static bool is_configured(const struct sp_tunnel_config *tunnel, const struct sp_addr *addr)
{
	for (size_t i = 0; i < tunnel->addresses.n; i++)
		if (sp_addr_equal(&tunnel->addresses.list[i].addr, addr))
			return true;
	return false;
}

struct sp_addr wanted_source(const struct wanted_route *route, const struct sp_address *host,
			     size_t n)
{
	const struct sp_tunnel_config *tunnel = route->tunnel->section;
	struct sp_addr best = { .family = AF_UNSPEC };

	/* Another instance has another of the section's networks. */
	if (!tunnel)
		tunnel = route->tunnel;
	for (size_t i = 0; i < n; i++) {
		const struct sp_addr *addr = &host[i].addr;

		if (!host[i].usable || addr->family != route->route.to.addr.family ||
		    !selectors_hold(&tunnel->local_ts, addr))
			continue;
		if (is_configured(tunnel, addr))
			return *addr;
		if (!best.family)
			best = *addr;
	}
	return best;
}

/* --- news --------------------------------------------------------------------- */

static void remember_link(struct wanted_link *link, struct wanted_link *before)
{
	link->ifindex = before->ifindex;
	link->up = before->up;
	link->made = before->made;
	link->unsays_clear = !link->says_clear && (before->says_clear || before->unsays_clear);
	sp_note_move(&link->error, &before->error);
	sp_note_move(&link->clear_error, &before->clear_error);
}

void wanted_remember(struct wanted *wanted, struct wanted *before)
{
	for (size_t i = 0; i < wanted->n_links; i++) {
		struct wanted_link *link = &wanted->links[i], *old;

		old = wanted_link(before, link->name);
		if (old)
			remember_link(link, old);
	}
	for (size_t i = 0; i < wanted->n_outers; i++) {
		struct wanted_outer *outer = &wanted->outers[i], *old;

		old = wanted_outer(before, outer->name);
		if (old)
			outer->ifindex = old->ifindex;
	}
	for (size_t i = 0; i < wanted->n_addresses; i++) {
		struct wanted_address *address = &wanted->addresses[i], *old;

		old = wanted_address(before, address->interface, &address->address.addr,
				     address->address.len);
		if (!old)
			continue;
		address->there = old->there;
		sp_note_move(&address->error, &old->error);
	}
	for (size_t i = 0; i < wanted->n_routes; i++) {
		struct wanted_route *route = &wanted->routes[i], *old;

		old = wanted_route(before, route->interface, &route->route.to, route->route.table);
		if (!old)
			continue;
		route->there = old->there;
		route->route.source = old->route.source;
		sp_note_move(&route->error, &old->error);
	}
	for (size_t i = 0; i < wanted->n_rules; i++) {
		struct wanted_rule *rule = &wanted->rules[i], *old;

		old = wanted_rule(before, &rule->rule);
		if (!old)
			continue;
		rule->there = old->there;
		sp_note_move(&rule->error, &old->error);
	}
}

static bool same_links(const struct wanted *wanted, const struct wanted *before)
{
	for (size_t i = 0; i < wanted->n_links && i < before->n_links; i++) {
		const struct wanted_link *link = &wanted->links[i], *old = &before->links[i];

		if (strcmp(link->name, old->name) || !link->ifindex ||
		    link->ifindex != old->ifindex || !link->up || !old->up)
			return false;
	}
	return wanted->n_links == before->n_links;
}

static bool same_addresses(const struct wanted *wanted, const struct wanted *before)
{
	for (size_t i = 0; i < wanted->n_addresses && i < before->n_addresses; i++)
		if (compare_addresses(&wanted->addresses[i], &before->addresses[i]) ||
		    !before->addresses[i].there)
			return false;
	return wanted->n_addresses == before->n_addresses;
}

static bool same_rules(const struct wanted *wanted, const struct wanted *before)
{
	for (size_t i = 0; i < wanted->n_rules && i < before->n_rules; i++)
		if (!sp_rule_equal(&wanted->rules[i].rule, &before->rules[i].rule) ||
		    !before->rules[i].there)
			return false;
	return wanted->n_rules == before->n_rules;
}

bool wanted_same_but_routes(const struct wanted *wanted, const struct wanted *before)
{
	return same_links(wanted, before) && same_addresses(wanted, before) &&
	       same_rules(wanted, before);
}
