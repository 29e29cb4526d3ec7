// SPDX-License-Identifier: GPL-2.0
#ifdef __KERNEL__
#include <linux/in.h>
#include <linux/socket.h>
#else
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#include "selector.h"

/* What packets between two prefixes have to be like. */
struct match {
	u8 proto;		/* 0 for any */
	struct spn_ports remote;
	struct spn_ports local;
};

/**
 * struct spn_trie_entry - what two prefixes lead to
 * @next: a less specific one
 * @match: what packets have to be like
 * @index: none of them, but where those with single ports are
 * @owner: whose they are; of others than the index
 * @exact: those with single ports, by protocol and ports; of the index
 * @rcu: for readers
 *
 * Kept by the node of the local prefix, in a trie that the node of the remote one keeps.  The
 * index comes first, if there is one; nobody goes through a thousand services one by one.
 */
struct spn_trie_entry {
	struct spn_trie_entry __rcu *next;
	struct match match;
	bool index;
	union {
		void *owner;
		struct spn_trie exact;
	};
	struct rcu_head rcu;
};

#define writer_dereference(p) rcu_dereference_protected(p, true)

bool spn_proto_has_ports(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
}

static unsigned int width(struct spn_ports ports)
{
	return ports.last - ports.first + 1;
}

static bool all(struct spn_ports ports)
{
	return !ports.first && ports.last == SPN_PORTS_ALL.last;
}

static bool same(struct spn_ports a, struct spn_ports b)
{
	return a.first == b.first && a.last == b.last;
}

bool spn_ts_same_ends(const struct spn_ts *a, const struct spn_ts *b)
{
	return spn_prefix_equal(&a->prefix, &b->prefix) && same(a->ports, b->ports);
}

bool spn_ts_meet(const struct spn_ts *remote, const struct spn_ts *local)
{
	return remote->prefix.addr.family == local->prefix.addr.family &&
	       (!remote->proto || !local->proto || remote->proto == local->proto);
}

static bool proto_fits(u8 want, const struct spn_tuple *tuple)
{
	return !want || want == tuple->proto;
}

static bool port_fits(struct spn_ports want, const struct spn_tuple *tuple, u16 port)
{
	return all(want) || (tuple->has_ports && port >= want.first && port <= want.last);
}

static struct match match_of(const struct spn_ts *remote, const struct spn_ts *local)
{
	return (struct match){
		.proto = remote->proto ?: local->proto,
		.remote = remote->ports,
		.local = local->ports,
	};
}

static bool match_equal(const struct match *a, const struct match *b)
{
	return a->proto == b->proto && same(a->remote, b->remote) && same(a->local, b->local);
}

static bool has_ports(const struct match *match)
{
	return !all(match->remote) || !all(match->local);
}

static bool matches(const struct match *match, const struct spn_tuple *tuple)
{
	return proto_fits(match->proto, tuple) &&
	       port_fits(match->remote, tuple, tuple->remote_port) &&
	       port_fits(match->local, tuple, tuple->local_port);
}

/*
 * Does @a come before @b?  Of two that overlap and are of one size, it is the one with the
 * lower ports, so that the order in which they were made does not matter.
 */
static bool more_specific(const struct match *a, const struct match *b)
{
	u64 size_a = (u64)width(a->remote) * width(a->local);
	u64 size_b = (u64)width(b->remote) * width(b->local);

	if (!a->proto != !b->proto)
		return a->proto;
	if (size_a != size_b)
		return size_a < size_b;
	if (a->remote.first != b->remote.first)
		return a->remote.first < b->remote.first;
	if (a->local.first != b->local.first)
		return a->local.first < b->local.first;
	return a->remote.last < b->remote.last;
}

/* --- those with single ports ------------------------------------------------- */

enum { EXACT_BITS = 48 };

static bool single(struct spn_ports ports)
{
	return ports.first == ports.last;
}

/* One port of the one side or of both, and of the other all. */
static bool is_exact(const struct match *match)
{
	return match->proto && has_ports(match) && (single(match->remote) || all(match->remote)) &&
	       (single(match->local) || all(match->local));
}

static void put_port(u8 *octets, const u16 *port)
{
	if (!port)
		return;
	octets[0] = *port >> 8;
	octets[1] = *port & 0xff;
}

/* Their place in the index; of what is NULL all ports are meant. */
static struct spn_prefix exact_place(u8 proto, const u16 *remote, const u16 *local)
{
	struct spn_prefix place = { .len = EXACT_BITS };

	place.addr.octets[0] = proto;
	place.addr.octets[1] = (remote ? 2 : 0) | (local ? 1 : 0);
	put_port(place.addr.octets + 2, remote);
	put_port(place.addr.octets + 4, local);
	return place;
}

static struct spn_prefix place_of(const struct match *match)
{
	return exact_place(match->proto, all(match->remote) ? NULL : &match->remote.first,
			   all(match->local) ? NULL : &match->local.first);
}

static struct spn_trie_entry *index_of(const struct spn_trie_node *node)
{
	struct spn_trie_entry *first = writer_dereference(node->entries);

	return first && first->index ? first : NULL;
}

static struct spn_trie_entry *make_index(struct spn_trie_node *node)
{
	struct spn_trie_entry *index = index_of(node);

	if (index)
		return index;
	index = kzalloc(sizeof(*index), GFP_KERNEL_ACCOUNT);
	if (!index)
		return NULL;
	index->index = true;
	RCU_INIT_POINTER(index->next, writer_dereference(node->entries));
	rcu_assign_pointer(node->entries, index);
	return index;
}

static void prune_index(struct spn_trie_node *node, struct spn_trie_entry *index)
{
	if (rcu_access_pointer(index->exact.root))
		return;
	rcu_assign_pointer(node->entries, writer_dereference(index->next));
	kfree_rcu(index, rcu);
}

/* As spn_selectors_insert(). */
static int add_exact(struct spn_trie_node *node, struct spn_trie_entry *fresh)
{
	struct spn_prefix place = place_of(&fresh->match);
	struct spn_trie_entry *index = make_index(node), *entry;
	struct spn_trie_node *at;

	if (!index)
		return -ENOMEM;
	at = spn_trie_make(&index->exact, &place);
	if (!at) {
		prune_index(node, index);
		return -ENOMEM;
	}
	entry = writer_dereference(at->entries);
	if (entry)
		return entry->owner == fresh->owner ? 1 : -EEXIST;
	rcu_assign_pointer(at->entries, fresh);
	return 0;
}

static bool remove_exact(struct spn_trie_node *node, const struct match *match, const void *owner)
{
	struct spn_trie_entry *index = index_of(node), *entry;
	struct spn_prefix place = place_of(match);
	struct spn_trie_node *at;

	at = index ? spn_trie_find(&index->exact, &place) : NULL;
	entry = at ? writer_dereference(at->entries) : NULL;
	if (!entry || entry->owner != owner)
		return false;
	RCU_INIT_POINTER(at->entries, NULL);
	kfree_rcu(entry, rcu);
	spn_trie_prune(&index->exact, &place);
	prune_index(node, index);
	return true;
}

static const struct spn_trie_entry *look_at(const struct spn_trie *exact, u8 proto,
					    const u16 *remote, const u16 *local)
{
	struct spn_prefix place = exact_place(proto, remote, local);
	const struct spn_trie_node *node;

	for (node = spn_trie_first(exact, &place.addr); node;
	     node = spn_trie_next(node, &place.addr))
		if (node->len == EXACT_BITS)
			return rcu_dereference(node->entries);
	return NULL;
}

static const struct spn_trie_entry *find_exact(const struct spn_trie *exact,
					       const struct spn_tuple *tuple)
{
	const u16 *remote = &tuple->remote_port, *local = &tuple->local_port;
	const struct spn_trie_entry *entry, *other;

	if (!tuple->has_ports)
		return NULL;
	entry = look_at(exact, tuple->proto, remote, local);
	if (entry)
		return entry;
	entry = look_at(exact, tuple->proto, remote, NULL);
	other = look_at(exact, tuple->proto, NULL, local);
	if (entry && other)
		return more_specific(&other->match, &entry->match) ? other : entry;
	return entry ?: other;
}

/* --- the others, the most specific first -------------------------------------- */

static struct spn_trie_entry __rcu **listed(struct spn_trie_node *node)
{
	struct spn_trie_entry *index = index_of(node);

	return index ? &index->next : &node->entries;
}

/* As spn_selectors_insert(). */
static int add_listed(struct spn_trie_node *node, struct spn_trie_entry *fresh)
{
	struct spn_trie_entry __rcu **link, **at = NULL;
	struct spn_trie_entry *entry;

	for (link = listed(node); (entry = writer_dereference(*link)); link = &entry->next) {
		if (match_equal(&entry->match, &fresh->match))
			return entry->owner == fresh->owner ? 1 : -EEXIST;
		if (!at && more_specific(&fresh->match, &entry->match))
			at = link;
	}
	at = at ?: link;
	RCU_INIT_POINTER(fresh->next, writer_dereference(*at));
	rcu_assign_pointer(*at, fresh);
	return 0;
}

static bool remove_listed(struct spn_trie_node *node, const struct match *match, const void *owner)
{
	struct spn_trie_entry __rcu **at;
	struct spn_trie_entry *entry;

	for (at = listed(node); (entry = writer_dereference(*at)); at = &entry->next)
		if (entry->owner == owner && match_equal(&entry->match, match))
			break;
	if (!entry)
		return false;
	rcu_assign_pointer(*at, writer_dereference(entry->next));
	kfree_rcu(entry, rcu);
	return true;
}

/* --- the table ---------------------------------------------------------------- */

static struct spn_trie *trie_of(struct spn_selectors *selectors, u16 family)
{
	return family == AF_INET ? &selectors->v4 : &selectors->v6;
}

static struct spn_trie_node *make_node(struct spn_trie *trie, const struct spn_prefix *remote,
				       const struct spn_prefix *local)
{
	struct spn_trie_node *inner, *outer = spn_trie_make(trie, remote);

	if (!outer)
		return NULL;
	inner = spn_trie_make(&outer->inner, local);
	if (!inner)
		spn_trie_prune(trie, remote);
	return inner;
}

/* Lets go of their nodes if nothing is kept of them. */
static void prune_nodes(struct spn_trie *trie, const struct spn_prefix *remote,
			const struct spn_prefix *local)
{
	struct spn_trie_node *outer = spn_trie_find(trie, remote);

	if (outer)
		spn_trie_prune(&outer->inner, local);
	spn_trie_prune(trie, remote);
}

int spn_selectors_insert(struct spn_selectors *selectors, const struct spn_ts *remote,
			 const struct spn_ts *local, void *owner)
{
	struct spn_trie *trie = trie_of(selectors, remote->prefix.addr.family);
	struct spn_trie_entry *fresh;
	struct spn_trie_node *node;
	int ret = -ENOMEM;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return -ENOMEM;
	fresh->match = match_of(remote, local);
	fresh->owner = owner;
	node = make_node(trie, &remote->prefix, &local->prefix);
	if (node)
		ret = is_exact(&fresh->match) ? add_exact(node, fresh) : add_listed(node, fresh);
	if (ret) {
		kfree(fresh);
		prune_nodes(trie, &remote->prefix, &local->prefix);
		return ret;
	}
	if (has_ports(&fresh->match))
		WRITE_ONCE(selectors->n_ports, selectors->n_ports + 1);
	return 0;
}

void spn_selectors_remove(struct spn_selectors *selectors, const struct spn_ts *remote,
			  const struct spn_ts *local, const void *owner)
{
	struct spn_trie *trie = trie_of(selectors, remote->prefix.addr.family);
	struct spn_trie_node *outer = spn_trie_find(trie, &remote->prefix), *inner;
	struct match match = match_of(remote, local);

	inner = outer ? spn_trie_find(&outer->inner, &local->prefix) : NULL;
	if (!inner || !(is_exact(&match) ? remove_exact(inner, &match, owner) :
					   remove_listed(inner, &match, owner)))
		return;
	if (has_ports(&match))
		WRITE_ONCE(selectors->n_ports, selectors->n_ports - 1);
	prune_nodes(trie, &remote->prefix, &local->prefix);
}

static void *find_entry(const struct spn_trie_node *node, const struct spn_tuple *tuple)
{
	const struct spn_trie_entry *entry = rcu_dereference(node->entries), *exact = NULL;

	if (entry && entry->index) {
		exact = find_exact(&entry->exact, tuple);
		entry = rcu_dereference(entry->next);
	}
	while (entry && !matches(&entry->match, tuple))
		entry = rcu_dereference(entry->next);
	if (exact && (!entry || !more_specific(&entry->match, &exact->match)))
		entry = exact;
	return entry ? entry->owner : NULL;
}

static void *find_local(const struct spn_trie_node *outer, const struct spn_tuple *tuple)
{
	const struct spn_trie_node *node;
	void *best = NULL;

	for (node = spn_trie_first(&outer->inner, &tuple->local); node;
	     node = spn_trie_next(node, &tuple->local))
		best = find_entry(node, tuple) ?: best;
	return best;
}

/* Among remote prefixes of at least @len bits. */
static void *look_up(const struct spn_selectors *selectors, const struct spn_tuple *tuple, u8 len)
{
	const struct spn_trie_node *node;
	const struct spn_trie *trie;
	void *best = NULL;

	trie = tuple->remote.family == AF_INET ? &selectors->v4 : &selectors->v6;
	for (node = spn_trie_first(trie, &tuple->remote); node;
	     node = spn_trie_next(node, &tuple->remote))
		if (node->len >= len)
			best = find_local(node, tuple) ?: best;
	return best;
}

void *spn_selectors_lookup(const struct spn_selectors *selectors, const struct spn_tuple *tuple)
{
	return look_up(selectors, tuple, 0);
}

void *spn_selectors_protect(const struct spn_selectors *selectors, const struct spn_tuple *tuple)
{
	return look_up(selectors, tuple, 1);
}
