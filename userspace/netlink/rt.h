/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink, over libnl-3: what link.h, address.h, route.h and rt_events.h have in common.
 * Messages are made by hand, since libnl-route knows neither our kind of interface nor whose
 * an address is.
 */
#ifndef SP_RT_H
#define SP_RT_H

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "addr.h"
#include "error.h"
#include "talk.h"

/*
 * Whose an address, a route or a rule is stands with it in the kernel.  This number is ours in
 * no list of iproute2, FRR or the kernel; all that bears it may be taken away by us, and
 * nothing else.
 */
enum { SP_RT_PROTOCOL = 45 };

struct sp_rt;

int sp_rt_open(struct sp_rt **rt, struct sp_error *err);
void sp_rt_close(struct sp_rt *rt);

/* A request that begins with @head; NULL and an error without memory. */
struct nl_msg *sp_rt_message(int type, int flags, const void *head, size_t len,
			     struct sp_error *err);
/* Sends it as sp_talk() does: 0, or -errno with the error set. */
int sp_rt_talk(struct sp_rt *rt, struct nl_msg *msg, sp_talk_fn each, void *arg,
	       struct sp_error *err);
/* Requests that are asked together. */
void sp_rt_group_begin(struct sp_talk_group *group, struct sp_rt *rt);
/* The message has turned out too small. */
int sp_rt_overflow(struct nl_msg *msg, struct sp_error *err);

int sp_rt_put_addr(struct nl_msg *msg, int type, const struct sp_addr *addr);
/* None if the attribute is missing or not as long as an address of that family. */
struct sp_addr sp_rt_get_addr(const struct nlattr *attr, sa_family_t family);

#endif
