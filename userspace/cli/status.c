// SPDX-License-Identifier: GPL-2.0-or-later
/* How the peers and their tunnels are. */
#include <stdio.h>
#include <time.h>

#include "control.h"
#include "text.h"

static long long number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_error(const json_t *object, const char *indent)
{
	const char *error = control_string(object, "last-error");

	if (error[0])
		printf("%s  last error  %s\n", indent, error);
}

static void print_problems(const json_t *tunnel)
{
	const json_t *problem;
	size_t i;

	json_array_foreach(json_object_get(tunnel, "problems"), i, problem)
		if (json_is_string(problem))
			printf("    problem     %s\n", json_string_value(problem));
}

static void print_tunnel(const json_t *tunnel, time_t now)
{
	long long since = number_of(tunnel, "established"), next = number_of(tunnel, "rekey-at");
	char text[TEXT_LEN];

	printf("  tunnel %s: %s", control_string(tunnel, "name"), control_string(tunnel, "state"));
	if (number_of(tunnel, "generation"))
		printf(", generation %lld, %s", number_of(tunnel, "generation"),
		       control_string(tunnel, "alg"));
	putchar('\n');
	if (since)
		printf("    since       %s, %lld refreshes\n",
		       cli_text_ago((uint64_t)since, now, text), number_of(tunnel, "rekeys"));
	if (next > now)
		printf("    refresh     in %s\n", cli_text_seconds((uint64_t)(next - now), text));
	print_error(tunnel, "  ");
	print_problems(tunnel);
}

static void print_peer(const json_t *peer, time_t now)
{
	long long since = number_of(peer, "established");
	const char *remote = control_string(peer, "remote");
	char text[TEXT_LEN];
	const json_t *tunnel;
	size_t i;

	printf("peer %s: keying %s", control_string(peer, "name"), control_string(peer, "keying"));
	if (json_object_get(peer, "profile"))
		printf(" (%s), session %s", control_string(peer, "profile"),
		       control_string(peer, "state"));
	putchar('\n');
	if (control_string(peer, "remote-name")[0])
		printf("  remote      %s, %s\n", control_string(peer, "remote-name"),
		       *remote ? remote : "which has no address yet");
	if (since)
		printf("  since       %s\n", cli_text_ago((uint64_t)since, now, text));
	print_error(peer, "");
	json_array_foreach(json_object_get(peer, "tunnels"), i, tunnel)
		print_tunnel(tunnel, now);
}

int cli_status(struct cli *cli, int argc, char **argv)
{
	struct control_arguments arguments;
	const json_t *peer;
	json_t *answer, *status;
	size_t i;

	if (control_take(&arguments, argc, argv, NULL))
		return CLI_USAGE;
	answer = control_ask(cli, arguments.socket, json_pack("{s:s, s:s*}", "command", "status",
							      "name", arguments.name));
	if (!answer)
		return CLI_FAILED;
	status = json_object_get(answer, "status");
	if (cli->json) {
		json_incref(status);
		json_decref(answer);
		return cli_print_json(cli, status);
	}
	json_array_foreach(json_object_get(status, "peers"), i, peer) {
		if (i)
			putchar('\n');
		print_peer(peer, time(NULL));
	}
	json_decref(answer);
	return CLI_DONE;
}
