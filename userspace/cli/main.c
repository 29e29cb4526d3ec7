// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

static int version(void)
{
	puts("spindle " SPINDLE_VERSION);
	cli_say_version();
	return CLI_DONE;
}

static bool is_one_of(const char *word, const char *brief, const char *full)
{
	return !strcmp(word, brief) || !strcmp(word, full);
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	int ret;

	argc = cli_take_flags(&cli, argc - 1, argv + 1);
	argv++;
	if (argc && is_one_of(argv[0], "-h", "--help"))
		ret = cli_help(&cli, cli_verbs, 0, NULL);
	else if (argc && is_one_of(argv[0], "-V", "--version"))
		ret = version();
	else if (argc && !strcmp(argv[0], "-batch"))
		ret = cli_batch(&cli, cli_verbs, argc - 1, argv + 1);
	else
		ret = cli_run(&cli, cli_verbs, argc, argv);
	sp_nl_close(cli.nl);

	if (!ret && (fflush(stdout) || ferror(stdout)))
		ret = cli_fail(&cli, "standard output: %s", strerror(errno));
	if (ret)
		fprintf(stderr, "spindle: %s\n", cli.err.text);
	return ret;
}
