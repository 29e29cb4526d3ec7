// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "inbox.h"
#include "rt_events.h"

/* Octets, with what each event costs the kernel: those about ten thousand new routes fit. */
enum { EVENT_BUFFER = 8 << 20 };

struct sp_rt_events {
	struct nl_sock *sock;
	struct sp_inbox *inbox;
	sp_rt_event_fn each;
	void *arg;
};

/* A message that cannot be read is treated as one that was lost. */
static void take_message(struct nlmsghdr *hdr, void *arg)
{
	struct sp_rt_event event = { .link = NULL };
	struct sp_rt_events *events = arg;
	struct sp_route route;
	struct sp_link link;
	struct sp_error err;

	if (hdr->nlmsg_type < NLMSG_MIN_TYPE)
		return;
	event.gone = hdr->nlmsg_type == RTM_DELLINK || hdr->nlmsg_type == RTM_DELROUTE;
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
	events->inbox = sp_inbox_new();
	events->sock = events->inbox ? sp_talk_open(NETLINK_ROUTE, err) : NULL;
	if (!events->sock) {
		if (!events->inbox)
			sp_fail(err, "out of memory");
		sp_rt_events_close(events);
		return -1;
	}
	setsockopt(nl_socket_get_fd(events->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
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
		int ret = sp_inbox_receive(events->inbox, sp_rt_events_fd(events));

		if (ret == -EAGAIN)
			return 0;
		if (ret == -ENOBUFS)
			events->each(&lost, events->arg);
		else if (ret)
			return sp_fail(err, "notifications of rtnetlink: %s", strerror(-ret));
		sp_inbox_each(events->inbox, take_message, events);
	}
}

void sp_rt_events_close(struct sp_rt_events *events)
{
	if (!events)
		return;
	nl_socket_free(events->sock);
	sp_inbox_free(events->inbox);
	free(events);
}
