// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>

#include "conf.h"
#include "event.h"
#include "generation.h"
#include "limit.h"
#include "sa.h"
#include "spi.h"

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

void spn_generation_unlink(struct spn_tunnel *tunnel, struct spn_sa *sa)
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
	spn_sa_keep_traffic(sa);
	spn_sa_put(sa);
}

struct spn_sa *spn_generation_find(struct spn_tunnel *tunnel, u8 dir, u32 generation)
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
	if ((!in || !spn_generation_find(tunnel, SPINDLE_DIR_IN, in->generation)) &&
	    (!out || !spn_generation_find(tunnel, SPINDLE_DIR_OUT, out->generation)))
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
	spn_device(tunnel->dev)->flow->sa_new(sa);
}

int spn_generation_install(struct spn_tunnel *tunnel, struct spn_sa_config *in,
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
		spn_tunnel_fit(tunnel);
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

void spn_generation_remove(struct spn_tunnel *tunnel, struct spn_sa *sa)
{
	bool out = sa->dir == SPINDLE_DIR_OUT;

	lockdep_assert_held(&tunnel->sn->lock);
	spn_generation_unlink(tunnel, sa);
	if (out)
		spn_tunnel_fit(tunnel);
}

bool spn_generation_activate(struct spn_tunnel *tunnel, u32 generation)
{
	bool activated = false;
	struct spn_sa *sa;

	spin_lock_bh(&tunnel->lock);
	sa = spn_generation_find(tunnel, SPINDLE_DIR_OUT, generation);
	if (sa && sa->parked) {
		/* Read under spn_net.lock alone by spn_generation_sa_state(). */
		WRITE_ONCE(sa->parked, false);
		choose_out(tunnel);
		activated = true;
		spn_event_active(sa);
	}
	spin_unlock_bh(&tunnel->lock);
	return activated;
}

struct spn_traffic spn_generation_traffic(struct spn_tunnel *tunnel, u8 dir)
{
	struct spn_traffic sum, one;
	struct spn_sa *sa;

	spin_lock_bh(&tunnel->lock);
	sum = tunnel->past[dir];
	list_for_each_entry(sa, &tunnel->sas, node) {
		if (sa->dir != dir)
			continue;
		one = spn_sa_traffic(sa);
		sum.packets += one.packets;
		sum.bytes += one.bytes;
		sum.last = max(sum.last, one.last);
	}
	spin_unlock_bh(&tunnel->lock);
	return sum;
}

enum spindle_sa_state spn_generation_sa_state(const struct spn_sa *sa)
{
	lockdep_assert_held(&sa->tunnel->sn->lock);
	if (spn_sa_expired(sa))
		return SPINDLE_SA_EXPIRED;
	if (sa->dir == SPINDLE_DIR_IN || rcu_access_pointer(sa->tunnel->out) == sa)
		return SPINDLE_SA_ACTIVE;
	return READ_ONCE(sa->parked) ? SPINDLE_SA_PARKED : SPINDLE_SA_OLD;
}
