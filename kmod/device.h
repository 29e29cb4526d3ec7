/* SPDX-License-Identifier: GPL-2.0 */
/* The network device: `ip link add spin0 type spindle`. */
#ifndef _SPINDLE_DEVICE_H
#define _SPINDLE_DEVICE_H

#include <linux/init.h>
#include <linux/types.h>

struct net_device;

int __init spn_device_init(void);

/* Deletes every device of the kind. */
void spn_device_exit(void);

bool spn_device_check(const struct net_device *dev);

#endif
