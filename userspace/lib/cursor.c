// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "cursor.h"

void sp_reader_init(struct sp_reader *r, const void *data, size_t len)
{
	r->next = data;
	r->left = len;
	r->bad = false;
}

const uint8_t *sp_read_octets(struct sp_reader *r, size_t len)
{
	const uint8_t *octets = r->next;

	if (r->bad || len > r->left) {
		r->bad = true;
		return NULL;
	}
	/* An empty reader may stand on a null pointer, which must not be added to. */
	if (len)
		r->next += len;
	r->left -= len;
	return octets;
}

static uint64_t read_be(struct sp_reader *r, size_t len)
{
	const uint8_t *octets = sp_read_octets(r, len);
	uint64_t value = 0;

	for (size_t i = 0; octets && i < len; i++)
		value = value << 8 | octets[i];
	return value;
}

uint8_t sp_read_u8(struct sp_reader *r)
{
	return (uint8_t)read_be(r, 1);
}

uint16_t sp_read_be16(struct sp_reader *r)
{
	return (uint16_t)read_be(r, 2);
}

uint32_t sp_read_be32(struct sp_reader *r)
{
	return (uint32_t)read_be(r, 4);
}

uint64_t sp_read_be64(struct sp_reader *r)
{
	return read_be(r, 8);
}

void sp_writer_init(struct sp_writer *w, void *data, size_t size)
{
	w->start = data;
	w->len = 0;
	w->size = size;
	w->bad = false;
}

void sp_write_octets(struct sp_writer *w, const void *data, size_t len)
{
	if (w->bad || len > w->size - w->len) {
		w->bad = true;
		return;
	}
	if (len)
		memcpy(w->start + w->len, data, len);
	w->len += len;
}

uint8_t *sp_write_zeros(struct sp_writer *w, size_t len)
{
	uint8_t *octets = w->start;

	if (w->bad || len > w->size - w->len) {
		w->bad = true;
		return NULL;
	}
	if (!len)
		return octets;
	octets += w->len;
	memset(octets, 0, len);
	w->len += len;
	return octets;
}

static void put_be(uint8_t *octets, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(value >> 8 * (len - 1 - i));
}

static void write_be(struct sp_writer *w, uint64_t value, size_t len)
{
	uint8_t octets[8];

	put_be(octets, value, len);
	sp_write_octets(w, octets, len);
}

static void write_again(struct sp_writer *w, size_t at, uint64_t value, size_t len)
{
	if (w->bad || at > w->len || len > w->len - at)
		w->bad = true;
	else
		put_be(w->start + at, value, len);
}

void sp_write_again_u8(struct sp_writer *w, size_t at, uint8_t value)
{
	write_again(w, at, value, 1);
}

void sp_write_again_be16(struct sp_writer *w, size_t at, uint16_t value)
{
	write_again(w, at, value, 2);
}

void sp_write_again_be32(struct sp_writer *w, size_t at, uint32_t value)
{
	write_again(w, at, value, 4);
}

void sp_write_u8(struct sp_writer *w, uint8_t value)
{
	write_be(w, value, 1);
}

void sp_write_be16(struct sp_writer *w, uint16_t value)
{
	write_be(w, value, 2);
}

void sp_write_be32(struct sp_writer *w, uint32_t value)
{
	write_be(w, value, 4);
}

void sp_write_be64(struct sp_writer *w, uint64_t value)
{
	write_be(w, value, 8);
}
