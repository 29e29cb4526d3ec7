// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "engines.h"
#include "instances.h"
#include "party.h"
#include "plan.h"

const char *plan_word(enum plan_change change)
{
	static const char *const words[] = {
		[PLAN_UNCHANGED] = "unchanged", [PLAN_REFRESHED] = "refreshed",
		[PLAN_REPLACED] = "replaced", [PLAN_NEW] = "new", [PLAN_DELETED] = "deleted",
	};

	return words[change];
}

/* --- what differs ----------------------------------------------------------- */

/* A list of words in the making. */
struct why {
	char *text;
	size_t size;
};

static void note_difference(struct why *why, const char *word, bool differs)
{
	size_t len = strlen(why->text);

	if (differs)
		snprintf(why->text + len, why->size - len, "%s%s", len ? ", " : "", word);
}

static bool idents_differ(const struct sp_ident *a, const struct sp_ident *b)
{
	if (!a || !b)
		return a != b;
	return a->type != b->type || a->len != b->len || memcmp(a->octets, b->octets, a->len);
}

static bool proposals_differ(const struct sp_peer_config *a, const struct sp_peer_config *b)
{
	return a->n_ike != b->n_ike ||
	       (a->n_ike && memcmp(a->ike, b->ike, a->n_ike * sizeof(a->ike[0])));
}

/* What only IKE has is the same where nobody has said anything. */
static void note_ike(struct why *why, const struct sp_peer_config *a,
		     const struct sp_peer_config *b)
{
	note_difference(why, "auth", a->auth != b->auth);
	note_difference(why, "local-id", idents_differ(a->local_id, b->local_id));
	note_difference(why, "remote-id", idents_differ(a->remote_id, b->remote_id));
	note_difference(why, "ike", proposals_differ(a, b));
	note_difference(why, "ike-lifetime", a->ike_lifetime != b->ike_lifetime);
	note_difference(why, "session-key-limit", a->session_key_limit != b->session_key_limit);
	note_difference(why, "session-pfs",
			a->session_pfs != b->session_pfs || a->pfs_group != b->pfs_group);
	note_difference(why, "master-pfs", a->master_pfs != b->master_pfs);
	note_difference(why, "max-tunnels", a->max_tunnels != b->max_tunnels);
	note_difference(why, "dpd", a->dpd != b->dpd);
	note_difference(why, "dpd-action", a->dpd_action != b->dpd_action);
	note_difference(why, "encap", a->encap != b->encap);
	note_difference(why, "allow-weak", a->allow_weak != b->allow_weak);
}

/* All but what is in the files that it names. */
static void note_peer_keys(struct why *why, const struct sp_peer_config *a,
			   const struct sp_peer_config *b)
{
	note_difference(why, "keying", a->keying != b->keying);
	note_difference(why, "local", !sp_addr_equal(&a->local, &b->local));
	note_difference(why, "remote", !sp_addr_equal(&a->remote, &b->remote) ||
				    a->remote_any != b->remote_any);
	if (b->keying == SP_KEYING_MANUAL)
		return;
	note_difference(why, "port", a->port != b->port);
	note_difference(why, "profile", a->profile != b->profile);
	note_ike(why, a, b);
}

/* --- peers ------------------------------------------------------------------ */

static bool is_key(const struct sp_key *key, const char *id)
{
	return key && !strcmp(key->id, id);
}

/* Compares the keys rather than their files: a key can be replaced in place. */
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

static bool has_secret(const struct party *party, const struct sp_peer_config *peer,
		       struct sp_keyring *keys)
{
	const struct sp_psk *psk;
	struct sp_error err;

	if (!sp_config_needs_psk(peer))
		return true;
	psk = sp_keyring_psk(keys, peer->psk, &err);
	return psk && party->psk && !memcmp(psk->digest, party->psk->digest, sizeof(psk->digest));
}

static bool peers_differ(const struct sp_peer_config *a, const struct sp_peer_config *b)
{
	char text[256] = "";
	struct why why = { text, sizeof(text) };

	note_peer_keys(&why, a, b);
	return text[0];
}

bool plan_keeps(const struct party *party, const struct sp_peer_config *peer,
		struct sp_keyring *keys)
{
	return peer && !peers_differ(party->config, peer) && has_key(party, peer, keys) &&
	       has_peer_key(party, peer, keys) && has_secret(party, peer, keys);
}

bool plan_withdraws(const struct party *party, const struct sp_peer_config *peer,
		    struct sp_keyring *keys)
{
	return peer && peer->keying == party->config->keying && party->remote_id[0] &&
	       !has_peer_key(party, peer, keys);
}

static void note_peer(struct why *why, const struct party *party, const struct sp_peer_config *a,
		      const struct sp_peer_config *b, struct sp_keyring *keys)
{
	note_peer_keys(why, a, b);
	if (!party || party->config->keying != b->keying)
		return;
	note_difference(why, "key", party->remote_id[0] && !has_key(party, b, keys));
	note_difference(why, "peer-key", party->remote_id[0] && !has_peer_key(party, b, keys));
	note_difference(why, "psk", party->psk && !has_secret(party, b, keys));
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

static void note_options(struct why *why, uint32_t mask)
{
	const struct sp_option *option;

	for (size_t i = 0; (option = sp_option_at(i)); i++)
		note_difference(why, option->word, mask & sp_option_bit(option));
}

static void note_tunnel(struct why *why, const struct sp_tunnel_config *a,
			const struct sp_tunnel_config *b)
{
	note_difference(why, "peer", strcmp(a->peer_name, b->peer_name));
	note_difference(why, "interface", strcmp(a->interface, b->interface));
	note_difference(why, "address", addresses_differ(&a->addresses, &b->addresses));
	note_difference(why, "local-ts", !sp_ts_lists_equal(&a->local_ts, &b->local_ts));
	note_difference(why, "remote-ts", !sp_ts_lists_equal(&a->remote_ts, &b->remote_ts));
	note_difference(why, b->ah ? "ah" : "esp", a->ah != b->ah || words_differ(a, b));
	note_difference(why, "lifetime", a->lifetime != b->lifetime);
	note_difference(why, "lifetime-bytes", a->lifetime_bytes != b->lifetime_bytes);
	note_options(why, sp_options_differ(&a->options, &b->options));
	note_difference(why, "routes", a->routes != b->routes);
	note_difference(why, "clear", a->says_clear != b->says_clear || a->clear != b->clear);
	note_difference(why, "start", a->start != b->start);
}

/* --- tunnels ------------------------------------------------------------------ */

static enum plan_change change_of(const struct plan_tunnel *tunnel)
{
	if (!tunnel->old)
		return PLAN_NEW;
	if (tunnel->wish.anew)
		return PLAN_REPLACED;
	if (tunnel->wish.change == KERNEL_SAME && !tunnel->why[0])
		return PLAN_UNCHANGED;
	return PLAN_REFRESHED;
}

static struct plan_tunnel *add_tunnel(struct plan *plan, const char *name)
{
	struct plan_tunnel *tunnel = sp_arena_alloc(&plan->arena, sizeof(*tunnel));

	tunnel->name = name;
	tunnel->why = "";
	STAILQ_INSERT_TAIL(&plan->tunnels, tunnel, next);
	return tunnel;
}

static uint32_t owner_of(const struct sp_tunnel_config *config, struct sp_keyring *keys)
{
	const struct sp_peer_config *peer = config->peer;
	const struct sp_key *key;
	struct sp_error err;

	if (peer->keying == SP_KEYING_MANUAL)
		return KERNEL_OWNER_MANUAL;
	if (sp_config_needs_psk(peer))
		return KERNEL_OWNER_PSK;
	if (!sp_config_needs_keys(peer))
		return KERNEL_OWNER_COMPAT;
	key = sp_keyring_public(keys, peer->peer_key, &err);
	return key ? kernel_owner_signed(key->id) : KERNEL_OWNER_COMPAT;
}

/* If a tunnel is as it was and as it should be, the kernel need not be asked about it. */
static bool is_known(const struct tunnel *tunnel, uint32_t owner)
{
	return tunnel && tunnel->settled && !tunnel->trouble && tunnel->owner == owner;
}

static void compare_tunnel(struct plan_tunnel *tunnel, const struct daemon *daemon,
			   struct plan *plan)
{
	const struct tunnel *known = registry_tunnel(&daemon->registry, tunnel->name);
	uint32_t owner = owner_of(tunnel->config, plan->keys);
	char text[256] = "";
	struct why why = { text, sizeof(text) };

	if (tunnel->old) {
		note_peer(&why, party_find(daemon, tunnel->config->peer_name), tunnel->old->peer,
			  tunnel->config->peer, plan->keys);
		note_tunnel(&why, tunnel->old, tunnel->config);
	}
	if (tunnel->old && !text[0] && is_known(known, owner))
		kernel_same(&tunnel->wish, tunnel->config, known);
	else
		kernel_compare(&tunnel->wish, plan->kernel, tunnel->config, tunnel->old, known,
			       owner);
	if (text[0])
		tunnel->why = sp_arena_text(&plan->arena, text);
	tunnel->change = change_of(tunnel);
}

void plan_tunnel_again(struct plan_tunnel *to, struct snapshot *kernel,
		       const struct tunnel *tunnel, struct sp_keyring *keys)
{
	const struct sp_tunnel_config *config = tunnel->config;

	*to = (struct plan_tunnel){
		.name = config->name, .config = config, .old = config, .why = "",
	};
	kernel_compare(&to->wish, kernel, config, config, tunnel, owner_of(config, keys));
	to->change = change_of(to);
}

/* Tunnels that an earlier daemon has left and that the configuration no longer has. */
static void add_forgotten(const struct snapshot_tunnel *is, void *arg)
{
	struct plan *plan = arg;

	if (kernel_owns(is) && !sp_config_tunnel(plan->config, is->name) &&
	    !instance_is_left(plan->config, is))
		add_tunnel(plan, is->name)->change = PLAN_DELETED;
}

static void add_deleted(struct plan *plan, const struct sp_config *old)
{
	const struct sp_tunnel_config *config;
	struct plan_tunnel *tunnel;

	STAILQ_FOREACH(config, &old->tunnels, next) {
		if (sp_config_tunnel(plan->config, config->name))
			continue;
		tunnel = add_tunnel(plan, config->name);
		tunnel->old = config;
		tunnel->change = PLAN_DELETED;
	}
}

static void compare_all(const struct daemon *daemon, struct plan *plan)
{
	const struct sp_tunnel_config *config;
	struct plan_tunnel *tunnel;

	STAILQ_FOREACH(config, &plan->config->tunnels, next) {
		tunnel = add_tunnel(plan, config->name);
		tunnel->config = config;
		if (daemon->config)
			tunnel->old = sp_config_tunnel(daemon->config, config->name);
		compare_tunnel(tunnel, daemon, plan);
	}
}

struct plan *plan_make(struct daemon *daemon, const struct sp_config *config,
		       struct sp_keyring *keys, struct sp_error *err)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		abort();
	plan->config = config;
	plan->keys = keys;
	STAILQ_INIT(&plan->tunnels);
	/* The first plan looks at all tunnels, later ones only at those that may differ. */
	plan->kernel = daemon->config ? snapshot_begin(daemon->nl) :
					snapshot_take(daemon->nl, err);
	if (!plan->kernel) {
		plan_free(plan);
		return NULL;
	}
	kernel_hear(daemon);
	compare_all(daemon, plan);
	if (daemon->config)
		add_deleted(plan, daemon->config);
	else
		snapshot_each_tunnel(plan->kernel, add_forgotten, plan);
	if (!snapshot_failed(plan->kernel, err))
		return plan;
	plan_free(plan);
	return NULL;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	snapshot_free(plan->kernel);
	sp_arena_free(&plan->arena);
	free(plan);
}
