// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "id.h"
#include "proposal.h"
#include "vendor.h"
#include "wire.h"

enum {
	SHOWN_MAX = 24,			/* octets of a field: more tell nobody more */
	DUMP_LINE_MAX = 256,
};

struct text {
	char *buf;
	size_t size;
	size_t len;
};

__attribute__((format(printf, 2, 3)))
static void add(struct text *text, const char *fmt, ...)
{
	size_t left = text->size - text->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text->buf + text->len, left, fmt, ap);
	va_end(ap);
	if (n > 0)
		text->len += (size_t)n < left ? (size_t)n : left - 1;
}

static void add_hex(struct text *text, struct sp_octets octets)
{
	for (size_t i = 0; i < octets.len && i < SHOWN_MAX; i++)
		add(text, "%02x", octets.data[i]);
	if (octets.len > SHOWN_MAX)
		add(text, "… (%zu octets)", octets.len);
}

/* --- one line -------------------------------------------------------------------------- */

static void add_notify(struct text *text, const struct ike_notify *notify)
{
	char buf[IKE_NAME_STRLEN];

	add(text, "(%s)", ike_name(ike_words_notify, "type", notify->type, buf));
}

static void add_delete(struct text *text, const struct ike_delete *deleted)
{
	char buf[IKE_NAME_STRLEN];

	add(text, "(%s", ike_name(ike_words_protocol, "protocol", deleted->protocol, buf));
	for (size_t i = 0; deleted->spi_len == 4 && i < deleted->n && i < 4; i++)
		add(text, " 0x%08" PRIx32,
		    ike_spi((struct sp_octets){ deleted->spis.data + 4 * i, 4 }));
	add(text, "%s)", deleted->spi_len == 4 && deleted->n > 4 ? " …" : "");
}

static void add_payload(struct text *text, const struct ike_payload *payload)
{
	const struct ike_layout *layout = ike_layout_find(IKE_VERSION_1, payload->type);
	const struct ike_vendor_row *vendor;
	char buf[IKE_ID_STRLEN];

	add(text, " %s", layout->name);
	switch (payload->kind) {
	case IKE_NOTIFY:
		add_notify(text, &payload->notify);
		break;
	case IKE_DELETE:
		add_delete(text, &payload->deleted);
		break;
	case IKE_ID:
		add(text, "(%s)", ike_id_format(&payload->id, buf));
		break;
	case IKE_VID:
		vendor = ike_vendor_find(payload->data);
		if (vendor)
			add(text, "(%s)", vendor->name);
		break;
	case IKE_FRAGMENT:
		add(text, "(%u%s)", payload->fragment.number,
		    payload->fragment.last ? ", last" : "");
		break;
	case IKE_PRIVATE:
		add(text, "(%u)", payload->type);
		break;
	}
}

static void add_header(struct text *text, const struct ike_header *header)
{
	char buf[IKE_NAME_STRLEN];

	add(text, "%s", ike_name(ike_words_exchange, "exchange", header->exchange, buf));
	if (header->message_id)
		add(text, " 0x%08" PRIx32, header->message_id);
	if (header->flags & IKE_FLAG_COMMIT)
		add(text, ", commit");
}

const char *ike_line(const struct ike_message *message, char buf[IKE_LINE_MAX])
{
	struct text text = { buf, IKE_LINE_MAX, 0 };

	add_header(&text, &message->header);
	add(&text, " [");
	for (size_t i = 0; i < message->n; i++)
		add_payload(&text, &message->payloads[i]);
	add(&text, " ]");
	return buf;
}

const char *ike_line_header(const struct ike_header *header, char buf[IKE_LINE_MAX])
{
	struct text text = { buf, IKE_LINE_MAX, 0 };

	add_header(&text, header);
	add(&text, " [ %" PRIu32 " octets%s ]", header->length,
	    header->flags & IKE_FLAG_ENCRYPTED ? ", encrypted" : "");
	return buf;
}

/* --- all of it --------------------------------------------------------------------------- */

struct dump {
	void (*line)(void *arg, const char *text);
	void *arg;
	int depth;
	bool phase1;
	uint8_t protocol;		/* of the proposal that we are in */
};

__attribute__((format(printf, 2, 3)))
static void print_line(const struct dump *dump, const char *fmt, ...)
{
	char buf[DUMP_LINE_MAX];
	int indent = snprintf(buf, sizeof(buf), "%*s", 2 * dump->depth, "");
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + indent, sizeof(buf) - (size_t)indent, fmt, ap);
	va_end(ap);
	dump->line(dump->arg, buf);
}

static void dump_octets(const struct dump *dump, const char *name, struct sp_octets octets)
{
	char buf[DUMP_LINE_MAX];
	struct text text = { buf, sizeof(buf), 0 };

	buf[0] = '\0';
	add_hex(&text, octets);
	print_line(dump, "%s: %s", name, octets.len ? buf : "none");
}

static void dump_number(const struct dump *dump, const struct ike_field *field,
			const void *member)
{
	const char *word;
	uint32_t number;

	if (field->width == sizeof(uint8_t))
		number = *(const uint8_t *)member;
	else if (field->width == sizeof(uint16_t))
		number = *(const uint16_t *)member;
	else
		number = *(const uint32_t *)member;
	word = field->words ? ike_word(field->words, number) : NULL;
	if (word)
		print_line(dump, "%s: %" PRIu32 " (%s)", field->name, number, word);
	else
		print_line(dump, "%s: %" PRIu32, field->name, number);
}

static void dump_attributes(const struct dump *dump, const struct ike_list *list)
{
	const struct ike_attribute *attribute = list->first;
	const struct ike_word *words = dump->phase1 ? ike_words_attribute1 : ike_words_attribute2;
	char name[IKE_NAME_STRLEN];
	const char *word;

	for (size_t i = 0; i < list->n; i++, attribute++) {
		word = ike_name(words, "attribute", attribute->type, name);
		if (attribute->number != UINT64_MAX)
			print_line(dump, "%s: %" PRIu64 "%s", word, attribute->number,
				   attribute->basic ? "" : ", in octets of its own");
		else
			dump_octets(dump, word, attribute->octets);
	}
}

static void dump_fields(struct dump *dump, const struct ike_layout *layout, const void *value);

/* What a transform is, in the words that a user would write. */
static void dump_meaning(struct dump *dump, const struct ike_layout *layout, const void *element)
{
	const struct ike_proposal *proposal = element;
	char buf[IKE_TRANSFORM_STRLEN];

	if (layout == &ike_layout_proposal) {
		dump->protocol = proposal->protocol;
		return;
	}
	if (dump->phase1)
		print_line(dump, "= %s", ike_phase1_format(element, buf));
	else
		print_line(dump, "= %s", ike_phase2_format(dump->protocol, element, buf));
}

static void dump_chain(struct dump *dump, const struct ike_layout *elements,
		       const struct ike_list *list)
{
	const char *element = list->first;

	for (size_t i = 0; i < list->n; i++, element += elements->size) {
		print_line(dump, "%s", elements->name);
		dump->depth++;
		dump_meaning(dump, elements, element);
		dump_fields(dump, elements, element);
		dump->depth--;
	}
}

static void dump_field(struct dump *dump, const struct ike_field *field, const void *member)
{
	const struct sp_octets *octets = member;

	switch (field->kind) {
	case IKE_FIELD_NUMBER:
		dump_number(dump, field, member);
		break;
	case IKE_FIELD_FIXED:
		dump_octets(dump, field->name, (struct sp_octets){ member, field->width });
		break;
	case IKE_FIELD_SIZED:
	case IKE_FIELD_REST:
		dump_octets(dump, field->name, *octets);
		break;
	case IKE_FIELD_CHAIN:
		dump_chain(dump, field->elements, member);
		break;
	case IKE_FIELD_ATTRIBUTES:
		dump_attributes(dump, member);
		break;
	case IKE_FIELD_RESERVED:
	case IKE_FIELD_SIZE:
	case IKE_FIELD_COUNT:
		break;
	}
}

static void dump_fields(struct dump *dump, const struct ike_layout *layout, const void *value)
{
	const struct ike_field *field;

	for (field = layout->fields; field->name; field++)
		dump_field(dump, field, (const char *)value + field->offset);
}

void ike_dump(const struct ike_message *message, void (*line)(void *arg, const char *text),
	      void *arg)
{
	struct dump dump = { .line = line, .arg = arg, .phase1 = !message->header.message_id };
	char buf[DUMP_LINE_MAX];
	struct text text;

	print_line(&dump, "header");
	dump.depth++;
	dump_fields(&dump, &ike_layout_header, &message->header);
	dump.depth--;
	for (size_t i = 0; i < message->n; i++) {
		const struct ike_payload *payload = &message->payloads[i];

		text = (struct text){ buf, sizeof(buf), 0 };
		add_payload(&text, payload);
		print_line(&dump, "%s, octet %" PRIu32, buf + 1, payload->at);
		dump.depth++;
		dump_fields(&dump, ike_layout_find(IKE_VERSION_1, payload->type), &payload->sa);
		dump.depth--;
	}
}
