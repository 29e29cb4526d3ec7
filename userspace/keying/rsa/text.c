// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.h"

#include <stdbool.h>
#include <stdint.h>

static bool in(uint8_t octet, uint8_t low, uint8_t high)
{
	return octet >= low && octet <= high;
}

/*
 * Octets of the character at s, 0 if it is malformed: RFC 3629 section 4.  The
 * second octet's narrower ranges exclude overlong forms, surrogates and what
 * lies beyond U+10FFFF.
 */
static size_t character_len(const uint8_t *s, size_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t len, i;

	if (s[0] < 0x80)
		return 1;
	if (in(s[0], 0xc2, 0xdf))
		len = 2;
	else if (in(s[0], 0xe0, 0xef))
		len = 3;
	else if (in(s[0], 0xf0, 0xf4))
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (left < len || !in(s[1], low, high))
		return 0;
	for (i = 2; i < len; i++)
		if (!in(s[i], 0x80, 0xbf))
			return 0;
	return len;
}

static bool is_control(const uint8_t *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

int rk_text_check(const char *text, size_t len, struct sp_error *err)
{
	const uint8_t *s = (const uint8_t *)text;
	size_t at, n;

	for (at = 0; at < len; at += n) {
		n = character_len(s + at, len - at);
		if (!n)
			return sp_fail(err, "octet %zu is not UTF-8", at + 1);
		if (is_control(s + at))
			return sp_fail(err, "octet %zu is a control character", at + 1);
	}
	return 0;
}
