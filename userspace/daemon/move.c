// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "io/log.h"
#include "move.h"
#include "table.h"

/* Protocols that no packet has (RFC 3692 2.1, and 255 is reserved). */
enum { PROTO_NONE_FIRST = 253, PROTO_NONE_LAST = 255 };

/* A prefix as a key: what is not said of it is zero. */
struct prefix_key {
	uint8_t family;
	uint8_t len;
	uint8_t octets[16];
};

/* A tunnel that is to get selectors for a prefix that it does not have now. */
struct claim {
	UT_hash_handle hh;
	struct prefix_key prefix;
	const struct plan_tunnel *by;
	bool several;
};

static struct prefix_key key_of(const struct sp_prefix *prefix)
{
	struct prefix_key key;

	memset(&key, 0, sizeof(key));
	key.family = (uint8_t)prefix->addr.family;
	key.len = prefix->len;
	memcpy(key.octets, prefix->addr.octets, sp_addr_len(&prefix->addr));
	return key;
}

static struct claim *find_claim(struct claim *claims, const struct sp_prefix *prefix)
{
	const struct prefix_key key = key_of(prefix);
	struct claim *claim;

	HASH_FIND(hh, claims, &key, sizeof(key), claim);
	return claim;
}

static void add_claim(struct claim **claims, const struct sp_prefix *prefix,
		      const struct plan_tunnel *by)
{
	struct claim *claim = find_claim(*claims, prefix);

	if (claim) {
		claim->several = claim->several || claim->by != by;
		return;
	}
	claim = calloc(1, sizeof(*claim));
	if (!claim)
		abort();
	claim->prefix = key_of(prefix);
	claim->by = by;
	HASH_ADD(hh, *claims, prefix, sizeof(claim->prefix), claim);
}

static void add_claims(struct claim **claims, const struct plan_tunnel *tunnel)
{
	const struct sp_ts_list *remote = &tunnel->config->remote_ts;

	for (size_t i = 0; i < remote->n; i++)
		add_claim(claims, &remote->list[i].prefix, tunnel);
}

static void free_claims(struct claim *claims)
{
	struct claim *claim, *next;

	HASH_ITER(hh, claims, claim, next) {
		HASH_DEL(claims, claim);
		free(claim);
	}
}

static bool changes_selectors(const struct plan_tunnel *tunnel)
{
	return tunnel->config && tunnel->wish.change != KERNEL_SAME &&
	       tunnel->wish.fields & (SP_TUNNEL_LOCAL_TS | SP_TUNNEL_REMOTE_TS);
}

static bool has_selector(const struct sp_ts_list *side, const struct sp_ts *ts)
{
	for (size_t i = 0; i < side->n; i++)
		if (sp_ts_equal(&side->list[i], ts))
			return true;
	return false;
}

static bool claimed_by_others(struct claim *claims, const struct sp_prefix *prefix,
			      const struct plan_tunnel *tunnel)
{
	const struct claim *claim = find_claim(claims, prefix);

	return claim && (claim->several || claim->by != tunnel);
}

/* Leaves of what the tunnel has what it keeps and what nobody wants; true if that is all. */
static bool keep_own(struct sp_selectors *left, const struct snapshot_tunnel *is,
		     const struct plan_tunnel *tunnel, struct claim *claims)
{
	bool same_local = !(tunnel->wish.fields & SP_TUNNEL_LOCAL_TS);
	bool all = true;

	left->n = 0;
	for (size_t i = 0; i < is->remote_ts.n; i++) {
		const struct sp_ts *ts = &is->remote_ts.list[i];
		bool stays = same_local && has_selector(&tunnel->config->remote_ts, ts);

		if (!stays && claimed_by_others(claims, &ts->prefix, tunnel))
			all = false;
		else
			left->list[left->n++] = *ts;
	}
	return all;
}

/*
 * A tunnel has one selector at least: here it gets one that can carry nothing.  Others that
 * were told apart by their protocols may have one of these already.
 */
static int carry_nothing(struct sp_nl *nl, struct sp_tunnel *less, const struct sp_prefix *prefix,
			 struct sp_error *err)
{
	less->remote_ts.n = 1;
	less->remote_ts.list[0] = sp_ts_of(prefix);
	for (uint8_t proto = PROTO_NONE_LAST; proto > PROTO_NONE_FIRST; proto--) {
		less->remote_ts.list[0].proto = proto;
		if (!sp_nl_tunnel_set(nl, less, err))
			return 0;
	}
	less->remote_ts.list[0].proto = PROTO_NONE_FIRST;
	return sp_nl_tunnel_set(nl, less, err);
}

static void give_up(struct sp_nl *nl, const struct snapshot_tunnel *is,
		    const struct plan_tunnel *tunnel, struct claim *claims)
{
	struct sp_tunnel less = { .fields = SP_TUNNEL_REMOTE_TS };
	struct sp_error err;

	strcpy(less.name, tunnel->name);
	if (keep_own(&less.remote_ts, is, tunnel, claims))
		return;
	if (less.remote_ts.n ? sp_nl_tunnel_set(nl, &less, &err) :
			       carry_nothing(nl, &less, &is->remote_ts.list[0].prefix, &err))
		log_line("%s", err.text);
}

void move_give_up(struct sp_nl *nl, const struct plan *plan)
{
	const struct plan_tunnel *tunnel;
	struct claim *claims = NULL;

	STAILQ_FOREACH(tunnel, &plan->tunnels, next)
		if (changes_selectors(tunnel))
			add_claims(&claims, tunnel);
	STAILQ_FOREACH(tunnel, &plan->tunnels, next)
		if (changes_selectors(tunnel) && tunnel->wish.change == KERNEL_SET)
			give_up(nl, snapshot_tunnel(plan->kernel, tunnel->name), tunnel, claims);
	free_claims(claims);
}
