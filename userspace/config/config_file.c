// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libinih splits lines; the position of each is kept here, because its handler
 * is told neither line nor column, nor of a section without keys.
 */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_parse.h"
#include "trust.h"

struct source {
	struct sp_config_parser *parser;
	FILE *stream;
};

static void skip_line(FILE *stream)
{
	int c;

	do
		c = fgetc(stream);
	while (c != '\n' && c != EOF);
}

/* A comment may stand behind a header. */
static bool is_junk(const char *rest)
{
	rest += strspn(rest, " \t\r\n");
	return *rest && *rest != '#' && *rest != ';';
}

/* Some editors put a mark in front of a file, and libinih skips it, too. */
static void skip_mark(struct sp_config_parser *p)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (p->place.line == 1 && !strncmp(p->line, mark, strlen(mark)))
		memmove(p->line, p->line + strlen(mark), strlen(p->line + strlen(mark)) + 1);
}

/* A header is taken here, so that a section may be empty; malformed ones are left to libinih. */
static void take_header(struct sp_config_parser *p)
{
	const char *start = p->line + strspn(p->line, " \t");
	const char *end = strchr(start, ']');
	char header[SP_CONFIG_LINE_MAX];

	if (*start != '[' || !end)
		return;
	p->place.column = (unsigned int)(start - p->line) + 1;
	if (is_junk(end + 1)) {
		p->place.column = (unsigned int)(end + 1 - p->line) + 1;
		sp_config_problem(p, &p->place, "there is more behind the ]");
		p->place.column = (unsigned int)(start - p->line) + 1;
	}
	snprintf(header, sizeof(header), "%.*s", (int)(end - start - 1), start + 1);
	sp_config_section(p, header);
}

static char *read_line(char *line, int size, void *arg)
{
	struct source *source = arg;
	struct sp_config_parser *p = source->parser;

	if (!fgets(line, size, source->stream))
		return NULL;
	p->place.line++;
	p->place.column = 1;
	if (strlen(line) == (size_t)size - 1 && line[size - 2] != '\n') {
		sp_config_problem(p, &p->place, "line is longer than %d octets", size - 2);
		skip_line(source->stream);
		line[0] = '\0';
	}
	snprintf(p->line, sizeof(p->line), "%s", line);
	skip_mark(p);
	take_header(p);
	return line;
}

static int pair(void *arg, const char *section, const char *key, const char *value)
{
	struct source *source = arg;
	struct sp_config_parser *p = source->parser;
	const char *at = p->line + strspn(p->line, " \t");

	(void)section;		/* known from take_header() */
	p->place.column = (unsigned int)(at - p->line) + 1;
	at = strpbrk(at, "=:") + 1;
	at += strspn(at, " \t");
	sp_config_key(p, key, value, (unsigned int)(at - p->line) + 1);
	return 1;
}

static const char *keep_name(struct sp_config *config, const char *path)
{
	struct sp_config_file *file = malloc(sizeof(*file) + strlen(path) + 1);

	if (!file)
		abort();
	strcpy(file->name, path);
	SLIST_INSERT_HEAD(&config->files, file, next);
	return file->name;
}

void sp_config_read_file(struct sp_config_parser *p, const char *path)
{
	struct source source = { .parser = p };
	struct sp_error err;
	int bad_line;

	p->place.file = keep_name(p->config, path);
	p->place.line = 0;
	p->place.column = 0;
	p->peer = NULL;
	p->tunnel = NULL;
	p->headed = false;
	source.stream = fopen(path, "re");
	if (!source.stream) {
		sp_config_problem(p, NULL, "%s: %s", path, strerror(errno));
		return;
	}

	if (sp_trust_file(fileno(source.stream), path, &err))
		sp_config_problem(p, NULL, "%s", err.text);
	/* An indented line is a pair like any other, and # ends a line as ; does. */
	ini_allow_multiline = false;
	ini_inline_comment_prefixes = (char *)";#";
	ini_use_stack = false;
	ini_initial_alloc = SP_CONFIG_LINE_MAX;
	bad_line = ini_parse_stream(read_line, &source, pair, &source);
	if (bad_line > 0) {
		struct sp_place place = p->place;

		place.line = (unsigned int)bad_line;
		place.column = 1;
		sp_config_problem(p, &place,
				  "neither [peer NAME] nor [tunnel NAME] nor KEY = VALUE");
	} else if (bad_line < 0 || ferror(source.stream)) {
		sp_config_problem(p, NULL, "%s: cannot be read: %s", path, strerror(errno));
	}
	sp_config_section_end(p);
	fclose(source.stream);
}
