/* SPDX-License-Identifier: GPL-2.0 */
/* How much a network namespace may hold: sysctls net.spindle.*, of each its own. */
#ifndef _SPINDLE_LIMIT_H
#define _SPINDLE_LIMIT_H

#include <linux/netlink.h>

struct spn_net;

int spn_limit_init(struct spn_net *sn);
void spn_limit_exit(struct spn_net *sn);

/* 0, or -ENOSPC if the namespace may have no more tunnels, or SAs.  Under spn_net.lock. */
int spn_limit_tunnels(const struct spn_net *sn, struct netlink_ext_ack *extack);
int spn_limit_sas(const struct spn_net *sn, unsigned int more, struct netlink_ext_ack *extack);

/* The same for SPIs that are reserved, beside SAs. */
int spn_limit_reserved(const struct spn_net *sn, struct netlink_ext_ack *extack);

#endif
