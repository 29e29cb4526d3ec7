// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>

#include "event.h"
#include "limit.h"
#include "peer.h"
#include "port.h"
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
	spn_peer_free(tunnel);
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

static void fit(struct spn_tunnel *tunnel)
{
	spn_device(tunnel->dev)->flow->fit(tunnel);
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
	err = spn_peer_prepare(tunnel, conf) ?: take_port(sn, conf) ?:
	      publish(tunnel, conf, extack);
	if (err) {
		release_port(conf);
		spn_tunnel_put(tunnel);
		return ERR_PTR(err);
	}
	spn_peer_configure(tunnel, NULL, conf);
	fit(tunnel);
	return tunnel;
}

/*
 * Chooses what to send with; after any change to the list or to parked.  The newest that is
 * not parked, also when it has expired: the one before it may be none any more at the peer.
 */
static void choose_out(struct spn_tunnel *tunnel)
{
	struct spn_sa *sa, *best = NULL;
	u32 first = 0, last = 0;

	lockdep_assert_held(&tunnel->lock);
	list_for_each_entry(sa, &tunnel->sas, node) {
		if (sa->dir != SPINDLE_DIR_OUT)
			continue;
		if (!sa->parked) {
			if (!best || sa->generation > best->generation)
				best = sa;
		} else if (!spn_sa_expired(sa)) {
			first = min_not_zero(first, sa->generation);
			last = max(last, sa->generation);
		}
	}
	rcu_assign_pointer(tunnel->out, best);
	/* Read without the lock by input, as a hint to come and look. */
	WRITE_ONCE(tunnel->parked_first, first);
	WRITE_ONCE(tunnel->parked_last, last);
}

static void remove_sa(struct spn_tunnel *tunnel, struct spn_sa *sa)
{
	spn_device(tunnel->dev)->flow->sa_gone(sa);
	spn_tunnel_sas_changed(tunnel);
	tunnel->sn->n_sas--;
	if (sa->entry)
		spn_spi_release(tunnel->sn, sa->entry);
	else
		spn_spi_unhash_out(tunnel->sn, sa);
	spin_lock_bh(&tunnel->lock);
	list_del(&sa->node);
	choose_out(tunnel);
	spin_unlock_bh(&tunnel->lock);
	spn_sa_stop(sa);
	spn_drops_move(&tunnel->drops, &sa->drops);
	spn_sa_put(sa);
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
	spn_peer_stop(tunnel);
	list_del(&tunnel->device_node);
	sd->n_tunnels--;
	sn->n_tunnels--;
	sn->tunnels_seq++;
	spn_conf_unroute(conf, NULL, &sd->selectors);
	list_for_each_entry_safe(sa, next, &tunnel->sas, node)
		remove_sa(tunnel, sa);
	spn_spi_release_reserved(sn, tunnel);
	sd->flow->tunnel_gone(tunnel);
	spn_conf_unhash(sn, conf);
	rhashtable_remove_fast(&sn->names, &tunnel->name_node, name_params);
	idr_remove(&sn->tunnels, tunnel->id);
	RCU_INIT_POINTER(tunnel->conf, NULL);
	spn_stage_close(&tunnel->stage);
	release_port(conf);
	spn_conf_free(conf);
	fit(tunnel);
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
	err = spn_peer_prepare(tunnel, conf) ?: take_port(sn, conf);
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
	spn_peer_configure(tunnel, old, conf);
	if (!same)
		spn_conf_unroute(old, conf, selectors);
	spn_conf_unhash(sn, old);
	release_port(old);
	spn_conf_free(old);
	fit(tunnel);
	return 0;

unhash:
	spn_conf_unhash(sn, conf);
unmove:
	if (move)
		spn_spi_release_at(sn, tunnel, &conf->endpoints.local);
	release_port(conf);
	return err;
}

static struct spn_sa *find_sa(struct spn_tunnel *tunnel, u8 dir, u32 generation)
{
	struct spn_sa *sa;

	list_for_each_entry(sa, &tunnel->sas, node)
		if (sa->dir == dir && sa->generation == generation)
			return sa;
	return NULL;
}

static u32 last_generation(const struct spn_tunnel *tunnel, u8 dir)
{
	const struct spn_sa *sa;
	u32 last = 0;

	list_for_each_entry(sa, &tunnel->sas, node)
		if (sa->dir == dir)
			last = max(last, sa->generation);
	return last;
}

/*
 * Where none was named, takes the next generation: of that direction for an SA alone, of both
 * for two, which are to be of one.
 */
static int settle_generations(struct spn_tunnel *tunnel, struct spn_sa_config *in,
			      struct spn_sa_config *out, struct netlink_ext_ack *extack)
{
	u32 named = max(in ? in->generation : 0, out ? out->generation : 0);
	u32 last = max(in ? last_generation(tunnel, SPINDLE_DIR_IN) : 0,
		       out ? last_generation(tunnel, SPINDLE_DIR_OUT) : 0);

	if (!named && last == U32_MAX) {
		NL_SET_ERR_MSG(extack, "no generation is left: name one");
		return -ERANGE;
	}
	if (in && !in->generation)
		in->generation = named ?: last + 1;
	if (out && !out->generation)
		out->generation = named ?: last + 1;
	if ((!in || !find_sa(tunnel, SPINDLE_DIR_IN, in->generation)) &&
	    (!out || !find_sa(tunnel, SPINDLE_DIR_OUT, out->generation)))
		return 0;
	NL_SET_ERR_MSG(extack, "the generation has an SA of this direction already");
	return -EEXIST;
}

static struct spn_sa *make_sa(struct spn_tunnel *tunnel, struct spn_sa_config *config,
			      struct netlink_ext_ack *extack)
{
	const struct spn_conf *conf = spn_tunnel_conf(tunnel);
	bool ah = conf->opt.proto == IPPROTO_AH;

	if (config->suite->ah != ah) {
		if (ah)
			NL_SET_ERR_MSG(extack, "the algorithm is for ESP, and the tunnel is AH");
		else
			NL_SET_ERR_MSG(extack, "the algorithm is for AH, and the tunnel is ESP");
		return ERR_PTR(-EINVAL);
	}
	config->replay_window = conf->opt.replay_window;
	return spn_sa_new(tunnel, config);
}

static void publish_sa(struct spn_tunnel *tunnel, struct spn_sa *sa, struct spn_spi *entry)
{
	sa->serial = ++tunnel->sn->serial;
	tunnel->sn->n_sas++;
	spn_tunnel_sas_changed(tunnel);
	spin_lock_bh(&tunnel->lock);
	list_add(&sa->node, &tunnel->sas);
	choose_out(tunnel);
	spin_unlock_bh(&tunnel->lock);
	if (entry) {
		sa->entry = entry;
		spn_spi_publish(tunnel->sn, entry, sa);
	}
	spn_sa_start(sa);
}

int spn_tunnel_install(struct spn_tunnel *tunnel, struct spn_sa_config *in,
		       struct spn_sa_config *out, struct netlink_ext_ack *extack)
{
	struct spn_conf *conf = spn_tunnel_conf(tunnel);
	struct spn_sa *sa_in = NULL, *sa_out = NULL;
	struct spn_spi *entry;
	int err;

	lockdep_assert_held(&tunnel->sn->lock);
	err = spn_limit_sas(tunnel->sn, !!in + !!out, extack) ?:
	      settle_generations(tunnel, in, out, extack);
	if (err)
		return err;
	if (in) {
		sa_in = make_sa(tunnel, in, extack);
		if (IS_ERR(sa_in))
			return PTR_ERR(sa_in);
	}
	if (out) {
		sa_out = make_sa(tunnel, out, extack);
		if (IS_ERR(sa_out)) {
			err = PTR_ERR(sa_out);
			goto put_in;
		}
	}
	if (out) {
		err = spn_spi_hash_out(tunnel->sn, sa_out);
		if (err)
			goto put_out;
	}
	/* The last that can fail, so that nothing of it has to be undone. */
	if (in) {
		entry = spn_spi_reserve(tunnel->sn, tunnel, &conf->endpoints.local,
					conf->opt.proto, in->spi, extack);
		if (IS_ERR(entry)) {
			err = PTR_ERR(entry);
			goto unhash_out;
		}
		/* Inbound first: the peer may answer our first packet at once. */
		publish_sa(tunnel, sa_in, entry);
	}
	if (out) {
		publish_sa(tunnel, sa_out, NULL);
		fit(tunnel);
	}
	return 0;

unhash_out:
	if (sa_out)
		spn_spi_unhash_out(tunnel->sn, sa_out);
put_out:
	if (sa_out)
		spn_sa_put(sa_out);
put_in:
	if (sa_in)
		spn_sa_put(sa_in);
	return err;
}

void spn_tunnel_remove(struct spn_tunnel *tunnel, struct spn_sa *sa)
{
	bool out = sa->dir == SPINDLE_DIR_OUT;

	lockdep_assert_held(&tunnel->sn->lock);
	remove_sa(tunnel, sa);
	if (out)
		fit(tunnel);
}

bool spn_tunnel_activate(struct spn_tunnel *tunnel, u32 generation)
{
	bool activated = false;
	struct spn_sa *sa;

	spin_lock_bh(&tunnel->lock);
	sa = find_sa(tunnel, SPINDLE_DIR_OUT, generation);
	if (sa && sa->parked) {
		/* Read under spn_net.lock alone by spn_tunnel_sa_state(). */
		WRITE_ONCE(sa->parked, false);
		choose_out(tunnel);
		activated = true;
		spn_event_active(sa);
	}
	spin_unlock_bh(&tunnel->lock);
	return activated;
}

enum spindle_sa_state spn_tunnel_sa_state(const struct spn_sa *sa)
{
	lockdep_assert_held(&sa->tunnel->sn->lock);
	if (spn_sa_expired(sa))
		return SPINDLE_SA_EXPIRED;
	if (sa->dir == SPINDLE_DIR_IN || rcu_access_pointer(sa->tunnel->out) == sa)
		return SPINDLE_SA_ACTIVE;
	return READ_ONCE(sa->parked) ? SPINDLE_SA_PARKED : SPINDLE_SA_OLD;
}
