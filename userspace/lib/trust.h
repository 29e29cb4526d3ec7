/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether what is read is only ours to write, and root's: whoever else may write it, or put
 * something else into its place, says where traffic goes and with whose keys.
 */
#ifndef SP_TRUST_H
#define SP_TRUST_H

#include "error.h"

/* Checks the file that was opened as @path. */
int sp_trust_file(int fd, const char *path, struct sp_error *err);
/* Check a folder, and the folder that holds the file @path. */
int sp_trust_folder(const char *path, struct sp_error *err);
int sp_trust_folder_of(const char *path, struct sp_error *err);

#endif
