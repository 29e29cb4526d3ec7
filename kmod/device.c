// SPDX-License-Identifier: GPL-2.0
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <net/ip_tunnels.h>
#include <net/rtnetlink.h>

#include "clear.h"
#include "compat.h"
#include "control.h"
#include "device.h"
#include "esp.h"
#include "input.h"
#include "mtu.h"
#include "notify.h"
#include "output.h"
#include "peer.h"
#include "route.h"
#include "tunnel.h"

static const struct spn_flow flow = {
	.out = { .work = spn_output_seal, .deliver = spn_output_deliver },
	.in = { .work = spn_input_open, .deliver = spn_input_deliver, .in_poll = true },
	.fit = spn_mtu_fit,
	.refit = spn_mtu_refit,
	.prepare = spn_peer_prepare,
	.tunnel_new = spn_notify_tunnel_new,
	.tunnel_set = spn_control_tunnel_changed,
	.tunnel_gone = spn_control_tunnel_gone,
	.sa_new = spn_notify_sa_new,
	.sa_gone = spn_notify_sa_gone,
	.spi_gone = spn_notify_spi_gone,
};

/* The device is down, but its tunnels may still hold packets that arrive. */
static void device_uninit(struct net_device *dev)
{
	struct spn_device *sd = spn_device(dev);
	struct net *net = rtnl_dereference(sd->net);

	/*
	 * A namespace passes under the RTNL after it has closed its devices and
	 * before it is freed, so one that is seen here stays.
	 */
	if (net) {
		struct spn_net *sn = spn_net(net);

		mutex_lock(&sn->lock);
		if (rcu_access_pointer(sd->net))
			spn_tunnel_close(sn, sd);
		mutex_unlock(&sn->lock);
	}
}

/*
 * The selectors are the policy; xfrm's must not ask again.  Of IPv6 that concerns what comes
 * in for addresses of the device that are given to it later; it has no more such switches.
 */
static void keep_xfrm_out(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);

	if (in_dev) {
		IN_DEV_CONF_SET(in_dev, NOXFRM, 1);
		IN_DEV_CONF_SET(in_dev, NOPOLICY, 1);
	}
	spn_dev_no_policy6(dev);
}

/*
 * A hub's packets come in and go out by the one device, which the kernel takes for a detour
 * on one link.  It says so by ICMP unless neither the device nor "all" lets it; with this
 * last one off, other devices still have their own say.
 */
static void send_no_redirects(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);

	if (!in_dev)
		return;
	IN_DEV_CONF_SET(in_dev, SEND_REDIRECTS, 0);
	IPV4_DEVCONF_ALL(dev_net(dev), SEND_REDIRECTS) = 0;
}

static int device_open(struct net_device *dev)
{
	keep_xfrm_out(dev);
	send_no_redirects(dev);
	spn_dev_no_link_local(dev);
	return 0;
}

static netdev_tx_t device_xmit(struct sk_buff *skb, struct net_device *dev)
{
	rcu_read_lock();
	spn_output(spn_device(dev), skb);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

static int device_change_mtu(struct net_device *dev, int mtu)
{
	if (mtu && mtu < ETH_MIN_MTU)
		return -EINVAL;
	mtu = spn_mtu_choose(spn_device(dev), mtu);
	/* Senders, and dumps of devices, read it without the RTNL. */
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

static const struct net_device_ops device_ops = {
	.ndo_uninit = device_uninit,
	.ndo_open = device_open,
	.ndo_start_xmit = device_xmit,
	.ndo_change_mtu = device_change_mtu,
	.ndo_get_stats64 = dev_get_tstats64,
};

static const struct device_type device_type = { .name = "spindle" };

/* What fits Ethernet whatever the algorithms and the outer addresses will be. */
static unsigned int default_mtu(void)
{
	unsigned int i, mtu = ETH_DATA_LEN;
	const struct spn_suite *suite;

	for (i = 0; (suite = spn_suite_at(i)); i++) {
		if (suite->ah)
			continue;
		mtu = min(mtu, spn_esp_inner_max(suite, ETH_DATA_LEN - SPN_IP_HEADER_MAX));
	}
	return mtu;
}

static void device_setup(struct net_device *dev)
{
	const netdev_features_t features = NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_SG |
					   NETIF_F_GSO | NETIF_F_GSO_SOFTWARE |
					   NETIF_F_GSO_ENCAP_ALL | NETIF_F_HIGHDMA;
	const unsigned int overhead = SPN_IP_HEADER_MAX + sizeof(struct udphdr) +
				      SPN_ESP_HEAD_MAX + SPN_ESP_TAIL_MAX;

	dev->netdev_ops = &device_ops;
	/* Who sends through a packet socket need not say which IP it is. */
	dev->header_ops = &ip_tunnel_header_ops;
	SET_NETDEV_DEVTYPE(dev, &device_type);
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->hard_header_len = 0;
	dev->addr_len = 0;
	dev->needed_headroom = LL_MAX_HEADER + SPN_IP_HEADER_MAX + sizeof(struct udphdr) +
			       SPN_ESP_HEAD_MAX;
	dev->needed_tailroom = SPN_ESP_TAIL_MAX;
	dev->features |= features;
	dev->hw_features |= features;
	dev->hw_enc_features |= features;
	spn_dev_set_lltx(dev);
	dev->mtu = default_mtu();
	/* 0 has it follow the tunnels. */
	dev->min_mtu = 0;
	dev->max_mtu = round_down(IP_MAX_MTU - overhead, SPN_BLOCK_MAX);
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->needs_free_netdev = true;
	/* Path MTU errors are told through the route that brought the packet. */
	netif_keep_dst(dev);
}

/* One that the device is made with is the administrator's, too. */
static int read_mtu(struct spn_device *sd, const struct nlattr *attr,
		    struct netlink_ext_ack *extack)
{
	unsigned int mtu = attr ? nla_get_u32(attr) : 0;

	sd->dev->mtu = mtu ?: default_mtu();
	sd->mtu_fixed = mtu;
	if (sd->dev->mtu >= ETH_MIN_MTU)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "the MTU is less than IPv4 takes");
	return -EINVAL;
}

static int device_newlink(struct net *src_net, struct net_device *dev, struct nlattr *tb[],
			  struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct spn_device *sd = spn_device(dev);
	struct spn_net *sn = spn_net(src_net);
	int err;

	sd->dev = dev;
	sd->flow = &flow;
	spn_drops_init(&sd->drops, dev);
	INIT_LIST_HEAD(&sd->tunnels);
	INIT_LIST_HEAD(&sd->node);
	err = read_mtu(sd, tb[IFLA_MTU], extack);
	if (err)
		return err;
	err = register_netdevice(dev);
	if (err)
		return err;
	/* Before it has an address. */
	keep_xfrm_out(dev);
	mutex_lock(&sn->lock);
	rcu_assign_pointer(sd->net, src_net);
	sd->serial = ++sn->serial;
	sn->devices_seq++;
	list_add_tail(&sd->node, &sn->devices);
	mutex_unlock(&sn->lock);
	return 0;
}

SPN_NEWLINK(newlink, device_newlink)

static struct net *device_link_net(const struct net_device *dev)
{
	return rtnl_dereference(spn_device(dev)->net) ?: dev_net(dev);
}

static struct rtnl_link_ops link_ops = {
	.kind = "spindle",
	.priv_size = sizeof(struct spn_device),
	.setup = device_setup,
	.newlink = newlink,
	.get_link_net = device_link_net,
};

/* A device comes into a namespace when it is made, and whenever it moves. */
static int device_event(struct notifier_block *nb, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	int err = 0;

	if (dev->netdev_ops != &device_ops)
		return NOTIFY_DONE;
	if (event == NETDEV_REGISTER)
		err = spn_clear_enter(dev);
	else if (event == NETDEV_UNREGISTER)
		spn_clear_leave(dev);
	return notifier_from_errno(err);
}

static struct notifier_block device_notifier = { .notifier_call = device_event };

int __init spn_device_init(void)
{
	int err;

	err = register_netdevice_notifier(&device_notifier);
	if (err)
		return err;
	err = rtnl_link_register(&link_ops);
	if (err)
		unregister_netdevice_notifier(&device_notifier);
	return err;
}

void spn_device_exit(void)
{
	rtnl_link_unregister(&link_ops);
	unregister_netdevice_notifier(&device_notifier);
}

bool spn_device_check(const struct net_device *dev)
{
	return dev->rtnl_link_ops == &link_ops;
}
