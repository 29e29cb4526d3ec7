// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages in pieces: cut, lost, doubled, mixed and put together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keying/ike/fragment.h"

enum { PIECES_MAX = 64 };

static struct sp_error err;
static struct ike_fragments fragments;
static struct ike_message message;

/* Datagrams of one message. */
struct pieces {
	uint8_t octets[PIECES_MAX][IKE_FRAGMENT_SIZE];
	size_t lens[PIECES_MAX];
	size_t n;
};

static uint8_t first[IKE_FRAGMENTS_OCTETS + 1], second[IKE_FRAGMENTS_OCTETS];
static struct pieces a, b;

static void cut(struct pieces *pieces, const uint8_t *octets, size_t len, uint16_t id)
{
	size_t at = 0, n;

	pieces->n = 0;
	while ((n = ike_fragment_next((struct sp_octets){ octets, len }, id, &at,
				      pieces->octets[pieces->n])))
		pieces->lens[pieces->n++] = n;
	assert_int_equal(at, len);
}

/* As it comes in: through the parser. */
static int hear(const struct pieces *pieces, size_t i, struct sp_octets *whole)
{
	const struct sp_octets datagram = { pieces->octets[i], pieces->lens[i] };
	struct ike_header header;

	assert_int_equal(ike_header_parse(&header, datagram, &err), 0);
	assert_memory_equal(header.cookie_i, first, IKE_COOKIE_LEN);
	assert_int_equal(ike_message_parse(&message, &header,
					   (struct sp_octets){ datagram.data + IKE_HEADER_LEN,
							       datagram.len - IKE_HEADER_LEN },
					   &err),
			 0);
	return ike_fragments_add(&fragments, &ike_find(&message, IKE_FRAGMENT, 0)->fragment, whole,
				 &err);
}

static int start(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(second); i++) {
		first[i] = (uint8_t)(i * 7 + i / 251);
		second[i] = (uint8_t)(first[i] ^ (i < 16 ? 0 : 0x55));
	}
	first[0] = second[0] = 1;
	memset(&fragments, 0, sizeof(fragments));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	ike_fragments_clear(&fragments);
	return 0;
}

/* Of every length about the edges, in order and against it. */
static void test_order(void **state)
{
	struct sp_octets whole;

	(void)state;
	for (size_t len = IKE_HEADER_LEN; len < 5000; len += len % 1190 < 5 ? 1 : 97) {
		cut(&a, first, len, 1);
		for (size_t i = 0; i < a.n; i++)
			assert_int_equal(hear(&a, i, &whole), i + 1 == a.n);
		assert_int_equal(whole.len, len);
		assert_memory_equal(whole.data, first, len);
		for (size_t i = a.n; i--;)
			assert_int_equal(hear(&a, i, &whole), i == 0);
		assert_memory_equal(whole.data, first, len);
	}
	assert_false(ike_is_long(IKE_FRAGMENT_SIZE));
	assert_true(ike_is_long(IKE_FRAGMENT_SIZE + 1));
}

/* Each twice, and one lost that comes with the second try. */
static void test_again(void **state)
{
	struct sp_octets whole;

	(void)state;
	cut(&a, first, 4000, 1);
	assert_int_equal(a.n, 4);
	for (size_t i = 0; i < a.n; i++) {
		if (i == 2)
			continue;
		assert_int_equal(hear(&a, i, &whole), 0);
		assert_int_equal(hear(&a, i, &whole), 0);
	}
	for (size_t i = 0; i <= 2; i++)
		assert_int_equal(hear(&a, i, &whole), i == 2);
	assert_memory_equal(whole.data, first, 4000);
}

/* The rest of a message that was given up does not spoil the next one, whatever its number. */
static void test_another(void **state)
{
	struct sp_octets whole;

	(void)state;
	for (uint16_t id = 1; id <= 2; id++) {
		for (size_t heard = 1; heard < 4; heard++) {
			cut(&a, first, 4000, 1);
			cut(&b, second, 2500, id);
			for (size_t i = 0; i < heard; i++)
				assert_int_equal(hear(&a, i, &whole), 0);
			for (size_t i = 0; i < b.n; i++)
				assert_int_equal(hear(&b, i, &whole), i + 1 == b.n);
			assert_int_equal(whole.len, 2500);
			assert_memory_equal(whole.data, second, 2500);
			ike_fragments_clear(&fragments);
		}
	}
}

static void test_limits(void **state)
{
	struct ike_fragment piece = { .id = 1, .number = 1, .data = { first, 1000 } };
	struct sp_octets whole;
	int ret = 0;

	(void)state;
	cut(&a, first, IKE_FRAGMENTS_OCTETS, 1);
	for (size_t i = 0; i < a.n; i++)
		ret = hear(&a, i, &whole);
	assert_int_equal(ret, 1);
	assert_int_equal(whole.len, IKE_FRAGMENTS_OCTETS);
	cut(&a, first, IKE_FRAGMENTS_OCTETS + 1, 1);
	for (size_t i = 0; i < a.n; i++)
		ret = hear(&a, i, &whole);
	assert_int_equal(ret, -1);
	assert_string_equal(err.text, "message in pieces of more than 24576 octets");
	assert_int_equal(fragments.len, 0);
	piece.number = 33;
	assert_int_equal(ike_fragments_add(&fragments, &piece, &whole, &err), -1);
	assert_string_equal(err.text, "piece 33 of a message, of which there may be 32");
	piece.number = 0;
	assert_int_equal(ike_fragments_add(&fragments, &piece, &whole, &err), -1);
}

/* Pieces behind the last one are of no message; what is left can still become one. */
static void test_behind_last(void **state)
{
	struct ike_fragment piece = { .id = 1, .data = { first, 100 } };
	struct sp_octets whole;

	(void)state;
	for (uint8_t number = 5; number >= 3; number--) {
		piece.number = number;
		assert_int_equal(ike_fragments_add(&fragments, &piece, &whole, &err), 0);
	}
	piece.number = 2;
	piece.last = 1;
	assert_int_equal(ike_fragments_add(&fragments, &piece, &whole, &err), 0);
	cut(&a, first, 3000, 1);
	for (size_t i = 0; i < a.n; i++)
		assert_int_equal(hear(&a, i, &whole), i + 1 == a.n);
	assert_memory_equal(whole.data, first, 3000);
}

/* Whatever order, loss and doubling: a message comes out as it went in, or not at all. */
static void test_chance(void **state)
{
	unsigned int seed = 1, n = 0;
	struct sp_octets whole;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		const struct pieces *pieces = rand_r(&seed) % 16 ? &a : &b;

		if (!(round % 50)) {
			cut(&a, first, IKE_HEADER_LEN + (size_t)rand_r(&seed) % 6000, 1);
			cut(&b, second, IKE_HEADER_LEN + (size_t)rand_r(&seed) % 6000, 2);
		}
		if (hear(pieces, (size_t)rand_r(&seed) % pieces->n, &whole) != 1)
			continue;
		assert_memory_equal(whole.data, pieces == &a ? first : second, whole.len);
		n++;
	}
	assert_true(n > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, start, stop),
		cmocka_unit_test_setup_teardown(test_again, start, stop),
		cmocka_unit_test_setup_teardown(test_another, start, stop),
		cmocka_unit_test_setup_teardown(test_limits, start, stop),
		cmocka_unit_test_setup_teardown(test_behind_last, start, stop),
		cmocka_unit_test_setup_teardown(test_chance, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
