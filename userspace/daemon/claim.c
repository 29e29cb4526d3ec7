// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "party.h"

static struct party_claim *find_first(const struct daemon *daemon, const struct engine *engine,
				const struct engine_id *id)
{
	struct claim_key key;
	struct party_claim *claim;

	/* Compared as octets. */
	memset(&key, 0, sizeof(key));
	key.engine = engine;
	key.id = *id;
	HASH_FIND(hh, daemon->claims, &key, sizeof(key), claim);
	return claim;
}

void claim_add(struct party *party, const struct engine_id *id)
{
	struct party_claim *first = find_first(party->daemon, party->engine, id), *claim;

	for (claim = first; claim; claim = claim->same)
		if (claim->party == party)
			return;
	claim = calloc(1, sizeof(*claim));
	if (!claim)
		abort();
	claim->key.engine = party->engine;
	claim->key.id = *id;
	claim->party = party;
	LIST_INSERT_HEAD(&party->claims, claim, of_party);
	if (!first) {
		HASH_ADD(hh, party->daemon->claims, key, sizeof(claim->key), claim);
		return;
	}
	while (first->same)
		first = first->same;
	first->same = claim;
}

static void remove_claim(struct daemon *daemon, struct party_claim *claim)
{
	struct party_claim *first = find_first(daemon, claim->key.engine, &claim->key.id);

	LIST_REMOVE(claim, of_party);
	if (first == claim) {
		HASH_DEL(daemon->claims, claim);
		if (claim->same)
			HASH_ADD(hh, daemon->claims, key, sizeof(claim->key), claim->same);
	} else {
		while (first->same != claim)
			first = first->same;
		first->same = claim->same;
	}
	free(claim);
}

void claim_drop(struct party *party, const struct engine_id *id)
{
	struct party_claim *claim;

	for (claim = find_first(party->daemon, party->engine, id); claim; claim = claim->same) {
		if (claim->party != party)
			continue;
		remove_claim(party->daemon, claim);
		return;
	}
}

void claim_forget(struct party *party)
{
	struct party_claim *claim;

	while ((claim = LIST_FIRST(&party->claims)))
		remove_claim(party->daemon, claim);
}

struct party *claim_find(const struct daemon *daemon, const struct engine *engine,
			 const uint8_t *hello, claim_rank_fn rank, const void *arg)
{
	struct engine_id ids[ENGINE_IDS_MAX];
	size_t n = engine->identify(hello, ids);
	const struct party_claim *claim;
	struct party *best = NULL;
	unsigned int most = 0;

	for (size_t i = 0; i < n && !best; i++) {
		for (claim = find_first(daemon, engine, &ids[i]); claim; claim = claim->same) {
			unsigned int one = rank(claim->party, arg);

			if (one > most)
				best = claim->party;
			if (one > most)
				most = one;
		}
	}
	return best;
}
