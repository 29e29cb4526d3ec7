/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pre-shared keys: what both ends know and nobody else, as a file or the configuration has it. */
#ifndef SP_PSK_H
#define SP_PSK_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "rsakey.h"

enum { SP_PSK_MAX = 512 };		/* octets */

struct sp_psk {
	size_t len;
	uint8_t octets[SP_PSK_MAX];
	uint8_t digest[SP_KEY_ID_LEN];	/* SHA-256 of them, to see whether they are others */
};

/*
 * The secret as users write it: 0xHEX, 0sBASE64, or the text itself, which may stand between
 * double quotes.  No error tells anything of it.
 */
int sp_psk_parse(struct sp_psk *psk, const char *text, size_t len, struct sp_error *err);
/* What the configuration has: @FILE with such a text and perhaps an end of line, or the text. */
int sp_psk_read(struct sp_psk *psk, const char *told, struct sp_error *err);
void sp_psk_wipe(struct sp_psk *psk);

#endif
