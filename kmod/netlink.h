/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family: what users ask for, checked and carried out.
 * netlink.c has the family and what tunnels and SAs share, netlink_tunnel.c and
 * netlink_sa.c one noun each.
 */
#ifndef _SPINDLE_NETLINK_H
#define _SPINDLE_NETLINK_H

#include <linux/spindle.h>
#include <net/genetlink.h>

#include "event.h"
#include "tunnel.h"

/* Room for the largest object: a tunnel with all its selectors and drops. */
enum { SPN_NETLINK_MSG_SIZE = 12288 };

int __init spn_netlink_init(void);
void spn_netlink_exit(void);

extern struct genl_family spn_netlink_family;
extern const struct nla_policy spn_netlink_tunnel_policy[SPINDLE_A_TUNNEL_MAX + 1];
extern const struct nla_policy spn_netlink_sa_policy[SPINDLE_A_SA_MAX + 1];
extern const struct nla_policy spn_netlink_life_policy[SPINDLE_A_LIFE_MAX + 1];
extern const struct nla_policy spn_netlink_selector_policy[SPINDLE_A_SELECTOR_MAX + 1];

/* The tunnel that the message names, or an ERR_PTR().  Under spn_net.lock. */
struct spn_tunnel *spn_netlink_tunnel(struct spn_net *sn, struct genl_info *info);

/* Parses the nest of a message, which must be there. */
int spn_netlink_nest(struct nlattr **tb, int max, int attr, struct genl_info *info,
		     const struct nla_policy *policy);

/* Adds the non-zero counters, each as a nest of type @attr. */
int spn_netlink_put_drops(struct sk_buff *msg, int attr, const struct spn_drops *drops);

/* The tunnel's id, name and protocol, as every SA message carries them. */
int spn_netlink_put_tunnel_name(struct sk_buff *msg, const struct spn_tunnel *tunnel);

/*
 * Multicasts a message that fill() makes, to the group "monitor".  Memory that
 * is not there costs a notification and nothing else, and listeners are told
 * that they have missed one (ENOBUFS).
 */
void spn_netlink_notify(struct spn_net *sn, u8 cmd,
			int (*fill)(struct sk_buff *msg, void *object),
			void *object);

/* Tells the group "monitor" of a tunnel that is not as it was.  Under spn_net.lock. */
void spn_netlink_tunnel_changed(struct spn_net *sn, struct spn_tunnel *tunnel);

int spn_netlink_tunnel_new(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_tunnel_set(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_tunnel_get(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_tunnel_dump(struct sk_buff *msg, struct netlink_callback *cb);
int spn_netlink_tunnel_del(struct sk_buff *skb, struct genl_info *info);

int spn_netlink_spi_alloc(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_sa_new(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_sa_dump(struct sk_buff *msg, struct netlink_callback *cb);
int spn_netlink_sa_del(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_sa_flush(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_sa_activate(struct sk_buff *skb, struct genl_info *info);

#endif
