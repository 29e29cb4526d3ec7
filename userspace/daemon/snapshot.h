/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's tunnels and SAs: at one time, from one dump of each, for whoever has to look at
 * many of them; or of one after the other, for whoever most often looks at few.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "netlink/nl.h"

struct snapshot;

/* All that is known of a tunnel but its counters; it lasts as long as its snapshot. */
struct snapshot_tunnel {
	const char *name;
	uint32_t ifindex;
	uint32_t owner;
	uint8_t proto;
	uint8_t state;			/* enum spindle_tunnel_state */
	uint32_t out_generation;	/* 0: none */
	uint32_t staged;
	struct sp_addr local, remote;
	struct sp_ts_list local_ts, remote_ts;
	struct sp_tunnel_options options;
};

/* Returns NULL and an error if the kernel does not answer. */
struct snapshot *snapshot_take(struct sp_nl *nl, struct sp_error *err);
/* Asks for each tunnel when it is looked at, and if that becomes too much, for all. */
struct snapshot *snapshot_begin(struct sp_nl *nl);
/* Less than 0 and an error if the kernel has not answered: what was looked at may be there. */
int snapshot_failed(const struct snapshot *snapshot, struct sp_error *err);
void snapshot_free(struct snapshot *snapshot);	/* NULL is fine */

/* NULL: there is none of that name. */
const struct snapshot_tunnel *snapshot_tunnel(struct snapshot *snapshot, const char *name);
/* Only for snapshots that were taken as a whole. */
typedef void (*snapshot_tunnel_fn)(const struct snapshot_tunnel *tunnel, void *arg);
void snapshot_each_tunnel(const struct snapshot *snapshot, snapshot_tunnel_fn each, void *arg);

/* All that is known of an SA but its drop counters. */
struct snapshot_sa {
	uint32_t spi;
	uint32_t generation;
	uint8_t dir;
	uint8_t state;
	char alg[SPINDLE_ALG_MAX + 1];
	struct sp_life life;
	uint64_t age, bytes, packets;
};

/* SAs of the tunnel; they are dumped when first asked for, so later than the tunnels. */
typedef void (*snapshot_sa_fn)(const struct snapshot_sa *sa, void *arg);
int snapshot_each_sa(struct snapshot *snapshot, const char *tunnel, snapshot_sa_fn each, void *arg,
		     struct sp_error *err);

/*
 * 0: there is none of that name.  They are dumped when first asked for, and after they were
 * forgotten because some may have come.
 */
uint32_t snapshot_ifindex(struct snapshot *snapshot, const char *ifname);
void snapshot_forget_interfaces(struct snapshot *snapshot);

#endif
