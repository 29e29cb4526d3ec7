// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/sockaddr.h"
#include "netlink/address.h"
#include "source.h"

/* Sorted. */
struct source_hosts {
	struct sp_addr *list;
	size_t n;
};

static uint32_t mark_of(const struct sp_peer_config *peer)
{
	const struct sp_tunnel_config *tunnel;

	STAILQ_FOREACH(tunnel, &peer->tunnels, of_peer)
		if (tunnel->options.fwmark)
			return tunnel->options.fwmark;
	return 0;
}

static const char *link_of(const struct sp_peer_config *peer)
{
	const struct sp_tunnel_config *tunnel;

	STAILQ_FOREACH(tunnel, &peer->tunnels, of_peer)
		if (tunnel->options.link[0])
			return tunnel->options.link;
	return "";
}

/* Connecting a datagram socket sends nothing; the kernel only looks up the route. */
static struct sp_addr find_towards(const struct sp_peer_config *peer, const struct sp_addr *to)
{
	enum { ANY_PORT = 9 };
	struct sp_addr source = { .family = AF_UNSPEC };
	struct sockaddr_storage remote, local;
	socklen_t len = sizeof(local);
	uint32_t mark = mark_of(peer);
	int fd;

	fd = socket(to->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return source;
	if ((!mark || !address_mark(fd, mark)) && !address_bind_link(fd, link_of(peer)) &&
	    !connect(fd, (struct sockaddr *)&remote, address_set(&remote, to, ANY_PORT)) &&
	    !getsockname(fd, (struct sockaddr *)&local, &len))
		source = address_get((struct sockaddr *)&local);
	close(fd);
	return source;
}

/* Addresses that are nobody's (RFC 7600, RFC 3849), so that the default route leads there. */
static struct sp_addr find_towards_anybody(const struct sp_peer_config *peer)
{
	static const struct sp_addr nobody[] = {
		{ .family = AF_INET, .octets = { 192, 0, 0, 8 } },
		{ .family = AF_INET6, .octets = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
	};
	struct sp_addr source = find_towards(peer, &nobody[0]);

	return source.family ? source : find_towards(peer, &nobody[1]);
}

struct sp_addr source_find(const struct sp_peer_config *peer)
{
	const struct sp_addr none = { .family = AF_UNSPEC };

	if (peer->remote_any)
		return find_towards_anybody(peer);
	return peer->remote.family ? find_towards(peer, &peer->remote) : none;
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

/* --- what the host has -------------------------------------------------------- */

static int compare_addresses(const void *left, const void *right)
{
	const struct sp_addr *a = left, *b = right;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->octets, b->octets, sp_addr_len(a));
}

static int keep_address(const struct sp_address *address, void *arg)
{
	struct source_hosts *hosts = arg;

	/* The room doubles whenever it is full. */
	if (!(hosts->n & (hosts->n - 1)))
		hosts->list = reallocarray(hosts->list, hosts->n ? 2 * hosts->n : 1,
					   sizeof(*hosts->list));
	if (!hosts->list)
		abort();
	hosts->list[hosts->n++] = address->addr;
	return 0;
}

struct source_hosts *source_hosts_read(struct sp_error *err)
{
	struct source_hosts *hosts = calloc(1, sizeof(*hosts));
	struct sp_rt *rt;
	int ret;

	if (!hosts)
		abort();
	ret = sp_rt_open(&rt, err);
	if (!ret) {
		ret = sp_address_dump(rt, keep_address, hosts, err);
		sp_rt_close(rt);
	}
	if (ret) {
		source_hosts_free(hosts);
		return NULL;
	}
	if (hosts->n)
		qsort(hosts->list, hosts->n, sizeof(*hosts->list), compare_addresses);
	return hosts;
}

bool source_hosts_have(const struct source_hosts *hosts, const struct sp_addr *addr)
{
	return hosts->n && bsearch(addr, hosts->list, hosts->n, sizeof(*addr), compare_addresses);
}

static bool is_reached_from_elsewhere(const struct sp_addr *addr)
{
	if (addr->family == AF_INET)
		return addr->octets[0] != 127;
	return !IN6_IS_ADDR_LOOPBACK(&addr->v6) && !IN6_IS_ADDR_LINKLOCAL(&addr->v6);
}

void source_hosts_each(const struct source_hosts *hosts, source_host_fn each, void *arg)
{
	for (size_t i = 0; i < hosts->n; i++)
		if (is_reached_from_elsewhere(&hosts->list[i]))
			each(&hosts->list[i], arg);
}

void source_hosts_free(struct source_hosts *hosts)
{
	if (!hosts)
		return;
	free(hosts->list);
	free(hosts);
}
