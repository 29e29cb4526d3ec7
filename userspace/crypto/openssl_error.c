// SPDX-License-Identifier: GPL-2.0-or-later
#include "openssl_error.h"

#include <openssl/err.h>

int sp_openssl_fail(const char *what, struct sp_error *err)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return sp_fail(err, "%s: OpenSSL says %s", what, why ? why : "nothing");
}
