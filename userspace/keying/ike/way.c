// SPDX-License-Identifier: GPL-2.0-or-later
#include "natt.h"
#include "way.h"

int ike_way_place(const struct ike_tunnel *tunnel, const struct ike_channel *channel,
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
	/* The host knows whether that is news: after a restart the engine does not. */
	return port->host->place(port->arg, tunnel->config.name, &way, err);
}
