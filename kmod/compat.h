/* SPDX-License-Identifier: GPL-2.0 */
/* The one place for differences between kernel versions (6.1 to 7.3). */
#ifndef _SPINDLE_COMPAT_H
#define _SPINDLE_COMPAT_H

#include <linux/crypto.h>
#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <net/addrconf.h>
#include <net/dst.h>
#include <net/genetlink.h>
#include <net/ip.h>
#include <net/rtnetlink.h>

/* Not by __has_include, which sparse does not know. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/hex.h>
#endif

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

/* What genl_family.pre_doit() is told of the operation. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define SPN_GENL_OPS struct genl_ops
#else
#define SPN_GENL_OPS struct genl_split_ops
#endif

/* Of CLOCK_BOOTTIME, which goes on while the machine sleeps; @function runs in softirq. */
static inline void spn_hrtimer_setup(struct hrtimer *timer,
				     enum hrtimer_restart (*function)(struct hrtimer *timer))
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(timer, CLOCK_BOOTTIME, HRTIMER_MODE_ABS_SOFT);
	timer->function = function;
#else
	hrtimer_setup(timer, function, CLOCK_BOOTTIME, HRTIMER_MODE_ABS_SOFT);
#endif
}

static inline struct nlattr **spn_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return genl_dumpit_info(cb)->attrs;
#else
	return genl_info_dump(cb)->attrs;
#endif
}

/* The clock of skb->tstamp, which says when a packet wants to leave, or when it came. */
static inline u8 spn_skb_tstamp_type(const struct sk_buff *skb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	return skb->mono_delivery_time;
#else
	return skb->tstamp_type;
#endif
}

static inline void spn_skb_set_tstamp_type(struct sk_buff *skb, u8 type)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	skb->mono_delivery_time = type;
#else
	skb->tstamp_type = type;
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

/* Of what comes in for the device's own IPv6 addresses xfrm asks no policy. */
static inline void spn_dev_no_policy6(struct net_device *dev)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct inet6_dev *in6_dev = __in6_dev_get(dev);

	if (in6_dev)
		in6_dev->cnf.disable_policy = 1;
#endif
}

/* What a sysctl's handler gets. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define SPN_CTL_TABLE struct ctl_table
#else
#define SPN_CTL_TABLE const struct ctl_table
#endif

/* @table has an empty entry behind its @n. */
static inline struct ctl_table_header *spn_sysctl_register(struct net *net, const char *path,
							   struct ctl_table *table, size_t n)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return register_net_sysctl(net, path, table);
#else
	return register_net_sysctl_sz(net, path, table, n);
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

/*
 * Defines @name, an rtnl_link_ops' newlink, by @with: what that needs comes one by one, as
 * before 6.15, the namespace being the one that the link itself is of.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define SPN_NEWLINK(name, with) \
	static int name(struct net *net, struct net_device *dev, struct nlattr *tb[], \
			struct nlattr *data[], struct netlink_ext_ack *extack) \
	{ \
		return with(net, dev, tb, data, extack); \
	}
#else
#define SPN_NEWLINK(name, with) \
	static int name(struct net_device *dev, struct rtnl_newlink_params *params, \
			struct netlink_ext_ack *extack) \
	{ \
		return with(rtnl_newlink_link_net(params), dev, params->tb, params->data, \
			    extack); \
	}
#endif

/* That work stays on its CPU, which 6.1 means if nothing is said and 7.3 wants to be told. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define SPN_WQ_PERCPU 0
#else
#define SPN_WQ_PERCPU WQ_PERCPU
#endif

#ifndef timer_container_of
#define timer_container_of from_timer
#endif

/* dst_dev(), which early point releases lack: a device that goes takes itself out of there. */
static inline struct net_device *spn_dst_dev(const struct dst_entry *dst)
{
	return READ_ONCE(dst->dev);
}

#endif
