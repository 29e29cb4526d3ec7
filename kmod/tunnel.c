// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>

#include "conf.h"
#include "generation.h"
#include "limit.h"
#include "port.h"
#include "sa.h"
#include "spi.h"
#include "tunnel.h"

static const struct rhashtable_params name_params = {
	.key_len = sizeof_field(struct spn_tunnel, name),
	.key_offset = offsetof(struct spn_tunnel, name),
	.head_offset = offsetof(struct spn_tunnel, name_node),
	.automatic_shrinking = true,
};

struct workqueue_struct *spn_tunnel_wq;

static struct kmem_cache *tunnel_cache;

int __init spn_tunnel_init(void)
{
	tunnel_cache = kmem_cache_create("spindle_tunnel", sizeof(struct spn_tunnel), 0,
					 SLAB_ACCOUNT, NULL);
	if (!tunnel_cache)
		return -ENOMEM;
	spn_tunnel_wq = alloc_workqueue("spindle_tunnel", WQ_UNBOUND, 0);
	if (spn_tunnel_wq)
		return 0;
	kmem_cache_destroy(tunnel_cache);
	return -ENOMEM;
}

void spn_tunnel_exit(void)
{
	destroy_workqueue(spn_tunnel_wq);
	kmem_cache_destroy(tunnel_cache);
}

int spn_tunnel_table_init(struct spn_net *sn)
{
	idr_init(&sn->tunnels);
	return rhashtable_init(&sn->names, &name_params);
}

void spn_tunnel_table_destroy(struct spn_net *sn)
{
	rhashtable_destroy(&sn->names);
	idr_destroy(&sn->tunnels);
}

struct spn_tunnel *spn_tunnel_find(struct spn_net *sn, u32 id, const char *name)
{
	char key[sizeof_field(struct spn_tunnel, name)] = {};

	lockdep_assert_held(&sn->lock);
	if (id)
		return idr_find(&sn->tunnels, id);
	strscpy(key, name, sizeof(key));
	return rhashtable_lookup_fast(&sn->names, key, name_params);
}

static void free_tunnel(struct rcu_head *rcu)
{
	struct spn_tunnel *tunnel = container_of(rcu, struct spn_tunnel, rcu);

	dev_put(tunnel->dev);
	kfree(rcu_dereference_protected(tunnel->peer, true));
	kmem_cache_free(tunnel_cache, tunnel);
}

void spn_tunnel_put(struct spn_tunnel *tunnel)
{
	if (refcount_dec_and_test(&tunnel->refs))
		call_rcu(&tunnel->rcu, free_tunnel);
}

struct net *spn_tunnel_net_get(const struct spn_tunnel *tunnel)
{
	struct net *net;

	rcu_read_lock();
	net = rcu_dereference(spn_device(tunnel->dev)->net);
	if (net)
		net = maybe_get_net(net);
	rcu_read_unlock();
	return net;
}

static struct spn_tunnel *alloc_tunnel(struct spn_net *sn, struct net_device *dev,
				       const char *name)
{
	struct spn_tunnel *tunnel = kmem_cache_zalloc(tunnel_cache, GFP_KERNEL);
	const struct spn_flow *flow = spn_device(dev)->flow;

	if (!tunnel)
		return NULL;
	tunnel->sn = sn;
	tunnel->dev = dev;
	dev_hold(dev);
	spn_drops_init(&tunnel->drops, dev);
	strscpy(tunnel->name, name, sizeof(tunnel->name));
	spin_lock_init(&tunnel->lock);
	INIT_LIST_HEAD(&tunnel->sas);
	INIT_LIST_HEAD(&tunnel->reserved);
	tunnel->seq = 1;
	spn_queue_init(&tunnel->tx, &flow->out);
	spn_queue_init(&tunnel->rx, &flow->in);
	INIT_DELAYED_WORK(&tunnel->refit, flow->refit);
	tunnel->refit_after = jiffies;
	spn_stage_init(&tunnel->stage, sn, &tunnel->drops);
	tunnel->acquire_after = jiffies;
	refcount_set(&tunnel->refs, 1);
	return tunnel;
}

/* The port is open before the peer is told of it, by our packets. */
static int take_port(struct spn_net *sn, struct spn_conf *conf)
{
	struct spn_port *port;

	if (!conf->opt.encap_sport)
		return 0;
	port = spn_port_get(sn, &conf->endpoints.local, conf->opt.encap_sport);
	if (IS_ERR(port))
		return PTR_ERR(port);
	conf->port = port;
	return 0;
}

static void release_port(struct spn_conf *conf)
{
	if (conf->port)
		spn_port_put(conf->port);
	conf->port = NULL;
}

/* Publishes in the reverse order of spn_tunnel_delete(): packets come last. */
static int publish(struct spn_tunnel *tunnel, struct spn_conf *conf,
		   struct netlink_ext_ack *extack)
{
	struct spn_device *sd = spn_device(tunnel->dev);
	struct spn_net *sn = tunnel->sn;
	int err;

	/* A number that is used again at once would lead who has heard of the old one astray. */
	err = idr_alloc_cyclic(&sn->tunnels, tunnel, 1, 0, GFP_KERNEL);
	if (err < 0)
		return err;
	tunnel->id = err;
	err = rhashtable_lookup_insert_fast(&sn->names, &tunnel->name_node, name_params);
	if (err) {
		if (err == -EEXIST)
			NL_SET_ERR_MSG(extack, "a tunnel of that name exists");
		goto remove_id;
	}
	err = spn_conf_hash(sn, conf);
	if (err)
		goto remove_name;
	rcu_assign_pointer(tunnel->conf, conf);
	err = spn_conf_route(conf, NULL, &sd->selectors, extack);
	if (err)
		goto unhash;
	list_add_tail(&tunnel->device_node, &sd->tunnels);
	sd->n_tunnels++;
	sn->n_tunnels++;
	sn->tunnels_seq++;
	return 0;

unhash:
	RCU_INIT_POINTER(tunnel->conf, NULL);
	spn_conf_unhash(sn, conf);
remove_name:
	rhashtable_remove_fast(&sn->names, &tunnel->name_node, name_params);
remove_id:
	idr_remove(&sn->tunnels, tunnel->id);
	return err;
}

struct spn_tunnel *spn_tunnel_new(struct spn_net *sn, struct net_device *dev,
				  const char *name, struct spn_conf *conf,
				  struct netlink_ext_ack *extack)
{
	const struct net *net = rcu_access_pointer(spn_device(dev)->net);
	struct spn_tunnel *tunnel;
	int err;

	lockdep_assert_held(&sn->lock);
	if (!net) {
		NL_SET_ERR_MSG(extack, "the device is going away");
		return ERR_PTR(-ENODEV);
	}
	/* All that hangs on a device is under the lock of the namespace it was born in. */
	if (net != sn->net) {
		NL_SET_ERR_MSG(extack, "the device was made in another network namespace");
		return ERR_PTR(-EXDEV);
	}
	err = spn_limit_tunnels(sn, extack);
	if (err)
		return ERR_PTR(err);
	tunnel = alloc_tunnel(sn, dev, name);
	if (!tunnel)
		return ERR_PTR(-ENOMEM);
	conf->tunnel = tunnel;
	err = take_port(sn, conf) ?:
	      spn_device(dev)->flow->prepare(tunnel, conf) ?:
	      publish(tunnel, conf, extack);
	if (err) {
		release_port(conf);
		spn_tunnel_put(tunnel);
		return ERR_PTR(err);
	}
	spn_tunnel_fit(tunnel);
	spn_device(dev)->flow->tunnel_new(tunnel);
	return tunnel;
}

void spn_tunnel_delete(struct spn_tunnel *tunnel)
{
	struct spn_device *sd = spn_device(tunnel->dev);
	struct spn_conf *conf = spn_tunnel_conf(tunnel);
	struct spn_net *sn = tunnel->sn;
	struct spn_sa *sa, *next;

	lockdep_assert_held(&sn->lock);
	if (cancel_delayed_work(&tunnel->refit))
		spn_tunnel_put(tunnel);
	list_del(&tunnel->device_node);
	sd->n_tunnels--;
	sn->n_tunnels--;
	sn->tunnels_seq++;
	spn_conf_unroute(conf, NULL, &sd->selectors);
	list_for_each_entry_safe(sa, next, &tunnel->sas, node)
		spn_generation_unlink(tunnel, sa);
	spn_spi_release_reserved(sn, tunnel);
	sd->flow->tunnel_gone(tunnel);
	spn_conf_unhash(sn, conf);
	rhashtable_remove_fast(&sn->names, &tunnel->name_node, name_params);
	idr_remove(&sn->tunnels, tunnel->id);
	RCU_INIT_POINTER(tunnel->conf, NULL);
	spn_stage_close(&tunnel->stage);
	release_port(conf);
	spn_conf_free(conf);
	spn_tunnel_fit(tunnel);
	spn_tunnel_put(tunnel);
}

void spn_tunnel_close(struct spn_net *sn, struct spn_device *sd)
{
	struct spn_tunnel *tunnel, *next;

	lockdep_assert_held(&sn->lock);
	RCU_INIT_POINTER(sd->net, NULL);
	list_del_init(&sd->node);
	sn->devices_seq++;
	/*
	 * The newest first: so each is the first of those between the same two hosts, where
	 * spn_conf_unhash() begins to look for it.
	 */
	list_for_each_entry_safe_reverse(tunnel, next, &sd->tunnels, device_node) {
		spn_tunnel_delete(tunnel);
		cond_resched();
	}
}

/*
 * Gives every inbound SA a second entry under the new local address, and every reservation.
 * Before that the tunnel has none there, for they move along.
 */
static int move_spis(struct spn_tunnel *tunnel, struct spn_conf *conf,
		     struct list_head *moved, struct netlink_ext_ack *extack)
{
	const struct spn_addr *to = &conf->endpoints.local;
	struct spn_spi *entry;
	struct spn_sa *sa;
	int err;

	err = spn_spi_move_reserved(tunnel->sn, tunnel, to, conf->opt.proto, extack);
	if (err)
		goto in_use;
	list_for_each_entry(sa, &tunnel->sas, node) {
		if (sa->dir != SPINDLE_DIR_IN)
			continue;
		entry = spn_spi_reserve(tunnel->sn, tunnel, to, conf->opt.proto, sa->spi, extack);
		if (IS_ERR(entry)) {
			err = PTR_ERR(entry);
			goto in_use;
		}
		list_move_tail(&entry->reserved, moved);
	}
	return 0;

in_use:
	/* The request names no SPI that the table's own words could be about. */
	if (err == -EEXIST)
		NL_SET_ERR_MSG(extack, "the SPI of an SA is in use at the new local address");
	return err;
}

/* The new entries, in the order of the SAs, take over from the old ones. */
static void settle_spis(struct spn_tunnel *tunnel, struct list_head *moved)
{
	struct spn_sa *sa;

	list_for_each_entry(sa, &tunnel->sas, node) {
		struct spn_spi *entry, *old = sa->entry;

		if (sa->dir != SPINDLE_DIR_IN)
			continue;
		entry = list_first_entry(moved, struct spn_spi, reserved);
		sa->entry = entry;
		spn_spi_publish(tunnel->sn, entry, sa);
		spn_spi_release(tunnel->sn, old);
	}
}

int spn_tunnel_set(struct spn_tunnel *tunnel, struct spn_conf *conf,
		   struct netlink_ext_ack *extack)
{
	struct spn_selectors *selectors = &spn_device(tunnel->dev)->selectors;
	struct spn_conf *old = spn_tunnel_conf(tunnel);
	struct spn_net *sn = tunnel->sn;
	LIST_HEAD(moved);
	bool move, same;
	int err;

	conf->tunnel = tunnel;
	err = take_port(sn, conf);
	if (err)
		return err;
	move = memcmp(&conf->endpoints.local, &old->endpoints.local, sizeof(struct spn_addr));
	if (move) {
		err = move_spis(tunnel, conf, &moved, extack);
		if (err)
			goto unmove;
	}
	err = spn_conf_hash(sn, conf);
	if (err)
		goto unmove;
	/* Most often, as when a peer is followed, the same packets are led there. */
	same = spn_conf_leads_same(conf, old);
	err = same ? 0 : spn_conf_route(conf, old, selectors, extack);
	if (err)
		goto unhash;

	if (move) {
		settle_spis(tunnel, &moved);
		spn_spi_release_at(sn, tunnel, &old->endpoints.local);
	}
	rcu_assign_pointer(tunnel->conf, conf);
	sn->tunnels_seq++;
	if (!same)
		spn_conf_unroute(old, conf, selectors);
	spn_conf_unhash(sn, old);
	release_port(old);
	spn_conf_free(old);
	spn_tunnel_fit(tunnel);
	spn_device(tunnel->dev)->flow->tunnel_set(tunnel);
	return 0;

unhash:
	spn_conf_unhash(sn, conf);
unmove:
	if (move)
		spn_spi_release_at(sn, tunnel, &conf->endpoints.local);
	release_port(conf);
	return err;
}
