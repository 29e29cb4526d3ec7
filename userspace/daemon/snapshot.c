// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "arena.h"
#include "io/log.h"
#include "netlink/link.h"
#include "snapshot.h"
#include "table.h"

enum { ASKED_MAX = 64 };		/* tunnels, one by one */

struct tunnel_entry {
	UT_hash_handle hh;		/* by tunnel.name */
	struct snapshot_tunnel tunnel;
	bool absent;			/* the kernel has none of that name */
	bool has_sas;			/* they were asked for, for it alone */
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
	bool whole;			/* every tunnel is there */
	bool has_sas, has_interfaces;
	unsigned int asked;
	struct sp_error err;		/* why something is not known; "" if it is */
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

struct snapshot *snapshot_begin(struct sp_nl *nl)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		abort();
	snapshot->nl = nl;
	return snapshot;
}

/* Tunnels that were asked for before stay as they were then. */
static int take_all(struct snapshot *snapshot, struct sp_error *err)
{
	snapshot->whole = !sp_nl_tunnel_dump(snapshot->nl, 0, take_tunnel, snapshot, err);
	return snapshot->whole ? 0 : -1;
}

struct snapshot *snapshot_take(struct sp_nl *nl, struct sp_error *err)
{
	struct snapshot *snapshot = snapshot_begin(nl);

	if (!take_all(snapshot, err))
		return snapshot;
	snapshot_free(snapshot);
	return NULL;
}

int snapshot_failed(const struct snapshot *snapshot, struct sp_error *err)
{
	return snapshot->err.text[0] ? sp_fail(err, "%s", snapshot->err.text) : 0;
}

static void note_absent(struct snapshot *snapshot, const char *name)
{
	struct tunnel_entry *entry = sp_arena_alloc(&snapshot->arena, sizeof(*entry));

	entry->absent = true;
	entry->tunnel.name = sp_arena_text(&snapshot->arena, name);
	HASH_ADD_KEYPTR(hh, snapshot->tunnels, entry->tunnel.name, strlen(entry->tunnel.name),
			entry);
}

static void ask_for_tunnel(struct snapshot *snapshot, const char *name)
{
	struct sp_tunnel tunnel;
	struct sp_error err;
	int ret;

	if (snapshot->asked++ == ASKED_MAX) {
		if (take_all(snapshot, &err))
			snapshot->err = err;
		return;
	}
	ret = sp_nl_tunnel_get(snapshot->nl, name, &tunnel, &err);
	if (!ret)
		take_tunnel(&tunnel, snapshot);
	else if (ret == -ENOENT)
		note_absent(snapshot, name);
	else
		snapshot->err = err;
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
	for (tunnel = snapshot->tunnels; tunnel; tunnel = tunnel->hh.next)
		free(tunnel->sas);
	HASH_CLEAR(hh, snapshot->tunnels);
	snapshot_forget_interfaces(snapshot);
	sp_arena_free(&snapshot->arena);
	free(snapshot);
}

static struct tunnel_entry *get_tunnel(struct snapshot *snapshot, const char *name)
{
	struct tunnel_entry *entry = find_tunnel(snapshot, name);

	if (!entry && !snapshot->whole) {
		ask_for_tunnel(snapshot, name);
		entry = find_tunnel(snapshot, name);
	}
	return entry && !entry->absent ? entry : NULL;
}

const struct snapshot_tunnel *snapshot_tunnel(struct snapshot *snapshot, const char *name)
{
	const struct tunnel_entry *entry = get_tunnel(snapshot, name);

	return entry ? &entry->tunnel : NULL;
}

void snapshot_each_tunnel(const struct snapshot *snapshot, snapshot_tunnel_fn each, void *arg)
{
	const struct tunnel_entry *entry;

	assert(snapshot->whole);
	for (entry = snapshot->tunnels; entry; entry = entry->hh.next)
		if (!entry->absent)
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

/* If all tunnels are known, the SAs of all are asked for at once. */
static int ask_for_sas(struct snapshot *snapshot, struct tunnel_entry *entry, struct sp_error *err)
{
	struct tunnel_entry *one;

	if (snapshot->has_sas || entry->has_sas)
		return 0;
	for (one = snapshot->tunnels; snapshot->whole && one; one = one->hh.next)
		one->n_sas = 0;
	if (sp_nl_sa_dump(snapshot->nl, snapshot->whole ? NULL : entry->tunnel.name, take_sa,
			  snapshot, err))
		return -1;
	entry->has_sas = true;
	snapshot->has_sas = snapshot->whole;
	return 0;
}

int snapshot_each_sa(struct snapshot *snapshot, const char *tunnel, snapshot_sa_fn each, void *arg,
		     struct sp_error *err)
{
	struct tunnel_entry *entry = get_tunnel(snapshot, tunnel);

	if (entry && ask_for_sas(snapshot, entry, err))
		return -1;
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
