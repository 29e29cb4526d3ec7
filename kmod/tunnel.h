/* SPDX-License-Identifier: GPL-2.0 */
/* Tunnels, as they come and go, and as their configuration is replaced. */
#ifndef _SPINDLE_TUNNEL_H
#define _SPINDLE_TUNNEL_H

#include <linux/init.h>

#include "state.h"

/* Works of tunnels, which may have to wait for the RTNL. */
extern struct workqueue_struct *spn_tunnel_wq;

int __init spn_tunnel_init(void);

/* When RCU has no tunnel left to free. */
void spn_tunnel_exit(void);

int spn_tunnel_table_init(struct spn_net *sn);
void spn_tunnel_table_destroy(struct spn_net *sn);

/* By name, or by @id if that is not 0.  Under spn_net.lock.  Returns NULL if there is none. */
struct spn_tunnel *spn_tunnel_find(struct spn_net *sn, u32 id, const char *name);

/**
 * spn_tunnel_new - make a tunnel
 * @sn: the namespace; its lock is held
 * @dev: the device
 * @name: unique in the namespace
 * @conf: configuration, taken over if all goes well
 * @extack: says what is wrong
 *
 * Return: the tunnel or an ERR_PTR().
 */
struct spn_tunnel *spn_tunnel_new(struct spn_net *sn, struct net_device *dev,
				  const char *name, struct spn_conf *conf,
				  struct netlink_ext_ack *extack);

/**
 * spn_tunnel_set - replace the configuration, between two packets
 * @tunnel: the tunnel; spn_net.lock is held
 * @conf: the new one, taken over if all goes well
 * @extack: says what is wrong
 *
 * Return: 0, or an error, and then nothing has changed.
 */
int spn_tunnel_set(struct spn_tunnel *tunnel, struct spn_conf *conf,
		   struct netlink_ext_ack *extack);

/* Ends a tunnel with all its SAs.  Under spn_net.lock. */
void spn_tunnel_delete(struct spn_tunnel *tunnel);

/* Ends all tunnels of a device, for good.  Under spn_net.lock. */
void spn_tunnel_close(struct spn_net *sn, struct spn_device *sd);

void spn_tunnel_put(struct spn_tunnel *tunnel);

/* The namespace of the outer packets with a reference, or NULL if it or the device is going. */
struct net *spn_tunnel_net_get(const struct spn_tunnel *tunnel);

#endif
