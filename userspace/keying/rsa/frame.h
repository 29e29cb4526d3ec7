/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Framing: a message's length in 4 octets, big-endian, then the message.  What
 * is due next bounds the length, so that a peer who has proved nothing yet can
 * make us hold a few kilooctets and no more.
 */
#ifndef RK_FRAME_H
#define RK_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "cursor.h"
#include "error.h"

enum {
	RK_FRAME_HEAD = 4,
	RK_FRAME_BODY_MAX = 2400,	/* the longest message of either profile */
};

struct rk_frame {
	uint8_t head[RK_FRAME_HEAD];
	uint8_t body[RK_FRAME_BODY_MAX];
	size_t got;			/* octets of head and body so far */
	size_t len;			/* of the body, once the head is there */
};

/*
 * Takes what belongs to the current message out of `in`.  Returns 1 when the
 * message is whole, 0 when more is needed, -1 when its length is 0 or above
 * max, which is at most RK_FRAME_BODY_MAX.
 */
int rk_frame_input(struct rk_frame *frame, struct sp_reader *in, size_t max,
		   struct sp_error *err);
/* Makes ready for the next message. */
void rk_frame_reset(struct rk_frame *frame);

#endif
