// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim.h"
#include "io/datagram.h"
#include "io/log.h"
#include "io/sockaddr.h"
#include "party.h"
#include "source.h"
#include "udp.h"

enum { RETRY_SECONDS = 5 };		/* while another program has the port */

struct udp_port {
	LIST_ENTRY(udp_port) next;
	struct daemon *daemon;
	struct sp_addr addr;
	uint16_t port;
	char link[IFNAMSIZ];		/* by which alone they come and go; "": any */
	bool esp;			/* the module has the socket */
	const struct engine *engine;	/* whose datagrams come in; NULL: nobody's */
	struct party *anybody;		/* who may be anywhere, and gets what nobody else does */
	bool needed;
	bool fresh;			/* not tried yet: another may be in its place */
	struct sp_error error;		/* why there is no descriptor; empty if there is one */
	struct datagrams *datagrams;
	struct event *retry;
};

/* --- whose a datagram is -------------------------------------------------------------- */

static struct party *find_by_ends(const struct daemon *daemon, const struct sp_path *path)
{
	const struct party_place place = registry_place(&path->local, &path->remote, 0);
	struct party_end *end;

	HASH_FIND(hh, daemon->ends, &place, sizeof(place), end);
	return end ? end->party : NULL;
}

/* Any may be elsewhere than it was. */
static unsigned int rank_party(const struct party *party, const void *arg)
{
	const struct sp_path *path = arg;

	return sp_addr_equal(party_address(party), &path->remote) ? 2 : 1;
}

/* The identity first: several may be behind one address, and each may have moved. */
static struct party *find_party(const struct udp_port *port, const struct sp_path *path,
				const void *octets, size_t len)
{
	const struct engine *engine = port->engine;
	struct party *party = NULL;

	if (engine->hello_len && len >= engine->hello_len)
		party = claim_find(port->daemon, engine, octets, rank_party, path);
	if (party)
		return party;
	party = find_by_ends(port->daemon, path);
	return party && party->engine == engine ? party : port->anybody;
}

static void on_datagram(void *arg, const struct sp_path *path, const void *octets, size_t len)
{
	const struct udp_port *port = arg;
	struct party *party;

	if (!port->engine)
		return;
	party = find_party(port, path, octets, len);
	if (!party)
		return;
	party->engine->datagram(party->keying, path, octets, len, daemon_now());
	party_tick(party);
}

static void leave_end(struct party_end *end)
{
	if (end->used)
		HASH_DEL(end->party->daemon->ends, end);
	end->used = false;
}

static void enter_end(struct party_end *end, struct party *party, const struct sp_addr *remote)
{
	struct party_end *other;

	leave_end(end);
	if (!remote->family || remote->family != party->config->local.family)
		return;
	end->party = party;
	end->place = registry_place(&party->config->local, remote, 0);
	HASH_FIND(hh, party->daemon->ends, &end->place, sizeof(end->place), other);
	if (other)
		return;
	HASH_ADD(hh, party->daemon->ends, place, sizeof(end->place), end);
	end->used = true;
}

void udp_forget(struct party *party)
{
	struct udp_port *port;

	leave_end(&party->ends[0]);
	leave_end(&party->ends[1]);
	LIST_FOREACH(port, &party->daemon->udp_ports, next)
		if (port->anybody == party)
			port->anybody = NULL;
}

void udp_follow(struct party *party)
{
	if (!party->engine->udp[0].port)
		return;
	enter_end(&party->ends[0], party, &party->config->remote);
	enter_end(&party->ends[1], party, &party->at);
}

/* --- sockets ---------------------------------------------------------------------------- */

static int open_socket(struct udp_port *port, int *fd, struct sp_error *err)
{
	if (!port->esp) {
		*fd = datagrams_bind(&port->addr, port->port, port->link, err);
		return *fd < 0 ? -1 : 0;
	}
	if (sp_nl_port_open(port->daemon->nl, &port->addr, port->port, fd, err))
		return -1;
	/* It may be bound as it was needed before. */
	if (!address_bind_link(*fd, port->link))
		return 0;
	sp_fail(err, "UDP port %u by %s: %s", port->port, port->link, strerror(errno));
	close(*fd);
	return -1;
}

static void open_port(struct udp_port *port)
{
	struct timeval wait = { .tv_sec = RETRY_SECONDS };
	bool told = port->error.text[0];
	struct sp_error err;
	int fd;

	port->fresh = false;
	if (!open_socket(port, &fd, &err)) {
		port->error.text[0] = '\0';
		port->datagrams = datagrams_open(port->daemon->base, fd, &port->addr, port->port,
						 port->esp, on_datagram, port);
		if (!port->datagrams)
			abort();
		return;
	}
	port->error = err;
	if (!told)
		log_line("%s", err.text);
	event_add(port->retry, &wait);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	open_port(arg);
}

/*
 * Who wants one port for ESP and another for nothing but datagrams gets an error for the second.
 * Of the module's sockets there is one for all links: the first that is asked for has it.
 */
static struct udp_port *find_port(const struct daemon *daemon, const struct sp_addr *addr,
				  uint16_t number, const char *link, bool esp)
{
	struct udp_port *port;

	LIST_FOREACH(port, &daemon->udp_ports, next)
		if (port->port == number && port->esp == esp && sp_addr_equal(&port->addr, addr) &&
		    (esp || !strcmp(port->link, link)))
			return port;
	return NULL;
}

static struct udp_port *need_port(struct daemon *daemon, const struct sp_addr *addr,
				  uint16_t number, const char *link, bool esp)
{
	struct udp_port *port = find_port(daemon, addr, number, link, esp);

	if (!port) {
		port = calloc(1, sizeof(*port));
		if (!port)
			abort();
		port->daemon = daemon;
		port->addr = *addr;
		port->port = number;
		port->esp = esp;
		strcpy(port->link, link);
		port->retry = evtimer_new(daemon->base, on_retry, port);
		if (!port->retry)
			abort();
		port->fresh = true;
		LIST_INSERT_HEAD(&daemon->udp_ports, port, next);
	}
	port->needed = true;
	return port;
}

static void close_port(struct udp_port *port)
{
	LIST_REMOVE(port, next);
	if (port->datagrams)
		datagrams_close(port->datagrams);
	event_free(port->retry);
	free(port);
}

static void close_unneeded(struct daemon *daemon)
{
	struct udp_port *port, *next;

	for (port = LIST_FIRST(&daemon->udp_ports); port; port = next) {
		next = LIST_NEXT(port, next);
		if (!port->needed)
			close_port(port);
	}
}

void udp_close_all(struct daemon *daemon)
{
	struct udp_port *port;

	LIST_FOREACH(port, &daemon->udp_ports, next)
		port->needed = false;
	close_unneeded(daemon);
}

static void need_ports_at(const struct sp_addr *local, void *arg)
{
	struct party *party = arg;
	const struct engine_udp *udp = party->engine->udp;
	struct udp_port *port;

	for (size_t i = 0; i < ENGINE_UDP_MAX && udp[i].port; i++) {
		port = need_port(party->daemon, local, udp[i].port, party_link(party), udp[i].esp);
		port->engine = party->engine;
		if (party->config->remote_any && !port->anybody)
			port->anybody = party;
	}
}

/* Who may come from anywhere may come to any address of ours, unless it is said which. */
static bool comes_to_any(const struct party *party)
{
	return party->config->remote_any && party->config->local_by_route;
}

static void need_ports_of(struct party *party, const struct source_hosts *hosts)
{
	if (comes_to_any(party) && hosts)
		source_hosts_each(hosts, need_ports_at, party);
	else if (party->config->local.family)
		need_ports_at(&party->config->local, party);
	udp_follow(party);
}

static bool has_comer_to_any(const struct daemon *daemon)
{
	const struct party *party;

	LIST_FOREACH(party, &daemon->parties, next)
		if (comes_to_any(party))
			return true;
	return false;
}

static void need_all_ports(struct daemon *daemon)
{
	struct source_hosts *hosts = NULL;
	struct sp_error err;
	struct party *party;

	if (has_comer_to_any(daemon)) {
		hosts = source_hosts_read(&err);
		if (!hosts)
			log_line("addresses: %s", err.text);
	}
	/* Those that come to one address are heard there first. */
	LIST_FOREACH(party, &daemon->parties, next)
		if (!comes_to_any(party))
			need_ports_of(party, hosts);
	LIST_FOREACH(party, &daemon->parties, next)
		if (comes_to_any(party))
			need_ports_of(party, hosts);
	source_hosts_free(hosts);
}

void udp_addresses_changed(struct daemon *daemon)
{
	if (has_comer_to_any(daemon))
		udp_apply(daemon, daemon->config);
}

void udp_apply(struct daemon *daemon, const struct sp_config *config)
{
	const struct sp_tunnel_config *tunnel;
	struct udp_port *port;
	struct party *party;

	LIST_FOREACH(port, &daemon->udp_ports, next) {
		port->needed = false;
		port->engine = NULL;
	}
	STAILQ_FOREACH(tunnel, &config->tunnels, next)
		if (tunnel->options.encap.dport && tunnel->peer->local.family)
			need_port(daemon, &tunnel->peer->local, tunnel->options.encap.sport,
				  tunnel->options.link, true);
	LIST_FOREACH(party, &daemon->parties, next)
		udp_forget(party);
	need_all_ports(daemon);
	close_unneeded(daemon);
	LIST_FOREACH(port, &daemon->udp_ports, next)
		if (port->fresh)
			open_port(port);
}

void udp_link_is_another(struct daemon *daemon, const char *link)
{
	struct udp_port *port;

	LIST_FOREACH(port, &daemon->udp_ports, next) {
		if (strcmp(port->link, link))
			continue;
		if (port->datagrams)
			datagrams_close(port->datagrams);
		port->datagrams = NULL;
		event_del(port->retry);
		open_port(port);
	}
}

/* --- for others ---------------------------------------------------------------------------- */

/* Of several by different links one alone is the party's. */
void udp_send(const struct party *party, const struct sp_path *path, const void *octets, size_t len)
{
	const struct udp_port *port;

	LIST_FOREACH(port, &party->daemon->udp_ports, next)
		if (port->engine == party->engine && port->datagrams &&
		    port->port == path->local_port && sp_addr_equal(&port->addr, &path->local) &&
		    (port->esp || !strcmp(port->link, party_link(party))))
			datagrams_send(port->datagrams, path, party_mark(party), octets, len);
}

void udp_problems(const struct daemon *daemon, const struct sp_tunnel_config *tunnel,
		  udp_problem_fn each, void *arg)
{
	const struct udp_port *port = NULL;

	if (tunnel->options.encap.dport)
		port = find_port(daemon, &tunnel->peer->local, tunnel->options.encap.sport,
				 tunnel->options.link, true);
	if (port && port->error.text[0])
		each(port->error.text, arg);
}
