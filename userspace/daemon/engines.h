/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways of keying that this daemon knows: all that it names of any of them. */
#ifndef ENGINES_H
#define ENGINES_H

#include "keying/engine.h"

/* NULL: nobody keys it but by hand. */
const struct engine *engines_find(enum sp_keying keying);

/* Tells of each peer whose way of keying there is not; returns how many. */
unsigned int engines_check(const struct sp_config *config, sp_problem_fn problem, void *arg);

#endif
