// SPDX-License-Identifier: GPL-2.0
#include <linux/file.h>

#include "netlink.h"
#include "port.h"

static int put_fd(struct sk_buff *msg, int fd)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_PORT);

	if (!nest || nla_put_u32(msg, SPINDLE_A_PORT_FD, fd))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int reply(struct genl_info *info, int fd)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *header;

	if (!msg)
		return -ENOMEM;
	header = genlmsg_put_reply(msg, info, &spn_netlink_family, 0, SPINDLE_CMD_PORT_OPEN);
	if (!header || put_fd(msg, fd)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

/* A request is carried out in the process that sends it, where the descriptor is to be. */
static int give(struct genl_info *info, struct file *file)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	int err;

	if (fd < 0) {
		NL_SET_ERR_MSG(info->extack, "there are too many open files");
		return fd;
	}
	err = reply(info, fd);
	if (err)
		put_unused_fd(fd);
	else
		fd_install(fd, file);
	return err;
}

int spn_netlink_port_open(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[SPINDLE_A_PORT_MAX + 1];
	struct spn_addr local;
	struct file *file;
	u16 number;
	int err;

	err = spn_netlink_nest(tb, SPINDLE_A_PORT_MAX, SPINDLE_A_PORT, info);
	if (err)
		return err;
	if (!tb[SPINDLE_A_PORT_ADDR] || !tb[SPINDLE_A_PORT_NUMBER]) {
		NL_SET_ERR_MSG(info->extack, "needs addr and number");
		return -EINVAL;
	}
	err = spn_netlink_get_host(&local, tb[SPINDLE_A_PORT_ADDR], info->extack);
	if (err)
		return err;
	number = be16_to_cpu(nla_get_be16(tb[SPINDLE_A_PORT_NUMBER]));
	file = spn_port_lend(spn_net(genl_info_net(info)), &local, number);
	if (IS_ERR(file)) {
		if (PTR_ERR(file) == -EADDRINUSE)
			NL_SET_ERR_MSG(info->extack, "another program has it");
		return PTR_ERR(file);
	}
	err = give(info, file);
	if (err)
		fput(file);
	return err;
}
