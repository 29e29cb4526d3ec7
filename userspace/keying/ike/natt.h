/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NATs on the way (RFC 3947 and the drafts before it): who speaks of them, whether there is one,
 * and where ESP goes then.
 */
#ifndef IKE_NATT_H
#define IKE_NATT_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/hash.h"
#include "keying/port.h"
#include "path.h"
#include "wire.h"

struct ike_channel;

struct ike_natt {
	uint32_t spoken;		/* enum ike_vendor of what both know; 0: nothing */
	bool here, there;		/* in front of us, of the peer */
};

/* The best of what the peer knows, as bits of enum ike_vendor; 0: none that we know. */
uint32_t ike_natt_best(uint32_t vendors);
/* All that we know, best first; 0 behind the last. */
uint32_t ike_natt_known(unsigned int i);

/* The two NAT-D payloads.  @lie: say what makes the peer believe in a NAT. */
int ike_natt_build(struct ike_builder *b, const struct ike_header *header, enum sp_hash hash,
		   const struct sp_path *path, uint32_t spoken, bool lie, struct sp_error *err);
/* Looks at the peer's. */
int ike_natt_look(struct ike_natt *natt, const struct ike_message *message, enum sp_hash hash,
		  const struct sp_path *path, struct sp_error *err);

static inline bool ike_natt_is_between(const struct ike_natt *natt)
{
	return natt->here || natt->there;
}

#endif
