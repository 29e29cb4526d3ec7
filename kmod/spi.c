// SPDX-License-Identifier: GPL-2.0
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spindle.h>
#include <net/xfrm.h>

#include "conf.h"
#include "sa.h"
#include "spi.h"
#include "state.h"

enum {
	RESERVED_SECONDS = 60,
	DRAW_TRIES = 64,	/* random SPIs tried before giving up */
};

static const struct rhashtable_params spi_params = {
	.key_len = sizeof(struct spn_spi_key),
	.key_offset = offsetof(struct spn_spi, key),
	.head_offset = offsetof(struct spn_spi, node),
	.automatic_shrinking = true,
};

static const struct rhashtable_params outs_params = {
	.key_len = sizeof_field(struct spn_sa, spi),
	.key_offset = offsetof(struct spn_sa, spi),
	.head_offset = offsetof(struct spn_sa, out_node),
	.automatic_shrinking = true,
};

static struct spn_spi_key key_of(const struct spn_addr *dst, __be32 spi, u8 proto)
{
	struct spn_spi_key key = {
		.spi = spi,
		.family = dst->family,
		.proto = proto,
	};

	BUILD_BUG_ON(sizeof(key) != 24);
	memcpy(key.addr, dst->octets, sizeof(key.addr));
	return key;
}

/* Ends a reservation and tells of it. */
static void release_unused(struct spn_net *sn, struct spn_spi *entry)
{
	spn_device(entry->tunnel->dev)->flow->spi_gone(entry);
	spn_tunnel_sas_changed(entry->tunnel);
	spn_spi_release(sn, entry);
}

static void end_reservations(struct work_struct *work)
{
	struct spn_net *sn = container_of(work, struct spn_net, reserved_work.work);
	struct spn_spi *entry, *next;

	mutex_lock(&sn->lock);
	list_for_each_entry_safe(entry, next, &sn->reserved, reserved) {
		if (time_before(jiffies, entry->expires)) {
			schedule_delayed_work(&sn->reserved_work, entry->expires - jiffies);
			break;
		}
		release_unused(sn, entry);
		cond_resched();
	}
	mutex_unlock(&sn->lock);
}

int spn_spi_table_init(struct spn_net *sn)
{
	int err;

	INIT_LIST_HEAD(&sn->reserved);
	INIT_DELAYED_WORK(&sn->reserved_work, end_reservations);
	err = rhashtable_init(&sn->spis, &spi_params);
	if (err)
		return err;
	err = rhltable_init(&sn->outs, &outs_params);
	if (err)
		rhashtable_destroy(&sn->spis);
	return err;
}

void spn_spi_table_destroy(struct spn_net *sn)
{
	cancel_delayed_work_sync(&sn->reserved_work);
	rhltable_destroy(&sn->outs);
	rhashtable_destroy(&sn->spis);
}

struct spn_spi *spn_spi_lookup(struct spn_net *sn, const struct spn_addr *dst,
			       __be32 spi, u8 proto)
{
	struct spn_spi_key key = key_of(dst, spi, proto);

	return rhashtable_lookup(&sn->spis, &key, spi_params);
}

bool spn_spi_in_xfrm(struct net *net, u32 mark, const struct spn_addr *dst, __be32 spi, u8 proto)
{
	xfrm_address_t addr = {};
	struct xfrm_state *x;

	memcpy(&addr, dst->octets, sizeof(dst->octets));
	x = xfrm_state_lookup(net, mark, &addr, spi, proto, dst->family);
	if (!x)
		return false;
	xfrm_state_put(x);
	return true;
}

static int compare_state(struct xfrm_state *x, int count, void *wanted)
{
	const struct spn_spi_key *key = wanted;

	return x->id.spi == key->spi && x->props.family == key->family &&
	       !memcmp(&x->id.daddr, key->addr, key->family == AF_INET6 ? 16 : 4);
}

/*
 * Does xfrm use this SPI, whatever mark a packet has to have to be led to it?  There is no
 * such look-up, so all its states are walked.  It does not know ours: of two that are drawn
 * at random from 32 bits that does not matter.
 */
static bool taken_by_xfrm(struct net *net, struct spn_spi_key *key)
{
	struct xfrm_state_walk walk;
	int found;

	xfrm_state_walk_init(&walk, key->proto, NULL);
	found = xfrm_state_walk(net, &walk, compare_state, key);
	xfrm_state_walk_done(&walk, net);
	return found > 0;
}

static struct spn_spi *entry_insert(struct spn_net *sn, struct spn_tunnel *tunnel,
				    const struct spn_spi_key *key)
{
	struct spn_spi *entry = kzalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	int err;

	if (!entry)
		return ERR_PTR(-ENOMEM);
	entry->key = *key;
	entry->tunnel = tunnel;
	entry->serial = ++sn->serial;
	entry->expires = jiffies + RESERVED_SECONDS * HZ;
	err = rhashtable_lookup_insert_fast(&sn->spis, &entry->node, spi_params);
	if (err) {
		kfree(entry);
		return ERR_PTR(err);
	}
	list_add_tail(&entry->reserved, &sn->reserved);
	list_add_tail(&entry->own, &tunnel->reserved);
	sn->n_reserved++;
	spn_tunnel_sas_changed(tunnel);
	schedule_delayed_work(&sn->reserved_work, RESERVED_SECONDS * HZ);
	return entry;
}

static struct spn_spi *reserve_random(struct spn_net *sn, struct spn_tunnel *tunnel,
				      const struct spn_addr *dst, u8 proto,
				      struct netlink_ext_ack *extack)
{
	unsigned int try;

	for (try = 0; try < DRAW_TRIES; try++) {
		__be32 spi = cpu_to_be32(get_random_u32_inclusive(SPINDLE_SPI_MIN, U32_MAX));
		struct spn_spi_key key = key_of(dst, spi, proto);
		struct spn_spi *entry;

		if (taken_by_xfrm(sn->net, &key))
			continue;
		entry = entry_insert(sn, tunnel, &key);
		if (PTR_ERR(entry) != -EEXIST)
			return entry;
	}
	NL_SET_ERR_MSG(extack, "no free SPI was found");
	return ERR_PTR(-ENOSPC);
}

/* It is asked for again, so it is wanted for as long as a new one. */
static void renew(struct spn_net *sn, struct spn_spi *entry)
{
	entry->serial = ++sn->serial;
	entry->expires = jiffies + RESERVED_SECONDS * HZ;
	list_move_tail(&entry->reserved, &sn->reserved);
	list_move_tail(&entry->own, &entry->tunnel->reserved);
	spn_tunnel_sas_changed(entry->tunnel);
}

struct spn_spi *spn_spi_reserve(struct spn_net *sn, struct spn_tunnel *tunnel,
				const struct spn_addr *dst, u8 proto, __be32 spi,
				struct netlink_ext_ack *extack)
{
	struct spn_spi_key key = key_of(dst, spi, proto);
	struct spn_spi *entry;

	lockdep_assert_held(&sn->lock);
	if (!spi)
		return reserve_random(sn, tunnel, dst, proto, extack);

	entry = rhashtable_lookup_fast(&sn->spis, &key, spi_params);
	if (entry && entry->tunnel == tunnel && !rcu_access_pointer(entry->sa)) {
		renew(sn, entry);
		return entry;
	}
	if (entry) {
		NL_SET_ERR_MSG(extack, "is already in use");
		return ERR_PTR(-EEXIST);
	}
	if (taken_by_xfrm(sn->net, &key)) {
		NL_SET_ERR_MSG(extack, "is already in use by xfrm");
		return ERR_PTR(-EEXIST);
	}
	return entry_insert(sn, tunnel, &key);
}

void spn_spi_publish(struct spn_net *sn, struct spn_spi *entry, struct spn_sa *sa)
{
	lockdep_assert_held(&sn->lock);
	list_del_init(&entry->reserved);
	list_del_init(&entry->own);
	sn->n_reserved--;
	rcu_assign_pointer(entry->sa, sa);
}

void spn_spi_release(struct spn_net *sn, struct spn_spi *entry)
{
	lockdep_assert_held(&sn->lock);
	if (!rcu_access_pointer(entry->sa))
		sn->n_reserved--;
	list_del(&entry->reserved);
	list_del(&entry->own);
	rhashtable_remove_fast(&sn->spis, &entry->node, spi_params);
	kfree_rcu(entry, rcu);
}

void spn_spi_release_reserved(struct spn_net *sn, struct spn_tunnel *tunnel)
{
	struct spn_spi *entry, *next;

	lockdep_assert_held(&sn->lock);
	list_for_each_entry_safe(entry, next, &tunnel->reserved, own)
		release_unused(sn, entry);
}

bool spn_spi_release_one(struct spn_net *sn, struct spn_tunnel *tunnel, __be32 spi)
{
	struct spn_spi *entry;

	lockdep_assert_held(&sn->lock);
	list_for_each_entry(entry, &tunnel->reserved, own) {
		if (entry->key.spi == spi) {
			release_unused(sn, entry);
			return true;
		}
	}
	return false;
}

int spn_spi_hash_out(struct spn_net *sn, struct spn_sa *sa)
{
	lockdep_assert_held(&sn->lock);
	return rhltable_insert(&sn->outs, &sa->out_node, outs_params);
}

void spn_spi_unhash_out(struct spn_net *sn, struct spn_sa *sa)
{
	lockdep_assert_held(&sn->lock);
	rhltable_remove(&sn->outs, &sa->out_node, outs_params);
}

static bool sent_by(const struct spn_sa *sa, const struct spn_quote *quote)
{
	const struct spn_conf *conf = rcu_dereference(sa->tunnel->conf);

	return conf && conf->opt.proto == quote->proto && !!conf->opt.encap_dport == quote->encap &&
	       !memcmp(&conf->endpoints.local, &quote->local, sizeof(quote->local)) &&
	       !memcmp(&conf->endpoints.remote, &quote->remote, sizeof(quote->remote));
}

struct spn_sa *spn_spi_find_out(struct spn_net *sn, const struct spn_quote *quote)
{
	struct rhlist_head *list, *at;
	struct spn_sa *sa;

	list = rhltable_lookup(&sn->outs, &quote->spi, outs_params);
	rhl_for_each_entry_rcu(sa, at, list, out_node)
		if (sent_by(sa, quote))
			return sa;
	return NULL;
}

static bool is_at(const struct spn_spi *entry, const struct spn_addr *addr)
{
	return entry->key.family == addr->family &&
	       !memcmp(entry->key.addr, addr->octets, sizeof(entry->key.addr));
}

int spn_spi_move_reserved(struct spn_net *sn, struct spn_tunnel *tunnel,
			  const struct spn_addr *to, u8 proto, struct netlink_ext_ack *extack)
{
	struct spn_spi *entry, *new;

	lockdep_assert_held(&sn->lock);
	/* The new ones come behind, and are passed over. */
	list_for_each_entry(entry, &tunnel->reserved, own) {
		if (is_at(entry, to))
			continue;
		new = spn_spi_reserve(sn, tunnel, to, proto, entry->key.spi, extack);
		if (IS_ERR(new))
			return PTR_ERR(new);
	}
	return 0;
}

void spn_spi_release_at(struct spn_net *sn, struct spn_tunnel *tunnel,
			const struct spn_addr *addr)
{
	struct spn_spi *entry, *next;

	lockdep_assert_held(&sn->lock);
	list_for_each_entry_safe(entry, next, &tunnel->reserved, own)
		if (is_at(entry, addr))
			spn_spi_release(sn, entry);
}
