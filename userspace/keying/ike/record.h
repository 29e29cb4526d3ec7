/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First messages: whoever sends one gets an answer, and a record that is small and soon
 * forgotten, in a ring that is bounded.  Only message 3, which nobody can send who has not
 * seen our cookie, makes a channel of it.
 */
#ifndef IKE_RECORD_H
#define IKE_RECORD_H

#include "state.h"
#include "wire.h"

/*
 * With a cookie of ours, or what is there if the same came before; the oldest make room.  NULL: it
 * is too long, or there is no memory.
 */
struct ike_record *ike_record_keep(struct ike_peer *peer, const uint8_t *cookie_i,
				   const struct sp_path *path, struct sp_octets sa_body,
				   double now);
/* By both cookies. */
struct ike_record *ike_record_find(const struct ike_peer *peer, const struct ike_header *header);
/* A channel that waits for message 3; the record stays until its time. */
struct ike_channel *ike_record_promote(struct ike_peer *peer, const struct ike_record *record,
				       double now);
/* It has served. */
void ike_record_forget(struct ike_peer *peer, const struct ike_channel *channel);
void ike_record_tick(struct ike_peer *peer, double now);
double ike_record_deadline(const struct ike_peer *peer);
void ike_record_clear(struct ike_peer *peer);
/* For ike_peer_check(). */
bool ike_records_are_bounded(const struct ike_peer *peer);

#endif
