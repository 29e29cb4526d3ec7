// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines.h"
#include "keying/ike/engine.h"
#include "keying/rsa/engine.h"

const struct engine *engines_find(enum sp_keying keying)
{
	static const struct engine *const engines[] = {
		[SP_KEYING_RSA] = &rk_engine,
		[SP_KEYING_MANUAL] = NULL,
		[SP_KEYING_IKEV1] = &ike_engine,
	};

	return engines[keying];
}
