// SPDX-License-Identifier: GPL-2.0-or-later
/* Key files that are replaced in place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "keys/keyring.h"

static char folder[] = "/tmp/spindle-keyring-XXXXXX";

static const char *const files[] = {
	"one", "one.pub", "two", "two.pub", "spindle.conf",
};

static void make_pair(const char *name)
{
	struct sp_error err;
	EVP_PKEY *key = sp_key_generate(2048, &err);

	assert_non_null(key);
	assert_int_equal(sp_key_write_pair(key, name, &err), 0);
	EVP_PKEY_free(key);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	make_pair("one");
	make_pair("two");
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	return chdir("/") || rmdir(folder);
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_file_is_read_once_a_time(void **state)
{
	struct sp_keyring *ring = sp_keyring_new(NULL);
	const struct sp_key *key;
	struct sp_error err;

	(void)state;
	key = sp_keyring_private(ring, "one", &err);
	assert_non_null(key);
	assert_ptr_equal(sp_keyring_private(ring, "one", &err), key);
	/* A public key is not what the same file may hold as a private one. */
	assert_null(sp_keyring_public(ring, "one", &err));
	assert_string_equal(err.text, "one: holds no public key in PEM form");
	assert_null(sp_keyring_private(ring, "three", &err));
	assert_string_equal(err.text, "three: No such file or directory");
	assert_null(sp_keyring_public(ring, "/", &err));
	assert_string_equal(err.text, "/: is not a file");
	sp_keyring_free(ring);
}

/* Who may write it says who the peer is. */
static void what_others_may_write_is_refused(void **state)
{
	struct sp_keyring *ring = sp_keyring_new(NULL);
	struct sp_error err;

	(void)state;
	assert_int_equal(chmod("one.pub", 0666), 0);
	assert_null(sp_keyring_public(ring, "one.pub", &err));
	assert_string_equal(err.text, "one.pub: others may write it (mode 0666): "
			    "chmod o-w one.pub");
	assert_int_equal(chmod("one.pub", 0644), 0);
	assert_int_equal(chmod(".", 0777), 0);
	assert_null(sp_keyring_private(ring, "one", &err));
	assert_string_equal(err.text, ".: others may write the folder (mode 0777): chmod o-w .");
	assert_int_equal(chmod(".", 0700), 0);
	assert_non_null(sp_keyring_private(ring, "one", &err));
	assert_non_null(sp_keyring_public(ring, "one.pub", &err));
	sp_keyring_free(ring);
}

static void what_is_in_the_file_counts(void **state)
{
	struct sp_keyring *before = sp_keyring_new(NULL), *after = sp_keyring_new(before);
	const struct sp_key *one, *two, *same;
	struct sp_error err;

	(void)state;
	one = sp_keyring_public(before, "one.pub", &err);
	two = sp_keyring_public(before, "two.pub", &err);
	assert_non_null(one);
	assert_non_null(two);
	assert_string_not_equal(one->id, two->id);
	same = sp_keyring_public(after, "two.pub", &err);
	assert_ptr_equal(sp_key_get(same), sp_key_get(two));	/* was not parsed again */
	assert_int_equal(rename("one.pub", "spindle.conf"), 0);
	assert_int_equal(link("two.pub", "one.pub"), 0);
	assert_string_equal(sp_keyring_public(after, "one.pub", &err)->id, two->id);
	assert_int_equal(rename("spindle.conf", "one.pub"), 0);
	sp_keyring_settle(after);
	sp_keyring_free(before);
	assert_int_equal(EVP_PKEY_get_bits(sp_key_get(same)), 2048);
	sp_keyring_free(after);
}

static void append_problem(const char *text, void *arg)
{
	char *all = arg;

	strcat(strcat(all, text), "\n");
}

static void every_peer_is_told(void **state)
{
	struct sp_keyring *ring = sp_keyring_new(NULL);
	struct sp_config *config;
	char told[4096] = "";

	(void)state;
	write_file("spindle.conf", "[peer a]\nlocal = 192.0.2.1\nremote = 192.0.2.2\n"
				   "key = one\npeer-key = two.pub\n"
				   "[peer b]\nlocal = 192.0.2.1\nremote = 192.0.2.3\n"
				   "key = three\npeer-key = one\n"
				   "[peer c]\nlocal = 192.0.2.1\nremote = 192.0.2.4\n"
				   "keying = manual\nkey = three\n");
	config = sp_config_load("spindle.conf", append_problem, told);
	assert_non_null(config);
	assert_int_equal(sp_keyring_read(ring, config, append_problem, told), 2);
	assert_string_equal(told, "spindle.conf:6:1: peer b: key: three: No such file or "
				  "directory\n"
				  "spindle.conf:6:1: peer b: peer-key: one: holds no public key in "
				  "PEM form\n");
	sp_config_free(config);
	sp_keyring_free(ring);
}

/* Several peers behind one address are told apart by their keys. */
static void keys_tell_peers_apart(void **state)
{
	struct sp_keyring *ring = sp_keyring_new(NULL);
	struct sp_config *config;
	char told[4096] = "";

	(void)state;
	write_file("spindle.conf", "[peer a]\nlocal = 192.0.2.1\nremote = 192.0.2.2\n"
				   "key = one\npeer-key = two.pub\n"
				   "[peer b]\nlocal = 192.0.2.1\nremote = 192.0.2.2\n"
				   "key = one\npeer-key = one.pub\n"
				   "[peer c]\nlocal = 192.0.2.1\nremote = 192.0.2.2\n"
				   "key = one\npeer-key = two.pub\n");
	config = sp_config_load("spindle.conf", append_problem, told);
	assert_non_null(config);
	assert_int_equal(sp_keyring_read(ring, config, append_problem, told), 1);
	assert_string_equal(told, "spindle.conf:11:1: peer c: peer-key: is also that of peer a, "
				  "which has the same local, remote and port\n");
	sp_config_free(config);
	sp_keyring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_once_a_time),
		cmocka_unit_test(what_others_may_write_is_refused),
		cmocka_unit_test(what_is_in_the_file_counts),
		cmocka_unit_test(every_peer_is_told),
		cmocka_unit_test(keys_tell_peers_apart),
	};

	return cmocka_run_group_tests_name("keyring", tests, make_folder, remove_folder);
}
