/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who answers questions about keys.  Each takes a noticeable part of a second, so a thread works
 * on them; what will be asked for again is made ahead, one of a kind.
 */
#ifndef HOLDER_H
#define HOLDER_H

#include <event2/event.h>

#include "keys/question.h"

struct holder;

/* Called from the loop, never from holder_ask(). */
typedef void (*holder_fn)(void *arg, uint32_t id, const struct sp_key_answer *answer);

struct holder *holder_new(struct event_base *base);
void holder_free(struct holder *holder);

/* From now on one answer is kept ready. */
void holder_expect(struct holder *holder, const struct sp_key_question *question);
/* First come, first served. */
void holder_ask(struct holder *holder, const struct sp_key_question *question, uint32_t id,
		holder_fn each, void *arg);
/* The answer is not needed any more; id 0: none of @arg's. */
void holder_withdraw(struct holder *holder, uint32_t id, const void *arg);

#endif
