// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose files are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "trust.h"

enum { STRANGER = 65534 };

static char folder[] = "/tmp/spindle-trust-XXXXXX";
static char path[64];

static int make_file(void **state)
{
	int fd;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path) || rmdir(folder);
}

/* What is wrong with the file, or with its folder, without its name; "" if nothing is. */
static const char *complaint(struct sp_error *err)
{
	int fd = open(path, O_RDONLY), ret;

	assert_true(fd >= 0);
	ret = sp_trust_file(fd, path, err);
	close(fd);
	if (!ret && !sp_trust_folder_of(path, err))
		return "";
	return strstr(err->text, ": ") + 2;
}

struct sight {
	mode_t mode;
	uid_t owner;
	gid_t group;
};

static void set_sight(const char *of, const struct sight *sight)
{
	if (!geteuid())
		assert_int_equal(chown(of, sight->owner, sight->group), 0);
	assert_int_equal(chmod(of, sight->mode), 0);
}

static const struct {
	struct sight file, folder;
	const char *complaint;		/* how it begins */
} cases[] = {
	{ { 0644, 0, 0 }, { 0755, 0, 0 }, "" },
	{ { 0664, 0, 0 }, { 0775, 0, 0 }, "" },
	{ { 0646, 0, 0 }, { 0755, 0, 0 }, "others may write it (mode 0646): chmod o-w /tmp/" },
	{ { 0644, 0, 0 }, { 0757, 0, 0 },
	  "others may write the folder (mode 0757): chmod o-w /tmp/" },
	{ { 0644, 0, 0 }, { 01777, 0, 0 }, "" },
	/* From here on they are for root. */
	{ { 0600, STRANGER, 0 }, { 0755, 0, 0 },
	  "belongs to user 65534, who may write it: chown root /tmp/" },
	{ { 0644, 0, STRANGER }, { 0755, 0, STRANGER }, "" },
	{ { 0664, 0, STRANGER }, { 0755, 0, 0 },
	  "group 65534 may write it (mode 0664): chmod g-w /tmp/" },
	{ { 0644, 0, 0 }, { 0775, 0, STRANGER },
	  "group 65534 may write the folder (mode 0775): chmod g-w /tmp/" },
	{ { 0644, 0, 0 }, { 01777, STRANGER, 0 },
	  "the folder belongs to user 65534, who may put other files into it: chown root /tmp/" },
};

static void who_may_write_is_told(void **state)
{
	size_t n = sizeof(cases) / sizeof(cases[0]);
	struct sp_error err;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (cases[i].complaint[0] && geteuid() &&
		    (cases[i].file.owner || cases[i].file.group || cases[i].folder.owner ||
		     cases[i].folder.group))
			continue;
		set_sight(path, &cases[i].file);
		set_sight(folder, &cases[i].folder);
		err.text[0] = '\0';
		if (!cases[i].complaint[0])
			assert_string_equal(complaint(&err), "");
		else
			assert_memory_equal(complaint(&err), cases[i].complaint,
					    strlen(cases[i].complaint));
	}
	set_sight(folder, &cases[0].folder);
}

/* Of a name without a slash, and of one right below the root. */
static void its_folder_is_found(void **state)
{
	struct sp_error err;

	(void)state;
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(chmod(".", 0777), 0);
	assert_int_not_equal(sp_trust_folder_of("file", &err), 0);
	assert_string_equal(err.text, ".: others may write the folder (mode 0777): chmod o-w .");
	assert_int_equal(chmod(".", 0700), 0);
	assert_int_equal(sp_trust_folder_of("file", &err), 0);
	assert_int_equal(sp_trust_folder_of("/file", &err), 0);
	assert_int_equal(sp_trust_folder_of("nowhere/file", &err), 0);
}

/* Who runs a command gives it what he likes by a pipe. */
static void a_pipe_is_its_writers(void **state)
{
	struct sp_error err;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(sp_trust_file(ends[0], "/dev/stdin", &err), 0);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_write_is_told),
		cmocka_unit_test(its_folder_is_found),
		cmocka_unit_test(a_pipe_is_its_writers),
	};

	return cmocka_run_group_tests_name("trust", tests, make_file, remove_file);
}
