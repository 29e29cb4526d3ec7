// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "datagram.h"
#include "sockaddr.h"

enum {
	BATCH = 32,			/* datagrams of one system call */
	BATCHES_MAX = 2,		/* of one wake-up: others wait, too */
	OCTETS_MAX = 65535,
	MARKER_LEN = 4,
	CONTROL_MAX = 128,		/* octets of what comes beside a datagram */
};

static const uint8_t marker[MARKER_LEN];

struct datagrams {
	struct sp_addr addr;
	uint16_t port;
	bool marked;
	bool closed;			/* from inside each() */
	bool busy;
	datagram_fn each;
	void *arg;
	struct event *readable;		/* holds the descriptor */
};

/* --- in ---------------------------------------------------------------------------- */

/* Room for one batch; one thread reads, and each() reads no other socket. */
static struct {
	uint8_t octets[BATCH][OCTETS_MAX];
	char control[BATCH][CONTROL_MAX];
	struct sockaddr_storage from[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr messages[BATCH];
} room;

static void make_room(void)
{
	for (size_t i = 0; i < BATCH; i++) {
		room.iov[i] = (struct iovec){ room.octets[i], OCTETS_MAX };
		room.messages[i].msg_hdr = (struct msghdr){
			.msg_name = &room.from[i], .msg_namelen = sizeof(room.from[i]),
			.msg_iov = &room.iov[i], .msg_iovlen = 1,
			.msg_control = room.control[i], .msg_controllen = CONTROL_MAX,
		};
	}
}

static uint16_t port_of(const struct sockaddr_storage *sock)
{
	if (sock->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)sock)->sin6_port);
	return ntohs(((const struct sockaddr_in *)sock)->sin_port);
}

static uint32_t interface_of(struct msghdr *message)
{
	struct cmsghdr *part;
	struct in6_pktinfo in6;
	struct in_pktinfo in;

	for (part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
			memcpy(&in, CMSG_DATA(part), sizeof(in));
			return (uint32_t)in.ipi_ifindex;
		}
		if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
			memcpy(&in6, CMSG_DATA(part), sizeof(in6));
			return in6.ipi6_ifindex;
		}
	}
	return 0;
}

static void hand_on(struct datagrams *datagrams, size_t at)
{
	struct msghdr *message = &room.messages[at].msg_hdr;
	const uint8_t *octets = room.octets[at];
	size_t len = room.messages[at].msg_len;
	const struct sp_path path = {
		.local = datagrams->addr,
		.remote = address_get((const struct sockaddr *)&room.from[at]),
		.local_port = datagrams->port,
		.remote_port = port_of(&room.from[at]),
		.ifindex = interface_of(message),
	};

	if (message->msg_flags & MSG_TRUNC)
		return;
	if (datagrams->marked) {
		/* Keepalives have one octet (RFC 3948 2.3); ESP is not for us. */
		if (len < MARKER_LEN || memcmp(octets, marker, MARKER_LEN))
			return;
		octets += MARKER_LEN;
		len -= MARKER_LEN;
	}
	datagrams->each(datagrams->arg, &path, octets, len);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct datagrams *datagrams = arg;
	int n = BATCH;

	(void)what;
	datagrams->busy = true;
	for (int batch = 0; batch < BATCHES_MAX && n == BATCH; batch++) {
		make_room();
		n = recvmmsg(fd, room.messages, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n && !datagrams->closed; i++)
			hand_on(datagrams, (size_t)i);
		if (datagrams->closed)
			break;
	}
	datagrams->busy = false;
	if (datagrams->closed)
		datagrams_close(datagrams);
}

/* --- out --------------------------------------------------------------------------- */

/* Returns how long it has become. */
static size_t add_control(struct msghdr *message, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *part;

	/* The room behind what is there already. */
	part = (struct cmsghdr *)(void *)((char *)message->msg_control + message->msg_controllen);
	part->cmsg_level = level;
	part->cmsg_type = type;
	part->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(part), data, len);
	return message->msg_controllen + CMSG_SPACE(len);
}

static void add_interface(struct msghdr *message, const struct sp_path *path)
{
	struct in_pktinfo in = {
		.ipi_ifindex = (int)path->ifindex, .ipi_spec_dst = path->local.v4,
	};
	struct in6_pktinfo in6 = { .ipi6_ifindex = path->ifindex, .ipi6_addr = path->local.v6 };

	if (path->local.family == AF_INET6)
		message->msg_controllen = add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &in6,
						      sizeof(in6));
	else
		message->msg_controllen = add_control(message, IPPROTO_IP, IP_PKTINFO, &in,
						      sizeof(in));
}

void datagrams_send(struct datagrams *datagrams, const struct sp_path *path, uint32_t mark,
		    const void *octets, size_t len)
{
	_Alignas(struct cmsghdr) char control[CONTROL_MAX];
	struct iovec iov[] = {
		{ (void *)marker, datagrams->marked ? MARKER_LEN : 0 },
		{ (void *)octets, len },
	};
	struct sockaddr_storage to;
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = address_set(&to, &path->remote, path->remote_port),
		.msg_iov = iov, .msg_iovlen = 2, .msg_control = control,
	};

	memset(control, 0, sizeof(control));
	if (path->ifindex)
		add_interface(&message, path);
	if (mark)
		message.msg_controllen = add_control(&message, SOL_SOCKET, SO_MARK, &mark,
						     sizeof(mark));
	sendmsg(event_get_fd(datagrams->readable), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* --- the socket -------------------------------------------------------------------- */

int datagrams_bind(const struct sp_addr *addr, uint16_t port, const char *link,
		   struct sp_error *err)
{
	int fd = socket(addr->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char text[SP_ADDR_STRLEN];
	struct sockaddr_storage at;
	socklen_t len = address_set(&at, addr, port);

	if (fd >= 0 && !address_bind_link(fd, link) && !bind(fd, (struct sockaddr *)&at, len))
		return fd;
	sp_fail(err, "UDP port %u of %s: %s", port, sp_addr_format(addr, text), strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void ask_for_interface(int fd, sa_family_t family)
{
	int on = 1;

	/* A kernel that does not tell leaves it 0, which is as good for all but link-local. */
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
}

struct datagrams *datagrams_open(struct event_base *base, int fd, const struct sp_addr *addr,
				 uint16_t port, bool marked, datagram_fn each, void *arg)
{
	struct datagrams *datagrams = calloc(1, sizeof(*datagrams));

	if (!datagrams)
		return NULL;
	*datagrams = (struct datagrams){
		.addr = *addr, .port = port, .marked = marked, .each = each, .arg = arg,
	};
	datagrams->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, datagrams);
	if (!datagrams->readable) {
		free(datagrams);
		return NULL;
	}
	ask_for_interface(fd, addr->family);
	event_add(datagrams->readable, NULL);
	return datagrams;
}

void datagrams_close(struct datagrams *datagrams)
{
	datagrams->closed = true;
	if (datagrams->busy)
		return;
	close(event_get_fd(datagrams->readable));
	event_free(datagrams->readable);
	free(datagrams);
}
