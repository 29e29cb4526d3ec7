/* SPDX-License-Identifier: GPL-2.0 */
/* The one place for differences between kernel versions (6.1 to 6.12). */
#ifndef _SPINDLE_COMPAT_H
#define _SPINDLE_COMPAT_H

#include <linux/crypto.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <net/addrconf.h>
#include <net/genetlink.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define SPN_CRYPTO_DONE(name) \
	static void name(struct crypto_async_request *base, int err)
#define SPN_CRYPTO_DONE_DATA base->data
#else
#define SPN_CRYPTO_DONE(name) static void name(void *data, int err)
#define SPN_CRYPTO_DONE_DATA data
#endif

static inline struct nlattr **spn_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return genl_dumpit_info(cb)->attrs;
#else
	return genl_info_dump(cb)->attrs;
#endif
}

/* No IPv6 address of its own making, so no neighbour and no router is asked for. */
static inline void spn_dev_no_link_local(struct net_device *dev)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct inet6_dev *in6_dev = __in6_dev_get(dev);

	if (in6_dev)
		in6_dev->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
#endif
}

/* A device that is nothing but a place for NAPIs. */
static inline struct net_device *spn_dev_dummy_new(void)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	struct net_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
#else
	return alloc_netdev_dummy(0);
#endif
}

static inline void spn_dev_dummy_free(struct net_device *dev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	kfree(dev);
#else
	free_netdev(dev);
#endif
}

/* ndo_start_xmit runs without the queue's lock. */
static inline void spn_dev_set_lltx(struct net_device *dev)
{
#ifdef NETIF_F_LLTX
	dev->features |= NETIF_F_LLTX;
#else
	dev->lltx = true;
#endif
}

#endif
