/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys for Wireshark, in a folder that it reads as its own: ikev1_decryption_table and esp_sa.
 * Whoever has these files reads all traffic, so nothing is written unless it is asked for.
 */
#ifndef KEYLOG_H
#define KEYLOG_H

#include <stdint.h>

#include "error.h"
#include "netlink/nl.h"
#include "secret.h"

struct keylog;

/* The folder has to be there; NULL and an error if the files cannot be opened. */
struct keylog *keylog_open(const char *folder, struct sp_error *err);
void keylog_close(struct keylog *log);	/* NULL is fine */

/* What encrypts a phase 1; the cookie is its initiator's. */
void keylog_ike(struct keylog *log, const uint8_t cookie[8], const struct sp_secret *key);
/* AH has nothing to be opened, and is left out. */
void keylog_sa(struct keylog *log, const struct sp_sa *sa);

#endif
