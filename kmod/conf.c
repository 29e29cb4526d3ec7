// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/spindle.h>

#include "conf.h"
#include "esp.h"

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

	conf = kzalloc(struct_size(conf, ts, n_local + n_remote), GFP_KERNEL);
	if (!conf)
		return NULL;
	if (dst_cache_init(&conf->route, GFP_KERNEL)) {
		kfree(conf);
		return NULL;
	}
	conf->n_local = n_local;
	conf->n_remote = n_remote;
	conf->replay_window = SPINDLE_REPLAY_DEFAULT;
	conf->proto = IPPROTO_ESP;
	conf->mode = SPINDLE_MODE_TUNNEL;
	conf->ah_align = SPN_AH_ALIGN;
	conf->df = SPINDLE_DF_COPY;
	conf->dscp = SPINDLE_DSCP_COPY;
	return conf;
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

	dst_cache_destroy(&conf->route);
	kfree(conf);
}

void spn_conf_free(struct spn_conf *conf)
{
	call_rcu(&conf->rcu, free_conf);
}

static bool any_holds(const struct spn_prefix *ts, unsigned int n, const struct spn_addr *addr)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (spn_prefix_holds(&ts[i], addr))
			return true;
	return false;
}

bool spn_conf_admits(const struct spn_conf *conf, const struct spn_addr *src,
		     const struct spn_addr *dst)
{
	return any_holds(conf->ts, conf->n_local, dst) &&
	       any_holds(conf->ts + conf->n_local, conf->n_remote, src);
}

/* Does @conf, which may be NULL, lead packets from @local to @remote? */
static bool leads(struct spn_conf *conf, const struct spn_prefix *remote,
		  const struct spn_prefix *local)
{
	bool has_local = false, has_remote = false;
	unsigned int i;

	if (!conf)
		return false;
	for (i = 0; i < conf->n_local && !has_local; i++)
		has_local = spn_prefix_equal(&spn_conf_local_ts(conf)[i], local);
	for (i = 0; i < conf->n_remote && !has_remote; i++)
		has_remote = spn_prefix_equal(&spn_conf_remote_ts(conf)[i], remote);
	return has_local && has_remote;
}

static bool any_of_family(const struct spn_prefix *ts, unsigned int n, u16 family)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (ts[i].addr.family == family)
			return true;
	return false;
}

static bool is_host(const struct spn_prefix *ts, unsigned int n, const struct spn_addr *addr)
{
	struct spn_prefix host = { .addr = *addr, .len = 8 * spn_addr_len(addr) };

	return n == 1 && spn_prefix_equal(ts, &host);
}

int spn_conf_check(struct spn_conf *conf, struct netlink_ext_ack *extack)
{
	const struct spn_prefix *local = spn_conf_local_ts(conf);
	const struct spn_prefix *remote = spn_conf_remote_ts(conf);
	static const u16 families[] = { AF_INET, AF_INET6 };
	unsigned int i;

	if (conf->endpoints.local.family != conf->endpoints.remote.family) {
		NL_SET_ERR_MSG(extack, "one outer address is IPv4 and the other IPv6");
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(families); i++) {
		if (any_of_family(local, conf->n_local, families[i]) ==
		    any_of_family(remote, conf->n_remote, families[i]))
			continue;
		NL_SET_ERR_MSG(extack, "selectors of IPv4 or IPv6 on one side only");
		return -EINVAL;
	}
	if (!conf->encap_sport != !conf->encap_dport) {
		NL_SET_ERR_MSG(extack, "encapsulation in UDP takes two ports");
		return -EINVAL;
	}
	if (conf->encap_dport && (conf->mode == SPINDLE_MODE_TRANSPORT ||
				  conf->proto == IPPROTO_AH)) {
		NL_SET_ERR_MSG(extack, "only ESP in tunnel mode can be encapsulated in UDP");
		return -EINVAL;
	}
	if (conf->tfc && (conf->mode == SPINDLE_MODE_TRANSPORT || conf->proto == IPPROTO_AH)) {
		NL_SET_ERR_MSG(extack, "only ESP in tunnel mode can pad packets");
		return -EINVAL;
	}
	if (conf->mode == SPINDLE_MODE_TUNNEL ||
	    (is_host(local, conf->n_local, &conf->endpoints.local) &&
	     is_host(remote, conf->n_remote, &conf->endpoints.remote)))
		return 0;
	NL_SET_ERR_MSG(extack, "in transport mode the selectors are the outer addresses");
	return -EINVAL;
}

bool spn_conf_has_v6(const struct spn_conf *conf)
{
	return any_of_family(conf->ts, conf->n_local, AF_INET6);
}

/*
 * The pairs of selectors are numbered: pair i is remote i / n_local, local i % n_local.
 * Those of two families lead nobody.
 */
static unsigned int pairs(const struct spn_conf *conf)
{
	return conf->n_local * conf->n_remote;
}

static const struct spn_prefix *pair_remote(struct spn_conf *conf, unsigned int i)
{
	return &spn_conf_remote_ts(conf)[i / conf->n_local];
}

static const struct spn_prefix *pair_local(struct spn_conf *conf, unsigned int i)
{
	return &spn_conf_local_ts(conf)[i % conf->n_local];
}

static bool pair_mixed(struct spn_conf *conf, unsigned int i)
{
	return pair_remote(conf, i)->addr.family != pair_local(conf, i)->addr.family;
}

/* Takes the first @n pairs of @conf out of the trie, but for those of @keep. */
static void unroute(struct spn_conf *conf, unsigned int n, struct spn_conf *keep,
		    struct spn_trie *trie)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!pair_mixed(conf, i) && !leads(keep, pair_remote(conf, i), pair_local(conf, i)))
			spn_trie_remove(trie, pair_remote(conf, i), pair_local(conf, i),
					conf->tunnel);
}

int spn_conf_route(struct spn_conf *conf, struct spn_conf *old, struct spn_trie *trie,
		   struct netlink_ext_ack *extack)
{
	unsigned int i;
	int err;

	for (i = 0; i < pairs(conf); i++) {
		if (pair_mixed(conf, i))
			continue;
		err = spn_trie_insert(trie, pair_remote(conf, i), pair_local(conf, i),
				      conf->tunnel);
		if (err < 0)
			goto undo;
	}
	return 0;

undo:
	if (err == -EEXIST)
		NL_SET_ERR_MSG(extack, "another tunnel of the device has the same selectors");
	unroute(conf, i, old, trie);
	return err;
}

void spn_conf_unroute(struct spn_conf *conf, struct spn_conf *keep, struct spn_trie *trie)
{
	unroute(conf, pairs(conf), keep, trie);
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
