// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "show/json.h"
#include "text.h"

/* All algorithms, or the one that is asked for. */
struct algs {
	struct cli_show show;
	const char *name;
	bool found;
};

static int show_alg(const struct sp_alg *alg, void *arg)
{
	struct algs *algs = arg;

	if (algs->name && strcmp(algs->name, alg->name))
		return 0;
	algs->found = true;
	if (algs->show.array)
		return cli_show_json(&algs->show, sp_json_alg(alg));
	cli_show_text(&algs->show);
	cli_text_alg(stdout, alg);
	return 0;
}

static int show(struct cli *cli, int argc, char **argv)
{
	struct algs algs = { .name = argc ? argv[0] : NULL };
	int ret;

	if (argc > 1)
		return CLI_USAGE;
	if (!cli_nl(cli))
		return CLI_FAILED;
	cli_show_begin(&algs.show, cli);
	ret = sp_nl_alg_dump(cli->nl, show_alg, &algs, &cli->err);
	if (!ret && algs.name && !algs.found)
		ret = sp_fail(&cli->err, "there is no algorithm %s", algs.name);
	return cli_show_end(&algs.show, ret);
}

const struct verb cli_alg_verbs[] = {
	VERB("show", show, "[ALG] [-j]", "shows one algorithm or all, and who does the work"),
	{ 0 },
};
