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

/* Stands before the C library's. */
int recvmmsg(int fd, struct mmsghdr *heads, unsigned int n, int flags, struct timespec *timeout)
{
	int (*real)(int, struct mmsghdr *, unsigned int, int, struct timespec *);

	if (reads_to_fail) {
		reads_to_fail--;
		errno = ENOBUFS;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "recvmmsg");
	return real(fd, heads, n, flags, timeout);
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

/* One of a group, and what became of it. */
struct asked {
	int index;
	int code;
	unsigned int told;
};

static int take_asked(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	return take_index(hdr, &((struct asked *)arg)->index, err);
}

static void take_outcome(int code, struct sp_error *err, void *arg)
{
	struct asked *asked = arg;

	if (code == -ENODEV)
		assert_string_equal(err->text, "No such device");
	asked->code = code;
	asked->told++;
}

/* Every third is about a link that nobody has. */
static void ask_in_group(struct sp_talk_group *group, struct asked *asked, size_t n)
{
	const struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct sp_error err;

	memset(asked, 0, n * sizeof(*asked));
	for (size_t i = 0; i < n; i++) {
		struct nl_msg *msg = sp_rt_message(RTM_GETLINK, 0, &head, sizeof(head), &err);

		assert_non_null(msg);
		nla_put_string(msg, IFLA_IFNAME, i % 3 == 2 ? "nosuch0" : "lo");
		sp_talk_group_add(group, msg, take_asked, take_outcome, &asked[i]);
	}
	sp_talk_group_end(group);
}

static void test_groups(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 64, 65, 200 };
	struct asked asked[200];
	struct sp_talk_group group;
	struct sp_error err;
	struct sp_rt *rt;

	(void)state;
	assert_int_equal(sp_rt_open(&rt, &err), 0);
	sp_rt_group_begin(&group, rt);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		ask_in_group(&group, asked, sizes[s]);
		for (size_t i = 0; i < sizes[s]; i++) {
			assert_int_equal(asked[i].told, 1);
			assert_int_equal(asked[i].code, i % 3 == 2 ? -ENODEV : 0);
			assert_int_equal(asked[i].index, i % 3 == 2 ? 0 : 1);
		}
		/* Others ask by the same socket. */
		assert_int_equal(ask_index(rt, "lo", &err), 1);
	}
	sp_rt_close(rt);
}

static void test_a_group_whose_answers_are_lost(void **state)
{
	struct sp_talk_group group;
	struct asked asked[70];
	struct sp_error err;
	struct sp_rt *rt;

	(void)state;
	assert_int_equal(sp_rt_open(&rt, &err), 0);
	sp_rt_group_begin(&group, rt);
	reads_to_fail = 1;
	ask_in_group(&group, asked, 70);
	/* Those of the next go are answered. */
	for (size_t i = 0; i < 70; i++) {
		assert_int_equal(asked[i].told, 1);
		assert_int_equal(asked[i].code, i < 64 ? -EIO : i % 3 == 2 ? -ENODEV : 0);
	}
	assert_int_equal(ask_index(rt, "nosuch0", &err), -ENODEV);
	sp_rt_close(rt);
}

/* What does not fit at once comes in several pieces. */
static int count_link(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	(void)hdr;
	(void)err;
	++*(unsigned int *)arg;
	return 0;
}

static void test_a_dump(void **state)
{
	const struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	unsigned int links = 0;
	struct sp_error err;
	struct sp_rt *rt;

	(void)state;
	assert_int_equal(sp_rt_open(&rt, &err), 0);
	assert_int_equal(sp_rt_talk(rt, sp_rt_message(RTM_GETLINK, NLM_F_DUMP, &head, sizeof(head),
						      &err), count_link, &links, &err), 0);
	assert_true(links >= 1);
	sp_rt_close(rt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_step_after_a_lost_answer),
		cmocka_unit_test(test_several_lost_answers),
		cmocka_unit_test(test_a_dump),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_a_group_whose_answers_are_lost),
	};

	return cmocka_run_group_tests_name("talk", tests, NULL, NULL);
}
