/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's tunnels and SAs: made to be as the configuration says, and keyed. */
#ifndef KERNEL_H
#define KERNEL_H

#include "daemon.h"
#include "keying/rsa/peer.h"

enum kernel_change {
	KERNEL_SAME,
	KERNEL_SET,
	KERNEL_NEW,
};

/*
 * Compares the kernel's tunnel with the configured one, and brings it there unless @plan.
 * A tunnel that follows its peer stays where that is, unless the configuration says another
 * place than @old, the one before, which may be NULL.
 */
int kernel_tunnel(struct sp_nl *nl, const struct sp_tunnel_config *config,
		  const struct sp_tunnel_config *old, bool plan, enum kernel_change *change,
		  struct sp_error *err);
/* With its SAs. */
int kernel_tunnel_del(struct sp_nl *nl, const struct sp_tunnel_config *config,
		      struct sp_error *err);

/* Both SAs of a generation, with keys of the session. */
int kernel_install(struct sp_nl *nl, const char *tunnel, const struct rk_session *session,
		   const struct rk_install *install, struct sp_error *err);

/* Tells the tunnel's engine of the generations that are there. */
int kernel_adopt(struct sp_nl *nl, struct rk_tunnel *tunnel, struct sp_error *err);

/* Notifications go to the engines of their tunnels. */
int kernel_listen(struct daemon *daemon, struct sp_error *err);
void kernel_hush(struct daemon *daemon);

#endif
