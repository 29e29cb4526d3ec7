/* SPDX-License-Identifier: GPL-2.0 */
/* The way of outer packets. */
#ifndef _SPINDLE_ROUTE_H
#define _SPINDLE_ROUTE_H

#include <linux/ip.h>
#include <linux/skbuff.h>
#include <net/route.h>

#include "conf.h"

/* Octets of the outer header. */
enum { SPN_ROUTE_OUTER_LEN = sizeof(struct iphdr) };

/**
 * spn_route_get - find the route of a tunnel's outer packets
 * @net: their namespace
 * @dev: the tunnel's device
 * @conf: the tunnel's configuration
 * @saddr: their source address
 *
 * Under rcu_read_lock(), bottom halves off.
 *
 * Return: the route with a reference, or an ERR_PTR(): -ELOOP if it leads into
 * @dev itself.
 */
struct rtable *spn_route_get(struct net *net, const struct net_device *dev,
			     struct spn_conf *conf, __be32 *saddr);

/**
 * spn_route_send - put the outer header on an ESP packet and send it
 * @net: its namespace
 * @rt: from spn_route_get(); the reference is taken over
 * @conf: the tunnel's configuration
 * @skb: the ESP packet, with what spn_cb() says of the inner header; taken over
 * @saddr: source address
 */
void spn_route_send(struct net *net, struct rtable *rt, const struct spn_conf *conf,
		    struct sk_buff *skb, __be32 saddr);

/* Lowers the path MTU for the packet that an ICMP error quotes at skb->data. */
void spn_route_update_pmtu(struct net *net, struct sk_buff *skb, u32 mtu);

/* The MTU of the path, or Ethernet's while there is no route. */
unsigned int spn_route_mtu(struct net *net, const struct net_device *dev,
			   struct spn_conf *conf);

#endif
