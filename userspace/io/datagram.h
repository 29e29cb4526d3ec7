/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UDP sockets: datagrams come in with their way, many at a time.
 *
 * Where ESP comes in UDP (RFC 3948), what is no ESP begins with four octets of zero, the
 * non-ESP marker.  It is taken away from what comes and put in front of what goes.
 */
#ifndef DATAGRAM_H
#define DATAGRAM_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "path.h"

struct datagrams;

/* The octets are gone when it returns. */
typedef void (*datagram_fn)(void *arg, const struct sp_path *path, const void *octets, size_t len);

/* Returns a socket, or -1; of an interface or a VRF alone, unless @link is "". */
int datagrams_bind(const struct sp_addr *addr, uint16_t port, const char *link,
		   struct sp_error *err);

/* Takes over a socket that is bound to the address and the port; NULL without memory. */
struct datagrams *datagrams_open(struct event_base *base, int fd, const struct sp_addr *addr,
				 uint16_t port, bool marked, datagram_fn each, void *arg);
void datagrams_close(struct datagrams *datagrams);

/* From where the path begins; @mark is for this one, 0: none.  What cannot be sent is lost. */
void datagrams_send(struct datagrams *datagrams, const struct sp_path *path, uint32_t mark,
		    const void *octets, size_t len);

#endif
