/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What outlives a packet, and in which order it is locked.
 *
 * struct spn_net (net.h) is a network namespace, in which outer packets live.  It has the
 * tables that lead from names, ids, addresses and SPIs to the objects below.
 *
 * struct spn_device holds tunnels, and the selectors that lead inner packets to them.  It is
 * freed with its network device, of which each tunnel holds a reference.
 *
 * struct spn_tunnel is what users name.  One reference stands for its being published, each
 * of its SAs holds one, and each work while it is queued.
 *
 * struct spn_conf (conf.h) is what a tunnel has been told: never changed, but replaced as a
 * whole.  struct spn_options (options.h) is a part of it.
 *
 * struct spn_sa (sa.h) is one direction of a generation.  One reference stands for its being
 * in its tunnel's list, each list of packets that it works on holds one.
 *
 * struct spn_spi (spi.h) leads from what a packet carries to an inbound SA.
 *
 * struct spn_peer (peer.c) is what some tunnels need to keep in touch, struct spn_port
 * (port.h) a UDP socket, which configurations share.
 *
 * Readers of all of these on a packet's way use RCU and take no lock.  Who changes them takes,
 * from the outside in, as far as needed:
 *
 *	the RTNL
 *	spn_net.lock, a mutex: every change of configuration of the namespace
 *	spn_tunnel.lock, a spinlock: which of its SAs the tunnel sends with
 *	spn_queue.lock, lane.lock and offers_lock: a packet's way; none inside another
 *	spn_peer.lock, spn_stage's own and spn_drops.lock: nothing is taken inside them
 */
#ifndef _SPINDLE_STATE_H
#define _SPINDLE_STATE_H

#include <linux/netdevice.h>
#include <linux/refcount.h>
#include <linux/spindle.h>

#include "drop.h"
#include "net.h"
#include "queue.h"
#include "sa.h"
#include "selector.h"
#include "stage.h"

struct spn_conf;
struct spn_peer;
struct spn_spi;
struct spn_tunnel;

/**
 * struct spn_flow - what becomes of a tunnel's packets, and who is told of what
 * @out: outbound, to the wire
 * @in: inbound, to the stack
 * @fit: what the tunnel can carry may have changed, or what it carries: its SAs, its
 *	configuration, which is NULL if it has been deleted; under spn_net.lock
 * @refit: the MTU of the path may have changed; in a work, which holds the tunnel
 * @prepare: what a tunnel needs with this configuration, before packets find it; under
 *	spn_net.lock, as all those below
 * @tunnel_new: a tunnel has been made
 * @tunnel_set: it has another configuration
 * @tunnel_gone: it ends, and its SAs have
 * @sa_new: an SA has been added
 * @sa_gone: an SA ends
 * @spi_gone: a reservation ends that no SA has used
 */
struct spn_flow {
	struct spn_queue_ops out;
	struct spn_queue_ops in;
	void (*fit)(struct spn_tunnel *tunnel);
	work_func_t refit;
	int (*prepare)(struct spn_tunnel *tunnel, const struct spn_conf *conf);
	void (*tunnel_new)(struct spn_tunnel *tunnel);
	void (*tunnel_set)(struct spn_tunnel *tunnel);
	void (*tunnel_gone)(struct spn_tunnel *tunnel);
	void (*sa_new)(struct spn_sa *sa);
	void (*sa_gone)(struct spn_sa *sa);
	void (*spi_gone)(struct spn_spi *entry);
};

/**
 * struct spn_device - a network device of kind spindle
 * @dev: the device
 * @net: namespace of the outer packets, the one it was born in; NULL when that
 *	or the device is going; written under spn_net.lock, readers by RCU
 * @node: in spn_net.devices while open; under spn_net.lock
 * @serial: for dumps, which go on where they were
 * @flow: for the queues of its tunnels
 * @selectors: whose packets are which tunnel's; written under spn_net.lock
 * @tunnels: struct spn_tunnel; under spn_net.lock
 * @n_tunnels: how many; under spn_net.lock
 * @n_v6: how many of them carry IPv6; under spn_net.lock
 * @mtu: inner MTU of the tunnel that carries the most, 0 while none has an SA; under
 *	spn_net.lock
 * @mtu_fixed: the administrator has chosen the MTU; written under the RTNL and
 *	spn_net.lock, read under either
 * @mtu_own: the MTU is being changed by us; under the RTNL
 * @unsettled: the device may need another MTU; under spn_net.lock
 * @clear: enum spindle_clear; written under the RTNL
 * @guarding: it is in spn_net.guards; under the RTNL
 * @guard_node: there, in the namespace where the device is
 * @drops: packets that no tunnel took
 */
struct spn_device {
	struct net_device *dev;
	struct net __rcu *net;
	struct list_head node;
	u64 serial;
	const struct spn_flow *flow;
	struct spn_selectors selectors;
	struct list_head tunnels;
	unsigned int n_tunnels;
	unsigned int n_v6;
	unsigned int mtu;
	bool mtu_fixed;
	bool mtu_own;
	bool unsettled;
	u8 clear;
	bool guarding;
	struct list_head guard_node;
	struct spn_drops drops;
};

/**
 * struct spn_tunnel - one tunnel
 * @dev: its device; a reference is held
 * @sn: the namespace of the outer packets; valid while the tunnel is published
 * @id: for users, never 0
 * @name: for users
 * @name_node: in spn_net.names
 * @device_node: in spn_device.tunnels; under spn_net.lock
 * @conf: configuration, NULL once deleted; replaced under spn_net.lock, readers
 *	by RCU
 * @lock: protects @sas, changes of @out and @parked_*, @past, and SAs' parked; bottom halves
 *	off; inside spn_net.lock, outside no other lock
 * @sas: struct spn_sa, newest first; changed under spn_net.lock and @lock, so
 *	that either suffices to read
 * @out: the outbound SA in use, NULL for none; readers by RCU
 * @past: what SAs have carried that it has no more, by direction; under @lock
 * @parked_first: the lowest generation that waits for its turn, 0 for none
 * @parked_last: the highest
 * @reserved: struct spn_spi without an SA, oldest first; under spn_net.lock
 * @seq: counts up when SAs or reservations come or go; under spn_net.lock
 * @tx: order of outbound packets
 * @rx: order of inbound packets
 * @stage: packets that wait for an SA
 * @acquire_after: jiffies before which userspace is not asked again
 * @path_mtu: MTU of the path when it was last looked at, 0 before; written under
 *	spn_net.lock, read by anybody
 * @mtu: inner MTU with the newest outbound SA, 0 without; likewise
 * @v6: it is one of spn_device.n_v6; under spn_net.lock
 * @refit: lets the MTU follow the path; holds a reference while it is queued
 * @refit_after: jiffies before which an error queues no other
 * @drops: packets that no SA took
 * @peer: what it takes to keep in touch, NULL until a configuration asks for it; set
 *	under spn_net.lock, for good; readers by RCU
 * @refs: one for being published, one for each SA
 * @rcu: for readers
 */
struct spn_tunnel {
	struct net_device *dev;
	struct spn_net *sn;
	u32 id;
	char name[SPINDLE_NAME_MAX + 1];
	struct rhash_head name_node;
	struct list_head device_node;
	struct spn_conf __rcu *conf;

	spinlock_t lock;
	struct list_head sas;
	struct spn_sa __rcu *out;
	struct spn_traffic past[2];
	u32 parked_first;
	u32 parked_last;
	struct list_head reserved;
	u32 seq;

	struct spn_queue tx;
	struct spn_queue rx;
	struct spn_stage stage;
	unsigned long acquire_after;
	unsigned int path_mtu;
	unsigned int mtu;
	bool v6;
	struct delayed_work refit;
	unsigned long refit_after;
	struct spn_peer __rcu *peer;
	struct spn_drops drops;
	refcount_t refs;
	struct rcu_head rcu;
};

static inline struct spn_device *spn_device(const struct net_device *dev)
{
	return netdev_priv(dev);
}

/* What the tunnel can carry may have changed.  Under spn_net.lock. */
static inline void spn_tunnel_fit(struct spn_tunnel *tunnel)
{
	spn_device(tunnel->dev)->flow->fit(tunnel);
}

static inline void spn_tunnel_get(struct spn_tunnel *tunnel)
{
	refcount_inc(&tunnel->refs);
}

/* The configuration, for who holds spn_net.lock. */
static inline struct spn_conf *spn_tunnel_conf(const struct spn_tunnel *tunnel)
{
	return rcu_dereference_protected(tunnel->conf, lockdep_is_held(&tunnel->sn->lock));
}

/* Tells dumps that are on their way of other SAs or reservations.  Under spn_net.lock. */
static inline void spn_tunnel_sas_changed(struct spn_tunnel *tunnel)
{
	tunnel->sn->sas_seq++;
	tunnel->seq++;
}

#endif
