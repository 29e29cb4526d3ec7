/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Agreeing on SAs with one peer, over sessions of the RSA keying channel
 * (Documentation/keying-rsa.md).  No socket, clock or netlink in here: the owner
 * tells what happened and when, and the engine asks through struct rk_port.
 *
 * The side that wants SAs allocates its inbound SPI and sends install; the other
 * installs its inbound SA and a parked outbound one and answers installed; the
 * first installs both and says active; a while later it deletes the generation
 * before.  No packet is lost in between, for each inbound SA is there before
 * anybody sends with its other end.
 */
#ifndef RK_PEER_H
#define RK_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "config/config.h"
#include "error.h"
#include "message.h"
#include "netlink/nl.h"
#include "note.h"
#include "session.h"

enum {
	RK_ANSWER_SECONDS = 10,		/* to answer an install */
	RK_IDLE_SECONDS = 20,		/* of silence before a ping */
	RK_PINGS_MAX = 3,		/* unanswered, then the session is dead */
	RK_RETRY_MIN = 1,		/* seconds, doubled from failure to failure */
	RK_RETRY_MAX = 30,
	/*
	 * Packets sent with the old generation are still on their way when the new
	 * one is there; 5 s outlasts any queue worth waiting for.
	 */
	RK_LINGER_SECONDS = 5,
	/* The other side deletes too; this is for when it cannot. */
	RK_LINGER_PEER_SECONDS = 30,
	/* A server lets the client of a new session refresh first, or they would cross. */
	RK_SERVER_SECONDS = 2,
	RK_GENERATIONS_MAX = 8,		/* of one tunnel, alive at once */
	/* The highest number that a peer may say: refreshes of ours come after it for years. */
	RK_GENERATION_MAX = INT32_MAX,
	/* The highest that is taken over from the kernel: the peer accepts as many after it. */
	RK_GENERATION_ADOPT_MAX = RK_GENERATION_MAX / 2,
	RK_SPREAD_SECONDS = 10,		/* over which what is overdue is refreshed */
	RK_REJECTED_SECONDS = 60,	/* between two words about connections that failed */
	/* The least that is accepted of a life: a refresh needs time to happen in. */
	RK_LIFE_SECONDS_MIN = 10,
	RK_LIFE_BYTES_MIN = 4096,
};

/* A session, as its owner knows it. */
struct rk_link;

/* Both SAs of one generation, keyed by the session's keys and their own SPIs. */
struct rk_install {
	uint32_t generation;
	uint32_t in_spi;
	uint32_t out_spi;
	const char *alg;
	bool parked;			/* the outbound one */
	struct sp_life life;
};

enum rk_event {
	RK_EVENT_NOTE,			/* worth a line in the log */
	RK_EVENT_UP,			/* a new generation carries the tunnel's traffic */
	RK_EVENT_DOWN,			/* no generation carries it any more */
	RK_EVENT_REFUSED,		/* a definite no, of the peer or the kernel; noted before */
};

struct rk_tunnel;

/*
 * What the engine asks of its owner.  No function may call the engine back:
 * connect begins a session whose fate is told later, send queues, and close
 * sends what is queued first.
 */
struct rk_port {
	void (*connect)(void *arg, double now);
	void (*send)(void *arg, struct rk_link *link, const char *text);
	void (*close)(void *arg, struct rk_link *link);
	int (*spi_alloc)(void *arg, const char *tunnel, uint32_t *spi, struct sp_error *err);
	int (*install)(void *arg, const char *tunnel, struct rk_link *link,
		       const struct rk_install *install, struct sp_error *err);
	int (*activate)(void *arg, const char *tunnel, uint32_t generation, struct sp_error *err);
	int (*remove)(void *arg, const char *tunnel, uint32_t generation, struct sp_error *err);
	/* tunnel NULL: about the peer as a whole. */
	void (*event)(void *arg, struct rk_tunnel *tunnel, enum rk_event event, const char *text);
	struct rk_random random;
	void *arg;
};

enum rk_will {
	RK_WILL_DOWN,			/* by the admin: installs of the peer are refused */
	RK_WILL_IDLE,			/* until traffic or the peer asks */
	RK_WILL_KEEP,			/* up, whatever happens */
};

struct rk_generation {
	uint32_t number;
	double remove_at;		/* INFINITY while it is needed */
	bool tell;			/* the peer, when it is removed */
};

/* Its owner may read it; times are those of the owner's clock. */
struct rk_tunnel {
	STAILQ_ENTRY(rk_tunnel) next;
	struct rk_peer *peer;
	const struct sp_tunnel_config *config;	/* in force */
	bool off;			/* switched off, by the configuration or somebody since */
	enum rk_will will;
	bool wanted;			/* a new generation, as soon as there is a way */
	double retry_at;
	unsigned int failures;		/* in a row */
	size_t proposal;		/* the word of config.esp to offer */

	/* our install that waits for its installed; generation 0: none */
	uint32_t asked_generation;
	uint32_t asked_spi;
	const char *asked_alg;
	double answer_by;

	struct rk_generation live[RK_GENERATIONS_MAX];	/* in the kernel, oldest first */
	size_t n_live;
	uint32_t current;		/* the generation that sends; 0: none */
	uint32_t newest;		/* that ever was current */
	uint32_t highest;		/* that either side has known */

	const char *alg;		/* of the generation negotiated last */
	unsigned int rekeys;
	double established;		/* when current came */
	double rekey_at;		/* INFINITY: not by us */
	struct sp_note last_error;
};

struct rk_peer {
	struct sp_addr local, remote;	/* as configured */
	struct rk_port port;
	STAILQ_HEAD(, rk_tunnel) tunnels;

	struct rk_link *link;		/* the session in use, or NULL */
	bool client;			/* of that session */
	double opened;
	double ping_at;
	unsigned int pings;		/* unanswered */

	bool connecting;
	double connect_at;
	unsigned int failures;		/* to connect, in a row */
	struct sp_note last_error;
	double rejected_at;		/* when a connection was last said to have failed */
	unsigned int rejected;		/* since then, without a word */
};

struct rk_peer *rk_peer_new(const struct sp_peer_config *config, const struct rk_port *port);
/* The peer or we are elsewhere: it is tried there at once. */
void rk_peer_configure(struct rk_peer *peer, const struct sp_peer_config *config, double now);
/* Says bye; SAs stay in the kernel. */
void rk_peer_free(struct rk_peer *peer);

/* The configuration has to stay until there is another, or the tunnel is dropped. */
struct rk_tunnel *rk_peer_add(struct rk_peer *peer, const struct sp_tunnel_config *config);
/* Takes it down on both sides, then forgets it. */
void rk_peer_drop(struct rk_peer *peer, struct rk_tunnel *tunnel);
struct rk_tunnel *rk_peer_tunnel(const struct rk_peer *peer, const char *name);

/* A generation that was in the kernel before we were. */
void rk_tunnel_adopt(struct rk_tunnel *tunnel, uint32_t generation, const char *alg, bool current,
		     double since);
/* After the adoptions: what the configuration wants from now on. */
void rk_tunnel_start(struct rk_tunnel *tunnel, double now);
/* Other lifetimes, algorithms or selectors: refreshes what is up. */
void rk_tunnel_configure(struct rk_tunnel *tunnel, const struct sp_tunnel_config *config,
			 double now);
/* Nothing that SAs depend on differs. */
void rk_tunnel_set_config(struct rk_tunnel *tunnel, const struct sp_tunnel_config *config);

/* Sessions come and go. */
void rk_peer_opened(struct rk_peer *peer, struct rk_link *link, bool client, double now);
void rk_peer_closed(struct rk_peer *peer, struct rk_link *link, const char *why, double now);
/* @refused: by the peer, rather than by the network. */
void rk_peer_connect_failed(struct rk_peer *peer, bool refused, const char *why, double now);
/* A connection of the peer's that failed to become a session. */
void rk_peer_rejected(struct rk_peer *peer, const char *why, double now);
void rk_peer_received(struct rk_peer *peer, struct rk_link *link, const char *text, double now);

/* The admin's commands. */
void rk_tunnel_up(struct rk_tunnel *tunnel, double now);
void rk_tunnel_down(struct rk_tunnel *tunnel);
int rk_tunnel_rekey(struct rk_tunnel *tunnel, double now, struct sp_error *err);

/* The kernel's notifications. */
void rk_tunnel_switch_off(struct rk_tunnel *tunnel, bool off);
void rk_tunnel_acquire(struct rk_tunnel *tunnel, double now);
void rk_tunnel_expire(struct rk_tunnel *tunnel, uint32_t generation, bool hard, double now);
void rk_tunnel_active(struct rk_tunnel *tunnel, uint32_t generation, double now);
/* The kernel's tunnel has gone and come anew, without SAs. */
void rk_tunnel_gone(struct rk_tunnel *tunnel, double now);
/* A generation is not in the kernel any more, or half of it, and we have not asked for that. */
void rk_tunnel_vanished(struct rk_tunnel *tunnel, uint32_t generation, double now);
/* The soft end of the current generation has passed unnoticed, as that of others has. */
void rk_tunnel_overdue(struct rk_tunnel *tunnel, double now);
/* Switched off: what the peer asks for it gets, but nothing is asked of it. */
bool rk_tunnel_is_off(const struct rk_tunnel *tunnel);
/* Whether the generation is in the kernel, as far as the engine knows. */
bool rk_tunnel_has(const struct rk_tunnel *tunnel, uint32_t generation);

/* Does what is due; to be called after each of the above, and at the deadline. */
void rk_peer_tick(struct rk_peer *peer, double now);
double rk_peer_deadline(const struct rk_peer *peer);	/* INFINITY: never */

/* Ends the program if something is not as it always is between two calls of the above. */
void rk_peer_check(const struct rk_peer *peer);
/* Starts over with each tunnel of which that is so. */
void rk_peer_mend(struct rk_peer *peer, double now);

/* "up", "negotiating", "waiting", "idle", "down" or "admin-down". */
const char *rk_tunnel_state(const struct rk_tunnel *tunnel);
/* "open", "connecting" or "closed". */
const char *rk_peer_state(const struct rk_peer *peer);

#endif
