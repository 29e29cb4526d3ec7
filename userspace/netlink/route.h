/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes through interfaces, and the rules that say which table is asked. */
#ifndef SP_ROUTE_H
#define SP_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "rt.h"

enum {
	SP_ROUTE_MAIN = 254,		/* RT_TABLE_MAIN */
	SP_ROUTE_OWN = 4510,		/* a table of our own, and the first of our rules */
	/*
	 * A metric that loses against what anybody sets by hand or by DHCP, so that no other
	 * route is covered by ours, but wins against the unreachable ones behind a tunnel.
	 */
	SP_ROUTE_METRIC = 100000,
};

struct sp_route {
	struct sp_prefix to;
	uint32_t table;
	uint32_t ifindex;		/* 0: of none, or of several */
	uint32_t metric;
	uint8_t protocol;		/* whose it is */
	uint8_t type;			/* RTN_UNICAST or another */
	struct sp_addr source;		/* of packets of our own; none: the kernel chooses */
};

typedef int (*sp_route_fn)(const struct sp_route *route, void *arg);

int sp_route_parse(struct nlmsghdr *hdr, struct sp_route *route, struct sp_error *err);
/* Walks the routes of protocol SP_RT_PROTOCOL in all tables. */
int sp_route_dump(struct sp_rt *rt, sa_family_t family, sp_route_fn each, void *arg,
		  struct sp_error *err);
/*
 * Fails with -EEXIST where one of this metric is; with @replace, which is for a route known
 * as our own, takes its place.
 */
int sp_route_add(struct sp_rt *rt, const struct sp_route *route, bool replace,
		 struct sp_error *err);
int sp_route_del(struct sp_rt *rt, const struct sp_route *route, struct sp_error *err);
/* The same as one of a group; 0, or -ENOMEM and an error if it cannot be asked. */
int sp_route_add_in(struct sp_talk_group *group, const struct sp_route *route,
		    sp_talk_done_fn done, void *arg, struct sp_error *err);
/* The route that a packet of this host to @to would take; -errno if there is none. */
int sp_route_find(struct sp_rt *rt, const struct sp_addr *to, uint32_t mark,
		  struct sp_route *found, struct sp_error *err);
/* The same as one of a group: each() gets what sp_route_parse() takes. */
int sp_route_find_in(struct sp_talk_group *group, const struct sp_addr *to, uint32_t mark,
		     sp_talk_fn each, sp_talk_done_fn done, void *arg, struct sp_error *err);

struct sp_rule {
	sa_family_t family;
	uint32_t priority;
	uint32_t mark;			/* 0: of any */
	uint32_t table;			/* to look in; 0: none */
	int suppress;			/* not routes of at most so many bits; -1: none */
	uint32_t target;		/* the priority to go on at; 0: none */
	uint8_t protocol;
};

typedef int (*sp_rule_fn)(const struct sp_rule *rule, void *arg);

bool sp_rule_equal(const struct sp_rule *a, const struct sp_rule *b);
/* Walks the rules of all protocols. */
int sp_rule_dump(struct sp_rt *rt, sa_family_t family, sp_rule_fn each, void *arg,
		 struct sp_error *err);
int sp_rule_add(struct sp_rt *rt, const struct sp_rule *rule, struct sp_error *err);
int sp_rule_del(struct sp_rt *rt, const struct sp_rule *rule, struct sp_error *err);

/* "kernel", "static", ... or the number, as iproute2 calls a route's protocol. */
const char *sp_route_protocol(uint8_t protocol, char buf[8]);

#endif
