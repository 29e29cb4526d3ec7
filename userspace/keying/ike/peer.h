/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A peer: which phase 1 to use, when to get another, and what its fate means for tunnels. */
#ifndef IKE_PEER_H
#define IKE_PEER_H

#include "state.h"

/* The configuration is copied. */
struct ike_peer *ike_peer_new(const struct sp_peer_config *config, const struct engine_keys *keys,
			      struct port *port);
/* Without a word: what the peer has stays there, as ours stays in the kernel. */
void ike_peer_free(struct ike_peer *peer);
/* It, or we, are elsewhere. */
void ike_peer_configure(struct ike_peer *peer, const struct sp_peer_config *config, double now);

struct ike_tunnel *ike_peer_add(struct ike_peer *peer, const struct sp_tunnel_config *config);
/* Takes it down on both sides, then forgets it. */
void ike_peer_drop(struct ike_peer *peer, struct ike_tunnel *tunnel, double now);

/* --- for all files */
double ike_peer_random(struct ike_peer *peer);		/* from 0 to 1 */
/* Up to half of it again, so that two sides do not fail in step. */
double ike_peer_backoff(struct ike_peer *peer, unsigned int failures, double most);
uint32_t ike_peer_message_id(struct ike_peer *peer);
__attribute__((format(printf, 2, 3)))
void ike_peer_note(struct ike_peer *peer, const char *fmt, ...);
/*
 * Something came that means nothing.  Anybody at the peer's address can cause it, as often as he
 * likes: it is no error of a channel that is up, and few lines in the log.
 */
void ike_peer_rejected(struct ike_peer *peer, const char *why, double now);
__attribute__((format(printf, 3, 4)))
void ike_peer_rejected_fmt(struct ike_peer *peer, double now, const char *fmt, ...);
/* What we offer in phase 1, for an error; returns buf. */
const char *ike_peer_offers(const struct ike_peer *peer, char *buf, size_t size);

/* --- channels */
/* The newest that is up; NULL: none. */
struct ike_channel *ike_peer_any_channel(const struct ike_peer *peer);
/* Likewise, under which SAs may be made. */
struct ike_channel *ike_peer_channel(const struct ike_peer *peer);
/* Whether another pair of SAs may be made under it. */
bool ike_peer_may_key(const struct ike_channel *channel, struct sp_error *err);
/* What was waited for is tried at once. */
void ike_peer_hurry(struct ike_peer *peer, double now);

/* --- what has become of them */
void ike_peer_up(struct ike_peer *peer, struct ike_channel *channel, double now);
void ike_peer_failed(struct ike_peer *peer, bool refused, const char *why, double now);
void ike_peer_channel_ended(struct ike_peer *peer, const char *why, double now);
void ike_peer_moved(struct ike_peer *peer, const struct ike_channel *channel);
/* It says by that channel that it knows nothing of what was before. */
void ike_peer_restarted(struct ike_peer *peer, struct ike_channel *channel, double now);
void ike_peer_silent(struct ike_peer *peer, const char *why, double now);
/* If all its tunnels are down, no channel is needed. */
void ike_peer_maybe_part(struct ike_peer *peer, double now);

void ike_peer_tick(struct ike_peer *peer, double now);
double ike_peer_deadline(const struct ike_peer *peer);
/* Ends the program if something is not as it always is between two calls of the engine. */
void ike_peer_check(const struct ike_peer *peer);
/* "open", "connecting" or "closed". */
const char *ike_peer_state(const struct ike_peer *peer);

#endif
