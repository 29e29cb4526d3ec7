/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a way of keying is to the daemon: a table of functions that take and give plain data.
 * An engine has no socket, clock, file or netlink.  It hears what happened and when, and asks
 * through its port; after anything that it was told its host calls tick(), carries out what
 * the port has collected, and calls tick() again at the deadline.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "error.h"
#include "keys/keyring.h"
#include "port.h"

enum {
	ENGINE_HELLO_MAX = 128,		/* octets that tell whose a connection is */
	ENGINE_SEEN_MAX = 16,		/* generations of one tunnel */
	ENGINE_UDP_MAX = 2,		/* ports */
	ENGINE_IDS_MAX = 2,		/* candidates in one hello */
};

/* The engine's own: one peer, and one of its tunnels. */
struct engine_peer;
struct engine_tunnel;

/*
 * What is in the files that the configuration names; NULL: it names none.  Of our own key an
 * engine of IKE gets the public half: it asks for signatures (keys/question.h), as it does for
 * what is made with a pre-shared key.
 */
struct engine_keys {
	const struct sp_key *own;
	const struct sp_key *peer;
};

enum engine_wish { ENGINE_UP, ENGINE_DOWN, ENGINE_REKEY };

/* A generation that was in the kernel before the engine was, or one half of it. */
struct engine_generation {
	uint32_t number;
	const char *alg;		/* a word of kmod/suite.h */
	bool current;			/* the tunnel sends with it */
	double since;
	uint32_t in_spi, out_spi;	/* 0: of the other half */
};

enum engine_news_kind {
	ENGINE_ACQUIRE,			/* packets wait for an SA */
	ENGINE_SOFT,			/* a generation should be refreshed */
	ENGINE_HARD,			/* a generation has come to its end */
	ENGINE_ACTIVE,			/* the tunnel sends with that generation now */
	ENGINE_GONE,			/* the kernel's tunnel has come anew, without SAs */
	/*
	 * By somebody beside the configuration, which begins with its options' admin: while it is
	 * off, the peer gets the SAs that it asks for, and is asked for none.
	 */
	ENGINE_OFF,
	ENGINE_ON,
	ENGINE_MOVED,			/* the tunnel follows its peer, which is elsewhere now */
};

/* What the kernel has notified of. */
struct engine_news {
	enum engine_news_kind kind;
	uint32_t generation;
	struct sp_addr remote;		/* it has moved: to where its packets go now, */
	uint16_t remote_port;		/* and in UDP to what port; 0: not in UDP */
};

/* What the kernel has of a tunnel, of the generations that the engine says to have. */
struct engine_seen {
	struct {
		uint32_t number;
		unsigned int halves;	/* SAs: one in each direction */
		bool overdue;		/* to be refreshed */
	} generations[ENGINE_SEEN_MAX];
	size_t n;
	uint32_t sends;			/* the generation that does; 0: none */
	bool staged;			/* packets wait for an SA */
};

enum engine_stream_kind {
	ENGINE_STREAM_CAME,		/* the peer, or somebody in its place, has connected */
	ENGINE_STREAM_CONNECTED,	/* as was asked for */
	ENGINE_STREAM_OCTETS,
	/* No more will come.  What is sent at once still goes out. */
	ENGINE_STREAM_ENDED,
	ENGINE_STREAM_FAILED,
};

struct engine_stream {
	uint32_t id;
	enum engine_stream_kind kind;
	const void *octets;
	size_t len;
	const char *why;		/* it failed */
};

/* For status; texts are valid until the engine is called again, times are INFINITY for never. */
struct engine_peer_look {
	const char *state;
	const char *auth;		/* how it proves who it is, or NULL */
	const char *profile;
	double established;
	const char *last_error;		/* "": none */
	/* of IKE; NULL elsewhere or while there are none */
	const char *phase;		/* what it is about: "main mode, waiting for message 4" */
	const char *local_id, *remote_id;	/* as proved, or as to be proved */
	const char *local_spi, *remote_spi;	/* the cookies, as hexadecimal digits */
	const char *vendors;		/* what the peer says that it is and knows: "DPD, NAT-T" */
	double rekey_at;
	double retry_at;		/* it is tried again after a failure */
};

struct engine_tunnel_look {
	const char *state;
	uint32_t generation;		/* that carries traffic; 0: none */
	const char *alg;		/* of the one negotiated last */
	unsigned int rekeys;
	double established;
	double rekey_at;
	const char *last_error;
	double retry_at;		/* INFINITY: nothing is waited for */
};

/* Where an engine's datagrams come in, at each local address of its peers. */
struct engine_udp {
	uint16_t port;			/* 0: nowhere */
	bool esp;			/* beside ESP in UDP, behind the non-ESP marker */
};

struct engine {
	const char *name;
	struct engine_udp udp[ENGINE_UDP_MAX];

	/* The first so many octets of a connection or a datagram tell whose it is; 0: never. */
	size_t hello_len;
	/*
	 * Identities that something with these octets can have, best first; returns how many.  If
	 * a peer has claimed one, it gets that, wherever it comes from; if none has, the peer at
	 * the address does, and of datagrams else one with remote = any.  Nothing is allocated.
	 */
	size_t (*identify)(const uint8_t *hello, struct engine_id ids[ENGINE_IDS_MAX]);

	/* The port outlives it; NULL without memory. */
	struct engine_peer *(*open)(const struct sp_peer_config *config,
				    const struct engine_keys *keys, struct port *port);
	/* Says goodbye; SAs stay in the kernel. */
	void (*close)(struct engine_peer *peer);
	/* What may change while it lives: where the peer is. */
	void (*configure)(struct engine_peer *peer, const struct sp_peer_config *config,
			  double now);
	void (*look)(const struct engine_peer *peer, struct engine_peer_look *look);

	/* NULL without memory. */
	struct engine_tunnel *(*add)(struct engine_peer *peer,
				     const struct sp_tunnel_config *config);
	/* Once for each half. */
	void (*adopt)(struct engine_tunnel *tunnel, const struct engine_generation *generation);
	/* After the adoptions: what the configuration wants from now on. */
	void (*start)(struct engine_tunnel *tunnel, double now);
	/* @refresh: something differs that SAs depend on. */
	void (*reconfigure)(struct engine_tunnel *tunnel, const struct sp_tunnel_config *config,
			    bool refresh, double now);
	/* Takes it down on both sides, then forgets it. */
	void (*drop)(struct engine_tunnel *tunnel);
	int (*wish)(struct engine_tunnel *tunnel, enum engine_wish wish, double now,
		    struct sp_error *err);
	void (*news)(struct engine_tunnel *tunnel, const struct engine_news *news, double now);
	void (*seen)(struct engine_tunnel *tunnel, const struct engine_seen *seen, double now);
	/* Whether the generation is in the kernel, as far as the engine knows. */
	bool (*has)(const struct engine_tunnel *tunnel, uint32_t generation);
	void (*look_tunnel)(const struct engine_tunnel *tunnel, struct engine_tunnel_look *look);

	void (*stream)(struct engine_peer *peer, const struct engine_stream *stream, double now);
	/*
	 * To one of its ports, from where the peer is said to be, or with an identity that it has
	 * claimed.
	 */
	void (*datagram)(struct engine_peer *peer, const struct sp_path *path, const void *octets,
			 size_t len, double now);
	/* Of a question that was asked, unless it was withdrawn. */
	void (*answer)(struct engine_peer *peer, uint32_t question,
		       const struct sp_key_answer *answer, double now);

	void (*tick)(struct engine_peer *peer, double now);
	double (*deadline)(const struct engine_peer *peer);	/* INFINITY: never */
};

#endif
