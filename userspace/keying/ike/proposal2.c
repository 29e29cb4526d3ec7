// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "choose.h"

enum {
	OFFERS_MAX = 16,		/* transforms that we put into one proposal */
	KNOWN = 1 << IKE_A2_GROUP | 1 << IKE_A2_ENCAPSULATION | 1 << IKE_A2_AUTH |
		1 << IKE_A2_KEY_LEN,
	AES_BITS = 128,			/* of AES whose key length nobody says */
	SPI_LEN = 4,
};

/* What a suite is in numbers (RFC 2407 4.4, and what IANA has added). */
struct numbers {
	uint8_t id;			/* of the transform */
	uint16_t auth;			/* 0: none */
	uint16_t bits;			/* 0: says nothing of its key length */
};

/* The salt is in the key, but not in its length (RFC 3686 5.1, RFC 4106 8.3). */
static const struct {
	const char *name;		/* the kernel's */
	uint8_t id;
	bool has_len;
} ciphers[] = {
	{ "cbc(des)", 2, false },
	{ "cbc(des3_ede)", 3, false },
	{ "cbc(aes)", 12, true },
	{ "rfc3686(ctr(aes))", 13, true },
};

static const struct {
	const char *name;
	uint8_t auth;
	uint8_t ah;			/* the transform of AH that it goes with */
} hashes[] = {
	{ "hmac(md5)", 1, 2 },
	{ "hmac(sha1)", 2, 3 },
	{ "hmac(sha256)", 5, 5 },
	{ "hmac(sha384)", 6, 6 },
	{ "hmac(sha512)", 7, 7 },
};

/* Combined modes by their name, ICV and whether they encrypt. */
static const struct {
	const char *name;
	uint8_t icv_len;
	bool plain;
	uint8_t id;
} aeads[] = {
	{ "gcm(aes)", 8, false, 18 },
	{ "gcm(aes)", 12, false, 19 },
	{ "gcm(aes)", 16, false, 20 },
	{ "gcm(aes)", 16, true, 23 },
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static bool find_aead(const struct spn_suite *suite, struct numbers *numbers)
{
	for (size_t i = 0; i < COUNT(aeads); i++) {
		if (strcmp(aeads[i].name, suite->aead) || aeads[i].icv_len != suite->icv_len ||
		    aeads[i].plain != suite->plain)
			continue;
		numbers->id = aeads[i].id;
		numbers->bits = (uint16_t)(8 * (suite->key_len - suite->salt_len));
		return true;
	}
	return false;
}

static bool find_cipher(const struct spn_suite *suite, struct numbers *numbers)
{
	numbers->id = 11;		/* ESP_NULL */
	if (!suite->cipher)
		return true;
	for (size_t i = 0; i < COUNT(ciphers); i++) {
		/* A suite tells no salt of a cipher in counter mode, which has 4 octets. */
		size_t salt = ciphers[i].id == 13 ? 4 : 0;

		if (strcmp(ciphers[i].name, suite->cipher))
			continue;
		numbers->id = ciphers[i].id;
		if (ciphers[i].has_len)
			numbers->bits = (uint16_t)(8 * (suite->key_len - salt));
		return true;
	}
	return false;
}

static bool find_numbers(const struct spn_suite *suite, struct numbers *numbers)
{
	memset(numbers, 0, sizeof(*numbers));
	if (suite->aead)
		return find_aead(suite, numbers);
	if (!find_cipher(suite, numbers))
		return false;
	for (size_t i = 0; i < COUNT(hashes); i++) {
		if (strcmp(hashes[i].name, suite->hash))
			continue;
		numbers->auth = hashes[i].auth;
		if (suite->ah)
			numbers->id = hashes[i].ah;
		return true;
	}
	return false;
}

bool ike_suite_known(const struct spn_suite *suite)
{
	struct numbers numbers;

	return find_numbers(suite, &numbers);
}

static void decode(struct ike_decoded *d, const struct ike_transform *transform)
{
	ike_decode(d, transform, IKE_A2_LIFE_TYPE, IKE_A2_LIFE_DURATION, KNOWN);
}

/* --- as text ------------------------------------------------------------------------------ */

/* AES in its modes, which users know by what stands behind the key length. */
static const char *const aes_modes[] = {
	[12] = "",	[13] = "ctr",	[14] = "ccm8",	[15] = "ccm12", [16] = "ccm16",
	[18] = "gcm8",	[19] = "gcm12", [20] = "gcm16", [23] = "gmac",
};

static bool is_aes(uint8_t id)
{
	return id < COUNT(aes_modes) && aes_modes[id];
}

static void format_cipher(const struct ike_decoded *d, char buf[IKE_NAME_STRLEN])
{
	bool has_len = ike_decoded_has(d, IKE_A2_KEY_LEN);
	uint64_t bits = has_len ? d->values[IKE_A2_KEY_LEN] : AES_BITS;
	uint8_t id = d->transform->id;
	char name[IKE_NAME_STRLEN];

	if (is_aes(id))
		snprintf(buf, IKE_NAME_STRLEN, "aes%" PRIu64 "%s", bits, aes_modes[id]);
	else if (has_len)
		snprintf(buf, IKE_NAME_STRLEN, "%s%" PRIu64,
			 ike_name(ike_words_esp, "transform", id, name), bits);
	else
		snprintf(buf, IKE_NAME_STRLEN, "%s",
			 ike_name(ike_words_esp, "transform", id, name));
}

/* As a user would write it. */
static void format_algorithms(uint8_t protocol, const struct ike_decoded *d,
			      char buf[IKE_TRANSFORM_STRLEN])
{
	char cipher[IKE_NAME_STRLEN], name[IKE_NAME_STRLEN];

	format_cipher(d, cipher);
	if (protocol == IKE_PROTOCOL_AH)
		snprintf(buf, IKE_TRANSFORM_STRLEN, "AH %s",
			 ike_name(ike_words_ah, "transform", d->transform->id, name));
	else if (protocol != IKE_PROTOCOL_ESP)
		snprintf(buf, IKE_TRANSFORM_STRLEN, "%s %u",
			 ike_name(ike_words_protocol, "protocol", protocol, name),
			 d->transform->id);
	else if (!ike_decoded_has(d, IKE_A2_AUTH))
		snprintf(buf, IKE_TRANSFORM_STRLEN, "ESP %s", cipher);
	else
		snprintf(buf, IKE_TRANSFORM_STRLEN, "ESP %s-%s", cipher,
			 ike_name(ike_words_auth2, "authentication",
				  (uint32_t)d->values[IKE_A2_AUTH], name));
}

static const struct sp_dh_group *find_group(uint64_t number)
{
	return number <= UINT16_MAX ? sp_dh_find((uint16_t)number) : NULL;
}

static const char *format_group(uint64_t number, char buf[IKE_NAME_STRLEN])
{
	const struct sp_dh_group *group = find_group(number);

	if (!number)
		return "no PFS";
	if (group)
		return group->word;
	snprintf(buf, IKE_NAME_STRLEN, "group %" PRIu64, number);
	return buf;
}

const char *ike_phase2_format(uint8_t protocol, const struct ike_transform *transform,
			      char buf[IKE_TRANSFORM_STRLEN])
{
	char mode[IKE_NAME_STRLEN], group[IKE_NAME_STRLEN];
	struct ike_decoded d;
	size_t len;

	decode(&d, transform);
	format_algorithms(protocol, &d, buf);
	len = strlen(buf);
	if (ike_decoded_has(&d, IKE_A2_ENCAPSULATION))
		len += (size_t)snprintf(buf + len, IKE_TRANSFORM_STRLEN - len, ", %s",
					ike_name(ike_words_encapsulation, "mode",
						 (uint32_t)d.values[IKE_A2_ENCAPSULATION], mode));
	if (ike_decoded_has(&d, IKE_A2_GROUP))
		snprintf(buf + len, IKE_TRANSFORM_STRLEN - len, ", %s",
			 format_group(d.values[IKE_A2_GROUP], group));
	return buf;
}

/* --- what differs ---------------------------------------------------------------------------- */

static uint16_t mode_to_offer(const struct ike_phase2_policy *policy)
{
	static const uint16_t modes[][2] = {
		[IKE_ENCAP_NONE] = { IKE_ENCAPSULATION_TUNNEL, IKE_ENCAPSULATION_TRANSPORT },
		[IKE_ENCAP_UDP] = { IKE_ENCAPSULATION_UDP_TUNNEL, IKE_ENCAPSULATION_UDP_TRANSPORT },
		[IKE_ENCAP_UDP_DRAFT] = { IKE_ENCAPSULATION_UDP_TUNNEL_DRAFT,
					  IKE_ENCAPSULATION_UDP_TRANSPORT_DRAFT },
	};

	return modes[policy->encap][policy->transport];
}

/* Which of the two spellings a peer uses for UDP is of no interest. */
static uint64_t plain_mode(uint64_t mode)
{
	if (mode == IKE_ENCAPSULATION_UDP_TUNNEL_DRAFT)
		return IKE_ENCAPSULATION_UDP_TUNNEL;
	return mode == IKE_ENCAPSULATION_UDP_TRANSPORT_DRAFT ? IKE_ENCAPSULATION_UDP_TRANSPORT :
							       mode;
}

/* One of our suites. */
struct ours {
	const struct spn_suite *suite;
	struct numbers numbers;
};

struct search {
	struct ike_phase2_choice *choice;
	const struct ike_sa *sa;
	const struct ike_phase2_policy *policy;
	bool exact;			/* of what was offered, nothing may have changed */
	struct ours ours[OFFERS_MAX];	/* best first */
	size_t n;
	size_t best;			/* how far down that list the choice is */
	struct ike_nearest nearest;
};

static bool same_mode(const struct ike_decoded *d, const struct ike_phase2_policy *policy)
{
	/* RFC 2407 4.5: what it means to say nothing is up to the host. */
	return !ike_decoded_has(d, IKE_A2_ENCAPSULATION) ||
	       plain_mode(d->values[IKE_A2_ENCAPSULATION]) == plain_mode(mode_to_offer(policy));
}

static bool same_group(const struct search *s, const struct ike_decoded *d)
{
	const struct ike_phase2_policy *policy = s->policy;
	uint64_t number = d->values[IKE_A2_GROUP];
	const struct sp_dh_group *group;

	if (s->exact || policy->pfs == IKE_PFS_MUST)
		return number == policy->group;
	if (!number)
		return true;
	if (policy->pfs == IKE_PFS_NEVER || number > UINT16_MAX)
		return false;
	group = sp_dh_find((uint16_t)number);
	return group && group->kind != SP_DH_EC2N && (!group->weak || policy->allow_weak);
}

static bool same_cipher(const struct ike_decoded *d, const struct numbers *numbers)
{
	uint64_t bits = d->values[IKE_A2_KEY_LEN];

	if (d->transform->id != numbers->id)
		return false;
	if (!ike_decoded_has(d, IKE_A2_KEY_LEN))
		return !numbers->bits || (is_aes(numbers->id) && numbers->bits == AES_BITS);
	return bits == numbers->bits;
}

/* In what the two differ first. */
enum differ { SAME, PROTOCOL, ENCRYPTION, HASH, MODE, GROUP, STRANGE, WEAK };

/* @agree: how much is the same; the protocol counts most, and the algorithms more than the rest. */
static enum differ compare(const struct search *s, uint8_t protocol, const struct ike_decoded *d,
			   const struct ours *ours, unsigned int *agree)
{
	const struct ike_phase2_policy *policy = s->policy;
	bool same_protocol = protocol == (policy->ah ? IKE_PROTOCOL_AH : IKE_PROTOCOL_ESP);
	bool cipher = same_cipher(d, &ours->numbers);
	bool hash = d->values[IKE_A2_AUTH] == ours->numbers.auth;
	bool mode = same_mode(d, policy), group = same_group(s, d);

	*agree = 8U * same_protocol + 2U * cipher + 2U * hash + mode + group;
	if (!same_protocol)
		return PROTOCOL;
	if (!cipher)
		return policy->ah ? HASH : ENCRYPTION;
	if (!hash)
		return HASH;
	if (!mode)
		return MODE;
	if (!group)
		return GROUP;
	if (d->strange)
		return STRANGE;
	return ours->suite->weak && !policy->allow_weak ? WEAK : SAME;
}

static void describe_group(const struct search *s, const struct ike_decoded *d,
			   char what[IKE_DIFFER_STRLEN])
{
	char theirs[IKE_NAME_STRLEN], mine[IKE_NAME_STRLEN];
	const struct sp_dh_group *group = find_group(d->values[IKE_A2_GROUP]);
	bool must = s->exact || s->policy->pfs == IKE_PFS_MUST;

	if (group && group->kind == SP_DH_EC2N)
		snprintf(what, IKE_DIFFER_STRLEN, "PFS differs: %s is not supported", group->word);
	else if (!must && group && group->weak && s->policy->pfs == IKE_PFS_ANY)
		snprintf(what, IKE_DIFFER_STRLEN,
			 "PFS differs: %s is weak, and allow-weak is not set", group->word);
	else
		snprintf(what, IKE_DIFFER_STRLEN, "PFS differs: %s against our %s",
			 format_group(d->values[IKE_A2_GROUP], theirs),
			 must ? format_group(s->policy->group, mine) : "no PFS");
}

static void describe(const struct search *s, enum differ differ, const struct ike_decoded *d,
		     const struct ours *ours, char what[IKE_DIFFER_STRLEN])
{
	char name[IKE_NAME_STRLEN];

	switch (differ) {
	case SAME:
		what[0] = '\0';
		break;
	case PROTOCOL:
		snprintf(what, IKE_DIFFER_STRLEN, "protocol differs: our %s",
			 s->policy->ah ? "AH" : "ESP");
		break;
	case ENCRYPTION:
		snprintf(what, IKE_DIFFER_STRLEN, "encryption differs");
		break;
	case HASH:
		snprintf(what, IKE_DIFFER_STRLEN, "hash differs");
		break;
	case MODE:
		snprintf(what, IKE_DIFFER_STRLEN, "mode differs: %s against our %s",
			 ike_name(ike_words_encapsulation, "mode",
				  (uint32_t)d->values[IKE_A2_ENCAPSULATION], name),
			 ike_word(ike_words_encapsulation, mode_to_offer(s->policy)));
		break;
	case GROUP:
		describe_group(s, d, what);
		break;
	case STRANGE:
		snprintf(what, IKE_DIFFER_STRLEN, "attribute \"%s\" is not supported",
			 ike_name(ike_words_attribute2, "number", d->strange->type, name));
		break;
	case WEAK:
		snprintf(what, IKE_DIFFER_STRLEN, "%s is weak, and allow-weak is not set",
			 ours->suite->word);
		break;
	}
}

/* --- the choice ----------------------------------------------------------------------- */

static void format_ours(const struct ike_phase2_policy *policy, const struct spn_suite *suite,
			char buf[IKE_TRANSFORM_STRLEN])
{
	snprintf(buf, IKE_TRANSFORM_STRLEN, "%s %s", policy->ah ? "AH" : "ESP", suite->word);
}

/* Only what is better than the choice so far is looked at. */
static void try_transform(struct search *s, const struct ike_proposal *proposal,
			  const struct ike_transform *transform)
{
	struct ike_nearest *nearest = &s->nearest;
	struct ike_decoded d;
	enum differ differ;
	unsigned int agree;

	decode(&d, transform);
	for (size_t i = 0; i < s->best; i++) {
		differ = compare(s, proposal->protocol, &d, &s->ours[i], &agree);
		if (differ == SAME) {
			s->best = i;
			*s->choice = (struct ike_phase2_choice){
				.suite = s->ours[i].suite,
				.group = (uint16_t)d.values[IKE_A2_GROUP],
				.spi = ike_spi(proposal->spi),
				.seconds = d.seconds,
				.kilobytes = d.kilobytes,
				.proposal = proposal,
				.transform = transform,
			};
		} else if (ike_is_nearer(nearest, agree)) {
			nearest->any = true;
			nearest->agree = agree;
			format_algorithms(proposal->protocol, &d, nearest->theirs);
			format_ours(s->policy, s->ours[i].suite, nearest->ours);
			describe(s, differ, &d, &s->ours[i], nearest->what);
		}
	}
}

/* Proposals of one number belong together: all of them are wanted, or none (RFC 2408 4.2). */
static bool is_bundle(const struct ike_sa *sa, const struct ike_proposal *proposal)
{
	size_t n = 0;

	for (size_t i = 0; i < sa->proposals.n; i++)
		n += ike_proposal_at(sa, i)->number == proposal->number;
	return n > 1;
}

static void see_bundle(struct search *s)
{
	if (!s->n || !ike_is_nearer(&s->nearest, 0))
		return;
	s->nearest.any = true;
	snprintf(s->nearest.theirs, IKE_TRANSFORM_STRLEN, "several protocols at once");
	format_ours(s->policy, s->ours[0].suite, s->nearest.ours);
	snprintf(s->nearest.what, IKE_DIFFER_STRLEN, "the peer wants more than one protocol");
}

static void try_all(struct search *s)
{
	for (size_t i = 0; i < s->sa->proposals.n; i++) {
		const struct ike_proposal *proposal = ike_proposal_at(s->sa, i);

		if (is_bundle(s->sa, proposal)) {
			see_bundle(s);
			continue;
		}
		for (size_t j = 0; j < proposal->transforms.n; j++)
			try_transform(s, proposal, ike_transform_at(proposal, j));
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
		format_algorithms(proposal->protocol, &d, text);
		ike_named_add(named, text);
	}
}

/* Words that IKEv1 has no number for are none of ours. */
static void find_ours(struct search *s)
{
	const struct ike_phase2_policy *policy = s->policy;

	for (size_t i = 0; i < policy->n_words && s->n < OFFERS_MAX; i++) {
		struct ours *ours = &s->ours[s->n];

		ours->suite = spn_suite_find(policy->words[i]);
		if (ours->suite && ours->suite->ah == policy->ah &&
		    find_numbers(ours->suite, &ours->numbers))
			s->n++;
	}
	s->best = s->n;
}

static int search(struct search *s, const char *they, const char *we, struct sp_error *err)
{
	struct ike_named theirs = { .n = 0 }, ours = { .n = 0 };
	char word[IKE_TRANSFORM_STRLEN];

	find_ours(s);
	try_all(s);
	if (s->best < s->n)
		return 0;
	for (size_t i = 0; i < s->n; i++) {
		format_ours(s->policy, s->ours[i].suite, word);
		ike_named_add(&ours, word);
	}
	for (size_t i = 0; i < s->sa->proposals.n; i++)
		name_theirs(&theirs, ike_proposal_at(s->sa, i));
	return ike_fail_choice(&s->nearest, they, &theirs, we, &ours, err);
}

int ike_phase2_choose(struct ike_phase2_choice *choice, const struct ike_sa *offered,
		      const struct ike_phase2_policy *policy, struct sp_error *err)
{
	struct search s = { .choice = choice, .sa = offered, .policy = policy };

	return search(&s, "offers", "accept", err);
}

int ike_phase2_accept(struct ike_phase2_choice *choice, const struct ike_sa *answer,
		      const struct ike_phase2_policy *policy, struct sp_error *err)
{
	struct search s = { .choice = choice, .sa = answer, .policy = policy, .exact = true };
	int notify = ike_check_answer(answer, err);

	return notify ? notify : search(&s, "answers with", "have offered", err);
}

/* --- building --------------------------------------------------------------------------------- */

static void fill_attributes(struct ike_attributes *attributes, const struct numbers *numbers,
			    const struct ike_phase2_policy *policy)
{
	attributes->n = 0;
	if (numbers->bits)
		ike_attributes_add(attributes, IKE_A2_KEY_LEN, numbers->bits);
	if (numbers->auth)
		ike_attributes_add(attributes, IKE_A2_AUTH, numbers->auth);
	if (policy->group)
		ike_attributes_add(attributes, IKE_A2_GROUP, policy->group);
	ike_attributes_add(attributes, IKE_A2_ENCAPSULATION, mode_to_offer(policy));
	ike_attributes_life(attributes, IKE_A2_LIFE_TYPE, IKE_A2_LIFE_DURATION, policy->seconds,
			    policy->kilobytes);
}

static struct sp_octets write_spi(uint8_t octets[SPI_LEN], uint32_t spi)
{
	struct sp_writer w;

	sp_writer_init(&w, octets, SPI_LEN);
	sp_write_be32(&w, spi);
	return (struct sp_octets){ octets, SPI_LEN };
}

void ike_phase2_offer(struct ike_builder *b, const struct ike_phase2_policy *policy)
{
	struct ike_attributes attributes[OFFERS_MAX];
	struct ike_transform transforms[OFFERS_MAX];
	uint8_t spi[SPI_LEN];
	struct ike_proposal proposal = {
		.number = 1,
		.protocol = policy->ah ? IKE_PROTOCOL_AH : IKE_PROTOCOL_ESP,
		.spi = write_spi(spi, policy->spi),
		.transforms = { transforms, 0 },
	};
	struct search s = { .policy = policy };
	size_t n = 0;

	find_ours(&s);
	for (size_t i = 0; i < s.n; i++) {
		if (s.ours[i].suite->weak && !policy->allow_weak)
			continue;
		fill_attributes(&attributes[n], &s.ours[i].numbers, policy);
		transforms[n] = (struct ike_transform){
			.number = (uint8_t)(n + 1),
			.id = s.ours[i].numbers.id,
			.attributes = { attributes[n].list, attributes[n].n },
		};
		n++;
	}
	if (!n)
		b->wrong = "nothing to offer in phase 2";
	proposal.transforms.n = n;
	ike_build_sa(b, &proposal);
}

void ike_phase2_answer(struct ike_builder *b, const struct ike_phase2_choice *choice,
		       const struct ike_phase2_policy *policy)
{
	uint8_t spi[SPI_LEN];
	const struct ike_proposal proposal = {
		.number = choice->proposal->number,
		.protocol = choice->proposal->protocol,
		.spi = write_spi(spi, policy->spi),
		.transforms = { choice->transform, 1 },
	};

	ike_build_sa(b, &proposal);
}
