/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an engine may ask of whoever runs it.  All of it is plain data: requests are collected
 * here while the engine works, and its host carries them out, in their order, after the engine
 * has returned.  So nothing that an engine asks for calls it back, and one engine runs in the
 * daemon, in a test, and one day in a process of its own.
 *
 * The kernel and the source of randomness answer at once, which is the engine's only way to
 * go on: those are functions of the host.
 */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "error.h"
#include "keys/question.h"
#include "netlink/nl.h"
#include "path.h"
#include "secret.h"

/*
 * By what something that comes in is found to be the peer's, if its address does not tell; all
 * of it is compared.
 */
struct engine_id {
	uint8_t octets[64];
};

/* Between whom a tunnel's packets go. */
struct port_way {
	struct sp_addr local, remote;
	uint16_t local_port, remote_port;	/* in UDP (RFC 3948); both 0: not in UDP */
	bool follow;			/* a packet that proves good moves the remote end there */
};

/* What the host does at once. */
struct port_host {
	int (*spi)(void *arg, const char *tunnel, uint32_t *spi, struct sp_error *err);
	/* Both SAs of a generation, all or nothing. */
	int (*install)(void *arg, const char *tunnel, const struct sp_sa *in,
		       const struct sp_sa *out, struct sp_error *err);
	int (*activate)(void *arg, const char *tunnel, uint32_t generation, struct sp_error *err);
	int (*remove)(void *arg, const char *tunnel, uint32_t generation, struct sp_error *err);
	void (*random)(void *arg, void *buf, size_t len);
	/*
	 * From now on the tunnel's packets go there, those of the SAs that it has as well; to be
	 * said before each generation, and costs nothing if they do already.  Before it is said
	 * they go as is configured or as they did before a restart; a tunnel whose peer may be
	 * anywhere (remote = any) is not in the kernel, and has no SPIs, before that.
	 */
	int (*place)(void *arg, const char *tunnel, const struct port_way *way,
		     struct sp_error *err);
	/* For whoever looks for a mistake; NULL if nobody does. */
	void (*trace)(void *arg, const char *text);	/* a line for the log */
	/* What encrypts what is said under that cookie, an initiator's of IKEv1. */
	void (*key_log)(void *arg, const uint8_t cookie[8], const struct sp_secret *key);
};

enum port_verb {
	PORT_CONNECT,			/* a stream to the peer, wherever it is believed to be */
	PORT_DATAGRAM,			/* octets, from where the path begins to where it ends */
	PORT_SEND,			/* octets, on a stream */
	PORT_PROVED,			/* the peer is who it should be, at that stream's end */
	PORT_HANG_UP,			/* once all is sent; no more is heard of the stream */
	PORT_EXPECT,			/* the question will be asked: have an answer ready */
	PORT_ASK,
	PORT_WITHDRAW,			/* the answer is not needed any more */
	PORT_EVENT,
	PORT_CLAIM,			/* what begins with that identity is the peer's */
	PORT_DISCLAIM,
	PORT_MET,			/* the peer is where the path ends: a datagram proves it */
	PORT_INSTANCE,			/* a tunnel as another is configured, of other networks */
	PORT_END_INSTANCE,
};

enum port_event_kind {
	PORT_NOTE,			/* worth a line in the log */
	PORT_UP,			/* a new generation carries the tunnel's traffic */
	PORT_DOWN,			/* no generation carries it any more */
	PORT_REFUSED,			/* a definite no, of the peer or the kernel; noted before */
};

struct port_event {
	enum port_event_kind kind;
	char tunnel[SPINDLE_NAME_MAX + 1];	/* "": about the peer as a whole */
	uint32_t generation;			/* that carries traffic now; 0: none */
	const char *alg;			/* of it: a word of kmod/suite.h */
	char text[640];
};

/* A tunnel that an engine asks for, or has no use for any more. */
struct port_instance {
	char tunnel[SPINDLE_NAME_MAX + 1];
	struct sp_ts local, remote;
};

struct port_request {
	STAILQ_ENTRY(port_request) next;
	enum port_verb verb;
	uint32_t id;			/* of a stream or of a question */
	struct sp_path path;		/* of a datagram, or where the peer is */
	struct engine_id claim;
	struct sp_key_question *question;
	struct port_event *event;
	struct port_instance *instance;
	size_t len;
	uint8_t octets[];		/* to send */
};

struct port {
	const struct port_host *host;
	void *arg;
	STAILQ_HEAD(, port_request) requests;
	uint32_t last_id;
	bool failed;			/* there was no memory for a request */
	unsigned int trace;		/* how much of what passes is wanted in the log; 0: none */
};

/* --- for engines ----------------------------------------------------------------- */

/* Nobody knows whether it arrives. */
void port_datagram(struct port *port, const struct sp_path *path, const void *octets, size_t len);
/* The stream's id: a number that the port has not given to anything else. */
uint32_t port_connect(struct port *port);
void port_send(struct port *port, uint32_t stream, const void *octets, size_t len);
void port_proved(struct port *port, uint32_t stream);
void port_hang_up(struct port *port, uint32_t stream);
void port_expect(struct port *port, const struct sp_key_question *question);
/* The answer will have this id. */
uint32_t port_ask(struct port *port, const struct sp_key_question *question);
void port_withdraw(struct port *port, uint32_t question);
/*
 * As many as it likes, at any time; what it has when it is closed is given back.  Of two peers
 * that claim the same, the one at the address from which something comes gets it, or else the
 * first.
 */
void port_claim(struct port *port, const struct engine_id *id);
void port_disclaim(struct port *port, const struct engine_id *id);
/* Without a claim, too, it is found there from now on. */
void port_met(struct port *port, const struct sp_path *path);
/*
 * A tunnel as @tunnel is configured but for its networks, which are the peer's to have: it is
 * called NAME~N, and comes by add() and start() with that tunnel's configuration as its section.
 * It goes by drop(), when it is asked to or when its section is changed.
 */
void port_instance(struct port *port, const char *tunnel, const struct sp_ts *local,
		   const struct sp_ts *remote);
void port_end_instance(struct port *port, const char *name);
void port_event(struct port *port, const struct port_event *event);

/* --- for their host ---------------------------------------------------------------- */

void port_init(struct port *port, const struct port_host *host, void *arg);
/* Forgets what was not carried out. */
void port_clear(struct port *port);

/* For a stream that the peer has opened. */
uint32_t port_new_id(struct port *port);
/* The next request, the caller's to free with port_done(); NULL: that was all. */
struct port_request *port_take(struct port *port);
void port_done(struct port_request *request);
/*
 * Whether requests were lost for want of memory, since this was last asked: no stream is in a
 * known state then, and the host ends them all.
 */
bool port_has_failed(struct port *port);

#endif
