// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/spindle.h>

#include "conf.h"
#include "esp.h"
#include "rules.h"

static const struct rhashtable_params endpoints_params = {
	.key_len = sizeof(struct spn_endpoints),
	.key_offset = offsetof(struct spn_conf, endpoints),
	.head_offset = offsetof(struct spn_conf, endpoints_node),
	.automatic_shrinking = true,
};

int spn_conf_table_init(struct spn_net *sn)
{
	return rhltable_init(&sn->endpoints, &endpoints_params);
}

void spn_conf_table_destroy(struct spn_net *sn)
{
	rhltable_destroy(&sn->endpoints);
}

struct spn_conf *spn_conf_new(unsigned int n_local, unsigned int n_remote)
{
	struct spn_conf *conf;

	conf = kzalloc(struct_size(conf, ts, n_local + n_remote), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return NULL;
	conf->n_local = n_local;
	conf->n_remote = n_remote;
	conf->opt = spn_options_usual;
	return conf;
}

void spn_conf_inherit(struct spn_conf *conf, const struct spn_conf *old)
{
	conf->endpoints = old->endpoints;
	conf->opt = old->opt;
}

unsigned int spn_conf_inner_max(const struct spn_conf *conf, const struct spn_suite *suite,
				unsigned int path_mtu, unsigned int ip_len)
{
	unsigned int outer_len = ip_len ?: spn_conf_outer_len(conf);
	unsigned int len = path_mtu - min(path_mtu, outer_len);

	if (suite->ah)
		len -= min(len, spn_ah_len(suite, spn_conf_ah_align(conf)));
	else
		len = spn_esp_inner_max(suite, len);
	return len + ip_len;
}

static void free_conf(struct rcu_head *rcu)
{
	struct spn_conf *conf = container_of(rcu, struct spn_conf, rcu);

	if (conf->route)
		dst_cache_destroy(conf->route);
	kfree(conf->route);
	kfree(conf);
}

void spn_conf_free(struct spn_conf *conf)
{
	call_rcu(&conf->rcu, free_conf);
}

/*
 * Does @conf, which may be NULL, lead packets between @local and @remote?  On which of the
 * sides a pair says its protocol is all the same.
 */
static bool leads(struct spn_conf *conf, const struct spn_ts *remote, const struct spn_ts *local)
{
	const struct spn_ts *locals, *remotes, *l, *r;
	u8 proto = remote->proto ?: local->proto;

	if (!conf)
		return false;
	locals = spn_conf_local_ts(conf);
	remotes = spn_conf_remote_ts(conf);
	for (l = locals; l < remotes; l++) {
		if (!spn_ts_same_ends(l, local))
			continue;
		for (r = remotes; r < remotes + conf->n_remote; r++)
			if (spn_ts_same_ends(r, remote) && spn_ts_meet(r, l) &&
			    (r->proto ?: l->proto) == proto)
				return true;
	}
	return false;
}

static bool any_of_family(const struct spn_ts *ts, unsigned int n, u16 family)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (ts[i].prefix.addr.family == family)
			return true;
	return false;
}

static bool any_ports(const struct spn_ts *ts, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (ts[i].ports.first || ts[i].ports.last != SPN_PORTS_ALL.last)
			return true;
	return false;
}

static bool any_meets(const struct spn_ts *list, unsigned int n, const struct spn_ts *ts)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (spn_ts_meet(&list[i], ts))
			return true;
	return false;
}

/* Does each of @a meet one of @b? */
static bool all_meet(const struct spn_ts *a, unsigned int n_a, const struct spn_ts *b,
		     unsigned int n_b)
{
	unsigned int i;

	for (i = 0; i < n_a; i++)
		if (!any_meets(b, n_b, &a[i]))
			return false;
	return true;
}

static bool all_of_host(const struct spn_ts *ts, unsigned int n, const struct spn_addr *addr)
{
	struct spn_prefix host = { .addr = *addr, .len = 8 * spn_addr_len(addr) };
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!spn_prefix_equal(&ts[i].prefix, &host))
			return false;
	return true;
}

static int check_selectors(struct spn_conf *conf, struct netlink_ext_ack *extack)
{
	const struct spn_ts *local = spn_conf_local_ts(conf);
	const struct spn_ts *remote = spn_conf_remote_ts(conf);
	static const u16 families[] = { AF_INET, AF_INET6 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		if (any_of_family(local, conf->n_local, families[i]) ==
		    any_of_family(remote, conf->n_remote, families[i]))
			continue;
		NL_SET_ERR_MSG(extack, "selectors of IPv4 or IPv6 on one side only");
		return -EINVAL;
	}
	if (!all_meet(local, conf->n_local, remote, conf->n_remote) ||
	    !all_meet(remote, conf->n_remote, local, conf->n_local)) {
		NL_SET_ERR_MSG(extack, "a selector has none of its protocol on the other side");
		return -EINVAL;
	}
	if (conf->opt.mode == SPINDLE_MODE_TUNNEL ||
	    (all_of_host(local, conf->n_local, &conf->endpoints.local) &&
	     all_of_host(remote, conf->n_remote, &conf->endpoints.remote)))
		return 0;
	NL_SET_ERR_MSG(extack, "in transport mode the selectors are the outer addresses");
	return -EINVAL;
}

int spn_conf_check(struct spn_conf *conf, struct netlink_ext_ack *extack)
{
	const struct spn_facts facts = {
		.transport = conf->opt.mode == SPINDLE_MODE_TRANSPORT,
		.ah = conf->opt.proto == IPPROTO_AH,
		.sport = conf->opt.encap_sport,
		.dport = conf->opt.encap_dport,
		.keepalive = conf->opt.keepalive,
		.follow = conf->opt.follow,
		.tfc = conf->opt.tfc,
		.dummy = conf->opt.dummy,
	};
	const struct spn_rule *rule;

	if (conf->endpoints.local.family != conf->endpoints.remote.family) {
		NL_SET_ERR_MSG(extack, "one outer address is IPv4 and the other IPv6");
		return -EINVAL;
	}
	rule = spn_rules_broken(&facts);
	if (rule) {
		/* NL_SET_ERR_MSG() takes nothing but a literal. */
		if (extack)
			extack->_msg = rule->words;
		return -EINVAL;
	}
	conf->ports = any_ports(conf->ts, conf->n_local + conf->n_remote);
	return check_selectors(conf, extack);
}

bool spn_conf_has_v6(const struct spn_conf *conf)
{
	return any_of_family(conf->ts, conf->n_local, AF_INET6);
}

/*
 * The pairs of selectors are numbered: pair i is remote i / n_local, local i % n_local.
 * Those that do not meet lead nobody.
 */
static unsigned int pairs(const struct spn_conf *conf)
{
	return conf->n_local * conf->n_remote;
}

static const struct spn_ts *pair_remote(struct spn_conf *conf, unsigned int i)
{
	return &spn_conf_remote_ts(conf)[i / conf->n_local];
}

static const struct spn_ts *pair_local(struct spn_conf *conf, unsigned int i)
{
	return &spn_conf_local_ts(conf)[i % conf->n_local];
}

static bool pair_meets(struct spn_conf *conf, unsigned int i)
{
	return spn_ts_meet(pair_remote(conf, i), pair_local(conf, i));
}

/* Takes the first @n pairs of @conf out of the table, but for those of @keep. */
static void unroute(struct spn_conf *conf, unsigned int n, struct spn_conf *keep,
		    struct spn_selectors *selectors)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (pair_meets(conf, i) && !leads(keep, pair_remote(conf, i), pair_local(conf, i)))
			spn_selectors_remove(selectors, pair_remote(conf, i), pair_local(conf, i),
					     conf->tunnel);
}

int spn_conf_route(struct spn_conf *conf, struct spn_conf *old,
		   struct spn_selectors *selectors, struct netlink_ext_ack *extack)
{
	unsigned int i;
	int err;

	for (i = 0; i < pairs(conf); i++) {
		if (!pair_meets(conf, i))
			continue;
		err = spn_selectors_insert(selectors, pair_remote(conf, i), pair_local(conf, i),
					   conf->tunnel);
		if (err < 0)
			goto undo;
	}
	return 0;

undo:
	if (err == -EEXIST)
		NL_SET_ERR_MSG(extack, "another tunnel of the device has the same selectors");
	unroute(conf, i, old, selectors);
	return err;
}

void spn_conf_unroute(struct spn_conf *conf, struct spn_conf *keep,
		      struct spn_selectors *selectors)
{
	unroute(conf, pairs(conf), keep, selectors);
}

int spn_conf_hash(struct spn_net *sn, struct spn_conf *conf)
{
	return rhltable_insert(&sn->endpoints, &conf->endpoints_node, endpoints_params);
}

void spn_conf_unhash(struct spn_net *sn, struct spn_conf *conf)
{
	rhltable_remove(&sn->endpoints, &conf->endpoints_node, endpoints_params);
}

struct rhlist_head *spn_conf_list(struct spn_net *sn, const struct spn_addr *local,
				  const struct spn_addr *remote)
{
	struct spn_endpoints key = { .local = *local, .remote = *remote };

	return rhltable_lookup(&sn->endpoints, &key, endpoints_params);
}

struct spn_conf *spn_conf_lookup(struct spn_net *sn, const struct spn_addr *local,
				 const struct spn_addr *remote)
{
	struct rhlist_head *list = spn_conf_list(sn, local, remote);

	return list ? container_of(list, struct spn_conf, endpoints_node) : NULL;
}
