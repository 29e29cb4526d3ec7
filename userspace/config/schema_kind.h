/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the schema: how the values of a key are read and written. */
#ifndef SP_SCHEMA_KIND_H
#define SP_SCHEMA_KIND_H

#include <stdio.h>

#include "schema.h"

/*
 * parse() has the object whose key it is; format() returns false if there is nothing to write.
 */
struct sp_setting_kind {
	int (*parse)(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		     const char *value, struct sp_error *err);
	bool (*format)(const struct sp_setting *key, const void *object, FILE *out);
};

/* schema_ike.c */
extern const struct sp_setting_kind sp_kind_psk, sp_kind_local_id, sp_kind_remote_id;
extern const struct sp_setting_kind sp_kind_count, sp_kind_wait, sp_kind_proposals, sp_kind_pfs;

static inline void *sp_field(const struct sp_setting *key, void *object)
{
	return (char *)object + key->offset;
}

static inline const void *sp_value(const struct sp_setting *key, const void *object)
{
	return (const char *)object + key->offset;
}

/* Calls each() for every word of a comma list, with the problem's column at that word. */
typedef int (*sp_word_fn)(void *list, const char *word, struct sp_error *err);
int sp_config_each_word(struct sp_config_parser *p, void *list, const char *value,
			sp_word_fn each, struct sp_error *err);

/* A file is named relative to the configuration that names it; @mark stands in front of it. */
int sp_config_keep_file(struct sp_config_parser *p, const char *mark, const char *name,
			char **field, struct sp_error *err);
/* So that it is the same file wherever that is read. */
void sp_config_write_file(const char *file, FILE *out);

bool sp_config_format_seconds(const struct sp_setting *key, const void *object, FILE *out);

#endif
