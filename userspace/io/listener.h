/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A socket that connections come in through; it rests when they cannot be taken. */
#ifndef LISTENER_H
#define LISTENER_H

#include <event2/event.h>
#include <sys/socket.h>

struct listener;

/* The descriptor is the callee's. */
typedef void (*listener_fn)(void *arg, evutil_socket_t fd, const struct sockaddr *from);

/*
 * Returns NULL with errno set if the address cannot be had; with a @link that is neither NULL nor
 * "", only who comes by that interface or VRF comes in.
 */
struct listener *listener_open(struct event_base *base, const struct sockaddr *at, socklen_t len,
			       const char *link, listener_fn each, void *arg);
void listener_close(struct listener *listener);
evutil_socket_t listener_fd(const struct listener *listener);

#endif
