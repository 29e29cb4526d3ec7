/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the other end of a tunnel is, when a NAT stands between or it moves: what keeps
 * the way open, and where the packets come from.
 */
#ifndef _SPINDLE_PEER_H
#define _SPINDLE_PEER_H

#include <linux/workqueue.h>

#include "conf.h"

struct spn_sa;

/**
 * struct spn_endpoint - one end of the way of outer packets
 * @addr: address
 * @port: UDP port, 0 for ESP as it is
 */
struct spn_endpoint {
	struct spn_addr addr;
	u16 port;
};

/**
 * struct spn_sighting - where the peer has been seen
 * @from: where the packet came from
 * @spi: of the SA that has authenticated it
 * @generation: likewise
 */
struct spn_sighting {
	struct spn_endpoint from;
	__be32 spi;
	u32 generation;
};

/* Is that where the tunnel's packets go? */
bool spn_peer_is_at(const struct spn_conf *conf, const struct spn_endpoint *from);

/*
 * Sees to it that the tunnel can do what the configuration will ask of it.  Under
 * spn_net.lock.  Returns 0 or -ENOMEM.
 */
int spn_peer_prepare(struct spn_tunnel *tunnel, const struct spn_conf *conf);

/* After @conf has been published in place of @old, which may be NULL.  Under spn_net.lock. */
void spn_peer_configure(struct spn_tunnel *tunnel, const struct spn_conf *old,
			const struct spn_conf *conf);

/**
 * spn_peer_seen - note where a packet came from
 * @sa: inbound, has authenticated the packet; the caller is tunnel->rx's deliver()
 * @from: where from
 *
 * The packet is the newest of its SA.  What else there is to be done about it is done by
 * spn_flow.look.
 */
void spn_peer_seen(const struct spn_sa *sa, const struct spn_endpoint *from);

/**
 * spn_peer_take - what there is to be done
 * @work: spn_flow.look's
 * @sighting: the last one
 *
 * Return: the tunnel, with the reference that the work has held, or NULL if there is
 * nothing to be done yet.
 */
struct spn_tunnel *spn_peer_take(struct work_struct *work, struct spn_sighting *sighting);

/* Has the next packet looked at anew, as something could not be done about the last. */
void spn_peer_forget(struct spn_tunnel *tunnel);

/* Ends what goes on by itself.  Under spn_net.lock.  May sleep. */
void spn_peer_stop(struct spn_tunnel *tunnel);

/* When the tunnel's readers are gone. */
void spn_peer_free(struct spn_tunnel *tunnel);

#endif
