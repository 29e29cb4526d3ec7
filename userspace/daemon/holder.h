/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who answers questions about keys.  A fresh key takes a noticeable part of a second and a
 * signature a part of that, so a thread works on each of the two; of keys one of a kind is made
 * ahead.
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

/* Keeps one answer ready from now on. */
void holder_expect(struct holder *holder, const struct sp_key_question *question);
/* First come, first served; @holding is what the answer is made with, and stays the caller's. */
void holder_ask(struct holder *holder, const struct sp_key_question *question,
		const struct sp_key_holding *holding, uint32_t id, holder_fn each, void *arg);
/* The answer is not needed any more; id 0: none of @arg's. */
void holder_withdraw(struct holder *holder, uint32_t id, const void *arg);

#endif
