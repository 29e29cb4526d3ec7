/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the peer lives (RFC 3706): asked when it has been silent, and answered when it asks. */
#ifndef IKE_DPD_H
#define IKE_DPD_H

#include "state.h"
#include "wire.h"

enum {
	IKE_DPD_TRIES = 5,		/* questions without an answer, then the peer is dead */
	IKE_DPD_AGAIN_SECONDS = 3,	/* between them, at most */
};

void ike_dpd_begin(struct ike_channel *channel, double now);
/* It has sent something that only it can. */
void ike_dpd_heard(struct ike_channel *channel, double now);
/* A question beside those that are due; nothing comes of it if there is no answer. */
void ike_dpd_ask(struct ike_channel *channel);
/* May free the channel. */
void ike_dpd_tick(struct ike_channel *channel, double now);
/* A notification of this kind. */
void ike_dpd_notified(struct ike_channel *channel, const struct ike_notify *notify, double now);

#endif
