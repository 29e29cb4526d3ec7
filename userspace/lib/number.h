/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as users type them: the whole word must be one, and in range. */
#ifndef SP_NUMBER_H
#define SP_NUMBER_H

#include <stdint.h>

#include "error.h"

/* Decimal, or hexadecimal after 0x. */
int sp_number_parse(uint64_t *value, const char *text, uint64_t min, uint64_t max,
		    struct sp_error *err);
/* Octets: k, M and G after the number are 2^10, 2^20 and 2^30. */
int sp_size_parse(uint64_t *octets, const char *text, struct sp_error *err);
/* Seconds: s, m, h and d after the number are seconds, minutes, hours and days. */
int sp_duration_parse(uint64_t *seconds, const char *text, struct sp_error *err);

#endif
