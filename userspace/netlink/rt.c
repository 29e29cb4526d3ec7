// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rt.h"

struct sp_rt {
	struct sp_talker talker;
};

int sp_rt_open(struct sp_rt **out, struct sp_error *err)
{
	struct sp_rt *rt = calloc(1, sizeof(*rt));

	if (!rt)
		return sp_fail(err, "out of memory");
	if (sp_talker_open(&rt->talker, NETLINK_ROUTE, err)) {
		free(rt);
		return -1;
	}
	*out = rt;
	return 0;
}

void sp_rt_close(struct sp_rt *rt)
{
	if (!rt)
		return;
	sp_talker_close(&rt->talker);
	free(rt);
}

struct nl_msg *sp_rt_message(int type, int flags, const void *head, size_t len,
			     struct sp_error *err)
{
	struct nl_msg *msg = sp_talk_alloc(err);

	if (!msg)
		return NULL;
	if (!nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, NLM_F_REQUEST | flags) ||
	    nlmsg_append(msg, (void *)head, len, NLMSG_ALIGNTO)) {
		sp_rt_overflow(msg, err);
		return NULL;
	}
	return msg;
}

int sp_rt_overflow(struct nl_msg *msg, struct sp_error *err)
{
	nlmsg_free(msg);
	sp_fail(err, "out of memory");
	return -ENOMEM;
}

int sp_rt_talk(struct sp_rt *rt, struct nl_msg *msg, sp_talk_fn each, void *arg,
	       struct sp_error *err)
{
	return sp_talk(&rt->talker, msg, each, arg, err);
}

void sp_rt_group_begin(struct sp_talk_group *group, struct sp_rt *rt)
{
	sp_talk_group_begin(group, &rt->talker);
}

int sp_rt_put_addr(struct nl_msg *msg, int type, const struct sp_addr *addr)
{
	return nla_put(msg, type, (int)sp_addr_len(addr), addr->octets);
}

struct sp_addr sp_rt_get_addr(const struct nlattr *attr, sa_family_t family)
{
	struct sp_addr addr = { .family = family };

	if (!attr || (size_t)nla_len(attr) != sp_addr_len(&addr))
		return (struct sp_addr){ .family = AF_UNSPEC };
	memcpy(addr.octets, nla_data(attr), sp_addr_len(&addr));
	return addr;
}
