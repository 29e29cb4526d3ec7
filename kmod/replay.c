// SPDX-License-Identifier: GPL-2.0
#include "replay.h"

enum { WORD_BITS = 64 };

int spn_replay_init(struct spn_replay *r, u32 size, u64 top)
{
	u32 words = 1;

	while (words * WORD_BITS < size)
		words *= 2;
	r->word = kvcalloc(words, sizeof(r->word[0]), GFP_KERNEL_ACCOUNT);
	if (!r->word)
		return -ENOMEM;
	r->size = size;
	r->mask = words - 1;
	r->top = top;
	/* What came before the window was made counts as seen. */
	if (top)
		memset(r->word, 0xff, words * sizeof(r->word[0]));
	return 0;
}

void spn_replay_destroy(struct spn_replay *r)
{
	kvfree(r->word);
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

/* The bits of a word up to that of @seq, which is among them. */
static u64 bits_up_to(u64 seq)
{
	return (2ULL << seq % WORD_BITS) - 1;
}

/* Clears the bits of @top + 1 to @seq, which so far belong to numbers one round earlier. */
static void forget_up_to(struct spn_replay *r, u64 seq)
{
	u64 block = r->top / WORD_BITS, last = seq / WORD_BITS, words = (u64)r->mask + 1;
	u64 old = ~bits_up_to(r->top);

	/* At most once around the ring: beyond that all is cleared. */
	if (last - block > words) {
		block = last - words;
		old = ~0ULL;
	}
	for (; block <= last; block++) {
		u64 *word = &r->word[block & r->mask];

		if (block == last)
			old &= bits_up_to(seq);
		WRITE_ONCE(*word, *word & ~old);
		old = ~0ULL;
	}
}

bool spn_replay_mark(struct spn_replay *r, u64 seq)
{
	u64 *word = &r->word[(seq / WORD_BITS) & r->mask];

	if (!spn_replay_check(r, seq))
		return false;
	if (seq > r->top) {
		forget_up_to(r, seq);
		WRITE_ONCE(r->top, seq);
	}
	if (r->size)
		WRITE_ONCE(*word, *word | 1ULL << seq % WORD_BITS);
	return true;
}
