// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "note.h"

static void objects_are_zero_apart_and_aligned(void **state)
{
	struct sp_arena arena = { .blocks = NULL };
	char *objects[3000];

	(void)state;
	for (size_t i = 0; i < 3000; i++) {
		size_t size = 1 + i % 700;

		objects[i] = sp_arena_alloc(&arena, size);
		assert_int_equal((uintptr_t)objects[i] % alignof(max_align_t), 0);
		for (size_t j = 0; j < size; j++)
			assert_int_equal(objects[i][j], 0);
		memset(objects[i], (int)(i % 251) + 1, size);
	}
	for (size_t i = 0; i < 3000; i++)
		for (size_t j = 0; j < 1 + i % 700; j++)
			assert_int_equal((uint8_t)objects[i][j], i % 251 + 1);
	sp_arena_free(&arena);
	assert_null(arena.blocks);
}

static void one_may_be_larger_than_a_block(void **state)
{
	struct sp_arena arena = { .blocks = NULL };
	char *large, *small;

	(void)state;
	small = sp_arena_text(&arena, "small");
	large = sp_arena_alloc(&arena, 3 << 20);
	memset(large, 'x', 3 << 20);
	assert_string_equal(small, "small");
	assert_string_equal(sp_arena_text(&arena, ""), "");
	assert_null(sp_arena_copy(&arena, "none", 0));
	sp_arena_free(&arena);
	/* It may be used again. */
	assert_string_equal(sp_arena_text(&arena, "again"), "again");
	sp_arena_free(&arena);
}

static void a_note_is_kept_moved_and_cleared(void **state)
{
	struct sp_note note = { NULL }, other = { NULL };

	(void)state;
	assert_string_equal(sp_note_text(&note), "");
	assert_true(sp_note_is(&note, ""));
	sp_note_set(&note, "%s %d", "port", 4510);
	assert_true(sp_note_is(&note, "port 4510"));
	/* What it said before may be a part of what it says now. */
	sp_note_set(&note, "again: %s", sp_note_text(&note));
	assert_string_equal(sp_note_text(&note), "again: port 4510");
	sp_note_move(&other, &note);
	assert_true(sp_note_is(&note, ""));
	assert_true(sp_note_is(&other, "again: port 4510"));
	sp_note_clear(&other);
	sp_note_clear(&note);
	assert_true(sp_note_is(&other, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_zero_apart_and_aligned),
		cmocka_unit_test(one_may_be_larger_than_a_block),
		cmocka_unit_test(a_note_is_kept_moved_and_cleared),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
