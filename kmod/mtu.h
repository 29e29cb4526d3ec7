/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What fits: how long an inner packet a tunnel carries, and what of that is the MTU of its
 * device.
 *
 * A tunnel carries what its newest outbound SA leaves of the MTU of its path.  The device's
 * MTU is what the widest of its tunnels carries, so that no tunnel is slowed down by the path
 * of another; of a packet that is too long for its own tunnel the sender is told.  It is never
 * less than 1280 octets as long as something on the device is IPv6, which would lose its
 * addresses and routes there.
 *
 * Reckoning is under spn_net.lock.  The RTNL is needed only to change the MTU of a device, so
 * it is taken after that lock has been let go, by spn_mtu_settle(), and only if there is
 * something to change: who installs SAs does not wait for it.
 */
#ifndef _SPINDLE_MTU_H
#define _SPINDLE_MTU_H

#include <linux/workqueue.h>
#include <net/ip.h>

#include "conf.h"
#include "sa.h"
#include "state.h"

int __init spn_mtu_init(void);
void spn_mtu_exit(void);

/*
 * Reckons anew what a tunnel carries, after what that depends on has changed; spn_flow.fit.
 * Under spn_net.lock.
 */
void spn_mtu_fit(struct spn_tunnel *tunnel);

/*
 * Changes the MTUs of devices that have to be.  Without it that happens soon, too.  Takes the
 * RTNL and spn_net.lock.
 */
void spn_mtu_settle(struct spn_net *sn);

/*
 * The device gets another MTU.  If that is none of ours, the administrator has chosen it and it
 * stays; 0 has it follow the tunnels again.  Under the RTNL.  Returns what it becomes.
 */
unsigned int spn_mtu_choose(struct spn_device *sd, unsigned int mtu);

/*
 * Has a tunnel looked at in a second, because its path may have another MTU: what errors come
 * until then cost nothing more.  Under rcu_read_lock().
 */
void spn_mtu_path_changed(struct spn_tunnel *tunnel);

/* What the path of a packet carries, as it goes out.  Under rcu_read_lock(). */
static inline void spn_mtu_notice(struct spn_tunnel *tunnel, unsigned int path_mtu)
{
	if (unlikely(path_mtu != READ_ONCE(tunnel->path_mtu)))
		spn_mtu_path_changed(tunnel);
}

/* What a packet through the tunnel may be, of which @carried fits the path; 0 is not known. */
static inline unsigned int spn_mtu_inner(const struct spn_tunnel *tunnel, unsigned int carried)
{
	return min_not_zero(carried, READ_ONCE(tunnel->dev->mtu));
}

/**
 * spn_mtu_limit - how long a packet into a tunnel may be
 * @conf: configuration of the tunnel
 * @suite: algorithms
 * @ip: what the packet's header says
 * @carried: what fits the path
 * @ip_len: in transport mode octets of the packet's own header, else 0
 *
 * One that may be fragmented outside may be longer than what fits, but there is no outer packet
 * of more than 65,535 octets.
 */
static inline unsigned int spn_mtu_limit(const struct spn_conf *conf,
					 const struct spn_suite *suite, const struct spn_ip *ip,
					 unsigned int carried, unsigned int ip_len)
{
	if (ip->df && conf->opt.df != SPINDLE_DF_CLEAR)
		return max(carried, spn_ip_mtu_min(ip->family));
	return spn_conf_inner_max(conf, suite, IP_MAX_MTU, ip_len);
}

/*
 * Is a packet to be fragmented before it is sealed, rather than behind it?  The peer then has
 * nothing to put together, and no middlebox can lose what it does not know.
 */
bool spn_mtu_cuts(const struct spn_conf *conf, const struct sk_buff *skb,
		  const struct spn_ip *ip, unsigned int carried);

/**
 * spn_mtu_cut - fragment a packet that spn_mtu_cuts()
 * @skb: the packet; goes if all goes well
 * @carried: octets that none of the fragments passes
 * @headroom: in front of each
 *
 * Return: the fragments, linked by ->next, or NULL if there was no memory.
 */
struct sk_buff *spn_mtu_cut(struct sk_buff *skb, unsigned int carried, unsigned int headroom);

/**
 * spn_mtu_told - a router says that a tunnel's packet was too long
 * @tunnel: the tunnel
 * @skb: the ICMP error; skb->data is at the header of the outer packet that it quotes
 * @mtu: what the router can carry
 *
 * The caller has made sure that somebody saw a packet of the tunnel.  Under rcu_read_lock(),
 * bottom halves off.
 */
void spn_mtu_told(struct spn_tunnel *tunnel, struct sk_buff *skb, u32 mtu);

/* Looks at a tunnel again; spn_flow.refit. */
void spn_mtu_refit(struct work_struct *work);

#endif
