/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exchanges of IKEv1 as one table: what may come in which state, what has to be in it, who
 * acts on it, and what comes then.  It is plain data without a pointer into the engine, so that
 * `spindle explain states` prints what the engine goes by, and a test walks it.
 */
#ifndef IKE_TRANSITIONS_H
#define IKE_TRANSITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "wire.h"

/* Of a phase 1 SA, or of an exchange under one. */
enum ike_state {
	IKE_START,			/* nothing has been said */
	IKE_MAIN_I1,			/* we have offered: message 2 has to come */
	IKE_MAIN_I3,			/* our share is sent: message 4 has to come */
	IKE_MAIN_I_KEY,			/* the holder of the secret is asked */
	IKE_MAIN_I5,			/* we have said who we are: message 6 has to come */
	IKE_MAIN_R2,			/* a record: we have chosen, message 3 has to come */
	IKE_MAIN_R_KEY,
	IKE_MAIN_R4,			/* our share is sent: message 5 has to come */
	IKE_UP,				/* both have proved who they are */
	IKE_QUICK_I1,			/* we have offered: message 2 has to come */
	IKE_QUICK_R2,			/* we have answered: message 3 has to come */
	IKE_QUICK_DONE,			/* only remembered, to say the last message again */
	IKE_GONE,
	IKE_STATES
};

enum ike_role { IKE_INITIATOR, IKE_RESPONDER, IKE_EITHER };

enum ike_cause {
	IKE_ON_WISH,			/* ours */
	IKE_ON_MESSAGE,
	IKE_ON_ANSWER,			/* of the holder of keys */
	IKE_ON_TIME,			/* the state's timer */
	IKE_ON_DELETE,			/* of the peer, or of ours */
};

enum ike_exchange_kind { IKE_MAIN, IKE_QUICK, IKE_INFORM };

/* What ends a state if nothing comes. */
enum ike_timer {
	IKE_TIMER_NONE,
	IKE_TIMER_RETRANSMIT,		/* says it again, and gives up in the end */
	IKE_TIMER_WAIT,			/* the peer says it again */
	IKE_TIMER_ANSWER,		/* the holder of keys has so long */
	IKE_TIMER_RECORD,		/* a first message is kept so long */
	IKE_TIMER_LIFE,			/* of a phase 1 */
	IKE_TIMER_LINGER,		/* as long as the peer may ask for the last message again */
};

/* Who acts: a function each, in step.c. */
enum ike_act {
	IKE_ACT_NONE,
	IKE_ACT_OFFER,
	IKE_ACT_TAKE_CHOICE,
	IKE_ACT_TAKE_SHARE,
	IKE_ACT_PROVE,
	IKE_ACT_MEET_RESPONDER,
	IKE_ACT_CHOOSE,
	IKE_ACT_ASK,
	IKE_ACT_SHARE,
	IKE_ACT_MEET_INITIATOR,
	IKE_ACT_HINT,
	IKE_ACT_QUICK_OFFER,
	IKE_ACT_QUICK_TAKE,
	IKE_ACT_QUICK_ANSWER,
	IKE_ACT_QUICK_CONFIRM,
	IKE_ACT_NOTIFY,
	IKE_ACT_DELETE,
	IKE_ACTS
};

struct ike_transition {
	enum ike_state from;
	enum ike_role role;
	enum ike_cause cause;
	enum ike_exchange_kind exchange;
	unsigned int message;		/* its number in the exchange; 0: none has come */
	bool encrypted;
	uint32_t need;			/* payloads, IKE_BIT() of each, without which nobody acts */
	uint32_t may;			/* others that mean something there; more are ignored */
	enum ike_act act;
	enum ike_state to;
	enum ike_timer timer;		/* of the state that comes then */
	const char *story;		/* for the log, of our side */
};

/* The rows, NULL behind the last. */
const struct ike_transition *ike_transition_at(size_t i);

const char *ike_state_name(enum ike_state state);
const char *ike_cause_name(enum ike_cause cause);
const char *ike_exchange_name(enum ike_exchange_kind exchange);
const char *ike_timer_name(enum ike_timer timer);
/* The names of payloads, as "SA KE"; returns buf. */
const char *ike_has_names(uint32_t has, char *buf, size_t size);

/* What has happened, as far as the table asks for it. */
struct ike_occasion {
	enum ike_state state;
	enum ike_role role;
	enum ike_cause cause;
	enum ike_exchange_kind exchange;
	bool encrypted;
	uint32_t has;
};

/*
 * The row for it.  NULL: there is none, and *missing has what a message lacks of the nearest
 * one's needs; 0 if nothing would help.
 */
const struct ike_transition *ike_transition_find(const struct ike_occasion *occasion,
						 uint32_t *missing);

/* The whole table, a row a line, under a head of column names. */
void ike_transitions_print(FILE *out);

#endif
