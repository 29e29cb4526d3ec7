/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a configuration wants of the host's interfaces, addresses, routes and rules.  Each
 * stands here once, however many tunnels want it, and in order, so that it is found quickly.
 * Nothing in here asks the kernel.
 */
#ifndef WANTED_H
#define WANTED_H

#include "config/config.h"
#include "netlink/address.h"
#include "netlink/route.h"
#include "note.h"

struct wanted_link {
	char name[IFNAMSIZ];
	uint32_t ifindex;		/* 0: is not there */
	bool up;
	bool made;			/* by us */
	bool says_clear;		/* the configuration does; clear is what it says */
	bool unsays_clear;		/* it did, and what it said is still in force */
	uint8_t clear;			/* enum spindle_clear */
	struct sp_note error;		/* why it is not as it should be */
	struct sp_note clear_error;
};

struct wanted_address {
	char interface[IFNAMSIZ];
	struct sp_address address;
	bool there;
	struct sp_note error;
};

struct wanted_route {
	char interface[IFNAMSIZ];
	struct sp_route route;
	/* That an address brings with it: if another has that network, well and good. */
	bool incidental;
	const struct sp_tunnel_config *tunnel;	/* the first that wants it */
	bool there;
	bool due;			/* to be asked whether packets take it */
	struct sp_note error;
};

struct wanted_rule {
	struct sp_rule rule;
	bool there;
	struct sp_note error;
};

/* An interface for outer packets, which the kernel knows by its index and we by its name. */
struct wanted_outer {
	char name[IFNAMSIZ];
	uint32_t ifindex, before;	/* 0: is not there, or was not */
};

struct wanted {
	struct wanted_link *links;
	struct wanted_outer *outers;
	struct wanted_address *addresses;
	struct wanted_route *routes;
	struct wanted_rule *rules;
	size_t n_links, n_outers, n_addresses, n_routes, n_rules;
};

void wanted_make(struct wanted *wanted, const struct sp_config *config);
void wanted_free(struct wanted *wanted);

/*
 * Whether something is to be done about what becomes of packets in the clear by that interface,
 * and what.  When a configuration is applied, our own interfaces refuse them unless it says
 * otherwise; those of others are what they are.
 */
bool wanted_clear(const struct wanted_link *link, bool apply, uint8_t *clear);

/* Which one a route to @to belongs into. */
uint32_t wanted_table(const struct sp_tunnel_config *tunnel, const struct sp_prefix *to);

/* Each returns NULL if it is not wanted. */
struct wanted_link *wanted_link(const struct wanted *wanted, const char *name);
struct wanted_outer *wanted_outer(const struct wanted *wanted, const char *name);
struct wanted_address *wanted_address(const struct wanted *wanted, const char *interface,
				      const struct sp_addr *addr, uint8_t len);
struct wanted_route *wanted_route(const struct wanted *wanted, const char *interface,
				  const struct sp_prefix *to, uint32_t table);
struct wanted_rule *wanted_rule(const struct wanted *wanted, const struct sp_rule *rule);
/* Whether any interface is to have it. */
bool wanted_prefix(const struct wanted *wanted, const struct sp_prefix *to, uint32_t table);
/* Does one lead to a part of that network, or to all of it, whatever its table? */
bool wanted_within(const struct wanted *wanted, const struct sp_prefix *network);

/*
 * The source of our own packets on that route: of the host's @n addresses one that the
 * tunnel's local-ts hold, best one that the configuration gives the tunnel; or none.
 */
struct sp_addr wanted_source(const struct wanted_route *route, const struct sp_address *host,
			     size_t n);

/*
 * Takes over what is known of the same from before, and takes away what was said about it, so
 * that only news are told.
 */
void wanted_remember(struct wanted *wanted, struct wanted *before);

/* Whether the two differ in nothing but routes, and all interfaces are there as they were. */
bool wanted_same_but_routes(const struct wanted *wanted, const struct wanted *before);

#endif
