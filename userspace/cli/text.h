/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's objects as text for people. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdio.h>
#include <time.h>

#include "netlink/nl.h"

enum { TEXT_LEN = 32 };

/* Every line below an object's first starts with what it is about. */
#define CLI_LABEL "    %-14s"

/* "1.2 MiB", "1h 5m", and "5s ago" or "never" for a time since the epoch. */
const char *cli_text_octets(uint64_t octets, char buf[TEXT_LEN]);
const char *cli_text_seconds(uint64_t seconds, char buf[TEXT_LEN]);
/* "never", unless it is known. */
const char *cli_text_age(bool known, uint64_t age, char buf[TEXT_LEN]);
const char *cli_text_ago(uint64_t when, time_t now, char buf[TEXT_LEN]);

/* Where a tunnel goes, for whom, and how it was told to. */
void cli_text_ends(FILE *out, const struct sp_tunnel *tunnel);
/* Nothing, if there are none. */
void cli_text_drops(FILE *out, const struct sp_drops *drops);
void cli_text_alg(FILE *out, const struct sp_alg *alg);
void cli_text_device(FILE *out, const struct sp_device *device);
void cli_text_tunnel(FILE *out, const struct sp_tunnel *tunnel);
void cli_text_sa(FILE *out, const struct sp_sa *sa, const char *tunnel);
/* One line. */
void cli_text_time(FILE *out, const struct timespec *time);
void cli_text_event(FILE *out, const struct sp_event *event, const struct timespec *time);

#endif
