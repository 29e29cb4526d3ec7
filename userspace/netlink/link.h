/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces, and those of kind spindle. */
#ifndef SP_LINK_H
#define SP_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "rt.h"

/* The properties of an interface that matter here. */
struct sp_link {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	char kind[32];			/* "" of hardware */
	bool up;
	bool made;			/* by us */
};

typedef int (*sp_link_fn)(const struct sp_link *link, void *arg);

int sp_link_parse(struct nlmsghdr *hdr, struct sp_link *link, struct sp_error *err);
/* A return other than 0 ends the walk with it. */
int sp_link_dump(struct sp_rt *rt, sp_link_fn each, void *arg, struct sp_error *err);
int sp_link_get(struct sp_rt *rt, const char *ifname, struct sp_link *link, struct sp_error *err);

bool sp_link_is_spindle(const struct sp_link *link);
/* "spin0 is of kind bridge, not spindle" */
int sp_link_refuse_kind(const struct sp_link *link, struct sp_error *err);

/* Makes it, sets it up and says in its alias whose it is. */
int sp_link_new(struct sp_rt *rt, const char *ifname, struct sp_error *err);
int sp_link_set_up(struct sp_rt *rt, uint32_t ifindex, struct sp_error *err);
int sp_link_del(struct sp_rt *rt, uint32_t ifindex, struct sp_error *err);

/*
 * Creates the interface if it is missing and sets it up; an interface of another kind is an
 * error.
 */
int sp_link_ensure(const char *ifname, uint32_t *ifindex, struct sp_error *err);

#endif
