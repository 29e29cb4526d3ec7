/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keying by IKEv1 (RFC 2407 to 2409), as the daemon sees it. */
#ifndef IKE_ENGINE_H
#define IKE_ENGINE_H

#include "keying/engine.h"

extern const struct engine ike_engine;

#endif
