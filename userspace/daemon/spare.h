/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ephemeral RSA keys, made ahead.  A key takes a noticeable part of a second, so
 * a thread of its own makes the next one while the last is in use.
 */
#ifndef SPARE_H
#define SPARE_H

#include <event2/event.h>
#include <openssl/evp.h>

#include "keying/rsa/session.h"

struct spares;

/* ready() is called in the loop when a key has become available. */
struct spares *spares_new(struct event_base *base, void (*ready)(void *arg), void *arg);
void spares_free(struct spares *spares);

/* From now on one key for sessions of this profile is kept ready. */
void spares_want(struct spares *spares, enum rk_profile profile);
/* The caller's from now on, and the next one is begun; NULL: not ready yet. */
EVP_PKEY *spares_take(struct spares *spares, enum rk_profile profile);

#endif
