/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as sockets have them. */
#ifndef SOCKADDR_H
#define SOCKADDR_H

#include <sys/socket.h>

#include "addr.h"

/* Returns the length of what it has set. */
socklen_t address_set(struct sockaddr_storage *sock, const struct sp_addr *addr, uint16_t port);
/* Of all that the socket sends; a tunnel's own, see party_mark(). */
int address_mark(int fd, uint32_t mark);
/* To an interface or a VRF, in and out, or to none with "". */
int address_bind_link(int fd, const char *link);
struct sp_addr address_get(const struct sockaddr *sock);

#endif
