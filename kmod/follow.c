// SPDX-License-Identifier: GPL-2.0
#include "event.h"
#include "follow.h"
#include "peer.h"
#include "tunnel.h"

static void look(struct spn_tunnel *tunnel, const struct spn_sighting *sighting)
{
	const struct spn_conf *conf = spn_tunnel_conf(tunnel);

	if (conf && !spn_peer_is_at(conf, &sighting->from))
		spn_event_endpoint(tunnel, sighting);
}

/* The namespace of the outer packets with a reference, or NULL if it is going. */
static struct net *hold_net(const struct spn_tunnel *tunnel)
{
	struct net *net;

	rcu_read_lock();
	net = rcu_dereference(spn_device(tunnel->dev)->net);
	if (net)
		net = maybe_get_net(net);
	rcu_read_unlock();
	return net;
}

void spn_follow(struct work_struct *work)
{
	struct spn_sighting sighting;
	struct spn_tunnel *tunnel;
	struct net *net;

	tunnel = spn_peer_take(work, &sighting);
	if (!tunnel)
		return;
	net = hold_net(tunnel);
	if (net) {
		struct spn_net *sn = spn_net(net);

		mutex_lock(&sn->lock);
		look(tunnel, &sighting);
		mutex_unlock(&sn->lock);
		put_net(net);
	}
	spn_tunnel_put(tunnel);
}
