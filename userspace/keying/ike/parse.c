// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire.h"

enum {
	GENERIC_LEN = 4,		/* next payload, reserved, length (RFC 2408 3.2) */
	TLV_LEN = 4,
	BASIC = 0x8000,			/* the attribute's value stands in place of its length */
	FLAGS = IKE_FLAG_ENCRYPTED | IKE_FLAG_COMMIT | IKE_FLAG_AUTH_ONLY,
};

struct parse {
	struct ike_message *message;	/* NULL in the header */
	const uint8_t *origin;		/* of what is parsed */
	size_t at;			/* octet of the message where that begins */
	int malformed;			/* the notification for what is wrong where we are */
	struct sp_error *err;
};

/* What fields say about later ones of the same payload. */
struct told {
	size_t size;
	size_t count;
	bool counted;
};

__attribute__((format(printf, 4, 5)))
static int fail_at(const struct parse *p, const uint8_t *where, int notify, const char *fmt, ...)
{
	struct sp_error what;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what.text, sizeof(what.text), fmt, ap);
	va_end(ap);
	sp_fail(p->err, "%.400s, at octet %zu", what.text,
		p->at + (where ? (size_t)(where - p->origin) : 0));
	return notify;
}

static int in(const struct parse *p, int notify, const char *name)
{
	if (notify)
		sp_fail_in(p->err, "%s", name);
	return notify;
}

/* --- fields -------------------------------------------------------------------------- */

static uint64_t read_number(struct sp_reader *r, size_t width)
{
	uint64_t value = 0;

	while (width--)
		value = value << 8 | sp_read_u8(r);
	return value;
}

static void store_number(void *member, size_t width, uint64_t value)
{
	if (width == sizeof(uint8_t))
		*(uint8_t *)member = (uint8_t)value;
	else if (width == sizeof(uint16_t))
		*(uint16_t *)member = (uint16_t)value;
	else
		*(uint32_t *)member = (uint32_t)value;
}

static void read_octets(struct sp_octets *octets, struct sp_reader *r, size_t len)
{
	octets->data = sp_read_octets(r, len);
	octets->len = r->bad ? 0 : len;
}

static int read_attribute(struct parse *p, struct sp_reader *r, struct ike_attribute *attribute)
{
	const uint8_t *where = r->next;
	uint16_t type = sp_read_be16(r), second = sp_read_be16(r);
	struct sp_reader value;
	size_t left = r->left;

	memset(attribute, 0, sizeof(*attribute));
	attribute->type = type & ~BASIC;
	attribute->basic = type & BASIC;
	attribute->number = second;
	if (r->bad)
		return fail_at(p, where, p->malformed, "attributes: %zu octets, not %d", left,
			       TLV_LEN);
	if (attribute->basic)
		return 0;
	read_octets(&attribute->octets, r, second);
	if (r->bad)
		return fail_at(p, where, p->malformed,
			       "attribute %u: length of %u octets, but %zu are left", type, second,
			       left);
	sp_reader_init(&value, attribute->octets.data, second);
	attribute->number = second <= sizeof(uint64_t) ? read_number(&value, second) : UINT64_MAX;
	return 0;
}

static int read_attributes(struct parse *p, struct sp_reader *r, struct ike_list *list)
{
	struct ike_message *m = p->message;
	int notify = 0;

	list->first = &m->attributes[m->n_attributes];
	list->n = 0;
	while (r->left && !notify) {
		if (m->n_attributes == IKE_ATTRIBUTES_MAX)
			return fail_at(p, r->next, p->malformed, "more than %d attributes",
				       IKE_ATTRIBUTES_MAX);
		notify = read_attribute(p, r, &m->attributes[m->n_attributes++]);
		list->n++;
	}
	return notify;
}

/* --- payloads in a row ------------------------------------------------------------------ */

static int read_fields(struct parse *p, const struct ike_layout *layout, struct sp_reader *r,
		       void *value);

struct generic {
	uint8_t next;
	const uint8_t *where;
	struct sp_octets body;
};

static int read_generic(struct parse *p, struct sp_reader *r, struct generic *generic)
{
	size_t left = r->left;
	uint8_t reserved;
	uint16_t len;

	generic->where = r->next;
	generic->next = sp_read_u8(r);
	reserved = sp_read_u8(r);
	len = sp_read_be16(r);
	if (r->bad)
		return fail_at(p, generic->where, p->malformed, "%zu octets, not a header of %d",
			       left, GENERIC_LEN);
	if (reserved)
		return fail_at(p, generic->where, p->malformed, "reserved: %u, not 0", reserved);
	if (len < GENERIC_LEN || len > left)
		return fail_at(p, generic->where,
			       len < GENERIC_LEN ? p->malformed : IKE_N_UNEQUAL_PAYLOAD_LENGTHS,
			       "length: %u octets, where %d to %zu can be", len, GENERIC_LEN, left);
	read_octets(&generic->body, r, len - GENERIC_LEN);
	return 0;
}

static int read_body(struct parse *p, const struct ike_layout *layout,
		     const struct generic *generic, void *value)
{
	struct sp_reader r;
	int notify;

	sp_reader_init(&r, generic->body.data, generic->body.len);
	memset(value, 0, layout->size);
	notify = read_fields(p, layout, &r, value);
	if (!notify && r.left)
		notify = fail_at(p, r.next, p->malformed, "%zu octets too long", r.left);
	if (notify || !layout->check)
		return notify;
	notify = layout->check(value, p->err);
	if (notify)
		fail_at(p, generic->where, notify, "%s", p->err->text);
	return notify;
}

/* Where the next element of a chain goes; NULL if there are too many. */
static void *take_element(struct ike_message *m, const struct ike_layout *elements)
{
	if (elements == &ike_layout_proposal)
		return m->n_proposals == IKE_PROPOSALS_MAX ? NULL : &m->proposals[m->n_proposals++];
	return m->n_transforms == IKE_TRANSFORMS_MAX ? NULL : &m->transforms[m->n_transforms++];
}

static int read_element(struct parse *p, const struct ike_layout *elements, struct sp_reader *r,
			struct ike_list *list, uint8_t *next)
{
	struct generic generic;
	void *element;
	int notify = read_generic(p, r, &generic);

	if (notify)
		return notify;
	*next = generic.next;
	if (generic.next != IKE_PAYLOAD_NONE && generic.next != elements->type)
		return fail_at(p, generic.where, IKE_N_INVALID_PAYLOAD_TYPE,
			       "next payload: %u, not 0 or %u", generic.next, elements->type);
	element = take_element(p->message, elements);
	if (!element)
		return fail_at(p, generic.where, p->malformed, "too many in one message");
	if (!list->n++)
		list->first = element;
	return read_body(p, elements, &generic, element);
}

static int read_chain(struct parse *p, const struct ike_layout *elements, struct sp_reader *r,
		      struct ike_list *list)
{
	uint8_t next = elements->type;
	char name[IKE_NAME_STRLEN];
	int notify = 0;

	p->malformed = IKE_N_BAD_PROPOSAL_SYNTAX;
	while (!notify && next != IKE_PAYLOAD_NONE) {
		snprintf(name, sizeof(name), "%s %zu", elements->name, list->n + 1);
		notify = in(p, read_element(p, elements, r, list, &next), name);
	}
	return notify;
}

/* --- fields by their kind ------------------------------------------------------------------ */

static int check_count(const struct parse *p, const struct told *told, const uint8_t *where,
		       const struct ike_list *list, const char *name)
{
	if (!told->counted || told->count == list->n)
		return 0;
	return fail_at(p, where, p->malformed, "number of %s: %zu, but there are %zu", name,
		       told->count, list->n);
}

static int read_reserved(const struct parse *p, const struct ike_field *field,
			 struct sp_reader *r)
{
	const uint8_t *where = r->next;
	uint64_t value = read_number(r, field->width);

	return value ? fail_at(p, where, p->malformed, "reserved: not 0") : 0;
}

/* Returns 0 also if there are too few octets, which the reader knows. */
static int read_field(struct parse *p, const struct ike_field *field, struct sp_reader *r,
		      void *member, struct told *told)
{
	const uint8_t *octets, *where = r->next;
	int notify;

	switch (field->kind) {
	case IKE_FIELD_NUMBER:
		store_number(member, field->width, read_number(r, field->width));
		return 0;
	case IKE_FIELD_RESERVED:
		return read_reserved(p, field, r);
	case IKE_FIELD_FIXED:
		octets = sp_read_octets(r, field->width);
		if (octets)
			memcpy(member, octets, field->width);
		return 0;
	case IKE_FIELD_SIZE:
		told->size = read_number(r, field->width);
		return 0;
	case IKE_FIELD_COUNT:
		told->count = read_number(r, field->width);
		told->counted = true;
		return 0;
	case IKE_FIELD_SIZED:
		read_octets(member, r, told->size);
		return 0;
	case IKE_FIELD_REST:
		read_octets(member, r, r->left);
		return 0;
	case IKE_FIELD_CHAIN:
		notify = read_chain(p, field->elements, r, member);
		return notify ? notify : check_count(p, told, where, member, field->name);
	case IKE_FIELD_ATTRIBUTES:
		return read_attributes(p, r, member);
	}
	return 0;
}

static int read_fields(struct parse *p, const struct ike_layout *layout, struct sp_reader *r,
		       void *value)
{
	const struct ike_field *field;
	struct told told = { 0 };
	const uint8_t *where;
	size_t left;
	int notify;

	for (field = layout->fields; field->name; field++) {
		where = r->next;
		left = r->left;
		notify = read_field(p, field, r, (char *)value + field->offset, &told);
		if (notify)
			return notify;
		if (r->bad)
			return fail_at(p, where, p->malformed,
				       "%s: cut off, there are %zu octets for it", field->name,
				       left);
	}
	return 0;
}

/* --- the header ----------------------------------------------------------------------------- */

static bool is_phase1(const struct ike_header *header)
{
	return header->exchange == IKE_EXCHANGE_BASE || header->exchange == IKE_EXCHANGE_MAIN ||
	       header->exchange == IKE_EXCHANGE_AUTH_ONLY ||
	       header->exchange == IKE_EXCHANGE_AGGRESSIVE;
}

bool ike_cookie_is_zero(const uint8_t cookie[IKE_COOKIE_LEN])
{
	static const uint8_t zeros[IKE_COOKIE_LEN];

	return !memcmp(cookie, zeros, IKE_COOKIE_LEN);
}

/* RFC 2408 5.2, of numbers that have no other meaning than themselves. */
static int check_version(const struct ike_header *h, struct sp_error *err)
{
	if (h->version >> 4 != IKE_VERSION_1 >> 4) {
		sp_fail(err, "header: version: %u.%u, not 1.0", h->version >> 4, h->version & 15);
		return IKE_N_INVALID_MAJOR_VERSION;
	}
	if (h->version != IKE_VERSION_1) {
		sp_fail(err, "header: version: 1.%u, not 1.0", h->version & 15);
		return IKE_N_INVALID_MINOR_VERSION;
	}
	if (!ike_word(ike_words_exchange, h->exchange)) {
		sp_fail(err, "header: exchange: %u is unknown", h->exchange);
		return IKE_N_INVALID_EXCHANGE_TYPE;
	}
	if (h->flags & ~FLAGS) {
		sp_fail(err, "header: flags: 0x%02x has bits that mean nothing", h->flags);
		return IKE_N_INVALID_FLAGS;
	}
	return 0;
}

static int check_header(const struct ike_header *h, size_t len, struct sp_error *err)
{
	bool no_i = ike_cookie_is_zero(h->cookie_i), no_r = ike_cookie_is_zero(h->cookie_r);
	bool informational = h->exchange == IKE_EXCHANGE_INFO;
	int notify = check_version(h, err);

	if (notify)
		return notify;
	if (no_i || (!is_phase1(h) && !informational && no_r)) {
		sp_fail(err, "header: %s cookie: zero", no_i ? "initiator" : "responder");
		return IKE_N_INVALID_COOKIE;
	}
	/* What a piece of a message says of the whole is up to its sender. */
	if (h->next != IKE_PAYLOAD_FRAGMENT && !informational &&
	    is_phase1(h) != !h->message_id) {
		sp_fail(err, "header: message ID: 0x%08x in %s", h->message_id,
			ike_word(ike_words_exchange, h->exchange));
		return IKE_N_INVALID_MESSAGE_ID;
	}
	if (h->length != len) {
		sp_fail(err, "header: length: %u octets in a datagram of %zu", h->length, len);
		return IKE_N_UNEQUAL_PAYLOAD_LENGTHS;
	}
	if (h->next == IKE_PAYLOAD_NONE || len == IKE_HEADER_LEN) {
		sp_fail(err, "header: no payload behind it");
		return IKE_N_PAYLOAD_MALFORMED;
	}
	return 0;
}

int ike_header_parse(struct ike_header *header, struct sp_octets datagram, struct sp_error *err)
{
	struct parse p = {
		.origin = datagram.data,
		.malformed = IKE_N_PAYLOAD_MALFORMED,
		.err = err,
	};
	struct sp_reader r;
	int notify;

	memset(header, 0, sizeof(*header));
	sp_reader_init(&r, datagram.data, datagram.len);
	notify = in(&p, read_fields(&p, &ike_layout_header, &r, header), "header");
	return notify ? notify : check_header(header, datagram.len, err);
}

/* --- the message ------------------------------------------------------------------------------ */

static int read_payload(struct parse *p, struct sp_reader *r, uint8_t type, uint8_t *next)
{
	struct ike_message *m = p->message;
	const struct ike_layout *layout = ike_layout_find(m->header.version, type);
	struct ike_payload *payload;
	struct generic generic;
	int notify;

	p->malformed = IKE_N_PAYLOAD_MALFORMED;
	if (!layout)
		return fail_at(p, r->next, IKE_N_INVALID_PAYLOAD_TYPE,
			       "payload %zu: type %u is unknown", m->n + 1, type);
	if (m->n == IKE_PAYLOADS_MAX)
		return fail_at(p, r->next, p->malformed, "more than %d payloads",
			       IKE_PAYLOADS_MAX);
	notify = read_generic(p, r, &generic);
	if (notify)
		return in(p, notify, layout->name);
	payload = &m->payloads[m->n++];
	payload->type = type;
	payload->kind = layout->kind;
	payload->at = (uint32_t)(p->at + (size_t)(generic.where - p->origin));
	payload->body = generic.body;
	m->repeated |= m->present & IKE_BIT(layout->kind);
	m->present |= IKE_BIT(layout->kind);
	*next = generic.next;
	return in(p, read_body(p, layout, &generic, &payload->sa), layout->name);
}

/* Says what is wrong with where the payloads stand, or NULL. */
static const char *order_fault(const struct ike_message *m)
{
	const struct ike_header *h = &m->header;
	bool hashed = h->exchange == IKE_EXCHANGE_QUICK || h->exchange == IKE_EXCHANGE_NEW_GROUP ||
		      h->exchange == IKE_EXCHANGE_CONFIG || h->exchange == IKE_EXCHANGE_INFO;

	if (m->present & IKE_BIT(IKE_FRAGMENT))
		return m->n == 1 ? NULL : "FRAG: not alone in its message";
	if (is_phase1(h) && m->present & IKE_BIT(IKE_SA) && m->payloads[0].kind != IKE_SA)
		return "SA: not the first payload";
	if (!hashed || !(h->flags & IKE_FLAG_ENCRYPTED))
		return NULL;
	if (m->payloads[0].kind != IKE_HASH)
		return "HASH: not the first payload";
	if (m->present & IKE_BIT(IKE_SA) && m->payloads[1].kind != IKE_SA)
		return "SA: not behind HASH";
	return NULL;
}

static void message_init(struct ike_message *m, const struct ike_header *header)
{
	m->header = *header;
	m->present = m->repeated = 0;
	m->n = m->n_proposals = m->n_transforms = m->n_attributes = 0;
}

int ike_message_parse(struct ike_message *message, const struct ike_header *header,
		      struct sp_octets body, struct sp_error *err)
{
	struct parse p = {
		.message = message,
		.origin = body.data,
		.at = IKE_HEADER_LEN,
		.err = err,
	};
	uint8_t next = header->next;
	struct sp_reader r;
	const char *fault;
	int notify = 0;

	message_init(message, header);
	sp_reader_init(&r, body.data, body.len);
	while (!notify && next != IKE_PAYLOAD_NONE)
		notify = read_payload(&p, &r, next, &next);
	message->chain = (struct sp_octets){ body.data, body.len - r.left };
	if (notify)
		return notify;
	if (r.left && !(header->flags & IKE_FLAG_ENCRYPTED))
		return fail_at(&p, r.next, IKE_N_UNEQUAL_PAYLOAD_LENGTHS,
			       "%zu octets behind the last payload", r.left);
	fault = order_fault(message);
	return fault ? fail_at(&p, body.data, IKE_N_PAYLOAD_MALFORMED, "%s", fault) : 0;
}

/* --- what is in it ---------------------------------------------------------------------------- */

const struct ike_payload *ike_find(const struct ike_message *message, enum ike_kind kind,
				   size_t i)
{
	for (size_t at = 0; at < message->n; at++)
		if (message->payloads[at].kind == kind && !i--)
			return &message->payloads[at];
	return NULL;
}

struct sp_octets ike_behind(const struct ike_message *message, const struct ike_payload *payload)
{
	const uint8_t *end = message->chain.data + message->chain.len;
	const uint8_t *behind = payload->body.data + payload->body.len;

	return (struct sp_octets){ behind, (size_t)(end - behind) };
}

const struct ike_proposal *ike_proposal_at(const struct ike_sa *sa, size_t i)
{
	return (const struct ike_proposal *)sa->proposals.first + i;
}

const struct ike_transform *ike_transform_at(const struct ike_proposal *proposal, size_t i)
{
	return (const struct ike_transform *)proposal->transforms.first + i;
}

const struct ike_attribute *ike_attribute_at(const struct ike_transform *transform, size_t i)
{
	return (const struct ike_attribute *)transform->attributes.first + i;
}

uint32_t ike_spi(struct sp_octets octets)
{
	struct sp_reader r;

	sp_reader_init(&r, octets.data, octets.len);
	return octets.len == sizeof(uint32_t) ? sp_read_be32(&r) : 0;
}
