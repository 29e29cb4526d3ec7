/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the configuration parser: config_file.c reads lines, config_key.c finds the key that one
 * is about, schema.c reads its value, config.c sees to sections and to the sense of the whole.
 */
#ifndef SP_CONFIG_PARSE_H
#define SP_CONFIG_PARSE_H

#include "config.h"

enum { SP_CONFIG_LINE_MAX = 2048 };	/* the longest key takes 1,400 octets */

struct sp_config_parser {
	struct sp_config *config;
	struct sp_arena scratch;	/* what only the parser has to know */
	sp_problem_fn problem;
	void *arg;
	unsigned int problems;
	unsigned int problems_before;	/* the section's header */

	/* the line being read; place.column is where a problem would be */
	struct sp_place place;

	/* the section it stands in: one of the two, or none after a bad header */
	struct sp_peer_config *peer;
	struct sp_tunnel_config *tunnel;
	bool headed;			/* this file has had a header, good or bad */
	uint64_t seen;			/* keys of this section, by their rows */
	struct sp_place told[SP_OPTIONS_MAX];	/* where its options stand */
	struct sp_place where[32];		/* and its keys, by their rows */
};

__attribute__((format(printf, 3, 4)))
void sp_config_problem(struct sp_config_parser *p, const struct sp_place *place,
		       const char *fmt, ...);

/* config_file.c: one file, line by line, through the two below. */
void sp_config_read_file(struct sp_config_parser *p, const char *path);

/* config.c: "[peer office]" has come. */
void sp_config_section(struct sp_config_parser *p, const char *header);

/* config.c: the section has no more keys. */
void sp_config_section_end(struct sp_config_parser *p);

/* schema.c: the algorithms of a tunnel that was told none. */
void sp_config_offer_usual(struct sp_tunnel_config *tunnel);

/* schema.c: the proposals of a peer that was told none. */
void sp_config_propose_usual(struct sp_config_parser *p, struct sp_peer_config *peer);

/* config_peer.c: a peer's section has no more keys. */
void sp_config_peer_end(struct sp_config_parser *p);
/* config_peer.c: once all has been read. */
void sp_config_check_peers(struct sp_config_parser *p);

/* config_key.c: "lifetime = 1h" has come; @column is where the value stands. */
void sp_config_key(struct sp_config_parser *p, const char *key, const char *value,
		   unsigned int column);

#endif
