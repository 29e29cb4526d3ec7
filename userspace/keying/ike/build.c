// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire.h"

#include <string.h>

enum {
	NEXT_AT = 2 * IKE_COOKIE_LEN,	/* in the header */
	LENGTH_AT = IKE_HEADER_LEN - 4,
	GENERIC_LENGTH_AT = 2,		/* in the generic header of a payload */
	BASIC = 0x8000,
};

static void build_fields(struct ike_builder *b, const struct ike_layout *layout,
			 const void *value);

static void set_wrong(struct ike_builder *b, const char *what)
{
	if (!b->wrong)
		b->wrong = what;
}

static void write_number(struct sp_writer *w, size_t width, uint64_t value)
{
	if (width == sizeof(uint8_t))
		sp_write_u8(w, (uint8_t)value);
	else if (width == sizeof(uint16_t))
		sp_write_be16(w, (uint16_t)value);
	else
		sp_write_be32(w, (uint32_t)value);
}

static uint32_t load_number(const void *member, size_t width)
{
	if (width == sizeof(uint8_t))
		return *(const uint8_t *)member;
	if (width == sizeof(uint16_t))
		return *(const uint16_t *)member;
	return *(const uint32_t *)member;
}

/* --- payloads ------------------------------------------------------------------------ */

/* Where it begins. */
static size_t begin_payload(struct ike_builder *b)
{
	size_t at = b->w.len;

	sp_write_be32(&b->w, 0);
	return at;
}

static void end_payload(struct ike_builder *b, size_t at)
{
	if (b->w.len - at > UINT16_MAX)
		set_wrong(b, "a payload above 65535 octets");
	sp_write_again_be16(&b->w, at + GENERIC_LENGTH_AT, (uint16_t)(b->w.len - at));
}

/* The one before says what this one is. */
static size_t chain_payload(struct ike_builder *b, uint8_t type)
{
	sp_write_again_u8(&b->w, b->next, type);
	b->next = b->w.len;
	return begin_payload(b);
}

static void build_attribute(struct ike_builder *b, const struct ike_attribute *attribute)
{
	if (attribute->type & BASIC)
		set_wrong(b, "an attribute above 32767");
	if (attribute->basic) {
		if (attribute->number > UINT16_MAX)
			set_wrong(b, "a number above 65535 in a basic attribute");
		sp_write_be16(&b->w, attribute->type | BASIC);
		sp_write_be16(&b->w, (uint16_t)attribute->number);
		return;
	}
	sp_write_be16(&b->w, attribute->type);
	if (attribute->octets.data) {
		sp_write_be16(&b->w, (uint16_t)attribute->octets.len);
		sp_write_octets(&b->w, attribute->octets.data, attribute->octets.len);
		return;
	}
	if (attribute->number > UINT32_MAX)
		set_wrong(b, "a number above 4294967295 in an attribute");
	sp_write_be16(&b->w, sizeof(uint32_t));
	sp_write_be32(&b->w, (uint32_t)attribute->number);
}

static void build_attributes(struct ike_builder *b, const struct ike_list *list)
{
	const struct ike_attribute *attributes = list->first;

	for (size_t i = 0; i < list->n; i++)
		build_attribute(b, &attributes[i]);
}

static void build_chain(struct ike_builder *b, const struct ike_layout *elements,
			const struct ike_list *list)
{
	const char *element = list->first;
	size_t at;

	for (size_t i = 0; i < list->n; i++, element += elements->size) {
		at = begin_payload(b);
		build_fields(b, elements, element);
		end_payload(b, at);
		if (i + 1 < list->n)
			sp_write_again_u8(&b->w, at, elements->type);
	}
}

/* --- fields ----------------------------------------------------------------------------- */

/* The field that a size or a count is of stands somewhere behind it. */
static const void *described(const struct ike_field *field, const char *value,
			     enum ike_field_kind kind)
{
	while (field->kind != kind)
		field++;
	return value + field->offset;
}

static void write_size(struct ike_builder *b, size_t size)
{
	if (size > UINT8_MAX)
		set_wrong(b, "a size or a number above 255");
	sp_write_u8(&b->w, (uint8_t)size);
}

static void build_field(struct ike_builder *b, const struct ike_field *field, const char *value)
{
	const void *member = value + field->offset;
	const struct sp_octets *octets = member;
	const struct ike_list *list = member;

	switch (field->kind) {
	case IKE_FIELD_NUMBER:
		write_number(&b->w, field->width, load_number(member, field->width));
		break;
	case IKE_FIELD_RESERVED:
		sp_write_zeros(&b->w, field->width);
		break;
	case IKE_FIELD_FIXED:
		sp_write_octets(&b->w, member, field->width);
		break;
	case IKE_FIELD_SIZE:
		octets = described(field, value, IKE_FIELD_SIZED);
		write_size(b, octets->len);
		break;
	case IKE_FIELD_COUNT:
		list = described(field, value, IKE_FIELD_CHAIN);
		write_size(b, list->n);
		break;
	case IKE_FIELD_SIZED:
	case IKE_FIELD_REST:
		sp_write_octets(&b->w, octets->data, octets->len);
		break;
	case IKE_FIELD_CHAIN:
		build_chain(b, field->elements, list);
		break;
	case IKE_FIELD_ATTRIBUTES:
		build_attributes(b, list);
		break;
	}
}

static void build_fields(struct ike_builder *b, const struct ike_layout *layout, const void *value)
{
	const struct ike_field *field;

	for (field = layout->fields; field->name; field++)
		build_field(b, field, value);
}

/* --- the message ---------------------------------------------------------------------------- */

void ike_build_begin(struct ike_builder *b, void *buf, size_t size,
		     const struct ike_header *header)
{
	struct ike_header written = *header;

	written.next = IKE_PAYLOAD_NONE;
	written.length = 0;
	sp_writer_init(&b->w, buf, size);
	b->next = NEXT_AT;
	b->wrong = NULL;
	build_fields(b, &ike_layout_header, &written);
}

void ike_build(struct ike_builder *b, const struct ike_payload *payload)
{
	const struct ike_layout *layout = ike_layout_find(IKE_VERSION_1, payload->type);
	size_t at;

	if (!layout) {
		set_wrong(b, "a payload of unknown type");
		return;
	}
	at = chain_payload(b, payload->type);
	build_fields(b, layout, &payload->sa);
	end_payload(b, at);
}

void ike_build_data(struct ike_builder *b, enum ike_payload_type type, struct sp_octets data)
{
	size_t at = chain_payload(b, (uint8_t)type);

	sp_write_octets(&b->w, data.data, data.len);
	end_payload(b, at);
}

uint8_t *ike_build_hole(struct ike_builder *b, enum ike_payload_type type, size_t len)
{
	size_t at = chain_payload(b, (uint8_t)type);
	uint8_t *hole = sp_write_zeros(&b->w, len);

	end_payload(b, at);
	return hole;
}

struct sp_octets ike_built_behind(const struct ike_builder *b, const uint8_t *hole, size_t len)
{
	const uint8_t *behind = hole, *end = hole;

	if (hole) {
		behind += len;
		end = b->w.start + b->w.len;
	}
	return (struct sp_octets){ behind, (size_t)(end - behind) };
}

int ike_build_end(struct ike_builder *b, size_t block, size_t *len, struct sp_error *err)
{
	size_t over = b->w.bad ? 0 : (b->w.len - IKE_HEADER_LEN) % block;

	if (over)
		sp_write_zeros(&b->w, block - over);
	sp_write_again_be32(&b->w, LENGTH_AT, (uint32_t)b->w.len);
	if (b->wrong)
		return sp_fail(err, "cannot build a message with %s", b->wrong);
	if (b->w.bad)
		return sp_fail(err, "message does not fit %zu octets", b->w.size);
	*len = b->w.len;
	return 0;
}
