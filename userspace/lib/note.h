/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of text about an object that most often has none: of thousands, few take room for it. */
#ifndef SP_NOTE_H
#define SP_NOTE_H

#include <stdbool.h>

/* All zero: there is nothing to say. */
struct sp_note {
	char *text;
};

/* If there is no memory, the note is lost. */
__attribute__((format(printf, 2, 3)))
void sp_note_set(struct sp_note *note, const char *fmt, ...);
void sp_note_clear(struct sp_note *note);
/* Moves it from one object to another, which had none. */
void sp_note_move(struct sp_note *to, struct sp_note *from);

/* "" if there is nothing to say; valid until the note changes. */
const char *sp_note_text(const struct sp_note *note);
bool sp_note_is(const struct sp_note *note, const char *text);

#endif
