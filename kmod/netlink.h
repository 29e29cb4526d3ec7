/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family: what users ask for, checked and carried out.
 * netlink.c has the family and what the others share, netlink_tunnel.c, netlink_sa.c,
 * netlink_port.c and netlink_alg.c one noun each.
 */
#ifndef _SPINDLE_NETLINK_H
#define _SPINDLE_NETLINK_H

#include <linux/spindle.h>
#include <net/genetlink.h>

#include "conf.h"
#include "event.h"
#include "generation.h"
#include "sa.h"
#include "tunnel.h"

int __init spn_netlink_init(void);
void spn_netlink_exit(void);

extern struct genl_family spn_netlink_family;

/**
 * spn_netlink_begin - what most requests begin with
 * @info: a request that names a tunnel in its nest
 *
 * Takes spn_net.lock, which spn_netlink_end() lets go of.  Those whose operation says so have it
 * done before the handler.
 *
 * Return: the tunnel, which is spn_netlink_tunnel()'s from now on; or an ERR_PTR(), and then the
 * lock is free.
 */
struct spn_tunnel *spn_netlink_begin(struct genl_info *info);

/* Also lets the MTU settle. */
void spn_netlink_end(struct genl_info *info);

/* The tunnel that a request is about, which has begun. */
static inline struct spn_tunnel *spn_netlink_tunnel(const struct genl_info *info)
{
	return info->user_ptr[0];
}

/* The tunnel of that id, that name or both, or an ERR_PTR().  Under spn_net.lock. */
struct spn_tunnel *spn_netlink_find(struct spn_net *sn, struct nlattr **tb,
				    struct netlink_ext_ack *extack);

/* Parses a nest of a request; what may be in it the policy of the operation has said. */
int spn_netlink_parse(struct nlattr **tb, int max, const struct nlattr *nest,
		      struct netlink_ext_ack *extack);

/* The same for a nest of a message, which must be there. */
int spn_netlink_nest(struct nlattr **tb, int max, int attr, struct genl_info *info);

/*
 * The message that a request is answered with, or NULL.  What changes something has it before
 * it does so, as an error would be about what has been done.
 */
struct sk_buff *spn_netlink_reply_new(size_t size);

/* Answers with an object, which fill() puts into the message, and frees it if that fails. */
int spn_netlink_reply(struct sk_buff *msg, struct genl_info *info,
		      int (*fill)(struct sk_buff *msg, void *object), void *object);

/* Adds an object to what a dump sends; its cb->seq says what it is consistent with. */
int spn_netlink_dump_put(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd,
			 int (*fill)(struct sk_buff *msg, void *object), void *object);

/* Reads an outer address, which must be that of a host. */
int spn_netlink_get_host(struct spn_addr *addr, const struct nlattr *attr,
			 struct netlink_ext_ack *extack);

int spn_netlink_tunnel_new(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_tunnel_set(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_tunnel_get(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_tunnel_start(struct netlink_callback *cb);
int spn_netlink_tunnel_dump(struct sk_buff *msg, struct netlink_callback *cb);
int spn_netlink_tunnel_del(struct sk_buff *skb, struct genl_info *info);

int spn_netlink_spi_alloc(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_sa_new(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_sa_get(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_sa_dump(struct sk_buff *msg, struct netlink_callback *cb);
int spn_netlink_sa_del(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_sa_flush(struct sk_buff *skb, struct genl_info *info);
int spn_netlink_sa_activate(struct sk_buff *skb, struct genl_info *info);

int spn_netlink_alg_dump(struct sk_buff *msg, struct netlink_callback *cb);

int spn_netlink_port_open(struct sk_buff *skb, struct genl_info *info);

#endif
