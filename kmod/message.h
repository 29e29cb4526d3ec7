/* SPDX-License-Identifier: GPL-2.0 */
/* Objects as attributes of a netlink message. */
#ifndef _SPINDLE_MESSAGE_H
#define _SPINDLE_MESSAGE_H

#include <linux/types.h>

struct sk_buff;
struct spn_tunnel;

/* Room for the largest object: a tunnel with all its selectors and drops. */
enum { SPN_MESSAGE_SIZE = 12288 };

/*
 * Each adds an object, of which all but its keys is told, and returns 0, or -EMSGSIZE if the
 * message is full.  Under spn_net.lock.
 */
int spn_message_put_device(struct sk_buff *msg, void *device);
/* For those in the namespace where it is. */
int spn_message_put_device_here(struct sk_buff *msg, void *device);
int spn_message_put_tunnel(struct sk_buff *msg, void *tunnel);
/* With the id, name and protocol of its tunnel, as all that concerns SAs. */
int spn_message_put_sa(struct sk_buff *msg, void *sa);
/* Two SAs of a tunnel: by their generations, 0 for none. */
struct spn_pair {
	struct spn_tunnel *tunnel;
	u32 in;
	u32 out;
};

int spn_message_put_generation(struct sk_buff *msg, void *pair);
/* An SPI that waits for its SA, likewise. */
int spn_message_put_spi(struct sk_buff *msg, void *entry);

#endif
