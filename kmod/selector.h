/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Traffic selectors: addresses, prefixes, and a trie that finds the owner of a
 * packet by its destination, then by its source.
 *
 * The longest remote prefix that holds the destination wins; among its entries
 * the longest local prefix that holds the source; a remote prefix none of whose
 * entries holds the source does not count.
 *
 * Readers hold rcu_read_lock().  Writers are serialised by the caller.
 */
#ifndef _SPINDLE_SELECTOR_H
#define _SPINDLE_SELECTOR_H

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

struct spn_trie_node;

/* An empty trie is all zeros. */
struct spn_trie {
	struct spn_trie_node __rcu *v4;
	struct spn_trie_node __rcu *v6;
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

/**
 * spn_trie_insert - let packets from @local to @remote be @owner's
 * @trie: the trie
 * @remote: destination prefix
 * @local: source prefix, of the same family
 * @owner: whatever spn_trie_lookup() shall return; not NULL
 *
 * Return: 0; 1 if @owner has this pair already; -EEXIST if another owner has
 * it; -ENOMEM.
 */
int spn_trie_insert(struct spn_trie *trie, const struct spn_prefix *remote,
		    const struct spn_prefix *local, void *owner);

/* Undoes spn_trie_insert(); a pair that is not @owner's is left alone. */
void spn_trie_remove(struct spn_trie *trie, const struct spn_prefix *remote,
		     const struct spn_prefix *local, const void *owner);

/* Returns the owner of packets from @src to @dst, or NULL. */
void *spn_trie_lookup(const struct spn_trie *trie, const struct spn_addr *dst,
		      const struct spn_addr *src);

#endif
