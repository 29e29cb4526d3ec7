/* SPDX-License-Identifier: GPL-2.0 */
/* The way of outer packets. */
#ifndef _SPINDLE_ROUTE_H
#define _SPINDLE_ROUTE_H

#include <linux/skbuff.h>
#include <net/dst.h>

#include "compat.h"
#include "conf.h"

/**
 * spn_route_get - find the route of a tunnel's outer packets
 * @net: their namespace
 * @dev: the tunnel's device
 * @conf: the tunnel's configuration
 *
 * Under rcu_read_lock(), bottom halves off.
 *
 * Return: the route with a reference, or an ERR_PTR(): -ELOOP if it leads into
 * @dev, at once or through other devices of our kind.
 */
struct dst_entry *spn_route_get(struct net *net, const struct net_device *dev,
				struct spn_conf *conf);

/* Octets that the link of the route wants in front of an outer header. */
static inline unsigned int spn_route_headroom(const struct dst_entry *dst)
{
	const struct net_device *dev = spn_dst_dev(dst);

	return LL_RESERVED_SPACE(dev);
}

/**
 * spn_route_push - put the outer header on a packet before it is sealed, for AH
 * @net: its namespace
 * @conf: the tunnel's configuration
 * @skb: the inner packet, with what spn_out_cb() says of it and room in front
 *
 * What may change on the way, and lengths, are left to spn_route_send().
 *
 * Return: octets of the header.
 */
unsigned int spn_route_push(struct net *net, const struct spn_conf *conf, struct sk_buff *skb);

/*
 * Gives an IPv4 packet an identification if it has none, as one has that was not to be
 * fragmented (RFC 6864 4.1): now it may be.
 */
void spn_route_identify(struct net *net, struct sk_buff *skb);

/**
 * spn_route_send - put the outer header on an ESP packet, if it has none, and send it
 * @net: its namespace
 * @dst: from spn_route_get(); the reference is taken over
 * @conf: the tunnel's configuration
 * @skb: the ESP packet, with what spn_out_cb() says of the inner header; taken over
 */
void spn_route_send(struct net *net, struct dst_entry *dst, const struct spn_conf *conf,
		    struct sk_buff *skb);

/*
 * Lowers the path MTU of the tunnel's route, about which an ICMP error has come that quotes
 * an outer packet at skb->data.  Under rcu_read_lock(), bottom halves off.
 */
void spn_route_update_pmtu(struct net *net, const struct spn_conf *conf, struct sk_buff *skb,
			   u32 mtu);

/*
 * The MTU of the path, or 0 while there is no route.  @forgotten: jiffies when the route will
 * have forgotten what a router has told it, or 0 if there is nothing to forget.
 */
unsigned int spn_route_mtu(struct net *net, const struct net_device *dev,
			   const struct spn_conf *conf, unsigned long *forgotten);

#endif
