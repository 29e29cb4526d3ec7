// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "address.h"

/* Since Linux 5.18; the headers may be older. */
enum { ADDRESS_PROTOCOL = 11 };

static int parse_address(struct nlmsghdr *hdr, struct sp_address *address, struct sp_error *err)
{
	static const struct nla_policy policy[ADDRESS_PROTOCOL + 1] = {
		[IFA_FLAGS] = { .type = NLA_U32 },
		[ADDRESS_PROTOCOL] = { .type = NLA_U8 },
	};
	enum { UNUSABLE = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED };
	struct nlattr *a[ADDRESS_PROTOCOL + 1];
	struct ifaddrmsg *ifa;
	uint32_t flags;

	if (nlmsg_parse(hdr, sizeof(*ifa), a, ADDRESS_PROTOCOL, policy) < 0)
		return sp_fail(err, "the kernel sent a malformed message");
	ifa = nlmsg_data(hdr);
	flags = a[IFA_FLAGS] ? nla_get_u32(a[IFA_FLAGS]) : ifa->ifa_flags;
	*address = (struct sp_address){
		.ifindex = ifa->ifa_index,
		/* Where there is a peer, IFA_ADDRESS is the peer's. */
		.addr = sp_rt_get_addr(a[IFA_LOCAL] ? a[IFA_LOCAL] : a[IFA_ADDRESS],
				       ifa->ifa_family),
		.len = ifa->ifa_prefixlen,
		.protocol = a[ADDRESS_PROTOCOL] ? nla_get_u8(a[ADDRESS_PROTOCOL]) : 0,
		.usable = !(flags & UNUSABLE) && ifa->ifa_scope < RT_SCOPE_LINK,
	};
	return 0;
}

struct walk {
	sp_address_fn each;
	void *arg;
};

static int walk_address(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	const struct walk *walk = arg;
	struct sp_address address;

	if (hdr->nlmsg_type != RTM_NEWADDR)
		return 0;
	if (parse_address(hdr, &address, err))
		return -1;
	return address.addr.family ? walk->each(&address, walk->arg) : 0;
}

int sp_address_dump(struct sp_rt *rt, sp_address_fn each, void *arg, struct sp_error *err)
{
	const struct ifaddrmsg ifa = { .ifa_family = AF_UNSPEC };
	struct nl_msg *msg = sp_rt_message(RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof(ifa), err);
	struct walk walk = { each, arg };

	return msg ? sp_rt_talk(rt, msg, walk_address, &walk, err) : -ENOMEM;
}

static int change_address(struct sp_rt *rt, int type, int flags, const struct sp_address *address,
			  struct sp_error *err)
{
	const struct ifaddrmsg ifa = {
		.ifa_family = (uint8_t)address->addr.family,
		.ifa_prefixlen = address->len,
		.ifa_index = address->ifindex,
	};
	struct nl_msg *msg = sp_rt_message(type, flags, &ifa, sizeof(ifa), err);

	if (!msg)
		return -ENOMEM;
	if (sp_rt_put_addr(msg, IFA_LOCAL, &address->addr) ||
	    sp_rt_put_addr(msg, IFA_ADDRESS, &address->addr) ||
	    (type == RTM_NEWADDR &&
	     (nla_put_u32(msg, IFA_FLAGS, IFA_F_NOPREFIXROUTE | IFA_F_NODAD) ||
	      nla_put_u8(msg, ADDRESS_PROTOCOL, SP_RT_PROTOCOL))))
		return sp_rt_overflow(msg, err);
	return sp_rt_talk(rt, msg, NULL, NULL, err);
}

int sp_address_add(struct sp_rt *rt, const struct sp_address *address, struct sp_error *err)
{
	return change_address(rt, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address, err);
}

int sp_address_del(struct sp_rt *rt, const struct sp_address *address, struct sp_error *err)
{
	return change_address(rt, RTM_DELADDR, 0, address, err);
}
