// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "rt_events.h"

enum { EVENT_BUFFER = 1 << 20 };	/* octets */

struct sp_rt_events {
	struct nl_sock *sock;
	sp_rt_event_fn each;
	void *arg;
};

/* What cannot be read is taken for something that was lost. */
static int on_message(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct sp_rt_event event = { NULL, NULL };
	struct sp_rt_events *events = arg;
	struct sp_route route;
	struct sp_link link;
	struct sp_error err;

	switch (hdr->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (!sp_link_parse(hdr, &link, &err))
			event.link = &link;
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (!sp_route_parse(hdr, &route, &err))
			event.route = &route;
		break;
	default:
		break;
	}
	events->each(&event, events->arg);
	return NL_OK;
}

int sp_rt_events_open(struct sp_rt_events **out, sp_rt_event_fn each, void *arg,
		      struct sp_error *err)
{
	struct sp_rt_events *events = calloc(1, sizeof(*events));
	int size = EVENT_BUFFER, ret;

	if (!events)
		return sp_fail(err, "out of memory");
	events->each = each;
	events->arg = arg;
	events->sock = sp_talk_open(NETLINK_ROUTE, err);
	if (!events->sock) {
		free(events);
		return -1;
	}
	setsockopt(nl_socket_get_fd(events->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	nl_socket_disable_seq_check(events->sock);
	nl_socket_modify_cb(events->sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, events);
	ret = nl_socket_add_memberships(events->sock, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
					RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
					RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE,
					RTNLGRP_NONE);
	if (!ret)
		ret = nl_socket_set_nonblocking(events->sock);
	if (ret) {
		sp_rt_events_close(events);
		return sp_fail(err, "notifications of rtnetlink: %s", nl_geterror(ret));
	}
	*out = events;
	return 0;
}

int sp_rt_events_fd(const struct sp_rt_events *events)
{
	return nl_socket_get_fd(events->sock);
}

int sp_rt_events_read(struct sp_rt_events *events, struct sp_error *err)
{
	static const struct sp_rt_event lost;

	for (;;) {
		int ret = nl_recvmsgs_default(events->sock);

		if (ret == -NLE_AGAIN)
			return 0;
		/* ENOBUFS, as libnl calls it. */
		if (ret == -NLE_NOMEM)
			events->each(&lost, events->arg);
		else if (ret < 0)
			return sp_fail(err, "notifications of rtnetlink: %s", nl_geterror(ret));
	}
}

void sp_rt_events_close(struct sp_rt_events *events)
{
	if (!events)
		return;
	nl_socket_free(events->sock);
	free(events);
}
