/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for the numbers of the netlink family; they never change meaning. */
#ifndef SP_NAME_H
#define SP_NAME_H

#include <stdint.h>

#include "error.h"

/* Each returns "unknown" for a number that has no word. */
const char *sp_name_dir(uint8_t dir);
const char *sp_name_proto(uint8_t proto);
const char *sp_name_mode(uint8_t mode);
const char *sp_name_df(uint8_t df);
const char *sp_name_clear(uint8_t clear);
const char *sp_name_tunnel_state(uint8_t state);
const char *sp_name_sa_state(uint8_t state);
const char *sp_name_limit(uint8_t limit);
const char *sp_name_event(uint8_t cmd);

int sp_name_proto_parse(uint8_t *proto, const char *word, struct sp_error *err);
int sp_name_mode_parse(uint8_t *mode, const char *word, struct sp_error *err);
/* UDP ports of ESP in UDP (RFC 3948), 0 for none. */
struct sp_encap {
	uint16_t sport;
	uint16_t dport;
};

enum { SP_ENCAP_STRLEN = sizeof("udp 65535 65535") };

/* "none", or "udp" and two ports. */
const char *sp_name_encap(const struct sp_encap *encap, char buf[SP_ENCAP_STRLEN]);
int sp_name_tfc_parse(uint16_t *tfc, const char *word, struct sp_error *err);
int sp_name_df_parse(uint8_t *df, const char *word, struct sp_error *err);
int sp_name_clear_parse(uint8_t *clear, const char *word, struct sp_error *err);

/* Of a peer or a tunnel; ~ is in names that the daemon makes. */
#define SP_NAME_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

#endif
