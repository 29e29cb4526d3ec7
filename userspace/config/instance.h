/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sections of several networks, each pair of which is keyed by itself: the tunnel NAME becomes
 * NAME~1, NAME~2 and so on, of one network on each side.
 */
#ifndef SP_INSTANCE_H
#define SP_INSTANCE_H

#include "config.h"

enum { SP_INSTANCES_MAX = SP_CONFIG_SELECTORS_MAX * SP_CONFIG_SELECTORS_MAX };

/* How many pairs there are to be keyed; 1: the tunnel stays what it is. */
size_t sp_instances_of(const struct sp_tunnel_config *tunnel);

/*
 * In the place of each section that is to be split its instances stand from now on, in the lists
 * of all and of the peer's and by their names; it has them itself as its instances.
 */
void sp_config_split(struct sp_config *config);

/* The section of that name, if it was split into instances, or NULL. */
struct sp_tunnel_config *sp_config_section_of(const struct sp_config *config, const char *name);

#endif
