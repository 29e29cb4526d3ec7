// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What tests ask most often of `spindle ... show -j` and the like, read from standard input.
 *
 * pick FIELD [KEY=VALUE...]
 *	prints FIELD of every object whose KEY has VALUE, one a line
 * pick in LIST FIELD [KEY=VALUE...]
 *	the same of the objects in every member LIST, at whatever depth
 * pick
 *	prints every drop counter of every object, "OBJECT REASON COUNT", one a line
 *
 * jq could do it, and takes ten times as long to start on an emulated processor.
 */
#include <ctype.h>
#include <err.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* As jq -r prints it; the text is the caller's to free. */
static char *text_of(const json_t *value)
{
	char *text;

	if (json_is_string(value))
		text = strdup(json_string_value(value));
	else
		text = json_dumps(value ? value : json_null(), JSON_ENCODE_ANY | JSON_COMPACT);
	if (!text)
		err(1, "memory");
	return text;
}

static bool has(const json_t *object, const char *condition)
{
	const char *value = strchr(condition, '=');
	bool same;
	char *key, *text;

	if (!value)
		errx(2, "%s: not KEY=VALUE", condition);
	key = strndup(condition, value - condition);
	if (!key)
		err(1, "memory");
	text = text_of(json_object_get(object, key));
	same = !strcmp(text, value + 1);
	free(text);
	free(key);
	return same;
}

static bool has_all(const json_t *object, char **conditions)
{
	for (; *conditions; conditions++)
		if (!has(object, *conditions))
			return false;
	return true;
}

static void print_field(const json_t *object, const char *field)
{
	char *text = text_of(json_object_get(object, field));

	puts(text);
	free(text);
}

/* An SA, a tunnel or a device, as people call it. */
static void print_name(const json_t *object)
{
	const char *dir = json_string_value(json_object_get(object, "dir"));
	const char *name = json_string_value(json_object_get(object, "name"));

	if (dir)
		printf("sa %s %s", dir, json_string_value(json_object_get(object, "spi")));
	else if (name)
		printf("tunnel %s", name);
	else
		printf("device %s", json_string_value(json_object_get(object, "dev")));
}

static void print_drops(const json_t *object)
{
	json_t *drops = json_object_get(object, "drops"), *count;
	const char *reason;

	json_object_foreach(drops, reason, count) {
		print_name(object);
		printf(" %s %lld\n", reason, (long long)json_integer_value(count));
	}
}

/* The next value, NULL at the end. */
static json_t *read_value(void)
{
	json_error_t error;
	json_t *value;
	int c;

	do {
		c = getchar();
		if (c == EOF)
			return NULL;
	} while (isspace(c));
	ungetc(c, stdin);
	value = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error);
	if (!value)
		errx(1, "%d:%d: %s", error.line, error.column, error.text);
	return value;
}

static void pick(const json_t *array, char **words)
{
	const json_t *object;
	size_t i;

	json_array_foreach(array, i, object) {
		if (!words[0])
			print_drops(object);
		else if (has_all(object, words + 1))
			print_field(object, words[0]);
	}
}

static void pick_in(json_t *value, const char *list, char **words)
{
	json_t *member;
	const char *key;
	size_t i;

	json_array_foreach(value, i, member)
		pick_in(member, list, words);
	json_object_foreach(value, key, member) {
		if (!strcmp(key, list))
			pick(member, words);
		pick_in(member, list, words);
	}
}

int main(int argc, char **argv)
{
	bool in = argc > 3 && !strcmp(argv[1], "in");
	json_t *value;

	while ((value = read_value())) {
		if (in)
			pick_in(value, argv[2], argv + 3);
		else
			pick(value, argv + 1);
		json_decref(value);
	}
	return 0;
}
