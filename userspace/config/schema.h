/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of the configuration.  Each stands once, as a row of a table in schema.c or, if it is
 * an option of a tunnel, in option.c; the parser, `spindle config` and the test that compares
 * the manual page walk them.
 */
#ifndef SP_SCHEMA_H
#define SP_SCHEMA_H

#include "config_parse.h"
#include "option.h"

enum sp_section { SP_SECTION_PEER, SP_SECTION_TUNNEL, SP_SECTIONS };

struct sp_setting_kind;

struct sp_setting {
	const char *word;
	const char *values;		/* as the manual page has them, words between "|" */
	const char *usual;		/* untold; "" is none, NULL says that it is needed */
	const char *engine;		/* ways of keying that alone have a use for it, or NULL */
	const struct sp_setting_kind *kind;
	size_t offset;			/* in struct sp_peer_config or sp_tunnel_config */
};

const char *sp_section_word(enum sp_section section);

/* The rows but for the options, fewer than 32 of a section; NULL behind the last. */
const struct sp_setting *sp_setting_at(enum sp_section section, size_t i);

/* Whether somebody who keys that way has a use for it. */
bool sp_setting_is_for(const struct sp_setting *key, enum sp_keying keying);

/* Reads the value into the section that the parser stands in. */
int sp_setting_parse(struct sp_config_parser *p, const struct sp_setting *key, const char *value,
		 struct sp_error *err);

/*
 * What a peer or a tunnel has, whether it was told or not, key by key and options too, but for the
 * keys that mean nothing to it; @value is as a file would have it, or NULL if there is none.
 */
typedef void (*sp_value_fn)(const char *word, const char *value, void *arg);
void sp_peer_each_key(const struct sp_peer_config *peer, sp_value_fn each, void *arg);
void sp_tunnel_each_key(const struct sp_tunnel_config *tunnel, sp_value_fn each, void *arg);

/* All rows of all sections; @usual is the row's or, of an option, a text of its own. */
struct sp_schema_row {
	enum sp_section section;
	const char *word, *values, *engine;
	const char *usual;
	char text[SP_OPTION_STRLEN];
};

typedef void (*sp_schema_fn)(const struct sp_schema_row *row, void *arg);
void sp_schema_each(sp_schema_fn each, void *arg);

#endif
