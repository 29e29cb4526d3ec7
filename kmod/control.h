/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a request does, whoever makes it, and in which order: all of these under spn_net.lock.
 * Callers let the MTU settle (spn_mtu_settle()) when they have let go of the lock.
 */
#ifndef _SPINDLE_CONTROL_H
#define _SPINDLE_CONTROL_H

#include <linux/types.h>

struct net_device;
struct netlink_ext_ack;
struct spn_conf;
struct spn_net;
struct spn_sa;
struct spn_sa_config;
struct spn_spi;
struct spn_tunnel;

/*
 * Makes a tunnel, or gives it another configuration.  They take over @conf, whatever becomes of
 * it.
 */
struct spn_tunnel *spn_control_tunnel_new(struct spn_net *sn, struct net_device *dev,
					  const char *name, struct spn_conf *conf,
					  struct netlink_ext_ack *extack);
int spn_control_tunnel_set(struct spn_tunnel *tunnel, struct spn_conf *conf,
			   struct netlink_ext_ack *extack);

/* Keeps an SPI for the tunnel, that one or, if it is 0, any.  Returns it or an ERR_PTR(). */
struct spn_spi *spn_control_reserve(struct spn_tunnel *tunnel, __be32 spi,
				    struct netlink_ext_ack *extack);

/* Adds the SAs of one negotiation, of which one may be NULL, and sends what has waited. */
int spn_control_install(struct spn_tunnel *tunnel, struct spn_sa_config *in,
			struct spn_sa_config *out, struct netlink_ext_ack *extack);

/* Sends with a parked generation from now on.  No error if that is so already. */
int spn_control_activate(struct spn_tunnel *tunnel, u32 generation,
			 struct netlink_ext_ack *extack);

/* Ends all SAs of the tunnel and its reservations. */
void spn_control_flush(struct spn_tunnel *tunnel);

/* What else follows from a change, for struct spn_flow. */
void spn_control_tunnel_changed(struct spn_tunnel *tunnel);
void spn_control_tunnel_gone(struct spn_tunnel *tunnel);

#endif
