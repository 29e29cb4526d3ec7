/* SPDX-License-Identifier: GPL-2.0 */
/* What is done about a peer that is not where its tunnel's packets go. */
#ifndef _SPINDLE_FOLLOW_H
#define _SPINDLE_FOLLOW_H

struct work_struct;

/* spn_flow.look: tells userspace, and follows it if the tunnel does. */
void spn_follow(struct work_struct *work);

#endif
