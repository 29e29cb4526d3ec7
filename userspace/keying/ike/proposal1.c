// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "choose.h"

enum {
	OFFERS_MAX = 64,		/* transforms that we put into one proposal */
	KEY_IKE = 1,			/* the transform ID of phase 1 (RFC 2407 4.4.2) */
	KNOWN = 1 << IKE_A1_CIPHER | 1 << IKE_A1_HASH | 1 << IKE_A1_AUTH | 1 << IKE_A1_GROUP |
		1 << IKE_A1_KEY_LEN,
	AES_BITS = 128,			/* of AES whose key length nobody says */
};

/* RFC 2409 appendix A, RFC 3602 5.1. */
static const struct {
	enum sp_cipher cipher;
	uint16_t number;
	uint16_t bits;			/* 0: says nothing of its key length */
} ciphers[] = {
	{ SP_CIPHER_DES, 1, 0 },
	{ SP_CIPHER_3DES, 5, 0 },
	{ SP_CIPHER_AES128, 7, 128 },
	{ SP_CIPHER_AES192, 7, 192 },
	{ SP_CIPHER_AES256, 7, 256 },
};

static const uint16_t hashes[SP_HASHES] = {
	[SP_HASH_MD5] = 1,
	[SP_HASH_SHA1] = 2,
	[SP_HASH_SHA256] = 4,
	[SP_HASH_SHA384] = 5,
	[SP_HASH_SHA512] = 6,
};

enum { CIPHERS = sizeof(ciphers) / sizeof(ciphers[0]) };

static void decode(struct ike_decoded *d, const struct ike_transform *transform)
{
	ike_decode(d, transform, IKE_A1_LIFE_TYPE, IKE_A1_LIFE_DURATION, KNOWN);
}

/* --- as text ------------------------------------------------------------------------------ */

static int format_cipher(const struct ike_decoded *d, char *buf, size_t size)
{
	char name[IKE_NAME_STRLEN];
	uint64_t bits = d->values[IKE_A1_KEY_LEN];
	const char *word = ike_name(ike_words_cipher1, "cipher",
				    (uint32_t)d->values[IKE_A1_CIPHER], name);

	if (!ike_decoded_has(d, IKE_A1_CIPHER))
		return snprintf(buf, size, "no cipher");
	if (!ike_decoded_has(d, IKE_A1_KEY_LEN))
		return snprintf(buf, size, "%s%s", word, strcmp(word, "aes") ? "" : "128");
	return snprintf(buf, size, "%s%" PRIu64, word, bits);
}

static const char *format_group(const struct ike_decoded *d, char buf[IKE_NAME_STRLEN])
{
	const struct sp_dh_group *group = sp_dh_find((uint16_t)d->values[IKE_A1_GROUP]);

	if (!ike_decoded_has(d, IKE_A1_GROUP))
		return "no group";
	if (group && d->values[IKE_A1_GROUP] <= UINT16_MAX)
		return group->word;
	snprintf(buf, IKE_NAME_STRLEN, "group %" PRIu64, d->values[IKE_A1_GROUP]);
	return buf;
}

static const char *format_auth(const struct ike_decoded *d, char buf[IKE_NAME_STRLEN])
{
	if (!ike_decoded_has(d, IKE_A1_AUTH))
		return "no authentication";
	return ike_name(ike_words_auth, "authentication", (uint32_t)d->values[IKE_A1_AUTH], buf);
}

/* As a user would write it. */
static void format_suite(const struct ike_decoded *d, char buf[IKE_TRANSFORM_STRLEN])
{
	char hash[IKE_NAME_STRLEN], group[IKE_NAME_STRLEN];
	int len = format_cipher(d, buf, IKE_TRANSFORM_STRLEN);

	snprintf(buf + len, IKE_TRANSFORM_STRLEN - (size_t)len, "-%s-%s",
		 ike_decoded_has(d, IKE_A1_HASH) ?
			 ike_name(ike_words_hash1, "hash", (uint32_t)d->values[IKE_A1_HASH],
				  hash) :
			 "no hash",
		 format_group(d, group));
}

const char *ike_phase1_format(const struct ike_transform *transform,
			      char buf[IKE_TRANSFORM_STRLEN])
{
	char auth[IKE_NAME_STRLEN];
	struct ike_decoded d;
	size_t len;

	decode(&d, transform);
	format_suite(&d, buf);
	len = strlen(buf);
	snprintf(buf + len, IKE_TRANSFORM_STRLEN - len, ", %s", format_auth(&d, auth));
	return buf;
}

/* --- what differs ---------------------------------------------------------------------------- */

static bool same_cipher(const struct ike_decoded *d, enum sp_cipher cipher)
{
	uint64_t bits = ike_decoded_has(d, IKE_A1_KEY_LEN) ? d->values[IKE_A1_KEY_LEN] : AES_BITS;

	for (size_t i = 0; i < CIPHERS; i++) {
		if (ciphers[i].cipher != cipher)
			continue;
		return d->values[IKE_A1_CIPHER] == ciphers[i].number &&
		       (ciphers[i].bits ? bits == ciphers[i].bits :
					  !ike_decoded_has(d, IKE_A1_KEY_LEN));
	}
	return false;
}

struct ours {
	const struct sp_ike_suite *suite;
	uint16_t auth;
	bool allow_weak;
};

/* In what the two differ first. */
enum differ { SAME, TRANSFORM, ENCRYPTION, HASH, GROUP, AUTH, STRANGE, WEAK };

/* What is signed with RSA is the hash itself, of which collisions can be made if it is SHA-1. */
static const char *weak_part(const struct sp_ike_suite *suite, uint16_t auth)
{
	if (suite->hash == SP_HASH_SHA1 && (auth == IKE_AUTH_RSA || auth == IKE_AUTH_DSS))
		return "sha1 in signatures";
	return sp_ike_suite_weak(suite);
}

/* @agree: how many attributes are the same. */
static enum differ compare(const struct ike_decoded *d, const struct ours *ours,
			   unsigned int *agree)
{
	bool cipher = same_cipher(d, ours->suite->cipher);
	bool hash = d->values[IKE_A1_HASH] == hashes[ours->suite->hash];
	bool group = d->values[IKE_A1_GROUP] == ours->suite->group->number;
	bool auth = d->values[IKE_A1_AUTH] == ours->auth;

	*agree = (unsigned int)cipher + hash + group + auth;
	if (d->transform->id != KEY_IKE)
		return TRANSFORM;
	if (!cipher)
		return ENCRYPTION;
	if (!hash)
		return HASH;
	if (!group)
		return GROUP;
	if (!auth)
		return AUTH;
	if (d->strange)
		return STRANGE;
	return ours->allow_weak || !weak_part(ours->suite, ours->auth) ? SAME : WEAK;
}

static void describe_group(const struct ike_decoded *d, char what[IKE_DIFFER_STRLEN])
{
	const struct sp_dh_group *group = sp_dh_find((uint16_t)d->values[IKE_A1_GROUP]);
	bool ec2n = group && group->kind == SP_DH_EC2N;

	snprintf(what, IKE_DIFFER_STRLEN, "group differs%s%s%s", ec2n ? "; " : "",
		 ec2n ? group->word : "", ec2n ? " is not supported" : "");
}

static void describe(enum differ differ, const struct ike_decoded *d, const struct ours *ours,
		     char what[IKE_DIFFER_STRLEN])
{
	char a[IKE_NAME_STRLEN], b[IKE_NAME_STRLEN];

	switch (differ) {
	case SAME:
		what[0] = '\0';
		break;
	case TRANSFORM:
		snprintf(what, IKE_DIFFER_STRLEN, "transform %u is not that of IKE",
			 d->transform->id);
		break;
	case ENCRYPTION:
		snprintf(what, IKE_DIFFER_STRLEN, "encryption differs");
		break;
	case HASH:
		snprintf(what, IKE_DIFFER_STRLEN, "hash differs");
		break;
	case GROUP:
		describe_group(d, what);
		break;
	case AUTH:
		snprintf(what, IKE_DIFFER_STRLEN, "authentication differs: %s against our %s",
			 format_auth(d, a),
			 ike_name(ike_words_auth, "authentication", ours->auth, b));
		break;
	case STRANGE:
		snprintf(what, IKE_DIFFER_STRLEN, "attribute \"%s\" is not supported",
			 ike_name(ike_words_attribute1, "number", d->strange->type, a));
		break;
	case WEAK:
		snprintf(what, IKE_DIFFER_STRLEN, "%s is weak, and allow-weak is not set",
			 weak_part(ours->suite, ours->auth));
		break;
	}
}

/* --- the choice ----------------------------------------------------------------------- */

struct search {
	struct ike_phase1_choice *choice;
	const struct ike_sa *sa;
	const struct ike_phase1_policy *policy;
	size_t best;			/* how far down our own list the choice is */
	struct ike_nearest nearest;
};

static size_t n_ours(const struct ike_phase1_policy *policy)
{
	return policy->n_suites * policy->n_auths;
}

static struct ours ours_at(const struct ike_phase1_policy *policy, size_t i)
{
	return (struct ours){
		.suite = &policy->suites[i / policy->n_auths],
		.auth = policy->auths[i % policy->n_auths],
		.allow_weak = policy->allow_weak,
	};
}

static void see_nearer(struct ike_nearest *nearest, unsigned int agree, enum differ differ,
		       const struct ike_decoded *d, const struct ours *ours)
{
	nearest->any = true;
	nearest->agree = agree;
	format_suite(d, nearest->theirs);
	sp_ike_suite_format(ours->suite, nearest->ours);
	describe(differ, d, ours, nearest->what);
}

/* Only what is better than the choice so far is looked at. */
static void try_transform(struct search *s, const struct ike_proposal *proposal,
			  const struct ike_transform *transform)
{
	struct ike_decoded d;
	enum differ differ;
	unsigned int agree;

	decode(&d, transform);
	for (size_t i = 0; i < s->best; i++) {
		const struct ours ours = ours_at(s->policy, i);

		differ = compare(&d, &ours, &agree);
		if (differ == SAME) {
			s->best = i;
			*s->choice = (struct ike_phase1_choice){
				.suite = *ours.suite,
				.auth = ours.auth,
				.seconds = d.seconds,
				.kilobytes = d.kilobytes,
				.proposal = proposal,
				.transform = transform,
			};
		} else if (ike_is_nearer(&s->nearest, agree)) {
			see_nearer(&s->nearest, agree, differ, &d, &ours);
		}
	}
}

static void name_theirs(struct ike_named *named, const struct ike_proposal *proposal)
{
	char text[IKE_TRANSFORM_STRLEN];
	struct ike_decoded d;

	for (size_t i = 0; i < proposal->transforms.n; i++) {
		if (ike_named_full(named)) {
			ike_named_add(named, NULL);
			continue;
		}
		decode(&d, ike_transform_at(proposal, i));
		format_suite(&d, text);
		ike_named_add(named, text);
	}
}

static int search(struct search *s, const char *they, const char *we, struct sp_error *err)
{
	const struct ike_phase1_policy *policy = s->policy;
	struct ike_named theirs = { .n = 0 }, ours = { .n = 0 };
	char word[SP_IKE_SUITE_STRLEN];

	s->best = n_ours(policy);
	for (size_t i = 0; i < s->sa->proposals.n; i++) {
		const struct ike_proposal *proposal = ike_proposal_at(s->sa, i);

		for (size_t j = 0;
		     proposal->protocol == IKE_PROTOCOL_ISAKMP && j < proposal->transforms.n; j++)
			try_transform(s, proposal, ike_transform_at(proposal, j));
	}
	if (s->best < n_ours(policy))
		return 0;
	for (size_t i = 0; i < policy->n_suites; i++)
		ike_named_add(&ours, sp_ike_suite_format(&policy->suites[i], word));
	for (size_t i = 0; i < s->sa->proposals.n; i++)
		name_theirs(&theirs, ike_proposal_at(s->sa, i));
	return ike_fail_choice(&s->nearest, they, &theirs, we, &ours, err);
}

int ike_phase1_choose(struct ike_phase1_choice *choice, const struct ike_sa *offered,
		      const struct ike_phase1_policy *policy, struct sp_error *err)
{
	struct search s = { .choice = choice, .sa = offered, .policy = policy };

	return search(&s, "offers", "accept", err);
}

int ike_phase1_accept(struct ike_phase1_choice *choice, const struct ike_sa *answer,
		      const struct ike_phase1_policy *policy, struct sp_error *err)
{
	struct search s = { .choice = choice, .sa = answer, .policy = policy };
	int notify = ike_check_answer(answer, err);

	return notify ? notify : search(&s, "answers with", "have offered", err);
}

/* --- building --------------------------------------------------------------------------------- */

static void add_cipher(struct ike_attributes *attributes, enum sp_cipher cipher)
{
	for (size_t i = 0; i < CIPHERS; i++) {
		if (ciphers[i].cipher != cipher)
			continue;
		ike_attributes_add(attributes, IKE_A1_CIPHER, ciphers[i].number);
		if (ciphers[i].bits)
			ike_attributes_add(attributes, IKE_A1_KEY_LEN, ciphers[i].bits);
	}
}

static void fill_attributes(struct ike_attributes *attributes, const struct sp_ike_suite *suite,
			    uint16_t auth, const struct ike_phase1_policy *policy)
{
	attributes->n = 0;
	add_cipher(attributes, suite->cipher);
	ike_attributes_add(attributes, IKE_A1_HASH, hashes[suite->hash]);
	ike_attributes_add(attributes, IKE_A1_GROUP, suite->group->number);
	ike_attributes_add(attributes, IKE_A1_AUTH, auth);
	ike_attributes_life(attributes, IKE_A1_LIFE_TYPE, IKE_A1_LIFE_DURATION, policy->seconds,
			    policy->kilobytes);
}

void ike_phase1_offer(struct ike_builder *b, const struct ike_phase1_policy *policy)
{
	struct ike_attributes attributes[OFFERS_MAX];
	struct ike_transform transforms[OFFERS_MAX];
	struct ike_proposal proposal = {
		.number = 1,
		.protocol = IKE_PROTOCOL_ISAKMP,
		.transforms = { transforms, 0 },
	};
	size_t n = 0;

	for (size_t i = 0; i < n_ours(policy) && n < OFFERS_MAX; i++) {
		const struct ours ours = ours_at(policy, i);

		if (!policy->allow_weak && weak_part(ours.suite, ours.auth))
			continue;
		fill_attributes(&attributes[n], ours.suite, ours.auth, policy);
		transforms[n] = (struct ike_transform){
			.number = (uint8_t)(n + 1),
			.id = KEY_IKE,
			.attributes = { attributes[n].list, attributes[n].n },
		};
		n++;
	}
	if (!n)
		b->wrong = "nothing to offer in phase 1";
	proposal.transforms.n = n;
	ike_build_sa(b, &proposal);
}

void ike_phase1_answer(struct ike_builder *b, const struct ike_phase1_choice *choice)
{
	const struct ike_proposal proposal = {
		.number = choice->proposal->number,
		.protocol = IKE_PROTOCOL_ISAKMP,
		/* RFC 2408 4.2: as it came, and so is what it says of an SPI. */
		.spi = choice->proposal->spi,
		.transforms = { choice->transform, 1 },
	};

	ike_build_sa(b, &proposal);
}
