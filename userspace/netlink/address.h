/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of interfaces. */
#ifndef SP_ADDRESS_H
#define SP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "rt.h"

struct sp_address {
	uint32_t ifindex;
	struct sp_addr addr;
	uint8_t len;			/* bits of its network */
	uint8_t protocol;		/* whose it is: SP_RT_PROTOCOL or not */
	bool usable;			/* as the source of packets to anywhere */
};

typedef int (*sp_address_fn)(const struct sp_address *address, void *arg);

/* Every address of the host; a return other than 0 ends the walk with it. */
int sp_address_dump(struct sp_rt *rt, sp_address_fn each, void *arg, struct sp_error *err);
/*
 * Without the route to its network that the kernel would add, and put before those of others.
 * Returns 0 or -errno.
 */
int sp_address_add(struct sp_rt *rt, const struct sp_address *address, struct sp_error *err);
int sp_address_del(struct sp_rt *rt, const struct sp_address *address, struct sp_error *err);

#endif
