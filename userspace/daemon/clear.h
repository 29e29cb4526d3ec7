/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has each interface treat packets in the clear as the configuration wants. */
#ifndef CLEAR_H
#define CLEAR_H

#include "daemon.h"
#include "wanted.h"

/* Sets what is to be another; fails if that was refused, which may be tried again. */
int clear_settle(const struct daemon *daemon, struct wanted *wanted, bool apply);

#endif
