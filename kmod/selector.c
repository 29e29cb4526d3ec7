// SPDX-License-Identifier: GPL-2.0
#ifdef __KERNEL__
#include <linux/socket.h>
#else
#include <sys/socket.h>
#endif

#include "selector.h"

/* The bits of an address, first bit of the address highest. */
struct bits {
	u64 hi, lo;
};

/* What one remote prefix leads to, by local prefix, the longest first. */
struct entry {
	struct entry __rcu *next;
	struct spn_prefix local;
	void *owner;
	struct rcu_head rcu;
};

/* A node without entries stands where two longer prefixes part. */
struct spn_trie_node {
	struct spn_trie_node __rcu *child[2];
	struct entry __rcu *entries;
	struct bits bits;
	u8 len;
	struct rcu_head rcu;
};

#define writer_dereference(p) rcu_dereference_protected(p, true)

static struct bits bits_of(const struct spn_addr *addr)
{
	return (struct bits){
		.hi = be64_to_cpu(addr->words[0]),
		.lo = be64_to_cpu(addr->words[1]),
	};
}

static unsigned int family_bits(u16 family)
{
	return family == AF_INET ? 32 : 128;
}

static bool bit_at(const struct bits *bits, unsigned int i)
{
	return (i < 64 ? bits->hi >> (63 - i) : bits->lo >> (127 - i)) & 1;
}

/* How many leading bits are the same in both. */
static unsigned int common_len(const struct bits *a, const struct bits *b)
{
	u64 hi = a->hi ^ b->hi, lo = a->lo ^ b->lo;

	if (hi)
		return __builtin_clzll(hi);
	return lo ? 64 + __builtin_clzll(lo) : 128;
}

bool spn_prefix_holds(const struct spn_prefix *prefix, const struct spn_addr *addr)
{
	struct bits want = bits_of(&prefix->addr), have = bits_of(addr);

	return prefix->addr.family == addr->family &&
	       common_len(&want, &have) >= prefix->len;
}

bool spn_prefix_valid(const struct spn_prefix *prefix)
{
	struct bits bits = bits_of(&prefix->addr);
	unsigned int i;

	if (prefix->len > family_bits(prefix->addr.family))
		return false;
	for (i = prefix->len; i < 128; i++)
		if (bit_at(&bits, i))
			return false;
	return true;
}

bool spn_prefix_equal(const struct spn_prefix *a, const struct spn_prefix *b)
{
	return a->addr.family == b->addr.family && a->len == b->len &&
	       !memcmp(a->addr.octets, b->addr.octets, sizeof(a->addr.octets));
}

static struct spn_trie_node __rcu **root_of(struct spn_trie *trie, u16 family)
{
	return family == AF_INET ? &trie->v4 : &trie->v6;
}

static struct spn_trie_node *node_new(const struct bits *bits, u8 len)
{
	struct spn_trie_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

	if (node) {
		node->bits = *bits;
		node->len = len;
	}
	return node;
}

/*
 * Returns the node of exactly this prefix, made if need be.  A new node is
 * complete before a reader can see it.
 */
static struct spn_trie_node *node_make(struct spn_trie_node __rcu **link,
				       const struct bits *bits, u8 len)
{
	struct spn_trie_node *node, *fresh, *fork;
	unsigned int common = 0;

	while ((node = writer_dereference(*link))) {
		common = common_len(&node->bits, bits);
		if (common < node->len || len <= node->len)
			break;
		link = &node->child[bit_at(bits, node->len)];
	}
	if (node && node->len == len && common >= len)
		return node;

	fresh = node_new(bits, len);
	if (!fresh)
		return NULL;
	if (!node) {
		rcu_assign_pointer(*link, fresh);
		return fresh;
	}
	if (common >= len) {
		rcu_assign_pointer(fresh->child[bit_at(&node->bits, len)], node);
		rcu_assign_pointer(*link, fresh);
		return fresh;
	}
	fork = node_new(bits, common);
	if (!fork) {
		kfree(fresh);
		return NULL;
	}
	rcu_assign_pointer(fork->child[bit_at(bits, common)], fresh);
	rcu_assign_pointer(fork->child[bit_at(&node->bits, common)], node);
	rcu_assign_pointer(*link, fork);
	return fresh;
}

/*
 * Unlinks the node of @link if it says nothing: no entries, and not two
 * children to tell apart.  Readers on it still find their way down.
 */
static void node_prune(struct spn_trie_node __rcu **link)
{
	struct spn_trie_node *node = writer_dereference(*link);
	struct spn_trie_node *left = writer_dereference(node->child[0]);
	struct spn_trie_node *right = writer_dereference(node->child[1]);

	if (rcu_access_pointer(node->entries) || (left && right))
		return;
	rcu_assign_pointer(*link, left ?: right);
	kfree_rcu(node, rcu);
}

int spn_trie_insert(struct spn_trie *trie, const struct spn_prefix *remote,
		    const struct spn_prefix *local, void *owner)
{
	struct bits bits = bits_of(&remote->addr);
	struct entry __rcu **link;
	struct entry *entry, *fresh;
	struct spn_trie_node *node;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	node = node_make(root_of(trie, remote->addr.family), &bits, remote->len);
	if (!node) {
		kfree(fresh);
		return -ENOMEM;
	}
	for (link = &node->entries; (entry = writer_dereference(*link)); link = &entry->next) {
		if (entry->local.len < local->len)
			break;
		if (spn_prefix_equal(&entry->local, local)) {
			kfree(fresh);
			return entry->owner == owner ? 1 : -EEXIST;
		}
	}
	fresh->local = *local;
	fresh->owner = owner;
	RCU_INIT_POINTER(fresh->next, entry);
	rcu_assign_pointer(*link, fresh);
	return 0;
}

void spn_trie_remove(struct spn_trie *trie, const struct spn_prefix *remote,
		     const struct spn_prefix *local, const void *owner)
{
	struct spn_trie_node __rcu **link = root_of(trie, remote->addr.family), **up = NULL;
	struct bits bits = bits_of(&remote->addr);
	struct entry __rcu **at;
	struct spn_trie_node *node;
	struct entry *entry;

	while ((node = writer_dereference(*link)) && node->len < remote->len) {
		up = link;
		link = &node->child[bit_at(&bits, node->len)];
	}
	if (!node || node->len != remote->len || common_len(&node->bits, &bits) < node->len)
		return;

	for (at = &node->entries; (entry = writer_dereference(*at)); at = &entry->next)
		if (entry->owner == owner && spn_prefix_equal(&entry->local, local))
			break;
	if (!entry)
		return;
	rcu_assign_pointer(*at, writer_dereference(entry->next));
	kfree_rcu(entry, rcu);
	node_prune(link);
	if (up)
		node_prune(up);
}

static void *entry_find(const struct spn_trie_node *node, const struct spn_addr *src)
{
	const struct entry *entry;

	for (entry = rcu_dereference(node->entries); entry; entry = rcu_dereference(entry->next))
		if (spn_prefix_holds(&entry->local, src))
			return entry->owner;
	return NULL;
}

void *spn_trie_lookup(const struct spn_trie *trie, const struct spn_addr *dst,
		      const struct spn_addr *src)
{
	struct bits bits = bits_of(dst);
	const struct spn_trie_node *node;
	void *best = NULL;

	if (dst->family == AF_INET)
		node = rcu_dereference(trie->v4);
	else
		node = rcu_dereference(trie->v6);
	while (node && common_len(&node->bits, &bits) >= node->len) {
		void *owner = entry_find(node, src);

		if (owner)
			best = owner;
		/* A node of all bits has no children, and there is no next bit to ask for. */
		if (node->len >= family_bits(dst->family))
			break;
		node = rcu_dereference(node->child[bit_at(&bits, node->len)]);
	}
	return best;
}
