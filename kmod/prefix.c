// SPDX-License-Identifier: GPL-2.0
#ifdef __KERNEL__
#include <linux/socket.h>
#else
#include <sys/socket.h>
#endif

#include "prefix.h"

#define writer_dereference(p) rcu_dereference_protected(p, true)

static struct spn_bits bits_of(const struct spn_addr *addr)
{
	return (struct spn_bits){
		.hi = be64_to_cpu(addr->words[0]),
		.lo = be64_to_cpu(addr->words[1]),
	};
}

static bool bit_at(const struct spn_bits *bits, unsigned int i)
{
	return (i < 64 ? bits->hi >> (63 - i) : bits->lo >> (127 - i)) & 1;
}

/* How many leading bits are the same in both. */
static unsigned int common_len(const struct spn_bits *a, const struct spn_bits *b)
{
	u64 hi = a->hi ^ b->hi, lo = a->lo ^ b->lo;

	if (hi)
		return __builtin_clzll(hi);
	return lo ? 64 + __builtin_clzll(lo) : 128;
}

bool spn_prefix_holds(const struct spn_prefix *prefix, const struct spn_addr *addr)
{
	struct spn_bits want = bits_of(&prefix->addr), have = bits_of(addr);

	return prefix->addr.family == addr->family &&
	       common_len(&want, &have) >= prefix->len;
}

bool spn_prefix_valid(const struct spn_prefix *prefix)
{
	struct spn_bits bits = bits_of(&prefix->addr);
	unsigned int i;

	if (prefix->len > 8 * spn_addr_len(&prefix->addr))
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

static struct spn_trie_node *node_new(const struct spn_bits *bits, u8 len)
{
	struct spn_trie_node *node = kzalloc(sizeof(*node), GFP_KERNEL_ACCOUNT);

	if (node) {
		node->bits = *bits;
		node->len = len;
	}
	return node;
}

/* A new node is complete before a reader can see it. */
struct spn_trie_node *spn_trie_make(struct spn_trie *trie, const struct spn_prefix *prefix)
{
	struct spn_trie_node __rcu **link = &trie->root;
	struct spn_bits bits = bits_of(&prefix->addr);
	struct spn_trie_node *node, *fresh, *fork;
	unsigned int common = 0;
	u8 len = prefix->len;

	while ((node = writer_dereference(*link))) {
		common = common_len(&node->bits, &bits);
		if (common < node->len || len <= node->len)
			break;
		link = &node->child[bit_at(&bits, node->len)];
	}
	if (node && node->len == len && common >= len)
		return node;

	fresh = node_new(&bits, len);
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
	fork = node_new(&bits, common);
	if (!fork) {
		kfree(fresh);
		return NULL;
	}
	rcu_assign_pointer(fork->child[bit_at(&bits, common)], fresh);
	rcu_assign_pointer(fork->child[bit_at(&node->bits, common)], node);
	rcu_assign_pointer(*link, fork);
	return fresh;
}

/*
 * Returns where the node of exactly this prefix is linked, or NULL; @up is where the
 * one before it is, or NULL.
 */
static struct spn_trie_node __rcu **find_link(struct spn_trie *trie,
					      const struct spn_prefix *prefix,
					      struct spn_trie_node __rcu ***up)
{
	struct spn_trie_node __rcu **link = &trie->root;
	struct spn_bits bits = bits_of(&prefix->addr);
	struct spn_trie_node *node;

	*up = NULL;
	while ((node = writer_dereference(*link)) && node->len < prefix->len) {
		*up = link;
		link = &node->child[bit_at(&bits, node->len)];
	}
	if (!node || node->len != prefix->len || common_len(&node->bits, &bits) < node->len)
		return NULL;
	return link;
}

struct spn_trie_node *spn_trie_find(struct spn_trie *trie, const struct spn_prefix *prefix)
{
	struct spn_trie_node __rcu **up, **link = find_link(trie, prefix, &up);

	return link ? writer_dereference(*link) : NULL;
}

/* Unlinks a node that says nothing: nothing kept, and not two children to tell apart. */
static void prune(struct spn_trie_node __rcu **link)
{
	struct spn_trie_node *node = writer_dereference(*link);
	struct spn_trie_node *left = writer_dereference(node->child[0]);
	struct spn_trie_node *right = writer_dereference(node->child[1]);

	if (rcu_access_pointer(node->entries) || (left && right))
		return;
	rcu_assign_pointer(*link, left ?: right);
	kfree_rcu(node, rcu);
}

void spn_trie_prune(struct spn_trie *trie, const struct spn_prefix *prefix)
{
	struct spn_trie_node __rcu **up, **link = find_link(trie, prefix, &up);

	if (!link)
		return;
	prune(link);
	if (up)
		prune(up);
}

static const struct spn_trie_node *if_holds(const struct spn_trie_node *node,
					    const struct spn_bits *bits)
{
	return node && common_len(&node->bits, bits) >= node->len ? node : NULL;
}

const struct spn_trie_node *spn_trie_first(const struct spn_trie *trie,
					   const struct spn_addr *addr)
{
	struct spn_bits bits = bits_of(addr);

	return if_holds(rcu_dereference(trie->root), &bits);
}

const struct spn_trie_node *spn_trie_next(const struct spn_trie_node *node,
					  const struct spn_addr *addr)
{
	struct spn_bits bits = bits_of(addr);

	/* There is no next bit to ask for, and of IPv4 no child that it could lead to. */
	if (node->len >= 128)
		return NULL;
	return if_holds(rcu_dereference(node->child[bit_at(&bits, node->len)]), &bits);
}
