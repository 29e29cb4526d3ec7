// SPDX-License-Identifier: GPL-2.0
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/fib_notifier.h>
#include <net/ip.h>

#include "compat.h"
#include "mtu.h"
#include "net.h"
#include "route.h"
#include "tunnel.h"

/**
 * struct mtu_net - a namespace of outer packets, as far as MTUs go
 * @sn: the namespace
 * @unsettled: a device of it may need another MTU; set under spn_net.lock
 * @settle: sees to that, if nobody who is waited for has
 * @look: looks at the paths of all tunnels
 * @pause: jiffies before it does so; its own
 * @fib: has it done when routes change
 * @hears_fib: @fib is registered
 */
struct mtu_net {
	struct spn_net *sn;
	bool unsettled;
	struct work_struct settle;
	struct delayed_work look;
	unsigned long pause;
	struct notifier_block fib;
	bool hears_fib;
};

/* Jiffies between a change of routes and the look at what it means; more of them cost no more. */
enum { LOOK_PAUSE = HZ / 4, LOOK_SHARE = 50 };

static unsigned int mtu_net_id __read_mostly;

static struct mtu_net *mtu_net(const struct spn_net *sn)
{
	return net_generic(sn->net, mtu_net_id);
}

/* Waits until @delay has passed, or less if it is to be looked at sooner anyway. */
static void refit_within(struct spn_tunnel *tunnel, unsigned long delay)
{
	if (!refcount_inc_not_zero(&tunnel->refs))
		return;
	/* The one that is queued has a reference. */
	if (!queue_delayed_work(spn_tunnel_wq, &tunnel->refit, delay))
		spn_tunnel_put(tunnel);
}

static void refit_after(struct spn_tunnel *tunnel, unsigned long delay)
{
	if (!refcount_inc_not_zero(&tunnel->refs))
		return;
	if (mod_delayed_work(spn_tunnel_wq, &tunnel->refit, delay))
		spn_tunnel_put(tunnel);
}

/* While there is no route, what the last one carried. */
static void look_at_path(struct spn_tunnel *tunnel, const struct spn_conf *conf)
{
	unsigned long forgotten = 0;
	unsigned int mtu;

	mtu = spn_route_mtu(tunnel->sn->net, tunnel->dev, conf, &forgotten);
	/* Read without the lock as packets go out. */
	WRITE_ONCE(tunnel->path_mtu, mtu ?: tunnel->path_mtu ?: ETH_DATA_LEN);
	/* What a router has said is forgotten one day. */
	if (forgotten)
		refit_within(tunnel, forgotten - jiffies + HZ);
}

static struct spn_sa *newest_out(const struct spn_tunnel *tunnel)
{
	struct spn_sa *sa;

	list_for_each_entry(sa, &tunnel->sas, node)
		if (sa->dir == SPINDLE_DIR_OUT)
			return sa;
	return NULL;
}

/* The longest inner packet, or 0 of a tunnel without an outbound SA. */
static unsigned int carried(struct spn_tunnel *tunnel, const struct spn_conf *conf)
{
	const struct spn_sa *sa = newest_out(tunnel);
	unsigned int ip_len;

	if (!sa)
		return 0;
	look_at_path(tunnel, conf);
	ip_len = conf->opt.mode == SPINDLE_MODE_TRANSPORT ? spn_conf_outer_len(conf) : 0;
	return spn_conf_inner_max(conf, sa->xform.suite, tunnel->path_mtu, ip_len);
}

static void measure_tunnel(struct spn_tunnel *tunnel)
{
	const struct spn_conf *conf = spn_tunnel_conf(tunnel);
	struct spn_device *sd = spn_device(tunnel->dev);
	bool v6 = conf && spn_conf_has_v6(conf);

	sd->n_v6 += v6 - tunnel->v6;
	tunnel->v6 = v6;
	/* Read without the lock as packets come in. */
	WRITE_ONCE(tunnel->mtu, conf ? carried(tunnel, conf) : 0);
}

/* Of all tunnels with an SA; @enough: none is known to carry more. */
static unsigned int widest(const struct spn_device *sd, unsigned int enough)
{
	const struct spn_tunnel *tunnel;
	unsigned int mtu = 0;

	list_for_each_entry(tunnel, &sd->tunnels, device_node) {
		mtu = max(mtu, tunnel->mtu);
		/* Most often many carry the same. */
		if (mtu == enough)
			break;
	}
	return mtu;
}

/* IPv6 takes no interface whose MTU is less than that (RFC 8200 5). */
static unsigned int least_mtu(const struct spn_device *sd)
{
	return sd->n_v6 ? IPV6_MIN_MTU : 0;
}

/* While no tunnel has an SA, it stays as it is. */
static unsigned int wanted_mtu(const struct spn_device *sd)
{
	return max(sd->mtu ?: READ_ONCE(sd->dev->mtu), least_mtu(sd));
}

static void note_wanted(struct mtu_net *mn, struct spn_device *sd)
{
	if (sd->mtu_fixed || wanted_mtu(sd) == READ_ONCE(sd->dev->mtu))
		return;
	sd->unsettled = true;
	WRITE_ONCE(mn->unsettled, true);
	queue_work(spn_tunnel_wq, &mn->settle);
}

void spn_mtu_fit(struct spn_tunnel *tunnel)
{
	struct spn_device *sd = spn_device(tunnel->dev);
	unsigned int old = tunnel->mtu;

	lockdep_assert_held(&tunnel->sn->lock);
	/* Of a device that goes nothing matters any more. */
	if (!rcu_access_pointer(sd->net))
		return;
	measure_tunnel(tunnel);
	if (tunnel->mtu >= sd->mtu)
		sd->mtu = tunnel->mtu;
	else if (old == sd->mtu)
		sd->mtu = widest(sd, old);
	note_wanted(mtu_net(tunnel->sn), sd);
}

static void look_at_device(struct mtu_net *mn, struct spn_device *sd)
{
	struct spn_tunnel *tunnel;

	list_for_each_entry(tunnel, &sd->tunnels, device_node) {
		measure_tunnel(tunnel);
		cond_resched();
	}
	sd->mtu = widest(sd, UINT_MAX);
	note_wanted(mn, sd);
}

/* The routes are others: of all tunnels at once, or each would look through all others. */
static void look_at_all(struct work_struct *work)
{
	struct mtu_net *mn = container_of(work, struct mtu_net, look.work);
	unsigned long start = jiffies;
	struct spn_device *sd;

	mutex_lock(&mn->sn->lock);
	list_for_each_entry(sd, &mn->sn->devices, node)
		look_at_device(mn, sd);
	mutex_unlock(&mn->sn->lock);
	spn_mtu_settle(mn->sn);
	/* Where routes change all the time, it takes a small part of it. */
	WRITE_ONCE(mn->pause, max_t(unsigned long, LOOK_PAUSE, LOOK_SHARE * (jiffies - start)));
}

/* In any context.  Where no device is, or is any more, there is nothing to look at. */
static void look_soon(struct net *net)
{
	struct mtu_net *mn = net_generic(net, mtu_net_id);

	if (mn->sn && !list_empty(&mn->sn->devices))
		queue_delayed_work(spn_tunnel_wq, &mn->look, READ_ONCE(mn->pause));
}

/* Has the device addresses, but for one of its own making, that it would lose? */
static bool has_v6_address(const struct net_device *dev)
{
	struct inet6_dev *in6_dev = __in6_dev_get(dev);
	const struct inet6_ifaddr *address;
	bool found = false;

	if (!in6_dev)
		return false;
	read_lock_bh(&in6_dev->lock);
	list_for_each_entry(address, &in6_dev->addr_list, if_list)
		found |= !(ipv6_addr_type(&address->addr) & IPV6_ADDR_LINKLOCAL);
	read_unlock_bh(&in6_dev->lock);
	return found;
}

/* What it is while nobody has fixed it.  Under the RTNL. */
static unsigned int followed_mtu(const struct spn_device *sd)
{
	unsigned int least = has_v6_address(sd->dev) ? IPV6_MIN_MTU : 0;

	return max(wanted_mtu(sd), least);
}

static void change_mtu(struct spn_device *sd, unsigned int mtu)
{
	sd->mtu_own = true;
	dev_set_mtu(sd->dev, mtu);
	sd->mtu_own = false;
	/* IPv6 begins anew when there is room for it again. */
	spn_dev_no_link_local(sd->dev);
}

static struct spn_device *next_unsettled(struct mtu_net *mn, unsigned int *mtu)
{
	struct spn_device *sd, *found = NULL;

	mutex_lock(&mn->sn->lock);
	list_for_each_entry(sd, &mn->sn->devices, node) {
		if (!sd->unsettled)
			continue;
		sd->unsettled = false;
		if (sd->mtu_fixed)
			continue;
		*mtu = followed_mtu(sd);
		found = sd;
		break;
	}
	if (!found)
		WRITE_ONCE(mn->unsettled, false);
	mutex_unlock(&mn->sn->lock);
	return found;
}

void spn_mtu_settle(struct spn_net *sn)
{
	struct mtu_net *mn = mtu_net(sn);
	struct spn_device *sd;
	unsigned int mtu;

	if (!READ_ONCE(mn->unsettled))
		return;
	rtnl_lock();
	/* A device does not go while we hold the RTNL. */
	while ((sd = next_unsettled(mn, &mtu)))
		change_mtu(sd, mtu);
	rtnl_unlock();
}

static void settle(struct work_struct *work)
{
	spn_mtu_settle(container_of(work, struct mtu_net, settle)->sn);
}

unsigned int spn_mtu_choose(struct spn_device *sd, unsigned int mtu)
{
	struct net *net = rtnl_dereference(sd->net);

	ASSERT_RTNL();
	if (sd->mtu_own || !net)
		return mtu ?: sd->dev->mtu;
	mutex_lock(&spn_net(net)->lock);
	sd->mtu_fixed = mtu;
	if (!mtu)
		mtu = followed_mtu(sd);
	mutex_unlock(&spn_net(net)->lock);
	return mtu;
}

void spn_mtu_path_changed(struct spn_tunnel *tunnel)
{
	unsigned long after = READ_ONCE(tunnel->refit_after);

	/* Not that of long ago, which on 32 bits looks like one to come. */
	if (time_in_range_open(jiffies, after - HZ, after) ||
	    cmpxchg(&tunnel->refit_after, after, jiffies + HZ) != after)
		return;
	refit_after(tunnel, HZ);
}

void spn_mtu_told(struct spn_tunnel *tunnel, struct sk_buff *skb, u32 mtu)
{
	const struct spn_conf *conf = rcu_dereference(tunnel->conf);

	if (!conf)
		return;
	spn_route_update_pmtu(tunnel->sn->net, conf, skb, mtu);
	spn_mtu_path_changed(tunnel);
}

bool spn_mtu_cuts(const struct spn_conf *conf, const struct sk_buff *skb,
		  const struct spn_ip *ip, unsigned int carried)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (skb->len <= carried || skb_is_gso(skb) || carried < IPV4_MIN_MTU)
		return false;
	/* In transport mode no fragment is sealed (RFC 4303 3.3.4). */
	if (conf->opt.mode == SPINDLE_MODE_TRANSPORT || conf->ports ||
	    conf->opt.df == SPINDLE_DF_CLEAR)
		return false;
	/* Options, of which some belong to the first fragment alone, are left to the stack. */
	return ip->family == AF_INET && iph->ihl * 4 == sizeof(*iph) && !ip->df &&
	       ntohs(iph->tot_len) == skb->len;
}

struct sk_buff *spn_mtu_cut(struct sk_buff *skb, unsigned int carried, unsigned int headroom)
{
	const unsigned int header_len = sizeof(struct iphdr);
	struct sk_buff *list = NULL, *next, **end = &list;
	struct ip_frag_state state;

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return NULL;
	ip_frag_init(skb, header_len, headroom, carried - header_len, false, &state);
	while (state.left) {
		next = ip_frag_next(skb, &state);
		if (IS_ERR(next)) {
			kfree_skb_list(list);
			return NULL;
		}
		*end = next;
		end = &next->next;
	}
	consume_skb(skb);
	return list;
}

void spn_mtu_refit(struct work_struct *work)
{
	struct spn_tunnel *tunnel = container_of(work, struct spn_tunnel, refit.work);
	struct net *net = spn_tunnel_net_get(tunnel);

	if (net) {
		struct spn_net *sn = spn_net(net);

		mutex_lock(&sn->lock);
		spn_mtu_fit(tunnel);
		mutex_unlock(&sn->lock);
		spn_mtu_settle(sn);
		put_net(net);
	}
	spn_tunnel_put(tunnel);
}

static int hear_fib(struct notifier_block *block, unsigned long event, void *info)
{
	look_soon(container_of(block, struct mtu_net, fib)->sn->net);
	return NOTIFY_DONE;
}

static int hear_device(struct notifier_block *block, unsigned long event, void *info)
{
	if (event == NETDEV_CHANGEMTU)
		look_soon(dev_net(netdev_notifier_info_to_dev(info)));
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = { .notifier_call = hear_device };

static int __net_init mtu_net_init(struct net *net)
{
	struct mtu_net *mn = net_generic(net, mtu_net_id);

	mn->sn = spn_net(net);
	mn->pause = LOOK_PAUSE;
	INIT_WORK(&mn->settle, settle);
	INIT_DELAYED_WORK(&mn->look, look_at_all);
	/*
	 * If routes change too fast for it to begin anywhere, there is still what comes of
	 * packets on their way out.
	 */
	mn->fib.notifier_call = hear_fib;
	mn->hears_fib = !register_fib_notifier(net, &mn->fib, NULL, NULL);
	return 0;
}

/* The namespace has closed its devices. */
static void __net_exit mtu_net_exit(struct net *net)
{
	struct mtu_net *mn = net_generic(net, mtu_net_id);

	if (mn->hears_fib)
		unregister_fib_notifier(net, &mn->fib);
	cancel_delayed_work_sync(&mn->look);
	cancel_work_sync(&mn->settle);
}

static struct pernet_operations mtu_net_ops = {
	.init = mtu_net_init,
	.exit = mtu_net_exit,
	.id = &mtu_net_id,
	.size = sizeof(struct mtu_net),
};

int __init spn_mtu_init(void)
{
	int err;

	err = register_pernet_subsys(&mtu_net_ops);
	if (err)
		return err;
	err = register_netdevice_notifier(&device_notifier);
	if (err)
		unregister_pernet_subsys(&mtu_net_ops);
	return err;
}

void spn_mtu_exit(void)
{
	unregister_netdevice_notifier(&device_notifier);
	unregister_pernet_subsys(&mtu_net_ops);
}
