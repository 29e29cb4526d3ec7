// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "engines.h"

static unsigned int tell(const struct sp_peer_config *peer, const char *what,
			 sp_problem_fn problem, void *arg)
{
	char text[PATH_MAX + 256];

	snprintf(text, sizeof(text), "%s:%u:%u: peer %s: %s", peer->place.file, peer->place.line,
		 peer->place.column, peer->name, what);
	problem(text, arg);
	return 1;
}

unsigned int engines_check(const struct sp_config *config, sp_problem_fn problem, void *arg)
{
	const struct sp_peer_config *peer;
	unsigned int problems = 0;
	char text[128];

	STAILQ_FOREACH(peer, &config->peers, next) {
		if (peer->keying == SP_KEYING_MANUAL || engines_find(peer->keying))
			continue;
		snprintf(text, sizeof(text), "keying = %s is not supported by this version of "
			 "spindled", sp_config_keying_word(peer->keying));
		problems += tell(peer, text, problem, arg);
	}
	return problems;
}
