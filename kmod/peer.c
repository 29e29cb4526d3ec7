// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include <linux/timer.h>

#include "compat.h"
#include "conf.h"
#include "event.h"
#include "output.h"
#include "peer.h"
#include "sa.h"
#include "tunnel.h"

/*
 * In jiffies.  A sender that varies the source of each packet cannot make us follow it faster than
 * this.
 */
enum { LOOKS_APART = HZ };

/**
 * struct spn_peer - what it takes to keep in touch
 * @tunnel: whose peer it is
 * @idle: runs while the configuration asks for keepalives or dummies
 * @lock: protects @last; bottom halves off; no other lock is taken inside or held outside
 * @last: the last sighting; written by tunnel->rx's deliver() alone, which so needs no lock
 *	to read it
 * @known: @last has been looked at, or will be
 * @look: does so; holds a reference of the tunnel while it is queued
 * @looked_at: jiffies when it last found something; its own
 *
 * Made when a configuration first has a use for it, freed with the tunnel.
 */
struct spn_peer {
	struct spn_tunnel *tunnel;
	struct timer_list idle;
	spinlock_t lock;
	struct spn_sighting last;
	bool known;
	struct delayed_work look;
	unsigned long looked_at;
};

/* How long a tunnel may send nothing, in jiffies; 0: for ever. */
static unsigned long idle_max(const struct spn_conf *conf)
{
	unsigned long keepalive = (unsigned long)conf->opt.keepalive * HZ;

	if (conf->opt.admin == SPINDLE_ADMIN_DOWN)
		return 0;
	return min_not_zero(keepalive, msecs_to_jiffies(conf->opt.dummy));
}

/*
 * No packet touches the timer: when it fires, it asks how long ago the last one went, and
 * waits for the rest.
 */
static void idle(struct timer_list *timer)
{
	struct spn_peer *peer = timer_container_of(peer, timer, idle);
	struct spn_tunnel *tunnel = peer->tunnel;
	unsigned long max, since;
	const struct spn_conf *conf;

	rcu_read_lock();
	conf = rcu_dereference(tunnel->conf);
	max = conf ? idle_max(conf) : 0;
	if (max) {
		since = spn_queue_idle(&tunnel->tx);
		if (since >= max) {
			spn_output_idle(tunnel);
			since = 0;
		}
		mod_timer(timer, jiffies + max - since);
	}
	rcu_read_unlock();
}

/* For who holds spn_net.lock. */
static struct spn_peer *peer_of(const struct spn_tunnel *tunnel)
{
	return rcu_dereference_protected(tunnel->peer, lockdep_is_held(&tunnel->sn->lock));
}

/* Is that where the tunnel's packets go? */
static bool is_at(const struct spn_conf *conf, const struct spn_endpoint *from)
{
	return from->port == conf->opt.encap_dport &&
	       !memcmp(&from->addr, &conf->endpoints.remote, sizeof(from->addr));
}

static bool same_endpoint(const struct spn_endpoint *a, const struct spn_endpoint *b)
{
	return a->port == b->port && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/* Has the next packet looked at anew, as something could not be done about the last. */
static void forget(struct spn_tunnel *tunnel)
{
	struct spn_peer *peer = peer_of(tunnel);

	/* Read without a lock by who has seen a packet. */
	if (peer)
		WRITE_ONCE(peer->known, false);
}

static void look_in(struct spn_tunnel *tunnel, struct spn_peer *peer, unsigned long delay)
{
	spn_tunnel_get(tunnel);
	/* The one that is queued has a reference. */
	if (!queue_delayed_work(spn_tunnel_wq, &peer->look, delay))
		spn_tunnel_put(tunnel);
}

/* What there is to be done: the tunnel with the work's reference, or NULL for nothing yet. */
static struct spn_tunnel *take_sighting(struct work_struct *work,
					struct spn_sighting *sighting)
{
	struct spn_peer *peer = container_of(work, struct spn_peer, look.work);
	struct spn_tunnel *tunnel = peer->tunnel;
	unsigned long since = jiffies - peer->looked_at;
	const struct spn_conf *conf;
	bool at_home;

	if (since < LOOKS_APART) {
		look_in(tunnel, peer, LOOKS_APART - since);
		goto nothing;
	}
	spin_lock_bh(&peer->lock);
	*sighting = peer->last;
	spin_unlock_bh(&peer->lock);
	rcu_read_lock();
	conf = rcu_dereference(tunnel->conf);
	at_home = !conf || is_at(conf, &sighting->from);
	rcu_read_unlock();
	if (at_home)
		goto nothing;
	peer->looked_at = jiffies;
	return tunnel;

nothing:
	spn_tunnel_put(tunnel);
	return NULL;
}

/* The configuration as it is, but with the peer there; NULL if that cannot be. */
static struct spn_conf *conf_at(struct spn_conf *old, const struct spn_endpoint *from)
{
	struct spn_conf *conf;

	if (!spn_ip_is_host(&from->addr) || !from->port != !old->opt.encap_dport)
		return NULL;
	conf = spn_conf_new(old->n_local, old->n_remote);
	if (!conf)
		return NULL;
	spn_conf_inherit(conf, old);
	memcpy(conf->ts, old->ts, flex_array_size(conf, ts, old->n_local + old->n_remote));
	conf->endpoints.remote = from->addr;
	conf->opt.encap_dport = from->port;
	if (!spn_conf_check(conf, NULL))
		return conf;
	spn_conf_free(conf);
	return NULL;
}

/* As `spindle tunnel set` would do it. */
static void follow(struct spn_tunnel *tunnel, const struct spn_endpoint *from)
{
	struct spn_conf *conf = conf_at(spn_tunnel_conf(tunnel), from);

	if (conf && !spn_tunnel_set(tunnel, conf, NULL))
		return;
	if (conf)
		spn_conf_free(conf);
	forget(tunnel);
}

static void consider(struct spn_tunnel *tunnel, const struct spn_sighting *sighting)
{
	const struct spn_conf *conf = spn_tunnel_conf(tunnel);

	if (!conf || is_at(conf, &sighting->from))
		return;
	spn_event_endpoint(tunnel, sighting);
	if (conf->opt.follow)
		follow(tunnel, &sighting->from);
}

static void look(struct work_struct *work)
{
	struct spn_sighting sighting;
	struct spn_tunnel *tunnel;
	struct net *net;

	tunnel = take_sighting(work, &sighting);
	if (!tunnel)
		return;
	net = spn_tunnel_net_get(tunnel);
	if (net) {
		struct spn_net *sn = spn_net(net);

		mutex_lock(&sn->lock);
		consider(tunnel, &sighting);
		mutex_unlock(&sn->lock);
		put_net(net);
	}
	spn_tunnel_put(tunnel);
}

int spn_peer_prepare(struct spn_tunnel *tunnel, const struct spn_conf *conf)
{
	struct spn_peer *peer = peer_of(tunnel);

	if (peer || (!spn_conf_watches(conf) && !idle_max(conf)))
		return 0;
	peer = kzalloc(sizeof(*peer), GFP_KERNEL_ACCOUNT);
	if (!peer)
		return -ENOMEM;
	peer->tunnel = tunnel;
	timer_setup(&peer->idle, idle, 0);
	spin_lock_init(&peer->lock);
	INIT_DELAYED_WORK(&peer->look, look);
	peer->looked_at = jiffies - LOOKS_APART;
	rcu_assign_pointer(tunnel->peer, peer);
	return 0;
}

void spn_peer_configure(struct spn_tunnel *tunnel, const struct spn_conf *conf)
{
	/* It ends by itself when it finds that nothing is asked for any more. */
	if (idle_max(conf))
		mod_timer(&peer_of(tunnel)->idle, jiffies);
	forget(tunnel);
}

/* Has the peer sent with newer keys since?  Then a packet with these says nothing new. */
static bool superseded(const struct spn_sa *sa)
{
	struct spn_tunnel *tunnel = sa->tunnel;
	const struct spn_sa *other;
	bool newer = false;

	spin_lock(&tunnel->lock);
	list_for_each_entry(other, &tunnel->sas, node)
		newer |= other->dir == SPINDLE_DIR_IN && other->generation > sa->generation &&
			 spn_sa_heard(other);
	spin_unlock(&tunnel->lock);
	return newer;
}

void spn_peer_seen(const struct spn_sa *sa, const struct spn_endpoint *from)
{
	struct spn_tunnel *tunnel = sa->tunnel;
	struct spn_peer *peer = rcu_dereference(tunnel->peer);

	if (!peer || (READ_ONCE(peer->known) && same_endpoint(&peer->last.from, from)) ||
	    superseded(sa))
		return;
	spin_lock(&peer->lock);
	peer->last.from = *from;
	peer->last.spi = sa->spi;
	peer->last.generation = sa->generation;
	WRITE_ONCE(peer->known, true);
	spin_unlock(&peer->lock);
	look_in(tunnel, peer, 0);
}

void spn_peer_stop(struct spn_tunnel *tunnel)
{
	struct spn_peer *peer = peer_of(tunnel);

	if (!peer)
		return;
	timer_shutdown_sync(&peer->idle);
	if (cancel_delayed_work(&peer->look))
		spn_tunnel_put(tunnel);
}
