// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/attr.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "inbox.h"
#include "talk.h"

enum {
	REQUEST_SIZE = 16384,		/* two full lists of IPv6 selectors and then some */
	RECEIVE_BUFFER = 1 << 20,	/* of answers to a group, with what each costs the kernel */
	GROUP_SIZE = 64 << 10,		/* octets of requests that are asked together */
	DUMP_ATTEMPTS = 16,
};

/* An answer while it is collected. */
struct answer {
	bool keep;			/* somebody wants to see the messages */
	char *octets;			/* of the messages, one behind the other */
	size_t len, size;
	bool done;
	bool interrupted;		/* NLM_F_DUMP_INTR: not one consistent picture */
	bool lost;			/* what is due may still come, or never will */
	uint32_t seq;			/* of the request */
	int code;			/* 0 or -errno */
	struct sp_error *err;
};

/* --- sockets ------------------------------------------------------------------ */

static void set_option(struct nl_sock *sock, int level, int name, int value)
{
	setsockopt(nl_socket_get_fd(sock), level, name, &value, sizeof(value));
}

struct nl_sock *sp_talk_open(int protocol, struct sp_error *err)
{
	struct nl_sock *sock = nl_socket_alloc();
	int ret;

	if (!sock) {
		sp_fail(err, "out of memory");
		return NULL;
	}
	ret = nl_connect(sock, protocol);
	if (!ret)
		ret = nl_socket_set_buffer_size(sock, RECEIVE_BUFFER, 0);
	if (ret) {
		sp_fail(err, "netlink: %s", nl_geterror(ret));
		nl_socket_free(sock);
		return NULL;
	}
	/* Over the system's limit, which root may. */
	set_option(sock, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
	/* If these fail, errors are less clear and acks longer, but nothing breaks. */
	set_option(sock, SOL_NETLINK, NETLINK_EXT_ACK, 1);
	set_option(sock, SOL_NETLINK, NETLINK_CAP_ACK, 1);
	/* A dump is of what was asked for, and not of a million routes of somebody else. */
	if (protocol == NETLINK_ROUTE)
		set_option(sock, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
	return sock;
}

static void close_socket(struct sp_talker *talker)
{
	nl_socket_free(talker->sock);
	talker->sock = NULL;
}

int sp_talker_open(struct sp_talker *talker, int protocol, struct sp_error *err)
{
	talker->protocol = protocol;
	if (!talker->inbox)
		talker->inbox = sp_inbox_new();
	if (!talker->inbox)
		return sp_fail(err, "out of memory");
	talker->sock = sp_talk_open(protocol, err);
	return talker->sock ? 0 : -1;
}

void sp_talker_close(struct sp_talker *talker)
{
	close_socket(talker);
	sp_inbox_free(talker->inbox);
	talker->inbox = NULL;
}

/* The last one went with an answer that could not be read. */
static int reopen_socket(struct sp_talker *talker, struct sp_error *err)
{
	return talker->sock ? 0 : sp_talker_open(talker, talker->protocol, err);
}

/* --- requests ----------------------------------------------------------------- */

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

static struct iovec number_message(struct sp_talker *talker, struct nl_msg *msg, int flags)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);

	hdr->nlmsg_flags |= NLM_F_REQUEST | flags;
	hdr->nlmsg_seq = ++talker->seq;
	return (struct iovec){ .iov_base = hdr, .iov_len = NLMSG_ALIGN(hdr->nlmsg_len) };
}

/* Returns 0 or -errno. */
static int send_messages(const struct sp_talker *talker, struct iovec *pieces, size_t n)
{
	const struct msghdr all = { .msg_iov = pieces, .msg_iovlen = n };
	ssize_t ret;

	do
		ret = sendmsg(nl_socket_get_fd(talker->sock), &all, 0);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

/* --- answers ------------------------------------------------------------------ */

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

/* Returns the code, 0 for an acknowledgement; *text is the kernel's own, or NULL. */
static int read_error(struct nlmsghdr *hdr, const char **text)
{
	const struct nlmsgerr *e = nlmsg_data(hdr);
	size_t fixed = sizeof(*e);

	*text = NULL;
	if (nlmsg_datalen(hdr) < (int)sizeof(*e))
		return -EIO;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		fixed += e->msg.nlmsg_len - sizeof(e->msg);
	if (e->error)
		*text = extack_text(hdr, fixed);
	return e->error;
}

static void take_error(struct answer *answer, struct nlmsghdr *hdr)
{
	const char *text;
	int code = read_error(hdr, &text);

	answer->done = true;
	if (code)
		fail_with_code(answer, code, text);
}

/* A dump that fails half way says so in its last message. */
static void take_end(struct answer *answer, struct nlmsghdr *hdr)
{
	int code = 0;

	if (nlmsg_datalen(hdr) >= (int)sizeof(code))
		memcpy(&code, nlmsg_data(hdr), sizeof(code));
	answer->done = true;
	if (code < 0)
		fail_with_code(answer, code, extack_text(hdr, sizeof(code)));
}

static void keep_message(struct answer *answer, const struct nlmsghdr *hdr)
{
	size_t len = NLMSG_ALIGN(hdr->nlmsg_len);

	if (!answer->keep)
		return;
	while (answer->size - answer->len < len) {
		size_t size = answer->size ? answer->size * 2 : 4096;
		char *octets = realloc(answer->octets, size);

		if (!octets) {
			fail_with_code(answer, -ENOMEM, NULL);
			return;
		}
		answer->octets = octets;
		answer->size = size;
	}
	memcpy(answer->octets + answer->len, hdr, hdr->nlmsg_len);
	answer->len += len;
}

/* Skips messages that answer an earlier request, whose answer could not be read. */
static void take_message(struct nlmsghdr *hdr, void *arg)
{
	struct answer *answer = arg;

	if (hdr->nlmsg_seq != answer->seq || answer->done)
		return;
	if (hdr->nlmsg_flags & NLM_F_DUMP_INTR)
		answer->interrupted = true;
	if (hdr->nlmsg_type == NLMSG_ERROR)
		take_error(answer, hdr);
	else if (hdr->nlmsg_type == NLMSG_DONE)
		take_end(answer, hdr);
	else if (hdr->nlmsg_type >= NLMSG_MIN_TYPE)
		keep_message(answer, hdr);
}

static void forget_answer(struct answer *answer)
{
	free(answer->octets);
	*answer = (struct answer){ .err = answer->err, .keep = answer->keep };
}

/*
 * Every message up to the last is read even after an error, so that the next request starts
 * clean.  If one cannot be read, nobody knows what else is on its way.
 */
static void receive_answer(struct sp_talker *talker, struct answer *answer)
{
	while (!answer->done) {
		int ret = sp_inbox_receive(talker->inbox, nl_socket_get_fd(talker->sock));

		if (ret) {
			fail_with_code(answer, -EIO, strerror(-ret));
			answer->lost = true;
			break;
		}
		sp_inbox_each(talker->inbox, take_message, answer);
	}
}

static void ask_once(struct sp_talker *talker, struct nl_msg *msg, struct answer *answer)
{
	struct iovec piece = number_message(talker, msg, NLM_F_ACK);
	int ret = send_messages(talker, &piece, 1);

	if (ret) {
		fail_with_code(answer, -EIO, strerror(-ret));
		return;
	}
	answer->seq = talker->seq;
	receive_answer(talker, answer);
}

static int ask_until_consistent(struct sp_talker *talker, struct nl_msg *msg, struct answer *answer)
{
	int attempts = DUMP_ATTEMPTS;

	do {
		forget_answer(answer);
		ask_once(talker, msg, answer);
	} while (answer->interrupted && !answer->code && --attempts);

	if (answer->interrupted && !answer->code)
		fail_with_code(answer, -EINTR, "the list kept changing while it was read");
	if (answer->lost)
		close_socket(talker);
	return answer->code;
}

static int walk_answer(const struct answer *answer, sp_talk_fn each, void *arg,
		       struct sp_error *err)
{
	int ret = 0;

	for (size_t at = 0; !ret && at < answer->len;) {
		struct nlmsghdr *hdr = (struct nlmsghdr *)(void *)(answer->octets + at);

		ret = each(hdr, arg, err);
		at += NLMSG_ALIGN(hdr->nlmsg_len);
	}
	return ret;
}

int sp_talk(struct sp_talker *talker, struct nl_msg *msg, sp_talk_fn each, void *arg,
	    struct sp_error *err)
{
	struct answer answer = { .err = err, .keep = each };
	int ret = -ENOBUFS;

	if (!reopen_socket(talker, err))
		ret = ask_until_consistent(talker, msg, &answer);
	if (!ret)
		ret = walk_answer(&answer, each, arg, err);
	forget_answer(&answer);
	sp_talk_discard(msg);
	return ret;
}

/* --- groups ------------------------------------------------------------------- */

/* The state of a group while its answers come in. */
struct collection {
	struct sp_talk_group *group;
	uint32_t first;			/* sequence number of the group's first request */
	bool done;
};

void sp_talk_group_begin(struct sp_talk_group *group, struct sp_talker *talker)
{
	group->talker = talker;
	group->n = 0;
}

/* The kernel says no more than what went wrong, and that it has come to the last. */
static void take_of_group(struct nlmsghdr *hdr, void *arg)
{
	struct collection *collection = arg;
	struct sp_talk_group *group = collection->group;
	uint32_t i = hdr->nlmsg_seq - collection->first;
	struct sp_talk_request *request = &group->list[i];
	const char *text;

	if (i >= group->n)
		return;
	if (hdr->nlmsg_type == NLMSG_ERROR) {
		request->code = read_error(hdr, &text);
		if (request->code)
			sp_fail(&request->err, "%s", text ? text : strerror(-request->code));
		collection->done = collection->done || i + 1 == group->n;
	} else if (hdr->nlmsg_type >= NLMSG_MIN_TYPE && request->each && !request->code) {
		request->code = request->each(hdr, request->arg, &request->err);
	}
}

static int ask_group(struct sp_talk_group *group)
{
	struct collection collection = { .group = group, .first = group->talker->seq + 1 };
	struct iovec pieces[SP_TALK_GROUP_MAX];
	struct sp_talker *talker = group->talker;
	int ret;

	for (size_t i = 0; i < group->n; i++)
		pieces[i] = number_message(talker, group->list[i].msg,
					   i + 1 == group->n ? NLM_F_ACK : 0);
	ret = send_messages(talker, pieces, group->n);
	while (!ret && !collection.done) {
		ret = sp_inbox_receive(talker->inbox, nl_socket_get_fd(talker->sock));
		if (ret)
			close_socket(talker);
		else
			sp_inbox_each(talker->inbox, take_of_group, &collection);
	}
	return ret;
}

void sp_talk_group_end(struct sp_talk_group *group)
{
	struct sp_error err;
	int lost;

	if (!group->n)
		return;
	lost = reopen_socket(group->talker, &err) ? -ENOBUFS : ask_group(group);
	for (size_t i = 0; i < group->n; i++) {
		struct sp_talk_request *request = &group->list[i];

		/* Nobody knows what has become of it. */
		if (lost && !request->code) {
			request->code = -EIO;
			sp_fail(&request->err, "netlink: %s", strerror(-lost));
		}
		sp_talk_discard(request->msg);
		request->done(request->code, &request->err, request->arg);
	}
	group->n = 0;
}

static size_t octets_of(const struct sp_talk_group *group)
{
	size_t octets = 0;

	for (size_t i = 0; i < group->n; i++)
		octets += NLMSG_ALIGN(nlmsg_hdr(group->list[i].msg)->nlmsg_len);
	return octets;
}

void sp_talk_group_add(struct sp_talk_group *group, struct nl_msg *msg, sp_talk_fn each,
		       sp_talk_done_fn done, void *arg)
{
	struct sp_talk_request *request;

	if (group->n == SP_TALK_GROUP_MAX ||
	    octets_of(group) + nlmsg_hdr(msg)->nlmsg_len > GROUP_SIZE)
		sp_talk_group_end(group);
	request = &group->list[group->n++];
	request->msg = msg;
	request->each = each;
	request->done = done;
	request->arg = arg;
	request->code = 0;
}
