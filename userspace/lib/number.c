// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "number.h"

struct unit {
	char letter;
	uint64_t factor;
};

/* strtoull takes blanks and signs, and turns -1 into the largest number. */
static bool leading_number(uint64_t *value, const char *text, const char **rest)
{
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	char *end;

	if (!isdigit((unsigned char)text[0]) ||
	    (base == 16 && !isxdigit((unsigned char)text[2])))
		return false;
	errno = 0;
	*value = strtoull(text, &end, base);
	*rest = end;
	return errno == 0;
}

static int scaled_number(uint64_t *value, const char *text, const struct unit *units)
{
	uint64_t factor = 1;
	const char *rest;

	if (!leading_number(value, text, &rest))
		return -1;
	if (*rest) {
		while (units->letter && units->letter != *rest)
			units++;
		if (!units->letter || rest[1])
			return -1;
		factor = units->factor;
	}
	return __builtin_mul_overflow(*value, factor, value) ? -1 : 0;
}

int sp_number_parse(uint64_t *value, const char *text, uint64_t min, uint64_t max,
		    struct sp_error *err)
{
	const char *rest;

	if (!leading_number(value, text, &rest) || *rest)
		return sp_fail(err, "\"%s\" is not a number", text);
	if (*value < min || *value > max)
		return sp_fail(err, "%s is not between %" PRIu64 " and %" PRIu64, text, min, max);
	return 0;
}

int sp_size_parse(uint64_t *octets, const char *text, struct sp_error *err)
{
	static const struct unit units[] = {
		{ 'k', UINT64_C(1) << 10 },
		{ 'K', UINT64_C(1) << 10 },
		{ 'M', UINT64_C(1) << 20 },
		{ 'G', UINT64_C(1) << 30 },
		{ 0 },
	};

	if (scaled_number(octets, text, units))
		return sp_fail(err, "\"%s\" is not a number of octets (N, Nk, NM or NG)", text);
	return 0;
}

int sp_duration_parse(uint64_t *seconds, const char *text, struct sp_error *err)
{
	static const struct unit units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 0 },
	};

	if (scaled_number(seconds, text, units))
		return sp_fail(err, "\"%s\" is not a time (N, Ns, Nm, Nh or Nd)", text);
	return 0;
}
