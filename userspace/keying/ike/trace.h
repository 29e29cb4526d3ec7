/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What passes, for whoever looks for a mistake: spindled --log ike=3, and --key-log. */
#ifndef IKE_TRACE_LOG_H
#define IKE_TRACE_LOG_H

#include <stdbool.h>

#include "derive.h"
#include "keying/port.h"
#include "octets.h"
#include "path.h"
#include "wire.h"

enum {
	IKE_TRACE_MESSAGES = 3,		/* a line for each message */
	IKE_TRACE_FIELDS = 4,		/* and one for each of its fields */
};

/*
 * A message in clear with its header: what has come in after decryption, what goes out before
 * encryption.  Costs nothing unless somebody wants to see it.
 */
void ike_trace(struct port *port, const struct sp_path *path, bool out, struct sp_octets clear);
/* One that cannot be shown in clear; @why says so. */
void ike_trace_sealed(struct port *port, const struct sp_path *path, struct sp_octets datagram,
		      const char *why);
/* When the keys of a phase 1 are there. */
void ike_trace_keys(struct port *port, const uint8_t cookie_i[IKE_COOKIE_LEN],
		    const struct ike_keys *keys);

#endif
