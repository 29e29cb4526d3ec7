/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Traffic selectors (RFC 4301 4.4.1.1), and a table that finds the owner of a packet.
 *
 * The longest remote prefix that holds the packet's remote address wins; among its
 * entries the longest local prefix; among those the most specific: one with a protocol
 * before one without, then the one with the fewest pairs of ports.  A prefix none of whose
 * entries takes the packet does not count.
 *
 * A look costs as many steps as prefixes of each other are nested; only entries of the
 * very same two prefixes which have ranges of ports, or none, are tried one by one.
 *
 * Readers hold rcu_read_lock().  Writers are serialised by the caller.
 */
#ifndef _SPINDLE_SELECTOR_H
#define _SPINDLE_SELECTOR_H

#include "prefix.h"

/* The first and the last of a range, in host byte order. */
struct spn_ports {
	u16 first, last;
};

#define SPN_PORTS_ALL ((struct spn_ports){ 0, 65535 })

/**
 * struct spn_ts - one side of what a tunnel takes
 * @prefix: addresses
 * @proto: IP protocol, 0 for any
 * @ports: with a protocol that has ports, else all
 */
struct spn_ts {
	struct spn_prefix prefix;
	u8 proto;
	struct spn_ports ports;
};

/**
 * struct spn_tuple - what selectors look at in a packet
 * @local: address on our side
 * @remote: address on the peer's
 * @local_port: with @has_ports
 * @remote_port: likewise
 * @proto: IP protocol
 * @has_ports: it does not have them if it is a fragment, of another protocol or cut off
 */
struct spn_tuple {
	struct spn_addr local;
	struct spn_addr remote;
	u16 local_port;
	u16 remote_port;
	u8 proto;
	bool has_ports;
};

/* Has a protocol ports, at the front of its header? */
bool spn_proto_has_ports(u8 proto);

/* Are prefix and ports the same?  The protocol may be another. */
bool spn_ts_same_ends(const struct spn_ts *a, const struct spn_ts *b);

/* Can there be a packet for both?  The family and the protocol may be against it. */
bool spn_ts_meet(const struct spn_ts *remote, const struct spn_ts *local);

/**
 * struct spn_selectors - the table; an empty one is all zeros
 * @v4: remote prefixes of IPv4
 * @v6: and of IPv6
 * @n_ports: entries that look at ports
 */
struct spn_selectors {
	struct spn_trie v4;
	struct spn_trie v6;
	unsigned int n_ports;
};

/* Does it matter which ports a packet has?  If so, fragments do not tell enough. */
static inline bool spn_selectors_have_ports(const struct spn_selectors *selectors)
{
	return READ_ONCE(selectors->n_ports);
}

/**
 * spn_selectors_insert - let packets between @local and @remote be @owner's
 * @selectors: the table
 * @remote: one side
 * @local: the other, which meets it
 * @owner: whatever spn_selectors_lookup() shall return; not NULL
 *
 * Return: 0; 1 if @owner has this pair already; -EEXIST if another owner has
 * it; -ENOMEM.
 */
int spn_selectors_insert(struct spn_selectors *selectors, const struct spn_ts *remote,
			 const struct spn_ts *local, void *owner);

/* Undoes spn_selectors_insert(); a pair that is not @owner's is left alone. */
void spn_selectors_remove(struct spn_selectors *selectors, const struct spn_ts *remote,
			  const struct spn_ts *local, const void *owner);

/* Returns the owner of a packet, or NULL. */
void *spn_selectors_lookup(const struct spn_selectors *selectors, const struct spn_tuple *tuple);

/*
 * The same, but that it passes over selectors of everything at the remote end: they say where
 * to send what nobody else wants, and not that all the world is at the peer's.
 */
void *spn_selectors_protect(const struct spn_selectors *selectors, const struct spn_tuple *tuple);

#endif
