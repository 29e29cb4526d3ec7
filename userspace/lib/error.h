/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors as values.  A function that can fail takes a struct sp_error, fills it
 * with one line that names the object and the cause, and returns -1; callers
 * add context in front and pass it on to the one place that prints it.
 */
#ifndef SP_ERROR_H
#define SP_ERROR_H

struct sp_error {
	char text[512];
};

/* Sets the text; always returns -1, so that `return sp_fail(err, …)` reads well. */
__attribute__((format(printf, 2, 3)))
int sp_fail(struct sp_error *err, const char *fmt, ...);

/* Puts "CONTEXT: " in front of the text; always returns -1. */
__attribute__((format(printf, 2, 3)))
int sp_fail_in(struct sp_error *err, const char *fmt, ...);

#endif
