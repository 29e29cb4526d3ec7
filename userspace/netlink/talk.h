/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One netlink request and its whole answer, over libnl-3; errors carry the kernel's extack. */
#ifndef SP_TALK_H
#define SP_TALK_H

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "error.h"

/* Returns NULL and an error when the socket cannot be had. */
struct nl_sock *sp_talk_open(int protocol, struct sp_error *err);

/*
 * Who asks, one request at a time.  After an answer that could not be read the socket is
 * closed, since what is left of that answer would be taken for the next one; the next
 * request opens another.
 */
struct sp_talker {
	int protocol;
	struct nl_sock *sock;		/* NULL: none at the moment */
};

int sp_talker_open(struct sp_talker *talker, int protocol, struct sp_error *err);
void sp_talker_close(struct sp_talker *talker);

/* An empty request, large enough for every message here; NULL and an error without memory. */
struct nl_msg *sp_talk_alloc(struct sp_error *err);

/* Wipes and frees a request that will not be sent: it may hold keys. */
void sp_talk_discard(struct nl_msg *msg);

/* Sees one message of the answer; a return other than 0 ends the walk with it. */
typedef int (*sp_talk_fn)(struct nlmsghdr *hdr, void *arg, struct sp_error *err);

/*
 * Sends the message, discards it whatever happens, and calls each() (or
 * nothing, if NULL) for every message of the answer once all of it is there: a
 * dump that changed under the kernel's hands is asked again before anybody has
 * seen half of it.  Returns 0, what each() returned, or -errno with the error set.
 */
int sp_talk(struct sp_talker *talker, struct nl_msg *msg, sp_talk_fn each, void *arg,
	    struct sp_error *err);

#endif
