/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client of the generic netlink family "spindle" (include/uapi/linux/spindle.h),
 * over libnl-3.  Requests are synchronous.  Errors carry the kernel's own words:
 * "tunnel office: SPI 0x1001 is already in use by xfrm".
 */
#ifndef SP_NL_H
#define SP_NL_H

#include <linux/spindle.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "name.h"
#include "option.h"
#include "secret.h"
#include "selector.h"

enum { SP_DROPS_MAX = 32 };

struct sp_drop {
	char reason[32];
	uint64_t count;
	uint64_t sequence;		/* last-drop only */
	uint64_t age;			/* last-drop only, seconds since */
	struct sp_addr source;		/* last-drop only: outer source, none if it did not come */
};

/* What has been carried in one direction. */
struct sp_traffic {
	uint64_t packets;
	uint64_t bytes;			/* of inner packets */
};

struct sp_drops {
	struct sp_drop list[SP_DROPS_MAX];
	size_t n;
};

struct sp_device {
	uint32_t ifindex;
	char ifname[IFNAMSIZ];
	uint32_t mtu;
	uint8_t mtu_fixed;		/* it does not follow the tunnels */
	uint32_t tunnels;
	uint8_t clear;			/* enum spindle_clear */
	bool moved;			/* to the namespace of that id */
	uint32_t netnsid;
	struct sp_drops drops;
};

/* Which fields of a struct sp_tunnel a request carries, beside options. */
enum sp_tunnel_field {
	SP_TUNNEL_LOCAL		= 1 << 0,
	SP_TUNNEL_REMOTE	= 1 << 1,
	SP_TUNNEL_LOCAL_TS	= 1 << 2,
	SP_TUNNEL_REMOTE_TS	= 1 << 3,
	SP_TUNNEL_PROTO		= 1 << 4,
	SP_TUNNEL_IFINDEX	= 1 << 5,
	SP_TUNNEL_OWNER		= 1 << 6,
	SP_TUNNEL_FIELDS	= (1 << 7) - 1,	/* all that every tunnel has */
	SP_TUNNEL_NETNSID	= 1 << 7,
};

struct sp_tunnel {
	unsigned int fields;		/* enum sp_tunnel_field; requests only */
	uint32_t told;			/* likewise, of options: sp_option_bit() */
	uint32_t id;			/* 0: named by name */
	char name[SPINDLE_NAME_MAX + 1];
	uint32_t ifindex;
	uint32_t netnsid;		/* of requests: where the device has moved to */
	char ifname[IFNAMSIZ];
	struct sp_addr local;
	struct sp_addr remote;
	uint8_t proto;			/* IPPROTO_ESP or IPPROTO_AH */
	struct sp_selectors local_ts;
	struct sp_selectors remote_ts;
	struct sp_tunnel_options options;
	uint32_t owner;			/* a mark of whoever made it, 0: none */
	/* from the kernel only */
	uint8_t state;			/* enum spindle_tunnel_state */
	uint32_t out_generation;	/* 0: none */
	uint32_t staged;
	uint32_t path_mtu;		/* 0: no outbound SA */
	uint32_t mtu;			/* of inner packets; likewise */
	uint32_t encap_error;		/* errno: why no socket takes ESP in UDP in, or 0 */
	struct sp_traffic rx, tx;	/* with all its SAs so far */
	bool heard;			/* its peer has sent a good packet, the last */
	uint64_t heard_ago;		/* so many seconds ago */
	struct sp_drops drops;
};

struct sp_life {
	uint64_t soft_bytes, hard_bytes;
	uint64_t soft_packets, hard_packets;
	uint64_t soft_seconds, hard_seconds;
};

struct sp_sa {
	uint8_t dir;			/* enum spindle_dir */
	uint32_t spi;			/* host byte order here */
	char alg[SPINDLE_ALG_MAX + 1];
	uint32_t generation;		/* 0 in a request: the kernel chooses */
	bool parked;
	bool esn;			/* sequence numbers have 64 bits */
	uint64_t sequence;
	struct sp_life life;
	bool allow_weak;		/* of commands only: alg may be */
	/* to the kernel only */
	struct sp_secret key;
	struct sp_secret auth_key;
	/* from the kernel only */
	uint8_t state;			/* enum spindle_sa_state */
	uint8_t proto;
	uint32_t replay_window;
	uint64_t packets, bytes;
	uint64_t age;			/* seconds */
	bool used;			/* it has carried something, the last of it */
	uint64_t idle;			/* so many seconds ago */
	struct sp_drops drops;
	struct sp_drop last_drop;	/* reason "" if none */
};

struct sp_flow {
	struct sp_addr src, dst;
	uint8_t proto;
	bool has_ports;
	uint16_t sport, dport;
};

/* What an SA can be made with. */
struct sp_alg {
	char name[SPINDLE_ALG_MAX + 1];
	uint32_t proto;			/* IPPROTO_ESP or IPPROTO_AH */
	uint32_t key_len, auth_key_len;	/* octets, 0: no such key */
	uint32_t icv_len;		/* octets of a packet */
	bool weak;
	bool missing;			/* the kernel has none */
	char driver[64];		/* who encrypts or does both, "": nobody */
	char auth_driver[64];		/* who authenticates, likewise */
};

/* One notification; fields that do not belong to the command are zero. */
struct sp_event {
	uint8_t cmd;			/* a _NTF of enum spindle_cmd; 0: notifications were lost */
	struct sp_tunnel tunnel;	/* in SA events only id and name; in ENDPOINT_NTF where
					   its peer is: remote, and the port of encap */
	struct sp_sa sa;
	struct sp_device device;	/* in DEV_SET_NTF */
	struct sp_flow flow;
	bool hard;
	uint8_t limit;			/* enum spindle_limit */
};

struct sp_nl;

/* Fails with a hint to load the module when the family is not there. */
int sp_nl_open(struct sp_nl **nl, struct sp_error *err);
void sp_nl_close(struct sp_nl *nl);

/*
 * For tunnel and SA requests a tunnel is named by its id, or by name if id is 0.  Those that
 * fail return less than 0: -ENOENT if the kernel has none that is named so.
 */
int sp_nl_tunnel_new(struct sp_nl *nl, const struct sp_tunnel *tunnel, struct sp_error *err);
int sp_nl_tunnel_set(struct sp_nl *nl, const struct sp_tunnel *tunnel, struct sp_error *err);
int sp_nl_tunnel_get(struct sp_nl *nl, const char *name, struct sp_tunnel *tunnel,
		     struct sp_error *err);
int sp_nl_tunnel_del(struct sp_nl *nl, const char *name, struct sp_error *err);

/*
 * Changes of many tunnels, asked together.  Each is told what became of it, 0 or less than 0
 * with an error, at the latest when the group ends.
 */
struct sp_nl_group;
typedef void (*sp_nl_done_fn)(int code, const struct sp_error *err, void *arg);

struct sp_nl_group *sp_nl_group_new(struct sp_nl *nl);
void sp_nl_group_tunnel_new(struct sp_nl_group *group, const struct sp_tunnel *tunnel,
			    sp_nl_done_fn done, void *arg);
void sp_nl_group_tunnel_set(struct sp_nl_group *group, const struct sp_tunnel *tunnel,
			    sp_nl_done_fn done, void *arg);
/* And is freed. */
void sp_nl_group_end(struct sp_nl_group *group);

/* Dumps call each() for every object; a return other than 0 ends the dump with it. */
typedef int (*sp_device_fn)(const struct sp_device *device, void *arg);
typedef int (*sp_tunnel_fn)(const struct sp_tunnel *tunnel, void *arg);
typedef int (*sp_alg_fn)(const struct sp_alg *alg, void *arg);
typedef int (*sp_sa_fn)(const struct sp_sa *sa, const struct sp_tunnel *tunnel, void *arg);
int sp_nl_device_dump(struct sp_nl *nl, sp_device_fn each, void *arg, struct sp_error *err);
int sp_nl_alg_dump(struct sp_nl *nl, sp_alg_fn each, void *arg, struct sp_error *err);
/* Sets what becomes of packets in the clear at the interface of that name. */
int sp_nl_device_set_clear(struct sp_nl *nl, const char *ifname, uint8_t clear,
			   struct sp_error *err);
/* ifindex 0: the tunnels of every device. */
int sp_nl_tunnel_dump(struct sp_nl *nl, uint32_t ifindex, sp_tunnel_fn each, void *arg,
		      struct sp_error *err);
/* tunnel NULL: the SAs of every tunnel. */
int sp_nl_sa_dump(struct sp_nl *nl, const char *tunnel, sp_sa_fn each, void *arg,
		  struct sp_error *err);

/* spi 0: the kernel draws one.  *spi is what was reserved, for 60 seconds. */
int sp_nl_spi_alloc(struct sp_nl *nl, const char *tunnel, uint32_t *spi, struct sp_error *err);
/* One generation in one request, all or nothing; in or out may be NULL. */
int sp_nl_sa_new(struct sp_nl *nl, const char *tunnel, const struct sp_sa *in,
		 const struct sp_sa *out, struct sp_error *err);
int sp_nl_sa_del(struct sp_nl *nl, const char *tunnel, uint8_t dir, uint32_t spi,
		 struct sp_error *err);
int sp_nl_sa_del_generation(struct sp_nl *nl, const char *tunnel, uint32_t generation,
			    struct sp_error *err);
int sp_nl_sa_flush(struct sp_nl *nl, const char *tunnel, struct sp_error *err);
int sp_nl_sa_activate(struct sp_nl *nl, const char *tunnel, uint32_t generation,
		      struct sp_error *err);

/*
 * The socket that takes ESP in UDP in, for what is not ESP: *fd sends, receives and can be
 * waited for, and is the caller's to close.  Fails if another program has the port.
 */
int sp_nl_port_open(struct sp_nl *nl, const struct sp_addr *addr, uint16_t port, int *fd,
		    struct sp_error *err);

/* Notifications: a socket of its own, non-blocking. */
enum sp_nl_groups {
	SP_NL_KEYING	= 1 << 0,
	SP_NL_MONITOR	= 1 << 1,
};

struct sp_nl_events;
typedef void (*sp_event_fn)(const struct sp_event *event, void *arg);

int sp_nl_events_open(struct sp_nl_events **events, unsigned int groups, sp_event_fn each,
		      void *arg, struct sp_error *err);
int sp_nl_events_fd(const struct sp_nl_events *events);
/* Reads what is there; each() sees cmd 0 when the kernel says that some were lost. */
int sp_nl_events_read(struct sp_nl_events *events, struct sp_error *err);
void sp_nl_events_close(struct sp_nl_events *events);

#endif
