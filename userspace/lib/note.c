// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "note.h"

void sp_note_set(struct sp_note *note, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	/* What is said may quote what was said before. */
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	sp_note_clear(note);
	note->text = text;
}

void sp_note_clear(struct sp_note *note)
{
	free(note->text);
	note->text = NULL;
}

void sp_note_move(struct sp_note *to, struct sp_note *from)
{
	free(to->text);
	*to = *from;
	from->text = NULL;
}

const char *sp_note_text(const struct sp_note *note)
{
	return note->text ? note->text : "";
}

bool sp_note_is(const struct sp_note *note, const char *text)
{
	return !strcmp(sp_note_text(note), text);
}
