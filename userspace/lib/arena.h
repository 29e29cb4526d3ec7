/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for many small objects that all end at the same time: no object has an end, or a
 * header, of its own, and the system gets all of it back at once.
 */
#ifndef SP_ARENA_H
#define SP_ARENA_H

#include <stddef.h>

struct sp_arena_block;

/* All zero: an empty one. */
struct sp_arena {
	struct sp_arena_block *blocks;
	char *next;			/* in the newest block */
	size_t left;
};

/* Zeroed.  Without memory the program ends: what is built so small leaves nothing else to do. */
void *sp_arena_alloc(struct sp_arena *arena, size_t size);
/* A copy of those octets; of none, NULL. */
void *sp_arena_copy(struct sp_arena *arena, const void *octets, size_t len);
char *sp_arena_text(struct sp_arena *arena, const char *text);
/* All that has come out of it, at once. */
void sp_arena_free(struct sp_arena *arena);

#endif
