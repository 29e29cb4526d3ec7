/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's tunnels and SAs: made to be as the configuration says, and keyed. */
#ifndef KERNEL_H
#define KERNEL_H

#include "daemon.h"
#include "snapshot.h"

enum kernel_change {
	KERNEL_SAME,
	KERNEL_SET,
	KERNEL_NEW,
};

/* What is to be done to the kernel's tunnel. */
struct kernel_wish {
	const struct sp_tunnel_config *config, *old;
	const struct tunnel *known;	/* or NULL */
	uint32_t owner;
	unsigned int fields;		/* enum sp_tunnel_field: what differs */
	uint32_t told;			/* likewise, options */
	enum kernel_change change;
	bool anew;			/* it has to be deleted first: this stays with a tunnel */
};

/*
 * Compares the kernel's tunnel with the configured one.  A tunnel that follows its peer stays
 * where that is, unless the configuration says another place than @old, the one before, which
 * may be NULL.  Where an engine says where its tunnels' packets go it is heard, by @known, what
 * the registry has of the tunnel or NULL.
 */
void kernel_compare(struct kernel_wish *wish, struct snapshot *snapshot,
		    const struct sp_tunnel_config *config, const struct sp_tunnel_config *old,
		    const struct tunnel *known, uint32_t owner);

/* The same of one that is known to be as @config wants it, without asking the kernel. */
void kernel_same(struct kernel_wish *wish, const struct sp_tunnel_config *config,
		 const struct tunnel *known);

/*
 * The mark on a tunnel of ours says how it is keyed: in profile signed, with the key of that
 * id.  What it is not keyed with any more, be it that the daemon was away when that changed,
 * is not taken over.
 */
enum {
	KERNEL_OWNER_MANUAL = 0x5d000001,
	KERNEL_OWNER_COMPAT = 0x5d000002,
	KERNEL_OWNER_PSK = 0x5d000003,	/* of a secret, nobody is told more */
};
uint32_t kernel_owner_signed(const char *key_id);
bool kernel_owns(const struct snapshot_tunnel *is);
/* Carries it out, of the snapshot that was compared; done() hears of it as of the group's. */
void kernel_bring(struct sp_nl_group *group, const struct kernel_wish *wish,
		  struct snapshot *snapshot, sp_nl_done_fn done, void *arg);

/* Leads a tunnel's packets that way, and makes the tunnel if it could not be made before. */
int kernel_place(struct daemon *daemon, const char *name, const struct port_way *way,
		 struct sp_error *err);

/* Makes an instance, which goes where its section does; nothing as long as that is nowhere. */
int kernel_make(struct daemon *daemon, struct tunnel *instance, const struct tunnel *section,
		struct sp_error *err);

/* Tells the tunnel's engine of the generations that are there. */
int kernel_adopt(struct snapshot *snapshot, struct tunnel *tunnel, struct sp_error *err);

/* Notifications go to the engines of their tunnels. */
int kernel_listen(struct daemon *daemon, struct sp_error *err);
/* Hears what has happened so far. */
void kernel_hear(struct daemon *daemon);
void kernel_hush(struct daemon *daemon);

#endif
