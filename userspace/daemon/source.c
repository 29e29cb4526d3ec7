// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include "address.h"
#include "source.h"

static uint32_t mark_of(const struct sp_peer_config *peer)
{
	const struct sp_tunnel_config *tunnel;

	STAILQ_FOREACH(tunnel, &peer->tunnels, of_peer)
		if (tunnel->options.fwmark)
			return tunnel->options.fwmark;
	return 0;
}

/* To connect a socket for datagrams sends nothing; the kernel only looks the way up. */
struct sp_addr source_find(const struct sp_peer_config *peer)
{
	enum { ANY_PORT = 9 };
	struct sp_addr source = { .family = AF_UNSPEC };
	struct sockaddr_storage remote, local;
	socklen_t len = sizeof(local);
	uint32_t mark = mark_of(peer);
	int fd;

	if (!peer->remote.family)
		return source;
	fd = socket(peer->remote.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return source;
	if ((!mark || !address_mark(fd, mark)) &&
	    !connect(fd, (struct sockaddr *)&remote, address_set(&remote, &peer->remote,
								 ANY_PORT)) &&
	    !getsockname(fd, (struct sockaddr *)&local, &len))
		source = address_get((struct sockaddr *)&local);
	close(fd);
	return source;
}

struct sp_addr source_of(const struct daemon *daemon, const struct sp_peer_config *peer)
{
	struct sp_addr source = source_find(peer);
	const struct sp_peer_config *old;

	if (source.family || !daemon->config)
		return source;
	old = sp_config_peer(daemon->config, peer->name);
	if (old && old->local_by_route && sp_addr_equal(&old->remote, &peer->remote))
		return old->local;
	return source;
}
