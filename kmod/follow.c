// SPDX-License-Identifier: GPL-2.0
#include "conf.h"
#include "event.h"
#include "follow.h"
#include "netlink.h"
#include "peer.h"
#include "tunnel.h"

/* The configuration as it is, but with the peer there; NULL if that cannot be. */
static struct spn_conf *conf_at(struct spn_conf *old, const struct spn_endpoint *from)
{
	struct spn_conf *conf;

	if (!spn_ip_is_host(&from->addr) || !from->port != !old->opt.encap_dport)
		return NULL;
	conf = spn_conf_new(old->n_local, old->n_remote);
	if (!conf)
		return NULL;
	spn_conf_inherit(conf, old);
	memcpy(conf->ts, old->ts, flex_array_size(conf, ts, old->n_local + old->n_remote));
	conf->endpoints.remote = from->addr;
	conf->opt.encap_dport = from->port;
	if (!spn_conf_check(conf, NULL))
		return conf;
	spn_conf_free(conf);
	return NULL;
}

/* As `spindle tunnel set` would do it. */
static void follow(struct spn_tunnel *tunnel, const struct spn_endpoint *from)
{
	struct spn_conf *conf = conf_at(spn_tunnel_conf(tunnel), from);

	if (conf && !spn_tunnel_set(tunnel, conf, NULL)) {
		spn_netlink_tunnel_changed(tunnel->sn, tunnel);
		return;
	}
	if (conf)
		spn_conf_free(conf);
	spn_peer_forget(tunnel);
}

static void look(struct spn_tunnel *tunnel, const struct spn_sighting *sighting)
{
	const struct spn_conf *conf = spn_tunnel_conf(tunnel);

	if (!conf || spn_peer_is_at(conf, &sighting->from))
		return;
	spn_event_endpoint(tunnel, sighting);
	if (conf->opt.follow)
		follow(tunnel, &sighting->from);
}

void spn_follow(struct work_struct *work)
{
	struct spn_sighting sighting;
	struct spn_tunnel *tunnel;
	struct net *net;

	tunnel = spn_peer_take(work, &sighting);
	if (!tunnel)
		return;
	net = spn_tunnel_net_get(tunnel);
	if (net) {
		struct spn_net *sn = spn_net(net);

		mutex_lock(&sn->lock);
		look(tunnel, &sighting);
		mutex_unlock(&sn->lock);
		put_net(net);
	}
	spn_tunnel_put(tunnel);
}
