/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a misspelt word probably meant. */
#ifndef SP_GUESS_H
#define SP_GUESS_H

#include <stddef.h>

/*
 * The one of @words (NULL-terminated) nearest to @word by edit distance, or NULL
 * when none is near enough to be worth a guess.
 */
const char *sp_guess(const char *word, const char *const *words);

#endif
