/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key material in memory: of bounded size, compared in constant time, wiped after use. */
#ifndef SP_SECRET_H
#define SP_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct sp_secret {
	uint8_t octets[64];		/* SPINDLE_KEY_MAX */
	size_t len;
};

/*
 * KEY as users type it: 0xHEX, @FILE (hex, blanks ignored) or - (hex on
 * standard input).  The text of an error never holds key octets.
 */
int sp_secret_parse(struct sp_secret *secret, const char *text, struct sp_error *err);
bool sp_secret_equal(const struct sp_secret *a, const struct sp_secret *b);
void sp_secret_wipe(struct sp_secret *secret);

#endif
