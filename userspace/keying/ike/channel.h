/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A phase 1 SA's life: how it begins, which state it is in, and how it ends. */
#ifndef IKE_CHANNEL_H
#define IKE_CHANNEL_H

#include "state.h"
#include "wire.h"

/* Replaces what is there; returns -1 without memory. */
int ike_bytes_set(struct ike_bytes *bytes, struct sp_octets octets);
void ike_bytes_clear(struct ike_bytes *bytes);
static inline struct sp_octets ike_bytes(const struct ike_bytes *bytes)
{
	return (struct sp_octets){ bytes->octets, bytes->len };
}

/* With a handshake to do; its own cookie is drawn and claimed.  NULL without memory. */
struct ike_channel *ike_channel_new(struct ike_peer *peer, enum ike_role role,
				    const uint8_t *own_cookie, double now);
void ike_channel_free(struct ike_channel *channel);

/* NULL: none has these cookies. */
struct ike_channel *ike_channel_find(const struct ike_peer *peer, const struct ike_header *header);
/* A message ID for an exchange of ours, which nobody has used under it before. */
uint32_t ike_channel_message_id(struct ike_channel *channel);
/* One that the peer has used.  If no more can be remembered, its life ends, and -1 returns. */
int ike_channel_use_id(struct ike_channel *channel, uint32_t id, double now);
/* The one function through which its states pass. */
void ike_channel_enter(struct ike_channel *channel, enum ike_state state, enum ike_timer timer,
		       double now);
/* What both have said, for derive.h. */
struct ike_phase1 ike_channel_phase1(const struct ike_channel *channel);
/* Both have proved who they are. */
void ike_channel_up(struct ike_channel *channel, double now);
static inline bool ike_channel_is_up(const struct ike_channel *channel)
{
	return channel->state == IKE_UP;
}

/* Nothing new begins under it, and when what is under way has ended, it does. */
void ike_channel_leave(struct ike_channel *channel, double now);

/* It has come to nothing; @refused: by the peer, or by us, with a definite no.  Frees it. */
void ike_channel_failed(struct ike_channel *channel, bool refused, const char *why, double now);
/* It was up, and ends.  @tell: the peer hears of it.  Frees it. */
void ike_channel_end(struct ike_channel *channel, bool tell, const char *why, double now);
/* The peer, authenticated, is at the end of that path. */
void ike_channel_met(struct ike_channel *channel, const struct sp_path *path);

/* May free it. */
void ike_channel_tick(struct ike_channel *channel, double now);
double ike_channel_deadline(const struct ike_channel *channel);

#endif
