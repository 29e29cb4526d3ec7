/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of whoever holds private keys or makes them.  It takes long, so the answer comes
 * later, from a thread today and from a process of its own one day: plain data both ways.
 */
#ifndef SP_KEY_QUESTION_H
#define SP_KEY_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { SP_KEY_ANSWER_MAX = 8192 };

enum sp_key_question_kind {
	SP_KEY_EPHEMERAL_RSA,		/* a fresh pair of so many bits, in DER */
};

struct sp_key_question {
	enum sp_key_question_kind kind;
	unsigned int bits;
};

struct sp_key_answer {
	struct sp_error error;		/* if len is 0 */
	size_t len;
	uint8_t octets[SP_KEY_ANSWER_MAX];
};

/* In any thread. */
void sp_key_answer(const struct sp_key_question *question, struct sp_key_answer *answer);
void sp_key_answer_free(struct sp_key_answer *answer);	/* wipes it; NULL is fine */

#endif
