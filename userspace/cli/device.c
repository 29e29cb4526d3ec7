// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "name.h"
#include "show/json.h"
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

static int set(struct cli *cli, int argc, char **argv)
{
	uint8_t clear;

	if (argc != 3)
		return CLI_USAGE;
	if (strcmp(argv[1], "clear"))
		return cli_usage(cli, "device %s: unknown word \"%s\"", argv[0], argv[1]);
	if (sp_name_clear_parse(&clear, argv[2], &cli->err)) {
		sp_fail_in(&cli->err, "device %s: clear", argv[0]);
		return CLI_USAGE;
	}
	if (!cli_nl(cli))
		return CLI_FAILED;
	return sp_nl_device_set_clear(cli->nl, argv[0], clear, &cli->err) ? CLI_FAILED : CLI_DONE;
}

const struct verb cli_device_verbs[] = {
	VERB("set", set, "DEV clear refuse|accept",
	     "says what becomes of packets in the clear that a tunnel protects"),
	VERB("show", show, "[-j]", "shows the interfaces of kind spindle"),
	{ 0 },
};
