// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

static int help(struct cli *cli, int argc, char **argv);

static const struct verb verbs[] = {
	{ "tunnel", .verbs = cli_tunnel_verbs },
	{ "sa", .verbs = cli_sa_verbs },
	{ "device", .verbs = cli_device_verbs },
	{ "key", .verbs = cli_key_verbs },
	{ "config", .verbs = cli_config_verbs },
	{ "up", cli_up, "TUNNEL [-s SOCKET] [-j]", NULL, NULL },
	{ "down", cli_down, "TUNNEL [-s SOCKET] [-j]", NULL, NULL },
	{ "rekey", cli_rekey, "TUNNEL [-s SOCKET] [-j]", NULL, NULL },
	{ "status", cli_status, "[PEER|TUNNEL] [-s SOCKET] [-j]", NULL, NULL },
	{ "check", cli_check, "[FILE] [-j]", NULL, NULL },
	{ "reload", cli_reload, "[--plan] [-s SOCKET] [-j]", NULL, NULL },
	{ "monitor", cli_monitor, "[-j]", NULL, NULL },
	{ "trace", cli_trace, "[-j]", NULL, NULL },
	{ "help", help, "[VERB]", NULL, NULL },
	{ 0 },
};

static int help(struct cli *cli, int argc, char **argv)
{
	return cli_help(cli, verbs, argc, argv);
}

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
		ret = help(&cli, 0, NULL);
	else if (argc && is_one_of(argv[0], "-V", "--version"))
		ret = version();
	else if (argc && !strcmp(argv[0], "-batch"))
		ret = cli_batch(&cli, verbs, argc - 1, argv + 1);
	else
		ret = cli_run(&cli, verbs, argc, argv);
	sp_nl_close(cli.nl);

	if (!ret && (fflush(stdout) || ferror(stdout)))
		ret = cli_fail(&cli, "standard output: %s", strerror(errno));
	if (ret)
		fprintf(stderr, "spindle: %s\n", cli.err.text);
	return ret;
}
