/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own address towards a peer whose section names none. */
#ifndef SOURCE_H
#define SOURCE_H

#include "daemon.h"

/*
 * What the route to the peer's address gives a packet of this host as source, by the mark of
 * its tunnels; none if there is no such route, or the peer has no address yet.
 */
struct sp_addr source_find(const struct sp_peer_config *peer);
/* The same, but as it is in the configuration in force while there is no route. */
struct sp_addr source_of(const struct daemon *daemon, const struct sp_peer_config *peer);

#endif
