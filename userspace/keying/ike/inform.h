/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Informational exchanges (RFC 2409 5.7): notifications and deletions, out and in. */
#ifndef IKE_INFORM_H
#define IKE_INFORM_H

#include "state.h"
#include "step.h"

/* That our inbound SA has gone, over whatever channel there is; without one nobody hears. */
void ike_inform_delete(struct ike_peer *peer, bool ah, uint32_t spi);
/* That the channel goes. */
void ike_inform_delete_channel(struct ike_channel *channel);
/* About the channel as a whole. */
void ike_inform_channel(struct ike_channel *channel, enum ike_notify_type type,
			struct sp_octets data);
/*
 * About SAs that are offered: @spi is the peer's.  Why stands in it as text, which means nothing
 * to gateways of others, and tells ours what differs.
 */
void ike_inform_quick(struct ike_channel *channel, bool ah, enum ike_notify_type type,
		      uint32_t spi, const char *why);
/* In the clear, before there are keys: what is wrong with a message. */
void ike_inform_clear(struct ike_peer *peer, const struct sp_path *path,
		      const struct ike_header *header, enum ike_notify_type type);

enum ike_outcome ike_act_hint(struct ike_step *step);
enum ike_outcome ike_act_notify(struct ike_step *step);
enum ike_outcome ike_act_delete(struct ike_step *step);

/* "NO-PROPOSAL-CHOSEN", or "notification 12345". */
const char *ike_inform_name(uint16_t type, char buf[IKE_NAME_STRLEN]);

#endif
