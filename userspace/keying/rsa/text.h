/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a peer's words may consist of: they end up in logs and on terminals. */
#ifndef RK_TEXT_H
#define RK_TEXT_H

#include <stddef.h>

#include "error.h"

/* Well-formed UTF-8 (RFC 3629) without control characters (C0, DEL, C1). */
int rk_text_check(const char *text, size_t len, struct sp_error *err);

#endif
