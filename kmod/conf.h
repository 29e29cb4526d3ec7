/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an administrator has said of a tunnel, as one object that is replaced
 * as a whole: a packet sees all of the old or all of the new.
 */
#ifndef _SPINDLE_CONF_H
#define _SPINDLE_CONF_H

#include <linux/rhashtable.h>
#include <linux/udp.h>
#include <net/dst_cache.h>

#include "ah.h"
#include "ip.h"
#include "net.h"
#include "options.h"
#include "selector.h"

struct spn_port;
struct spn_tunnel;

/* Hashed as octets: the padding is zero. */
struct spn_endpoints {
	struct spn_addr local;
	struct spn_addr remote;
};

/**
 * struct spn_conf - the configuration of a tunnel
 * @tunnel: whose it is
 * @endpoints: outer addresses, both of one family
 * @endpoints_node: in spn_net.endpoints
 * @route: cached route of outer packets: it goes with the addresses it is for; NULL until
 *	a packet needs it, for it takes memory of every CPU, and most of many tunnels are idle
 * @opt: options
 * @port: where ESP in UDP comes in, NULL for ESP as it is; under spn_net.lock
 * @ports: a selector has ports, so a fragment may not be of the tunnel
 * @n_local: how many of @ts are local, the first ones
 * @n_remote: how many are remote, behind them
 * @rcu: for readers
 * @ts: selectors
 *
 * Immutable once published in tunnel->conf; replaced under spn_net.lock.
 */
struct spn_conf {
	struct spn_tunnel *tunnel;
	struct spn_endpoints endpoints;
	struct rhlist_head endpoints_node;
	struct dst_cache *route;
	struct spn_options opt;
	struct spn_port *port;
	bool ports;
	u16 n_local;
	u16 n_remote;
	struct rcu_head rcu;
	struct spn_ts ts[];
};

/* Does anything depend on where the peer's packets come from? */
static inline bool spn_conf_watches(const struct spn_conf *conf)
{
	return conf->opt.encap_dport || conf->opt.follow;
}

int spn_conf_table_init(struct spn_net *sn);
void spn_conf_table_destroy(struct spn_net *sn);

/* Octets of the outer headers, before ESP. */
static inline unsigned int spn_conf_outer_len(const struct spn_conf *conf)
{
	return spn_ip_header_len(conf->endpoints.remote.family) +
	       (conf->opt.encap_dport ? sizeof(struct udphdr) : 0);
}

static inline unsigned int spn_conf_ah_align(const struct spn_conf *conf)
{
	return conf->endpoints.remote.family == AF_INET6 ? SPN_AH_ALIGN_MAX : conf->opt.ah_align;
}

/**
 * spn_conf_inner_max - the longest inner packet that a path takes
 * @conf: configuration of a tunnel
 * @suite: algorithms
 * @path_mtu: of outer packets, octets
 * @ip_len: in transport mode octets of the packet's own header, else 0
 */
unsigned int spn_conf_inner_max(const struct spn_conf *conf, const struct spn_suite *suite,
				unsigned int path_mtu, unsigned int ip_len);

/* Returns a configuration with defaults and room for so many selectors, or NULL. */
struct spn_conf *spn_conf_new(unsigned int n_local, unsigned int n_remote);

/* Takes over from @old all but the selectors. */
void spn_conf_inherit(struct spn_conf *conf, const struct spn_conf *old);

/* Frees it when its readers are gone. */
void spn_conf_free(struct spn_conf *conf);

static inline struct spn_ts *spn_conf_local_ts(struct spn_conf *conf)
{
	return conf->ts;
}

static inline struct spn_ts *spn_conf_remote_ts(struct spn_conf *conf)
{
	return conf->ts + conf->n_local;
}

/*
 * Are the outer addresses of one family, and has each selector one on the other side that
 * it meets?  In transport mode, are the selectors' addresses the outer ones?
 */
int spn_conf_check(struct spn_conf *conf, struct netlink_ext_ack *extack);

/* Has it selectors of IPv6? */
bool spn_conf_has_v6(const struct spn_conf *conf);

/**
 * spn_conf_route - lead packets to the tunnel by its selectors
 * @conf: configuration of a tunnel; spn_net.lock is held
 * @old: what led packets to it so far, or NULL: stays as it is
 * @selectors: the device's
 * @extack: says which way it failed
 *
 * Return: 0, or an error, and then nothing has changed.
 */
int spn_conf_route(struct spn_conf *conf, struct spn_conf *old,
		   struct spn_selectors *selectors, struct netlink_ext_ack *extack);

/* Have they the same selectors, in the same order? */
static inline bool spn_conf_leads_same(const struct spn_conf *a, const struct spn_conf *b)
{
	return a->n_local == b->n_local && a->n_remote == b->n_remote &&
	       !memcmp(a->ts, b->ts, (a->n_local + a->n_remote) * sizeof(a->ts[0]));
}

/* Undoes spn_conf_route(), but for what @keep, which may be NULL, says too. */
void spn_conf_unroute(struct spn_conf *conf, struct spn_conf *keep,
		      struct spn_selectors *selectors);

/* Makes the configuration known by its endpoints, and unknown.  Under spn_net.lock. */
int spn_conf_hash(struct spn_net *sn, struct spn_conf *conf);
void spn_conf_unhash(struct spn_net *sn, struct spn_conf *conf);

/* The configurations between these addresses, or NULL.  Under rcu_read_lock(). */
struct rhlist_head *spn_conf_list(struct spn_net *sn, const struct spn_addr *local,
				  const struct spn_addr *remote);

/* Any one of them, or NULL. */
struct spn_conf *spn_conf_lookup(struct spn_net *sn, const struct spn_addr *local,
				 const struct spn_addr *remote);

#endif
