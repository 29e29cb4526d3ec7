/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes in at a netlink socket: many datagrams by one system call, into room that is had
 * once.  A dump is hundreds of them, and so is what the kernel tells of thousands of tunnels.
 */
#ifndef SP_INBOX_H
#define SP_INBOX_H

#include <linux/netlink.h>
#include <stddef.h>

struct sp_inbox;

struct sp_inbox *sp_inbox_new(void);		/* NULL without memory */
void sp_inbox_free(struct sp_inbox *inbox);	/* NULL is fine */

/*
 * Waits for a datagram, unless the socket waits for nothing, and takes what else is there.
 * Returns 0 or -errno: -EAGAIN for nothing, -ENOBUFS if the kernel had no room for more.
 */
int sp_inbox_receive(struct sp_inbox *inbox, int fd);

/* Calls each() for every message of the kernel's that came in. */
typedef void (*sp_inbox_fn)(struct nlmsghdr *hdr, void *arg);
void sp_inbox_each(struct sp_inbox *inbox, sp_inbox_fn each, void *arg);

#endif
