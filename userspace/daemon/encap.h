/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The UDP ports where ESP comes in (RFC 3948), one for each local address and port.  The
 * module has the sockets and takes the ESP; what else comes there is the daemon's, which
 * borrows a descriptor of each.
 */
#ifndef ENCAP_H
#define ENCAP_H

#include "daemon.h"

/* Borrows those that the configuration needs and gives the others back. */
void encap_apply(struct daemon *daemon, const struct sp_config *config);
void encap_close_all(struct daemon *daemon);

/* Tells why nothing may come in at the tunnel's port, if so. */
typedef void (*encap_problem_fn)(const char *text, void *arg);
void encap_problems(const struct daemon *daemon, const struct sp_tunnel_config *tunnel,
		    encap_problem_fn each, void *arg);

#endif
