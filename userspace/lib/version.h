/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module and the programs are released together, and say so when they were not. */
#ifndef SP_VERSION_H
#define SP_VERSION_H

#include <stdbool.h>

#include "error.h"

/*
 * Returns whether the module that is loaded has another version than @program, and puts a
 * line for people in @note.  Nothing is known, and nothing differs, where none is loaded.
 */
bool sp_version_differs(const char *program, struct sp_error *note);

#endif
