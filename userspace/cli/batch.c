// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { WORDS_MAX = 64 };		/* in a line */

/* Cuts the line at its blanks; returns how many words it has, or -1 if they are too many. */
static int split(char *line, char *words[WORDS_MAX])
{
	static const char blanks[] = " \t\n";
	char *rest, *word = strtok_r(line, blanks, &rest);
	int n = 0;

	for (; word; word = strtok_r(NULL, blanks, &rest)) {
		if (n == WORDS_MAX)
			return -1;
		words[n++] = word;
	}
	return n;
}

static int run_line(struct cli *cli, const struct verb *verbs, char *line)
{
	const bool json = cli->json;
	char *words[WORDS_MAX];
	int n = split(line, words), ret;

	if (n < 0)
		return cli_usage(cli, "more than %d words", WORDS_MAX);
	if (!n || words[0][0] == '#')
		return CLI_DONE;
	ret = cli_run(cli, verbs, cli_take_flags(cli, n, words), words);
	cli->json = json;
	return ret;
}

static int run_lines(struct cli *cli, const struct verb *verbs, FILE *file, const char *name)
{
	unsigned long number = 0;
	size_t size = 0;
	char *line = NULL;
	int ret = CLI_DONE;

	errno = 0;
	while (!ret && getline(&line, &size, file) >= 0) {
		number++;
		ret = run_line(cli, verbs, line);
		/* There may be keys in it. */
		explicit_bzero(line, size);
	}
	free(line);
	/* Also when there is no memory for a line. */
	if (!ret && !feof(file))
		ret = cli_fail(cli, "%s", strerror(errno));
	if (ret)
		sp_fail_in(&cli->err, number ? "%s:%lu" : "%s", name, number);
	return ret;
}

int cli_batch(struct cli *cli, const struct verb *verbs, int argc, char **argv)
{
	FILE *file;
	int ret;

	if (argc != 1)
		return cli_usage(cli, "usage: spindle -batch FILE");
	if (!strcmp(argv[0], "-"))
		return run_lines(cli, verbs, stdin, "standard input");
	file = fopen(argv[0], "re");
	if (!file)
		return cli_fail(cli, "%s: %s", argv[0], strerror(errno));
	ret = run_lines(cli, verbs, file, argv[0]);
	fclose(file);
	return ret;
}
