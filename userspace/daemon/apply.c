// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "door.h"
#include "engines.h"
#include "instances.h"
#include "io/log.h"
#include "kernel.h"
#include "move.h"
#include "party.h"
#include "repair.h"
#include "resolve.h"
#include "routes.h"
#include "stream.h"
#include "udp.h"

/* --- peers -------------------------------------------------------------------- */

/* Takes down what a peer has whose key is withdrawn, here and with who has that key. */
static void withdraw_keys(struct party *party)
{
	struct registry *registry = &party->daemon->registry;
	const struct sp_tunnel_config *config;
	const struct tunnel *tunnel;
	struct sp_error err;

	log_line("peer %s: another peer-key: what was agreed with the old one ends", party->name);
	STAILQ_FOREACH(config, &party->config->tunnels, of_peer) {
		tunnel = registry_tunnel(registry, config->name);
		if (tunnel && tunnel->party == party)
			party->engine->wish(tunnel->keying, ENGINE_DOWN, daemon_now(), &err);
	}
}

/* A changed peer is a new one: its tunnels are adopted from the kernel, as after a restart. */
static void exchange_parties(struct daemon *daemon, const struct plan *plan)
{
	const struct sp_peer_config *peer;
	const double now = daemon_now();
	struct party *party, *next;

	for (party = LIST_FIRST(&daemon->parties); party; party = next) {
		next = LIST_NEXT(party, next);
		peer = sp_config_peer(plan->config, party->name);
		if (plan_keeps(party, peer, plan->keys)) {
			party_configure(party, peer, now);
			continue;
		}
		if (plan_withdraws(party, peer, plan->keys))
			withdraw_keys(party);
		party_leave(party);
	}
	STAILQ_FOREACH(peer, &plan->config->peers, next) {
		if (engines_find(peer->keying) && !party_find(daemon, peer->name))
			party_join(party_new(daemon, peer, plan->keys));
	}
}

/* --- tunnels ------------------------------------------------------------------ */

static void stop_keying(struct tunnel *tunnel)
{
	if (!tunnel || !tunnel->party)
		return;
	tunnel->party->engine->drop(tunnel->keying);
	tunnel_set_keying(tunnel, NULL, NULL);
}

static bool changes_peer(const struct plan_tunnel *change)
{
	return change->config && change->old &&
	       strcmp(change->config->peer_name, change->old->peer_name);
}

/* Ends tunnels before others begin, because they may hold selectors that those want. */
static void end_tunnel(struct daemon *daemon, const struct plan_tunnel *change)
{
	struct tunnel *tunnel = registry_tunnel(&daemon->registry, change->name);
	bool deleted = change->change == PLAN_DELETED;
	struct sp_error err;

	if (tunnel && (deleted || change->wish.anew || changes_peer(change)))
		instances_end(daemon, tunnel);
	if (deleted || change->wish.anew || changes_peer(change))
		stop_keying(tunnel);
	if ((deleted || change->wish.anew) && sp_nl_tunnel_del(daemon->nl, change->name, &err))
		log_line("%s", err.text);
	if (!deleted)
		return;
	log_line("tunnel %s: deleted", change->name);
	if (tunnel)
		registry_remove_tunnel(&daemon->registry, tunnel);
}

/* SAs go on, unless they were agreed on with somebody whom the peer's key does not prove. */
static int take_over_sas(struct daemon *daemon, struct tunnel *tunnel,
			 const struct plan_tunnel *change, struct snapshot *kernel,
			 struct sp_error *err)
{
	const struct snapshot_tunnel *is = snapshot_tunnel(kernel, tunnel->name);

	if (!is || !kernel_owns(is) || is->owner == KERNEL_OWNER_MANUAL ||
	    is->owner == change->wish.owner)
		return kernel_adopt(kernel, tunnel, err);
	log_line("tunnel %s: was keyed with another peer-key: its SAs end", tunnel->name);
	return sp_nl_sa_flush(daemon->nl, tunnel->name, err);
}

static void start_keying(struct daemon *daemon, struct tunnel *tunnel,
			 const struct plan_tunnel *change, struct snapshot *kernel, double now)
{
	struct party *party = party_find(daemon, change->config->peer_name);
	struct engine_tunnel *keying = party->engine->add(party->keying, change->config);
	struct sp_error err;

	if (!keying) {
		log_line("tunnel %s: out of memory", tunnel->name);
		return;
	}
	tunnel_set_keying(tunnel, party, keying);
	if (!change->wish.anew && take_over_sas(daemon, tunnel, change, kernel, &err))
		log_line("%s", err.text);
	party->engine->start(keying, now);
}

/* A refusal of the kernel is logged once; the tunnel is tried again later. */
static void take_outcome(int code, const struct sp_error *err, void *arg)
{
	struct tunnel *tunnel = arg;

	if (code && (!tunnel->trouble || strcmp(tunnel->trouble, err->text)))
		log_line("%s", err->text);
	tunnel_set_trouble(tunnel, code ? err->text : NULL);
	tunnel->settled = !code;
}

/* The kernel's side of it, which is told by the end of the group. */
static void bring_tunnel(struct sp_nl_group *group, struct tunnel *tunnel,
			 const struct plan_tunnel *change, struct snapshot *kernel)
{
	tunnel->owner = change->wish.owner;
	kernel_bring(group, &change->wish, kernel, take_outcome, tunnel);
}

static void tell_gone(const struct tunnel *tunnel)
{
	const struct engine_news news = { .kind = ENGINE_GONE };

	tunnel->party->engine->news(tunnel->keying, &news, daemon_now());
}

/* Once the kernel's tunnel is as it should be, or has been refused. */
static void key_tunnel(struct daemon *daemon, const struct plan_tunnel *change,
		       struct snapshot *kernel, double now)
{
	struct tunnel *tunnel = registry_tunnel(&daemon->registry, change->name);
	const struct party *party = tunnel->party;

	if (party && change->wish.change == KERNEL_NEW)
		tell_gone(tunnel);
	if (party)
		party->engine->reconfigure(tunnel->keying, change->config,
					   change->change != PLAN_UNCHANGED, now);
	else if (engines_find(change->config->peer->keying))
		start_keying(daemon, tunnel, change, kernel, now);
	if (change->why[0])
		instances_end(daemon, tunnel);
	else
		instances_follow(tunnel);
}

static void apply_tunnels(struct daemon *daemon, const struct plan *plan, bool first)
{
	struct sp_nl_group *group = sp_nl_group_new(daemon->nl);
	const struct plan_tunnel *change;
	const double now = daemon_now();

	STAILQ_FOREACH(change, &plan->tunnels, next)
		if (change->config)
			bring_tunnel(group, registry_add_tunnel(&daemon->registry, change->config),
				     change, plan->kernel);
	sp_nl_group_end(group);
	STAILQ_FOREACH(change, &plan->tunnels, next)
		if (change->config)
			key_tunnel(daemon, change, plan->kernel, now);
	if (first)
		instances_adopt(daemon, plan->kernel);
}

void apply_again(struct daemon *daemon, struct tunnel *tunnel, struct snapshot *kernel)
{
	struct plan_tunnel change;
	struct sp_nl_group *group;
	bool was_in_trouble = tunnel->trouble;
	struct sp_error err;

	plan_tunnel_again(&change, kernel, tunnel, daemon->keys);
	if (snapshot_failed(kernel, &err)) {
		log_line("%s", err.text);
		tunnel_set_trouble(tunnel, err.text);
		return;
	}
	if (change.wish.change == KERNEL_SAME && !was_in_trouble) {
		tunnel->settled = true;
		return;
	}
	/* It would have to be deleted and made anew, which nobody has asked for. */
	if (change.wish.anew)
		return;
	group = sp_nl_group_new(daemon->nl);
	bring_tunnel(group, tunnel, &change, kernel);
	sp_nl_group_end(group);
	if (!tunnel->trouble)
		log_line("tunnel %s: is %s in the kernel", tunnel->name,
			 change.wish.change == KERNEL_NEW ? "made anew" : "as configured again");
	if (tunnel->party && change.wish.change == KERNEL_NEW)
		tell_gone(tunnel);
}

void apply_plan(struct daemon *daemon, struct plan *plan, struct sp_config *config,
		struct sp_keyring *keys)
{
	struct sp_config *old_config = daemon->config;
	struct sp_keyring *old_keys = daemon->keys;
	struct plan_tunnel *change;
	struct party *party;
	double now;

	routes_prepare(daemon, config);
	snapshot_forget_interfaces(plan->kernel);
	STAILQ_FOREACH(change, &plan->tunnels, next)
		end_tunnel(daemon, change);
	move_give_up(daemon->nl, plan);
	/*
	 * A peer that fails is looked for again, by its name in the configuration in force, and
	 * what is found there stays with it: that may not be what is freed below.
	 */
	daemon->config = config;
	sp_keyring_settle(keys);
	daemon->keys = keys;
	exchange_parties(daemon, plan);
	apply_tunnels(daemon, plan, !old_config);
	door_apply(daemon);
	/* Before there are rules that lead what is not marked into a tunnel. */
	stream_mark_all(daemon);
	routes_apply(daemon);
	udp_apply(daemon, config);
	now = daemon_now();
	LIST_FOREACH(party, &daemon->parties, next)
		party_tick_at(party, now);
	repair_later(daemon);
	resolve_apply(daemon);
	sp_config_free(old_config);
	sp_keyring_free(old_keys);
}
