// SPDX-License-Identifier: GPL-2.0

#include "conf.h"
#include "limit.h"
#include "net.h"
#include "port.h"
#include "spi.h"
#include "tunnel.h"

unsigned int spn_net_id __read_mostly;

static int __net_init net_init(struct net *net)
{
	struct spn_net *sn = spn_net(net);
	int err;

	sn->net = net;
	mutex_init(&sn->lock);
	INIT_LIST_HEAD(&sn->devices);
	/* 0 would be taken for a dump that does not care. */
	sn->devices_seq = 1;
	sn->tunnels_seq = 1;
	sn->sas_seq = 1;
	INIT_LIST_HEAD(&sn->guards);
	spn_port_table_init(sn);
	err = spn_spi_table_init(sn);
	if (err)
		return err;
	err = spn_conf_table_init(sn);
	if (err)
		goto destroy_spis;
	err = spn_tunnel_table_init(sn);
	if (err)
		goto destroy_confs;
	err = spn_limit_init(sn);
	if (err)
		goto destroy_tunnels;
	return 0;

destroy_tunnels:
	spn_tunnel_table_destroy(sn);
destroy_confs:
	spn_conf_table_destroy(sn);
destroy_spis:
	spn_spi_table_destroy(sn);
	return err;
}

/*
 * The first step of a namespace's end, before its devices go: outer packets
 * have nowhere to live any more, so the tunnels end, also those of devices that
 * have moved to other namespaces.  Readers are waited for before the next step.
 */
static void __net_exit net_pre_exit(struct net *net)
{
	struct spn_net *sn = spn_net(net);
	struct spn_device *sd, *next;

	mutex_lock(&sn->lock);
	list_for_each_entry_safe(sd, next, &sn->devices, node)
		spn_tunnel_close(sn, sd);
	mutex_unlock(&sn->lock);
	spn_port_table_stop(sn);
}

static void __net_exit net_exit(struct net *net)
{
	struct spn_net *sn = spn_net(net);

	spn_limit_exit(sn);
	spn_tunnel_table_destroy(sn);
	spn_conf_table_destroy(sn);
	spn_spi_table_destroy(sn);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit = net_exit,
	.id = &spn_net_id,
	.size = sizeof(struct spn_net),
};

int __init spn_net_init(void)
{
	return register_pernet_subsys(&net_ops);
}

void spn_net_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}
