// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities, as a peer sends them and as users write them: what is shown of one has no control
 * characters, one is itself and equal both ways, and what was read is read again from what is
 * shown.  The first octet is the type, or 255 for a text.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ident.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool so)
{
	if (!so)
		abort();
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return false;
	return true;
}

static const char *show(const struct sp_ident *ident, char text[SP_IDENT_STRLEN])
{
	must(sp_ident_format(ident, text) == text && strlen(text) < SP_IDENT_STRLEN);
	must(is_plain(text));
	return text;
}

static void compare(const uint8_t *data, size_t size)
{
	struct sp_ident one = { .type = data[0] }, other = one;
	char text[SP_IDENT_STRLEN];

	one.len = (uint16_t)((size - 1) / 2);
	other.len = (uint16_t)(size - 1 - one.len);
	if (other.len > SP_IDENT_MAX)
		return;
	memcpy(one.octets, data + 1, one.len);
	memcpy(other.octets, data + 1 + one.len, other.len);
	show(&one, text);
	show(&other, text);
	must(sp_ident_equal(&one, &one));
	must(sp_ident_equal(&one, &other) == sp_ident_equal(&other, &one));
}

static void read_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), shown[SP_IDENT_STRLEN];
	struct sp_ident ident, again;
	struct sp_error err;

	must(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (!sp_ident_parse(&ident, text, &err) && is_plain(text)) {
		must(!sp_ident_parse(&again, show(&ident, shown), &err));
		must(sp_ident_equal(&ident, &again));
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] == 255)
		read_text(data + 1, size - 1);
	else
		compare(data, size);
	return 0;
}
