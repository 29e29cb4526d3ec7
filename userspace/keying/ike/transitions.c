// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "transitions.h"

#define SA IKE_BIT(IKE_SA)
#define KE IKE_BIT(IKE_KE)
#define ID IKE_BIT(IKE_ID)
#define HASH IKE_BIT(IKE_HASH)
#define NONCE IKE_BIT(IKE_NONCE)
#define N IKE_BIT(IKE_NOTIFY)
#define D IKE_BIT(IKE_DELETE)
#define VID IKE_BIT(IKE_VID)
#define SIG IKE_BIT(IKE_SIG)
#define CERTS (IKE_BIT(IKE_CERT) | IKE_BIT(IKE_CR))
#define NAT_D IKE_BIT(IKE_NAT_D)
#define NAT_OA IKE_BIT(IKE_NAT_OA)

#define I IKE_INITIATOR
#define R IKE_RESPONDER

/* In the clear, and under the keys of phase 1. */
#define CLEAR false
#define UNDER true

/* RFC 2409 5 (main mode), 5.5 (quick mode), 5.7 (informational), RFC 3947 3 and 5 (NAT). */
static const struct ike_transition table[] = {
	{ IKE_START, I, IKE_ON_WISH, IKE_MAIN, 0, CLEAR, 0, 0,
	  IKE_ACT_OFFER, IKE_MAIN_I1, IKE_TIMER_RETRANSMIT,
	  "offers proposals" },
	{ IKE_MAIN_I1, I, IKE_ON_MESSAGE, IKE_MAIN, 2, CLEAR, SA, VID | N,
	  IKE_ACT_TAKE_CHOICE, IKE_MAIN_I3, IKE_TIMER_RETRANSMIT,
	  "the peer has chosen; sends a key share" },
	{ IKE_MAIN_I3, I, IKE_ON_MESSAGE, IKE_MAIN, 4, CLEAR, KE | NONCE, VID | NAT_D | CERTS | N,
	  IKE_ACT_TAKE_SHARE, IKE_MAIN_I_KEY, IKE_TIMER_ANSWER,
	  "has the peer's share; asks the holder of the secret, or of our key" },
	{ IKE_MAIN_I_KEY, I, IKE_ON_ANSWER, IKE_MAIN, 0, CLEAR, 0, 0,
	  IKE_ACT_PROVE, IKE_MAIN_I5, IKE_TIMER_RETRANSMIT,
	  "has keys; says who we are, and proves it" },
	{ IKE_MAIN_I5, I, IKE_ON_MESSAGE, IKE_MAIN, 6, UNDER, ID | HASH, VID | CERTS | N,
	  IKE_ACT_MEET_RESPONDER, IKE_UP, IKE_TIMER_LIFE,
	  "the peer has proved who it is" },
	{ IKE_MAIN_I5, I, IKE_ON_MESSAGE, IKE_MAIN, 6, UNDER, ID | SIG, VID | CERTS | N,
	  IKE_ACT_MEET_RESPONDER, IKE_UP, IKE_TIMER_LIFE,
	  "the peer has proved with its key who it is" },
	{ IKE_MAIN_I1, I, IKE_ON_MESSAGE, IKE_INFORM, 1, CLEAR, N, VID | HASH,
	  IKE_ACT_HINT, IKE_MAIN_I1, IKE_TIMER_RETRANSMIT,
	  "somebody says no; that is remembered, and believed if nothing else comes" },
	{ IKE_MAIN_I3, I, IKE_ON_MESSAGE, IKE_INFORM, 1, CLEAR, N, VID | HASH,
	  IKE_ACT_HINT, IKE_MAIN_I3, IKE_TIMER_RETRANSMIT,
	  "somebody says no; that is remembered, and believed if nothing else comes" },
	{ IKE_MAIN_I5, I, IKE_ON_MESSAGE, IKE_INFORM, 1, CLEAR, N, VID | HASH,
	  IKE_ACT_HINT, IKE_MAIN_I5, IKE_TIMER_RETRANSMIT,
	  "somebody says no; that is remembered, and believed if nothing else comes" },
	{ IKE_MAIN_I5, I, IKE_ON_MESSAGE, IKE_INFORM, 1, UNDER, HASH | N, VID,
	  IKE_ACT_HINT, IKE_MAIN_I5, IKE_TIMER_RETRANSMIT,
	  "the peer says no under keys that we share" },

	{ IKE_START, R, IKE_ON_MESSAGE, IKE_MAIN, 1, CLEAR, SA, VID | N,
	  IKE_ACT_CHOOSE, IKE_MAIN_R2, IKE_TIMER_RECORD,
	  "chooses a proposal; keeps a record" },
	{ IKE_MAIN_R2, R, IKE_ON_MESSAGE, IKE_MAIN, 3, CLEAR, KE | NONCE, VID | NAT_D | CERTS | N,
	  IKE_ACT_ASK, IKE_MAIN_R_KEY, IKE_TIMER_ANSWER,
	  "has the peer's share; asks the holder of the secret, or of our key" },
	{ IKE_MAIN_R_KEY, R, IKE_ON_ANSWER, IKE_MAIN, 0, CLEAR, 0, 0,
	  IKE_ACT_SHARE, IKE_MAIN_R4, IKE_TIMER_WAIT,
	  "has keys; sends a key share" },
	{ IKE_MAIN_R4, R, IKE_ON_MESSAGE, IKE_MAIN, 5, UNDER, ID | HASH, VID | CERTS | N,
	  IKE_ACT_MEET_INITIATOR, IKE_UP, IKE_TIMER_LIFE,
	  "the peer has proved who it is; so do we" },
	{ IKE_MAIN_R4, R, IKE_ON_MESSAGE, IKE_MAIN, 5, UNDER, ID | SIG, VID | CERTS | N,
	  IKE_ACT_MEET_INITIATOR, IKE_UP, IKE_TIMER_LIFE,
	  "the peer has proved with its key who it is; so do we" },
	{ IKE_MAIN_R4, R, IKE_ON_MESSAGE, IKE_INFORM, 1, CLEAR, N, VID | HASH,
	  IKE_ACT_HINT, IKE_MAIN_R4, IKE_TIMER_WAIT,
	  "somebody says no; that is remembered, and believed if nothing else comes" },
	{ IKE_MAIN_R4, R, IKE_ON_MESSAGE, IKE_INFORM, 1, UNDER, HASH | N, VID,
	  IKE_ACT_HINT, IKE_MAIN_R4, IKE_TIMER_WAIT,
	  "the peer says no under keys that we share" },

	{ IKE_UP, IKE_EITHER, IKE_ON_MESSAGE, IKE_INFORM, 1, UNDER, HASH | D, N | VID,
	  IKE_ACT_DELETE, IKE_UP, IKE_TIMER_LIFE,
	  "the peer has deleted SAs" },
	{ IKE_UP, IKE_EITHER, IKE_ON_MESSAGE, IKE_INFORM, 1, UNDER, HASH | N, VID,
	  IKE_ACT_NOTIFY, IKE_UP, IKE_TIMER_LIFE,
	  "the peer notifies" },

	{ IKE_START, I, IKE_ON_WISH, IKE_QUICK, 0, UNDER, 0, 0,
	  IKE_ACT_QUICK_OFFER, IKE_QUICK_I1, IKE_TIMER_RETRANSMIT,
	  "offers a pair of SAs" },
	{ IKE_QUICK_I1, I, IKE_ON_MESSAGE, IKE_QUICK, 2, UNDER, HASH | SA | NONCE,
	  KE | ID | N | NAT_OA | VID,
	  IKE_ACT_QUICK_TAKE, IKE_QUICK_DONE, IKE_TIMER_LINGER,
	  "the peer has chosen; installs both SAs, and confirms" },
	{ IKE_START, R, IKE_ON_MESSAGE, IKE_QUICK, 1, UNDER, HASH | SA | NONCE,
	  KE | ID | N | NAT_OA | VID,
	  IKE_ACT_QUICK_ANSWER, IKE_QUICK_R2, IKE_TIMER_RETRANSMIT,
	  "chooses; installs both SAs, and sends with neither yet" },
	{ IKE_QUICK_R2, R, IKE_ON_MESSAGE, IKE_QUICK, 3, UNDER, HASH, N | VID,
	  IKE_ACT_QUICK_CONFIRM, IKE_QUICK_DONE, IKE_TIMER_LINGER,
	  "the peer has them; sends with the new SA" },

	{ IKE_MAIN_I1, I, IKE_ON_TIME, IKE_MAIN, 0, CLEAR, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "nobody answers message 1" },
	{ IKE_MAIN_I3, I, IKE_ON_TIME, IKE_MAIN, 0, CLEAR, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "nobody answers message 3" },
	{ IKE_MAIN_I_KEY, I, IKE_ON_TIME, IKE_MAIN, 0, CLEAR, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "the holder of the secret does not answer" },
	{ IKE_MAIN_I5, I, IKE_ON_TIME, IKE_MAIN, 0, CLEAR, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "nobody answers message 5" },
	{ IKE_MAIN_R2, R, IKE_ON_TIME, IKE_MAIN, 0, CLEAR, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "message 3 has not come; forgets the record" },
	{ IKE_MAIN_R_KEY, R, IKE_ON_TIME, IKE_MAIN, 0, CLEAR, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "the holder of the secret does not answer" },
	{ IKE_MAIN_R4, R, IKE_ON_TIME, IKE_MAIN, 0, CLEAR, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "message 5 has not come" },
	{ IKE_UP, IKE_EITHER, IKE_ON_TIME, IKE_INFORM, 0, UNDER, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "its life has ended; says so" },
	{ IKE_UP, IKE_EITHER, IKE_ON_DELETE, IKE_INFORM, 0, UNDER, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "one side has deleted it" },
	{ IKE_QUICK_I1, I, IKE_ON_TIME, IKE_QUICK, 0, UNDER, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "nobody answers the offer of SAs" },
	{ IKE_QUICK_R2, R, IKE_ON_TIME, IKE_QUICK, 0, UNDER, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "the peer has not confirmed the SAs" },
	{ IKE_QUICK_DONE, IKE_EITHER, IKE_ON_TIME, IKE_QUICK, 0, UNDER, 0, 0,
	  IKE_ACT_NONE, IKE_GONE, IKE_TIMER_NONE, "the exchange is forgotten" },
};

enum { ROWS = sizeof(table) / sizeof(table[0]) };

const struct ike_transition *ike_transition_at(size_t i)
{
	return i < ROWS ? &table[i] : NULL;
}

/* --- names -------------------------------------------------------------------------------- */

const char *ike_state_name(enum ike_state state)
{
	static const char *const names[IKE_STATES] = {
		[IKE_START] = "start",
		[IKE_MAIN_I1] = "offered",
		[IKE_MAIN_I3] = "shared",
		[IKE_MAIN_I_KEY] = "asking",
		[IKE_MAIN_I5] = "proving",
		[IKE_MAIN_R2] = "chosen",
		[IKE_MAIN_R_KEY] = "asking",
		[IKE_MAIN_R4] = "answered",
		[IKE_UP] = "up",
		[IKE_QUICK_I1] = "quick-offered",
		[IKE_QUICK_R2] = "quick-answered",
		[IKE_QUICK_DONE] = "quick-done",
		[IKE_GONE] = "gone",
	};

	return names[state];
}

const char *ike_cause_name(enum ike_cause cause)
{
	static const char *const names[] = {
		[IKE_ON_WISH] = "wish", [IKE_ON_MESSAGE] = "message", [IKE_ON_ANSWER] = "answer",
		[IKE_ON_TIME] = "time", [IKE_ON_DELETE] = "delete",
	};

	return names[cause];
}

const char *ike_exchange_name(enum ike_exchange_kind exchange)
{
	static const char *const names[] = {
		[IKE_MAIN] = "main", [IKE_QUICK] = "quick", [IKE_INFORM] = "inform",
	};

	return names[exchange];
}

const char *ike_timer_name(enum ike_timer timer)
{
	static const char *const names[] = {
		[IKE_TIMER_NONE] = "-", [IKE_TIMER_RETRANSMIT] = "retransmit",
		[IKE_TIMER_WAIT] = "wait", [IKE_TIMER_ANSWER] = "answer",
		[IKE_TIMER_RECORD] = "record",
		[IKE_TIMER_LIFE] = "life", [IKE_TIMER_LINGER] = "linger",
	};

	return names[timer];
}

const char *ike_has_names(uint32_t has, char *buf, size_t size)
{
	static const char *const names[] = {
		[IKE_SA] = "SA", [IKE_KE] = "KE", [IKE_ID] = "ID", [IKE_CERT] = "CERT",
		[IKE_CR] = "CERTREQ", [IKE_HASH] = "HASH", [IKE_SIG] = "SIG",
		[IKE_NONCE] = "NONCE", [IKE_NOTIFY] = "N", [IKE_DELETE] = "D", [IKE_VID] = "VID",
		[IKE_CONFIG] = "CONFIG", [IKE_GSS] = "GSS", [IKE_NAT_D] = "NAT-D",
		[IKE_NAT_OA] = "NAT-OA", [IKE_FRAGMENT] = "FRAGMENT", [IKE_PRIVATE] = "private",
	};
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (has & 1u << i && len < size)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? " " : "",
						names[i]);
	return buf;
}

/* --- looking up --------------------------------------------------------------------------- */

static bool fits(const struct ike_transition *row, const struct ike_occasion *occasion)
{
	return row->from == occasion->state && row->cause == occasion->cause &&
	       row->exchange == occasion->exchange && row->encrypted == occasion->encrypted &&
	       (row->role == IKE_EITHER || row->role == occasion->role);
}

const struct ike_transition *ike_transition_find(const struct ike_occasion *occasion,
						 uint32_t *missing)
{
	*missing = 0;
	for (const struct ike_transition *row = table; row < table + ROWS; row++) {
		if (!fits(row, occasion))
			continue;
		if (!(row->need & ~occasion->has))
			return row;
		if (!*missing)
			*missing = row->need & ~occasion->has;
	}
	return NULL;
}

/* --- printing ----------------------------------------------------------------------------- */

static void print_row(const struct ike_transition *row, FILE *out)
{
	static const char *const roles[] = {
		[IKE_INITIATOR] = "initiator", [IKE_RESPONDER] = "responder",
		[IKE_EITHER] = "either",
	};
	char cause[40], payloads[192] = "-", need[80], may[80];

	snprintf(cause, sizeof(cause), "%s", ike_cause_name(row->cause));
	if (row->message)
		snprintf(cause, sizeof(cause), "%s %s %u%s", ike_cause_name(row->cause),
			 ike_exchange_name(row->exchange), row->message,
			 row->encrypted ? "*" : "");
	ike_has_names(row->need, need, sizeof(need));
	ike_has_names(row->may, may, sizeof(may));
	if (row->need)
		snprintf(payloads, sizeof(payloads), "%s%s%s%s", need, may[0] ? " [" : "", may,
			 may[0] ? "]" : "");
	fprintf(out, "%-14s  %-9s  %-17s  %-47s  %-14s  %-10s  %s\n", ike_state_name(row->from),
		roles[row->role], cause, payloads,
		ike_state_name(row->to), ike_timer_name(row->timer), row->story);
}

void ike_transitions_print(FILE *out)
{
	fprintf(out, "%-14s  %-9s  %-17s  %-47s  %-14s  %-10s  %s\n", "STATE", "ROLE", "CAUSE",
		"PAYLOADS [OPTIONAL]", "NEXT", "TIMER", "WHAT HAPPENS");
	for (const struct ike_transition *row = table; row < table + ROWS; row++)
		print_row(row, out);
}
