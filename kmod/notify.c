// SPDX-License-Identifier: GPL-2.0
#include <linux/spindle.h>
#include <net/genetlink.h>

#include "event.h"
#include "message.h"
#include "notify.h"
#include "sa.h"
#include "spi.h"
#include "state.h"

static const struct genl_family *notify_family;

void spn_notify_init(const struct genl_family *family)
{
	notify_family = family;
}

static void notify(struct spn_net *sn, u8 cmd,
		   int (*fill)(struct sk_buff *msg, void *object), void *object)
{
	struct sk_buff *msg;
	void *header;

	if (!genl_has_listeners(notify_family, sn->net, SPN_GROUP_MONITOR))
		return;
	msg = genlmsg_new(SPN_MESSAGE_SIZE, GFP_KERNEL);
	if (!msg) {
		genl_set_err(notify_family, sn->net, 0, SPN_GROUP_MONITOR, -ENOBUFS);
		return;
	}
	header = genlmsg_put(msg, 0, 0, notify_family, 0, cmd);
	if (!header || fill(msg, object)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, header);
	genlmsg_multicast_netns(notify_family, sn->net, msg, 0, SPN_GROUP_MONITOR,
				GFP_KERNEL);
}

void spn_notify_device_set(struct spn_net *sn, struct spn_device *sd)
{
	notify(sn, SPINDLE_CMD_DEV_SET_NTF, spn_message_put_device_here, sd);
}

void spn_notify_tunnel_new(struct spn_tunnel *tunnel)
{
	notify(tunnel->sn, SPINDLE_CMD_TUNNEL_NEW_NTF, spn_message_put_tunnel, tunnel);
}

void spn_notify_tunnel_set(struct spn_tunnel *tunnel)
{
	notify(tunnel->sn, SPINDLE_CMD_TUNNEL_SET_NTF, spn_message_put_tunnel, tunnel);
}

void spn_notify_tunnel_gone(struct spn_tunnel *tunnel)
{
	notify(tunnel->sn, SPINDLE_CMD_TUNNEL_DEL_NTF, spn_message_put_tunnel, tunnel);
}

void spn_notify_sa_new(struct spn_sa *sa)
{
	notify(sa->tunnel->sn, SPINDLE_CMD_SA_NEW_NTF, spn_message_put_sa, sa);
}

void spn_notify_sa_gone(struct spn_sa *sa)
{
	notify(sa->tunnel->sn, SPINDLE_CMD_SA_DEL_NTF, spn_message_put_sa, sa);
}

void spn_notify_spi_gone(struct spn_spi *entry)
{
	notify(entry->tunnel->sn, SPINDLE_CMD_SA_DEL_NTF, spn_message_put_spi, entry);
}
