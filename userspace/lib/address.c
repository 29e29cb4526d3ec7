// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/route/addr.h>

#include "link.h"
#include "talk.h"

static struct rtnl_addr *make_address(uint32_t ifindex, const struct sp_addr *addr, uint8_t len)
{
	struct nl_addr *local = nl_addr_build(addr->family, addr->octets, sp_addr_len(addr));
	struct rtnl_addr *address = rtnl_addr_alloc();

	if (local && address) {
		nl_addr_set_prefixlen(local, len);
		rtnl_addr_set_ifindex(address, (int)ifindex);
		if (!rtnl_addr_set_local(address, local))
			goto out;
	}
	rtnl_addr_put(address);
	address = NULL;
out:
	nl_addr_put(local);
	return address;
}

int sp_address_add(uint32_t ifindex, const struct sp_addr *addr, uint8_t len, struct sp_error *err)
{
	struct rtnl_addr *address = make_address(ifindex, addr, len);
	char text[SP_ADDR_STRLEN];
	struct nl_msg *msg;
	int ret = -ENOMEM;

	if (address && !rtnl_addr_build_add_request(address, NLM_F_CREATE | NLM_F_REPLACE, &msg))
		ret = sp_talk_route(msg, err);
	else
		sp_fail(err, "out of memory");
	rtnl_addr_put(address);
	if (ret && ret != -EEXIST)
		return sp_fail_in(err, "address %s/%u", sp_addr_format(addr, text), len);
	return 0;
}
