// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "door.h"
#include "encap.h"
#include "kernel.h"
#include "link.h"
#include "log.h"
#include "party.h"
#include "routes.h"
#include "spare.h"

/* --- what differs ----------------------------------------------------------- */

static bool peers_differ(const struct sp_peer_config *a, const struct sp_peer_config *b)
{
	return a->keying != b->keying || !sp_addr_equal(&a->local, &b->local) ||
	       !sp_addr_equal(&a->remote, &b->remote) || a->port != b->port ||
	       a->profile != b->profile;
}

static bool is_key(const struct sp_key *key, const char *id)
{
	return key && !strcmp(key->id, id);
}

/* By what is in the files: a key that is replaced keeps its file's name. */
static bool has_key(const struct party *party, const struct sp_peer_config *peer,
		    struct sp_keyring *keys)
{
	struct sp_error err;

	return !sp_config_needs_keys(peer) ||
	       is_key(sp_keyring_private(keys, peer->key, &err), party->local_id);
}

static bool has_peer_key(const struct party *party, const struct sp_peer_config *peer,
			 struct sp_keyring *keys)
{
	struct sp_error err;

	return !sp_config_needs_keys(peer) ||
	       is_key(sp_keyring_public(keys, peer->peer_key, &err), party->remote_id);
}

static bool keeps_party(const struct party *party, const struct sp_peer_config *peer,
			struct sp_keyring *keys)
{
	return peer && peer->keying == SP_KEYING_RSA &&
	       !peers_differ(&party->engine->config, peer) && has_key(party, peer, keys) &&
	       has_peer_key(party, peer, keys);
}

/* What was agreed with a key that proves the peer no more is worth nothing. */
static bool is_withdrawn(const struct party *party, const struct sp_peer_config *peer,
			 struct sp_keyring *keys)
{
	return peer && peer->keying == SP_KEYING_RSA && party->profile == RK_SIGNED &&
	       !has_peer_key(party, peer, keys);
}

/* Which of its peer's keys is another. */
static const char *new_key(const struct daemon *daemon, const struct sp_tunnel_config *config,
			   struct sp_keyring *keys)
{
	const struct party *party = party_find(daemon, config->peer_name);

	if (!party || party->profile != RK_SIGNED || !sp_config_needs_keys(config->peer))
		return NULL;
	if (!has_peer_key(party, config->peer, keys))
		return "peer-key";
	return has_key(party, config->peer, keys) ? NULL : "key";
}

static bool addresses_differ(const struct sp_addresses *a, const struct sp_addresses *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++)
		if (!sp_prefix_equal(&a->list[i], &b->list[i]))
			return true;
	return a->n != b->n;
}

static bool words_differ(const struct sp_tunnel_config *a, const struct sp_tunnel_config *b)
{
	for (size_t i = 0; a->n_esp == b->n_esp && i < a->n_esp; i++)
		if (a->esp[i] != b->esp[i])
			return true;
	return a->n_esp != b->n_esp;
}

/* What the kernel is told of a tunnel beside its ends. */
static bool options_differ(const struct sp_tunnel_config *a, const struct sp_tunnel_config *b)
{
	return a->ah != b->ah || a->ah_align != b->ah_align || a->mode != b->mode ||
	       a->encap.sport != b->encap.sport || a->encap.dport != b->encap.dport ||
	       a->keepalive != b->keepalive || a->follow != b->follow ||
	       a->dummy != b->dummy || a->clamp_mss != b->clamp_mss ||
	       a->replay_window != b->replay_window || a->df != b->df || a->dscp != b->dscp ||
	       a->tfc != b->tfc || a->fwmark != b->fwmark;
}

static bool tunnels_differ(const struct sp_tunnel_config *a, const struct sp_tunnel_config *b)
{
	return strcmp(a->peer_name, b->peer_name) || strcmp(a->interface, b->interface) ||
	       addresses_differ(&a->addresses, &b->addresses) ||
	       !sp_selectors_equal(&a->local_ts, &b->local_ts) ||
	       !sp_selectors_equal(&a->remote_ts, &b->remote_ts) || words_differ(a, b) ||
	       a->lifetime != b->lifetime || a->lifetime_bytes != b->lifetime_bytes ||
	       options_differ(a, b) || a->routes != b->routes || a->start != b->start;
}

static const struct sp_tunnel_config *old_tunnel(const struct daemon *daemon, const char *name)
{
	return daemon->config ? sp_config_tunnel(daemon->config, name) : NULL;
}

static const char *change_of(const struct daemon *daemon, const struct sp_tunnel_config *config,
			     enum kernel_change kernel)
{
	const struct sp_tunnel_config *old = old_tunnel(daemon, config->name);

	if (!old)
		return "new";
	if (kernel != KERNEL_SAME || tunnels_differ(old, config) ||
	    peers_differ(old->peer, config->peer))
		return "refreshed";
	return "unchanged";
}

int apply_plan(struct daemon *daemon, const struct sp_config *config, struct sp_keyring *keys,
	       apply_fn each, void *arg, struct sp_error *err)
{
	const struct sp_tunnel_config *tunnel;
	const char *why;

	STAILQ_FOREACH(tunnel, &config->tunnels, next) {
		enum kernel_change change;

		if (kernel_tunnel(daemon->nl, tunnel, old_tunnel(daemon, tunnel->name), true,
				  &change, err))
			return -1;
		why = old_tunnel(daemon, tunnel->name) ? new_key(daemon, tunnel, keys) : NULL;
		each(tunnel->name, why ? "refreshed" : change_of(daemon, tunnel, change), why, arg);
	}
	STAILQ_FOREACH(tunnel, &daemon->config->tunnels, next)
		if (!sp_config_tunnel(config, tunnel->name))
			each(tunnel->name, "deleted", NULL, arg);
	return 0;
}

/* --- peers -------------------------------------------------------------------- */

/* Takes down what a peer has whose key is withdrawn, here and with who has that key. */
static void withdraw(struct party *party)
{
	struct rk_tunnel *tunnel;

	log_line("peer %s: another peer-key: what was agreed with the old one ends",
		 party->engine->config.name);
	STAILQ_FOREACH(tunnel, &party->engine->tunnels, next)
		rk_tunnel_down(tunnel);
}

/* A changed peer is a new one: its tunnels are adopted from the kernel, as after a restart. */
static void exchange_parties(struct daemon *daemon, const struct sp_config *config,
			     struct sp_keyring *keys)
{
	const struct sp_peer_config *peer;
	struct party *party, *next;

	for (party = LIST_FIRST(&daemon->parties); party; party = next) {
		next = LIST_NEXT(party, next);
		peer = sp_config_peer(config, party->engine->config.name);
		if (keeps_party(party, peer, keys)) {
			party->engine->config = *peer;
			continue;
		}
		if (is_withdrawn(party, peer, keys))
			withdraw(party);
		LIST_REMOVE(party, next);
		party_free(party);
	}
	STAILQ_FOREACH(peer, &config->peers, next) {
		if (peer->keying != SP_KEYING_RSA || party_find(daemon, peer->name))
			continue;
		party = party_new(daemon, peer, keys);
		LIST_INSERT_HEAD(&daemon->parties, party, next);
		spares_want(daemon->spares, party->profile);
	}
}

/* --- tunnels ------------------------------------------------------------------ */

static void drop_keying(struct daemon *daemon, const char *name)
{
	struct rk_tunnel *tunnel = party_find_tunnel(daemon, name);

	if (tunnel)
		rk_peer_drop(tunnel->peer, tunnel);
}

static void delete_tunnels(struct daemon *daemon, const struct sp_config *config)
{
	const struct sp_tunnel_config *old, *new;
	struct sp_error err;

	if (!daemon->config)
		return;
	STAILQ_FOREACH(old, &daemon->config->tunnels, next) {
		new = sp_config_tunnel(config, old->name);
		if (!new || strcmp(new->peer_name, old->peer_name))
			drop_keying(daemon, old->name);
		if (new)
			continue;
		if (kernel_tunnel_del(daemon->nl, old, &err))
			log_line("%s", err.text);
		else
			log_line("tunnel %s: deleted", old->name);
	}
}

static void start_keying(struct daemon *daemon, const struct sp_tunnel_config *config)
{
	struct party *party = party_find(daemon, config->peer_name);
	struct rk_tunnel *tunnel = rk_peer_add(party->engine, config);
	struct sp_error err;

	if (!tunnel || kernel_adopt(daemon->nl, tunnel, &err))
		log_line("tunnel %s: %s", config->name, tunnel ? err.text : "out of memory");
	if (tunnel)
		rk_tunnel_start(tunnel, daemon_now());
}

static void apply_tunnel(struct daemon *daemon, const struct sp_tunnel_config *config)
{
	const struct sp_tunnel_config *old = old_tunnel(daemon, config->name);
	struct rk_tunnel *tunnel = party_find_tunnel(daemon, config->name);
	enum kernel_change change = KERNEL_SAME;
	struct sp_error err;

	if (kernel_tunnel(daemon->nl, config, old, false, &change, &err))
		log_line("%s", err.text);
	else
		err.text[0] = '\0';
	if (tunnel && change == KERNEL_NEW)
		rk_tunnel_gone(tunnel, daemon_now());
	if (!tunnel && config->peer->keying == SP_KEYING_RSA)
		start_keying(daemon, config);
	else if (tunnel && strcmp(change_of(daemon, config, change), "unchanged"))
		rk_tunnel_configure(tunnel, config, daemon_now());
	else if (tunnel)
		tunnel->config = *config;	/* it points into the configuration */
	tunnel = party_find_tunnel(daemon, config->name);
	if (tunnel && err.text[0])
		snprintf(tunnel->last_error, sizeof(tunnel->last_error), "%s", err.text);
}

void apply_config(struct daemon *daemon, struct sp_config *config, struct sp_keyring *keys)
{
	const struct sp_tunnel_config *tunnel;
	struct party *party;

	routes_prepare(daemon, config);
	delete_tunnels(daemon, config);
	exchange_parties(daemon, config, keys);
	STAILQ_FOREACH(tunnel, &config->tunnels, next)
		apply_tunnel(daemon, tunnel);
	door_apply(daemon);
	/* Before there are rules that lead what is not marked into a tunnel. */
	link_mark_all(daemon);
	routes_apply(daemon);
	encap_apply(daemon, config);
	LIST_FOREACH(party, &daemon->parties, next)
		party_tick(party);
	sp_config_free(daemon->config);
	daemon->config = config;
	sp_keyring_settle(keys);
	sp_keyring_free(daemon->keys);
	daemon->keys = keys;
}

void apply_interface(struct daemon *daemon, const char *name)
{
	const struct sp_tunnel_config *tunnel;
	struct party *party;

	STAILQ_FOREACH(tunnel, &daemon->config->tunnels, next)
		if (!strcmp(tunnel->interface, name))
			apply_tunnel(daemon, tunnel);
	LIST_FOREACH(party, &daemon->parties, next)
		party_tick(party);
}
