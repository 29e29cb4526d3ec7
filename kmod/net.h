/* SPDX-License-Identifier: GPL-2.0 */
/* What one network namespace holds: its SPIs and its tunnels. */
#ifndef _SPINDLE_NET_H
#define _SPINDLE_NET_H

#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/rhashtable.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

/**
 * struct spn_net - the namespace that outer packets live in
 * @lock: serialises every change of configuration: tunnels, selectors, SAs,
 *	SPIs.  Taken after the RTNL where both are needed, never before it.
 * @spis: struct spn_spi by address, SPI and protocol; readers by RCU
 * @outs: outbound struct spn_sa by SPI; readers by RCU
 * @endpoints: struct spn_conf by local and remote address; readers by RCU
 * @names: struct spn_tunnel by name; under @lock
 * @tunnels: struct spn_tunnel by id; under @lock
 * @devices: struct spn_device born here; under @lock
 * @reserved: struct spn_spi without an SA, oldest first; under @lock
 * @reserved_work: ends reservations that nobody used
 * @serial: of the last device, SA or reservation that was made; under @lock
 * @devices_seq: counts up when devices come or go, so that a dump can tell; under @lock
 * @tunnels_seq: the same for tunnels, and for changes to one
 * @sas_seq: the same for SAs and reservations, which come and go
 * @n_tunnels: how many; under @lock
 * @n_sas: how many; under @lock
 * @n_reserved: how many; under @lock
 * @max_tunnels: sysctl, 0 for no limit
 * @max_sas: sysctl, likewise
 * @limits: the table of these
 * @sysctl: its place
 * @staged: octets that wait for SAs, in all tunnels
 * @guards: struct spn_device that are here now, wherever they were born, and refuse what
 *	comes in the clear; written under the RTNL, readers by RCU
 * @ports: struct spn_port; under @lock
 * @ports_retry: tries to open those that another program has
 * @net: the namespace
 */
struct spn_net {
	struct mutex lock;
	struct rhashtable spis;
	struct rhltable outs;
	struct rhltable endpoints;
	struct rhashtable names;
	struct idr tunnels;
	struct list_head devices;
	struct list_head reserved;
	struct delayed_work reserved_work;
	u64 serial;
	u32 devices_seq;
	u32 tunnels_seq;
	u32 sas_seq;
	unsigned int n_tunnels;
	unsigned int n_sas;
	unsigned int n_reserved;
	unsigned int max_tunnels;
	unsigned int max_sas;
	struct ctl_table *limits;
	struct ctl_table_header *sysctl;
	atomic_long_t staged;
	struct list_head guards;
	struct list_head ports;
	struct delayed_work ports_retry;
	struct net *net;
};

extern unsigned int spn_net_id;

static inline struct spn_net *spn_net(struct net *net)
{
	return net_generic(net, spn_net_id);
}

int __init spn_net_init(void);
void spn_net_exit(void);

#endif
