// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "link.h"

static const char kind[] = "spindle";

/* Our mark is the alias, which everybody can see and which lasts as long as the interface. */
static const char mark[] = "made by spindled";

static void read_info(struct nlattr *attr, struct sp_link *link)
{
	static const struct nla_policy policy[IFLA_INFO_MAX + 1] = {
		[IFLA_INFO_KIND] = { .type = NLA_STRING },
	};
	struct nlattr *info[IFLA_INFO_MAX + 1];

	if (attr && !nla_parse_nested(info, IFLA_INFO_MAX, attr, policy) && info[IFLA_INFO_KIND])
		nla_strlcpy(link->kind, info[IFLA_INFO_KIND], sizeof(link->kind));
}

int sp_link_parse(struct nlmsghdr *hdr, struct sp_link *link, struct sp_error *err)
{
	static const struct nla_policy policy[IFLA_MAX + 1] = {
		[IFLA_IFNAME] = { .type = NLA_STRING },
		[IFLA_IFALIAS] = { .type = NLA_STRING },
		[IFLA_LINKINFO] = { .type = NLA_NESTED },
	};
	struct nlattr *a[IFLA_MAX + 1];
	struct ifinfomsg *ifi;

	if (nlmsg_parse(hdr, sizeof(*ifi), a, IFLA_MAX, policy) < 0)
		return sp_fail(err, "the kernel sent a malformed message");
	ifi = nlmsg_data(hdr);
	*link = (struct sp_link){
		.ifindex = (uint32_t)ifi->ifi_index,
		.up = ifi->ifi_flags & IFF_UP,
		.made = a[IFLA_IFALIAS] && !nla_strcmp(a[IFLA_IFALIAS], mark),
	};
	if (a[IFLA_IFNAME])
		nla_strlcpy(link->name, a[IFLA_IFNAME], sizeof(link->name));
	read_info(a[IFLA_LINKINFO], link);
	return 0;
}

struct walk {
	sp_link_fn each;
	void *arg;
};

static int walk_link(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	const struct walk *walk = arg;
	struct sp_link link;

	if (hdr->nlmsg_type != RTM_NEWLINK)
		return 0;
	return sp_link_parse(hdr, &link, err) ? -1 : walk->each(&link, walk->arg);
}

int sp_link_dump(struct sp_rt *rt, sp_link_fn each, void *arg, struct sp_error *err)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = sp_rt_message(RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof(ifi), err);
	struct walk walk = { each, arg };

	return msg ? sp_rt_talk(rt, msg, walk_link, &walk, err) : -ENOMEM;
}

static int keep_link(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	return sp_link_parse(hdr, arg, err);
}

static struct nl_msg *named_message(int type, int flags, const struct ifinfomsg *ifi,
				    const char *ifname, struct sp_error *err)
{
	struct nl_msg *msg = sp_rt_message(type, flags, ifi, sizeof(*ifi), err);

	if (msg && nla_put_string(msg, IFLA_IFNAME, ifname)) {
		sp_rt_overflow(msg, err);
		return NULL;
	}
	return msg;
}

int sp_link_get(struct sp_rt *rt, const char *ifname, struct sp_link *link, struct sp_error *err)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = named_message(RTM_GETLINK, 0, &ifi, ifname, err);

	return msg ? sp_rt_talk(rt, msg, keep_link, link, err) : -ENOMEM;
}

bool sp_link_is_spindle(const struct sp_link *link)
{
	return !strcmp(link->kind, kind);
}

int sp_link_refuse_kind(const struct sp_link *link, struct sp_error *err)
{
	return sp_fail(err, "interface %s: is of kind %s, not %s", link->name,
		       link->kind[0] ? link->kind : "hardware", kind);
}

static int sign_link(struct sp_rt *rt, const char *ifname, struct sp_error *err)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = named_message(RTM_SETLINK, 0, &ifi, ifname, err);

	if (!msg)
		return -ENOMEM;
	/* iproute2 leaves out the NUL at the end, and so do we. */
	if (nla_put(msg, IFLA_IFALIAS, sizeof(mark) - 1, mark))
		return sp_rt_overflow(msg, err);
	return sp_rt_talk(rt, msg, NULL, NULL, err);
}

int sp_link_new(struct sp_rt *rt, const char *ifname, struct sp_error *err)
{
	const struct ifinfomsg ifi = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nl_msg *msg = named_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, ifname,
					   err);
	struct nlattr *info;
	int ret;

	if (!msg)
		return -ENOMEM;
	info = nla_nest_start(msg, IFLA_LINKINFO);
	if (!info || nla_put_string(msg, IFLA_INFO_KIND, kind))
		return sp_rt_overflow(msg, err);
	nla_nest_end(msg, info);
	ret = sp_rt_talk(rt, msg, NULL, NULL, err);
	if (ret == -EOPNOTSUPP)
		sp_fail(err, "the kernel module is not loaded (try: modprobe spindle)");
	return ret ? ret : sign_link(rt, ifname, err);
}

int sp_link_set_up(struct sp_rt *rt, uint32_t ifindex, struct sp_error *err)
{
	const struct ifinfomsg ifi = {
		.ifi_index = (int)ifindex, .ifi_flags = IFF_UP, .ifi_change = IFF_UP,
	};
	struct nl_msg *msg = sp_rt_message(RTM_NEWLINK, 0, &ifi, sizeof(ifi), err);

	return msg ? sp_rt_talk(rt, msg, NULL, NULL, err) : -ENOMEM;
}

int sp_link_del(struct sp_rt *rt, uint32_t ifindex, struct sp_error *err)
{
	const struct ifinfomsg ifi = { .ifi_index = (int)ifindex };
	struct nl_msg *msg = sp_rt_message(RTM_DELLINK, 0, &ifi, sizeof(ifi), err);

	return msg ? sp_rt_talk(rt, msg, NULL, NULL, err) : -ENOMEM;
}

static int ensure_link(struct sp_rt *rt, const char *ifname, struct sp_link *link,
		       struct sp_error *err)
{
	int ret = sp_link_get(rt, ifname, link, err);

	if (ret == -ENODEV) {
		ret = sp_link_new(rt, ifname, err);
		if (!ret)
			ret = sp_link_get(rt, ifname, link, err);
	}
	if (ret)
		return sp_fail_in(err, "interface %s", ifname);
	if (!sp_link_is_spindle(link))
		return sp_link_refuse_kind(link, err);
	if (!link->up && sp_link_set_up(rt, link->ifindex, err))
		return sp_fail_in(err, "interface %s", ifname);
	return 0;
}

int sp_link_ensure(const char *ifname, uint32_t *ifindex, struct sp_error *err)
{
	struct sp_link link = { .ifindex = 0 };
	struct sp_rt *rt;
	int ret;

	if (sp_rt_open(&rt, err))
		return -1;
	ret = ensure_link(rt, ifname, &link, err);
	*ifindex = link.ifindex;
	sp_rt_close(rt);
	return ret;
}
