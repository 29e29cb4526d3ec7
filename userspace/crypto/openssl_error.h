/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What OpenSSL says when it does not do what it was asked for.  For this room alone. */
#ifndef SP_OPENSSL_ERROR_H
#define SP_OPENSSL_ERROR_H

#include "error.h"

/* Takes OpenSSL's errors away; always returns -1. */
int sp_openssl_fail(const char *what, struct sp_error *err);

#endif
