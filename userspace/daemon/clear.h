/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of packets in the clear, by interface, as the configuration wants it. */
#ifndef CLEAR_H
#define CLEAR_H

#include "daemon.h"
#include "wanted.h"

/* Sets what is to be another; fails if that was refused, which may be tried again. */
int clear_settle(const struct daemon *daemon, struct wanted *wanted, bool apply);

#endif
