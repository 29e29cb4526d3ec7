// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "instance.h"

/* A packet has to fit both. */
static bool is_pair(const struct sp_ts *local, const struct sp_ts *remote)
{
	return local->prefix.addr.family == remote->prefix.addr.family &&
	       (!local->proto || !remote->proto || local->proto == remote->proto);
}

/* Quick mode speaks of one network on each side (RFC 2409 5.5). */
static bool is_keyed_by_pairs(const struct sp_tunnel_config *tunnel)
{
	return tunnel->peer && tunnel->peer->keying == SP_KEYING_IKEV1;
}

size_t sp_instances_of(const struct sp_tunnel_config *tunnel)
{
	size_t n = 0;

	if (!is_keyed_by_pairs(tunnel))
		return 1;
	for (size_t i = 0; i < tunnel->local_ts.n; i++)
		for (size_t j = 0; j < tunnel->remote_ts.n; j++)
			n += is_pair(&tunnel->local_ts.list[i], &tunnel->remote_ts.list[j]);
	return n;
}

static struct sp_tunnel_config *new_instance(struct sp_config *config,
					     struct sp_tunnel_config *section, size_t number,
					     const struct sp_ts *local, const struct sp_ts *remote)
{
	struct sp_tunnel_config *instance;

	instance = sp_arena_copy(&config->arena, section, sizeof(*section));
	STAILQ_INIT(&instance->instances);
	instance->section = section;
	/* The parser has seen to it that there is room. */
	snprintf(instance->name, sizeof(instance->name), "%.*s~%zu",
		 (int)sizeof(instance->name) - 5, section->name, number);
	instance->local_ts = (struct sp_ts_list){ .list = local, .n = 1 };
	instance->remote_ts = (struct sp_ts_list){ .list = remote, .n = 1 };
	STAILQ_INSERT_TAIL(&section->instances, instance, of_section);
	return instance;
}

static void split(struct sp_config *config, struct sp_tunnel_config *section)
{
	struct sp_peer_config *peer = sp_config_peer(config, section->peer_name);
	struct sp_tunnel_config *before = section, *one;
	const struct sp_ts_list *local = &section->local_ts, *remote = &section->remote_ts;
	size_t n = 0;

	HASH_DEL(config->tunnels_by_name, section);
	for (size_t pair = 0; pair < local->n * remote->n; pair++) {
		const struct sp_ts *here = &local->list[pair / remote->n];
		const struct sp_ts *there = &remote->list[pair % remote->n];

		if (!is_pair(here, there))
			continue;
		one = new_instance(config, section, ++n, here, there);
		STAILQ_INSERT_AFTER(&config->tunnels, before, one, next);
		STAILQ_INSERT_AFTER(&peer->tunnels, before, one, of_peer);
		HASH_ADD_STR(config->tunnels_by_name, name, one);
		before = one;
	}
	STAILQ_REMOVE(&config->tunnels, section, sp_tunnel_config, next);
	STAILQ_REMOVE(&peer->tunnels, section, sp_tunnel_config, of_peer);
	STAILQ_INSERT_TAIL(&config->sections, section, next);
	HASH_ADD_STR(config->sections_by_name, name, section);
}

void sp_config_split(struct sp_config *config)
{
	struct sp_tunnel_config *tunnel, *next;

	for (tunnel = STAILQ_FIRST(&config->tunnels); tunnel; tunnel = next) {
		next = STAILQ_NEXT(tunnel, next);
		if (!tunnel->section && sp_instances_of(tunnel) > 1)
			split(config, tunnel);
	}
}

struct sp_tunnel_config *sp_config_section_of(const struct sp_config *config, const char *name)
{
	struct sp_tunnel_config *section;

	HASH_FIND_STR(config->sections_by_name, name, section);
	return section;
}
