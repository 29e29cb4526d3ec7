// SPDX-License-Identifier: GPL-2.0
#include "replay.h"

enum { WORD_BITS = 64 };

struct spn_replay *spn_replay_new(u32 size, u64 top)
{
	struct spn_replay *r;
	u32 words = 1;

	/* One word more than the window: the word under @top is being filled. */
	while (words < size / WORD_BITS + 2)
		words *= 2;
	r = kvzalloc(sizeof(*r) + words * sizeof(r->word[0]), GFP_KERNEL);
	if (!r)
		return NULL;
	r->size = size;
	r->mask = words - 1;
	r->top = top;
	/* What came before the window was made counts as seen. */
	if (top) {
		memset(r->word, 0xff, words * sizeof(r->word[0]));
		r->word[(top / WORD_BITS) & r->mask] = (2ULL << top % WORD_BITS) - 1;
	}
	return r;
}

u64 spn_replay_infer(const struct spn_replay *r, u32 low)
{
	u64 top = READ_ONCE(r->top);
	u64 behind = r->size ? r->size - 1 : 1U << 31;
	u64 bottom = top > behind ? top - behind : 0;
	/* From the bottom on so many, which may carry into the upper half. */
	u32 ahead = low - (u32)bottom;

	return bottom + ahead;
}

bool spn_replay_check(const struct spn_replay *r, u64 seq)
{
	u64 top = READ_ONCE(r->top);

	/* RFC 4303 2.2: the first packet has 1, so 0 was never sent. */
	if (!seq)
		return false;
	if (!r->size || seq > top)
		return true;
	if (top - seq >= r->size)
		return false;
	return !(READ_ONCE(r->word[(seq / WORD_BITS) & r->mask]) >> seq % WORD_BITS & 1);
}

bool spn_replay_mark(struct spn_replay *r, u64 seq)
{
	u64 block = seq / WORD_BITS;
	u64 top_block = r->top / WORD_BITS;
	u64 *word = &r->word[block & r->mask];

	if (!spn_replay_check(r, seq))
		return false;
	if (seq > r->top) {
		u64 fresh = block - top_block;

		/* At most once around the ring: beyond that all is cleared. */
		if (fresh > r->mask)
			fresh = (u64)r->mask + 1;
		for (; fresh; fresh--)
			WRITE_ONCE(r->word[(block - fresh + 1) & r->mask], 0);
		WRITE_ONCE(r->top, seq);
	}
	if (r->size)
		WRITE_ONCE(*word, *word | 1ULL << seq % WORD_BITS);
	return true;
}
