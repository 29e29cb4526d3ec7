/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a tunnel can be told beside its ends and its selectors.  Each option stands once, as
 * a row of the table in option.c, which the netlink client, the command line, the
 * configuration, text and JSON walk.
 */
#ifndef SP_OPTION_H
#define SP_OPTION_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* UDP ports of ESP in UDP (RFC 3948), 0 for none. */
struct sp_encap {
	uint16_t sport;
	uint16_t dport;
};

struct sp_tunnel_options {
	uint8_t mode;			/* enum spindle_mode */
	uint8_t ah_align;		/* octets, 4 or 8 */
	uint8_t df;			/* enum spindle_df */
	uint8_t dscp;			/* 0 to 63, or SPINDLE_DSCP_COPY */
	uint8_t follow;			/* remote and encap.dport follow the peer */
	uint8_t clamp_mss;		/* of TCP connections through it */
	uint8_t admin;			/* enum spindle_admin */
	uint16_t tfc;			/* octets, 0, or SPINDLE_TFC_MTU */
	uint16_t keepalive;		/* seconds, 0: none */
	uint16_t dummy;			/* milliseconds, 0: none */
	struct sp_encap encap;
	uint32_t replay_window;		/* packets, 0: none */
	uint32_t fwmark;
	char link[IFNAMSIZ];		/* "": any; padded with zeros; digits: one without a name */
};

enum {
	SP_OPTION_STRLEN = sizeof("udp 65535 65535"),
	SP_OPTIONS_MAX = 31,
};

struct sp_option_kind;

struct sp_option {
	const char *word;
	const char *values;		/* that it takes, as a manual page has them */
	size_t offset;			/* in struct sp_tunnel_options */
	uint16_t attribute;		/* enum spindle_tunnel_attr */
	uint16_t width;			/* octets of each of its parts */
	uint16_t parts;			/* 1; the ports of encap are 2 */
	const struct sp_option_kind *kind;
	uint32_t most;			/* of a kind that counts */
	uint32_t usual;			/* the value that a tunnel has untold */
};

/* The rows, in the order in which they are shown; NULL behind the last. */
const struct sp_option *sp_option_at(size_t i);
/* NULL if no option has that word. */
const struct sp_option *sp_option_find(const char *word);
/* Its place in the table, below SP_OPTIONS_MAX, and its bit in a mask of options. */
size_t sp_option_index(const struct sp_option *option);
uint32_t sp_option_bit(const struct sp_option *option);
uint32_t sp_option_all(void);

/* The options of a tunnel that was given none. */
struct sp_tunnel_options sp_options_usual(void);
/* The bits of those that are not the same in both. */
uint32_t sp_options_differ(const struct sp_tunnel_options *a, const struct sp_tunnel_options *b);

/* How many words of a command line belong to the value that begins with that one. */
size_t sp_option_words(const struct sp_option *option, const char *first);
int sp_option_parse(const struct sp_option *option, struct sp_tunnel_options *options,
		    const char *text, struct sp_error *err);
const char *sp_option_format(const struct sp_option *option,
			     const struct sp_tunnel_options *options, char buf[SP_OPTION_STRLEN]);

/* Its value in netlink; -1 for a link that does not exist. */
int sp_option_to_wire(const struct sp_option *option, const struct sp_tunnel_options *options,
		      uint32_t *value);
void sp_option_from_wire(const struct sp_option *option, struct sp_tunnel_options *options,
			 uint32_t value);

/* As JSON has it: a switch is true or false, a count with no word of its own a number. */
enum sp_option_form { SP_OPTION_TEXT, SP_OPTION_NUMBER, SP_OPTION_SWITCH };
enum sp_option_form sp_option_form(const struct sp_option *option,
				   const struct sp_tunnel_options *options);

/* Its value; both ports of encap in one, the source's first. */
uint32_t sp_option_get(const struct sp_option *option, const struct sp_tunnel_options *options);

void sp_option_set(const struct sp_option *option, struct sp_tunnel_options *options,
		   uint32_t value);

#endif
