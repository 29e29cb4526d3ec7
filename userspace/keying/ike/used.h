/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The message IDs that either side has used under a phase 1.  A message carries no other number
 * by which it could be told from one that is sent again later, by somebody else and from
 * elsewhere; so each ID is good for one exchange, for as long as the keys live (RFC 2408 3.1).
 */
#ifndef IKE_USED_H
#define IKE_USED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IKE_USED_MAX = 8192,		/* nothing is believed under that phase 1 any more then, */
	IKE_USED_MANY = IKE_USED_MAX / 4 * 3,	/* and another one is made before */
};

struct ike_used {			/* empty if zero */
	uint32_t *ids;
	size_t n, room;
};

bool ike_used_has(const struct ike_used *used, uint32_t id);
/* Returns -1 if there is no room. */
int ike_used_add(struct ike_used *used, uint32_t id);
void ike_used_clear(struct ike_used *used);

#endif
