// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "name.h"
#include "number.h"
#include "show/json.h"
#include "text.h"

/* Interfaces of a name that were made here and have moved. */
struct moved {
	const char *ifname;
	struct sp_tunnel *tunnel;
	unsigned int n;
};

static int take_moved(const struct sp_device *device, void *arg)
{
	struct moved *moved = arg;

	if (!device->moved || strcmp(device->ifname, moved->ifname))
		return 0;
	moved->tunnel->ifindex = device->ifindex;
	moved->tunnel->netnsid = device->netnsid;
	moved->n++;
	return 0;
}

/* The tunnels of one that has moved stay here, and so are made here. */
static int find_moved(struct cli *cli, const char *ifname, struct sp_tunnel *tunnel)
{
	struct moved moved = { ifname, tunnel, 0 };

	if (cli_nl(cli) && sp_nl_device_dump(cli->nl, take_moved, &moved, &cli->err))
		return CLI_FAILED;
	if (!moved.n)
		return cli_fail(cli, "there is no interface %s", ifname);
	if (moved.n > 1)
		return cli_fail(cli, "%u interfaces %s have moved to other namespaces", moved.n,
				ifname);
	tunnel->fields |= SP_TUNNEL_IFINDEX | SP_TUNNEL_NETNSID;
	return CLI_DONE;
}

static int take_dev(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;
	const char *ifname = cli_next(cli, words);

	if (!ifname)
		return CLI_USAGE;
	tunnel->ifindex = if_nametoindex(ifname);
	if (!tunnel->ifindex)
		return find_moved(cli, ifname, tunnel);
	tunnel->fields |= SP_TUNNEL_IFINDEX;
	return CLI_DONE;
}

static int take_addr(struct cli *cli, struct words *words, struct sp_addr *addr)
{
	const char *text = cli_next(cli, words);

	return text && !sp_addr_parse(addr, text, &cli->err) ? CLI_DONE : CLI_USAGE;
}

static int take_local(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;

	tunnel->fields |= SP_TUNNEL_LOCAL;
	return take_addr(cli, words, &tunnel->local);
}

static int take_remote(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;

	tunnel->fields |= SP_TUNNEL_REMOTE;
	return take_addr(cli, words, &tunnel->remote);
}

/* One selector or several, separated by commas. */
static int take_selectors(struct cli *cli, struct words *words, struct sp_selectors *selectors)
{
	const char *text = cli_next(cli, words);
	char one[SP_TS_STRLEN];
	size_t len;

	for (; text; text = text[len] ? text + len + 1 : NULL) {
		len = strcspn(text, ",");
		if (selectors->n == SPINDLE_SELECTORS_MAX)
			return cli_usage(cli, "more than %d selectors", SPINDLE_SELECTORS_MAX);
		if (len >= sizeof(one))
			return cli_usage(cli, "\"%.*s\" is not a selector", (int)len, text);
		memcpy(one, text, len);
		one[len] = '\0';
		if (sp_ts_parse(&selectors->list[selectors->n], one, &cli->err))
			return CLI_USAGE;
		selectors->n++;
	}
	return selectors->n ? CLI_DONE : CLI_USAGE;
}

static int take_local_ts(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;

	tunnel->fields |= SP_TUNNEL_LOCAL_TS;
	return take_selectors(cli, words, &tunnel->local_ts);
}

static int take_remote_ts(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;

	tunnel->fields |= SP_TUNNEL_REMOTE_TS;
	return take_selectors(cli, words, &tunnel->remote_ts);
}

static int take_proto(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;
	const char *word = cli_next(cli, words);

	tunnel->fields |= SP_TUNNEL_PROTO;
	return !word || sp_name_proto_parse(&tunnel->proto, word, &cli->err) ? CLI_USAGE : CLI_DONE;
}

static const struct option words_of_tunnel[] = {
	{ "dev", take_dev, false },
	{ "local", take_local, false },
	{ "remote", take_remote, false },
	{ "local-ts", take_local_ts, true },
	{ "remote-ts", take_remote_ts, true },
	{ "proto", take_proto, false },
	{ 0 },
};

/* One that the library's table has. */
static int take_option(struct cli *cli, struct words *words, const char *word, void *object)
{
	const struct sp_option *option = sp_option_find(word);
	struct sp_tunnel *tunnel = object;
	char value[64] = "";
	size_t n = 1;

	if (!option)
		return CLI_UNKNOWN;
	if (tunnel->told & sp_option_bit(option))
		return cli_usage(cli, "given twice");
	for (size_t i = 0; i < n; i++) {
		const char *text = cli_next(cli, words);
		size_t len = strlen(value);

		if (!text)
			return CLI_USAGE;
		if (!i)
			n = sp_option_words(option, text);
		snprintf(value + len, sizeof(value) - len, "%s%s", i ? " " : "", text);
	}
	if (sp_option_parse(option, &tunnel->options, value, &cli->err))
		return CLI_USAGE;
	tunnel->told |= sp_option_bit(option);
	return CLI_DONE;
}

/* NAME and options, for add and set. */
static int take_tunnel(struct cli *cli, int argc, char **argv, struct sp_tunnel *tunnel)
{
	struct words words = { argc, argv };
	int ret;

	if (!argc)
		return CLI_USAGE;
	tunnel->options = sp_options_usual();
	ret = cli_next_name(cli, &words, tunnel->name);
	if (ret)
		return ret;
	ret = cli_take_options(cli, words_of_tunnel, take_option, &words, tunnel);
	if (ret)
		sp_fail_in(&cli->err, "tunnel %s", tunnel->name);
	return ret;
}

/* In transport mode the selectors are the outer addresses and need not be said. */
static void select_hosts(struct sp_tunnel *tunnel)
{
	unsigned int hosts = SP_TUNNEL_LOCAL | SP_TUNNEL_REMOTE;

	if ((tunnel->fields & hosts) != hosts)
		return;
	if (!(tunnel->fields & SP_TUNNEL_LOCAL_TS))
		tunnel->local_ts = sp_selectors_host(&tunnel->local);
	if (!(tunnel->fields & SP_TUNNEL_REMOTE_TS))
		tunnel->remote_ts = sp_selectors_host(&tunnel->remote);
	tunnel->fields |= SP_TUNNEL_LOCAL_TS | SP_TUNNEL_REMOTE_TS;
}

static int add(struct cli *cli, int argc, char **argv)
{
	static const struct {
		unsigned int field;
		const char *word;
	} needed[] = {
		{ SP_TUNNEL_IFINDEX, "dev" },
		{ SP_TUNNEL_LOCAL, "local" },
		{ SP_TUNNEL_REMOTE, "remote" },
		{ SP_TUNNEL_LOCAL_TS, "local-ts" },
		{ SP_TUNNEL_REMOTE_TS, "remote-ts" },
	};
	struct sp_tunnel tunnel = { 0 };
	int ret = take_tunnel(cli, argc, argv, &tunnel);

	if (ret)
		return ret;
	if (tunnel.options.mode == SPINDLE_MODE_TRANSPORT)
		select_hosts(&tunnel);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!(tunnel.fields & needed[i].field))
			return cli_usage(cli, "tunnel %s: %s is missing", tunnel.name,
					 needed[i].word);
	if (!cli_nl(cli))
		return CLI_FAILED;
	return sp_nl_tunnel_new(cli->nl, &tunnel, &cli->err) ? CLI_FAILED : CLI_DONE;
}

static int set(struct cli *cli, int argc, char **argv)
{
	struct sp_tunnel tunnel = { 0 };
	int ret = take_tunnel(cli, argc, argv, &tunnel);

	if (ret)
		return ret;
	if (!tunnel.fields && !tunnel.told)
		return cli_usage(cli, "tunnel %s: nothing to set", tunnel.name);
	if (!cli_nl(cli))
		return CLI_FAILED;
	return sp_nl_tunnel_set(cli->nl, &tunnel, &cli->err) ? CLI_FAILED : CLI_DONE;
}

static int show_tunnel(const struct sp_tunnel *tunnel, void *arg)
{
	struct cli_show *out = arg;

	if (out->array)
		return cli_show_json(out, sp_json_tunnel(tunnel));
	cli_show_text(out);
	cli_text_tunnel(stdout, tunnel);
	return 0;
}

/* All, those of a device, or one. */
static int show(struct cli *cli, int argc, char **argv)
{
	bool of_device = argc == 2 && !strcmp(argv[0], "dev");
	struct sp_tunnel tunnel;
	uint32_t ifindex = 0;
	struct cli_show out;
	int ret;

	if (argc > 1 && !of_device)
		return CLI_USAGE;
	if (of_device)
		ifindex = if_nametoindex(argv[1]);
	if (of_device && !ifindex)
		return cli_fail(cli, "there is no interface %s", argv[1]);
	if (!cli_nl(cli))
		return CLI_FAILED;
	cli_show_begin(&out, cli);
	if (argc != 1)
		ret = sp_nl_tunnel_dump(cli->nl, ifindex, show_tunnel, &out, &cli->err);
	else if (!sp_nl_tunnel_get(cli->nl, argv[0], &tunnel, &cli->err))
		ret = show_tunnel(&tunnel, &out);
	else
		ret = -1;
	return cli_show_end(&out, ret);
}

static int del(struct cli *cli, int argc, char **argv)
{
	if (argc != 1)
		return CLI_USAGE;
	if (!cli_nl(cli))
		return CLI_FAILED;
	return sp_nl_tunnel_del(cli->nl, argv[0], &cli->err) ? CLI_FAILED : CLI_DONE;
}

const struct verb cli_tunnel_verbs[] = {
	{ "add", add,
	  "NAME dev DEV local ADDR remote ADDR local-ts SELECTOR[,...] remote-ts SELECTOR[,...]\n"
	  "\t[proto esp|ah] [OPTION VALUE]...", "adds a tunnel", NULL, true },
	{ "set", set,
	  "NAME [local ADDR] [remote ADDR] [local-ts SELECTOR[,...]] [remote-ts SELECTOR[,...]]\n"
	  "\t[OPTION VALUE]...", "changes what is named, in one step", NULL, true },
	VERB("show", show, "[NAME | dev DEV] [-j]",
	     "shows one tunnel, all, or those of an interface"),
	VERB("del", del, "NAME", "deletes a tunnel and its SAs"),
	{ 0 },
};
