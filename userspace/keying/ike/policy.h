/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the configuration allows, in the words of proposal.h. */
#ifndef IKE_POLICY_H
#define IKE_POLICY_H

#include "proposal.h"
#include "state.h"

struct ike_policy1 {
	struct ike_phase1_policy it;	/* points into the rest */
	uint16_t auths[1];
};

void ike_policy_phase1(struct ike_policy1 *policy, const struct ike_peer *peer);
/* How we prove who we are, which our key decides; both sides do it in the same way. */
uint16_t ike_policy_auth(const struct ike_peer *peer);
/* With @spi of ours. */
struct ike_phase2_policy ike_policy_phase2(const struct ike_channel *channel,
					   const struct ike_tunnel *tunnel, uint32_t spi);
/* The smaller of two limits, of which 0 is none. */
uint64_t ike_policy_least(uint64_t ours, uint64_t theirs);
struct ike_networks {
	char text[2 * SP_TS_STRLEN + 32];
};

/* "10.1.0.0/16 here and 10.2.0.0/16 there". */
struct ike_networks ike_policy_networks(const struct sp_ts *here, const struct sp_ts *there);
/* What is offered for a tunnel, for an error; returns buf. */
const char *ike_policy_offers2(const struct ike_channel *channel, const struct ike_tunnel *tunnel,
			       char *buf, size_t size);

#endif
