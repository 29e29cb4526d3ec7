/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peers that have a name: their addresses, asked for by threads that nobody waits for. */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "daemon.h"

int resolve_open(struct daemon *daemon, struct sp_error *err);
void resolve_close(struct daemon *daemon);

/* Gives the peers of a configuration that was read the addresses that are known. */
void resolve_fill(const struct daemon *daemon, struct sp_config *config);
/* A configuration is in force: asks for what is not known of it. */
void resolve_apply(struct daemon *daemon);
/* The peer cannot be reached where it was. */
void resolve_again(struct daemon *daemon, const struct sp_peer_config *peer);

#endif
