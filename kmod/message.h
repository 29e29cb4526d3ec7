/* SPDX-License-Identifier: GPL-2.0 */
/* Objects as attributes of a netlink message. */
#ifndef _SPINDLE_MESSAGE_H
#define _SPINDLE_MESSAGE_H

struct sk_buff;

/* Room for the largest object: a tunnel with all its selectors and drops. */
enum { SPN_MESSAGE_SIZE = 12288 };

/*
 * Each adds an object, of which all but its keys is told, and returns 0, or -EMSGSIZE if the
 * message is full.  Under spn_net.lock.
 */
int spn_message_put_device(struct sk_buff *msg, void *device);
int spn_message_put_tunnel(struct sk_buff *msg, void *tunnel);
/* With the id, name and protocol of its tunnel, as all that concerns SAs. */
int spn_message_put_sa(struct sk_buff *msg, void *sa);
/* An SPI that waits for its SA, likewise. */
int spn_message_put_spi(struct sk_buff *msg, void *entry);

#endif
