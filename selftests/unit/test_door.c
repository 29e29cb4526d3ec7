// SPDX-License-Identifier: GPL-2.0-or-later
/* Where peers come in: two of them at one address, whom only their keys tell apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/door.h"
#include "daemon/guest.h"
#include "daemon/holder.h"
#include "daemon/party.h"
#include "namespace.h"

enum { PORT = 4500, SILENT = 9 };	/* one more than may be silent at one address */

static const char config_text[] =
	"[peer b]\nkeying = rsa\nlocal = 127.0.0.1\nremote = 127.0.0.2\nport = 4500\n"
	"key = a\npeer-key = b.pub\n"
	"[peer c]\nkeying = rsa\nlocal = 127.0.0.1\nremote = 127.0.0.2\nport = 4500\n"
	"key = a\npeer-key = c.pub\n";

static const char later_text[] =
	"[peer b]\nkeying = rsa\nlocal = 192.0.2.1\nremote = 192.0.2.2\nport = 4500\n"
	"key = a\npeer-key = b.pub\n";

static char folder[] = "/tmp/spindle-door-XXXXXX";
static struct daemon self;

static void need_namespace(void)
{
	if (!have_namespace)
		skip();
}

static void turn(void)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(self.base, EVLOOP_NONBLOCK);
}

static void on_problem(const char *text, void *arg)
{
	(void)arg;
	fail_msg("%s", text);
}

static void open_doors(const char *config)
{
	const struct sp_peer_config *peer;

	TAILQ_INIT(&self.guests);
	self.base = event_base_new();
	self.holder = holder_new(self.base);
	self.config = sp_config_load(config, on_problem, NULL);
	self.keys = sp_keyring_new(NULL);
	assert_int_equal(sp_keyring_read(self.keys, self.config, on_problem, NULL), 0);
	STAILQ_FOREACH(peer, &self.config->peers, next)
		party_join(party_new(&self, peer, self.keys));
	door_apply(&self);
	turn();
}

/* As the daemon ends. */
static void close_doors(void)
{
	door_close_all(&self);
	while (!LIST_EMPTY(&self.parties))
		party_leave(LIST_FIRST(&self.parties));
	sp_keyring_free(self.keys);
	sp_config_free(self.config);
	holder_free(self.holder);
	event_base_free(self.base);
}

static int knock(const char *from, const char *to)
{
	struct sockaddr_in here = { .sin_family = AF_INET }, there = here;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, from, &here.sin_addr);
	inet_pton(AF_INET, to, &there.sin_addr);
	there.sin_port = htons(PORT);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&there, sizeof(there)), 0);
	turn();
	return fd;
}

static bool is_closed(int fd)
{
	char octet;

	return !recv(fd, &octet, 1, MSG_DONTWAIT);
}

static void test_nobody_comes_from_elsewhere(void **state)
{
	int fd;

	(void)state;
	need_namespace();
	open_doors("spindle.conf");
	fd = knock("127.0.0.3", "127.0.0.1");
	assert_true(is_closed(fd));
	close(fd);
	close_doors();
}

/* Who it is shows in the first message; who has waited longest for it makes room. */
static void test_silence(void **state)
{
	int fds[SILENT];

	(void)state;
	need_namespace();
	open_doors("spindle.conf");
	for (int i = 0; i < SILENT; i++)
		fds[i] = knock("127.0.0.2", "127.0.0.1");
	assert_true(is_closed(fds[0]));
	assert_false(is_closed(fds[1]));
	close_doors();
	assert_true(is_closed(fds[1]));
	for (int i = 0; i < SILENT; i++)
		close(fds[i]);
}

static void give_address(const char *text)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	struct ifreq request = { .ifr_name = "lo:1" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, text, &addr.sin_addr);
	memcpy(&request.ifr_addr, &addr, sizeof(addr));
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &request), 0);
	close(fd);
}

/* It is tried again every five seconds. */
static void test_an_address_that_comes_later(void **state)
{
	static const struct timeval wait = { .tv_sec = 5, .tv_usec = 200000 };

	(void)state;
	need_namespace();
	open_doors("later.conf");
	give_address("192.0.2.1");
	event_base_loopexit(self.base, &wait);
	event_base_dispatch(self.base);
	close(knock("192.0.2.1", "192.0.2.1"));
	close_doors();
}

/* --- files and a network ----------------------------------------------------------- */

static int make_pair(const char *name)
{
	struct sp_error err;
	EVP_PKEY *key = sp_key_generate(2048, &err);
	int ret = key ? sp_key_write_pair(key, name, &err) : -1;

	EVP_PKEY_free(key);
	return ret;
}

static int write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	return !file || fputs(text, file) < 0 || fclose(file);
}

static int start(void **state)
{
	(void)state;
	/* As in the daemon: a thread that makes keys may be at work at the end. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	if (!mkdtemp(folder) || chdir(folder) || make_pair("a") || make_pair("b") || make_pair("c"))
		return -1;
	if (write_file("spindle.conf", config_text) || write_file("later.conf", later_text))
		return -1;
	enter_namespace();
	return 0;
}

static int stop(void **state)
{
	static const char *const files[] = {
		"a", "a.pub", "b", "b.pub", "c", "c.pub", "spindle.conf", "later.conf",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	return chdir("/") || rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_comes_from_elsewhere),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_an_address_that_comes_later),
	};

	return cmocka_run_group_tests_name("door", tests, start, stop);
}
