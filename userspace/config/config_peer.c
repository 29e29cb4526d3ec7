// SPDX-License-Identifier: GPL-2.0-or-later
/* What makes sense of a peer's section, and of peers beside one another. */
#include <string.h>

#include "schema.h"

/* --- the section ------------------------------------------------------------- */

static bool has_key(const struct sp_config_parser *p, size_t i)
{
	return p->seen & UINT64_C(1) << i;
}

static const struct sp_place *place_of(const struct sp_config_parser *p, const char *word)
{
	const struct sp_setting *key;

	for (size_t i = 0; (key = sp_setting_at(SP_SECTION_PEER, i)); i++)
		if (has_key(p, i) && !strcmp(key->word, word))
			return &p->where[i];
	return &p->peer->place;
}

const char *sp_config_keying_word(enum sp_keying keying)
{
	static const char *const words[] = { "rsa", "manual", "ikev1" };

	return words[keying];
}

/* What nobody would look at is a mistake. */
static void refuse_strange_keys(struct sp_config_parser *p)
{
	enum sp_keying keying = p->peer->keying;
	const struct sp_setting *key;

	for (size_t i = 0; (key = sp_setting_at(SP_SECTION_PEER, i)); i++) {
		if (!has_key(p, i) || sp_setting_is_for(key, keying))
			continue;
		sp_config_problem(p, &p->where[i], "%s means nothing with keying = %s; it is of "
				  "keying = %s", key->word, sp_config_keying_word(keying),
				  key->engine);
	}
}

static void check_weak(struct sp_config_parser *p, const struct sp_peer_config *peer)
{
	const struct sp_dh_group *group = peer->pfs_group;
	const char *weak;

	for (size_t i = 0; i < peer->n_ike && !peer->allow_weak; i++) {
		weak = sp_ike_suite_weak(&peer->ike[i]);
		if (weak)
			sp_config_problem(p, place_of(p, "ike"), "ike: %s can be broken; it needs "
					  "allow-weak = yes", weak);
	}
	if (group && group->weak && !peer->allow_weak)
		sp_config_problem(p, place_of(p, "session-pfs"), "session-pfs: %s can be broken; "
				  "it needs allow-weak = yes", group->word);
}

void sp_config_peer_end(struct sp_config_parser *p)
{
	struct sp_peer_config *peer = p->peer;

	/* What was misread may be what the rest is about. */
	if (p->problems != p->problems_before)
		return;
	refuse_strange_keys(p);
	if (peer->keying == SP_KEYING_RSA && peer->auth == SP_AUTH_PSK)
		sp_config_problem(p, place_of(p, "auth"), "auth: keying = rsa has keys alone");
	if (peer->keying != SP_KEYING_IKEV1)
		return;
	if (!peer->says_auth && peer->psk)
		peer->auth = SP_AUTH_PSK;
	if (!peer->n_ike)
		sp_config_propose_usual(p, peer);
	check_weak(p, peer);
}

struct sp_ident sp_config_local_id(const struct sp_peer_config *peer)
{
	return peer->local_id ? *peer->local_id : sp_ident_of(&peer->local);
}

struct sp_ident sp_config_remote_id(const struct sp_peer_config *peer)
{
	const struct sp_ident any = { .type = SP_IDENT_ANY };

	if (peer->remote_id)
		return *peer->remote_id;
	return peer->remote_any ? any : sp_ident_of(&peer->remote);
}

const char *sp_config_key_line(const char *told)
{
	static const char *const kinds[] = { SP_CONFIG_KEY_LINE, SP_CONFIG_EC_KEY_LINE };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(told, kinds[i], strlen(kinds[i])))
			return told + strlen(kinds[i]);
	return NULL;
}

/* --- a peer -------------------------------------------------------------------- */

/* One host has to be meant. */
static void check_address(struct sp_config_parser *p, const struct sp_peer_config *peer,
			  const char *key, const struct sp_addr *addr)
{
	static const uint8_t none[16];
	uint8_t first = addr->octets[0];
	const char *what = NULL;

	if (!addr->family)
		return;
	if (!memcmp(addr->octets, none, sp_addr_len(addr)))
		what = "no host's address";
	else if (addr->family == AF_INET ? first >= 224 : first == 0xff)
		what = "no address of a single host";
	if (what)
		sp_config_problem(p, &peer->place, "peer %s: %s is %s", peer->name, key, what);
}

static void check_ike(struct sp_config_parser *p, const struct sp_peer_config *peer)
{
	const struct sp_place *at = &peer->place;

	if (peer->auth == SP_AUTH_PSK && !peer->psk)
		sp_config_problem(p, at, "peer %s needs psk = @FILE, the secret that both have",
				  peer->name);
	if (peer->auth == SP_AUTH_KEY && (!peer->key || !peer->peer_key))
		sp_config_problem(p, at, "peer %s needs %s", peer->name,
				  peer->says_auth || peer->key || peer->peer_key ?
				  "key = FILE and peer-key = FILE" :
				  "psk = @FILE, or key = FILE and peer-key = FILE");
}

static void check_peer(struct sp_config_parser *p, const struct sp_peer_config *peer)
{
	const struct sp_place *at = &peer->place;

	if (!peer->remote.family && !peer->remote_name[0] && !peer->remote_any)
		sp_config_problem(p, at, "peer %s needs remote = ADDRESS", peer->name);
	check_address(p, peer, "local", &peer->local);
	check_address(p, peer, "remote", &peer->remote);
	if (peer->local.family && sp_addr_equal(&peer->local, &peer->remote))
		sp_config_problem(p, at, "peer %s: local and remote are the same", peer->name);
	if (peer->local.family && peer->remote.family && peer->local.family != peer->remote.family)
		sp_config_problem(p, at, "peer %s: local is %s and remote is %s", peer->name,
				  sp_family(peer->local.family), sp_family(peer->remote.family));
	if (peer->remote_any && peer->keying != SP_KEYING_IKEV1)
		sp_config_problem(p, at, "peer %s: remote = any needs keying = ikev1", peer->name);
	if (peer->keying == SP_KEYING_IKEV1)
		check_ike(p, peer);
	if (peer->keying != SP_KEYING_RSA)
		return;
	if (peer->profile == SP_PROFILE_COMPAT && !peer->allow_insecure)
		sp_config_problem(p, at, "peer %s: profile = compat authenticates nobody; "
				  "it needs allow-insecure = yes", peer->name);
	if (peer->profile == SP_PROFILE_SIGNED && !peer->key)
		sp_config_problem(p, at, "peer %s needs key = FILE (spindle key new makes one)",
				  peer->name);
	if (peer->profile == SP_PROFILE_SIGNED && !peer->peer_key)
		sp_config_problem(p, at, "peer %s needs peer-key = FILE, the peer's public key",
				  peer->name);
}

/* --- peers beside one another ------------------------------------------------ */

/* Between whom a connection is. */
struct ends {
	UT_hash_handle hh;
	struct {
		uint8_t family;
		uint8_t local[16], remote[16];
		uint16_t port;
	} at;
	const struct sp_peer_config *peer;
};

/*
 * Of several peers with the same ends, only their keys tell which one it is that connects; and
 * with IKE nothing in the message that a secret or a proposal is chosen for.
 */
static void check_ends(struct sp_config_parser *p, struct ends **all,
		       const struct sp_peer_config *peer)
{
	struct ends *ends = sp_arena_alloc(&p->scratch, sizeof(*ends)), *found;

	ends->at.family = (uint8_t)peer->remote.family;
	memcpy(ends->at.local, peer->local.octets, sp_addr_len(&peer->local));
	memcpy(ends->at.remote, peer->remote.octets, sp_addr_len(&peer->remote));
	ends->at.port = peer->keying == SP_KEYING_IKEV1 ? 0 : peer->port;
	ends->peer = peer;
	HASH_FIND(hh, *all, &ends->at, sizeof(ends->at), found);
	if (!found) {
		HASH_ADD(hh, *all, at, sizeof(ends->at), ends);
		return;
	}
	if (peer->keying == SP_KEYING_IKEV1)
		sp_config_problem(p, &peer->place, "peer %s: has local and remote of peer %s "
				  "(%s:%u), and the first message of IKE does not tell them apart",
				  peer->name, found->peer->name, found->peer->place.file,
				  found->peer->place.line);
	else if (peer->profile == SP_PROFILE_COMPAT || found->peer->profile == SP_PROFILE_COMPAT)
		sp_config_problem(p, &peer->place, "peer %s: has local, remote and port of peer %s "
				  "(%s:%u), and with profile = compat nothing tells them apart",
				  peer->name, found->peer->name, found->peer->place.file,
				  found->peer->place.line);
}

static void check_all_ends(struct sp_config_parser *p)
{
	const struct sp_peer_config *peer;
	struct ends *all = NULL;

	STAILQ_FOREACH(peer, &p->config->peers, next)
		if (peer->keying != SP_KEYING_MANUAL && (peer->remote.family || peer->remote_any))
			check_ends(p, &all, peer);
	HASH_CLEAR(hh, all);
}

void sp_config_check_peers(struct sp_config_parser *p)
{
	struct sp_peer_config *peer;

	STAILQ_FOREACH(peer, &p->config->peers, next)
		check_peer(p, peer);
	check_all_ends(p);
}
