/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The anti-replay window (RFC 4303 3.4.3), kept as a ring so that moving it costs nothing
 * per packet (as in RFC 6479, but bits are cleared one by one and not by words, so that no
 * word has to be spare: a window of 4096 packets takes 512 octets, and not twice that).
 *
 * spn_replay_mark() must be serialised by its caller.  spn_replay_check() may
 * run beside it without a lock: its answer is a hint that saves work before
 * authentication, and mark() has the last word after it.
 */
#ifndef _SPINDLE_REPLAY_H
#define _SPINDLE_REPLAY_H

#include "pure.h"

/**
 * struct spn_replay - the window of one inbound SA
 * @top: highest sequence number marked
 * @size: packets behind @top that are still accepted; 0 turns the check off
 * @mask: words in the ring, a power of two, less one
 * @word: the ring, no smaller than @size; bit s % 64 of word (s / 64) & mask is set: s was seen
 */
struct spn_replay {
	u64 top;
	u32 size;
	u32 mask;
	u64 *word;
};

/**
 * spn_replay_init - make a window
 * @r: to fill
 * @size: packets, 0 to 65536
 * @top: highest sequence number taken as already received
 *
 * Return: 0 or -ENOMEM.
 */
int spn_replay_init(struct spn_replay *r, u32 size, u64 top);

/* Frees it; one that is all zeros has nothing to free. */
void spn_replay_destroy(struct spn_replay *r);

/**
 * spn_replay_infer - what the upper half of a sequence number must be
 * @r: window; of no packets, it is taken for one of half of all lower halves
 * @low: the lower half, as on the wire
 *
 * Takes the one number with that lower half that is not behind the window, and less than
 * 2^32 ahead of its end (RFC 4303 A2.2).  May run beside spn_replay_mark().
 *
 * Return: the number; it proves right or wrong when the packet is authenticated.
 */
u64 spn_replay_infer(const struct spn_replay *r, u32 low);

/* Would @seq be accepted now? */
bool spn_replay_check(const struct spn_replay *r, u64 seq);

/* Accept @seq, once: false if it was seen before or is behind the window. */
bool spn_replay_mark(struct spn_replay *r, u64 seq);

#endif
