// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "name.h"
#include "number.h"
#include "text.h"

static int take_dev(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;
	const char *ifname = cli_next(cli, words);

	if (!ifname)
		return CLI_USAGE;
	tunnel->ifindex = if_nametoindex(ifname);
	if (!tunnel->ifindex)
		return cli_fail(cli, "there is no interface %s", ifname);
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

static int take_ah_align(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;
	const char *text = cli_next(cli, words);

	if (!text)
		return CLI_USAGE;
	if (strcmp(text, "4") && strcmp(text, "8"))
		return cli_usage(cli, "\"%s\" is not 4 or 8", text);
	tunnel->fields |= SP_TUNNEL_AH_ALIGN;
	tunnel->ah_align = (uint8_t)(text[0] - '0');
	return CLI_DONE;
}

static int take_mode(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;
	const char *word = cli_next(cli, words);

	tunnel->fields |= SP_TUNNEL_MODE;
	return !word || sp_name_mode_parse(&tunnel->mode, word, &cli->err) ? CLI_USAGE : CLI_DONE;
}

static int take_u32(struct cli *cli, struct words *words, uint32_t max, uint32_t *value)
{
	const char *text = cli_next(cli, words);
	uint64_t number;

	if (!text || sp_number_parse(&number, text, 0, max, &cli->err))
		return CLI_USAGE;
	*value = (uint32_t)number;
	return CLI_DONE;
}

static int take_replay_window(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;

	tunnel->fields |= SP_TUNNEL_REPLAY_WINDOW;
	return take_u32(cli, words, SPINDLE_REPLAY_MAX, &tunnel->replay_window);
}

static int take_df(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;
	const char *word = cli_next(cli, words);

	tunnel->fields |= SP_TUNNEL_DF;
	return !word || sp_name_df_parse(&tunnel->df, word, &cli->err) ? CLI_USAGE : CLI_DONE;
}

static int take_dscp(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;
	const char *text = cli_next(cli, words);
	uint64_t number = SPINDLE_DSCP_COPY;

	if (!text)
		return CLI_USAGE;
	if (strcmp(text, "copy") &&
	    sp_number_parse(&number, text, 0, SPINDLE_DSCP_COPY - 1, &cli->err))
		return CLI_USAGE;
	tunnel->fields |= SP_TUNNEL_DSCP;
	tunnel->dscp = (uint8_t)number;
	return CLI_DONE;
}

static int take_tfc(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;
	const char *text = cli_next(cli, words);

	if (!text || sp_name_tfc_parse(&tunnel->tfc, text, &cli->err))
		return CLI_USAGE;
	tunnel->fields |= SP_TUNNEL_TFC;
	return CLI_DONE;
}

/* encap udp SPORT DPORT, or encap none. */
static int take_encap(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;
	const char *word = cli_next(cli, words);
	uint64_t ports[2] = { 0 };

	if (!word)
		return CLI_USAGE;
	if (strcmp(word, "udp") && strcmp(word, "none"))
		return cli_usage(cli, "\"%s\" is not udp or none", word);
	for (size_t i = 0; i < 2 && !strcmp(word, "udp"); i++) {
		const char *text = cli_next(cli, words);

		if (!text || sp_number_parse(&ports[i], text, 1, UINT16_MAX, &cli->err))
			return CLI_USAGE;
	}
	tunnel->fields |= SP_TUNNEL_ENCAP;
	tunnel->encap = (struct sp_encap){ (uint16_t)ports[0], (uint16_t)ports[1] };
	return CLI_DONE;
}

static int take_u16(struct cli *cli, struct words *words, uint16_t *value)
{
	uint32_t number = 0;
	int ret = take_u32(cli, words, UINT16_MAX, &number);

	*value = (uint16_t)number;
	return ret;
}

static int take_keepalive(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;

	tunnel->fields |= SP_TUNNEL_KEEPALIVE;
	return take_u16(cli, words, &tunnel->keepalive);
}

static int take_dummy(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;

	tunnel->fields |= SP_TUNNEL_DUMMY;
	return take_u16(cli, words, &tunnel->dummy);
}

static int take_switch(struct cli *cli, struct words *words, uint8_t *on)
{
	const char *word = cli_next(cli, words);

	if (!word)
		return CLI_USAGE;
	if (strcmp(word, "on") && strcmp(word, "off"))
		return cli_usage(cli, "\"%s\" is not on or off", word);
	*on = !strcmp(word, "on");
	return CLI_DONE;
}

static int take_follow(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;

	tunnel->fields |= SP_TUNNEL_FOLLOW;
	return take_switch(cli, words, &tunnel->follow);
}

static int take_clamp_mss(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;

	tunnel->fields |= SP_TUNNEL_CLAMP_MSS;
	return take_switch(cli, words, &tunnel->clamp_mss);
}

static int take_fwmark(struct cli *cli, struct words *words, void *object)
{
	struct sp_tunnel *tunnel = object;

	tunnel->fields |= SP_TUNNEL_FWMARK;
	return take_u32(cli, words, UINT32_MAX, &tunnel->fwmark);
}

static const struct option options[] = {
	{ "dev", take_dev, false },
	{ "local", take_local, false },
	{ "remote", take_remote, false },
	{ "local-ts", take_local_ts, true },
	{ "remote-ts", take_remote_ts, true },
	{ "proto", take_proto, false },
	{ "ah-align", take_ah_align, false },
	{ "mode", take_mode, false },
	{ "replay-window", take_replay_window, false },
	{ "df", take_df, false },
	{ "dscp", take_dscp, false },
	{ "tfc", take_tfc, false },
	{ "fwmark", take_fwmark, false },
	{ "encap", take_encap, false },
	{ "keepalive", take_keepalive, false },
	{ "follow", take_follow, false },
	{ "dummy", take_dummy, false },
	{ "clamp-mss", take_clamp_mss, false },
	{ 0 },
};

/* NAME and options, for add and set. */
static int take_tunnel(struct cli *cli, int argc, char **argv, struct sp_tunnel *tunnel)
{
	struct words words = { argc, argv };
	int ret;

	if (!argc)
		return CLI_USAGE;
	ret = cli_next_name(cli, &words, tunnel->name);
	if (ret)
		return ret;
	ret = cli_take_options(cli, options, &words, tunnel);
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
	if (tunnel.mode == SPINDLE_MODE_TRANSPORT)
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
	if (!tunnel.fields)
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

static int show(struct cli *cli, int argc, char **argv)
{
	struct sp_tunnel tunnel;
	struct cli_show out;
	int ret;

	if (argc > 1)
		return CLI_USAGE;
	if (!cli_nl(cli))
		return CLI_FAILED;
	cli_show_begin(&out, cli);
	if (!argc)
		ret = sp_nl_tunnel_dump(cli->nl, show_tunnel, &out, &cli->err);
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
	  "\t[proto esp|ah] [mode tunnel|transport] [encap none|udp SPORT DPORT]\n"
	  "\t[keepalive SECONDS] [follow on|off] [replay-window N] [df copy|set|clear]\n"
	  "\t[dscp copy|N] [tfc N|mtu] [dummy MILLISECONDS] [clamp-mss on|off] [fwmark N]\n"
	  "\t[ah-align 4|8]", NULL },
	{ "set", set, "NAME OPTION...", NULL },
	{ "show", show, "[NAME] [-j]", NULL },
	{ "del", del, "NAME", NULL },
	{ 0 },
};
