/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink requests and their whole answers.  Messages are made with libnl-3; errors carry the
 * kernel's extack.
 */
#ifndef SP_TALK_H
#define SP_TALK_H

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdint.h>

#include "error.h"

struct sp_inbox;

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
	struct sp_inbox *inbox;
	uint32_t seq;			/* of the request before */
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

/*
 * Requests that do not depend on one another's answers, asked together: the kernel is entered
 * twice for many of them.  It deals with them in their order.
 */
enum { SP_TALK_GROUP_MAX = 64 };

/* What became of a request: 0, or -errno with the kernel's words. */
typedef void (*sp_talk_done_fn)(int code, struct sp_error *err, void *arg);

struct sp_talk_request {
	struct nl_msg *msg;
	sp_talk_fn each;		/* for what the kernel answers, or NULL */
	sp_talk_done_fn done;
	void *arg;			/* of both */
	int code;
	struct sp_error err;
};

struct sp_talk_group {
	struct sp_talker *talker;
	struct sp_talk_request list[SP_TALK_GROUP_MAX];
	size_t n;
};

void sp_talk_group_begin(struct sp_talk_group *group, struct sp_talker *talker);
/* Takes the message over; asks those before it if there is no room for more. */
void sp_talk_group_add(struct sp_talk_group *group, struct nl_msg *msg, sp_talk_fn each,
		       sp_talk_done_fn done, void *arg);
/* Asks what is left, and has each of them told what became of it. */
void sp_talk_group_end(struct sp_talk_group *group);

#endif
