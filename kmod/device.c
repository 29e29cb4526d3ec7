// SPDX-License-Identifier: GPL-2.0
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "device.h"
#include "esp.h"
#include "follow.h"
#include "input.h"
#include "output.h"
#include "route.h"
#include "tunnel.h"

static void refit(struct work_struct *work);

static const struct spn_flow flow = {
	.out = { .work = spn_output_work, .deliver = spn_output_deliver },
	.in = { .work = spn_input_work, .deliver = spn_input_deliver, .in_poll = true },
	.refit = refit,
	.idle = spn_output_idle,
	.look = spn_follow,
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

static int device_open(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);

	/* The selectors are the policy; xfrm's must not ask again. */
	if (in_dev) {
		IN_DEV_CONF_SET(in_dev, NOXFRM, 1);
		IN_DEV_CONF_SET(in_dev, NOPOLICY, 1);
	}
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

/* Any MTU but the one that follows the tunnels is the administrator's. */
static int device_change_mtu(struct net_device *dev, int mtu)
{
	struct spn_device *sd = spn_device(dev);

	sd->mtu_fixed = mtu != sd->mtu;
	/* Read without the RTNL by who sends, and by who asks for devices. */
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
					   NETIF_F_GSO | NETIF_F_GSO_SOFTWARE | NETIF_F_HIGHDMA;
	const unsigned int overhead = SPN_IP_HEADER_MAX + sizeof(struct udphdr) +
				      SPN_ESP_HEAD_MAX + SPN_ESP_TAIL_MAX;

	dev->netdev_ops = &device_ops;
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
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = round_down(IP_MAX_MTU - overhead, SPN_BLOCK_MAX);
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->needs_free_netdev = true;
	/* Path MTU errors are told through the route that brought the packet. */
	netif_keep_dst(dev);
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
	err = register_netdevice(dev);
	if (err)
		return err;
	mutex_lock(&sn->lock);
	rcu_assign_pointer(sd->net, src_net);
	list_add_tail(&sd->node, &sn->devices);
	mutex_unlock(&sn->lock);
	return 0;
}

static struct net *device_link_net(const struct net_device *dev)
{
	return rtnl_dereference(spn_device(dev)->net) ?: dev_net(dev);
}

static struct rtnl_link_ops link_ops = {
	.kind = "spindle",
	.priv_size = sizeof(struct spn_device),
	.setup = device_setup,
	.newlink = device_newlink,
	.get_link_net = device_link_net,
};

int __init spn_device_init(void)
{
	return rtnl_link_register(&link_ops);
}

void spn_device_exit(void)
{
	rtnl_link_unregister(&link_ops);
}

bool spn_device_check(const struct net_device *dev)
{
	return dev->rtnl_link_ops == &link_ops;
}

/*
 * The inner MTU that the tunnel's newest outbound SA leaves of the path's, or 0.  IPv6
 * takes no interface whose MTU is less than 1280 (RFC 8200 5), so there it is not.
 */
static unsigned int tunnel_mtu(struct spn_net *sn, struct spn_tunnel *tunnel, bool *narrow)
{
	struct spn_conf *conf = spn_tunnel_conf(tunnel);
	unsigned int ip_len = conf->mode == SPINDLE_MODE_TRANSPORT ? spn_conf_outer_len(conf) : 0;
	struct spn_sa *sa;
	unsigned int mtu;

	list_for_each_entry(sa, &tunnel->sas, node) {
		if (sa->dir != SPINDLE_DIR_OUT)
			continue;
		mtu = spn_conf_inner_max(conf, sa->xform.suite,
					 spn_route_mtu(sn->net, tunnel->dev, conf, narrow),
					 ip_len);
		return max_t(unsigned int, mtu, spn_conf_has_v6(conf) ? IPV6_MIN_MTU : 0);
	}
	return 0;
}

/*
 * What all tunnels with an SA can carry, after the MTU of one of them has changed; 0 stands
 * for one that has none, yet or any more, and for all when none has.
 */
static unsigned int device_mtu(const struct spn_device *sd, unsigned int old, unsigned int mtu)
{
	const struct spn_tunnel *tunnel;

	if (mtu && (!sd->mtu || mtu <= sd->mtu))
		return mtu;
	/* Only if it was this tunnel that held the others down is there more to gain. */
	if (old != sd->mtu)
		return sd->mtu;
	list_for_each_entry(tunnel, &sd->tunnels, device_node) {
		if (tunnel->mtu && (!mtu || tunnel->mtu < mtu))
			mtu = tunnel->mtu;
		/* Most often another one does, too. */
		if (mtu == old)
			break;
	}
	return mtu;
}

static void set_mtu(struct spn_device *sd)
{
	ASSERT_RTNL();
	if (sd->mtu && !sd->mtu_fixed)
		dev_set_mtu(sd->dev, sd->mtu);
}

static void fit_mtu(struct spn_net *sn, u32 tunnel_id)
{
	struct spn_device *sd = NULL;
	struct spn_tunnel *tunnel;
	bool narrow = false;
	unsigned int mtu;

	ASSERT_RTNL();
	mutex_lock(&sn->lock);
	tunnel = spn_tunnel_find(sn, tunnel_id, NULL);
	mtu = tunnel ? tunnel_mtu(sn, tunnel, &narrow) : 0;
	/* What a router has said is forgotten one day. */
	if (narrow)
		spn_tunnel_refit_later(tunnel);
	if (mtu && mtu != tunnel->mtu) {
		sd = spn_device(tunnel->dev);
		swap(tunnel->mtu, mtu);
		sd->mtu = device_mtu(sd, mtu, tunnel->mtu);
	}
	mutex_unlock(&sn->lock);
	/* A device that still has tunnels cannot go while we hold the RTNL. */
	if (sd)
		set_mtu(sd);
}

void spn_device_fit_mtu(struct spn_net *sn, u32 tunnel_id)
{
	rtnl_lock();
	fit_mtu(sn, tunnel_id);
	rtnl_unlock();
}

void spn_device_fit_rest(struct spn_net *sn, const struct spn_device *device, unsigned int mtu)
{
	struct spn_device *sd;

	rtnl_lock();
	mutex_lock(&sn->lock);
	list_for_each_entry(sd, &sn->devices, node) {
		if (sd == device)
			break;
	}
	if (list_entry_is_head(sd, &sn->devices, node))
		sd = NULL;
	else
		sd->mtu = device_mtu(sd, mtu, 0);
	mutex_unlock(&sn->lock);
	/* Nor can one that is in the list. */
	if (sd)
		set_mtu(sd);
	rtnl_unlock();
}

/* A router has said what the path can carry.  A namespace that is seen stays, as above. */
static void refit(struct work_struct *work)
{
	struct spn_tunnel *tunnel = container_of(work, struct spn_tunnel, refit.work);
	struct net *net;

	rtnl_lock();
	net = rtnl_dereference(spn_device(tunnel->dev)->net);
	if (net)
		fit_mtu(spn_net(net), tunnel->id);
	rtnl_unlock();
	spn_tunnel_put(tunnel);
}
