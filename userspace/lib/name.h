/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for the numbers of the netlink family; they never change meaning. */
#ifndef SP_NAME_H
#define SP_NAME_H

#include <stdint.h>

#include "error.h"

/* Each returns "unknown" for a number that has no word. */
const char *sp_name_dir(uint8_t dir);
const char *sp_name_proto(uint8_t proto);
const char *sp_name_clear(uint8_t clear);
const char *sp_name_tunnel_state(uint8_t state);
const char *sp_name_sa_state(uint8_t state);
const char *sp_name_limit(uint8_t limit);
const char *sp_name_event(uint8_t cmd);

int sp_name_proto_parse(uint8_t *proto, const char *word, struct sp_error *err);
int sp_name_clear_parse(uint8_t *clear, const char *word, struct sp_error *err);

/* Names of peers and tunnels are made of these; the daemon also uses ~ in names it makes. */
#define SP_NAME_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

#endif
