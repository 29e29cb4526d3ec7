// SPDX-License-Identifier: GPL-2.0-or-later
/* The verbs that spindled carries out: up, down, rekey and reload. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

#define CONTROL_PATH "/run/spindle/control"

/* More than a daemon takes for what it waits for, which is half a minute. */
enum { PATIENCE_SECONDS = 60 };

int control_take(struct cli *cli, struct control_arguments *arguments, int argc, char **argv,
		 const char *flag)
{
	const char *from_environment = getenv("SPINDLE_CONTROL");

	*arguments = (struct control_arguments){
		.socket = from_environment ? from_environment : CONTROL_PATH,
	};
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "-s") && i + 1 < argc)
			arguments->socket = argv[++i];
		else if (flag && !strcmp(argv[i], flag))
			arguments->flag = true;
		else if (argv[i][0] != '-' && !arguments->name)
			arguments->name = argv[i];
		else
			return CLI_USAGE;
	}
	return arguments->name ? cli_check_name(cli, arguments->name) : CLI_DONE;
}

/* For each step; a stuck daemon does not hold up whoever asks. */
static void limit_patience(int fd)
{
	const struct timeval limit = { .tv_sec = PATIENCE_SECONDS };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static FILE *reach(struct cli *cli, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	FILE *stream = NULL;
	int fd;

	if (strlen(path) >= sizeof(at.sun_path)) {
		cli_fail(cli, "%s: too long for a socket", path);
		return NULL;
	}
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		limit_patience(fd);
	if (fd >= 0 && !connect(fd, (const struct sockaddr *)&at, sizeof(at)))
		stream = fdopen(fd, "r+");
	if (stream)
		return stream;
	if (errno == EACCES && geteuid())
		cli_fail(cli, "%s: only root may ask", path);
	else if (errno == EAGAIN)
		cli_fail(cli, "%s: spindled is stuck: it takes no connections", path);
	else
		cli_fail(cli, "%s: %s (is spindled running?)", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* A daemon that turns somebody away does not read; what it says is there all the same. */
static int send_request(int fd, const json_t *request)
{
	char *line = request ? json_dumps(request, JSON_COMPACT) : NULL;
	size_t len = line ? strlen(line) : 0, sent = 0;
	ssize_t n = 0;

	if (!line)
		return -1;
	line[len] = '\n';		/* in place of the end */
	while (sent <= len && (n >= 0 || errno == EINTR)) {
		n = send(fd, line + sent, len + 1 - sent, MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
	}
	free(line);
	return sent > len || errno == EPIPE ? 0 : -1;
}

static int put_request(struct cli *cli, FILE *stream, const json_t *request)
{
	if (!request)
		return cli_fail(cli, "a name that is no UTF-8 cannot be asked about");
	if (send_request(fileno(stream), request))
		return cli_fail(cli, "spindled cannot be asked: %s", strerror(errno));
	return CLI_DONE;
}

static json_t *take_answer(struct cli *cli, FILE *stream)
{
	json_t *answer = NULL;
	json_error_t err;
	char *line = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, stream);

	if (len < 0 && ferror(stream) && errno == EAGAIN)
		cli_fail(cli, "spindled has not answered within %d seconds", PATIENCE_SECONDS);
	else if (len < 0)
		cli_fail(cli, "spindled has hung up");
	else if (!(answer = json_loadb(line, (size_t)len, 0, &err)))
		cli_fail(cli, "spindled answers what is not JSON: %s", err.text);
	free(line);
	return answer;
}

const char *control_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Every mistake of a configuration has a line of its own. */
static void print_problems(const json_t *problems)
{
	const json_t *problem;
	size_t i;

	json_array_foreach((json_t *)problems, i, problem)
		if (json_is_string(problem))
			fprintf(stderr, "%s\n", json_string_value(problem));
}

/* What of an answer is an error; takes it over unless it is none. */
static json_t *judge(struct cli *cli, json_t *answer)
{
	const char *error;

	if (!answer || json_is_true(json_object_get(answer, "ok")))
		return answer;
	error = control_string(answer, "error");
	print_problems(json_object_get(answer, "problems"));
	cli_fail(cli, "%s", error[0] ? error : "spindled says neither that it did it nor why not");
	json_decref(answer);
	return NULL;
}

json_t *control_ask(struct cli *cli, const char *socket, json_t *request)
{
	FILE *stream = reach(cli, socket);
	json_t *answer = NULL;

	if (stream) {
		if (!put_request(cli, stream, request))
			answer = take_answer(cli, stream);
		fclose(stream);
	}
	json_decref(request);
	return judge(cli, answer);
}

/* --- up, down, rekey ---------------------------------------------------------- */

/* The tunnels that a name of a peer stands for, or "all"; NULL if it stands for itself. */
static json_t *find_tunnels(const char *socket, const char *name)
{
	struct cli quiet = { .json = true };
	bool all = !strcmp(name, "all");
	json_t *answer, *peer, *tunnel, *names = json_array();
	size_t i, j;

	answer = control_ask(&quiet, socket, json_pack("{s:s, s:s*}", "command", "status",
						       "name", all ? NULL : name));
	json_array_foreach(json_object_get(json_object_get(answer, "status"), "peers"), i, peer) {
		if (all && !strcmp(control_string(peer, "keying"), "manual"))
			continue;
		json_array_foreach(json_object_get(peer, "tunnels"), j, tunnel) {
			if (!strcmp(control_string(tunnel, "name"), name)) {
				json_decref(names);
				json_decref(answer);
				return NULL;
			}
			if (*control_string(tunnel, "name"))
				json_array_append(names, json_object_get(tunnel, "name"));
		}
	}
	if (json_array_size(names) || (all && answer)) {
		json_decref(answer);
		return names;
	}
	json_decref(answer);
	json_decref(names);
	return NULL;
}

static void print_answer(const json_t *answer)
{
	if (!json_object_get(answer, "generation"))
		return;
	printf("tunnel %s is up, generation %lld, %s\n",
	       control_string(answer, "tunnel"),
	       (long long)json_integer_value(json_object_get(answer, "generation")),
	       control_string(answer, "alg"));
}

/* A question that was put, of several at once. */
struct asked {
	FILE *stream;
	struct cli cli;
};

/* As many wait at once as the daemon lets wait, and others want something of it, too. */
enum { ASKED_MAX = 32 };

static void ask_one(struct asked *asked, const char *socket, const char *word, const char *name)
{
	json_t *request = json_pack("{s:s, s:s}", "command", word, "name", name);

	asked->stream = reach(&asked->cli, socket);
	if (asked->stream && put_request(&asked->cli, asked->stream, request)) {
		fclose(asked->stream);
		asked->stream = NULL;
	}
	json_decref(request);
}

/* Takes the answer; what went wrong is told at once, as others may be better off. */
static bool hear_one(struct asked *asked, json_t *answers)
{
	json_t *answer = NULL;

	if (asked->stream) {
		answer = judge(&asked->cli, take_answer(&asked->cli, asked->stream));
		fclose(asked->stream);
	}
	if (!answer)
		fprintf(stderr, "spindle: %s\n", asked->cli.err.text);
	else if (answers)
		json_array_append(answers, answer);
	else
		print_answer(answer);
	json_decref(answer);
	return answer;
}

static int command_all(struct cli *cli, const char *word, const char *socket, json_t *names)
{
	json_t *answers = cli->json ? json_array() : NULL;
	size_t n = json_array_size(names), failed = 0;
	struct asked *asked = calloc(ASKED_MAX, sizeof(*asked));
	int ret = CLI_DONE;

	if (!asked)
		return cli_fail(cli, "out of memory");
	for (size_t first = 0; first < n; first += ASKED_MAX) {
		size_t end = first + ASKED_MAX < n ? first + ASKED_MAX : n;

		memset(asked, 0, ASKED_MAX * sizeof(*asked));
		for (size_t i = first; i < end; i++)
			ask_one(&asked[i - first], socket, word,
				json_string_value(json_array_get(names, i)));
		for (size_t i = first; i < end; i++)
			failed += !hear_one(&asked[i - first], answers);
	}
	free(asked);
	if (answers)
		ret = cli_print_json(cli, answers);
	return failed ? cli_fail(cli, "%s: %zu of %zu tunnels failed", word, failed, n) : ret;
}

/* One of the verbs that name a tunnel, a peer, or all. */
static int command(struct cli *cli, const char *word, int argc, char **argv)
{
	struct control_arguments arguments;
	json_t *answer, *names;
	int ret;

	if (control_take(cli, &arguments, argc, argv, NULL) || !arguments.name)
		return CLI_USAGE;
	names = find_tunnels(arguments.socket, arguments.name);
	if (names) {
		ret = command_all(cli, word, arguments.socket, names);
		json_decref(names);
		return ret;
	}
	answer = control_ask(cli, arguments.socket, json_pack("{s:s, s:s}", "command", word,
							      "name", arguments.name));
	if (!answer)
		return CLI_FAILED;
	if (cli->json)
		return cli_print_json(cli, answer);
	print_answer(answer);
	json_decref(answer);
	return CLI_DONE;
}

int cli_up(struct cli *cli, int argc, char **argv)
{
	return command(cli, "up", argc, argv);
}

int cli_rekey(struct cli *cli, int argc, char **argv)
{
	return command(cli, "rekey", argc, argv);
}

int cli_down(struct cli *cli, int argc, char **argv)
{
	return command(cli, "down", argc, argv);
}

/* --- reload ------------------------------------------------------------------- */

static void print_changes(const json_t *changes)
{
	const json_t *change;
	size_t i;

	json_array_foreach((json_t *)changes, i, change) {
		const char *why = control_string(change, "why");

		printf("%-9s  %s%s%s%s\n", control_string(change, "change"),
		       control_string(change, "tunnel"), *why ? " (" : "", why, *why ? ")" : "");
	}
}

int cli_reload(struct cli *cli, int argc, char **argv)
{
	struct control_arguments arguments;
	json_t *answer;

	if (control_take(cli, &arguments, argc, argv, "--plan") || arguments.name)
		return CLI_USAGE;
	answer = control_ask(cli, arguments.socket,
			     json_pack("{s:s, s:b}", "command", "reload", "plan", arguments.flag));
	if (!answer)
		return CLI_FAILED;
	if (cli->json)
		return cli_print_json(cli, answer);
	print_changes(json_object_get(answer, "changes"));
	json_decref(answer);
	return CLI_DONE;
}
