/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where ESP in UDP comes in (RFC 3948): one socket for each local address and port, whose
 * ESP the kernel takes for itself.
 */
#ifndef ENCAP_H
#define ENCAP_H

#include "daemon.h"

/* Opens those that the configuration needs and closes the others. */
void encap_apply(struct daemon *daemon, const struct sp_config *config);
void encap_close_all(struct daemon *daemon);

#endif
