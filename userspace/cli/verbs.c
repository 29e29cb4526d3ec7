// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of verbs: help, usage errors and completion are made of it. */
#include "cli.h"

static int help(struct cli *cli, int argc, char **argv)
{
	return cli_help(cli, cli_verbs, argc, argv);
}

static int completion(struct cli *cli, int argc, char **argv)
{
	return cli_completion(cli, cli_verbs, argc, argv);
}

const struct verb cli_verbs[] = {
	VERB("show", cli_show, "[TUNNEL|PEER] [-s SOCKET] [-j]",
	     "shows all of a tunnel: its ends, keys and traffic, and why it is not up"),
	VERB("status", cli_status, "[PEER|TUNNEL] [--check] [-s SOCKET] [-j]",
	     "tells how keying goes; with --check by its exit status: 0 if all is up, 3 if not"),
	VERB("up", cli_up, "TUNNEL|PEER|all [-s SOCKET] [-j]",
	     "agrees on keys and waits for the outcome"),
	VERB("down", cli_down, "TUNNEL|PEER|all [-s SOCKET] [-j]",
	     "deletes the keys on both sides, until up"),
	VERB("rekey", cli_rekey, "TUNNEL|PEER|all [-s SOCKET] [-j]",
	     "agrees on new keys now; no packet is lost"),
	VERB("reload", cli_reload, "[--plan] [-s SOCKET] [-j]",
	     "makes spindled read its configuration again, or tells what that would change"),
	VERB("check", cli_check, "[FILE] [-j]",
	     "tells every mistake of a configuration"),
	NOUN("config", cli_config_verbs, "what a configuration comes to"),
	NOUN("key", cli_key_verbs, "keys that prove who a host is"),
	NOUN("tunnel", cli_tunnel_verbs, "the kernel's tunnels, by hand"),
	NOUN("sa", cli_sa_verbs, "the kernel's Security Associations, by hand"),
	NOUN("device", cli_device_verbs, "interfaces of kind spindle"),
	NOUN("alg", cli_alg_verbs, "algorithms that the kernel has"),
	VERB("monitor", cli_monitor, "[-j]",
	     "prints events as they happen"),
	VERB("trace", cli_trace, "[-j]",
	     "prints each packet that is dropped, and why"),
	VERB("explain", cli_explain, "states",
	     "prints what keying does in which state: the exchanges of IKEv1"),
	VERB("help", help, "[VERB]",
	     "tells how verbs are used"),
	VERB("completion", completion, "bash|zsh",
	     "prints a script by which that shell completes words of this command"),
	{ 0 },
};
