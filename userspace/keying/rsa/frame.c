// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.h"

#include <string.h>

/* Fills dst from its own octet `got` on; returns how many octets that took. */
static size_t take(struct sp_reader *in, uint8_t *dst, size_t got, size_t want)
{
	size_t n = want - got < in->left ? want - got : in->left;

	if (n)
		memcpy(dst + got, sp_read_octets(in, n), n);
	return n;
}

static int read_length(struct rk_frame *frame, size_t max, struct sp_error *err)
{
	struct sp_reader head;

	sp_reader_init(&head, frame->head, sizeof(frame->head));
	frame->len = sp_read_be32(&head);
	if (!frame->len)
		return sp_fail(err, "message of no octets");
	if (frame->len > max)
		return sp_fail(err, "message of %zu octets where at most %zu are expected",
			       frame->len, max);
	return 0;
}

int rk_frame_input(struct rk_frame *frame, struct sp_reader *in, size_t max, struct sp_error *err)
{
	if (frame->got < RK_FRAME_HEAD) {
		frame->got += take(in, frame->head, frame->got, RK_FRAME_HEAD);
		if (frame->got < RK_FRAME_HEAD)
			return 0;
		if (read_length(frame, max, err))
			return -1;
	}
	frame->got += take(in, frame->body, frame->got - RK_FRAME_HEAD, frame->len);
	return frame->got == RK_FRAME_HEAD + frame->len;
}

void rk_frame_reset(struct rk_frame *frame)
{
	explicit_bzero(frame, sizeof(*frame));
}
