/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections whose address does not tell whose they are.  They wait until they have said
 * which key they have; nothing is answered, and nothing is computed, before that.
 */
#ifndef GUEST_H
#define GUEST_H

#include <event2/util.h>

#include "daemon.h"

/* Hears the first octets, as many as were waited for, or that there are less, with NULL. */
typedef void (*guest_fn)(void *arg, evutil_socket_t fd, const struct sp_addr *from,
			 const uint8_t *hello);

/* Takes the connection over, until each() is given it; @len is at most GUEST_HELLO_MAX. */
enum { GUEST_HELLO_MAX = 128 };
void guest_receive(struct daemon *daemon, evutil_socket_t fd, const struct sp_addr *from,
		   size_t len, guest_fn each, void *arg);
/* Dismisses the guests of @arg, which is about to go, or all if that is NULL. */
void guest_dismiss(struct daemon *daemon, const void *arg);

#endif
