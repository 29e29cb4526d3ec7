// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration: whether it is right, what it comes to, and what keys there are. */
#include <stdio.h>

#include "cli.h"
#include "config/schema.h"
#include "keys/keyring.h"
#include "show/json.h"

struct problems {
	json_t *list;			/* with -j */
	unsigned int n;
};

static void on_problem(const char *text, void *arg)
{
	struct problems *problems = arg;

	problems->n++;
	if (problems->list)
		json_array_append_new(problems->list, sp_json_text(text));
	else
		fprintf(stderr, "%s\n", text);
}

static int fail_with(struct cli *cli, const char *path, const struct problems *problems)
{
	return cli_fail(cli, "%s: %u %s", path, problems->n,
			problems->n == 1 ? "problem" : "problems");
}

/* --- check -------------------------------------------------------------------- */

/* What the daemon would say of it; also of the files that it names. */
static void check_file(const char *path, struct problems *problems)
{
	struct sp_config *config = sp_config_load(path, on_problem, problems);
	struct sp_keyring *keys = sp_keyring_new(NULL);

	if (config)
		sp_keyring_read(keys, config, on_problem, problems);
	sp_keyring_free(keys);
	sp_config_free(config);
}

int cli_check(struct cli *cli, int argc, char **argv)
{
	struct problems problems = { .list = cli->json ? json_array() : NULL };
	const char *path = argc ? argv[0] : SP_CONFIG_PATH;
	int ret = CLI_DONE;

	if (argc > 1) {
		json_decref(problems.list);
		return CLI_USAGE;
	}
	check_file(path, &problems);
	if (cli->json)
		ret = cli_print_json(cli, json_pack("{s:o, s:o}", "file", sp_json_text(path),
						    "problems", problems.list));
	return !ret && problems.n ? fail_with(cli, path, &problems) : ret;
}

/* --- show --------------------------------------------------------------------- */

static void print_value(const char *word, const char *value, void *arg)
{
	(void)arg;
	if (value)
		printf("%-15s = %s\n", word, value);
	else
		printf("# %s is not set\n", word);
}

static void print_header(const char *section, const char *name, const struct sp_place *place,
			 bool first)
{
	printf("%s[%s %s]  # %s:%u\n", first ? "" : "\n", section, name, place->file, place->line);
}

static void print_config(const struct sp_config *config)
{
	const struct sp_peer_config *peer;
	const struct sp_tunnel_config *tunnel;
	bool first = true;

	STAILQ_FOREACH(peer, &config->peers, next) {
		print_header("peer", peer->name, &peer->place, first);
		sp_peer_each_key(peer, print_value, NULL);
		first = false;
	}
	STAILQ_FOREACH(tunnel, &config->tunnels, next) {
		print_header("tunnel", tunnel->name, &tunnel->place, first);
		sp_tunnel_each_key(tunnel, print_value, NULL);
		first = false;
	}
}

static void set_value(const char *word, const char *value, void *arg)
{
	json_object_set_new(arg, word, value ? sp_json_text(value) : json_null());
}

static json_t *config_json(const struct sp_config *config)
{
	json_t *peers = json_array(), *tunnels = json_array(), *section;
	const struct sp_tunnel_config *tunnel;
	const struct sp_peer_config *peer;

	STAILQ_FOREACH(peer, &config->peers, next) {
		section = json_pack("{s:s}", "name", peer->name);
		sp_peer_each_key(peer, set_value, section);
		json_array_append_new(peers, section);
	}
	STAILQ_FOREACH(tunnel, &config->tunnels, next) {
		section = json_pack("{s:s}", "name", tunnel->name);
		sp_tunnel_each_key(tunnel, set_value, section);
		json_array_append_new(tunnels, section);
	}
	return json_pack("{s:o, s:o}", "peers", peers, "tunnels", tunnels);
}

static int show(struct cli *cli, int argc, char **argv)
{
	const char *path = argc ? argv[0] : SP_CONFIG_PATH;
	struct problems problems = { .n = 0 };
	struct sp_config *config;
	int ret = CLI_DONE;

	if (argc > 1)
		return CLI_USAGE;
	config = sp_config_load(path, on_problem, &problems);
	if (!config)
		return fail_with(cli, path, &problems);
	if (cli->json)
		ret = cli_print_json(cli, config_json(config));
	else
		print_config(config);
	sp_config_free(config);
	return ret;
}

/* --- keys --------------------------------------------------------------------- */

static void print_row(const struct sp_schema_row *row, void *arg)
{
	const char *usual = !row->usual ? "needed" : *row->usual ? row->usual : "not set";

	(void)arg;
	printf("%-6s  %-14s  %-20s  %s%s%s\n", sp_section_word(row->section), row->word,
	       row->values, usual, row->engine ? "  keying = " : "",
	       row->engine ? row->engine : "");
}

static void append_row(const struct sp_schema_row *row, void *arg)
{
	json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:b, s:s?, s:s?}",
					     "section", sp_section_word(row->section),
					     "key", row->word, "values", row->values,
					     "needed", !row->usual,
					     "default", row->usual && *row->usual ? row->usual :
					     NULL, "keying", row->engine));
}

static int keys(struct cli *cli, int argc, char **argv)
{
	json_t *rows;

	(void)argv;
	if (argc)
		return CLI_USAGE;
	if (!cli->json) {
		sp_schema_each(print_row, NULL);
		return CLI_DONE;
	}
	rows = json_array();
	sp_schema_each(append_row, rows);
	return cli_print_json(cli, rows);
}

const struct verb cli_config_verbs[] = {
	VERB("show", show, "[FILE] [-j]", "prints a configuration as merged, with all defaults"),
	VERB("keys", keys, "[-j]", "prints which keys there are, their values and defaults"),
	{ 0 },
};
