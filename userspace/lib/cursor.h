/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one bounds-checked reader and writer of octets.  Both are sticky: after
 * the first step over the end every further step fails and reads give zeros, so
 * a parser may check `bad` once at its end.
 */
#ifndef SP_CURSOR_H
#define SP_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sp_reader {
	const uint8_t *next;
	size_t left;
	bool bad;
};

void sp_reader_init(struct sp_reader *r, const void *data, size_t len);
uint8_t sp_read_u8(struct sp_reader *r);
uint16_t sp_read_be16(struct sp_reader *r);
uint32_t sp_read_be32(struct sp_reader *r);
uint64_t sp_read_be64(struct sp_reader *r);
/* Steps over len octets and points to them; NULL and bad when they are not there. */
const uint8_t *sp_read_octets(struct sp_reader *r, size_t len);

struct sp_writer {
	uint8_t *start;
	size_t len;			/* written so far */
	size_t size;
	bool bad;
};

void sp_writer_init(struct sp_writer *w, void *data, size_t size);
void sp_write_u8(struct sp_writer *w, uint8_t value);
void sp_write_be16(struct sp_writer *w, uint16_t value);
void sp_write_be32(struct sp_writer *w, uint32_t value);
void sp_write_be64(struct sp_writer *w, uint64_t value);
void sp_write_octets(struct sp_writer *w, const void *data, size_t len);
/* So many zeros, which the caller may fill in later; NULL and bad if there is no room. */
uint8_t *sp_write_zeros(struct sp_writer *w, size_t len);
/* Again, what was written at @at: lengths and the like, which are known only afterwards. */
void sp_write_again_u8(struct sp_writer *w, size_t at, uint8_t value);
void sp_write_again_be16(struct sp_writer *w, size_t at, uint16_t value);
void sp_write_again_be32(struct sp_writer *w, size_t at, uint32_t value);

#endif
