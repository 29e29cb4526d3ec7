// SPDX-License-Identifier: GPL-2.0-or-later
/* What is always so between two calls of the engine: simulations ask after each of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "channel.h"
#include "peer.h"
#include "record.h"
#include "tunnel.h"

static void hold(bool so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "IKE: this does not hold: %s\n", what);
	abort();
}

static void check_tunnel(const struct ike_tunnel *tunnel)
{
	hold(tunnel->n_live <= IKE_GENERATIONS_MAX, "a tunnel has so many generations at most");
	hold(!tunnel->current || ike_tunnel_has(tunnel, tunnel->current),
	     "what a tunnel sends with is there");
	for (size_t i = 0; i < tunnel->n_live; i++) {
		const struct ike_generation *generation = &tunnel->live[i];

		hold(!i || tunnel->live[i - 1].number < generation->number,
		     "generations are in order");
		hold(generation->number <= tunnel->highest, "no number is above the highest");
		hold(generation->number != tunnel->current || !generation->parked,
		     "what is sent with is not parked");
		hold(generation->number != tunnel->current || isinf(generation->remove_at),
		     "what is sent with stays");
	}
	if (!tunnel->asking)
		return;
	hold(tunnel->asking->tunnel == tunnel, "an offer knows its tunnel");
	hold(tunnel->asking->state == IKE_QUICK_I1, "an offer waits for its answer");
	hold(ike_channel_is_up(tunnel->asking->channel), "offers are made under a phase 1");
}

static void check_channel(const struct ike_channel *channel)
{
	hold(channel->state != IKE_START && channel->state != IKE_GONE,
	     "a channel is in a state that waits");
	hold(!channel->handshake == ike_channel_is_up(channel), "a handshake ends when it is up");
	hold(ike_channel_is_up(channel) || LIST_EMPTY(&channel->quicks),
	     "nothing is under a phase 1 that is not there");
	hold(!channel->question == (channel->state != IKE_MAIN_I_KEY &&
				    channel->state != IKE_MAIN_R_KEY),
	     "a question is open when its answer is waited for");
	hold(!isinf(ike_channel_deadline(channel)), "every channel has an end");
}

void ike_peer_check(const struct ike_peer *peer)
{
	const struct ike_channel *channel;
	const struct ike_tunnel *tunnel;
	unsigned int begun = 0;

	STAILQ_FOREACH(tunnel, &peer->tunnels, next)
		check_tunnel(tunnel);
	LIST_FOREACH(channel, &peer->channels, next) {
		check_channel(channel);
		begun += channel->role == IKE_INITIATOR && !ike_channel_is_up(channel);
	}
	hold(begun <= 1, "one phase 1 at most is begun at a time");
	hold(ike_records_are_bounded(peer), "records are bounded");
}
