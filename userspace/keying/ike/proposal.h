/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is proposed, and what of a proposal is chosen.  Whoever chooses takes the first of its
 * own that the peer offers.  If there is none, the error says what the peer offers, what we
 * accept, and in what the nearest two differ.
 */
#ifndef IKE_PROPOSAL_H
#define IKE_PROPOSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/ikesuite.h"
#include "error.h"
#include "kmod/suite.h"
#include "wire.h"

/* --- phase 1 ------------------------------------------------------------------------------ */

struct ike_phase1_policy {
	const struct sp_ike_suite *suites;	/* best first */
	size_t n_suites;
	const uint16_t *auths;			/* enum ike_auth, best first */
	size_t n_auths;
	uint32_t seconds;			/* lifetime to propose; 0: none */
	uint32_t kilobytes;
	bool allow_weak;
};

struct ike_phase1_choice {
	struct sp_ike_suite suite;
	uint16_t auth;
	uint32_t seconds;			/* as the peer says; 0: it does not */
	uint32_t kilobytes;
	const struct ike_proposal *proposal;	/* of the message, valid as long as it is */
	const struct ike_transform *transform;
};

/* The SA payload of the first message: a transform for each suite and each method. */
void ike_phase1_offer(struct ike_builder *b, const struct ike_phase1_policy *policy);
/* Of the responder.  Returns 0, or the notification to send, and the error. */
int ike_phase1_choose(struct ike_phase1_choice *choice, const struct ike_sa *offered,
		      const struct ike_phase1_policy *policy, struct sp_error *err);
/* Its answer: the transform as it came. */
void ike_phase1_answer(struct ike_builder *b, const struct ike_phase1_choice *choice);
/* Of the initiator: what it was answered, one of what it has offered. */
int ike_phase1_accept(struct ike_phase1_choice *choice, const struct ike_sa *answer,
		      const struct ike_phase1_policy *policy, struct sp_error *err);

/* --- phase 2 ------------------------------------------------------------------------------ */

/* How ESP is wrapped; what is offered has to be what is there. */
enum ike_encap { IKE_ENCAP_NONE, IKE_ENCAP_UDP, IKE_ENCAP_UDP_DRAFT };

enum ike_pfs {
	IKE_PFS_ANY,			/* what the peer wants: none, or a group that is not weak */
	IKE_PFS_NEVER,
	IKE_PFS_MUST,			/* the policy's group */
};

struct ike_phase2_policy {
	bool ah;
	const char *const *words;	/* of kmod/suite.h, for ESP or for AH, best first */
	size_t n_words;
	bool transport;
	enum ike_encap encap;
	uint16_t group;			/* to offer, 0: none */
	enum ike_pfs pfs;		/* to accept, as responder */
	uint32_t seconds;
	uint32_t kilobytes;
	bool allow_weak;
	uint32_t spi;			/* our inbound SA's, to offer and to answer with */
};

struct ike_phase2_choice {
	const struct spn_suite *suite;
	uint16_t group;			/* 0: without PFS */
	uint32_t spi;			/* the peer's, of our outbound SA */
	uint32_t seconds;
	uint32_t kilobytes;
	const struct ike_proposal *proposal;
	const struct ike_transform *transform;
};

/* Whether IKEv1 has a number for it: it has none for chacha20poly1305. */
bool ike_suite_known(const struct spn_suite *suite);

/* Words without a number are left out; if none is left, the build fails. */
void ike_phase2_offer(struct ike_builder *b, const struct ike_phase2_policy *policy);
int ike_phase2_choose(struct ike_phase2_choice *choice, const struct ike_sa *offered,
		      const struct ike_phase2_policy *policy, struct sp_error *err);
void ike_phase2_answer(struct ike_builder *b, const struct ike_phase2_choice *choice,
		       const struct ike_phase2_policy *policy);
int ike_phase2_accept(struct ike_phase2_choice *choice, const struct ike_sa *answer,
		      const struct ike_phase2_policy *policy, struct sp_error *err);

/* --- both ---------------------------------------------------------------------------------- */

enum { IKE_TRANSFORM_STRLEN = 160 };

/* "aes128-sha1-modp1024, pre-shared key": whatever is in it, known or not.  Returns @buf. */
const char *ike_phase1_format(const struct ike_transform *transform,
			      char buf[IKE_TRANSFORM_STRLEN]);
/* "ESP aes128-sha1, tunnel, modp1024". */
const char *ike_phase2_format(uint8_t protocol, const struct ike_transform *transform,
			      char buf[IKE_TRANSFORM_STRLEN]);

#endif
