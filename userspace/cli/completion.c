// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scripts for shells, made of the table of verbs: in the text of a verb's usage, words in small
 * letters are words to type, and those in capitals say what else may stand there.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "kmod/suite.h"

/* Calls each() for every word of a usage. */
static void each_token(const char *usage, void (*each)(const char *word, size_t len, void *arg),
		       void *arg)
{
	static const char between[] = " \t\n[]{}|,.";

	while (*usage) {
		size_t len;

		usage += strspn(usage, between);
		len = strcspn(usage, between);
		if (len)
			each(usage, len, arg);
		usage += len;
	}
}

struct wish {
	bool flags;			/* words that begin with "-", or the others */
	unsigned int n;
};

static void print_word(const char *word, size_t len, void *arg)
{
	struct wish *wish = arg;

	if ((*word == '-') != wish->flags || (!islower((unsigned char)*word) && *word != '-'))
		return;
	printf("%s %.*s", wish->n++ ? "" : "printf '%s\\n'", (int)len, word);
}

static void print_options(unsigned int *n)
{
	const struct sp_option *option;

	for (size_t i = 0; (option = sp_option_at(i)); i++)
		printf("%s %s", (*n)++ ? "" : "printf '%s\\n'", option->word);
}

struct kind {
	const char *name;
	size_t len;
	bool found;
};

static void find_kind(const char *word, size_t len, void *arg)
{
	struct kind *kind = arg;

	if (len == kind->len && !strncmp(word, kind->name, len))
		kind->found = true;
}

static bool has_kind(const struct verb *verb, const char *name)
{
	struct kind kind = { name, strlen(name), false };

	each_token(verb->usage, find_kind, &kind);
	return kind.found;
}

static void print_verb(const char *noun, const struct verb *verb)
{
	struct wish words = { false, 0 }, flags = { true, 0 };

	printf("\t\"%s%s%s\")\n\t\t", noun, *noun ? " " : "", verb->name);
	each_token(verb->usage, print_word, &words);
	if (verb->options)
		print_options(&words.n);
	if (words.n)
		printf("\n\t\t");
	if (has_kind(verb, "PEER"))
		printf("_spindle_configured\n\t\t");
	else if (has_kind(verb, "TUNNEL") || has_kind(verb, "NAME"))
		printf("_spindle_tunnels\n\t\t");
	if (has_kind(verb, "DEV"))
		printf("_spindle_devices\n\t\t");
	printf("case $1 in -*) ");
	each_token(verb->usage, print_word, &flags);
	printf("%s --help ;; esac ;;\n", flags.n ? "" : "printf '%s\\n'");
}

/* What follows one of the words of a verb. */
static void print_values(const char *verb, const char *word, const char *values)
{
	struct wish wish = { false, 0 };

	printf("\t\"%s:%s\") ", verb, word);
	each_token(values, print_word, &wish);
	puts(wish.n ? "; return ;;" : "return ;;");
}

static void print_tunnel_values(const char *verb)
{
	const struct sp_option *option;

	printf("\t\"%s:dev\") _spindle_devices; return ;;\n", verb);
	print_values(verb, "proto", "esp|ah");
	for (size_t i = 0; (option = sp_option_at(i)); i++)
		print_values(verb, option->word, option->values);
}

static void print_algorithms(void)
{
	const struct spn_suite *suite;

	printf("\t\"sa add:alg\") printf '%%s\\n'");
	for (unsigned int i = 0; (suite = spn_suite_at(i)); i++)
		printf(" %s", suite->word);
	puts("; return ;;");
}

static void print_names(const struct verb *verbs)
{
	printf("printf '%%s\\n'");
	for (; verbs->name; verbs++)
		printf(" %s", verbs->name);
	puts(" ;;");
}

/* The nouns, as a pattern of the shell. */
static void print_nouns(const struct verb *verbs)
{
	const char *separator = "";

	for (; verbs->name; verbs++) {
		if (!verbs->verbs)
			continue;
		printf("%s%s", separator, verbs->name);
		separator = " | ";
	}
}

/* _spindle_words CURRENT BEFORE...: what may stand there, one a line, in any shell's words. */
static void print_function(const struct verb *verbs)
{
	fputs("_spindle_tunnels()\n{\n"
	      "\tspindle tunnel show -j 2> /dev/null |\n"
	      "\t\tsed -n 's/^    \"name\": \"\\(.*\\)\",*$/\\1/p'\n"
	      "}\n\n"
	      "_spindle_configured()\n{\n"
	      "\tspindle config show -j 2> /dev/null |\n"
	      "\t\tsed -n 's/^ *\"name\": \"\\(.*\\)\",*$/\\1/p'\n"
	      "}\n\n"
	      "_spindle_devices()\n{\n"
	      "\tspindle device show -j 2> /dev/null |\n"
	      "\t\tsed -n 's/^ *\"dev\": \"\\(.*\\)\",*$/\\1/p'\n"
	      "}\n\n"
	      "_spindle_words()\n{\n"
	      "\tlocal current=$1 first='' second='' last='' word\n\n"
	      "\tshift\n"
	      "\tfor word; do\n"
	      "\t\t[ \"$word\" != -j ] || continue\n"
	      "\t\tif [ -z \"$first\" ]; then first=$word\n"
	      "\t\telif [ -z \"$second\" ]; then second=$word; fi\n"
	      "\t\tlast=$word\n"
	      "\tdone\n"
	      "\tcase $first in\n\t", stdout);
	print_nouns(verbs);
	fputs(") first=\"$first $second\" ;;\n\tesac\n\tset -- \"$current\"\n"
	      "\tcase $first:$last in\n", stdout);
	print_tunnel_values("tunnel add");
	print_tunnel_values("tunnel set");
	print_algorithms();
	fputs("\tesac\n\tcase $first in\n\t\"\") ", stdout);
	print_names(verbs);
	for (const struct verb *verb = verbs; verb->name; verb++) {
		if (!verb->verbs) {
			print_verb("", verb);
			continue;
		}
		printf("\t\"%s \") ", verb->name);
		print_names(verb->verbs);
		for (const struct verb *sub = verb->verbs; sub->name; sub++)
			print_verb(verb->name, sub);
	}
	fputs("\tesac\n}\n\n", stdout);
}

/*
 * Names of interfaces may hold anything but blanks, and compgen -W would expand them, commands and
 * all.  So the words are compared here, and offered in quotes, with which they may be begun, too.
 */
static const char in_bash[] =
	"_spindle()\n{\n"
	"\tlocal current=${COMP_WORDS[COMP_CWORD]} word quoted\n"
	"\tlocal -a words\n\n"
	"\tmapfile -t words < <(_spindle_words \"$current\" \\\n"
	"\t\t\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
	"\tCOMPREPLY=()\n"
	"\tfor word in \"${words[@]}\"; do\n"
	"\t\tprintf -v quoted %q \"$word\"\n"
	"\t\tif [[ $word == \"$current\"* || $quoted == \"$current\"* ]]; then\n"
	"\t\t\tCOMPREPLY+=(\"$quoted\")\n"
	"\t\tfi\n"
	"\tdone\n"
	"}\n\n"
	"complete -o default -F _spindle spindle\n";

/* Nothing is expanded twice here, and compadd quotes what it inserts. */
static const char in_zsh[] =
	"local -a candidates\n\n"
	"candidates=(${(f)\"$(_spindle_words \"${words[CURRENT]}\" ${words[2,CURRENT-1]})\"})\n"
	"(( ${#candidates} )) && compadd -- $candidates || _files\n";

int cli_completion(struct cli *cli, const struct verb *verbs, int argc, char **argv)
{
	bool zsh = argc && !strcmp(argv[0], "zsh");

	(void)cli;
	if (argc != 1 || (!zsh && strcmp(argv[0], "bash")))
		return CLI_USAGE;
	printf("%s# Made by \"spindle completion %s\".\n\n", zsh ? "#compdef spindle\n" : "",
	       argv[0]);
	print_function(verbs);
	fputs(zsh ? in_zsh : in_bash, stdout);
	return CLI_DONE;
}
