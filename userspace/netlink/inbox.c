// SPDX-License-Identifier: GPL-2.0-or-later
#include "inbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum {
	SLOTS = 32,
	SLOT_SIZE = 64 << 10,		/* what the kernel puts into one datagram is less */
};

struct sp_inbox {
	int n;				/* of slots that are filled */
	struct mmsghdr heads[SLOTS];
	struct iovec pieces[SLOTS];
	struct sockaddr_nl from[SLOTS];
	char *slots;			/* of which only what is filled takes memory */
};

struct sp_inbox *sp_inbox_new(void)
{
	struct sp_inbox *inbox = calloc(1, sizeof(*inbox));

	if (!inbox)
		return NULL;
	inbox->slots = mmap(NULL, SLOTS * SLOT_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (inbox->slots != MAP_FAILED)
		return inbox;
	free(inbox);
	return NULL;
}

void sp_inbox_free(struct sp_inbox *inbox)
{
	if (!inbox)
		return;
	munmap(inbox->slots, SLOTS * SLOT_SIZE);
	free(inbox);
}

static void prepare_slot(struct sp_inbox *inbox, int i)
{
	inbox->pieces[i] = (struct iovec){
		.iov_base = inbox->slots + i * SLOT_SIZE, .iov_len = SLOT_SIZE,
	};
	inbox->heads[i] = (struct mmsghdr){
		.msg_hdr = {
			.msg_name = &inbox->from[i], .msg_namelen = sizeof(inbox->from[i]),
			.msg_iov = &inbox->pieces[i], .msg_iovlen = 1,
		},
	};
}

/* A message that is cut off is as good as lost. */
static int find_cut(const struct sp_inbox *inbox)
{
	for (int i = 0; i < inbox->n; i++)
		if (inbox->heads[i].msg_hdr.msg_flags & MSG_TRUNC)
			return -ENOBUFS;
	return 0;
}

int sp_inbox_receive(struct sp_inbox *inbox, int fd)
{
	int n;

	inbox->n = 0;
	for (int i = 0; i < SLOTS; i++)
		prepare_slot(inbox, i);
	do
		n = recvmmsg(fd, inbox->heads, SLOTS, MSG_WAITFORONE, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	inbox->n = n;
	return find_cut(inbox);
}

void sp_inbox_each(struct sp_inbox *inbox, sp_inbox_fn each, void *arg)
{
	for (int i = 0; i < inbox->n; i++) {
		struct nlmsghdr *hdr = inbox->pieces[i].iov_base;
		unsigned int left = inbox->heads[i].msg_len;

		/* Other programs may write here, too. */
		if (inbox->from[i].nl_pid)
			continue;
		for (; NLMSG_OK(hdr, left); hdr = NLMSG_NEXT(hdr, left))
			each(hdr, arg);
	}
}
