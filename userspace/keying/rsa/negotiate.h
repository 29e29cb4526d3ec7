/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the engine: peer.c has the sessions, tunnel.c a tunnel's life,
 * negotiate.c the messages.
 */
#ifndef RK_NEGOTIATE_H
#define RK_NEGOTIATE_H

#include "peer.h"

/* peer.c */
double rk_peer_random(struct rk_peer *peer);		/* 0 to 1, without 1 */
double rk_peer_backoff(struct rk_peer *peer, unsigned int failures);
void rk_peer_send(struct rk_peer *peer, const struct rk_message *message);
void rk_peer_hang_up(struct rk_peer *peer, const char *why, double now);

/* tunnel.c */
__attribute__((format(printf, 3, 4)))
void rk_tunnel_event(struct rk_tunnel *tunnel, enum rk_event event, const char *fmt, ...);
/* No generation carries traffic any more. */
__attribute__((format(printf, 2, 3)))
void rk_tunnel_fallen(struct rk_tunnel *tunnel, const char *fmt, ...);
void rk_tunnel_record(struct rk_tunnel *tunnel, uint32_t generation);
void rk_tunnel_remove(struct rk_tunnel *tunnel, uint32_t generation);
/* Here and, if there is a session, at the peer. */
void rk_tunnel_remove_all(struct rk_tunnel *tunnel);
/* What is known of it contradicts itself: @broken does not hold. */
void rk_tunnel_start_over(struct rk_tunnel *tunnel, const char *broken, double now);
void rk_tunnel_want_again(struct rk_tunnel *tunnel, double now);
/* Whether it is there, and comes after all that were ever used. */
bool rk_tunnel_is_news(const struct rk_tunnel *tunnel, uint32_t generation);
void rk_tunnel_switch(struct rk_tunnel *tunnel, uint32_t generation, bool initiator, double now);
/* To be tried again later, if anybody still wants it; the second tells so. */
void rk_tunnel_failed(struct rk_tunnel *tunnel, const char *why, double now);
void rk_tunnel_refused(struct rk_tunnel *tunnel, const char *why, double now);
void rk_tunnel_session_opened(struct rk_tunnel *tunnel, double now);
void rk_tunnel_session_lost(struct rk_tunnel *tunnel);
bool rk_tunnel_needs_session(const struct rk_tunnel *tunnel);
void rk_tunnel_tick(struct rk_tunnel *tunnel, double now);
double rk_tunnel_deadline(const struct rk_tunnel *tunnel);

/* negotiate.c */
void rk_negotiate_start(struct rk_tunnel *tunnel, double now);
void rk_negotiate_delete(struct rk_tunnel *tunnel, uint32_t generation);
void rk_negotiate_message(struct rk_peer *peer, const struct rk_message *message, double now);
__attribute__((format(printf, 5, 6)))
void rk_negotiate_refuse(struct rk_peer *peer, const char *tunnel, uint32_t generation,
			 const char *code, const char *fmt, ...);

#endif
