/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By what something that comes in is found to be a party's, wherever it comes from: identities
 * that the engines have claimed for their peers, many of each and of different ones.
 */
#ifndef CLAIM_H
#define CLAIM_H

#include "daemon.h"
#include "keying/engine.h"

struct party;

struct party_claim {
	UT_hash_handle hh;		/* of the first of those that claim the same */
	struct claim_key {
		const struct engine *engine;
		struct engine_id id;
	} key;
	struct party_claim *same;		/* another party's */
	struct party *party;
	LIST_ENTRY(party_claim) of_party;
};

void claim_add(struct party *party, const struct engine_id *id);
void claim_drop(struct party *party, const struct engine_id *id);
/* The party goes. */
void claim_forget(struct party *party);

/*
 * Of those that claim one of the identities in the hello the one that is best, by what @rank says
 * of each: 0 if it is out of the question.  NULL: there is none.
 */
typedef unsigned int (*claim_rank_fn)(const struct party *party, const void *arg);
struct party *claim_find(const struct daemon *daemon, const struct engine *engine,
			 const uint8_t *hello, claim_rank_fn rank, const void *arg);

#endif
