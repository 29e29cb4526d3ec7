/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tunnel's life: its generations, what it wants, and when it tries again. */
#ifndef IKE_TUNNEL_H
#define IKE_TUNNEL_H

#include "state.h"

/* --- generations */
struct ike_generation *ike_tunnel_find(struct ike_tunnel *tunnel, uint32_t number);
bool ike_tunnel_has(const struct ike_tunnel *tunnel, uint32_t number);
/* By what the peer calls it: the SPI of its inbound SA. */
struct ike_generation *ike_tunnel_find_spi(struct ike_tunnel *tunnel, uint32_t out_spi);
/* It is in the kernel. */
void ike_tunnel_record(struct ike_tunnel *tunnel, const struct ike_generation *generation);
/* It carries traffic now, in both directions or about to. */
void ike_tunnel_switch(struct ike_tunnel *tunnel, uint32_t number, double now);
/* It is to. */
void ike_tunnel_activate(struct ike_tunnel *tunnel, uint32_t number, double now);
/* It ends, and another one takes over if there is one; @tell: the peer hears of it. */
void ike_tunnel_end(struct ike_tunnel *tunnel, uint32_t number, bool tell, const char *why,
		    double now);
/* The peer has none of those any more that were there before. */
void ike_tunnel_lose(struct ike_tunnel *tunnel, double before, const char *why, double now);
void ike_tunnel_adopt(struct ike_tunnel *tunnel, const struct engine_generation *from);

/* --- what is wanted */
bool ike_tunnel_is_off(const struct ike_tunnel *tunnel);
void ike_tunnel_start(struct ike_tunnel *tunnel, double now);
void ike_tunnel_configure(struct ike_tunnel *tunnel, const struct sp_tunnel_config *config,
			  bool refresh, double now);
/* A generation, after a while that grows from time to time. */
void ike_tunnel_again(struct ike_tunnel *tunnel, double now);
__attribute__((format(printf, 3, 4)))
void ike_tunnel_failed(struct ike_tunnel *tunnel, double now, const char *fmt, ...);
/* What the peer wanted is not to be had. */
void ike_tunnel_declined(struct ike_tunnel *tunnel, const char *why);
/* It has failed, and who waits for the tunnel is told: a definite no. */
__attribute__((format(printf, 3, 4)))
void ike_tunnel_refused(struct ike_tunnel *tunnel, double now, const char *fmt, ...);
__attribute__((format(printf, 3, 4)))
void ike_tunnel_fallen(struct ike_tunnel *tunnel, double now, const char *fmt, ...);
/* It wants something for which a phase 1 is needed. */
bool ike_tunnel_needs_peer(const struct ike_tunnel *tunnel);
/* And now. */
bool ike_tunnel_is_due(const struct ike_tunnel *tunnel, double now);
__attribute__((format(printf, 3, 4)))
void ike_tunnel_event(struct ike_tunnel *tunnel, enum port_event_kind kind, const char *fmt, ...);

/* --- the admin's and the kernel's wishes */
void ike_tunnel_up(struct ike_tunnel *tunnel, double now);
void ike_tunnel_down(struct ike_tunnel *tunnel, double now);
int ike_tunnel_rekey(struct ike_tunnel *tunnel, double now, struct sp_error *err);
void ike_tunnel_switch_off(struct ike_tunnel *tunnel, bool off);
void ike_tunnel_acquire(struct ike_tunnel *tunnel, double now);
void ike_tunnel_expire(struct ike_tunnel *tunnel, uint32_t number, bool hard, double now);
void ike_tunnel_vanished(struct ike_tunnel *tunnel, uint32_t number, double now);
void ike_tunnel_active(struct ike_tunnel *tunnel, uint32_t number, double now);
void ike_tunnel_gone(struct ike_tunnel *tunnel, double now);
void ike_tunnel_overdue(struct ike_tunnel *tunnel, double now);

void ike_tunnel_tick(struct ike_tunnel *tunnel, double now);
double ike_tunnel_deadline(const struct ike_tunnel *tunnel);
/* "up", "negotiating", "waiting", "idle", "down" or "admin-down". */
const char *ike_tunnel_state(const struct ike_tunnel *tunnel);

#endif
