// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to the real kernel, about links, whose answers cannot always be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "netlink/rt.h"

static unsigned int reads_to_fail;

/* Stands before the C library's for libnl too. */
ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t (*real)(int, struct msghdr *, int);

	if (reads_to_fail) {
		reads_to_fail--;
		errno = ENOBUFS;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "recvmsg");
	return real(fd, msg, flags);
}

static int take_index(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	const struct ifinfomsg *info = nlmsg_data(hdr);

	(void)err;
	*(int *)arg = info->ifi_index;
	return 0;
}

/* The index of a link, or -errno. */
static int ask_index(struct sp_rt *rt, const char *name, struct sp_error *err)
{
	const struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = sp_rt_message(RTM_GETLINK, NLM_F_ACK, &head, sizeof(head), err);
	int index = 0, ret;

	assert_non_null(msg);
	assert_int_equal(nla_put_string(msg, IFLA_IFNAME, name), 0);
	ret = sp_rt_talk(rt, msg, take_index, &index, err);
	return ret ? ret : index;
}

static void test_in_step_after_a_lost_answer(void **state)
{
	struct sp_error err;
	struct sp_rt *rt;

	(void)state;
	assert_int_equal(sp_rt_open(&rt, &err), 0);
	assert_int_equal(ask_index(rt, "lo", &err), 1);
	for (unsigned int n = 1; n <= 3; n++) {
		reads_to_fail = 1;
		assert_int_equal(ask_index(rt, "lo", &err), -EIO);
		assert_int_equal(ask_index(rt, "nosuch0", &err), -ENODEV);
		assert_int_equal(ask_index(rt, "lo", &err), 1);
	}
	sp_rt_close(rt);
}

static void test_several_lost_answers(void **state)
{
	struct sp_error err;
	struct sp_rt *rt;

	(void)state;
	assert_int_equal(sp_rt_open(&rt, &err), 0);
	reads_to_fail = 3;
	for (unsigned int n = 0; n < 3; n++)
		assert_int_equal(ask_index(rt, "nosuch0", &err), -EIO);
	assert_int_equal(ask_index(rt, "lo", &err), 1);
	assert_int_equal(ask_index(rt, "nosuch0", &err), -ENODEV);
	sp_rt_close(rt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_step_after_a_lost_answer),
		cmocka_unit_test(test_several_lost_answers),
	};

	return cmocka_run_group_tests_name("talk", tests, NULL, NULL);
}
