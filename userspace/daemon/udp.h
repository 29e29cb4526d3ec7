/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The UDP ports where ESP comes in (RFC 3948) and where engines have their datagrams, one for
 * each local address and port.  Where ESP does, the module has the socket and takes the ESP;
 * what else comes there is the daemon's, which borrows a descriptor.
 */
#ifndef UDP_H
#define UDP_H

#include "daemon.h"
#include "path.h"

struct party;

/* Opens those that the configuration and its parties need, and gives the others back. */
void udp_apply(struct daemon *daemon, const struct sp_config *config);
/* The host has other addresses than before. */
void udp_addresses_changed(struct daemon *daemon);
void udp_close_all(struct daemon *daemon);
/* The party goes. */
void udp_forget(struct party *party);
/* The party is elsewhere, or the configuration says so. */
void udp_follow(struct party *party);

/* The interface of that name is not the one that it was: ports are opened there anew. */
void udp_link_is_another(struct daemon *daemon, const char *link);

/* A datagram that cannot be sent is lost. */
void udp_send(const struct party *party, const struct sp_path *path, const void *octets,
	      size_t len);

/* Tells why nothing may come in at the tunnel's port, if so. */
typedef void (*udp_problem_fn)(const char *text, void *arg);
void udp_problems(const struct daemon *daemon, const struct sp_tunnel_config *tunnel,
		  udp_problem_fn each, void *arg);

#endif
