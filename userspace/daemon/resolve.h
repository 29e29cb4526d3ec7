/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that the configuration does not name: those of peers that have a name, asked for by
 * threads that nobody waits for, and ours, where a peer's section says none.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "daemon.h"

int resolve_open(struct daemon *daemon, struct sp_error *err);
void resolve_close(struct daemon *daemon);

/* Gives the peers of a configuration that was read the addresses that are known. */
void resolve_fill(const struct daemon *daemon, struct sp_config *config);
/* A configuration is in force: asks for what is not known of it. */
void resolve_apply(struct daemon *daemon);
/* Addresses of this host have come or gone. */
void resolve_address_changed(struct daemon *daemon);
/* The peer cannot be reached where it was. */
void resolve_again(struct daemon *daemon, const char *name);

#endif
