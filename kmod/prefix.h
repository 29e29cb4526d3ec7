/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses, prefixes of them, and a trie by prefix.
 *
 * Readers of a trie hold rcu_read_lock().  Writers are serialised by the caller.
 */
#ifndef _SPINDLE_PREFIX_H
#define _SPINDLE_PREFIX_H

#include "pure.h"

/* An address of either family; all that is not the address is zero, so that it can be hashed. */
struct spn_addr {
	union {
		__be32 v4;
		u8 octets[16];
		__be64 words[2];
	};
	u16 family;		/* AF_INET or AF_INET6 */
	u8 zero[6];
};

/* Octets of it. */
static inline unsigned int spn_addr_len(const struct spn_addr *addr)
{
	return addr->family == AF_INET6 ? 16 : 4;
}

struct spn_prefix {
	struct spn_addr addr;	/* host bits are zero */
	u8 len;
};

/**
 * spn_prefix_holds - is the address in the prefix?
 * @prefix: any prefix
 * @addr: any address, of either family
 */
bool spn_prefix_holds(const struct spn_prefix *prefix, const struct spn_addr *addr);

/* Are the host bits zero and the length possible? */
bool spn_prefix_valid(const struct spn_prefix *prefix);

bool spn_prefix_equal(const struct spn_prefix *a, const struct spn_prefix *b);

/* The bits of an address, first bit of the address highest. */
struct spn_bits {
	u64 hi, lo;
};

struct spn_trie_entry;

/* The prefixes of one family.  An empty trie is all zeros. */
struct spn_trie {
	struct spn_trie_node __rcu *root;
};

/**
 * struct spn_trie_node - what is kept of a prefix
 * @child: longer prefixes, by the next bit
 * @inner: the caller's data for this prefix, if that is another trie
 * @entries: or else; NULL for a node that only joins two longer prefixes
 * @bits: the prefix
 * @len: its length
 * @rcu: for readers
 */
struct spn_trie_node {
	struct spn_trie_node __rcu *child[2];
	union {
		struct spn_trie inner;
		struct spn_trie_entry __rcu *entries;
	};
	struct spn_bits bits;
	u8 len;
	struct rcu_head rcu;
};

/* The node of exactly this prefix, made if need be, or NULL if there is no memory. */
struct spn_trie_node *spn_trie_make(struct spn_trie *trie, const struct spn_prefix *prefix);

/* The same, or NULL if there is none. */
struct spn_trie_node *spn_trie_find(struct spn_trie *trie, const struct spn_prefix *prefix);

/* Lets go of the prefix's node if nothing is kept of it.  Readers on it find their way down. */
void spn_trie_prune(struct spn_trie *trie, const struct spn_prefix *prefix);

/* The shortest prefix that holds @addr, and the next longer one that does, or NULL. */
const struct spn_trie_node *spn_trie_first(const struct spn_trie *trie,
					   const struct spn_addr *addr);
const struct spn_trie_node *spn_trie_next(const struct spn_trie_node *node,
					  const struct spn_addr *addr);

#endif
