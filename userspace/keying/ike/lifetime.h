/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RESPONDER-LIFETIME (RFC 2407 4.6.3.1): that a life is shorter than was offered.  Without it the
 * other side learns of it only when that life has ended.
 */
#ifndef IKE_LIFETIME_H
#define IKE_LIFETIME_H

#include "wire.h"

struct ike_lifetime {
	uint32_t seconds, kilobytes;	/* 0: no limit, or not said */
};

/* Of the SAs with that SPI of ours. */
void ike_lifetime_build(struct ike_builder *b, bool ah, uint32_t spi,
			const struct ike_lifetime *life);
/* What a message says of it, in notifications. */
struct ike_lifetime ike_lifetime_said(const struct ike_message *message);

#endif
