// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "choose.h"

/* --- what is in a transform ------------------------------------------------------------- */

static uint32_t limit(uint64_t number)
{
	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

/* A duration is of the type that stands before it (RFC 2407 4.5). */
static void decode_life(struct ike_decoded *d, uint64_t type, uint64_t duration)
{
	if (type == IKE_LIFE_SECONDS)
		d->seconds = limit(duration);
	else if (type == IKE_LIFE_KILOBYTES)
		d->kilobytes = limit(duration);
}

void ike_decode(struct ike_decoded *d, const struct ike_transform *transform, uint16_t life_type,
		uint16_t life_duration, uint32_t known)
{
	uint64_t type = 0;

	memset(d, 0, sizeof(*d));
	d->transform = transform;
	for (size_t i = 0; i < transform->attributes.n; i++) {
		const struct ike_attribute *a = ike_attribute_at(transform, i);

		if (a->type == life_type) {
			type = a->number;
		} else if (a->type == life_duration) {
			decode_life(d, type, a->number);
		} else if (a->type >= IKE_DECODED_TYPES || !(known & UINT32_C(1) << a->type) ||
			   ike_decoded_has(d, a->type)) {
			if (!d->strange)
				d->strange = a;
		} else {
			d->present |= UINT32_C(1) << a->type;
			d->values[a->type] = a->number;
		}
	}
}

/* --- lists for people ---------------------------------------------------------------------- */

void ike_named_add(struct ike_named *named, const char *word)
{
	size_t len = strlen(named->text);

	if (!word) {
		named->n++;
		return;
	}
	if (!strcmp(named->last, word))
		return;
	snprintf(named->last, sizeof(named->last), "%s", word);
	if (named->n++ < IKE_NAMED_MAX)
		snprintf(named->text + len, sizeof(named->text) - len, "%s%s", len ? ", " : "",
			 word);
}

const char *ike_named_end(struct ike_named *named)
{
	size_t len = strlen(named->text);

	if (!named->n)
		return "nothing";
	if (named->n > IKE_NAMED_MAX)
		snprintf(named->text + len, sizeof(named->text) - len, " and %zu more",
			 named->n - IKE_NAMED_MAX);
	return named->text;
}

int ike_check_answer(const struct ike_sa *answer, struct sp_error *err)
{
	if (answer->proposals.n == 1 && ike_proposal_at(answer, 0)->transforms.n == 1)
		return 0;
	sp_fail(err, "peer answers with more than one proposal or transform");
	return IKE_N_BAD_PROPOSAL_SYNTAX;
}

int ike_fail_choice(const struct ike_nearest *nearest, const char *they, struct ike_named *theirs,
		    const char *we, struct ike_named *ours, struct sp_error *err)
{
	bool several = theirs->n > 1 || ours->n > 1;

	sp_fail(err, "peer %s %.160s; we %s %.160s", they, ike_named_end(theirs), we,
		ike_named_end(ours));
	if (nearest->any) {
		struct sp_error all = *err;

		if (several)
			sp_fail(err, "%.360s; of the nearest two, %.80s and %.80s, %s", all.text,
				nearest->theirs, nearest->ours, nearest->what);
		else
			sp_fail(err, "%.380s: %s", all.text, nearest->what);
	}
	return IKE_N_NO_PROPOSAL_CHOSEN;
}

/* --- building --------------------------------------------------------------------------------- */

void ike_attributes_add(struct ike_attributes *attributes, uint16_t type, uint32_t number)
{
	attributes->list[attributes->n++] = (struct ike_attribute){
		.type = type,
		.basic = number <= UINT16_MAX,
		.number = number,
	};
}

void ike_attributes_life(struct ike_attributes *attributes, uint16_t life_type,
			 uint16_t life_duration, uint32_t seconds, uint32_t kilobytes)
{
	if (seconds) {
		ike_attributes_add(attributes, life_type, IKE_LIFE_SECONDS);
		ike_attributes_add(attributes, life_duration, seconds);
	}
	if (kilobytes) {
		ike_attributes_add(attributes, life_type, IKE_LIFE_KILOBYTES);
		ike_attributes_add(attributes, life_duration, kilobytes);
	}
}

void ike_build_sa(struct ike_builder *b, const struct ike_proposal *proposal)
{
	const struct ike_payload payload = {
		.type = IKE_PAYLOAD_SA,
		.sa = {
			.doi = IKE_DOI_IPSEC,
			.situation = IKE_SITUATION_IDENTITY,
			.proposals = { proposal, 1 },
		},
	};

	ike_build(b, &payload);
}
