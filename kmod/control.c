// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>

#include "conf.h"
#include "control.h"
#include "generation.h"
#include "limit.h"
#include "notify.h"
#include "output.h"
#include "peer.h"
#include "sa.h"
#include "spi.h"
#include "tunnel.h"

/* The device may be in another namespace, where the index is another's. */
static int check_link(const struct spn_net *sn, const struct net_device *dev,
		      const struct spn_conf *conf, struct netlink_ext_ack *extack)
{
	if (conf->opt.link != READ_ONCE(dev->ifindex) || dev_net(dev) != sn->net)
		return 0;
	NL_SET_ERR_MSG(extack, "the link of a tunnel is not the device that it is on");
	return -EINVAL;
}

struct spn_tunnel *spn_control_tunnel_new(struct spn_net *sn, struct net_device *dev,
					  const char *name, struct spn_conf *conf,
					  struct netlink_ext_ack *extack)
{
	struct spn_tunnel *tunnel;
	int err;

	/* What is refused has never been there, for packets or for those who are told. */
	err = check_link(sn, dev, conf, extack);
	tunnel = err ? ERR_PTR(err) : spn_tunnel_new(sn, dev, name, conf, extack);
	if (IS_ERR(tunnel))
		spn_conf_free(conf);
	else
		spn_peer_configure(tunnel, conf);
	return tunnel;
}

/*
 * What an SA is made for cannot change under it.  Packets that have got their outer
 * header, and wait for their turn, must find a route of its kind.
 */
static int check_same(const struct spn_conf *conf, const struct spn_conf *old,
		      struct netlink_ext_ack *extack)
{
	if (conf->opt.mode != old->opt.mode || conf->opt.proto != old->opt.proto) {
		NL_SET_ERR_MSG(extack, "a tunnel's protocol and mode stay as they are");
		return -EINVAL;
	}
	if (conf->endpoints.local.family != old->endpoints.local.family &&
	    (conf->opt.mode == SPINDLE_MODE_TRANSPORT || conf->opt.proto == IPPROTO_AH)) {
		NL_SET_ERR_MSG(extack,
			       "with AH and in transport mode the outer addresses stay IPv4 or IPv6");
		return -EINVAL;
	}
	return 0;
}

int spn_control_tunnel_set(struct spn_tunnel *tunnel, struct spn_conf *conf,
			   struct netlink_ext_ack *extack)
{
	int err;

	err = check_same(conf, spn_tunnel_conf(tunnel), extack) ?:
	      check_link(tunnel->sn, tunnel->dev, conf, extack) ?:
	      spn_peer_prepare(tunnel, conf) ?:
	      spn_tunnel_set(tunnel, conf, extack);
	if (err)
		spn_conf_free(conf);
	/* What waits for an SA gets none. */
	else if (conf->opt.admin == SPINDLE_ADMIN_DOWN)
		spn_output_staged(tunnel);
	return err;
}

struct spn_spi *spn_control_reserve(struct spn_tunnel *tunnel, __be32 spi,
				    struct netlink_ext_ack *extack)
{
	const struct spn_conf *conf = spn_tunnel_conf(tunnel);
	int err = spn_limit_reserved(tunnel->sn, extack);

	if (err)
		return ERR_PTR(err);
	return spn_spi_reserve(tunnel->sn, tunnel, &conf->endpoints.local, conf->opt.proto, spi,
			       extack);
}

int spn_control_install(struct spn_tunnel *tunnel, struct spn_sa_config *in,
			struct spn_sa_config *out, struct netlink_ext_ack *extack)
{
	int err = spn_generation_install(tunnel, in, out, extack);

	if (!err && out)
		spn_output_staged(tunnel);
	return err;
}

int spn_control_activate(struct spn_tunnel *tunnel, u32 generation,
			 struct netlink_ext_ack *extack)
{
	if (spn_generation_activate(tunnel, generation)) {
		spn_output_staged(tunnel);
		return 0;
	}
	/* The first packet may have come before the command: no error. */
	if (spn_generation_find(tunnel, SPINDLE_DIR_OUT, generation))
		return 0;
	NL_SET_ERR_MSG(extack, "the generation has no outbound SA");
	return -ENOENT;
}

void spn_control_flush(struct spn_tunnel *tunnel)
{
	struct spn_sa *sa, *next;

	list_for_each_entry_safe(sa, next, &tunnel->sas, node)
		spn_generation_remove(tunnel, sa);
	spn_spi_release_reserved(tunnel->sn, tunnel);
}

void spn_control_tunnel_changed(struct spn_tunnel *tunnel)
{
	spn_peer_configure(tunnel, spn_tunnel_conf(tunnel));
	spn_notify_tunnel_set(tunnel);
}

/*
 * Its SAs have gone, but packets that have found one before may still come to the peer, and
 * queue its work once more; that one has a reference, and finds the tunnel without a
 * configuration.  The timer does not come again.
 */
void spn_control_tunnel_gone(struct spn_tunnel *tunnel)
{
	spn_peer_stop(tunnel);
	spn_notify_tunnel_gone(tunnel);
}
