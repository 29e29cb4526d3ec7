// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "engines.h"

unsigned int engines_check(const struct sp_config *config, sp_problem_fn problem, void *arg)
{
	const struct sp_peer_config *peer;
	unsigned int problems = 0;
	char text[PATH_MAX + 256];

	STAILQ_FOREACH(peer, &config->peers, next) {
		if (peer->keying == SP_KEYING_MANUAL || engines_find(peer->keying))
			continue;
		snprintf(text, sizeof(text), "%s:%u:%u: peer %s: keying = %s is not supported by "
			 "this version of spindled; rsa and manual are", peer->place.file,
			 peer->place.line, peer->place.column, peer->name,
			 sp_config_keying_word(peer->keying));
		problem(text, arg);
		problems++;
	}
	return problems;
}
