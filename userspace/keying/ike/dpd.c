// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "channel.h"
#include "dpd.h"
#include "inform.h"
#include "peer.h"
#include "vendor.h"

static double interval(const struct ike_channel *channel)
{
	bool can = channel->vendors & IKE_VENDOR_DPD;

	return can && channel->peer->config.dpd ? (double)channel->peer->config.dpd : INFINITY;
}

void ike_dpd_begin(struct ike_channel *channel, double now)
{
	uint32_t first;

	channel->peer->port->host->random(channel->peer->port->arg, &first, sizeof(first));
	channel->dpd.sent = first & INT32_MAX;	/* RFC 3706 7: it begins below 2^31 */
	channel->dpd.unanswered = 0;
	channel->dpd.at = now + interval(channel);
}

void ike_dpd_heard(struct ike_channel *channel, double now)
{
	channel->last_heard = now;
	channel->dpd.unanswered = 0;
	if (ike_channel_is_up(channel))
		channel->dpd.at = now + interval(channel);
}

static void send_number(struct ike_channel *channel, enum ike_notify_type type, uint32_t number)
{
	uint8_t octets[4] = {
		(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
		(uint8_t)number,
	};

	ike_inform_channel(channel, type, SP_OCTETS(octets));
}

void ike_dpd_ask(struct ike_channel *channel)
{
	if (!isinf(interval(channel)))
		send_number(channel, IKE_N_R_U_THERE, ++channel->dpd.sent);
}

void ike_dpd_tick(struct ike_channel *channel, double now)
{
	struct ike_peer *peer = channel->peer;
	char why[96];

	if (now < channel->dpd.at)
		return;
	if (channel->dpd.unanswered == IKE_DPD_TRIES) {
		snprintf(why, sizeof(why), "the peer is silent: %d questions without an answer",
			 IKE_DPD_TRIES);
		ike_channel_end(channel, false, why, now);
		ike_peer_silent(peer, why, now);
		return;
	}
	channel->dpd.unanswered++;
	channel->dpd.at = now + fmin(IKE_DPD_AGAIN_SECONDS, interval(channel));
	send_number(channel, IKE_N_R_U_THERE, ++channel->dpd.sent);
}

void ike_dpd_notified(struct ike_channel *channel, const struct ike_notify *notify, double now)
{
	struct sp_reader r;
	uint32_t number;

	sp_reader_init(&r, notify->data.data, notify->data.len);
	number = sp_read_be32(&r);
	if (r.bad || r.left)
		return;
	/* Whatever it answers, only the peer can have sent it. */
	if (notify->type == IKE_N_R_U_THERE)
		send_number(channel, IKE_N_R_U_THERE_ACK, number);
	ike_dpd_heard(channel, now);
}
