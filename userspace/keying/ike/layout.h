/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layouts of the wire as data: which fields a payload has, in their order.  The parser, the
 * builder, the printer and the fuzzer walk these tables and know no layout of their own.
 */
#ifndef IKE_LAYOUT_H
#define IKE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "numbers.h"

/* What a field is, and what it is in the structure at its offset. */
enum ike_field_kind {
	IKE_FIELD_NUMBER,		/* of width octets: uint8_t, uint16_t or uint32_t */
	IKE_FIELD_RESERVED,		/* must be zero: nothing */
	IKE_FIELD_FIXED,		/* width octets: uint8_t[] */
	IKE_FIELD_SIZE,			/* of the IKE_FIELD_SIZED behind it: nothing */
	IKE_FIELD_SIZED,		/* struct sp_octets */
	IKE_FIELD_COUNT,		/* of elements of the IKE_FIELD_CHAIN behind it: nothing */
	IKE_FIELD_REST,			/* all that is left: struct sp_octets */
	IKE_FIELD_CHAIN,		/* payloads in it, all that is left: struct ike_list */
	IKE_FIELD_ATTRIBUTES,		/* all that is left (RFC 2408 3.3): struct ike_list */
};

struct ike_layout;

struct ike_field {
	const char *name;
	enum ike_field_kind kind;
	uint8_t width;
	uint16_t offset;
	const struct ike_word *words;	/* for the numbers that it may have, or NULL */
	const struct ike_layout *elements;	/* of a chain */
};

struct ike_layout {
	const char *name;		/* as a line of the log has it: "KE" */
	uint8_t type;			/* on the wire */
	uint8_t kind;			/* enum ike_kind */
	const struct ike_field *fields;	/* ends with one without a name */
	size_t size;			/* of the structure */
	/*
	 * What no field can say by itself.  Returns 0, or the type of the notification that says
	 * what is wrong, and an error that names the field.
	 */
	int (*check)(const void *value, struct sp_error *err);
};

/* What a chain or a list of attributes becomes: elements in a row, one after another. */
struct ike_list {
	const void *first;
	size_t n;
};

extern const struct ike_layout ike_layout_header;
extern const struct ike_layout ike_layout_proposal;
extern const struct ike_layout ike_layout_transform;

/* Of a payload of that number in that version; NULL if there is none. */
const struct ike_layout *ike_layout_find(uint8_t version, uint8_t type);
/* For listings and tests; NULL behind the last. */
const struct ike_layout *ike_layout_at(uint8_t version, size_t i);

#endif
