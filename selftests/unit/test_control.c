// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket of a daemon without peers, and who asks there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/control.h"
#include "daemon/daemon.h"

enum { CLIENTS = 128 };

static char folder[] = "/tmp/test_control.XXXXXX";
static struct sockaddr_un at = { .sun_family = AF_UNIX };
static struct daemon self;

static void turn(void)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(self.base, EVLOOP_NONBLOCK);
}

static int connect_client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	turn();
	return fd;
}

/* What the client is told, up to now. */
static const char *hear(int fd)
{
	static char text[4096];
	ssize_t len;

	turn();
	len = recv(fd, text, sizeof(text) - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void say(int fd, const char *line)
{
	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
}

static const char *ask(const char *line)
{
	int fd = connect_client();
	const char *answer;

	say(fd, line);
	answer = hear(fd);
	close(fd);
	turn();
	return answer;
}

static void need_root(void)
{
	if (geteuid())
		skip();
}

static void test_refuses_what_it_does_not_know(void **state)
{
	(void)state;
	need_root();
	assert_string_equal(ask("{\"command\":\"status\"}\n"),
			    "{\"ok\":true,\"status\":{\"peers\":[]}}\n");
	assert_string_equal(ask("{\"command\":\"reload\",\"plan\":\"yes\"}\n"),
			    "{\"error\":\"plan is neither true nor false\"}\n");
	assert_string_equal(ask("{\"command\":\"reload\",\"plan\":1}\n"),
			    "{\"error\":\"plan is neither true nor false\"}\n");
	assert_non_null(strstr(ask("{\"command\":\"reload\",\"dry\":true}\n"), "is none of"));
	assert_string_equal(ask("{\"command\":\"status\",\"name\":7}\n"),
			    "{\"error\":\"name is no text\"}\n");
	assert_string_equal(ask("{\"command\":\"status\",\"name\":\"x\"}\n"),
			    "{\"error\":\"no peer or tunnel x in the configuration\"}\n");
	assert_string_equal(ask("[]\n"), "{\"error\":\"a question is a JSON object\"}\n");
}

/* The whole line is the question. */
static void test_reads_on_behind_a_nul(void **state)
{
	static const char line[] = "{\"command\":\"status\"}\0{\"command\":\"down\"}\n";
	int fd;

	(void)state;
	need_root();
	fd = connect_client();
	assert_int_equal(send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL), sizeof(line) - 1);
	assert_non_null(strstr(hear(fd), "{\"error\":\""));
	close(fd);
	turn();
}

static void test_answers_who_asks_nothing_more(void **state)
{
	int fd;

	(void)state;
	need_root();
	fd = connect_client();
	say(fd, "{\"command\":\"status\"}\n{\"command\":\"down\"}\n");
	shutdown(fd, SHUT_WR);
	assert_string_equal(hear(fd), "{\"ok\":true,\"status\":{\"peers\":[]}}\n"
				      "{\"error\":\"the name of a tunnel is missing\"}\n");
	assert_int_equal(recv(fd, &fd, 1, 0), 0);
	close(fd);
}

static void test_turns_away_in_words(void **state)
{
	int fds[CLIENTS], late;

	(void)state;
	need_root();
	for (int i = 0; i < CLIENTS; i++)
		fds[i] = connect_client();
	late = connect_client();
	assert_string_equal(hear(late), "{\"error\":\"too many others ask; try again\"}\n");
	close(late);
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
	turn();
	assert_non_null(strstr(ask("{\"command\":\"status\"}\n"), "\"ok\":true"));
}

/* However many questions there are, they wait where they came from. */
static void test_answers_are_bounded(void **state)
{
	const char *line = "{\"command\":\"status\"}\n";
	size_t asked = 0, len = 0;
	char text[65536];
	ssize_t n;
	int fd;

	(void)state;
	need_root();
	fd = connect_client();
	while (asked < 100000 && send(fd, line, strlen(line), MSG_NOSIGNAL) ==
	       (ssize_t)strlen(line)) {
		asked++;
		if (asked % 100 == 0)
			turn();
	}
	assert_in_range(asked, 1000, 99999);
	for (int i = 0; i < 1000; i++) {
		turn();
		while ((n = recv(fd, text, sizeof(text), 0)) > 0) {
			len += (size_t)n;
			turn();
		}
	}
	assert_int_equal(len, asked * strlen("{\"ok\":true,\"status\":{\"peers\":[]}}\n"));
	close(fd);
	turn();
}

static void test_removes_no_file(void **state)
{
	struct sp_error err;
	char path[64];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/spindle.conf", folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_null(control_open(&self, path, &err));
	assert_non_null(strstr(err.text, "is there, and no socket"));
	assert_int_equal(unlink(path), 0);
}

static void test_takes_no_socket_of_another(void **state)
{
	char path[sizeof(at.sun_path) + 1];
	struct sp_error err;

	(void)state;
	assert_null(control_open(&self, at.sun_path, &err));
	assert_non_null(strstr(err.text, "another spindled is there"));
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(control_open(&self, path, &err));
	assert_non_null(strstr(err.text, "too long for a socket"));
	assert_null(control_open(&self, "/nowhere/at/all", &err));
	assert_string_equal(err.text, "/nowhere/at/all: No such file or directory");
}

static void on_problem(const char *text, void *arg)
{
	(void)arg;
	fail_msg("%s", text);
}

static int start(void **state)
{
	struct sp_error err;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/control", folder);
	self.base = event_base_new();
	self.config = sp_config_load("/dev/null", on_problem, NULL);
	self.control = control_open(&self, at.sun_path, &err);
	return self.control ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	control_close(self.control);
	sp_config_free(self.config);
	event_base_free(self.base);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refuses_what_it_does_not_know),
		cmocka_unit_test(test_reads_on_behind_a_nul),
		cmocka_unit_test(test_answers_who_asks_nothing_more),
		cmocka_unit_test(test_turns_away_in_words),
		cmocka_unit_test(test_answers_are_bounded),
		cmocka_unit_test(test_removes_no_file),
		cmocka_unit_test(test_takes_no_socket_of_another),
	};

	return cmocka_run_group_tests_name("control", tests, start, stop);
}
