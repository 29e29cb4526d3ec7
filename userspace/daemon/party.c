// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "door.h"
#include "kernel.h"
#include "link.h"
#include "log.h"
#include "party.h"
#include "spare.h"

/* --- what the engine asks for ---------------------------------------------- */

static void port_connect(void *arg)
{
	link_connect(arg);
}

static void port_send(void *arg, struct rk_link *link, const char *text)
{
	(void)arg;
	link_send(link, text);
}

static void port_close(void *arg, struct rk_link *link)
{
	(void)arg;
	link_close(link);
}

static int port_spi_alloc(void *arg, const char *tunnel, uint32_t *spi, struct sp_error *err)
{
	const struct party *party = arg;

	return sp_nl_spi_alloc(party->daemon->nl, tunnel, spi, err);
}

static int port_install(void *arg, const char *tunnel, struct rk_link *link,
			const struct rk_install *install, struct sp_error *err)
{
	const struct party *party = arg;

	return kernel_install(party->daemon->nl, tunnel, link->session, install, err);
}

static int port_activate(void *arg, const char *tunnel, uint32_t generation, struct sp_error *err)
{
	const struct party *party = arg;

	return sp_nl_sa_activate(party->daemon->nl, tunnel, generation, err);
}

static int port_remove(void *arg, const char *tunnel, uint32_t generation, struct sp_error *err)
{
	const struct party *party = arg;

	return sp_nl_sa_del_generation(party->daemon->nl, tunnel, generation, err);
}

static void port_event(void *arg, struct rk_tunnel *tunnel, enum rk_event event, const char *text)
{
	const struct party *party = arg;

	if (!tunnel)
		log_line("peer %s: %s", party->engine->config.name, text);
	else if (event != RK_EVENT_REFUSED)
		log_line("tunnel %s: %s", tunnel->config.name, text);
	if (tunnel)
		control_tunnel_event(party->daemon->control, tunnel, event, text);
}

static struct rk_port make_port(struct party *party)
{
	return (struct rk_port){
		.connect = port_connect,
		.send = port_send,
		.close = port_close,
		.spi_alloc = port_spi_alloc,
		.install = port_install,
		.activate = port_activate,
		.remove = port_remove,
		.event = port_event,
		.random = daemon_random,
		.arg = party,
	};
}

/* --- life ------------------------------------------------------------------- */

void party_ids(char ids[2 * RK_KEY_ID_STRLEN], const char *peer, const char *own)
{
	memset(ids, 0, (size_t)2 * RK_KEY_ID_STRLEN);
	strcpy(ids, peer);
	strcpy(ids + RK_KEY_ID_STRLEN, own);
}

static EVP_PKEY *take_key(const struct sp_key *key, char id[RK_KEY_ID_STRLEN])
{
	if (!key)
		abort();	/* the caller has read them all */
	strcpy(id, key->id);
	EVP_PKEY_up_ref(key->pkey);
	return key->pkey;
}

static void take_keys(struct party *party, const struct sp_peer_config *config,
		      struct sp_keyring *keys)
{
	struct sp_error err;

	if (party->profile == RK_COMPAT)
		return;
	party->key = take_key(sp_keyring_private(keys, config->key, &err), party->local_id);
	party->peer_key = take_key(sp_keyring_public(keys, config->peer_key, &err),
				   party->remote_id);
	party_ids(party->ids, party->remote_id, party->local_id);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	party_tick(arg);
}

struct party *party_new(struct daemon *daemon, const struct sp_peer_config *config,
			struct sp_keyring *keys)
{
	struct party *party = calloc(1, sizeof(*party));
	struct rk_port port = make_port(party);

	if (!party)
		abort();
	party->daemon = daemon;
	party->profile = config->profile == SP_PROFILE_COMPAT ? RK_COMPAT : RK_SIGNED;
	party->engine = rk_peer_new(config, &port);
	party->timer = evtimer_new(daemon->base, on_timer, party);
	if (!party->engine || !party->timer)
		abort();
	take_keys(party, config, keys);
	return party;
}

void party_join(struct party *party)
{
	LIST_INSERT_HEAD(&party->daemon->parties, party, next);
	registry_add_party(&party->daemon->registry, party);
}

void party_leave(struct party *party)
{
	struct registry *registry = &party->daemon->registry;
	const struct rk_tunnel *keying;
	struct tunnel *tunnel;

	STAILQ_FOREACH(keying, &party->engine->tunnels, next) {
		tunnel = registry_tunnel(registry, keying->config.name);
		if (tunnel)
			tunnel->keying = NULL;
	}
	door_forget(party);
	LIST_REMOVE(party, next);
	registry_remove_party(registry, party);
	rk_peer_free(party->engine);
	link_close_party(party);
	event_free(party->timer);
	EVP_PKEY_free(party->key);
	EVP_PKEY_free(party->peer_key);
	free(party);
}

bool party_follows(const struct party *party)
{
	const struct rk_tunnel *tunnel;

	STAILQ_FOREACH(tunnel, &party->engine->tunnels, next)
		if (tunnel->config.options.follow)
			return true;
	return false;
}

const struct sp_addr *party_address(const struct party *party)
{
	const struct rk_peer *peer = party->engine;

	return party->at.family && !(peer->failures & 1) ? &party->at : &peer->config.remote;
}

void party_met(struct party *party, const struct sp_addr *at)
{
	const struct sp_peer_config *config = &party->engine->config;
	char text[SP_ADDR_STRLEN];

	if (!party_follows(party) || at->family != config->remote.family)
		return;
	if (sp_addr_equal(at, &config->remote)) {
		party->at.family = AF_UNSPEC;
	} else if (!sp_addr_equal(at, &party->at)) {
		party->at = *at;
		log_line("peer %s: is at %s now", config->name, sp_addr_format(at, text));
	}
}

uint32_t party_mark(const struct party *party)
{
	const struct rk_tunnel *tunnel;

	STAILQ_FOREACH(tunnel, &party->engine->tunnels, next)
		if (tunnel->config.options.fwmark)
			return tunnel->config.options.fwmark;
	return 0;
}

void party_tick(struct party *party)
{
	double deadline, wait;

	rk_peer_tick(party->engine, daemon_now());
	deadline = rk_peer_deadline(party->engine);
	if (isinf(deadline)) {
		event_del(party->timer);
		return;
	}
	wait = fmax(0, deadline - daemon_now());
	event_add(party->timer, &(struct timeval){
		.tv_sec = (time_t)wait,
		.tv_usec = (suseconds_t)(fmod(wait, 1) * 1e6),
	});
}

struct party *party_find(const struct daemon *daemon, const char *name)
{
	return registry_party(&daemon->registry, name);
}

struct rk_tunnel *party_find_tunnel(const struct daemon *daemon, const char *name)
{
	const struct tunnel *tunnel = registry_tunnel(&daemon->registry, name);

	return tunnel ? tunnel->keying : NULL;
}
