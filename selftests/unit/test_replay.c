// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kmod/replay.h"

enum { MAX_STEPS = 12 };

/* Packets in the order they arrive, and whether each must be accepted. */
struct scenario {
	const char *name;
	u32 size;
	u64 top;
	struct step {
		u64 seq;	/* 0 ends the list: tested apart */
		bool accepted;
	} steps[MAX_STEPS];
};

static const struct scenario scenarios[] = {
	{ "in order", 64, 0, {
		{ 1, true }, { 2, true }, { 3, true }, { 3, false }, { 2, false }, { 1, false } } },
	{ "late but within", 64, 0, {
		{ 10, true }, { 9, true }, { 1, true }, { 9, false }, { 1, false },
		{ 10, false } } },
	{ "the last place of the window", 64, 0, {
		{ 100, true }, { 37, true }, { 36, false }, { 37, false }, { 101, true },
		{ 38, true }, { 37, false } } },
	{ "a window of one", 1, 0, {
		{ 5, true }, { 5, false }, { 4, false }, { 6, true }, { 5, false } } },
	{ "smaller than a word", 5, 0, {
		{ 63, true }, { 59, true }, { 58, false }, { 64, true }, { 60, true },
		{ 59, false }, { 65, true }, { 61, true }, { 60, false } } },
	{ "one more than a word", 65, 0, {
		{ 128, true }, { 64, true }, { 63, false }, { 129, true }, { 65, true },
		{ 64, false } } },
	{ "words meet at 63 and 64", 64, 0, {
		{ 63, true }, { 64, true }, { 63, false }, { 64, false }, { 127, true },
		{ 128, true }, { 65, true }, { 64, false }, { 127, false } } },
	{ "a jump into the next word forgets nothing", 128, 0, {
		{ 62, true }, { 66, true }, { 62, false }, { 63, true }, { 64, true },
		{ 65, true }, { 66, false } } },
	{ "a jump of exactly the window", 64, 0, {
		{ 1, true }, { 65, true }, { 1, false }, { 2, true }, { 2, false } } },
	/* A ring for 64 has 4 words: what 256 numbers ago set the same bit must be gone. */
	{ "a jump of exactly the ring", 64, 0, {
		{ 7, true }, { 263, true }, { 262, true }, { 200, true }, { 199, false } } },
	{ "a jump far beyond the ring", 64, 0, {
		{ 60, true }, { 1ULL << 40, true }, { (1ULL << 40) - 63, true },
		{ (1ULL << 40) - 64, false }, { 60, false } } },
	{ "the largest window", 65536, 0, {
		{ 65537, true }, { 2, true }, { 1, false }, { 2, false }, { 65538, true },
		{ 3, true }, { 131073, true }, { 65538, false }, { 65539, true },
		{ 65537, false } } },
	{ "the last numbers of 32 bits", 4096, 0, {
		{ 0xffffffff, true }, { 0xffffffff, false }, { 0xfffffffe, true },
		{ 0xfffff000, true }, { 0xffffefff, false } } },
	{ "the last numbers of 64 bits", 64, 0, {
		{ UINT64_MAX, true }, { UINT64_MAX, false }, { UINT64_MAX - 63, true },
		{ UINT64_MAX - 64, false } } },
	{ "what came before was seen", 64, 1000, {
		{ 1000, false }, { 999, false }, { 937, false }, { 1, false }, { 1001, true },
		{ 1000, false }, { 1003, true }, { 1002, true } } },
	{ "before a word's end", 64, 63, {
		{ 63, false }, { 62, false }, { 64, true }, { 63, false }, { 65, true } } },
	{ "before a word's beginning", 64, 64, {
		{ 64, false }, { 63, false }, { 65, true }, { 64, false }, { 66, true } } },
	{ "without a window all are welcome", 0, 0, {
		{ 9, true }, { 9, true }, { 1, true }, { 1ULL << 33, true }, { 1, true } } },
};

static void run_scenario(const struct scenario *s)
{
	struct spn_replay r;

	assert_int_equal(spn_replay_init(&r, s->size, s->top), 0);
	for (size_t i = 0; i < MAX_STEPS && s->steps[i].seq; i++) {
		const struct step *step = &s->steps[i];

		if (spn_replay_check(&r, step->seq) != step->accepted ||
		    spn_replay_mark(&r, step->seq) != step->accepted)
			fail_msg("%s: step %zu, packet %ju", s->name, i + 1, (uintmax_t)step->seq);
	}
	spn_replay_destroy(&r);
}

static void scenarios_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		run_scenario(&scenarios[i]);
}

static void zero_was_never_sent(void **state)
{
	static const u32 sizes[] = { 0, 1, 64, 65536 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct spn_replay r;

		assert_int_equal(spn_replay_init(&r, sizes[i], 0), 0);
		assert_false(spn_replay_check(&r, 0));
		assert_false(spn_replay_mark(&r, 0));
		assert_int_equal(r.top, 0);
		assert_true(spn_replay_mark(&r, 1));
		spn_replay_destroy(&r);
	}
}

static const struct {
	u32 size;
	u64 top;
	u32 low;
	u64 number;
} inferences[] = {
	{ 64, 0, 1, 1 },
	{ 64, 0, 0xffffffff, 0xffffffff },
	{ 64, 63, 0, 0 },
	{ 64, 64, 0, 1ULL << 32 },
	{ 64, 64, 1, 1 },
	{ 64, 0xffffffff, 0xffffffff - 63, 0xffffffff - 63 },
	{ 64, 0xffffffff, 0xffffffff - 64, 0x1ffffffff - 64 },
	{ 64, 0xffffffff, 0, 1ULL << 32 },
	{ 64, (1ULL << 32) + 10, 0xfffffff0, 0xfffffff0 },
	{ 64, (1ULL << 32) + 10, 11, (1ULL << 32) + 11 },
	{ 64, (1ULL << 32) + 63, 0xffffffff, 0x1ffffffff },
	{ 1, 5, 5, 5 },
	{ 1, 5, 4, (1ULL << 32) + 4 },
	{ 0, 1ULL << 32, 0x80000000, 0x80000000 },
	{ 0, 1ULL << 32, 0x7fffffff, 0x17fffffff },
};

static void upper_halves_are_inferred(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(inferences) / sizeof(inferences[0]); i++) {
		struct spn_replay r;
		u64 number;

		assert_int_equal(spn_replay_init(&r, inferences[i].size, inferences[i].top), 0);
		number = spn_replay_infer(&r, inferences[i].low);
		if (number != inferences[i].number)
			fail_msg("inference %zu: %#jx", i + 1, (uintmax_t)number);
		spn_replay_destroy(&r);
	}
}

static void checking_changes_nothing(void **state)
{
	struct spn_replay r;

	(void)state;
	assert_int_equal(spn_replay_init(&r, 64, 0), 0);
	assert_true(spn_replay_check(&r, 70));
	assert_int_equal(r.top, 0);
	assert_true(spn_replay_mark(&r, 1));
	assert_true(spn_replay_check(&r, 70));
	assert_true(spn_replay_mark(&r, 70));
	assert_false(spn_replay_mark(&r, 70));
	spn_replay_destroy(&r);
}

/* --- against a model that remembers everything --------------------------------- */

enum { MODEL_SPAN = 1 << 18, MODEL_ROUNDS = 200000 };

struct model {
	u32 size;
	u64 base;	/* numbers up to here count as seen */
	u64 top;
	bool seen[MODEL_SPAN];
};

static bool model_accepts(const struct model *m, u64 seq)
{
	if (!seq)
		return false;
	if (!m->size || seq > m->top)
		return true;
	return m->top - seq < m->size && seq > m->base && !m->seen[seq - m->base];
}

static void model_mark(struct model *m, u64 seq)
{
	if (seq > m->base)
		m->seen[seq - m->base] = true;
	if (seq > m->top)
		m->top = seq;
}

/* Mostly near the top, where windows and words have their borders; now and then a leap. */
static u64 draw(const struct model *m)
{
	u64 reach = 2 * (u64)m->size + 130;
	u64 seq;

	switch (random() % 8) {
	case 0:
		seq = m->top + (u64)random() % 64;
		break;
	case 1:
		seq = m->top + (random() % 1024 ? 1 : (u64)random() % reach);
		break;
	case 2:
		seq = m->top - m->size + (u64)random() % 3;
		break;
	default:
		seq = m->top - (u64)random() % reach;
		break;
	}
	return seq > m->top + reach ? 0 : seq;	/* wrapped below zero */
}

static void compare(u32 size, u64 base)
{
	struct model *m = calloc(1, sizeof(*m));
	struct spn_replay r;

	assert_non_null(m);
	assert_int_equal(spn_replay_init(&r, size, base), 0);
	m->size = size;
	m->base = base;
	m->top = base;
	for (unsigned int i = 0; i < MODEL_ROUNDS; i++) {
		u64 seq = draw(m);
		bool accepted = model_accepts(m, seq);

		if (seq > base && seq - base >= MODEL_SPAN)
			break;
		if (spn_replay_check(&r, seq) != accepted || spn_replay_mark(&r, seq) != accepted)
			fail_msg("window %u from %ju, round %u, packet %ju", size,
				 (uintmax_t)base, i, (uintmax_t)seq);
		if (accepted)
			model_mark(m, seq);
		assert_int_equal(r.top, m->top);
	}
	spn_replay_destroy(&r);
	free(m);
}

static void random_packets_fare_as_in_the_model(void **state)
{
	static const u32 sizes[] = { 0, 1, 32, 63, 64, 65, 127, 128, 1000, 4096, 65536 };

	(void)state;
	srandom(4303);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		compare(sizes[i], 0);
		compare(sizes[i], 0xfffffff0);
		compare(sizes[i], 1 + (u64)random() % 100000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenarios_hold),
		cmocka_unit_test(zero_was_never_sent),
		cmocka_unit_test(upper_halves_are_inferred),
		cmocka_unit_test(checking_changes_nothing),
		cmocka_unit_test(random_packets_fare_as_in_the_model),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
