// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "cli.h"
#include "json.h"
#include "text.h"

static int show_device(const struct sp_device *device, void *arg)
{
	struct cli_show *out = arg;

	if (out->array)
		return cli_show_json(out, sp_json_device(device));
	cli_show_text(out);
	cli_text_device(stdout, device);
	return 0;
}

static int show(struct cli *cli, int argc, char **argv)
{
	struct cli_show out;

	(void)argv;
	if (argc)
		return CLI_USAGE;
	if (!cli_nl(cli))
		return CLI_FAILED;
	cli_show_begin(&out, cli);
	return cli_show_end(&out, sp_nl_device_dump(cli->nl, show_device, &out, &cli->err));
}

const struct verb cli_device_verbs[] = {
	{ "show", show, "[-j]", NULL },
	{ 0 },
};
