/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What comes in the clear though a tunnel protects it (RFC 4301 5.2): it is refused where the
 * host receives and where it forwards.
 *
 * The namespace in which a device is has hooks of netfilter while a device that refuses is
 * there, and a list of those.  A packet is looked up in the selectors of each, as if it had
 * come out of it.  Whatever is refused by that may still have a reason to come as it does.
 */
#ifndef _SPINDLE_CLEAR_H
#define _SPINDLE_CLEAR_H

#include <linux/init.h>
#include <linux/netdevice.h>
#include <linux/spindle.h>

/**
 * spn_clear_set - say what becomes of packets in the clear
 * @dev: a device of kind spindle; the RTNL is held
 * @clear: enum spindle_clear
 *
 * Return: 0, or an error, and then nothing has changed.
 */
int spn_clear_set(struct net_device *dev, u8 clear);

/*
 * The device has come into a namespace, and goes out of it, with what has been said so far.
 * Under the RTNL.
 */
int spn_clear_enter(struct net_device *dev);
void spn_clear_leave(struct net_device *dev);

#endif
