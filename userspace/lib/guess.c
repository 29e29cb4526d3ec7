// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "guess.h"

enum { WORD_MAX = 32 };		/* longer words get no guess */

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edit distance in which a swap of neighbours is one step: the commonest slip of all. */
static size_t distance(const char *a, const char *b)
{
	size_t len_a = strlen(a), len_b = strlen(b);
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= len_a; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= len_b; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		for (size_t j = 1; j <= len_b; j++) {
			size_t differs = a[i - 1] != b[j - 1];

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + differs);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[len_a][len_b];
}

const char *sp_guess(const char *word, const char *const *words)
{
	size_t best = strlen(word) / 3 + 1;	/* a third of it wrong: no more a slip */
	const char *guess = NULL;

	if (strlen(word) > WORD_MAX)
		return NULL;
	for (; *words; words++) {
		size_t steps;

		if (strlen(*words) > WORD_MAX)
			continue;
		steps = distance(word, *words);
		if (steps <= best && (!guess || steps < best)) {
			best = steps;
			guess = *words;
		}
	}
	return guess;
}
