/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attributes of the family "spindle": from structs and back to them. */
#ifndef SP_NL_MESSAGE_H
#define SP_NL_MESSAGE_H

#include <netlink/msg.h>

#include "nl.h"

/* These return 0, or a negative number when the message is full. */
int sp_nl_put_tunnel(struct nl_msg *msg, const struct sp_tunnel *tunnel);
int sp_nl_put_tunnel_name(struct nl_msg *msg, const char *name);
/* Asks for the tunnels of that device alone. */
int sp_nl_put_tunnel_ifindex(struct nl_msg *msg, uint32_t ifindex);
int sp_nl_put_device_clear(struct nl_msg *msg, const char *ifname, uint8_t clear);
int sp_nl_put_sa(struct nl_msg *msg, const struct sp_sa *sa);
/* Names an SA by its generation, or else by its direction and SPI, if it has any. */
int sp_nl_put_sa_name(struct nl_msg *msg, const struct sp_sa *sa);

int sp_nl_put_port(struct nl_msg *msg, const struct sp_addr *addr, uint16_t port);

/* Reads the answer about a port; *fd stays as it is if no descriptor came with it. */
int sp_nl_parse_port(struct nlmsghdr *hdr, int *fd, struct sp_error *err);
int sp_nl_parse_alg(struct nlmsghdr *hdr, struct sp_alg *alg, struct sp_error *err);
int sp_nl_parse_device(struct nlmsghdr *hdr, struct sp_device *device, struct sp_error *err);
/* Takes every message but a device's: the answers share the notifications' layout. */
int sp_nl_parse_event(struct nlmsghdr *hdr, struct sp_event *event, struct sp_error *err);

#endif
