/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which options of a tunnel go with which.
 *
 * Built into the module and into userspace alike, so that what `spindle check` lets pass the
 * kernel does not refuse (hence "or later" in the licence above: userspace links with
 * OpenSSL).
 */
#ifndef _SPINDLE_RULES_H
#define _SPINDLE_RULES_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#endif

/* What of a tunnel's options the rules are about. */
struct spn_facts {
	bool transport;			/* transport mode */
	bool ah;			/* the protocol is AH */
	bool sport, dport;		/* of ESP in UDP */
	bool keepalive;
	bool follow;
	bool tfc;
	bool dummy;
};

/**
 * struct spn_rule - what does not go together
 * @option: the word of the option that does not go with another
 * @words: what it is for or needs, for people
 */
struct spn_rule {
	const char *option;
	const char *words;
};

/* The first rule that is broken, or NULL. */
const struct spn_rule *spn_rules_broken(const struct spn_facts *facts);

#endif
