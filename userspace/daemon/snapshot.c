// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <string.h>

#include "io/log.h"
#include "netlink/link.h"
#include "snapshot.h"
#include "table.h"

struct tunnel_entry {
	UT_hash_handle hh;		/* by tunnel.name */
	struct sp_tunnel tunnel;
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

static int take_tunnel(const struct sp_tunnel *tunnel, void *arg)
{
	struct snapshot *snapshot = arg;
	struct tunnel_entry *entry;

	if (find_tunnel(snapshot, tunnel->name))
		return 0;	/* deleted and made anew during the dump: one is as good */
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		abort();
	entry->tunnel = *tunnel;
	HASH_ADD_STR(snapshot->tunnels, tunnel.name, entry);
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
	struct interface_entry *interface, *next;

	HASH_ITER(hh, snapshot->interfaces, interface, next) {
		HASH_DEL(snapshot->interfaces, interface);
		free(interface);
	}
	snapshot->has_interfaces = false;
}

void snapshot_free(struct snapshot *snapshot)
{
	struct tunnel_entry *tunnel, *next_tunnel;

	if (!snapshot)
		return;
	HASH_ITER(hh, snapshot->tunnels, tunnel, next_tunnel) {
		HASH_DEL(snapshot->tunnels, tunnel);
		free(tunnel->sas);
		free(tunnel);
	}
	snapshot_forget_interfaces(snapshot);
	free(snapshot);
}

const struct sp_tunnel *snapshot_tunnel(const struct snapshot *snapshot, const char *name)
{
	const struct tunnel_entry *entry = find_tunnel(snapshot, name);

	return entry ? &entry->tunnel : NULL;
}

int snapshot_each_tunnel(const struct snapshot *snapshot, sp_tunnel_fn each, void *arg)
{
	const struct tunnel_entry *entry;
	int ret;

	for (entry = snapshot->tunnels; entry; entry = entry->hh.next) {
		ret = each(&entry->tunnel, arg);
		if (ret)
			return ret;
	}
	return 0;
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
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		abort();
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
