// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include <linux/timer.h>

#include "peer.h"
#include "tunnel.h"

/**
 * struct spn_peer - what it takes to keep in touch
 * @tunnel: whose peer it is
 * @keepalive: runs while the configuration asks for keepalives
 */
struct spn_peer {
	struct spn_tunnel *tunnel;
	struct timer_list keepalive;
};

/*
 * No packet touches the timer: when it fires, it asks how long ago the last one went, and
 * waits for the rest.
 */
static void keep_alive(struct timer_list *timer)
{
	struct spn_peer *peer = from_timer(peer, timer, keepalive);
	struct spn_tunnel *tunnel = peer->tunnel;
	unsigned long period, idle;
	const struct spn_conf *conf;

	rcu_read_lock();
	conf = rcu_dereference(tunnel->conf);
	period = conf ? (unsigned long)conf->keepalive * HZ : 0;
	if (period) {
		idle = spn_queue_idle(&tunnel->tx);
		if (idle >= period) {
			spn_device(tunnel->dev)->flow->keepalive(tunnel);
			idle = 0;
		}
		mod_timer(timer, jiffies + period - idle);
	}
	rcu_read_unlock();
}

/* For who holds spn_net.lock. */
static struct spn_peer *peer_of(const struct spn_tunnel *tunnel)
{
	return rcu_dereference_protected(tunnel->peer, lockdep_is_held(&tunnel->sn->lock));
}

int spn_peer_prepare(struct spn_tunnel *tunnel, const struct spn_conf *conf)
{
	struct spn_peer *peer = peer_of(tunnel);

	if (peer || !conf->keepalive)
		return 0;
	peer = kzalloc(sizeof(*peer), GFP_KERNEL);
	if (!peer)
		return -ENOMEM;
	peer->tunnel = tunnel;
	timer_setup(&peer->keepalive, keep_alive, 0);
	rcu_assign_pointer(tunnel->peer, peer);
	return 0;
}

void spn_peer_configure(struct spn_tunnel *tunnel, const struct spn_conf *old,
			const struct spn_conf *conf)
{
	/* It ends by itself when it finds that nobody asks for keepalives any more. */
	if (conf->keepalive && (!old || conf->keepalive != old->keepalive))
		mod_timer(&peer_of(tunnel)->keepalive, jiffies);
}

void spn_peer_stop(struct spn_tunnel *tunnel)
{
	struct spn_peer *peer = peer_of(tunnel);

	if (peer)
		timer_shutdown_sync(&peer->keepalive);
}

void spn_peer_free(struct spn_tunnel *tunnel)
{
	kfree(rcu_dereference_protected(tunnel->peer, true));
}
