/* SPDX-License-Identifier: GPL-2.0 */
/* An inner packet's way to the wire. */
#ifndef _SPINDLE_OUTPUT_H
#define _SPINDLE_OUTPUT_H

#include "queue.h"

struct spn_device;
struct spn_tunnel;

/*
 * Sends a packet that the stack has given to the device.  Takes it over.  Under
 * rcu_read_lock(), bottom halves off.
 */
void spn_output(struct spn_device *sd, struct sk_buff *skb);

/* Sends what waited for an SA. */
void spn_output_staged(struct spn_tunnel *tunnel);

/*
 * Sends a dummy packet, or else one that keeps a NAT from forgetting the tunnel (RFC 3948
 * 4), if there is an outbound SA and the device is up.  Under rcu_read_lock(), bottom
 * halves off.
 */
void spn_output_idle(struct spn_tunnel *tunnel);

/* What becomes of a tunnel's outbound packets (struct spn_queue_ops): sealed, then sent. */
int spn_output_seal(const struct spn_sa *sa, struct sk_buff *skb);
void spn_output_deliver(struct spn_sa *sa, struct sk_buff *skb, struct napi_struct *napi);

#endif
