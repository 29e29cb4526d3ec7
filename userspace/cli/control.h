/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking spindled over its control socket. */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include "cli.h"

/*
 * Arguments of a verb that asks the daemon: [NAME] [-s SOCKET] and, where
 * @flag is not NULL, that one too.  Returns CLI_DONE, or CLI_USAGE.
 */
struct control_arguments {
	const char *name;
	const char *socket;		/* -s, SPINDLE_CONTROL or the usual one */
	bool flag;
};

/* A name that none can have is a mistake. */
int control_take(struct cli *cli, struct control_arguments *arguments, int argc, char **argv,
		 const char *flag);

/*
 * Sends the request, which it takes over, and waits for the answer.  Returns
 * NULL with the error set when there is none, or when it is an error itself.
 */
json_t *control_ask(struct cli *cli, const char *socket, json_t *request);

/* Of an answer, or a part of it; "" if there is no such text. */
const char *control_string(const json_t *object, const char *key);

#endif
