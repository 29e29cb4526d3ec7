/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a keying daemon must hear at once, from any context: multicast to the
 * group "keying".  Nobody listening is no error.
 */
#ifndef _SPINDLE_EVENT_H
#define _SPINDLE_EVENT_H

#include <linux/skbuff.h>
#include <linux/spindle.h>

#include "selector.h"

struct genl_family;
struct spn_sa;
struct spn_tunnel;

/* Groups by their place in the family. */
enum spn_group {
	SPN_GROUP_KEYING,
	SPN_GROUP_MONITOR,
};

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

/* Before the first event. */
void spn_event_init(const struct genl_family *family);

/* A packet has found no outbound SA.  At most once a second per tunnel. */
void spn_event_acquire(struct spn_tunnel *tunnel, const struct sk_buff *skb);

/* A soft limit has passed, or a @hard one, which stopped the SA. */
void spn_event_expire(const struct spn_sa *sa, bool hard, enum spindle_limit limit);

/* A parked outbound SA is in use now. */
void spn_event_active(const struct spn_sa *sa);

/* The peer's packets come from elsewhere than the tunnel's go. */
void spn_event_endpoint(const struct spn_tunnel *tunnel, const struct spn_sighting *sighting);

#endif
