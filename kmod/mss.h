/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The maximum segment size that the two ends of a TCP connection tell each other (RFC
 * 9293 3.7.1), made small enough for a tunnel between them: for networks where the ICMP
 * messages that should say so get lost.
 */
#ifndef _SPINDLE_MSS_H
#define _SPINDLE_MSS_H

#include <linux/skbuff.h>

#include "ip.h"

/**
 * spn_mss_clamp - lower what a SYN says to what the tunnel carries
 * @skb: an IP packet, any
 * @ip: what its header says
 * @mtu: octets of the longest inner packet
 *
 * Never raises it, and puts none where there is none: a sender that is told nothing takes
 * 536 octets.  Does nothing if there is no memory to make the packet writable.
 */
void spn_mss_clamp(struct sk_buff *skb, const struct spn_ip *ip, unsigned int mtu);

#endif
