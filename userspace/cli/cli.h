/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs of the command share. */
#ifndef CLI_H
#define CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "netlink/nl.h"

/* What a verb returns, and the command's exit status. */
enum {
	CLI_DONE = 0,
	CLI_FAILED = 1,			/* the text of the error says why */
	CLI_USAGE = 2,			/* likewise; without text the verb's usage is printed */
	CLI_NOT_UP = 3,			/* of status --check; the text says what */
	CLI_UNKNOWN = -1,		/* only of other_fn: the word is none of its own */
};

struct cli {
	bool json;			/* -j */
	struct sp_error err;		/* printed by main() and nowhere else */
	struct sp_nl *nl;		/* opened by cli_nl() when first needed */
};

/*
 * A row in a table of verbs, which ends with an empty row.  argv holds what
 * follows the verb; -j is taken out already.  A noun has verbs of its own in
 * place of run.
 */
struct verb {
	const char *name;
	int (*run)(struct cli *cli, int argc, char **argv);
	const char *usage;		/* the arguments, as in the manual page */
	const char *about;		/* what it does, in a line */
	const struct verb *verbs;
	bool options;			/* it takes those of a tunnel (option.h) */
};

#define VERB(name, run, usage, about) { name, run, usage, about, NULL, false }
#define NOUN(name, verbs, about) { name, NULL, NULL, about, verbs, false }

extern const struct verb cli_verbs[];

extern const struct verb cli_tunnel_verbs[];
extern const struct verb cli_sa_verbs[];
extern const struct verb cli_device_verbs[];
extern const struct verb cli_alg_verbs[];
extern const struct verb cli_key_verbs[];
extern const struct verb cli_config_verbs[];
int cli_up(struct cli *cli, int argc, char **argv);
int cli_down(struct cli *cli, int argc, char **argv);
int cli_rekey(struct cli *cli, int argc, char **argv);
int cli_show(struct cli *cli, int argc, char **argv);
int cli_status(struct cli *cli, int argc, char **argv);
int cli_reload(struct cli *cli, int argc, char **argv);
int cli_check(struct cli *cli, int argc, char **argv);
int cli_monitor(struct cli *cli, int argc, char **argv);
int cli_trace(struct cli *cli, int argc, char **argv);
int cli_explain(struct cli *cli, int argc, char **argv);

/* Takes -j out, which may stand anywhere; returns how many words are left. */
int cli_take_flags(struct cli *cli, int argc, char **argv);
/* Runs the verb that argv[0] names. */
int cli_run(struct cli *cli, const struct verb *verbs, int argc, char **argv);
/*
 * Runs what the lines of a file say, "-" for standard input, up to the first that fails; the
 * error tells which.
 */
int cli_batch(struct cli *cli, const struct verb *verbs, int argc, char **argv);
/* Prints how to use every verb of the table, or of one noun, as --help does behind it. */
int cli_help(struct cli *cli, const struct verb *verbs, int argc, char **argv);

/* Prints a script for the shell that is named. */
int cli_completion(struct cli *cli, const struct verb *verbs, int argc, char **argv);

/* Set the error and return CLI_FAILED or CLI_USAGE. */
__attribute__((format(printf, 2, 3)))
int cli_fail(struct cli *cli, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
int cli_usage(struct cli *cli, const char *fmt, ...);

/* Standard error hears it when the module that is loaded has another version. */
void cli_say_version(void);

/* Returns NULL with the error set when the kernel cannot be reached. */
struct sp_nl *cli_nl(struct cli *cli);

/* Prints and frees the value. */
int cli_print_json(struct cli *cli, json_t *value);

/* A list on its way out: a JSON array, or text with a blank line between objects. */
struct cli_show {
	struct cli *cli;
	json_t *array;			/* NULL without -j */
	bool begun;
};

void cli_show_begin(struct cli_show *show, struct cli *cli);
/* With -j: takes the value over; returns -1 with the error set when there is none. */
int cli_show_json(struct cli_show *show, json_t *value);
/* Without: goes in front of every object. */
void cli_show_text(struct cli_show *show);
/* ret is what the walk over the objects returned. */
int cli_show_end(struct cli_show *show, int ret);

/* Arguments, taken one by one from the left. */
struct words {
	int left;
	char **next;
};

/* Returns NULL with a usage error when there are no more. */
const char *cli_next(struct cli *cli, struct words *words);

/* The kernel and the daemon take no others; sets a usage error. */
int cli_check_name(struct cli *cli, const char *text);

/* Takes the name of a tunnel. */
int cli_next_name(struct cli *cli, struct words *words, char name[SPINDLE_NAME_MAX + 1]);

/* An option is a word with its values: `local 192.0.2.1`. */
struct option {
	const char *word;
	int (*take)(struct cli *cli, struct words *words, void *object);
	bool repeats;
};

/* Takes the values of a word that is none of the options. */
typedef int (*other_fn)(struct cli *cli, struct words *words, const char *word, void *object);

/* Takes all that is left; errors start with the option they are about.  @other may be NULL. */
int cli_take_options(struct cli *cli, const struct option *options, other_fn other,
		     struct words *words, void *object);

#endif
