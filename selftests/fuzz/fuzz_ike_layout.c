// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The layouts the other way round: octets become payloads, field by field as the tables say, and
 * what is built of them is read again as the same, or refused for what a layout's check knows.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "keying/ike/wire.h"

enum { ELEMENTS_MAX = 3, PAYLOADS_MAX = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ike_message message;
static struct ike_payload payloads[PAYLOADS_MAX];
static uint8_t octets[IKE_MESSAGE_MAX];
static struct sp_reader input;

/* Lists of elements: proposals, and the transforms and attributes of each. */
static struct ike_proposal proposals[PAYLOADS_MAX][ELEMENTS_MAX];
static struct ike_transform transforms[PAYLOADS_MAX * ELEMENTS_MAX][ELEMENTS_MAX];
static struct ike_attribute attributes[PAYLOADS_MAX * ELEMENTS_MAX * ELEMENTS_MAX][ELEMENTS_MAX];
static size_t n_proposals, n_transforms, n_attributes;

static struct sp_octets take_octets(void)
{
	size_t len = sp_read_u8(&input) % 40;

	if (len > input.left)
		len = input.left;
	return (struct sp_octets){ len ? sp_read_octets(&input, len) : NULL, len };
}

static void fill(const struct ike_layout *layout, void *value);

static void fill_chain(const struct ike_layout *elements, struct ike_list *list)
{
	char *element = elements == &ike_layout_proposal ? (char *)proposals[n_proposals++] :
							   (char *)transforms[n_transforms++];

	list->first = element;
	list->n = 1 + sp_read_u8(&input) % ELEMENTS_MAX;
	for (size_t i = 0; i < list->n; i++, element += elements->size)
		fill(elements, element);
}

static void fill_attributes(struct ike_list *list)
{
	struct ike_attribute *attribute = attributes[n_attributes++];

	list->first = attribute;
	list->n = sp_read_u8(&input) % (ELEMENTS_MAX + 1);
	for (size_t i = 0; i < list->n; i++, attribute++) {
		memset(attribute, 0, sizeof(*attribute));
		attribute->type = sp_read_be16(&input) & 0x7fff;
		attribute->basic = sp_read_u8(&input) & 1;
		if (attribute->basic)
			attribute->number = sp_read_be16(&input);
		else
			attribute->octets = take_octets();
		if (!attribute->basic && !attribute->octets.data)
			attribute->number = sp_read_be32(&input);
	}
}

static void fill_number(const struct ike_field *field, void *member)
{
	if (field->width == sizeof(uint8_t))
		*(uint8_t *)member = sp_read_u8(&input);
	else if (field->width == sizeof(uint16_t))
		*(uint16_t *)member = sp_read_be16(&input);
	else
		*(uint32_t *)member = sp_read_be32(&input);
}

static void fill(const struct ike_layout *layout, void *value)
{
	const struct ike_field *field;

	memset(value, 0, layout->size);
	for (field = layout->fields; field->name; field++) {
		void *member = (char *)value + field->offset;

		if (field->kind == IKE_FIELD_NUMBER)
			fill_number(field, member);
		else if (field->kind == IKE_FIELD_SIZED || field->kind == IKE_FIELD_REST)
			*(struct sp_octets *)member = take_octets();
		else if (field->kind == IKE_FIELD_CHAIN)
			fill_chain(field->elements, member);
		else if (field->kind == IKE_FIELD_ATTRIBUTES)
			fill_attributes(member);
	}
}

/* --- and compared, field by field --------------------------------------------------- */

static void compare(const struct ike_layout *layout, const void *a, const void *b);

static void same(bool is)
{
	if (!is)
		abort();
}

static void compare_octets(struct sp_octets a, struct sp_octets b)
{
	same(a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len)));
}

static void compare_attributes(const struct ike_list *a, const struct ike_list *b)
{
	const struct ike_attribute *built = a->first, *read = b->first;

	same(a->n == b->n);
	for (size_t i = 0; i < a->n; i++, built++, read++) {
		same(built->type == read->type && built->basic == read->basic);
		if (built->octets.data)
			compare_octets(built->octets, read->octets);
		else
			same(built->number == read->number);
	}
}

static void compare_chain(const struct ike_layout *elements, const struct ike_list *a,
			  const struct ike_list *b)
{
	same(a->n == b->n);
	for (size_t i = 0; i < a->n; i++)
		compare(elements, (const char *)a->first + i * elements->size,
			(const char *)b->first + i * elements->size);
}

static void compare(const struct ike_layout *layout, const void *a, const void *b)
{
	const struct ike_field *field;

	for (field = layout->fields; field->name; field++) {
		const void *built = (const char *)a + field->offset;
		const void *read = (const char *)b + field->offset;

		if (field->kind == IKE_FIELD_NUMBER)
			same(!memcmp(built, read, field->width));
		else if (field->kind == IKE_FIELD_SIZED || field->kind == IKE_FIELD_REST)
			compare_octets(*(const struct sp_octets *)built,
				       *(const struct sp_octets *)read);
		else if (field->kind == IKE_FIELD_CHAIN)
			compare_chain(field->elements, built, read);
		else if (field->kind == IKE_FIELD_ATTRIBUTES)
			compare_attributes(built, read);
	}
}

static size_t fill_payloads(void)
{
	size_t n = 1 + sp_read_u8(&input) % PAYLOADS_MAX;

	n_proposals = n_transforms = n_attributes = 0;
	for (size_t i = 0; i < n; i++) {
		const struct ike_layout *layout = NULL;

		while (!layout)
			layout = ike_layout_at(IKE_VERSION_1, sp_read_u8(&input) % 32);
		payloads[i].type = layout->type;
		fill(layout, &payloads[i].sa);
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ike_header header = {
		.cookie_i = { 1 },
		.version = IKE_VERSION_1,
		.exchange = IKE_EXCHANGE_INFO,
	};
	struct ike_header read;
	struct ike_builder b;
	struct sp_error err = { "" };
	size_t n, len;

	sp_reader_init(&input, data, size);
	n = fill_payloads();
	ike_build_begin(&b, octets, sizeof(octets), &header);
	for (size_t i = 0; i < n; i++)
		ike_build(&b, &payloads[i]);
	same(!ike_build_end(&b, 1, &len, &err));
	same(!ike_header_parse(&read, (struct sp_octets){ octets, len }, &err));
	if (ike_message_parse(&message, &read,
			      (struct sp_octets){ octets + IKE_HEADER_LEN, len - IKE_HEADER_LEN },
			      &err)) {
		same(!strstr(err.text, "length:") && !strstr(err.text, "cut off") &&
		     !strstr(err.text, "reserved") && !strstr(err.text, "next payload"));
		return 0;
	}
	same(message.n == n);
	for (size_t i = 0; i < n; i++) {
		const struct ike_layout *layout = ike_layout_find(IKE_VERSION_1, payloads[i].type);

		same(message.payloads[i].type == payloads[i].type);
		compare(layout, &payloads[i].sa, &message.payloads[i].sa);
	}
	return 0;
}
