/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own address towards a peer whose section names none. */
#ifndef SOURCE_H
#define SOURCE_H

#include "daemon.h"

/*
 * What the route to the peer's address gives a packet of this host as source, by the mark and the
 * link of its tunnels, or the default route if the peer may be anywhere; none if there is no such
 * route, or the peer has no address yet.
 */
struct sp_addr source_find(const struct sp_peer_config *peer);
/* The same, but as it is in the configuration in force while there is no route. */
struct sp_addr source_of(const struct daemon *daemon, const struct sp_peer_config *peer);

/* The addresses that this host has now; NULL with the error set if they cannot be read. */
struct source_hosts *source_hosts_read(struct sp_error *err);
bool source_hosts_have(const struct source_hosts *hosts, const struct sp_addr *addr);
/* Each at which somebody from elsewhere may come in: neither the loopback's nor link-local. */
typedef void (*source_host_fn)(const struct sp_addr *addr, void *arg);
void source_hosts_each(const struct source_hosts *hosts, source_host_fn each, void *arg);
void source_hosts_free(struct source_hosts *hosts);	/* NULL is fine */

#endif
