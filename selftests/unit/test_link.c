// SPDX-License-Identifier: GPL-2.0-or-later
/* Against the kernel, in a network namespace of the test's own, without the module. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "link.h"

enum { LOOPBACK = 1 };			/* its ifindex in every namespace */

static bool have_namespace;

/* How many routes to 10.9.0.0/16 the kernel has. */
static unsigned int count_routes(void)
{
	FILE *file = fopen("/proc/thread-self/net/route", "r");
	char line[256];
	unsigned int n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		n += !strncmp(line, "lo\t0000090A\t", 12) && strstr(line, "\t0000FFFF\t");
	fclose(file);
	return n;
}

static void need_namespace(void)
{
	if (!have_namespace)
		skip();
}

static void routes_come_and_go(void **state)
{
	struct sp_prefix to;
	struct sp_error err;

	(void)state;
	need_namespace();
	assert_int_equal(sp_prefix_parse(&to, "10.9.0.0/16", &err), 0);
	assert_int_equal(count_routes(), 0);
	assert_int_equal(sp_route_add(LOOPBACK, &to, &err), 0);
	assert_int_equal(sp_route_add(LOOPBACK, &to, &err), 0);
	assert_int_equal(count_routes(), 1);
	assert_int_equal(sp_route_del(LOOPBACK, &to, &err), 0);
	assert_int_equal(count_routes(), 0);
	assert_int_equal(sp_route_del(LOOPBACK, &to, &err), 0);
}

static void errors_hold_the_kernels_words(void **state)
{
	struct sp_prefix to;
	struct sp_error err;
	uint32_t ifindex;

	(void)state;
	need_namespace();
	assert_int_equal(sp_prefix_parse(&to, "10.9.0.0/16", &err), 0);
	assert_int_equal(sp_route_add(99, &to, &err), -1);
	assert_string_equal(err.text, "route to 10.9.0.0/16: No such device");

	assert_int_equal(sp_link_ensure("lo", &ifindex, &err), -1);
	assert_string_equal(err.text, "interface lo: is of kind hardware, not spindle");
	/* This text is the kernel's, from its extended ack. */
	assert_int_equal(sp_link_ensure("a-name-that-is-far-too-long", &ifindex, &err), -1);
	assert_string_equal(err.text, "interface a-name-that-is-far-too-long: "
			    "Attribute failed policy validation");
}

/* Not everybody who may compile may make namespaces: then the tests are skipped. */
static int make_namespace(void **state)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	(void)state;
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	have_namespace = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &lo);
	if (fd >= 0)
		close(fd);
	return have_namespace ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_come_and_go),
		cmocka_unit_test(errors_hold_the_kernels_words),
	};

	return cmocka_run_group_tests_name("link", tests, make_namespace, NULL);
}
