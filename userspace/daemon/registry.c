// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <string.h>

#include "party.h"
#include "registry.h"

struct party_place registry_place(const struct sp_addr *local, const struct sp_addr *remote,
				  uint16_t port)
{
	struct party_place place;

	/* Compared as octets, so also those between and behind. */
	memset(&place, 0, sizeof(place));
	place.family = (uint8_t)local->family;
	memcpy(place.local, local->octets, sp_addr_len(local));
	memcpy(place.remote, remote->octets, sp_addr_len(remote));
	place.port = port;
	return place;
}

void registry_add_party(struct registry *registry, struct party *party)
{
	const struct sp_peer_config *config = party->config;
	struct party *first;

	HASH_ADD_STR(registry->parties, name, party);
	/* Those without streams nobody looks for there. */
	if (!party->engine->stream)
		return;
	party->place = registry_place(&config->local, &config->remote, config->port);
	party->same_place = NULL;
	first = registry_party_at(registry, &party->place);
	if (first) {
		party->same_place = first->same_place;
		first->same_place = party;
	} else {
		HASH_ADD(hh_place, registry->places, place, sizeof(party->place), party);
	}
}

void registry_remove_party(struct registry *registry, struct party *party)
{
	struct party *first = registry_party_at(registry, &party->place), *heir;

	HASH_DEL(registry->parties, party);
	if (!party->engine->stream)
		return;
	if (first != party) {
		while (first->same_place != party)
			first = first->same_place;
		first->same_place = party->same_place;
		return;
	}
	HASH_DELETE(hh_place, registry->places, party);
	heir = party->same_place;
	if (heir)
		HASH_ADD(hh_place, registry->places, place, sizeof(heir->place), heir);
}

struct party *registry_party(const struct registry *registry, const char *name)
{
	struct party *party;

	HASH_FIND_STR(registry->parties, name, party);
	return party;
}

struct party *registry_party_at(const struct registry *registry, const struct party_place *place)
{
	struct party *party;

	HASH_FIND(hh_place, registry->places, place, sizeof(*place), party);
	return party;
}

struct tunnel *registry_add_tunnel(struct registry *registry,
				   const struct sp_tunnel_config *config)
{
	struct tunnel *tunnel = registry_tunnel(registry, config->name);

	if (!tunnel) {
		tunnel = calloc(1, sizeof(*tunnel));
		if (!tunnel)
			abort();
		strcpy(tunnel->name, config->name);
		HASH_ADD_STR(registry->tunnels, name, tunnel);
	}
	tunnel->config = config;
	tunnel->admin = config->options.admin;
	return tunnel;
}

void registry_remove_tunnel(struct registry *registry, struct tunnel *tunnel)
{
	assert(LIST_EMPTY(&tunnel->instances));
	HASH_DEL(registry->tunnels, tunnel);
	if (tunnel->made)
		LIST_REMOVE(tunnel, of_section);
	free(tunnel->made);
	free(tunnel->trouble);
	free(tunnel);
}

void registry_clear(struct registry *registry)
{
	struct tunnel *tunnel, *next;

	/* Each is in its section's list. */
	HASH_ITER(hh, registry->tunnels, tunnel, next) {
		if (tunnel->made)
			registry_remove_tunnel(registry, tunnel);
	}
	HASH_ITER(hh, registry->tunnels, tunnel, next) {
		registry_remove_tunnel(registry, tunnel);
	}
}

struct tunnel *registry_tunnel(const struct registry *registry, const char *name)
{
	struct tunnel *tunnel;

	HASH_FIND_STR(registry->tunnels, name, tunnel);
	return tunnel;
}

void tunnel_set_keying(struct tunnel *tunnel, struct party *party, struct engine_tunnel *keying)
{
	assert(!party == !keying);
	tunnel->party = party;
	tunnel->keying = keying;
	tunnel->placed = tunnel->placed && party;
}

void tunnel_set_trouble(struct tunnel *tunnel, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	free(tunnel->trouble);
	tunnel->trouble = copy;
}
