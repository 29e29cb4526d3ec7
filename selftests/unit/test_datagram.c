// SPDX-License-Identifier: GPL-2.0-or-later
/* Datagrams between two sockets of one loop, over both families: their way, and the marker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/datagram.h"
#include "namespace.h"

enum { PORT_A = 500, PORT_B = 4500 };


struct end {
	struct datagrams *datagrams;
	struct sp_addr addr;
	struct sp_path path;		/* of the last that came */
	char text[16];
	unsigned int n;
	bool close;			/* when the next one comes */
};

static void on_datagram(void *arg, const struct sp_path *path, const void *octets, size_t len)
{
	struct end *end = arg;

	assert_true(len < sizeof(end->text));
	memcpy(end->text, octets, len);
	end->text[len] = '\0';
	end->path = *path;
	end->n++;
	if (end->close)
		datagrams_close(end->datagrams);
}

static void open_end(struct end *end, struct event_base *base, const char *addr, uint16_t port,
		     bool marked)
{
	struct sp_error err;
	int fd;

	memset(end, 0, sizeof(*end));
	assert_int_equal(sp_addr_parse(&end->addr, addr, &err), 0);
	fd = datagrams_bind(&end->addr, port, "", &err);
	assert_true(fd >= 0);
	end->datagrams = datagrams_open(base, fd, &end->addr, port, marked, on_datagram, end);
	assert_non_null(end->datagrams);
}

static void turn(struct event_base *base)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static void exchange(const char *addr_a, const char *addr_b, bool marked)
{
	struct event_base *base = event_base_new();
	struct sp_error err;
	struct sp_path back;
	struct end a, b;

	open_end(&a, base, addr_a, PORT_A, marked);
	open_end(&b, base, addr_b, PORT_B, marked);
	assert_int_equal(datagrams_bind(&a.addr, PORT_A, "", &err), -1);
	assert_non_null(strstr(err.text, "UDP port 500 of "));

	datagrams_send(a.datagrams, &(struct sp_path){
		.local = a.addr, .remote = b.addr, .local_port = PORT_A, .remote_port = PORT_B,
	}, 0, "there", 5);
	turn(base);
	assert_string_equal(b.text, "there");
	assert_true(sp_addr_equal(&b.path.local, &b.addr));
	assert_true(sp_addr_equal(&b.path.remote, &a.addr));
	assert_int_equal(b.path.local_port, PORT_B);
	assert_int_equal(b.path.remote_port, PORT_A);
	assert_int_equal(b.path.ifindex, if_nametoindex("lo"));

	/* The same way back, out of the interface it came in by. */
	back = b.path;
	datagrams_send(b.datagrams, &back, 1, "and back", 8);
	turn(base);
	assert_string_equal(a.text, "and back");

	/* One may be closed by what it has read, with more behind. */
	a.close = true;
	datagrams_send(b.datagrams, &back, 0, "1", 1);
	datagrams_send(b.datagrams, &back, 0, "2", 1);
	turn(base);
	assert_int_equal(a.n, 2);
	datagrams_close(b.datagrams);
	event_base_free(base);
}

static void test_exchange(void **state)
{
	(void)state;
	if (!have_namespace)
		skip();
	exchange("127.0.0.1", "127.0.0.2", false);
	exchange("127.0.0.1", "127.0.0.2", true);
	exchange("::1", "::1", false);
	exchange("::1", "::1", true);
}

/* One end with the marker, as ESP in UDP has it, and one without. */
static void test_marker(void **state)
{
	static const uint8_t esp[] = { 0, 0, 16, 1, 0, 0, 0, 1 };
	struct event_base *base = event_base_new();
	struct end plain, marked;
	struct sp_path path;

	(void)state;
	if (!have_namespace)
		skip();
	open_end(&plain, base, "127.0.0.1", PORT_A, false);
	open_end(&marked, base, "127.0.0.2", PORT_B, true);
	path = (struct sp_path){
		.local = plain.addr, .remote = marked.addr,
		.local_port = PORT_A, .remote_port = PORT_B,
	};
	datagrams_send(plain.datagrams, &path, 0, esp, sizeof(esp));
	datagrams_send(plain.datagrams, &path, 0, "\xff", 1);
	datagrams_send(plain.datagrams, &path, 0, "", 0);
	turn(base);
	assert_int_equal(marked.n, 0);
	datagrams_send(plain.datagrams, &path, 0, "\0\0\0\0hello", 9);
	turn(base);
	assert_string_equal(marked.text, "hello");
	datagrams_send(marked.datagrams, &marked.path, 0, "hello", 5);
	turn(base);
	assert_int_equal(plain.n, 1);
	assert_int_equal(plain.text[0], 0);
	assert_string_equal(plain.text + 4, "hello");
	datagrams_close(plain.datagrams);
	datagrams_close(marked.datagrams);
	event_base_free(base);
}

static int start(void **state)
{
	(void)state;
	enter_namespace();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange),
		cmocka_unit_test(test_marker),
	};

	return cmocka_run_group_tests_name("datagram", tests, start, NULL);
}
