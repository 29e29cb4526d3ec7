// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file, line by line: headers, "KEY = VALUE" or "KEY: VALUE", and comments, which begin with
 * # or ; where a line does or behind a blank.  An indented line is a line like any other.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_parse.h"
#include "trust.h"

#define BLANKS " \t\r\v\f"

/* --- a line ------------------------------------------------------------------- */

static char *skip_blanks(const char *text)
{
	return (char *)text + strspn(text, BLANKS);
}

/* @end: behind the last that counts. */
static void cut_blanks(const char *start, char *end)
{
	while (end > start && strchr(BLANKS, end[-1]))
		end--;
	*end = '\0';
}

/*
 * The first of @signs, or where a comment or the end of the line comes before any of them; among
 * the signs are those that begin a comment.
 */
static char *find_sign(char *start, const char *signs)
{
	char *at = start;

	for (;; at++) {
		at += strcspn(at, signs);
		if (*at != '#' && *at != ';')
			return at;
		if (at > start && strchr(BLANKS, at[-1]))
			return at;
	}
}

static unsigned int column_of(const char *line, const char *at)
{
	return (unsigned int)(at - line) + 1;
}

/* A comment may stand behind a header. */
static bool is_junk(const char *rest)
{
	rest = skip_blanks(rest);
	return *rest && *rest != '#' && *rest != ';';
}

static void take_header(struct sp_config_parser *p, const char *line, char *start, char *end)
{
	if (is_junk(end + 1)) {
		p->place.column = column_of(line, end + 1);
		sp_config_problem(p, &p->place, "there is more behind the ]");
	}
	p->place.column = column_of(line, start);
	*end = '\0';
	sp_config_section(p, start + 1);
}

static void take_pair(struct sp_config_parser *p, const char *line, char *start)
{
	char *sign = find_sign(start, "=:#;"), *value;

	if (*sign != '=' && *sign != ':') {
		p->place.column = 1;
		sp_config_problem(p, &p->place,
				  "neither [peer NAME] nor [tunnel NAME] nor KEY = VALUE");
		return;
	}
	p->place.column = column_of(line, start);
	*find_sign(sign + 1, "#;") = '\0';
	value = skip_blanks(sign + 1);
	cut_blanks(value, value + strlen(value));
	cut_blanks(start, sign);
	sp_config_key(p, start, value, column_of(line, value));
}

/* The line is changed. */
static void take_line(struct sp_config_parser *p, char *line)
{
	char *start = skip_blanks(line), *end;

	if (!*start || *start == '#' || *start == ';')
		return;
	end = *start == '[' ? strchr(start, ']') : NULL;
	if (end)
		take_header(p, line, start, end);
	else
		take_pair(p, line, start);
}

/* --- a file ------------------------------------------------------------------- */

/* Text behind a NUL is no part of its line. */
static void take_octets(struct sp_config_parser *p, const char *octets, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf";	/* that some editors put in front */
	const char *rest = octets, *end = octets + len, *newline;
	char line[SP_CONFIG_LINE_MAX];

	if (len >= strlen(mark) && !memcmp(rest, mark, strlen(mark)))
		rest += strlen(mark);
	for (; rest < end; rest = newline + 1) {
		newline = memchr(rest, '\n', (size_t)(end - rest));
		if (!newline)
			newline = end;
		len = (size_t)(newline - rest);
		p->place.line++;
		p->place.column = 1;
		if (len > sizeof(line) - 2) {
			sp_config_problem(p, &p->place, "line is longer than %zu octets",
					  sizeof(line) - 2);
			continue;
		}
		memcpy(line, rest, len);
		line[len] = '\0';
		take_line(p, line);
	}
}

/* The length of a pipe is not known before its end. */
static size_t expected_size(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_size > 0 ? (size_t)st.st_size + 1 : 4096;
}

static ssize_t read_all(int fd, char **octets)
{
	size_t len = 0, size = expected_size(fd);
	ssize_t n;

	*octets = malloc(size);
	for (;;) {
		if (!*octets)
			abort();
		n = read(fd, *octets + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -1 : (ssize_t)len;
		len += (size_t)n;
		if (len == size) {
			size *= 2;
			*octets = realloc(*octets, size);
		}
	}
}

void sp_config_read_file(struct sp_config_parser *p, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *octets = NULL;
	struct sp_error err;
	ssize_t len;

	p->place.file = sp_arena_text(&p->config->arena, path);
	p->place.line = 0;
	p->place.column = 0;
	p->peer = NULL;
	p->tunnel = NULL;
	p->headed = false;
	if (fd < 0) {
		sp_config_problem(p, NULL, "%s: %s", path, strerror(errno));
		return;
	}
	if (sp_trust_file(fd, path, &err))
		sp_config_problem(p, NULL, "%s", err.text);
	len = read_all(fd, &octets);
	if (len < 0)
		sp_config_problem(p, NULL, "%s: cannot be read: %s", path, strerror(errno));
	else
		take_octets(p, octets, (size_t)len);
	sp_config_section_end(p);
	free(octets);
	close(fd);
}
