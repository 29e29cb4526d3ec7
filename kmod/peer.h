/* SPDX-License-Identifier: GPL-2.0 */
/* In touch with the other end of a tunnel, when a NAT stands between. */
#ifndef _SPINDLE_PEER_H
#define _SPINDLE_PEER_H

#include "conf.h"

/*
 * Sees to it that the tunnel can do what the configuration will ask of it.  Under
 * spn_net.lock.  Returns 0 or -ENOMEM.
 */
int spn_peer_prepare(struct spn_tunnel *tunnel, const struct spn_conf *conf);

/* After @conf has been published in place of @old, which may be NULL.  Under spn_net.lock. */
void spn_peer_configure(struct spn_tunnel *tunnel, const struct spn_conf *old,
			const struct spn_conf *conf);

/* Ends what goes on by itself.  Under spn_net.lock.  May sleep. */
void spn_peer_stop(struct spn_tunnel *tunnel);

/* When the tunnel's readers are gone. */
void spn_peer_free(struct spn_tunnel *tunnel);

#endif
