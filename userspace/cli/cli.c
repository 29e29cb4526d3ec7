// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "name.h"
#include "version.h"

int cli_fail(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cli->err.text, sizeof(cli->err.text), fmt, ap);
	va_end(ap);
	return CLI_FAILED;
}

int cli_usage(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cli->err.text, sizeof(cli->err.text), fmt, ap);
	va_end(ap);
	return CLI_USAGE;
}

int cli_take_flags(struct cli *cli, int argc, char **argv)
{
	int kept = 0;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "-j"))
			cli->json = true;
		else
			argv[kept++] = argv[i];
	}
	return kept;
}

static const struct verb *find_verb(const struct verb *verbs, const char *name)
{
	for (; verbs->name; verbs++)
		if (!strcmp(verbs->name, name))
			return verbs;
	return NULL;
}

static int unknown_verb(struct cli *cli, const struct verb *verbs, const char *noun,
			const char *name)
{
	char list[256] = "";
	size_t len = 0;

	for (; verbs->name && len < sizeof(list); verbs++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "",
					verbs->name);
	if (name)
		cli_usage(cli, "\"%s\" is not one of %s", name, list);
	else
		cli_usage(cli, "a verb is missing, one of %s", list);
	if (*noun)
		sp_fail_in(&cli->err, "%s", noun);
	return CLI_USAGE;
}

static void print_options(void)
{
	const struct sp_option *option;

	puts("\tOPTION and VALUE are:");
	for (size_t i = 0; (option = sp_option_at(i)); i++)
		printf("\t\t%s %s\n", option->word, option->values);
}

static void print_verb(const char *noun, const struct verb *verb)
{
	printf("spindle %s%s%s %s\n\t%s\n", noun, *noun ? " " : "", verb->name, verb->usage,
	       verb->about);
	if (verb->options)
		print_options();
}

static void print_usage(const char *noun, const struct verb *verb)
{
	if (!verb->verbs)
		print_verb(noun, verb);
	for (const struct verb *sub = verb->verbs; sub && sub->name; sub++)
		print_verb(verb->name, sub);
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

static int run(struct cli *cli, const struct verb *verbs, const char *noun, int argc, char **argv)
{
	const struct verb *verb = argc ? find_verb(verbs, argv[0]) : NULL;
	int ret;

	if (!verb)
		return unknown_verb(cli, verbs, noun, argc ? argv[0] : NULL);
	/* Of a noun, only in place of its verb. */
	if (asks_for_help(verb->verbs && argc > 2 ? 0 : argc - 1, argv + 1)) {
		print_usage(noun, verb);
		return CLI_DONE;
	}
	if (verb->verbs)
		return run(cli, verb->verbs, verb->name, argc - 1, argv + 1);
	ret = verb->run(cli, argc - 1, argv + 1);
	if (ret == CLI_USAGE && !cli->err.text[0])
		sp_fail(&cli->err, "usage: spindle %s%s%s %s", noun, *noun ? " " : "", verb->name,
			verb->usage);
	return ret;
}

int cli_run(struct cli *cli, const struct verb *verbs, int argc, char **argv)
{
	return run(cli, verbs, "", argc, argv);
}

int cli_help(struct cli *cli, const struct verb *verbs, int argc, char **argv)
{
	const struct verb *verb = argc ? find_verb(verbs, argv[0]) : NULL;

	if (argc && !verb)
		return unknown_verb(cli, verbs, "help", argv[0]);
	if (verb) {
		print_usage("", verb);
		return CLI_DONE;
	}
	for (; verbs->name; verbs++)
		print_usage("", verbs);
	puts("spindle -batch FILE\n"
	     "\truns the commands in a file\n"
	     "spindle -V, --version\n\n"
	     "With -j every verb that shows something prints JSON.  See spindle(8).");
	return CLI_DONE;
}

void cli_say_version(void)
{
	struct sp_error note;

	if (sp_version_differs("spindle", &note))
		fprintf(stderr, "spindle: note: %s\n", note.text);
}

struct sp_nl *cli_nl(struct cli *cli)
{
	if (cli->nl)
		return cli->nl;
	if (sp_nl_open(&cli->nl, &cli->err))
		return NULL;
	cli_say_version();
	return cli->nl;
}

int cli_print_json(struct cli *cli, json_t *value)
{
	int ret = value ? json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY) : -1;

	json_decref(value);
	if (ret)
		return cli_fail(cli, "the JSON cannot be written");
	putchar('\n');
	return CLI_DONE;
}

void cli_show_begin(struct cli_show *show, struct cli *cli)
{
	*show = (struct cli_show){ .cli = cli, .array = cli->json ? json_array() : NULL };
}

int cli_show_json(struct cli_show *show, json_t *value)
{
	if (!json_array_append_new(show->array, value))
		return 0;
	/* Names come from the kernel and need not be UTF-8. */
	return sp_fail(&show->cli->err, "a name cannot be told in JSON");
}

void cli_show_text(struct cli_show *show)
{
	if (show->begun)
		putchar('\n');
	show->begun = true;
}

int cli_show_end(struct cli_show *show, int ret)
{
	if (ret || !show->cli->json) {
		json_decref(show->array);
		return ret ? CLI_FAILED : CLI_DONE;
	}
	return cli_print_json(show->cli, show->array);
}

const char *cli_next(struct cli *cli, struct words *words)
{
	if (!words->left) {
		cli_usage(cli, "a value is missing");
		return NULL;
	}
	words->left--;
	return *words->next++;
}

int cli_check_name(struct cli *cli, const char *text)
{
	if (strspn(text, SP_NAME_CHARACTERS "~") != strlen(text))
		return cli_usage(cli, "the name of a tunnel has letters of ASCII, digits, \".\", "
				 "\"_\" and \"-\"");
	if (!text[0] || strlen(text) > SPINDLE_NAME_MAX)
		return cli_usage(cli, "tunnel \"%s\": a name has 1 to %d characters", text,
				 SPINDLE_NAME_MAX);
	return CLI_DONE;
}

int cli_next_name(struct cli *cli, struct words *words, char name[SPINDLE_NAME_MAX + 1])
{
	const char *text = cli_next(cli, words);

	if (!text || cli_check_name(cli, text))
		return CLI_USAGE;
	strcpy(name, text);
	return CLI_DONE;
}

/* An SPI and a number have less. */
enum { QUOTED_HEX_MAX = 10 };

/* What may be a key, or a part of one, is not shown again: it would stand in somebody's log. */
static int unknown_word(struct cli *cli, const char *word, const char *before)
{
	bool secret = !strncmp(word, "0x", 2) && strlen(word) > QUOTED_HEX_MAX;

	if (before && (secret || strstr(before, "key")))
		return cli_usage(cli, "unknown word behind %s", before);
	if (secret)
		return cli_usage(cli, "unknown word, which may be a key");
	return cli_usage(cli, "unknown word \"%s\"", word);
}

static int take_word(struct cli *cli, const struct option *options, other_fn other,
		     struct words *words, const char *word, uint64_t *seen, void *object)
{
	const struct option *option = options;

	while (option->word && strcmp(option->word, word))
		option++;
	if (!option->word)
		return other ? other(cli, words, word, object) : CLI_UNKNOWN;
	if (!option->repeats && *seen & UINT64_C(1) << (option - options))
		return cli_usage(cli, "given twice");
	*seen |= UINT64_C(1) << (option - options);
	return option->take(cli, words, object);
}

int cli_take_options(struct cli *cli, const struct option *options, other_fn other,
		     struct words *words, void *object)
{
	const char *before = NULL;
	uint64_t seen = 0;

	while (words->left) {
		const char *word = cli_next(cli, words);
		int ret = take_word(cli, options, other, words, word, &seen, object);

		if (ret == CLI_UNKNOWN)
			return unknown_word(cli, word, before);
		if (ret) {
			sp_fail_in(&cli->err, "%s", word);
			return ret;
		}
		before = word;
	}
	return CLI_DONE;
}
