/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the choice among proposals of both phases has in common.  For proposal*.c alone. */
#ifndef IKE_CHOOSE_H
#define IKE_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proposal.h"
#include "wire.h"

enum {
	IKE_DECODED_TYPES = 32,		/* all attributes that have a number of IANA's are below */
	IKE_DIFFER_STRLEN = 160,
	IKE_NAMED_MAX = 4,		/* of a list; the others are counted */
};

/* A transform, by the types of its attributes. */
struct ike_decoded {
	const struct ike_transform *transform;
	uint32_t present;		/* a bit for each type */
	uint64_t values[IKE_DECODED_TYPES];
	uint32_t seconds;		/* 0: not said */
	uint32_t kilobytes;
	/* That stands twice, or is none of those that we know; NULL: none. */
	const struct ike_attribute *strange;
};

/* @life_type and @life_duration: of that phase; @known: a bit for each type that is understood. */
void ike_decode(struct ike_decoded *d, const struct ike_transform *transform, uint16_t life_type,
		uint16_t life_duration, uint32_t known);
static inline bool ike_decoded_has(const struct ike_decoded *d, uint16_t type)
{
	return d->present & UINT32_C(1) << type;
}

/* "a, b and 3 more" */
struct ike_named {
	char text[4 * IKE_TRANSFORM_STRLEN];
	char last[IKE_TRANSFORM_STRLEN];
	size_t n;
};

void ike_named_add(struct ike_named *named, const char *word);
/* Whether another will be shown; if not it may be added as NULL, which need not be formatted. */
static inline bool ike_named_full(const struct ike_named *named)
{
	return named->n >= IKE_NAMED_MAX;
}

const char *ike_named_end(struct ike_named *named);

/* The two that have most in common. */
struct ike_nearest {
	bool any;
	unsigned int agree;
	char ours[IKE_TRANSFORM_STRLEN];
	char theirs[IKE_TRANSFORM_STRLEN];
	char what[IKE_DIFFER_STRLEN];
};

/* Only then need they be formatted: a stranger may offer hundreds. */
static inline bool ike_is_nearer(const struct ike_nearest *nearest, unsigned int agree)
{
	return !nearest->any || agree > nearest->agree;
}

/* Attributes on their way into a transform. */
struct ike_attributes {
	struct ike_attribute list[12];
	size_t n;
};

void ike_attributes_add(struct ike_attributes *attributes, uint16_t type, uint32_t number);
void ike_attributes_life(struct ike_attributes *attributes, uint16_t life_type,
			 uint16_t life_duration, uint32_t seconds, uint32_t kilobytes);

/* Puts the SA payload with that one proposal into the message. */
void ike_build_sa(struct ike_builder *b, const struct ike_proposal *proposal);

/*
 * RFC 2408 4.2: an answer that chooses nothing, or more than one, is none.  Returns 0, or the
 * notification that says so.
 */
int ike_check_answer(const struct ike_sa *answer, struct sp_error *err);

/*
 * What to do about it that nothing fits: the error, with all that both sides have.  Returns the
 * notification.
 */
int ike_fail_choice(const struct ike_nearest *nearest, const char *they, struct ike_named *theirs,
		    const char *we, struct ike_named *ours, struct sp_error *err);

#endif
