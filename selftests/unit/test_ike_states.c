// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of transitions, walked: every state can be reached and left, every one that waits has
 * an end, and nobody acts on a message that lacks what its row needs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keying/ike/transitions.h"

static const struct ike_transition *row_at(size_t i)
{
	return ike_transition_at(i);
}

static void test_reachable(void **state)
{
	bool reached[IKE_STATES] = { [IKE_START] = true }, left[IKE_STATES] = { false };
	bool more = true;

	(void)state;
	while (more) {
		more = false;
		for (size_t i = 0; row_at(i); i++) {
			const struct ike_transition *row = row_at(i);

			if (!reached[row->from])
				continue;
			left[row->from] |= row->to != row->from;
			more |= !reached[row->to];
			reached[row->to] = true;
		}
	}
	for (int it = 0; it < IKE_STATES; it++) {
		if (!reached[it] || (!left[it] && it != IKE_GONE))
			print_error("state %s\n", ike_state_name((enum ike_state)it));
		assert_true(reached[it]);
		assert_true(left[it] || it == IKE_GONE);
	}
}

/* What waits has a timer, and a row for when it has run out; what is gone waits for nothing. */
static void test_timers(void **state)
{
	(void)state;
	for (size_t i = 0; row_at(i); i++) {
		const struct ike_transition *row = row_at(i);
		bool ends = row->to == IKE_GONE;

		assert_int_equal(row->timer == IKE_TIMER_NONE, ends);
		for (size_t k = 0; !ends && row_at(k); k++)
			ends = row_at(k)->from == row->to && row_at(k)->cause == IKE_ON_TIME &&
			       row_at(k)->to == IKE_GONE;
		assert_true(ends);
	}
}

static void test_stories(void **state)
{
	(void)state;
	for (size_t i = 0; row_at(i); i++) {
		assert_non_null(row_at(i)->story);
		assert_true(strlen(row_at(i)->story) > 10);
		assert_int_equal(row_at(i)->cause == IKE_ON_MESSAGE, row_at(i)->message != 0);
		/* Who acts on a message says what it needs of it. */
		if (row_at(i)->cause == IKE_ON_MESSAGE)
			assert_int_not_equal(row_at(i)->need, 0);
		assert_int_equal(row_at(i)->need & row_at(i)->may, 0);
	}
}

static struct ike_occasion occasion_of(const struct ike_transition *row, uint32_t has)
{
	return (struct ike_occasion){
		.state = row->from, .cause = row->cause, .exchange = row->exchange,
		.role = row->role == IKE_EITHER ? IKE_RESPONDER : row->role,
		.encrypted = row->encrypted, .has = has,
	};
}

/* With all that it needs, each row is found; without any one payload of it, it is not. */
static void test_needs(void **state)
{
	uint32_t missing;

	(void)state;
	for (size_t i = 0; row_at(i); i++) {
		const struct ike_transition *row = row_at(i);
		struct ike_occasion occasion = occasion_of(row, row->need | row->may);

		if (row->act != IKE_ACT_NOTIFY)	/* what deletes may notify as well */
			assert_ptr_equal(ike_transition_find(&occasion, &missing), row);
		for (int kind = 0; kind < IKE_KINDS; kind++) {
			if (!(row->need & IKE_BIT(kind)))
				continue;
			occasion.has = (row->need | row->may) & ~IKE_BIT(kind);
			assert_ptr_not_equal(ike_transition_find(&occasion, &missing), row);
		}
	}
}

/* Nothing that has to be encrypted is taken in clear, and the other way about. */
static void test_protection(void **state)
{
	uint32_t missing;

	(void)state;
	for (size_t i = 0; row_at(i); i++) {
		const struct ike_transition *row = row_at(i);
		struct ike_occasion occasion = occasion_of(row, row->need | row->may);
		const struct ike_transition *found;

		occasion.encrypted = !row->encrypted;
		found = ike_transition_find(&occasion, &missing);
		assert_ptr_not_equal(found, row);
		/* Under phase 1, nothing is done in clear but to remember a hint. */
		if (row->encrypted && found)
			assert_int_equal(found->act, IKE_ACT_HINT);
		if (row->exchange == IKE_QUICK)
			assert_true(row->encrypted);
	}
}

static void test_missing(void **state)
{
	struct ike_occasion occasion = {
		.state = IKE_MAIN_I3, .role = IKE_INITIATOR, .cause = IKE_ON_MESSAGE,
		.exchange = IKE_MAIN, .has = IKE_BIT(IKE_KE),
	};
	char names[96];
	uint32_t missing;

	(void)state;
	assert_null(ike_transition_find(&occasion, &missing));
	assert_string_equal(ike_has_names(missing, names, sizeof(names)), "NONCE");
	occasion.state = IKE_GONE;
	assert_null(ike_transition_find(&occasion, &missing));
	assert_int_equal(missing, 0);
}

static void test_print(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	ike_transitions_print(out);
	fclose(out);
	for (size_t i = 0; row_at(i); i++)
		assert_non_null(strstr(text, row_at(i)->story));
	assert_non_null(strstr(text, "message main 5*"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reachable),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_protection),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests_name("ike_states", tests, NULL, NULL);
}
