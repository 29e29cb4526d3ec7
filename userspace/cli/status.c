// SPDX-License-Identifier: GPL-2.0-or-later
/* How the peers and their tunnels are. */
#include <stdio.h>
#include <string.h>
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

static void print_retry(const json_t *object, const char *indent, time_t now)
{
	long long next = number_of(object, "retry-at");
	char text[TEXT_LEN];

	if (next > now)
		printf("%s  next try    in %s\n", indent,
		       cli_text_seconds((uint64_t)(next - now), text));
}

static void print_instances(const json_t *tunnel)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(tunnel, "instances"), i, one) {
		printf("    %s: %s, %s to %s", control_string(one, "name"),
		       control_string(one, "state"), control_string(one, "local-ts"),
		       control_string(one, "remote-ts"));
		if (number_of(one, "generation"))
			printf(", generation %lld, %s", number_of(one, "generation"),
			       control_string(one, "alg"));
		putchar('\n');
		print_error(one, "    ");
	}
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
	print_retry(tunnel, "  ", now);
	print_problems(tunnel);
	print_instances(tunnel);
}

/* With RSA it is said by the profile, which tells more than how somebody proves itself. */
static const char *how_it_is_keyed(const json_t *peer)
{
	const char *profile = control_string(peer, "profile");

	return profile[0] ? profile : control_string(peer, "auth");
}

/* What only IKE has. */
static void print_ike(const json_t *peer)
{
	const char *phase = control_string(peer, "phase");
	const char *vendors = control_string(peer, "vendors");
	const char *local_spi = control_string(peer, "local-spi");

	if (phase[0])
		printf("  phase       %s\n", phase);
	if (local_spi[0])
		printf("  cookies     %s ours, %s the peer's\n", local_spi,
		       control_string(peer, "remote-spi")[0] ?
		       control_string(peer, "remote-spi") : "none yet");
	if (!strncmp(control_string(peer, "keying"), "ike", 3))
		printf("  identities  %s, and the peer's %s\n", control_string(peer, "local-id"),
		       control_string(peer, "remote-id"));
	if (vendors[0])
		printf("  peer knows  %s\n", vendors);
}

static void print_peer(const json_t *peer, time_t now)
{
	long long since = number_of(peer, "established");
	const char *remote = control_string(peer, "remote");
	char text[TEXT_LEN];
	const json_t *tunnel;
	size_t i;

	printf("peer %s: keying %s", control_string(peer, "name"), control_string(peer, "keying"));
	if (strcmp(control_string(peer, "keying"), "manual"))
		printf(" (%s), session %s", how_it_is_keyed(peer), control_string(peer, "state"));
	putchar('\n');
	if (control_string(peer, "remote-name")[0])
		printf("  remote      %s, %s\n", control_string(peer, "remote-name"),
		       *remote ? remote : "which has no address yet");
	if (since)
		printf("  since       %s\n", cli_text_ago((uint64_t)since, now, text));
	print_ike(peer);
	print_error(peer, "");
	print_retry(peer, "", now);
	json_array_foreach(json_object_get(peer, "tunnels"), i, tunnel)
		print_tunnel(tunnel, now);
}

/* For scripts: what is not up is told in a line, and by the exit status. */
static int check_status(struct cli *cli, const json_t *status)
{
	const char *first = NULL, *state = "";
	size_t i, j, n = 0, down = 0;
	const json_t *peer, *tunnel;

	json_array_foreach(json_object_get(status, "peers"), i, peer) {
		json_array_foreach(json_object_get(peer, "tunnels"), j, tunnel) {
			n++;
			if (!strcmp(control_string(tunnel, "state"), "up"))
				continue;
			if (!down++) {
				first = control_string(tunnel, "name");
				state = control_string(tunnel, "state");
			}
		}
	}
	if (!down)
		return CLI_DONE;
	cli_fail(cli, "tunnel %s is %s", first, state);
	if (down > 1)
		cli_fail(cli, "%zu of %zu tunnels are not up, the first is %s: %s", down, n, first,
			 state);
	return CLI_NOT_UP;
}

static void print_status(const json_t *status)
{
	const json_t *peer;
	size_t i;

	json_array_foreach(json_object_get(status, "peers"), i, peer) {
		if (i)
			putchar('\n');
		print_peer(peer, time(NULL));
	}
}

int cli_status(struct cli *cli, int argc, char **argv)
{
	struct control_arguments arguments;
	json_t *answer, *status;
	int ret = CLI_DONE;

	if (control_take(cli, &arguments, argc, argv, "--check"))
		return CLI_USAGE;
	answer = control_ask(cli, arguments.socket, json_pack("{s:s, s:s*}", "command", "status",
							      "name", arguments.name));
	if (!answer)
		return CLI_FAILED;
	status = json_object_get(answer, "status");
	if (cli->json)
		ret = cli_print_json(cli, json_incref(status));
	else if (!arguments.flag)
		print_status(status);
	if (!ret && arguments.flag)
		ret = check_status(cli, status);
	json_decref(answer);
	return ret;
}
