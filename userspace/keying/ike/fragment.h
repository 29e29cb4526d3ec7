/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages in pieces, for paths that lose IP fragments: between peers that have both said so by
 * a vendor ID, in no RFC.  A piece is a message of its own, in clear, with one payload; together
 * they are the message as it would have been sent, with its header.
 *
 * Nothing proves who has sent a piece, so what is kept is little: one message at a time of who
 * has answered with the right cookies.
 */
#ifndef IKE_FRAGMENT_H
#define IKE_FRAGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "octets.h"
#include "wire.h"

enum {
	IKE_FRAGMENTS_MAX = 32,		/* of a message */
	IKE_FRAGMENTS_OCTETS = 24576,	/* of a message that is put together */
	/* Of a datagram of ours: what IPv6 carries everywhere, less its headers and the marker. */
	IKE_FRAGMENT_SIZE = 1280 - 40 - 8 - 4,
};

struct ike_fragments {
	uint16_t id;
	uint8_t last;			/* its number; 0: it has not come yet */
	uint8_t n;			/* have come */
	size_t len;			/* of all of them */
	uint8_t *pieces[IKE_FRAGMENTS_MAX];	/* of which the first is number 1 */
	uint16_t lens[IKE_FRAGMENTS_MAX];
	uint8_t *whole;
};

/*
 * Returns 1 if the message is whole, which @message shows until the next call, 0 if there is
 * more to come, and -1 with an error if the piece is refused.
 */
int ike_fragments_add(struct ike_fragments *fragments, const struct ike_fragment *piece,
		      struct sp_octets *message, struct sp_error *err);
/* Also of one that is all zeros, which is how it begins. */
void ike_fragments_clear(struct ike_fragments *fragments);

/* Of a message of ours: whether it should go in pieces to a peer that takes them. */
static inline bool ike_is_long(size_t len)
{
	return len > IKE_FRAGMENT_SIZE;
}

/*
 * The next piece of a message into @buf, of IKE_FRAGMENT_SIZE octets; @at is where it begins
 * there, 0 for the first, and moves behind it.  Returns its length, or 0 if that was all.
 */
size_t ike_fragment_next(struct sp_octets message, uint16_t id, size_t *at,
			 uint8_t buf[IKE_FRAGMENT_SIZE]);

#endif
