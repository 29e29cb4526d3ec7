/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of inbound SPIs of a namespace, and that of its outbound SAs.
 *
 * An entry of the first leads from what a packet carries to an SA.  It is an object of its
 * own, apart from the SA, so that an SPI can be reserved before there are keys,
 * and so that a tunnel's local address can change without a moment in which a
 * packet finds nothing: the SA gets a second entry before it loses the first.
 */
#ifndef _SPINDLE_SPI_H
#define _SPINDLE_SPI_H

#include <linux/netlink.h>
#include <linux/rhashtable.h>

#include "net.h"
#include "selector.h"

struct spn_sa;
struct spn_tunnel;

/* Hashed as octets: the padding is zero. */
struct spn_spi_key {
	u8 addr[16];
	__be32 spi;
	u16 family;
	u8 proto;
	u8 zero;
};

/**
 * struct spn_spi - one inbound SPI
 * @node: in spn_net.spis
 * @key: what a packet carries
 * @sa: the SA, NULL while the SPI is only reserved; written under spn_net.lock
 * @tunnel: whose it is; under spn_net.lock
 * @serial: of a reservation, for dumps, which go on where they were
 * @reserved: in spn_net.reserved while @sa is NULL
 * @own: likewise in spn_tunnel.reserved; not needed any more when @rcu is
 * @expires: when the reservation ends, jiffies
 * @rcu: for readers of the table
 */
struct spn_spi {
	struct rhash_head node;
	struct spn_spi_key key;
	struct spn_sa __rcu *sa;
	struct spn_tunnel *tunnel;
	u64 serial;
	struct list_head reserved;
	unsigned long expires;
	union {
		struct list_head own;
		struct rcu_head rcu;
	};
};

int spn_spi_table_init(struct spn_net *sn);
void spn_spi_table_destroy(struct spn_net *sn);

/* The entry of a packet to @dst with that SPI, or NULL.  Under rcu_read_lock(). */
struct spn_spi *spn_spi_lookup(struct spn_net *sn, const struct spn_addr *dst,
			       __be32 spi, u8 proto);

/* Has the kernel's own IPsec an SA for a packet with this SPI and this mark? */
bool spn_spi_in_xfrm(struct net *net, u32 mark, const struct spn_addr *dst, __be32 spi, u8 proto);

/**
 * spn_spi_reserve - keep an SPI for a tunnel for 60 seconds
 * @sn: the namespace; its lock is held
 * @tunnel: for whom
 * @dst: the tunnel's local address
 * @proto: IPPROTO_ESP
 * @spi: the SPI wanted, or 0 for a random one
 * @extack: says why not
 *
 * An SPI that this tunnel has reserved already is its own, for another 60 seconds.
 *
 * Return: the entry or an ERR_PTR().
 */
struct spn_spi *spn_spi_reserve(struct spn_net *sn, struct spn_tunnel *tunnel,
				const struct spn_addr *dst, u8 proto, __be32 spi,
				struct netlink_ext_ack *extack);

/* Lets packets with this SPI find @sa.  Under spn_net.lock. */
void spn_spi_publish(struct spn_net *sn, struct spn_spi *entry, struct spn_sa *sa);

/* Takes the entry out of the table and frees it.  Under spn_net.lock. */
void spn_spi_release(struct spn_net *sn, struct spn_spi *entry);

/* Ends the tunnel's reservation of that SPI, if there is one.  Under spn_net.lock. */
bool spn_spi_release_one(struct spn_net *sn, struct spn_tunnel *tunnel, __be32 spi);

/*
 * Gives each reservation of the tunnel a second entry under another local address, for as
 * long as a new one.  On an error some may have one.  Under spn_net.lock.
 */
int spn_spi_move_reserved(struct spn_net *sn, struct spn_tunnel *tunnel,
			  const struct spn_addr *to, u8 proto, struct netlink_ext_ack *extack);

/* Takes back those entries of the tunnel's there that have no SA, untold.  Under spn_net.lock. */
void spn_spi_release_at(struct spn_net *sn, struct spn_tunnel *tunnel,
			const struct spn_addr *addr);

/* Ends every reservation of the tunnel.  Under spn_net.lock. */
void spn_spi_release_reserved(struct spn_net *sn, struct spn_tunnel *tunnel);

/**
 * struct spn_quote - what an ICMP error says of a packet that we may have sent
 * @local: its outer source
 * @remote: its outer destination
 * @spi: its SPI
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @encap: it was ESP in UDP
 */
struct spn_quote {
	struct spn_addr local;
	struct spn_addr remote;
	__be32 spi;
	u8 proto;
	bool encap;
};

/* Makes an outbound SA known by its SPI, and unknown.  Under spn_net.lock. */
int spn_spi_hash_out(struct spn_net *sn, struct spn_sa *sa);
void spn_spi_unhash_out(struct spn_net *sn, struct spn_sa *sa);

/*
 * The outbound SA that such a packet can have come from, or NULL.  The peer chose its SPI,
 * so other peers may have chosen the same.  Under rcu_read_lock().
 */
struct spn_sa *spn_spi_find_out(struct spn_net *sn, const struct spn_quote *quote);

#endif
