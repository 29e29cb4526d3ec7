/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an exchange has said last, to be said again, and heard last, to be known again: a
 * datagram that comes twice is answered from memory and moves nothing (RFC 2408 3.1).
 */
#ifndef IKE_RETRANSMIT_H
#define IKE_RETRANSMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octets.h"

enum {
	IKE_DIGEST_LEN = 20,
	/* Seconds between two tries: 1, doubled up to that, so that a path that is back is used. */
	IKE_RETRANSMIT_MAX = 8,
	IKE_TRIES_MAX = 6,		/* 31 s in all */
};

struct ike_memory {
	bool has_heard;
	uint8_t heard[IKE_DIGEST_LEN];	/* SHA-1 of the datagram */
	bool answered;			/* what was sent last answers what was heard last */
	uint8_t *sent;			/* NULL: nothing */
	size_t sent_len;
	unsigned int tries;
	double next_at;			/* INFINITY: it is not said again by itself */
};

void ike_memory_init(struct ike_memory *memory);
void ike_memory_clear(struct ike_memory *memory);
/* Returns -1 without memory. */
int ike_memory_sent(struct ike_memory *memory, struct sp_octets message);
/* An answer is waited for from now on, or not any more. */
void ike_memory_wait(struct ike_memory *memory, double now);
void ike_memory_rest(struct ike_memory *memory);
/* It was acted on; what was sent before that is not said again. */
void ike_memory_heard(struct ike_memory *memory, struct sp_octets datagram);
/* Whether it is what was heard last. */
bool ike_memory_is_again(const struct ike_memory *memory, struct sp_octets datagram);

enum ike_due { IKE_DUE_NOT, IKE_DUE_AGAIN, IKE_DUE_GIVE_UP };

/* What has to be done now; a try is counted. */
enum ike_due ike_memory_due(struct ike_memory *memory, unsigned int tries_max, double now);

#endif
