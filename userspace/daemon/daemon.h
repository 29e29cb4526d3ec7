/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spindled: what its rooms share.  One thread runs everything; others make keys
 * (holder.h), which takes too long for the loop.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <event2/event.h>
#include <sys/queue.h>

#include "config/config.h"
#include "netlink/nl.h"
#include "registry.h"

LIST_HEAD(party_list, party);
LIST_HEAD(stream_list, stream);
LIST_HEAD(door_list, door);
LIST_HEAD(udp_list, udp_port);
TAILQ_HEAD(guest_list, guest);

struct daemon {
	struct event_base *base;
	struct sp_nl *nl;
	struct sp_nl_events *events;
	struct event *events_readable;
	const char *config_path;
	struct sp_config *config;	/* in force */
	struct sp_keyring *keys;	/* of that configuration */
	struct registry registry;	/* of peers with their keying, and of tunnels */
	struct party_list parties;	/* those peers */
	struct stream_list streams;
	unsigned int half_open[2];	/* of them; [1]: from where nobody is known to be */
	struct door_list doors;
	struct guest_list guests;
	struct udp_list udp_ports;
	struct party_end *ends;		/* of parties whose engines have datagrams */
	struct party_claim *claims;		/* of parties, to what comes in */
	struct routes *routes;
	struct resolver *resolver;	/* of peers' names */
	struct repair *repair;
	struct holder *holder;		/* of keys */
	struct keylog *keylog;		/* NULL: keys are written nowhere */
	unsigned int trace;		/* how much of what passes is logged */
	struct control *control;
};

/* Seconds of a monotonic clock. */
double daemon_now(void);

#endif
