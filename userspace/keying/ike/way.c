// SPDX-License-Identifier: GPL-2.0-or-later
#include "natt.h"
#include "way.h"

void ike_way_reset(struct ike_tunnel *tunnel)
{
	const struct sp_peer_config *peer = &tunnel->peer->config;
	const struct sp_tunnel_options *options = &tunnel->config.options;

	tunnel->way = (struct port_way){
		.local = peer->local, .remote = peer->remote,
		.local_port = options->encap.sport, .remote_port = options->encap.dport,
		.follow = options->follow,
	};
}

static bool is_same(const struct port_way *a, const struct port_way *b)
{
	return sp_addr_equal(&a->local, &b->local) && sp_addr_equal(&a->remote, &b->remote) &&
	       a->local_port == b->local_port && a->remote_port == b->remote_port &&
	       a->follow == b->follow;
}

int ike_way_place(struct ike_tunnel *tunnel, const struct ike_channel *channel,
		  struct sp_error *err)
{
	const struct port *port = tunnel->peer->port;
	const struct sp_path *path = &channel->path;
	struct port_way way = {
		.local = path->local, .remote = path->remote,
		.local_port = tunnel->config.options.encap.sport,
		.remote_port = tunnel->config.options.encap.dport,
		.follow = tunnel->config.options.follow,
	};

	/* RFC 3948 2.1: where IKE goes, ESP goes too. */
	if (ike_natt_is_between(&channel->natt)) {
		way.local_port = IKE_PORT_NATT;
		way.remote_port = path->remote_port;
		way.follow |= channel->natt.there;
	}
	if (is_same(&way, &tunnel->way))
		return 0;
	if (port->host->place(port->arg, tunnel->config.name, &way, err))
		return -1;
	tunnel->way = way;
	return 0;
}
