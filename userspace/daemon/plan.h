/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a configuration changes, of the one in force and of the kernel: made
 * before anything is touched, told to whoever asks, and then carried out by
 * apply.h.
 */
#ifndef PLAN_H
#define PLAN_H

#include "daemon.h"
#include "kernel.h"
#include "keys/keyring.h"

enum plan_change {
	PLAN_UNCHANGED,
	PLAN_REFRESHED,			/* goes on, with something else */
	PLAN_REPLACED,			/* ends and begins anew: it cannot change while it lives */
	PLAN_NEW,
	PLAN_DELETED,
};

struct plan_tunnel {
	STAILQ_ENTRY(plan_tunnel) next;
	const char *name;
	const struct sp_tunnel_config *config;	/* NULL: deleted */
	const struct sp_tunnel_config *old;	/* NULL: new */
	enum plan_change change;
	struct kernel_wish wish;	/* unless deleted */
	const char *why;		/* refreshed or replaced: what differs, "" for the kernel */
};

struct plan {
	struct sp_arena arena;		/* of what is in it */
	const struct sp_config *config;
	struct sp_keyring *keys;
	struct snapshot *kernel;
	STAILQ_HEAD(, plan_tunnel) tunnels;	/* in the order of the files, then the deleted */
};

/* @keys holds those of the configuration; both have to stay until the plan is freed. */
struct plan *plan_make(struct daemon *daemon, const struct sp_config *config,
		       struct sp_keyring *keys, struct sp_error *err);
void plan_free(struct plan *plan);

const char *plan_word(enum plan_change change);

/* How one tunnel would be brought to be as the configuration in force says. */
void plan_tunnel_again(struct plan_tunnel *to, struct snapshot *kernel,
		       const struct tunnel *tunnel, struct sp_keyring *keys);

/* Whether a party stays as it is, for @peer, which may be NULL. */
bool plan_keeps(const struct party *party, const struct sp_peer_config *peer,
		struct sp_keyring *keys);
/* Whether what it has agreed on is worth nothing, for another key proves the peer now. */
bool plan_withdraws(const struct party *party, const struct sp_peer_config *peer,
		    struct sp_keyring *keys);

#endif
