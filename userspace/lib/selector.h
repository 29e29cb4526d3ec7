/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traffic selectors (RFC 4301 4.4.1.1): which packets a tunnel carries, as users write it. */
#ifndef SP_SELECTOR_H
#define SP_SELECTOR_H

#include <linux/spindle.h>

#include "addr.h"

/* One side: a prefix, and what it may be narrowed to. */
struct sp_ts {
	struct sp_prefix prefix;
	uint8_t proto;			/* IP protocol, 0 for any */
	uint16_t port_first;		/* of a protocol that has ports; else 0 to 65535 */
	uint16_t port_last;
};

struct sp_selectors {
	struct sp_ts list[SPINDLE_SELECTORS_MAX];
	size_t n;
};

/* The same without room for more; the octets belong to whoever has made it. */
struct sp_ts_list {
	const struct sp_ts *list;
	size_t n;
};

enum { SP_TS_STRLEN = SP_PREFIX_STRLEN + (int)sizeof("[udplite/65535-65535]") - 1 };

/* The prefix with all that goes to and from it. */
struct sp_ts sp_ts_of(const struct sp_prefix *prefix);

/*
 * A prefix as of sp_prefix_parse(), and behind it if it is narrowed "[PROTOCOL]",
 * "[PROTOCOL/PORT]" or "[PROTOCOL/FIRST-LAST]".  The protocol is a name or a number.
 */
int sp_ts_parse(struct sp_ts *ts, const char *text, struct sp_error *err);
bool sp_ts_equal(const struct sp_ts *a, const struct sp_ts *b);
const char *sp_ts_format(const struct sp_ts *ts, char buf[SP_TS_STRLEN]);

/* That address alone, with all that goes to and from it. */
struct sp_selectors sp_selectors_host(const struct sp_addr *addr);
struct sp_ts_list sp_selectors_list(const struct sp_selectors *selectors);
/* The same, in the same order? */
bool sp_selectors_equal(const struct sp_selectors *a, const struct sp_selectors *b);
bool sp_ts_lists_equal(const struct sp_ts_list *a, const struct sp_ts_list *b);
/* Copies them, SPINDLE_SELECTORS_MAX at most. */
void sp_selectors_fill(struct sp_selectors *selectors, const struct sp_ts_list *from);

#endif
