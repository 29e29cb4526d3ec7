// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "keying/ike/transitions.h"

int cli_explain(struct cli *cli, int argc, char **argv)
{
	if (argc != 1)
		return CLI_USAGE;
	if (strcmp(argv[0], "states"))
		return cli_usage(cli, "there is nothing to explain about \"%s\"; states is a word "
				 "for it", argv[0]);
	ike_transitions_print(stdout);
	return CLI_DONE;
}
