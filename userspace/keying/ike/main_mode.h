/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Main mode (RFC 2409 5): phase 1 in six messages, the last two encrypted. */
#ifndef IKE_MAIN_MODE_H
#define IKE_MAIN_MODE_H

#include "step.h"

/* The initiator's side, message by message. */
enum ike_outcome ike_act_offer(struct ike_step *step);
enum ike_outcome ike_act_take_choice(struct ike_step *step);
enum ike_outcome ike_act_take_share(struct ike_step *step);
enum ike_outcome ike_act_prove(struct ike_step *step);
enum ike_outcome ike_act_meet_responder(struct ike_step *step);
/* The responder's. */
enum ike_outcome ike_act_choose(struct ike_step *step);
enum ike_outcome ike_act_ask(struct ike_step *step);
enum ike_outcome ike_act_share(struct ike_step *step);
enum ike_outcome ike_act_meet_initiator(struct ike_step *step);

#endif
