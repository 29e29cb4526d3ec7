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

/*
 * What two prefixes lead to, the most specific first: kept by the node of the local one,
 * in a trie that the node of the remote one keeps.
 */
struct spn_trie_entry {
	struct spn_trie_entry __rcu *next;
	struct match match;
	void *owner;
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
	return a->local.first < b->local.first;
}

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

int spn_selectors_insert(struct spn_selectors *selectors, const struct spn_ts *remote,
			 const struct spn_ts *local, void *owner)
{
	struct spn_trie *trie = trie_of(selectors, remote->prefix.addr.family);
	struct match match = match_of(remote, local);
	struct spn_trie_entry __rcu **link, **at = NULL;
	struct spn_trie_entry *entry, *fresh;
	struct spn_trie_node *node;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return -ENOMEM;
	node = make_node(trie, &remote->prefix, &local->prefix);
	if (!node) {
		kfree(fresh);
		return -ENOMEM;
	}
	for (link = &node->entries; (entry = writer_dereference(*link)); link = &entry->next) {
		if (match_equal(&entry->match, &match)) {
			kfree(fresh);
			return entry->owner == owner ? 1 : -EEXIST;
		}
		if (!at && more_specific(&match, &entry->match))
			at = link;
	}
	at = at ?: link;
	fresh->match = match;
	fresh->owner = owner;
	RCU_INIT_POINTER(fresh->next, writer_dereference(*at));
	rcu_assign_pointer(*at, fresh);
	if (has_ports(&match))
		WRITE_ONCE(selectors->n_ports, selectors->n_ports + 1);
	return 0;
}

void spn_selectors_remove(struct spn_selectors *selectors, const struct spn_ts *remote,
			  const struct spn_ts *local, const void *owner)
{
	struct spn_trie *trie = trie_of(selectors, remote->prefix.addr.family);
	struct spn_trie_node *outer = spn_trie_find(trie, &remote->prefix), *inner;
	struct match match = match_of(remote, local);
	struct spn_trie_entry __rcu **at;
	struct spn_trie_entry *entry;

	inner = outer ? spn_trie_find(&outer->inner, &local->prefix) : NULL;
	if (!inner)
		return;
	for (at = &inner->entries; (entry = writer_dereference(*at)); at = &entry->next)
		if (entry->owner == owner && match_equal(&entry->match, &match))
			break;
	if (!entry)
		return;
	rcu_assign_pointer(*at, writer_dereference(entry->next));
	kfree_rcu(entry, rcu);
	if (has_ports(&match))
		WRITE_ONCE(selectors->n_ports, selectors->n_ports - 1);
	spn_trie_prune(&outer->inner, &local->prefix);
	spn_trie_prune(trie, &remote->prefix);
}

static void *find_entry(const struct spn_trie_node *node, const struct spn_tuple *tuple)
{
	const struct spn_trie_entry *entry;

	for (entry = rcu_dereference(node->entries); entry; entry = rcu_dereference(entry->next))
		if (matches(&entry->match, tuple))
			return entry->owner;
	return NULL;
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
