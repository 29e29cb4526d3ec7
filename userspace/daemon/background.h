/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaving the foreground: who started the daemon waits until it is ready, or has failed. */
#ifndef BACKGROUND_H
#define BACKGROUND_H

/* Returns in the child alone, or -1; the parent ends when the child is ready or ends. */
int background_enter(void);
/* The child is ready, and lets go of the terminal. */
void background_ready(void);

#endif
