/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside routes.h: routes.c says when and in what order, and routes_link.c, routes_address.c,
 * routes_rule.c and routes_route.c bring each its own part of the host to be as wanted.
 */
#ifndef ROUTES_INSIDE_H
#define ROUTES_INSIDE_H

#include "routes.h"
#include "wanted.h"

struct routes {
	struct daemon *daemon;
	struct wanted wanted;
	struct wanted before;		/* while a configuration takes the place of another */
	struct sp_rt *rt;		/* while it is at work, and NULL otherwise */
	struct sp_address *host;	/* every address of the host, as of now */
	size_t n_host;
	const struct wanted_link **by_index;	/* those that are there */
	size_t n_by_index;
	bool refused;			/* something that may be given later */
	bool known;			/* all is as wanted, and nobody has touched it since */
	unsigned int retry;		/* seconds */
	struct sp_rt_events *events;
	struct event *readable;
	struct event *soon;
	struct event *again;
};

/* Notes a problem, and logs it unless it was noted already. */
__attribute__((format(printf, 3, 4)))
void routes_note(struct routes *routes, struct sp_note *kept, const char *fmt, ...);
/* Clears the note, if there is one, and logs that the problem is over. */
__attribute__((format(printf, 2, 3)))
void routes_settled(struct sp_note *kept, const char *fmt, ...);

/* Has to be called whenever other interfaces are wanted, or exist. */
void routes_index_links(struct routes *routes);
/* These know the wanted interfaces that exist; for others they return 0 and "". */
uint32_t routes_ifindex(const struct routes *routes, const char *name);
const char *routes_name(const struct routes *routes, uint32_t ifindex);

/*
 * With @apply a configuration is about to be applied, tunnels and all.  Otherwise an interface
 * that is another than before has lost its tunnels, with their SAs.
 */
void routes_settle_links(struct routes *routes, bool apply);
/* Deletes only interfaces that we have made and on which nobody has put another tunnel. */
void routes_delete_links(struct routes *routes);

void routes_settle_addresses(struct routes *routes);
void routes_settle_rules(struct routes *routes);

/* Every route, of which the kernel is asked what is there. */
void routes_settle_routes(struct routes *routes);
/* Only routes that are new or changed; all others are known to be there. */
void routes_settle_new(struct routes *routes);

#endif
