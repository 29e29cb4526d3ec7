// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cursor.h"

static const uint8_t octets[15] = {
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
};

static void readers_are_big_endian(void **state)
{
	struct sp_reader r;

	(void)state;
	sp_reader_init(&r, octets, sizeof(octets));
	assert_int_equal(sp_read_u8(&r), 0x01);
	assert_int_equal(sp_read_be16(&r), 0x0203);
	assert_int_equal(sp_read_be32(&r), 0x04050607);
	assert_int_equal(sp_read_be64(&r), 0x08090a0b0c0d0e0f);
	assert_int_equal(r.left, 0);
	assert_false(r.bad);
}

static void readers_stop_at_the_end_for_good(void **state)
{
	struct sp_reader r;

	(void)state;
	sp_reader_init(&r, octets, 3);
	assert_int_equal(sp_read_be32(&r), 0);
	assert_true(r.bad);
	/* Three octets are still there, but the parser has lost its place. */
	assert_int_equal(sp_read_u8(&r), 0);
	assert_null(sp_read_octets(&r, 1));
	assert_null(sp_read_octets(&r, 0));
	assert_int_equal(r.left, 3);
}

static void readers_lend_octets(void **state)
{
	struct sp_reader r;

	(void)state;
	sp_reader_init(&r, octets, sizeof(octets));
	assert_ptr_equal(sp_read_octets(&r, 5), octets);
	assert_ptr_equal(sp_read_octets(&r, 10), octets + 5);
	assert_false(r.bad);
	assert_null(sp_read_octets(&r, SIZE_MAX));
	assert_true(r.bad);

	sp_reader_init(&r, NULL, 0);
	sp_read_octets(&r, 0);
	assert_false(r.bad);
	sp_read_u8(&r);
	assert_true(r.bad);
}

static void writers_mirror_readers(void **state)
{
	uint8_t buf[sizeof(octets)];
	struct sp_writer w;

	(void)state;
	sp_writer_init(&w, buf, sizeof(buf));
	sp_write_u8(&w, 0x01);
	sp_write_be16(&w, 0x0203);
	sp_write_be32(&w, 0x04050607);
	sp_write_be64(&w, 0x08090a0b0c0d0e0f);
	assert_false(w.bad);
	assert_int_equal(w.len, sizeof(octets));
	assert_memory_equal(buf, octets, sizeof(octets));
}

static void writers_stop_at_the_end_for_good(void **state)
{
	uint8_t buf[4] = { 0xee, 0xee, 0xee, 0xee };
	struct sp_writer w;

	(void)state;
	sp_writer_init(&w, buf, 3);
	sp_write_be16(&w, 0x0102);
	sp_write_be16(&w, 0x0304);
	assert_true(w.bad);
	sp_write_u8(&w, 0x05);
	assert_int_equal(w.len, 2);
	assert_int_equal(buf[2], 0xee);
	assert_int_equal(buf[3], 0xee);

	sp_writer_init(&w, buf, sizeof(buf));
	sp_write_octets(&w, octets, SIZE_MAX);
	assert_true(w.bad);

	sp_writer_init(&w, NULL, 0);
	sp_write_octets(&w, NULL, 0);
	assert_false(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_are_big_endian),
		cmocka_unit_test(readers_stop_at_the_end_for_good),
		cmocka_unit_test(readers_lend_octets),
		cmocka_unit_test(writers_mirror_readers),
		cmocka_unit_test(writers_stop_at_the_end_for_good),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
