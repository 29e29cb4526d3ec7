/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hash tables, by the macros of uthash.  What is in them comes from the
 * configuration or from the kernel, so nobody chooses keys that collide.
 * Without memory for a table the program ends, as for anything it must know.
 */
#ifndef SP_TABLE_H
#define SP_TABLE_H

#include <stdlib.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

#endif
