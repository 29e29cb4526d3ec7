// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "retransmit.h"

void ike_memory_init(struct ike_memory *memory)
{
	*memory = (struct ike_memory){ .next_at = INFINITY };
}

void ike_memory_clear(struct ike_memory *memory)
{
	free(memory->sent);
	ike_memory_init(memory);
}

int ike_memory_sent(struct ike_memory *memory, struct sp_octets message)
{
	uint8_t *copy = malloc(message.len);

	if (!copy)
		return -1;
	memcpy(copy, message.data, message.len);
	free(memory->sent);
	memory->sent = copy;
	memory->sent_len = message.len;
	memory->answered = true;
	memory->tries = 0;
	memory->next_at = INFINITY;
	return 0;
}

static double interval(unsigned int tries)
{
	double seconds = 1;

	while (tries-- && seconds < IKE_RETRANSMIT_MAX)
		seconds *= 2;
	return seconds;
}

void ike_memory_wait(struct ike_memory *memory, double now)
{
	memory->tries = 0;
	memory->next_at = now + interval(0);
}

void ike_memory_rest(struct ike_memory *memory)
{
	memory->next_at = INFINITY;
}

/* Without it, what comes again would be taken for new, and be refused there. */
static bool digest(struct sp_octets datagram, uint8_t out[IKE_DIGEST_LEN])
{
	struct sp_error err;

	return !sp_hash_parts(SP_HASH_SHA1, &datagram, 1, out, &err);
}

void ike_memory_heard(struct ike_memory *memory, struct sp_octets datagram)
{
	memory->has_heard = digest(datagram, memory->heard);
	if (!memory->answered) {
		free(memory->sent);
		memory->sent = NULL;
	}
	memory->answered = false;
}

bool ike_memory_is_again(const struct ike_memory *memory, struct sp_octets datagram)
{
	uint8_t it[IKE_DIGEST_LEN];

	return memory->has_heard && digest(datagram, it) &&
	       !memcmp(it, memory->heard, sizeof(it));
}

enum ike_due ike_memory_due(struct ike_memory *memory, unsigned int tries_max, double now)
{
	if (now < memory->next_at)
		return IKE_DUE_NOT;
	if (++memory->tries >= tries_max)
		return IKE_DUE_GIVE_UP;
	memory->next_at = now + interval(memory->tries);
	return IKE_DUE_AGAIN;
}
