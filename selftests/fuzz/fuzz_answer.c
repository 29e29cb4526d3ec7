// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever answers the command on spindled's socket: what it prints holds no field that is
 * not there, and is JSON if that was asked for; or the command fails, and says why.
 */
#include <jansson.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/cli.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct verb verbs[] = {
	VERB("up", cli_up, "", ""),
	VERB("down", cli_down, "", ""),
	VERB("status", cli_status, "", ""),
	VERB("reload", cli_reload, "", ""),
	{ 0 },
};

static struct sockaddr_un at = { .sun_family = AF_UNIX };
/*
 * Set before the command connects, which the other thread waits for.  That holds the lock from
 * the question on, so that who has had an answer and gets the lock knows that it is sent.
 */
static const uint8_t *answer;
static size_t answer_len;
static pthread_mutex_t answering = PTHREAD_MUTEX_INITIALIZER;

static void must(int condition)
{
	if (!condition)
		abort();
}

static void *serve(void *arg)
{
	int listener = *(int *)arg;
	char question[256];

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		must(fd >= 0);
		pthread_mutex_lock(&answering);
		must(recv(fd, question, sizeof(question), 0) > 0);
		send(fd, answer, answer_len, MSG_NOSIGNAL);
		close(fd);
		pthread_mutex_unlock(&answering);
	}
	return NULL;
}

static void start(void)
{
	static int listener;
	char folder[] = "/tmp/fuzz_answer.XXXXXX";
	pthread_t thread;

	must(mkdtemp(folder) != NULL);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/control", folder);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(listener >= 0 && !bind(listener, (struct sockaddr *)&at, sizeof(at)) &&
	     !listen(listener, 1));
	must(!pthread_create(&thread, NULL, serve, &listener));
}

/* Returns what it prints. */
static char *run(struct cli *cli, const struct verb *verb)
{
	char *argv[] = { (char *)"t", (char *)"-s", at.sun_path };
	int ofs = verb->run == cli_reload || verb->run == cli_status;
	FILE *usual = stdout;
	char *text = NULL;
	size_t len;
	int ret;

	stdout = open_memstream(&text, &len);
	must(stdout != NULL);
	ret = verb->run(cli, 3 - ofs, argv + ofs);
	pthread_mutex_lock(&answering);
	pthread_mutex_unlock(&answering);
	fclose(stdout);
	stdout = usual;
	must(!ret == !cli->err.text[0]);
	return text;
}

/* The first octet is the verb, and whether it prints JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cli cli = { 0 };
	char *text;

	if (!size)
		return 0;
	if (!at.sun_path[0])
		start();
	cli.json = data[0] & 4;
	answer = data + 1;
	answer_len = size - 1;
	text = run(&cli, &verbs[data[0] & 3]);
	must(!strstr(text, "(null)") || memmem(data, size, "(null)", 6));
	if (cli.json && !cli.err.text[0]) {
		json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

		must(value != NULL);
		json_decref(value);
	}
	free(text);
	return 0;
}
