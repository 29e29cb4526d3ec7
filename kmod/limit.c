// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "limit.h"
#include "net.h"

/* Of a namespace whose root is not the machine's, unless that one says otherwise. */
enum {
	USER_TUNNELS = 4096,
	USER_SAS = 16384,
};

/* Whom the limits hold must not lift them. */
static int set_limit(SPN_CTL_TABLE *table, int write, void *buffer, size_t *len, loff_t *pos)
{
	if (write && !capable(CAP_NET_ADMIN))
		return -EPERM;
	return proc_douintvec(table, write, buffer, len, pos);
}

int spn_limit_init(struct spn_net *sn)
{
	const struct ctl_table limits[] = {
		{
			.procname = "max_tunnels",
			.data = &sn->max_tunnels,
			.maxlen = sizeof(sn->max_tunnels),
			.mode = 0644,
			.proc_handler = set_limit,
		},
		{
			.procname = "max_sas",
			.data = &sn->max_sas,
			.maxlen = sizeof(sn->max_sas),
			.mode = 0644,
			.proc_handler = set_limit,
		},
	};

	if (sn->net->user_ns != &init_user_ns) {
		sn->max_tunnels = USER_TUNNELS;
		sn->max_sas = USER_SAS;
	}
	if (!IS_ENABLED(CONFIG_SYSCTL))
		return 0;
	/* With an empty one behind, which older kernels want. */
	sn->limits = kcalloc(ARRAY_SIZE(limits) + 1, sizeof(limits[0]), GFP_KERNEL_ACCOUNT);
	if (!sn->limits)
		return -ENOMEM;
	memcpy(sn->limits, limits, sizeof(limits));
	sn->sysctl = spn_sysctl_register(sn->net, "net/spindle", sn->limits, ARRAY_SIZE(limits));
	if (sn->sysctl)
		return 0;
	kfree(sn->limits);
	return -ENOMEM;
}

void spn_limit_exit(struct spn_net *sn)
{
	if (!IS_ENABLED(CONFIG_SYSCTL))
		return;
	unregister_net_sysctl_table(sn->sysctl);
	kfree(sn->limits);
}

/* Written without the lock. */
static bool is_full(unsigned int count, unsigned int more, const unsigned int *max)
{
	unsigned int limit = READ_ONCE(*max);

	return limit && (count >= limit || more > limit - count);
}

int spn_limit_tunnels(const struct spn_net *sn, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&sn->lock);
	if (!is_full(sn->n_tunnels, 1, &sn->max_tunnels))
		return 0;
	NL_SET_ERR_MSG(extack,
		       "there are as many tunnels as sysctl net.spindle.max_tunnels allows");
	return -ENOSPC;
}

static int too_many_sas(struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "there are as many SAs as sysctl net.spindle.max_sas allows");
	return -ENOSPC;
}

int spn_limit_sas(const struct spn_net *sn, unsigned int more, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&sn->lock);
	return is_full(sn->n_sas, more, &sn->max_sas) ? too_many_sas(extack) : 0;
}

int spn_limit_reserved(const struct spn_net *sn, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&sn->lock);
	return is_full(sn->n_sas + sn->n_reserved, 1, &sn->max_sas) ? too_many_sas(extack) : 0;
}
