// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust.h"

static unsigned int mode_of(const struct stat *st)
{
	return st->st_mode & 07777;
}

static bool is_strange_owner(const struct stat *st)
{
	return st->st_uid && st->st_uid != geteuid();
}

/* A group of our own, as many have for themselves alone, or root's is nobody else. */
static bool may_strange_group_write(const struct stat *st)
{
	return st->st_mode & S_IWGRP && st->st_gid && st->st_gid != getegid();
}

static int check_folder(const char *path, const struct stat *st, struct sp_error *err)
{
	bool sticky = st->st_mode & S_ISVTX;

	if (is_strange_owner(st))
		return sp_fail(err, "%s: the folder belongs to user %u, who may put other files "
			       "into it: chown root %s", path, (unsigned int)st->st_uid, path);
	/* A folder like /tmp is fine: all may write, but each can remove only their own files. */
	if (!sticky && st->st_mode & S_IWOTH)
		return sp_fail(err, "%s: others may write the folder (mode %04o): chmod o-w %s",
			       path, mode_of(st), path);
	if (!sticky && may_strange_group_write(st))
		return sp_fail(err, "%s: group %u may write the folder (mode %04o): chmod g-w %s",
			       path, (unsigned int)st->st_gid, mode_of(st), path);
	return 0;
}

int sp_trust_folder(const char *path, struct sp_error *err)
{
	struct stat st;

	/* If it cannot be looked at, opening a file in it will say why. */
	if (stat(path, &st))
		return 0;
	return check_folder(path, &st, err);
}

int sp_trust_folder_of(const char *path, struct sp_error *err)
{
	const char *slash = strrchr(path, '/');
	/* The root folder is its own slash. */
	int len = slash == path ? 1 : slash ? (int)(slash - path) : 0;
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s", len, path);
	return sp_trust_folder(len ? folder : ".", err);
}

int sp_trust_file(int fd, const char *path, struct sp_error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return sp_fail(err, "%s: %s", path, strerror(errno));
	/* Whoever runs this program is responsible for a pipe that it reads. */
	if (!S_ISREG(st.st_mode))
		return 0;
	if (is_strange_owner(&st))
		return sp_fail(err, "%s: belongs to user %u, who may write it: chown root %s",
			       path, (unsigned int)st.st_uid, path);
	if (st.st_mode & S_IWOTH)
		return sp_fail(err, "%s: others may write it (mode %04o): chmod o-w %s", path,
			       mode_of(&st), path);
	if (may_strange_group_write(&st))
		return sp_fail(err, "%s: group %u may write it (mode %04o): chmod g-w %s", path,
			       (unsigned int)st.st_gid, mode_of(&st), path);
	return 0;
}
