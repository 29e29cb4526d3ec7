/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keying by RSA key transport, as the daemon runs it: sessions over its streams. */
#ifndef RK_ENGINE_H
#define RK_ENGINE_H

#include "keying/engine.h"

extern const struct engine rk_engine;

#endif
