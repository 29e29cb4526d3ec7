/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tunnels: endpoints, selectors and generations of SAs; and what a device
 * holds, which is tunnels.
 */
#ifndef _SPINDLE_TUNNEL_H
#define _SPINDLE_TUNNEL_H

#include <linux/init.h>
#include <linux/netdevice.h>
#include <linux/spindle.h>

#include "conf.h"
#include "drop.h"
#include "net.h"
#include "queue.h"
#include "sa.h"
#include "selector.h"
#include "stage.h"

struct spn_peer;
struct spn_spi;

/**
 * struct spn_flow - what becomes of a tunnel's packets
 * @out: outbound, to the wire
 * @in: inbound, to the stack
 * @fit: what the tunnel can carry may have changed, or what it carries: its SAs, its
 *	configuration, which is NULL if it has been deleted; under spn_net.lock
 * @refit: the MTU of the path may have changed; in a work, which holds the tunnel
 * @idle: it is time to send something; under rcu_read_lock(), bottom halves off
 * @look: the peer has been seen at another place; spn_peer_take() gives what there is
 * @tunnel_gone: a tunnel ends, and its SAs have; under spn_net.lock, as those below
 * @sa_gone: an SA ends
 * @spi_gone: a reservation ends that no SA has used
 */
struct spn_flow {
	struct spn_queue_ops out;
	struct spn_queue_ops in;
	void (*fit)(struct spn_tunnel *tunnel);
	work_func_t refit;
	void (*idle)(struct spn_tunnel *tunnel);
	work_func_t look;
	void (*tunnel_gone)(struct spn_tunnel *tunnel);
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
 * @lock: protects @sas, changes of @out and @parked_*, and SAs' parked; bottom halves
 *	off; inside spn_net.lock, outside no other lock
 * @sas: struct spn_sa, newest first; changed under spn_net.lock and @lock, so
 *	that either suffices to read
 * @out: the outbound SA in use, NULL for none; readers by RCU
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

/* Works of tunnels, which may have to wait for the RTNL. */
extern struct workqueue_struct *spn_tunnel_wq;

int __init spn_tunnel_init(void);

/* When RCU has no tunnel left to free. */
void spn_tunnel_exit(void);

int spn_tunnel_table_init(struct spn_net *sn);
void spn_tunnel_table_destroy(struct spn_net *sn);

/* By name, or by @id if that is not 0.  Under spn_net.lock.  Returns NULL if there is none. */
struct spn_tunnel *spn_tunnel_find(struct spn_net *sn, u32 id, const char *name);

/**
 * spn_tunnel_new - make a tunnel
 * @sn: the namespace; its lock is held
 * @dev: the device
 * @name: unique in the namespace
 * @conf: configuration, taken over if all goes well
 * @extack: says what is wrong
 *
 * Return: the tunnel or an ERR_PTR().
 */
struct spn_tunnel *spn_tunnel_new(struct spn_net *sn, struct net_device *dev,
				  const char *name, struct spn_conf *conf,
				  struct netlink_ext_ack *extack);

/**
 * spn_tunnel_set - replace the configuration, between two packets
 * @tunnel: the tunnel; spn_net.lock is held
 * @conf: the new one, taken over if all goes well
 * @extack: says what is wrong
 *
 * Return: 0, or an error, and then nothing has changed.
 */
int spn_tunnel_set(struct spn_tunnel *tunnel, struct spn_conf *conf,
		   struct netlink_ext_ack *extack);

/* Ends a tunnel with all its SAs.  Under spn_net.lock. */
void spn_tunnel_delete(struct spn_tunnel *tunnel);

/* Ends all tunnels of a device, for good.  Under spn_net.lock. */
void spn_tunnel_close(struct spn_net *sn, struct spn_device *sd);

static inline void spn_tunnel_get(struct spn_tunnel *tunnel)
{
	refcount_inc(&tunnel->refs);
}

void spn_tunnel_put(struct spn_tunnel *tunnel);

/* The namespace of the outer packets with a reference, or NULL if it or the device is going. */
struct net *spn_tunnel_net_get(const struct spn_tunnel *tunnel);

/* The configuration, for who holds spn_net.lock. */
static inline struct spn_conf *spn_tunnel_conf(const struct spn_tunnel *tunnel)
{
	return rcu_dereference_protected(tunnel->conf, lockdep_is_held(&tunnel->sn->lock));
}

/**
 * spn_tunnel_install - add the SAs of one negotiation, all or nothing
 * @tunnel: the tunnel; spn_net.lock is held
 * @in: inbound SA, prepared, or NULL; its generation may be 0: the next one
 * @out: outbound SA, prepared, or NULL; likewise
 * @extack: says what is wrong
 *
 * The caller sends what is staged, if this made the tunnel ready.
 *
 * Return: 0, or an error, and then nothing has changed.
 */
int spn_tunnel_install(struct spn_tunnel *tunnel, struct spn_sa_config *in,
		       struct spn_sa_config *out, struct netlink_ext_ack *extack);

/* Tells dumps that are on their way of other SAs or reservations.  Under spn_net.lock. */
static inline void spn_tunnel_sas_changed(struct spn_tunnel *tunnel)
{
	tunnel->sn->sas_seq++;
	tunnel->seq++;
}

/* Takes an SA out of use and lets go of it.  Under spn_net.lock. */
void spn_tunnel_remove(struct spn_tunnel *tunnel, struct spn_sa *sa);

/**
 * spn_tunnel_activate - send with a parked generation from now on
 * @tunnel: the tunnel; any context with bottom halves on or off
 * @generation: which
 *
 * Return: true if it was parked and now is not; the caller sends what is staged.
 */
bool spn_tunnel_activate(struct spn_tunnel *tunnel, u32 generation);

/* May that generation be parked? */
static inline bool spn_tunnel_may_be_parked(const struct spn_tunnel *tunnel, u32 generation)
{
	u32 first = READ_ONCE(tunnel->parked_first);

	return unlikely(first) && generation >= first &&
	       generation <= READ_ONCE(tunnel->parked_last);
}

/* What an SA is to its tunnel.  Under spn_net.lock. */
enum spindle_sa_state spn_tunnel_sa_state(const struct spn_sa *sa);

#endif
