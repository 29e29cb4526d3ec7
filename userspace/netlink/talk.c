// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/handlers.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "talk.h"

enum {
	REQUEST_SIZE = 16384,		/* two full lists of IPv6 selectors and then some */
	RECEIVE_BUFFER = 1 << 20,
	MESSAGE_SIZE = 96 << 10,	/* of what is received: an attribute is less than 64 KiB */
	DUMP_ATTEMPTS = 16,
};

/* An answer while it is collected. */
struct answer {
	struct nl_msg **msgs;
	size_t n, size;
	bool done;
	bool interrupted;		/* NLM_F_DUMP_INTR: not one consistent picture */
	bool lost;			/* what is due may still come, or never will */
	uint32_t seq;			/* of the request */
	int code;			/* 0 or -errno */
	struct sp_error *err;
};

struct nl_sock *sp_talk_open(int protocol, struct sp_error *err)
{
	struct nl_sock *sock = nl_socket_alloc();
	int on = 1;
	int ret;

	if (!sock) {
		sp_fail(err, "out of memory");
		return NULL;
	}
	ret = nl_connect(sock, protocol);
	if (!ret)
		ret = nl_socket_set_buffer_size(sock, RECEIVE_BUFFER, 0);
	/* Otherwise libnl looks first how long each message is, which is twice the work. */
	if (!ret)
		ret = nl_socket_set_msg_buf_size(sock, MESSAGE_SIZE);
	if (ret) {
		sp_fail(err, "netlink: %s", nl_geterror(ret));
		nl_socket_free(sock);
		return NULL;
	}
	nl_socket_disable_msg_peek(sock);
	/* Without these errors are less clear and acks longer, but nothing breaks. */
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	/* A dump is of what was asked for, and not of a million routes of somebody else. */
	if (protocol == NETLINK_ROUTE)
		setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
			   sizeof(on));
	return sock;
}

struct nl_msg *sp_talk_alloc(struct sp_error *err)
{
	struct nl_msg *msg = nlmsg_alloc_size(REQUEST_SIZE);

	if (!msg)
		sp_fail(err, "out of memory");
	return msg;
}

void sp_talk_discard(struct nl_msg *msg)
{
	explicit_bzero(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	nlmsg_free(msg);
}

static void fail_with_code(struct answer *answer, int code, const char *text)
{
	answer->code = code;
	sp_fail(answer->err, "%s", text ? text : strerror(-code));
}

/* The kernel's own words stand in attributes behind the fixed part of an ack. */
static const char *extack_text(struct nlmsghdr *hdr, size_t fixed)
{
	static const struct nla_policy policy[NLMSGERR_ATTR_MAX + 1] = {
		[NLMSGERR_ATTR_MSG] = { .type = NLA_NUL_STRING },
	};
	struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1];

	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    nlmsg_parse(hdr, (int)fixed, attrs, NLMSGERR_ATTR_MAX, policy) < 0 ||
	    !attrs[NLMSGERR_ATTR_MSG])
		return NULL;
	return nla_get_string(attrs[NLMSGERR_ATTR_MSG]);
}

/* What belongs to another request, one whose answer could not be read, is no answer to this one. */
static int on_sequence(struct nl_msg *msg, void *arg)
{
	const struct answer *answer = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == answer->seq ? NL_OK : NL_SKIP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *hdr = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	struct answer *answer = arg;
	size_t fixed = sizeof(*e);

	(void)from;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		fixed += e->msg.nlmsg_len - sizeof(e->msg);
	answer->done = true;
	fail_with_code(answer, e->error, extack_text(hdr, fixed));
	return NL_SKIP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;

	(void)msg;
	answer->done = true;
	return NL_OK;
}

/* A dump that fails half way says so in its last message. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct answer *answer = arg;
	int code = 0;

	if (nlmsg_datalen(hdr) >= (int)sizeof(code))
		memcpy(&code, nlmsg_data(hdr), sizeof(code));
	answer->done = true;
	if (code < 0)
		fail_with_code(answer, code, extack_text(hdr, sizeof(code)));
	return NL_OK;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;

	(void)msg;
	answer->interrupted = true;
	return NL_OK;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;

	if (answer->n == answer->size) {
		size_t size = answer->size ? answer->size * 2 : 16;
		void *msgs = reallocarray(answer->msgs, size, sizeof(struct nl_msg *));

		if (!msgs) {
			fail_with_code(answer, -ENOMEM, NULL);
			return NL_OK;
		}
		answer->msgs = msgs;
		answer->size = size;
	}
	nlmsg_get(msg);
	answer->msgs[answer->n++] = msg;
	return NL_OK;
}

static void forget(struct answer *answer)
{
	for (size_t i = 0; i < answer->n; i++)
		nlmsg_free(answer->msgs[i]);
	free(answer->msgs);
	*answer = (struct answer){ .err = answer->err };
}

/*
 * Every message up to the last is read even after an error, so that the next request starts
 * clean.  If one cannot be read, nobody knows what else is on its way.
 */
static void receive(struct nl_sock *sock, struct nl_cb *cb, struct answer *answer)
{
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, answer);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, answer);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, answer);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, answer);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, answer);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, answer);

	while (!answer->done) {
		int ret = nl_recvmsgs(sock, cb);

		if (ret < 0) {
			fail_with_code(answer, -EIO, nl_geterror(ret));
			answer->lost = true;
			break;
		}
	}
}

static void send_and_receive(struct nl_sock *sock, struct nl_cb *cb, struct nl_msg *msg,
			     struct answer *answer)
{
	int ret;

	nlmsg_hdr(msg)->nlmsg_seq = NL_AUTO_SEQ;
	ret = nl_send_auto(sock, msg);
	if (ret < 0) {
		fail_with_code(answer, -EIO, nl_geterror(ret));
		return;
	}
	answer->seq = nlmsg_hdr(msg)->nlmsg_seq;
	receive(sock, cb, answer);
}

static int ask(struct sp_talker *talker, struct nl_msg *msg, struct answer *answer)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int attempts = DUMP_ATTEMPTS;

	if (!cb) {
		fail_with_code(answer, -ENOMEM, NULL);
		return answer->code;
	}
	do {
		forget(answer);
		send_and_receive(talker->sock, cb, msg, answer);
	} while (answer->interrupted && !answer->code && --attempts);

	if (answer->interrupted && !answer->code)
		fail_with_code(answer, -EINTR, "the list kept changing while it was read");
	nl_cb_put(cb);
	if (answer->lost)
		sp_talker_close(talker);
	return answer->code;
}

int sp_talker_open(struct sp_talker *talker, int protocol, struct sp_error *err)
{
	talker->protocol = protocol;
	talker->sock = sp_talk_open(protocol, err);
	return talker->sock ? 0 : -1;
}

void sp_talker_close(struct sp_talker *talker)
{
	nl_socket_free(talker->sock);
	talker->sock = NULL;
}

int sp_talk(struct sp_talker *talker, struct nl_msg *msg, sp_talk_fn each, void *arg,
	    struct sp_error *err)
{
	struct answer answer = { .err = err };
	int ret = -ENOBUFS;

	/* The last one went with an answer that could not be read. */
	if (talker->sock || !sp_talker_open(talker, talker->protocol, err))
		ret = ask(talker, msg, &answer);
	for (size_t i = 0; each && !ret && i < answer.n; i++)
		ret = each(nlmsg_hdr(answer.msgs[i]), arg, err);
	forget(&answer);
	sp_talk_discard(msg);
	return ret;
}
