// SPDX-License-Identifier: GPL-2.0-or-later
#include "ikesuite.h"

#include <stdio.h>
#include <string.h>

#include "guess.h"

enum { WORDS_MAX = 24 };

/* A part of the word, and what it could be. */
struct part {
	const char *what;
	const char *text;
	size_t len;
	const char *words[WORDS_MAX];
};

static int fail_part(struct part *part, struct sp_error *err)
{
	char text[32];
	const char *guess;

	snprintf(text, sizeof(text), "%.*s", (int)part->len, part->text);
	guess = sp_guess(text, part->words);
	if (!part->len)
		return sp_fail(err, "%s is missing", part->what);
	if (guess)
		return sp_fail(err, "\"%s\" is no %s; did you mean %s?", text, part->what, guess);
	return sp_fail(err, "\"%s\" is no %s", text, part->what);
}

static int parse_cipher(struct sp_ike_suite *suite, struct part *part, struct sp_error *err)
{
	if (sp_cipher_find(&suite->cipher, part->text, part->len))
		return 0;
	for (enum sp_cipher cipher = 0; cipher < SP_CIPHERS; cipher++)
		part->words[cipher] = sp_cipher_word(cipher);
	return fail_part(part, err);
}

static int parse_hash(struct sp_ike_suite *suite, struct part *part, struct sp_error *err)
{
	if (sp_hash_find(&suite->hash, part->text, part->len))
		return 0;
	for (enum sp_hash hash = 0; hash < SP_HASHES; hash++)
		part->words[hash] = sp_hash_word(hash);
	return fail_part(part, err);
}

static int parse_group(struct sp_ike_suite *suite, struct part *part, struct sp_error *err)
{
	const struct sp_dh_group *group = sp_dh_find_word(part->text, part->len);

	if (group && group->kind == SP_DH_EC2N)
		return sp_fail(err, "%s, group %u, is not supported by anybody any more",
			       group->word, group->number);
	if (group) {
		suite->group = group;
		return 0;
	}
	for (size_t i = 0; i < WORDS_MAX - 1 && (group = sp_dh_at(i)); i++)
		part->words[i] = group->word;
	return fail_part(part, err);
}

int sp_ike_suite_parse(struct sp_ike_suite *suite, const char *word, struct sp_error *err)
{
	static const struct {
		const char *what;
		int (*parse)(struct sp_ike_suite *suite, struct part *part, struct sp_error *err);
	} steps[] = {
		{ "encryption of IKE", parse_cipher },
		{ "hash of IKE", parse_hash },
		{ "Diffie-Hellman group", parse_group },
	};
	const char *rest = word;

	memset(suite, 0, sizeof(*suite));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct part part = { .what = steps[i].what, .text = rest };

		part.len = strcspn(rest, "-");
		if (steps[i].parse(suite, &part, err))
			return sp_fail_in(err, "%.60s", word);
		rest += part.len;
		if (*rest == '-')
			rest++;
	}
	if (*rest)
		return sp_fail(err, "%.60s: \"%.30s\" is too much behind cipher, hash and group",
			       word, rest);
	return 0;
}

const char *sp_ike_suite_format(const struct sp_ike_suite *suite, char buf[SP_IKE_SUITE_STRLEN])
{
	snprintf(buf, SP_IKE_SUITE_STRLEN, "%s-%s-%s", sp_cipher_word(suite->cipher),
		 sp_hash_word(suite->hash), suite->group->word);
	return buf;
}

const char *sp_ike_suite_weak(const struct sp_ike_suite *suite)
{
	if (sp_cipher_weak(suite->cipher))
		return sp_cipher_word(suite->cipher);
	if (sp_hash_weak(suite->hash))
		return sp_hash_word(suite->hash);
	return suite->group->weak ? suite->group->word : NULL;
}
