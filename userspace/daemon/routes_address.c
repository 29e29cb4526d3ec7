// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "io/log.h"
#include "routes_inside.h"

static void keep_address(struct routes *routes, const struct sp_address *address)
{
	/* The room doubles whenever it is full. */
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

		address = wanted_address(&routes->wanted, routes_name(routes, is->ifindex),
					 &is->addr, is->len);
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
	address->address.ifindex = routes_ifindex(routes, address->interface);
	if (!address->there && address->address.ifindex) {
		ret = sp_address_add(routes->rt, &address->address, &err);
		if (ret && ret != -EEXIST) {
			routes_note(routes, &address->error, "address %s/%u: %s", text,
			     address->address.len, err.text);
			return;
		}
		address->there = true;
		keep_address(routes, &address->address);
	}
	if (address->there)
		routes_settled(&address->error, "address %s/%u", text, address->address.len);
}

void routes_settle_addresses(struct routes *routes)
{
	for (size_t i = 0; i < routes->wanted.n_addresses; i++)
		routes->wanted.addresses[i].there = false;
	find_addresses(routes);
	for (size_t i = 0; i < routes->wanted.n_addresses; i++)
		add_address(routes, &routes->wanted.addresses[i]);
}
