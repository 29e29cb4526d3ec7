/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the other end of a tunnel is, when a NAT stands between or it moves: what keeps
 * the way open, and where the packets come from.
 */
#ifndef _SPINDLE_PEER_H
#define _SPINDLE_PEER_H

#include "event.h"

struct spn_conf;
struct spn_sa;
struct spn_tunnel;

/*
 * Sees to it that the tunnel can do what the configuration will ask of it.  Under
 * spn_net.lock.  Returns 0 or -ENOMEM.
 */
int spn_peer_prepare(struct spn_tunnel *tunnel, const struct spn_conf *conf);

/* After @conf has been published.  Under spn_net.lock. */
void spn_peer_configure(struct spn_tunnel *tunnel, const struct spn_conf *conf);

/**
 * spn_peer_seen - note where a packet came from
 * @sa: inbound, has authenticated the packet; the caller is tunnel->rx's deliver()
 * @from: where from
 *
 * The packet is the newest of its SA.  A work tells userspace, and has the tunnel follow the
 * peer if it is to.
 */
void spn_peer_seen(const struct spn_sa *sa, const struct spn_endpoint *from);

/* Ends what goes on by itself.  Under spn_net.lock.  May sleep. */
void spn_peer_stop(struct spn_tunnel *tunnel);

#endif
