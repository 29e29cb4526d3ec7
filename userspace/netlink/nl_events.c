// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "inbox.h"
#include "nl_message.h"
#include "talk.h"

/* Octets, with what each event costs the kernel: those about ten thousand new tunnels fit. */
enum { EVENT_BUFFER = 16 << 20 };

struct sp_nl_events {
	struct nl_sock *sock;
	struct sp_inbox *inbox;
	sp_event_fn each;
	void *arg;
	struct sp_error *err;		/* while reading: the caller's */
	bool malformed;
};

static void take_event(struct nlmsghdr *hdr, void *arg)
{
	struct sp_nl_events *events = arg;
	struct sp_event event;

	if (hdr->nlmsg_type < NLMSG_MIN_TYPE)
		return;
	if (sp_nl_parse_event(hdr, &event, events->err))
		events->malformed = true;
	else
		events->each(&event, events->arg);
}

static const struct {
	unsigned int bit;
	const char *name;
} groups_of_family[] = {
	{ SP_NL_KEYING, SPINDLE_MCGRP_KEYING },
	{ SP_NL_MONITOR, SPINDLE_MCGRP_MONITOR },
};

enum { GROUPS = sizeof(groups_of_family) / sizeof(groups_of_family[0]) };

/*
 * The controller is asked for all of them before the first is joined: what the kernel tells a
 * group would be taken for its answer.
 */
static int join_groups(struct nl_sock *sock, unsigned int groups, struct sp_error *err)
{
	int ids[GROUPS], ret;
	size_t i;

	for (i = 0; i < GROUPS; i++) {
		ids[i] = genl_ctrl_resolve_grp(sock, SPINDLE_GENL_NAME, groups_of_family[i].name);
		if (ids[i] < 0)
			return sp_fail(err, "the kernel module is not loaded "
					    "(try: modprobe spindle)");
	}
	for (i = 0; i < GROUPS; i++) {
		ret = groups & groups_of_family[i].bit ? nl_socket_add_membership(sock, ids[i]) : 0;
		if (ret)
			return sp_fail(err, "notifications \"%s\": %s", groups_of_family[i].name,
				       nl_geterror(ret));
	}
	return 0;
}

int sp_nl_events_open(struct sp_nl_events **out, unsigned int groups, sp_event_fn each,
		      void *arg, struct sp_error *err)
{
	struct sp_nl_events *events = calloc(1, sizeof(*events));
	int size = EVENT_BUFFER;

	if (!events)
		return sp_fail(err, "out of memory");
	events->each = each;
	events->arg = arg;
	events->inbox = sp_inbox_new();
	if (!events->inbox) {
		sp_fail(err, "out of memory");
		goto fail;
	}
	events->sock = sp_talk_open(NETLINK_GENERIC, err);
	if (!events->sock)
		goto fail;
	/* Over the system's limit, which root may; else what sp_talk_open() got is kept. */
	setsockopt(nl_socket_get_fd(events->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));

	/* Joining asks the controller and waits: only then may the socket stop waiting. */
	if (join_groups(events->sock, groups, err))
		goto fail;
	if (nl_socket_set_nonblocking(events->sock)) {
		sp_fail(err, "netlink: the socket cannot be made non-blocking");
		goto fail;
	}
	*out = events;
	return 0;
fail:
	sp_nl_events_close(events);
	return -1;
}

int sp_nl_events_fd(const struct sp_nl_events *events)
{
	return nl_socket_get_fd(events->sock);
}

int sp_nl_events_read(struct sp_nl_events *events, struct sp_error *err)
{
	static const struct sp_event lost;

	events->err = err;
	events->malformed = false;
	for (;;) {
		int ret = sp_inbox_receive(events->inbox, sp_nl_events_fd(events));

		if (ret == -EAGAIN)
			return events->malformed ? -1 : 0;
		if (ret == -ENOBUFS)
			events->each(&lost, events->arg);
		else if (ret)
			return sp_fail(err, "notifications: %s", strerror(-ret));
		sp_inbox_each(events->inbox, take_event, events);
	}
}

void sp_nl_events_close(struct sp_nl_events *events)
{
	if (!events)
		return;
	nl_socket_free(events->sock);
	sp_inbox_free(events->inbox);
	free(events);
}
