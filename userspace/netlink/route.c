// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "route.h"

const char *sp_route_protocol(uint8_t protocol, char buf[8])
{
	static const char *const words[] = {
		[RTPROT_REDIRECT] = "redirect", [RTPROT_KERNEL] = "kernel",
		[RTPROT_BOOT] = "boot", [RTPROT_STATIC] = "static", [RTPROT_RA] = "ra",
		[RTPROT_ZEBRA] = "zebra", [RTPROT_BIRD] = "bird", [RTPROT_DHCP] = "dhcp",
	};

	if (protocol < sizeof(words) / sizeof(words[0]) && words[protocol])
		snprintf(buf, 8, "%.7s", words[protocol]);
	else
		snprintf(buf, 8, "%u", protocol);
	return buf;
}

int sp_route_parse(struct nlmsghdr *hdr, struct sp_route *route, struct sp_error *err)
{
	static const struct nla_policy policy[RTA_MAX + 1] = {
		[RTA_OIF] = { .type = NLA_U32 },
		[RTA_PRIORITY] = { .type = NLA_U32 },
		[RTA_TABLE] = { .type = NLA_U32 },
	};
	struct nlattr *a[RTA_MAX + 1];
	struct rtmsg *rtm;

	if (nlmsg_parse(hdr, sizeof(*rtm), a, RTA_MAX, policy) < 0)
		return sp_fail(err, "the kernel sent a malformed message");
	rtm = nlmsg_data(hdr);
	*route = (struct sp_route){
		.to = { sp_rt_get_addr(a[RTA_DST], rtm->rtm_family), rtm->rtm_dst_len },
		.table = a[RTA_TABLE] ? nla_get_u32(a[RTA_TABLE]) : rtm->rtm_table,
		.ifindex = a[RTA_OIF] ? nla_get_u32(a[RTA_OIF]) : 0,
		.metric = a[RTA_PRIORITY] ? nla_get_u32(a[RTA_PRIORITY]) : 0,
		.protocol = rtm->rtm_protocol,
		.type = rtm->rtm_type,
		.source = sp_rt_get_addr(a[RTA_PREFSRC], rtm->rtm_family),
	};
	/* A default route has no destination. */
	route->to.addr.family = rtm->rtm_family;
	return 0;
}

struct walk {
	sp_route_fn each;
	void *arg;
	sa_family_t family;
};

/* A kernel without IPv6 answers a dump of IPv6 routes with those of IPv4. */
static int walk_route(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	const struct walk *walk = arg;
	struct sp_route route;

	if (hdr->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (sp_route_parse(hdr, &route, err))
		return -1;
	if (route.to.addr.family != walk->family || route.protocol != SP_RT_PROTOCOL)
		return 0;
	return walk->each(&route, walk->arg);
}

int sp_route_dump(struct sp_rt *rt, sa_family_t family, sp_route_fn each, void *arg,
		  struct sp_error *err)
{
	const struct rtmsg rtm = {
		.rtm_family = (uint8_t)family, .rtm_protocol = SP_RT_PROTOCOL,
	};
	struct nl_msg *msg = sp_rt_message(RTM_GETROUTE, NLM_F_DUMP, &rtm, sizeof(rtm), err);
	struct walk walk = { each, arg, family };

	return msg ? sp_rt_talk(rt, msg, walk_route, &walk, err) : -ENOMEM;
}

static struct rtmsg route_head(const struct sp_route *route)
{
	return (struct rtmsg){
		.rtm_family = (uint8_t)route->to.addr.family,
		.rtm_dst_len = route->to.len,
		.rtm_table = route->table < 256 ? (uint8_t)route->table : RT_TABLE_UNSPEC,
		.rtm_protocol = route->protocol,
		.rtm_scope = RT_SCOPE_LINK,
		.rtm_type = route->type,
	};
}

/* NULL and an error without memory. */
static struct nl_msg *route_message(int type, int flags, const struct sp_route *route,
				    struct sp_error *err)
{
	const struct rtmsg rtm = route_head(route);
	struct nl_msg *msg = sp_rt_message(type, flags, &rtm, sizeof(rtm), err);

	if (!msg)
		return NULL;
	if ((route->to.len && sp_rt_put_addr(msg, RTA_DST, &route->to.addr)) ||
	    nla_put_u32(msg, RTA_TABLE, route->table) ||
	    nla_put_u32(msg, RTA_OIF, route->ifindex) ||
	    nla_put_u32(msg, RTA_PRIORITY, route->metric) ||
	    (route->source.family && sp_rt_put_addr(msg, RTA_PREFSRC, &route->source))) {
		sp_rt_overflow(msg, err);
		return NULL;
	}
	return msg;
}

static int change_route(struct sp_rt *rt, int type, int flags, const struct sp_route *route,
			struct sp_error *err)
{
	struct nl_msg *msg = route_message(type, flags, route, err);

	return msg ? sp_rt_talk(rt, msg, NULL, NULL, err) : -ENOMEM;
}

int sp_route_add_in(struct sp_talk_group *group, const struct sp_route *route,
		    sp_talk_done_fn done, void *arg, struct sp_error *err)
{
	struct nl_msg *msg = route_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, err);

	if (!msg)
		return -ENOMEM;
	sp_talk_group_add(group, msg, NULL, done, arg);
	return 0;
}

int sp_route_add(struct sp_rt *rt, const struct sp_route *route, bool replace,
		 struct sp_error *err)
{
	return change_route(rt, RTM_NEWROUTE, NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL),
			    route, err);
}

int sp_route_del(struct sp_rt *rt, const struct sp_route *route, struct sp_error *err)
{
	return change_route(rt, RTM_DELROUTE, 0, route, err);
}

static int keep_route(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	return sp_route_parse(hdr, arg, err);
}

static struct nl_msg *find_message(const struct sp_addr *to, uint32_t mark, struct sp_error *err)
{
	const struct rtmsg rtm = {
		.rtm_family = (uint8_t)to->family,
		.rtm_dst_len = (uint8_t)(8 * sp_addr_len(to)),
		.rtm_flags = RTM_F_FIB_MATCH,
	};
	struct nl_msg *msg = sp_rt_message(RTM_GETROUTE, 0, &rtm, sizeof(rtm), err);

	if (msg && (sp_rt_put_addr(msg, RTA_DST, to) ||
		    (mark && nla_put_u32(msg, RTA_MARK, mark)))) {
		sp_rt_overflow(msg, err);
		return NULL;
	}
	return msg;
}

int sp_route_find(struct sp_rt *rt, const struct sp_addr *to, uint32_t mark,
		  struct sp_route *found, struct sp_error *err)
{
	struct nl_msg *msg = find_message(to, mark, err);

	return msg ? sp_rt_talk(rt, msg, keep_route, found, err) : -ENOMEM;
}

int sp_route_find_in(struct sp_talk_group *group, const struct sp_addr *to, uint32_t mark,
		     sp_talk_fn each, sp_talk_done_fn done, void *arg, struct sp_error *err)
{
	struct nl_msg *msg = find_message(to, mark, err);

	if (!msg)
		return -ENOMEM;
	sp_talk_group_add(group, msg, each, done, arg);
	return 0;
}
