/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces of kind spindle and the routes through them, over libnl-route-3. */
#ifndef SP_LINK_H
#define SP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "error.h"

/*
 * Creates the interface if it is missing and sets it up; an interface of another
 * kind is an error.
 */
int sp_link_ensure(const char *ifname, uint32_t *ifindex, struct sp_error *err);
/* Gives the interface an address in a network of so many bits; having it already is no error. */
int sp_address_add(uint32_t ifindex, const struct sp_addr *addr, uint8_t len, struct sp_error *err);
/*
 * Adds (replaces) or deletes a route to the prefix through the interface;
 * deleting what is not there is no error.
 */
int sp_route_add(uint32_t ifindex, const struct sp_prefix *to, struct sp_error *err);
int sp_route_del(uint32_t ifindex, const struct sp_prefix *to, struct sp_error *err);

#endif
