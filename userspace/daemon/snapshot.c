// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <string.h>

#include "arena.h"
#include "io/log.h"
#include "netlink/link.h"
#include "snapshot.h"
#include "table.h"

struct tunnel_entry {
	UT_hash_handle hh;		/* by tunnel.name */
	struct snapshot_tunnel tunnel;
	struct snapshot_sa *sas;
	size_t n_sas, room;
};

struct interface_entry {
	UT_hash_handle hh;		/* by name */
	char name[IFNAMSIZ];
	uint32_t ifindex;
};

struct snapshot {
	struct sp_nl *nl;
	struct sp_arena arena;		/* of tunnels and interfaces */
	struct tunnel_entry *tunnels;
	struct interface_entry *interfaces;
	bool has_sas, has_interfaces;
};

static struct tunnel_entry *find_tunnel(const struct snapshot *snapshot, const char *name)
{
	struct tunnel_entry *entry;

	HASH_FIND_STR(snapshot->tunnels, name, entry);
	return entry;
}

static struct sp_ts_list keep_selectors(struct sp_arena *arena, const struct sp_selectors *from)
{
	return (struct sp_ts_list){
		.list = sp_arena_copy(arena, from->list, from->n * sizeof(from->list[0])),
		.n = from->n,
	};
}

static void keep_tunnel(struct sp_arena *arena, struct snapshot_tunnel *to,
			const struct sp_tunnel *from)
{
	*to = (struct snapshot_tunnel){
		.name = sp_arena_text(arena, from->name),
		.ifindex = from->ifindex,
		.owner = from->owner,
		.proto = from->proto,
		.state = from->state,
		.out_generation = from->out_generation,
		.staged = from->staged,
		.local = from->local,
		.remote = from->remote,
		.local_ts = keep_selectors(arena, &from->local_ts),
		.remote_ts = keep_selectors(arena, &from->remote_ts),
		.options = from->options,
	};
}

static int take_tunnel(const struct sp_tunnel *tunnel, void *arg)
{
	struct snapshot *snapshot = arg;
	struct tunnel_entry *entry;

	if (find_tunnel(snapshot, tunnel->name))
		return 0;	/* deleted and made anew during the dump: one is as good */
	entry = sp_arena_alloc(&snapshot->arena, sizeof(*entry));
	keep_tunnel(&snapshot->arena, &entry->tunnel, tunnel);
	HASH_ADD_KEYPTR(hh, snapshot->tunnels, entry->tunnel.name, strlen(entry->tunnel.name),
			entry);
	return 0;
}

struct snapshot *snapshot_take(struct sp_nl *nl, struct sp_error *err)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		abort();
	snapshot->nl = nl;
	if (!sp_nl_tunnel_dump(nl, 0, take_tunnel, snapshot, err))
		return snapshot;
	snapshot_free(snapshot);
	return NULL;
}

void snapshot_forget_interfaces(struct snapshot *snapshot)
{
	HASH_CLEAR(hh, snapshot->interfaces);
	snapshot->has_interfaces = false;
}

void snapshot_free(struct snapshot *snapshot)
{
	const struct tunnel_entry *tunnel;

	if (!snapshot)
		return;
	for (tunnel = snapshot->tunnels; snapshot->has_sas && tunnel; tunnel = tunnel->hh.next)
		free(tunnel->sas);
	HASH_CLEAR(hh, snapshot->tunnels);
	snapshot_forget_interfaces(snapshot);
	sp_arena_free(&snapshot->arena);
	free(snapshot);
}

const struct snapshot_tunnel *snapshot_tunnel(const struct snapshot *snapshot, const char *name)
{
	const struct tunnel_entry *entry = find_tunnel(snapshot, name);

	return entry ? &entry->tunnel : NULL;
}

void snapshot_each_tunnel(const struct snapshot *snapshot, snapshot_tunnel_fn each, void *arg)
{
	const struct tunnel_entry *entry;

	for (entry = snapshot->tunnels; entry; entry = entry->hh.next)
		each(&entry->tunnel, arg);
}

static int take_sa(const struct sp_sa *sa, const struct sp_tunnel *tunnel, void *arg)
{
	struct tunnel_entry *entry = find_tunnel(arg, tunnel->name);
	struct snapshot_sa *slot;

	if (!entry)
		return 0;	/* of a tunnel that came after them */
	if (entry->n_sas == entry->room) {
		entry->room = entry->room ? entry->room * 2 : 4;
		entry->sas = reallocarray(entry->sas, entry->room, sizeof(*entry->sas));
		if (!entry->sas)
			abort();
	}
	slot = &entry->sas[entry->n_sas++];
	*slot = (struct snapshot_sa){
		.spi = sa->spi, .generation = sa->generation, .dir = sa->dir, .state = sa->state,
		.life = sa->life, .age = sa->age, .bytes = sa->bytes, .packets = sa->packets,
	};
	memcpy(slot->alg, sa->alg, sizeof(slot->alg));
	return 0;
}

int snapshot_each_sa(struct snapshot *snapshot, const char *tunnel, snapshot_sa_fn each, void *arg,
		     struct sp_error *err)
{
	const struct tunnel_entry *entry;

	if (!snapshot->has_sas && sp_nl_sa_dump(snapshot->nl, NULL, take_sa, snapshot, err))
		return -1;
	snapshot->has_sas = true;
	entry = find_tunnel(snapshot, tunnel);
	for (size_t i = 0; entry && i < entry->n_sas; i++)
		each(&entry->sas[i], arg);
	return 0;
}

static int take_interface(const struct sp_link *link, void *arg)
{
	struct snapshot *snapshot = arg;
	struct interface_entry *entry;

	HASH_FIND_STR(snapshot->interfaces, link->name, entry);
	if (entry)
		return 0;	/* renamed during the dump */
	entry = sp_arena_alloc(&snapshot->arena, sizeof(*entry));
	strcpy(entry->name, link->name);
	entry->ifindex = link->ifindex;
	HASH_ADD_STR(snapshot->interfaces, name, entry);
	return 0;
}

/*
 * Not by if_nametoindex(): for each name that it does not know the kernel runs modprobe, and
 * at a first start that is the interface of every tunnel.
 */
static void find_interfaces(struct snapshot *snapshot)
{
	struct sp_error err;
	struct sp_rt *rt;

	snapshot->has_interfaces = true;
	if (sp_rt_open(&rt, &err)) {
		log_line("rtnetlink: %s", err.text);
		return;
	}
	if (sp_link_dump(rt, take_interface, snapshot, &err))
		log_line("interfaces: %s", err.text);
	sp_rt_close(rt);
}

uint32_t snapshot_ifindex(struct snapshot *snapshot, const char *ifname)
{
	struct interface_entry *entry;

	if (!snapshot->has_interfaces)
		find_interfaces(snapshot);
	HASH_FIND_STR(snapshot->interfaces, ifname, entry);
	return entry ? entry->ifindex : 0;
}
