/* SPDX-License-Identifier: GPL-2.0 */
/* Where ESP packets come in, beside the kernel's own IPsec. */
#ifndef _SPINDLE_HOOK_H
#define _SPINDLE_HOOK_H

#include <linux/init.h>
#include <net/sock.h>

int __init spn_hook_init(void);

/* Returns when no packet is in the handlers any more. */
void spn_hook_exit(void);

/* Takes what comes at one of our UDP ports.  For struct udp_sock, as the next one. */
int spn_hook_udp_rcv(struct sock *sk, struct sk_buff *skb);

/*
 * What is to be said of an ICMP error about a datagram of one of our UDP sockets: never more
 * than what becomes of it here.
 */
int spn_hook_udp_error(struct sock *sk, struct sk_buff *skb);

#endif
