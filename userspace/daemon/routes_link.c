// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "clear.h"
#include "door.h"
#include "io/log.h"
#include "netlink/link.h"
#include "repair.h"
#include "routes_inside.h"
#include "udp.h"

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
		routes_note(routes, &link->error, "%s", err.text);
		return 0;
	}
	link->ifindex = is->ifindex;
	if (is->up)
		routes_settled(&link->error, "interface %s", link->name);
	return 0;
}

/* Finds the interfaces that exist; @before gets the indices they had before. */
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

	/* It is of another kind, which was reported. */
	if (!ret)
		return;
	if (ret == -ENODEV)
		ret = sp_link_new(routes->rt, link->name, &err);
	if (!ret)
		ret = sp_link_get(routes->rt, link->name, &is, &err);
	if (ret)
		routes_note(routes, &link->error, "interface %s: %s", link->name, err.text);
	else
		take_link(&is, routes);
}

/* An administrator who sets it down means it, until he has the configuration read again. */
static void raise_link(struct routes *routes, struct wanted_link *link)
{
	struct sp_error err;

	if (sp_link_set_up(routes->rt, link->ifindex, &err)) {
		routes_note(routes, &link->error, "interface %s is down: %s", link->name, err.text);
		return;
	}
	link->up = true;
	routes_settled(&link->error, "interface %s", link->name);
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

static int compare_indices(const void *left, const void *right)
{
	const struct wanted_link *const *a = left, *const *b = right;

	return ((*a)->ifindex > (*b)->ifindex) - ((*a)->ifindex < (*b)->ifindex);
}

void routes_index_links(struct routes *routes)
{
	const struct wanted *wanted = &routes->wanted;

	free(routes->by_index);
	routes->by_index = calloc(wanted->n_links + 1, sizeof(*routes->by_index));
	if (!routes->by_index)
		abort();
	routes->n_by_index = 0;
	for (size_t i = 0; i < wanted->n_links; i++)
		if (wanted->links[i].ifindex)
			routes->by_index[routes->n_by_index++] = &wanted->links[i];
	if (routes->n_by_index)
		qsort(routes->by_index, routes->n_by_index, sizeof(*routes->by_index),
		      compare_indices);
}

void routes_settle_links(struct routes *routes, bool apply)
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
			routes_note(routes, &link->error, "interface %s is down", link->name);
		if (!apply && link->ifindex && before[i] != link->ifindex) {
			log_line("interface %s is a new one: its tunnels are made anew",
				 link->name);
			repair_interface(routes->daemon, link->name);
		}
	}
	if (clear_settle(routes->daemon, wanted, apply))
		routes->refused = true;
out:
	routes_index_links(routes);
	free(before);
}

uint32_t routes_ifindex(const struct routes *routes, const char *name)
{
	const struct wanted_link *link = wanted_link(&routes->wanted, name);

	return link && link->up ? link->ifindex : 0;
}

const char *routes_name(const struct routes *routes, uint32_t ifindex)
{
	const struct wanted_link like = { .ifindex = ifindex }, *key = &like, **found;

	if (!ifindex || !routes->n_by_index)
		return "";
	found = bsearch(&key, routes->by_index, routes->n_by_index, sizeof(*routes->by_index),
			compare_indices);
	return found ? (*found)->name : "";
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

void routes_delete_links(struct routes *routes)
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
