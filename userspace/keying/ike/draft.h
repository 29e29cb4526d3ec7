/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A message of ours on its way out: built, hashed, encrypted, remembered and sent. */
#ifndef IKE_DRAFT_H
#define IKE_DRAFT_H

#include "state.h"
#include "wire.h"

enum { IKE_DRAFT_MAX = 8192 };

struct ike_draft {
	struct ike_builder b;
	const struct ike_channel *channel;
	struct ike_header header;
	uint8_t *hash;			/* the hole for it, or NULL */
	uint8_t octets[IKE_DRAFT_MAX];
};

/* Of phase 1, in the clear unless @encrypted. */
void ike_draft_phase1(struct ike_draft *draft, const struct ike_channel *channel,
		      bool encrypted);
/* Of an exchange under it, which begins with a HASH. */
void ike_draft_under(struct ike_draft *draft, const struct ike_channel *channel,
		     enum ike_exchange exchange, uint32_t id);
/* Encrypts it if it has to be, remembers it in @memory unless that is NULL, and sends it. */
int ike_draft_send(struct ike_draft *draft, uint8_t *iv, struct ike_memory *memory,
		   struct sp_error *err);
/* What the HASH is over. */
struct sp_octets ike_draft_rest(const struct ike_draft *draft);

/* The header of a message of that channel. */
struct ike_header ike_draft_header(const struct ike_channel *channel);
/* Says the last message again. */
void ike_draft_again(const struct ike_channel *channel, const struct ike_memory *memory);

#endif
