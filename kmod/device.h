/* SPDX-License-Identifier: GPL-2.0 */
/* The network device: `ip link add spin0 type spindle`. */
#ifndef _SPINDLE_DEVICE_H
#define _SPINDLE_DEVICE_H

#include <linux/init.h>
#include <linux/types.h>

struct net_device;
struct spn_device;
struct spn_net;

int __init spn_device_init(void);

/* Deletes every device of the kind. */
void spn_device_exit(void);

bool spn_device_check(const struct net_device *dev);

/*
 * Lets the device's MTU follow the real overhead of the tunnel's newest SA,
 * unless the administrator has set another.  Takes the RTNL and spn_net.lock.
 */
void spn_device_fit_mtu(struct spn_net *sn, u32 tunnel_id);

/*
 * The same after a tunnel with that MTU has been deleted.  @device is only looked for, and
 * may have gone.
 */
void spn_device_fit_rest(struct spn_net *sn, const struct spn_device *device, unsigned int mtu);

#endif
