// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <string.h>

#include "link.h"
#include "talk.h"

static const char kind[] = "spindle";

/* What is of interest in an interface that is there already. */
struct found {
	uint32_t ifindex;
	bool up;
	char kind[32];			/* "" for physical ones */
};

static int read_link(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	static const struct nla_policy policy[IFLA_MAX + 1] = {
		[IFLA_LINKINFO] = { .type = NLA_NESTED },
	};
	static const struct nla_policy info_policy[IFLA_INFO_MAX + 1] = {
		[IFLA_INFO_KIND] = { .type = NLA_STRING },
	};
	struct nlattr *a[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct found *found = arg;
	struct ifinfomsg *ifi;

	if (nlmsg_parse(hdr, sizeof(*ifi), a, IFLA_MAX, policy) < 0)
		return sp_fail(err, "the kernel sent a malformed message");
	ifi = nlmsg_data(hdr);
	found->ifindex = (uint32_t)ifi->ifi_index;
	found->up = ifi->ifi_flags & IFF_UP;
	if (a[IFLA_LINKINFO] &&
	    !nla_parse_nested(info, IFLA_INFO_MAX, a[IFLA_LINKINFO], info_policy) &&
	    info[IFLA_INFO_KIND])
		nla_strlcpy(found->kind, info[IFLA_INFO_KIND], sizeof(found->kind));
	return 0;
}

static struct nl_msg *link_request(int type, int flags, const struct ifinfomsg *ifi,
				   const char *ifname, struct sp_error *err)
{
	struct nl_msg *msg = sp_talk_alloc(err);

	if (!msg)
		return NULL;
	if (!nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, NLM_F_REQUEST | flags) ||
	    nlmsg_append(msg, (void *)ifi, sizeof(*ifi), NLMSG_ALIGNTO) ||
	    nla_put_string(msg, IFLA_IFNAME, ifname)) {
		sp_fail(err, "out of memory");
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int get_link(struct nl_sock *sock, const char *ifname, struct found *found,
		    struct sp_error *err)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = link_request(RTM_GETLINK, 0, &ifi, ifname, err);

	memset(found, 0, sizeof(*found));
	return msg ? sp_talk(sock, msg, read_link, found, err) : -ENOMEM;
}

/* libnl-route knows its own list of kinds only, so this message is made by hand. */
static int new_link(struct nl_sock *sock, const char *ifname, struct sp_error *err)
{
	const struct ifinfomsg ifi = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nl_msg *msg = link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, ifname,
					  err);
	struct nlattr *info;

	if (!msg)
		return -ENOMEM;
	info = nla_nest_start(msg, IFLA_LINKINFO);
	if (!info || nla_put_string(msg, IFLA_INFO_KIND, kind)) {
		nlmsg_free(msg);
		sp_fail(err, "out of memory");
		return -ENOMEM;
	}
	nla_nest_end(msg, info);
	return sp_talk(sock, msg, NULL, NULL, err);
}

static int set_up(struct nl_sock *sock, const char *ifname, struct sp_error *err)
{
	const struct ifinfomsg ifi = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nl_msg *msg = link_request(RTM_NEWLINK, 0, &ifi, ifname, err);

	return msg ? sp_talk(sock, msg, NULL, NULL, err) : -ENOMEM;
}

static int ensure(struct nl_sock *sock, const char *ifname, struct found *found,
		  struct sp_error *err)
{
	int ret = get_link(sock, ifname, found, err);

	if (ret == -ENODEV) {
		ret = new_link(sock, ifname, err);
		if (ret == -EOPNOTSUPP)
			return sp_fail(err, "the kernel module is not loaded "
				       "(try: modprobe spindle)");
		if (!ret)
			ret = get_link(sock, ifname, found, err);
	}
	if (ret)
		return -1;
	if (strcmp(found->kind, kind))
		return sp_fail(err, "is of kind %s, not %s",
			       found->kind[0] ? found->kind : "hardware", kind);
	return found->up || !set_up(sock, ifname, err) ? 0 : -1;
}

int sp_link_ensure(const char *ifname, uint32_t *ifindex, struct sp_error *err)
{
	struct nl_sock *sock = sp_talk_open(NETLINK_ROUTE, err);
	struct found found;
	int ret;

	if (!sock)
		return -1;
	ret = ensure(sock, ifname, &found, err);
	nl_socket_free(sock);
	if (ret)
		return sp_fail_in(err, "interface %s", ifname);
	*ifindex = found.ifindex;
	return 0;
}

static struct rtnl_route *make_route(uint32_t ifindex, const struct sp_prefix *to)
{
	struct rtnl_route *route = rtnl_route_alloc();
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct nl_addr *dst = nl_addr_build(to->addr.family, to->addr.octets,
					    sp_addr_len(&to->addr));

	if (!route || !hop || !dst) {
		rtnl_route_put(route);
		if (hop)
			rtnl_route_nh_free(hop);
		nl_addr_put(dst);
		return NULL;
	}
	nl_addr_set_prefixlen(dst, to->len);
	rtnl_route_set_family(route, (uint8_t)to->addr.family);
	rtnl_route_set_dst(route, dst);
	rtnl_route_set_table(route, RT_TABLE_MAIN);
	rtnl_route_set_protocol(route, RTPROT_STATIC);
	rtnl_route_set_scope(route, RT_SCOPE_LINK);
	rtnl_route_nh_set_ifindex(hop, (int)ifindex);
	rtnl_route_add_nexthop(route, hop);
	nl_addr_put(dst);
	return route;
}

/* Returns 0, or -errno with the error set. */
static int change_route(uint32_t ifindex, const struct sp_prefix *to,
			int (*build)(struct rtnl_route *route, int flags, struct nl_msg **msg),
			int flags, struct sp_error *err)
{
	struct rtnl_route *route = make_route(ifindex, to);
	char text[SP_PREFIX_STRLEN];
	struct nl_msg *msg;
	int ret = -ENOMEM;

	if (route && !build(route, flags, &msg))
		ret = sp_talk_route(msg, err);
	else
		sp_fail(err, "out of memory");
	rtnl_route_put(route);
	if (ret)
		sp_fail_in(err, "route to %s", sp_prefix_format(to, text));
	return ret;
}

int sp_route_add(uint32_t ifindex, const struct sp_prefix *to, struct sp_error *err)
{
	return change_route(ifindex, to, rtnl_route_build_add_request,
			    NLM_F_CREATE | NLM_F_REPLACE, err) ? -1 : 0;
}

int sp_route_del(uint32_t ifindex, const struct sp_prefix *to, struct sp_error *err)
{
	int ret = change_route(ifindex, to, rtnl_route_build_del_request, 0, err);

	/* ESRCH: no such route; ENODEV: it went with its interface. */
	return ret && ret != -ESRCH && ret != -ENODEV ? -1 : 0;
}
