// SPDX-License-Identifier: GPL-2.0-or-later
#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Under the sanitizer each object has a block of its own, so that a step beyond its end is seen. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ALONE 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ALONE 1
#endif

/* The first block has the least size, and each one has twice that of the one before. */
enum { BLOCK_SIZE_MIN = 16 << 10, BLOCK_SIZE_MAX = 512 << 10 };

struct sp_arena_block {
	struct sp_arena_block *older;
	size_t size;
	alignas(max_align_t) char octets[];
};

#ifdef ALONE
static struct sp_arena_block *get_block(size_t size, const struct sp_arena_block *before)
{
	struct sp_arena_block *block = calloc(1, sizeof(*block) + size);

	(void)before;
	if (!block)
		abort();
	block->size = sizeof(*block) + size;
	return block;
}

static void put_block(struct sp_arena_block *block)
{
	free(block);
}
#else
/*
 * Not from the heap, which would keep it: pages of a mapping go back to the system.  They come
 * all at once, which is quicker than one by one.
 */
static struct sp_arena_block *get_block(size_t size, const struct sp_arena_block *before)
{
	size_t whole = before ? 2 * before->size : BLOCK_SIZE_MIN;
	struct sp_arena_block *block;

	if (whole > BLOCK_SIZE_MAX)
		whole = BLOCK_SIZE_MAX;
	if (whole < sizeof(*block) + size)
		whole = sizeof(*block) + size;
	block = mmap(NULL, whole, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (block == MAP_FAILED)
		abort();
	block->size = whole;
	return block;
}

static void put_block(struct sp_arena_block *block)
{
	munmap(block, block->size);
}
#endif

void *sp_arena_alloc(struct sp_arena *arena, size_t size)
{
	size_t rest = size % alignof(max_align_t);
	struct sp_arena_block *block;
	void *object;

#ifndef ALONE
	size += rest ? alignof(max_align_t) - rest : 0;
#else
	(void)rest;
#endif
	if (!arena->blocks || size > arena->left) {
		block = get_block(size, arena->blocks);
		block->older = arena->blocks;
		arena->blocks = block;
		arena->next = block->octets;
		arena->left = block->size - sizeof(*block);
	}
	object = arena->next;
	arena->next += size;
	arena->left -= size;
	return object;
}

void *sp_arena_copy(struct sp_arena *arena, const void *octets, size_t len)
{
	return len ? memcpy(sp_arena_alloc(arena, len), octets, len) : NULL;
}

char *sp_arena_text(struct sp_arena *arena, const char *text)
{
	return sp_arena_copy(arena, text, strlen(text) + 1);
}

void sp_arena_free(struct sp_arena *arena)
{
	struct sp_arena_block *block;

	while ((block = arena->blocks)) {
		arena->blocks = block->older;
		put_block(block);
	}
	*arena = (struct sp_arena){ .blocks = NULL };
}
