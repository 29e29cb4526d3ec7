// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#include "device.h"
#include "hook.h"
#include "lane.h"
#include "mtu.h"
#include "net.h"
#include "netlink.h"
#include "port.h"
#include "sa.h"
#include "selftest.h"
#include "tunnel.h"
#include "version.h"
#include "xform.h"

static int __init spindle_init(void)
{
	int err;

	err = spn_selftest();
	if (err)
		goto exit_xform;
	err = spn_sa_init();
	if (err)
		goto exit_xform;
	err = spn_tunnel_init();
	if (err)
		goto exit_sa;
	err = spn_lane_init();
	if (err)
		goto exit_tunnel;
	spn_port_init(spn_hook_udp_rcv, spn_hook_udp_error);
	err = spn_net_init();
	if (err)
		goto exit_lane;
	err = spn_mtu_init();
	if (err)
		goto exit_net;
	err = spn_netlink_init();
	if (err)
		goto exit_mtu;
	err = spn_device_init();
	if (err)
		goto exit_netlink;
	err = spn_hook_init();
	if (err) {
		if (err == -EEXIST)
			pr_err("spindle: another module handles ESP at our priority\n");
		goto exit_device;
	}
	return 0;

exit_device:
	spn_device_exit();
exit_netlink:
	spn_netlink_exit();
exit_mtu:
	spn_mtu_exit();
exit_net:
	spn_net_exit();
exit_lane:
	spn_lane_exit();
exit_tunnel:
	spn_tunnel_exit();
exit_sa:
	spn_sa_exit();
exit_xform:
	spn_xform_exit();
	return err;
}

static void __exit spindle_exit(void)
{
	/*
	 * No packet comes in any more; the devices take their tunnels and SAs
	 * along, and go only when the last packet that holds one of them has
	 * gone; nobody has news for userspace then.
	 */
	spn_hook_exit();
	spn_device_exit();
	spn_netlink_exit();
	spn_mtu_exit();
	spn_net_exit();
	/* What RCU still has to free, then what that puts on the queue. */
	rcu_barrier();
	spn_sa_exit();
	spn_tunnel_exit();
	spn_lane_exit();
	spn_xform_exit();
}

module_init(spindle_init);
module_exit(spindle_exit);

MODULE_DESCRIPTION("IPsec tunnels behind a network device");
MODULE_LICENSE("GPL");
MODULE_VERSION(SPINDLE_VERSION);
MODULE_ALIAS_RTNL_LINK("spindle");
MODULE_ALIAS_GENL_FAMILY("spindle");
/* The fast implementations do not load by themselves. */
MODULE_SOFTDEP("pre: aesni_intel sha1_ssse3 sha256_ssse3 sha512_ssse3 cbc hmac");
