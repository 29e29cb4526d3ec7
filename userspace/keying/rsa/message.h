/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text messages of the RSA keying channel: one line, `VERB key=value …`.
 * A value with blanks or quotes stands in double quotes, with \" and \\ inside.
 */
#ifndef RK_MESSAGE_H
#define RK_MESSAGE_H

#include <linux/spindle.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "selector.h"

enum rk_verb {
	RK_VERB_UNKNOWN,		/* well-formed, but no verb of ours */
	RK_VERB_INSTALL,
	RK_VERB_INSTALLED,
	RK_VERB_ACTIVE,
	RK_VERB_DELETE,
	RK_VERB_PING,
	RK_VERB_PONG,
	RK_VERB_BYE,
	RK_VERB_ERROR,
};

enum {
	RK_MESSAGE_TS_MAX = 16,		/* selectors of one side, comma-separated */
	RK_MESSAGE_TEXT_MAX = 400,
};

struct rk_ts {
	struct sp_ts list[RK_MESSAGE_TS_MAX];
	size_t n;			/* 0: not sent */
};

/* Fields that the message did not name are zero or empty. */
struct rk_message {
	enum rk_verb verb;
	char verb_text[32];		/* as received */
	uint32_t gen;
	uint32_t spi;
	char alg[32];
	char tunnel[SPINDLE_NAME_MAX + 1];
	struct rk_ts local_ts;		/* as the sender sees them */
	struct rk_ts remote_ts;
	uint64_t life_seconds;
	uint64_t life_bytes;
	char code[32];			/* error */
	char text[RK_MESSAGE_TEXT_MAX];	/* error */
};

/* Unknown keys are ignored; a malformed line or value, or a key given twice, is an error. */
int rk_message_parse(struct rk_message *message, const char *line, struct sp_error *err);
/* Writes the line, NUL-terminated; fails when it does not fit. */
int rk_message_format(const struct rk_message *message, char *line, size_t size,
		      struct sp_error *err);

#endif
