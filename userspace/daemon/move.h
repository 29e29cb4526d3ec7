/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selectors that move from one tunnel to another.  The kernel changes one tunnel
 * after the other and lets no two have the same pair, so whoever has what another
 * wants gives it up before anybody takes anything.
 */
#ifndef MOVE_H
#define MOVE_H

#include "plan.h"

/*
 * Between the tunnels that end and those that begin or change.  What is given up is carried by
 * nobody until the plan is carried out.
 */
void move_give_up(struct sp_nl *nl, const struct plan *plan);

#endif
