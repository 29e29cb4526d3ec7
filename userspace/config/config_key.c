// SPDX-License-Identifier: GPL-2.0-or-later
/* A line "KEY = VALUE" of a section: which key it is, and that it is the only one. */
#include <stdio.h>
#include <string.h>

#include "guess.h"
#include "schema.h"

/* A tunnel's options (option.h) are keys as well. */
static const struct sp_option *option_of(const struct sp_config_parser *p, const char *word)
{
	return p->tunnel ? sp_option_find(word) : NULL;
}

static void unknown_key(struct sp_config_parser *p, enum sp_section section, const char *word)
{
	const char *words[64] = { NULL }, *guess;
	const struct sp_option *option;
	const struct sp_setting *key;
	size_t n = 0;

	for (size_t i = 0; (key = sp_setting_at(section, i)); i++)
		words[n++] = key->word;
	for (size_t i = 0; p->tunnel && (option = sp_option_at(i)); i++)
		words[n++] = option->word;
	guess = sp_guess(word, words);
	sp_config_problem(p, &p->place, "[%s] has no key \"%s\"%s%s%s", sp_section_word(section),
			  word, guess ? "; did you mean " : "", guess ? guess : "",
			  guess ? "?" : "");
}

/* Whether the section has the key of that bit already. */
static bool is_seen(struct sp_config_parser *p, uint64_t bit)
{
	bool seen = p->seen & bit;

	p->seen |= bit;
	return seen;
}

void sp_config_key(struct sp_config_parser *p, const char *word, const char *value,
		   unsigned int column)
{
	enum sp_section section = p->peer ? SP_SECTION_PEER : SP_SECTION_TUNNEL;
	const struct sp_option *option;
	const struct sp_setting *key;
	struct sp_error err;
	size_t i = 0;

	if (!p->peer && !p->tunnel) {
		/* After a bad header one complaint is enough. */
		if (!p->headed)
			sp_config_problem(p, &p->place, "\"%s\" stands before any section", word);
		return;
	}
	while ((key = sp_setting_at(section, i)) && strcmp(key->word, word))
		i++;
	option = key ? NULL : option_of(p, word);
	if (!key && !option) {
		unknown_key(p, section, word);
		return;
	}
	if (is_seen(p, option ? (uint64_t)sp_option_bit(option) << 32 : UINT64_C(1) << i)) {
		sp_config_problem(p, &p->place, "%s is given twice in this section", word);
		return;
	}
	p->place.column = column;
	if (option)
		p->told[sp_option_index(option)] = p->place;
	else
		p->where[i] = p->place;
	if (option ? sp_option_parse(option, &p->tunnel->options, value, &err) :
		     sp_setting_parse(p, key, value, &err))
		sp_config_problem(p, &p->place, "%s: %s", word, err.text);
}
