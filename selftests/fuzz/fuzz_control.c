// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any lines on the socket of a daemon without peers: to each one answer, a JSON object that
 * says ok or has an error.
 *
 * Wants root.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/control.h"
#include "daemon/daemon.h"

enum { LINES_MAX = 1 << 15 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct daemon self;
static struct sockaddr_un at = { .sun_family = AF_UNIX };

static void must(int condition)
{
	if (!condition)
		abort();
}

static void on_problem(const char *text, void *arg)
{
	(void)text;
	(void)arg;
	abort();
}

static void start(void)
{
	char folder[] = "/tmp/fuzz_control.XXXXXX";
	struct sp_error err;

	must(mkdtemp(folder) != NULL);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/control", folder);
	self.base = event_base_new();
	self.config_path = "/nonexistent/spindle.conf";
	self.config = sp_config_load("/dev/null", on_problem, NULL);
	self.control = control_open(&self, at.sun_path, &err);
	must(self.control != NULL);
}

static int connect_client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	must(fd >= 0 && !connect(fd, (struct sockaddr *)&at, sizeof(at)));
	return fd;
}

static void turn(void)
{
	event_base_loop(self.base, EVLOOP_NONBLOCK);
}

static void say(int fd, const uint8_t *data, size_t size)
{
	if (size)
		must(send(fd, data, size, MSG_NOSIGNAL) == (ssize_t)size);
	turn();
}

/* Up to the end, which comes when all is answered. */
static json_t *hear(int fd)
{
	static char text[1 << 22];
	json_t *answers = json_array();
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, text + len, sizeof(text) - len, 0)) && len < sizeof(text)) {
		len += n > 0 ? (size_t)n : 0;
		turn();
	}
	for (const char *line = text, *end; line < text + len; line = end + 1) {
		end = memchr(line, '\n', len - (size_t)(line - text));
		must(end != NULL);
		must(!json_array_append_new(answers, json_loadb(line, (size_t)(end - line), 0,
								NULL)));
	}
	return answers;
}

static void check(const json_t *answers, const uint8_t *data, size_t size)
{
	size_t lines = 0, i;
	json_t *answer;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	must(json_array_size(answers) == lines);
	json_array_foreach((json_t *)answers, i, answer)
		must(json_is_true(json_object_get(answer, "ok")) ||
		     json_is_string(json_object_get(answer, "error")));
}

/* The first octet says after how many others they come in a second piece. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *answers;
	size_t cut;
	int fd;

	if (!size || size > LINES_MAX)
		return 0;
	if (!self.base)
		start();
	cut = data[0] < size - 1 ? data[0] : size - 1;
	data++;
	size--;
	fd = connect_client();
	say(fd, data, cut);
	say(fd, data + cut, size - cut);
	shutdown(fd, SHUT_WR);
	answers = hear(fd);
	check(answers, data, size);
	json_decref(answers);
	close(fd);
	return 0;
}
