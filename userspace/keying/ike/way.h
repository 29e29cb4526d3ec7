/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a tunnel's packets go: to where the peer was met, and in UDP if there is a NAT. */
#ifndef IKE_WAY_H
#define IKE_WAY_H

#include "state.h"

/* As the channel has found it. */
int ike_way_place(const struct ike_tunnel *tunnel, const struct ike_channel *channel,
		  struct sp_error *err);

#endif
