/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One step of an exchange: something has happened, and the table says who acts on it. */
#ifndef IKE_STEP_H
#define IKE_STEP_H

#include "state.h"
#include "wire.h"

enum ike_outcome {
	IKE_GO,				/* to the state that the table says */
	IKE_IGNORE,			/* it means nothing: all stays as it was */
	IKE_END,			/* the exchange ends, and err says why */
};

struct ike_step {
	struct ike_peer *peer;
	struct ike_channel *channel;	/* NULL: a first message */
	struct ike_quick *quick;	/* of quick mode */
	const struct ike_transition *row;
	struct ike_message *message;	/* NULL: none has come */
	const struct sp_path *path;	/* of it */
	const struct sp_key_answer *answer;
	double now;
	/* of one that ends: what the peer is told, 0: nothing */
	int tell;
	struct sp_error err;
};

/* A datagram of the peer's, or of somebody at its address. */
void ike_step_datagram(struct ike_peer *peer, const struct sp_path *path, const uint8_t *octets,
		       size_t len, double now);
/* What was asked of the holder of keys. */
void ike_step_answer(struct ike_channel *channel, const struct sp_key_answer *answer, double now);
/* We want a phase 1, or an exchange under one; what was made for it is freed if that fails. */
void ike_step_begin(struct ike_channel *channel, struct ike_quick *quick, double now);

#endif
