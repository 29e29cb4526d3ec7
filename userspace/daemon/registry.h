/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The peers and tunnels of the configuration in force, found by name, and peers
 * by their addresses: thousands of them, and asked for with each event.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include "config/config.h"
#include "keying/port.h"
#include "table.h"

struct daemon;
struct party;
struct engine_tunnel;

LIST_HEAD(tunnel_list, tunnel);

/* A tunnel of the configuration, however it is keyed. */
struct tunnel {
	UT_hash_handle hh;		/* by name */
	char name[SPINDLE_NAME_MAX + 1];
	const struct sp_tunnel_config *config;
	struct party *party;		/* whose engine keys it; NULL: nobody does but by hand */
	struct engine_tunnel *keying;	/* that engine's */
	char *trouble;			/* why the kernel's is not as configured, or NULL */
	bool placed;			/* by the engine: there its packets go, */
	struct port_way way;		/* and not where the configuration says */
	uint32_t owner;			/* the mark of the kernel's */
	struct made_config *made;	/* of one that its engine has asked for; or NULL */
	struct tunnel_list instances;	/* of those, the ones with this tunnel's configuration */
	LIST_ENTRY(tunnel) of_section;
	unsigned int last_instance;	/* the number of the one that came last */
	bool suspect;			/* somebody else may have changed the kernel's */
	bool settled;			/* it is as wanted, and nobody has touched it since */
	uint8_t admin;			/* enum spindle_admin, as set last by whomever */
};

/* Where a connection comes in, and from where. */
struct party_place {
	uint8_t family;
	uint8_t local[16], remote[16];
	uint16_t port;
};

struct registry {
	struct party *parties;		/* by name */
	struct party *places;		/* by place; one of several has the others behind it */
	struct tunnel *tunnels;		/* by name */
};

struct party_place registry_place(const struct sp_addr *local, const struct sp_addr *remote,
				  uint16_t port);

void registry_add_party(struct registry *registry, struct party *party);
void registry_remove_party(struct registry *registry, struct party *party);
struct party *registry_party(const struct registry *registry, const char *name);
/* The first of those that use the place; more behind it as party->same_place. */
struct party *registry_party_at(const struct registry *registry, const struct party_place *place);

/* The tunnel of that name, made if there is none. */
struct tunnel *registry_add_tunnel(struct registry *registry,
				   const struct sp_tunnel_config *config);
void registry_remove_tunnel(struct registry *registry, struct tunnel *tunnel);
/* Removes all tunnels, when the daemon ends. */
void registry_clear(struct registry *registry);
struct tunnel *registry_tunnel(const struct registry *registry, const char *name);

void tunnel_set_keying(struct tunnel *tunnel, struct party *party, struct engine_tunnel *keying);

/* Sets what is wrong with the kernel's tunnel; NULL: nothing. */
void tunnel_set_trouble(struct tunnel *tunnel, const char *text);

#endif
