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

int control_take(struct control_arguments *arguments, int argc, char **argv, const char *flag)
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
	return CLI_DONE;
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

static json_t *converse(struct cli *cli, FILE *stream, const json_t *request)
{
	json_t *answer = NULL;
	json_error_t err;
	char *line = NULL;
	size_t size = 0;
	ssize_t len = 0;

	if (!request)
		cli_fail(cli, "a name that is no UTF-8 cannot be asked about");
	else if (send_request(fileno(stream), request))
		cli_fail(cli, "spindled cannot be asked: %s", strerror(errno));
	else if ((len = getline(&line, &size, stream)) < 0 && ferror(stream) && errno == EAGAIN)
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

json_t *control_ask(struct cli *cli, const char *socket, json_t *request)
{
	FILE *stream = reach(cli, socket);
	json_t *answer = NULL;
	const char *error;

	if (stream) {
		answer = converse(cli, stream, request);
		fclose(stream);
	}
	json_decref(request);
	if (!answer || json_is_true(json_object_get(answer, "ok")))
		return answer;
	error = control_string(answer, "error");
	print_problems(json_object_get(answer, "problems"));
	cli_fail(cli, "%s", error[0] ? error : "spindled says neither that it did it nor why not");
	json_decref(answer);
	return NULL;
}

/* One of the verbs that name a tunnel. */
static json_t *command(struct cli *cli, const char *word, int argc, char **argv, int *ret)
{
	struct control_arguments arguments;
	json_t *answer;

	*ret = control_take(&arguments, argc, argv, NULL);
	if (*ret || !arguments.name) {
		*ret = CLI_USAGE;
		return NULL;
	}
	answer = control_ask(cli, arguments.socket, json_pack("{s:s, s:s}", "command", word,
							      "name", arguments.name));
	if (!answer)
		*ret = CLI_FAILED;
	return answer;
}

static int print_generation(struct cli *cli, json_t *answer)
{
	if (cli->json)
		return cli_print_json(cli, answer);
	printf("tunnel %s is up, generation %lld, %s\n",
	       control_string(answer, "tunnel"),
	       (long long)json_integer_value(json_object_get(answer, "generation")),
	       control_string(answer, "alg"));
	json_decref(answer);
	return CLI_DONE;
}

int cli_up(struct cli *cli, int argc, char **argv)
{
	int ret;
	json_t *answer = command(cli, "up", argc, argv, &ret);

	return answer ? print_generation(cli, answer) : ret;
}

int cli_rekey(struct cli *cli, int argc, char **argv)
{
	int ret;
	json_t *answer = command(cli, "rekey", argc, argv, &ret);

	return answer ? print_generation(cli, answer) : ret;
}

int cli_down(struct cli *cli, int argc, char **argv)
{
	int ret;
	json_t *answer = command(cli, "down", argc, argv, &ret);

	if (answer && cli->json)
		return cli_print_json(cli, answer);
	json_decref(answer);
	return ret;
}

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

	if (control_take(&arguments, argc, argv, "--plan") || arguments.name)
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
