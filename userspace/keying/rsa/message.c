// SPDX-License-Identifier: GPL-2.0-or-later
#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "number.h"
#include "text.h"

enum {
	VALUE_MAX = 1280,		/* longer than a line of RK_TEXT_MAX octets */
	TS_LEN_MAX = RK_MESSAGE_TS_MAX * SP_TS_STRLEN,
	SPI_MIN = 256,			/* RFC 4303 2.1: 1 to 255 are reserved, 0 is never sent */
};

/* --- values ------------------------------------------------------------------ */

/*
 * read() fills the field from the text of a value, write() does the reverse and
 * leaves "" for a field that holds nothing.
 */
struct kind {
	int (*read)(void *field, size_t size, const char *value, struct sp_error *err);
	void (*write)(const void *field, char *value);
	bool utf8;			/* else ASCII, which can be quoted in any error */
};

static int read_word(void *field, size_t size, const char *value, struct sp_error *err)
{
	if (!*value)
		return sp_fail(err, "is empty");
	if (strlen(value) >= size)
		return sp_fail(err, "is longer than %zu octets", size - 1);
	strcpy(field, value);
	return 0;
}

static void write_word(const void *field, char *value)
{
	strcpy(value, field);
}

static int read_generation(void *field, size_t size, const char *value, struct sp_error *err)
{
	uint64_t number;

	(void)size;
	if (sp_number_parse(&number, value, 1, UINT32_MAX, err))
		return -1;
	*(uint32_t *)field = (uint32_t)number;
	return 0;
}

static void write_generation(const void *field, char *value)
{
	const uint32_t *number = field;

	if (*number)
		snprintf(value, VALUE_MAX, "%" PRIu32, *number);
}

static int read_spi(void *field, size_t size, const char *value, struct sp_error *err)
{
	uint64_t number;

	(void)size;
	if (strncmp(value, "0x", 2))
		return sp_fail(err, "\"%.32s\" is not 0x and hexadecimal digits", value);
	if (sp_number_parse(&number, value, SPI_MIN, UINT32_MAX, err))
		return -1;
	*(uint32_t *)field = (uint32_t)number;
	return 0;
}

static void write_spi(const void *field, char *value)
{
	const uint32_t *spi = field;

	if (*spi)
		snprintf(value, VALUE_MAX, "0x%08" PRIx32, *spi);
}

static int read_life(void *field, size_t size, const char *value, struct sp_error *err)
{
	(void)size;
	return sp_number_parse(field, value, 1, UINT64_MAX, err);
}

static void write_life(const void *field, char *value)
{
	const uint64_t *number = field;

	if (*number)
		snprintf(value, VALUE_MAX, "%" PRIu64, *number);
}

static int read_ts(void *field, size_t size, const char *value, struct sp_error *err)
{
	char list[VALUE_MAX], *rest = list, *item;
	struct rk_ts *ts = field;

	(void)size;
	strcpy(list, value);
	while ((item = strsep(&rest, ","))) {
		if (ts->n == RK_MESSAGE_TS_MAX)
			return sp_fail(err, "more than %d selectors", RK_MESSAGE_TS_MAX);
		if (sp_ts_parse(&ts->list[ts->n], item, err))
			return -1;
		ts->n++;
	}
	return 0;
}

static void write_ts(const void *field, char *value)
{
	const struct rk_ts *ts = field;
	char text[SP_TS_STRLEN];
	size_t i;

	for (i = 0; i < ts->n; i++) {
		if (i)
			strcat(value, ",");
		strcat(value, sp_ts_format(&ts->list[i], text));
	}
}

_Static_assert(TS_LEN_MAX < VALUE_MAX, "a full list fits");

/* --- the tables --------------------------------------------------------------- */

static const struct kind word = { read_word, write_word, false };
static const struct kind text = { read_word, write_word, true };
static const struct kind generation = { read_generation, write_generation, false };
static const struct kind spi = { read_spi, write_spi, false };
static const struct kind life = { read_life, write_life, false };
static const struct kind ts = { read_ts, write_ts, false };

#define KEY(key, field, of_kind)					\
	{								\
		.name = (key),						\
		.kind = &(of_kind),					\
		.offset = offsetof(struct rk_message, field),		\
		.size = sizeof(((struct rk_message *)0)->field),	\
	}

/* In the order in which they are written. */
static const struct key {
	const char *name;
	const struct kind *kind;
	size_t offset;
	size_t size;
} keys[] = {
	KEY("gen", gen, generation),
	KEY("spi", spi, spi),
	KEY("alg", alg, word),
	KEY("tunnel", tunnel, word),
	KEY("local-ts", local_ts, ts),
	KEY("remote-ts", remote_ts, ts),
	KEY("life-seconds", life_seconds, life),
	KEY("life-bytes", life_bytes, life),
	KEY("code", code, word),
	KEY("text", text, text),
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static const struct {
	const char *name;
	const char *needs[4];
} verbs[] = {
	[RK_VERB_INSTALL] = { "install", { "gen", "spi", "alg" } },
	[RK_VERB_INSTALLED] = { "installed", { "gen", "spi" } },
	[RK_VERB_ACTIVE] = { "active", { "gen" } },
	[RK_VERB_DELETE] = { "delete", { "gen" } },
	[RK_VERB_PING] = { "ping", { NULL } },
	[RK_VERB_PONG] = { "pong", { NULL } },
	[RK_VERB_BYE] = { "bye", { NULL } },
	[RK_VERB_ERROR] = { "error", { "code" } },
};

static const struct key *find_key(const char *name)
{
	size_t i;

	for (i = 0; i < KEYS; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static enum rk_verb find_verb(const char *name)
{
	enum rk_verb verb;

	for (verb = RK_VERB_INSTALL; verb <= RK_VERB_ERROR; verb++)
		if (!strcmp(verbs[verb].name, name))
			return verb;
	return RK_VERB_UNKNOWN;
}

static void write_value(const struct rk_message *message, const struct key *key,
			char value[VALUE_MAX])
{
	value[0] = '\0';
	key->kind->write((const char *)message + key->offset, value);
}

static int check_needs(const struct rk_message *message, struct sp_error *err)
{
	const char *const *need;
	char value[VALUE_MAX];

	for (need = verbs[message->verb].needs; *need; need++) {
		write_value(message, find_key(*need), value);
		if (!value[0])
			return sp_fail(err, "%s without %s", verbs[message->verb].name, *need);
	}
	return 0;
}

/* --- lines ----------------------------------------------------------------------- */

struct scan {
	const char *line;
	const char *at;
};

/* Octets, counted from 1, because an excerpt could cut a character in two. */
static int fail_at(const struct scan *scan, const char *what, struct sp_error *err)
{
	return sp_fail(err, "%s at octet %td", what, scan->at - scan->line + 1);
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* A verb or a key: lower case, digits and hyphens. */
static int scan_name(struct scan *scan, char *name, size_t size, struct sp_error *err)
{
	size_t len = 0;

	while (is_name(scan->at[len]))
		len++;
	if (!len)
		return fail_at(scan, "verb or key missing", err);
	if (len >= size)
		return fail_at(scan, "verb or key too long", err);
	memcpy(name, scan->at, len);
	name[len] = '\0';
	scan->at += len;
	return 0;
}

/* Up to the closing quote and over it; \" and \\ stand for " and \. */
static int scan_quoted(struct scan *scan, char *value, struct sp_error *err)
{
	for (scan->at++; *scan->at && *scan->at != '"'; scan->at++) {
		if (*scan->at == '\\' && *++scan->at != '"' && *scan->at != '\\')
			return fail_at(scan, "unknown escape", err);
		*value++ = *scan->at;
	}
	if (*scan->at != '"')
		return fail_at(scan, "closing quote missing", err);
	*value = '\0';
	scan->at++;
	return 0;
}

static int scan_value(struct scan *scan, char *value, struct sp_error *err)
{
	size_t len;

	if (*scan->at == '"')
		return scan_quoted(scan, value, err);
	len = strcspn(scan->at, " \"\\");
	memcpy(value, scan->at, len);
	value[len] = '\0';
	scan->at += len;
	return 0;
}

static bool is_ascii(const char *value)
{
	while (*value)
		if ((unsigned char)*value++ > 0x7f)
			return false;
	return true;
}

static int read_value(struct rk_message *message, const struct key *key, const char *value,
		      struct sp_error *err)
{
	if (!key->kind->utf8 && !is_ascii(value))
		return sp_fail(err, "is not ASCII");
	return key->kind->read((char *)message + key->offset, key->size, value, err);
}

static int parse_pair(struct rk_message *message, unsigned int *seen, struct scan *scan,
		      struct sp_error *err)
{
	char name[sizeof(message->verb_text)], value[VALUE_MAX];
	const struct key *key;
	unsigned int bit;

	if (scan_name(scan, name, sizeof(name), err))
		return -1;
	if (*scan->at != '=')
		return fail_at(scan, "\"=\" missing", err);
	scan->at++;
	if (scan_value(scan, value, err))
		return -1;
	key = find_key(name);
	if (!key)
		return 0;
	bit = 1U << (key - keys);
	if (*seen & bit)
		return sp_fail(err, "%s is given twice", name);
	*seen |= bit;
	if (read_value(message, key, value, err))
		return sp_fail_in(err, "%s", name);
	return 0;
}

int rk_message_parse(struct rk_message *message, const char *line, struct sp_error *err)
{
	struct scan scan = { line, line };
	size_t len = strlen(line);
	unsigned int seen = 0;

	memset(message, 0, sizeof(*message));
	if (len >= VALUE_MAX)
		return sp_fail(err, "line of %zu octets", len);
	if (rk_text_check(line, len, err) ||
	    scan_name(&scan, message->verb_text, sizeof(message->verb_text), err))
		return -1;
	while (*scan.at) {
		if (*scan.at != ' ')
			return fail_at(&scan, "blank missing", err);
		scan.at++;
		if (parse_pair(message, &seen, &scan, err))
			return sp_fail_in(err, "%s", message->verb_text);
	}
	message->verb = find_verb(message->verb_text);
	return message->verb == RK_VERB_UNKNOWN ? 0 : check_needs(message, err);
}

static void write_text(struct sp_writer *w, const char *text)
{
	sp_write_octets(w, text, strlen(text));
}

static void write_quoted(struct sp_writer *w, const char *value)
{
	sp_write_u8(w, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			sp_write_u8(w, '\\');
		sp_write_u8(w, (uint8_t)*value);
	}
	sp_write_u8(w, '"');
}

static void write_pair(struct sp_writer *w, const char *name, const char *value)
{
	write_text(w, " ");
	write_text(w, name);
	write_text(w, "=");
	if (strpbrk(value, " \"\\"))
		write_quoted(w, value);
	else
		write_text(w, value);
}

int rk_message_format(const struct rk_message *message, char *line, size_t size,
		      struct sp_error *err)
{
	char value[VALUE_MAX];
	struct sp_writer w;
	size_t i;

	if (message->verb == RK_VERB_UNKNOWN)
		return sp_fail(err, "message without a verb");
	if (check_needs(message, err))
		return -1;
	sp_writer_init(&w, line, size);
	write_text(&w, verbs[message->verb].name);
	for (i = 0; i < KEYS; i++) {
		write_value(message, &keys[i], value);
		if (value[0])
			write_pair(&w, keys[i].name, value);
	}
	sp_write_u8(&w, '\0');
	if (w.bad)
		return sp_fail(err, "%s does not fit %zu octets", verbs[message->verb].name, size);
	return 0;
}
