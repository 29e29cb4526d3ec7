/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where peers come in: one listening TCP socket for each local address and port. */
#ifndef DOOR_H
#define DOOR_H

#include "daemon.h"

/* Opens those that the configuration needs and closes the others. */
void door_apply(struct daemon *daemon);
/* The interface of that name is not the one that it was: doors are opened there anew. */
void door_link_is_another(struct daemon *daemon, const char *link);
void door_close_all(struct daemon *daemon);

#endif
