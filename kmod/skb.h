/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a packet ceases to be one and becomes another: the one place that decides what the
 * second inherits.
 */
#ifndef _SPINDLE_SKB_H
#define _SPINDLE_SKB_H

#include <linux/skbuff.h>

/**
 * spn_skb_renew_in - make an opened packet one that a wire has brought to a device
 * @skb: private; skb->data and the network header at the inner packet, its protocol set
 * @dev: the device
 *
 * Nothing of the outer packet stays: no mark, no priority, no socket, no checksum that a
 * device has looked at, no offsets of headers, no connection.
 */
void spn_skb_renew_in(struct sk_buff *skb, struct net_device *dev);

/**
 * spn_skb_renew_out - make a sealed packet one that this host sends by itself
 * @skb: private; skb->data at what the outer headers carry
 * @net: namespace of the outer packets
 * @mark: for routing and the firewall
 *
 * Within one namespace its priority, the hash of its flow and the time at which it wants to
 * leave are those of the inner packet, and it still counts for the socket that sent it.
 */
void spn_skb_renew_out(struct sk_buff *skb, const struct net *net, u32 mark);

#endif
