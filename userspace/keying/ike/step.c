// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a datagram to the one who acts on it: whose it is, whether it came before, what is in it,
 * whether it is authentic, and what the table says.  Nobody acts on a message that lacks what
 * its row needs.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "channel.h"
#include "dpd.h"
#include "draft.h"
#include "inform.h"
#include "main_mode.h"
#include "peer.h"
#include "quick.h"
#include "record.h"
#include "step.h"
#include "trace.h"

typedef enum ike_outcome (*act_fn)(struct ike_step *step);

static const act_fn acts[IKE_ACTS] = {
	[IKE_ACT_OFFER] = ike_act_offer,
	[IKE_ACT_TAKE_CHOICE] = ike_act_take_choice,
	[IKE_ACT_TAKE_SHARE] = ike_act_take_share,
	[IKE_ACT_PROVE] = ike_act_prove,
	[IKE_ACT_MEET_RESPONDER] = ike_act_meet_responder,
	[IKE_ACT_CHOOSE] = ike_act_choose,
	[IKE_ACT_ASK] = ike_act_ask,
	[IKE_ACT_SHARE] = ike_act_share,
	[IKE_ACT_MEET_INITIATOR] = ike_act_meet_initiator,
	[IKE_ACT_HINT] = ike_act_hint,
	[IKE_ACT_QUICK_OFFER] = ike_act_quick_offer,
	[IKE_ACT_QUICK_TAKE] = ike_act_quick_take,
	[IKE_ACT_QUICK_ANSWER] = ike_act_quick_answer,
	[IKE_ACT_QUICK_CONFIRM] = ike_act_quick_confirm,
	[IKE_ACT_NOTIFY] = ike_act_notify,
	[IKE_ACT_DELETE] = ike_act_delete,
};

/* One message at a time, whoever's it is: it is large. */
static struct ike_message the_message;
static uint8_t opened[IKE_MESSAGE_MAX];
static uint8_t joined[IKE_FRAGMENTS_OCTETS];

/* --- one step ----------------------------------------------------------------------------- */

static void say_what_lacks(struct ike_step *step, const struct ike_occasion *occasion,
			   uint32_t missing)
{
	char names[96];

	if (missing)
		ike_peer_rejected_fmt(step->peer, step->now, "a message of %s mode lacks %s",
				      ike_exchange_name(occasion->exchange),
				      ike_has_names(missing, names, sizeof(names)));
}

/* Finds the row, and has its function act. */
static enum ike_outcome act(struct ike_step *step, const struct ike_occasion *occasion)
{
	uint32_t missing;

	step->row = ike_transition_find(occasion, &missing);
	if (!step->row) {
		say_what_lacks(step, occasion, missing);
		return IKE_IGNORE;
	}
	return acts[step->row->act](step);
}

static void settle_phase1(struct ike_step *step, enum ike_outcome outcome)
{
	struct ike_channel *channel = step->channel;
	struct ike_header header = ike_draft_header(channel);
	bool was_up = ike_channel_is_up(channel);

	if (outcome == IKE_GO) {
		ike_channel_enter(channel, step->row->to, step->row->timer, step->now);
		if (!was_up && ike_channel_is_up(channel))
			ike_channel_up(channel, step->now);
		return;
	}
	if (outcome != IKE_END)
		return;
	if (was_up) {
		ike_channel_end(channel, false, step->err.text, step->now);
		return;
	}
	if (step->tell && channel->keys.key.len)
		ike_inform_channel(channel, (enum ike_notify_type)step->tell,
				   (struct sp_octets){ NULL, 0 });
	else if (step->tell)
		ike_inform_clear(step->peer, &channel->path,
				 &header,
				 (enum ike_notify_type)step->tell);
	ike_record_forget(step->peer, channel);
	ike_channel_failed(channel, true, step->err.text, step->now);
}

static void settle_quick(struct ike_step *step, enum ike_outcome outcome)
{
	struct ike_quick *quick = step->quick;

	if (outcome == IKE_GO)
		ike_quick_enter(quick, step->row->to, step->row->timer, step->now);
	else if (outcome == IKE_END)
		ike_quick_failed(quick, step->tell, step->err.text, step->now);
}

/* --- opening ------------------------------------------------------------------------------ */

/* Decrypts with @iv, which moves, and parses. */
static int open_message(struct ike_step *step, const struct ike_header *header,
			struct sp_octets datagram, uint8_t *iv)
{
	struct sp_octets body = { datagram.data + IKE_HEADER_LEN, datagram.len - IKE_HEADER_LEN };

	if (header->flags & IKE_FLAG_ENCRYPTED) {
		if (!step->channel || !step->channel->keys.key.len)
			return sp_fail(&step->err, "it is encrypted, and there is no key yet");
		memcpy(opened, datagram.data, datagram.len);
		body.data = opened + IKE_HEADER_LEN;
		if (ike_decrypt(&step->channel->keys, iv, opened + IKE_HEADER_LEN, body.len,
				&step->err))
			return -1;
		datagram.data = opened;
	}
	ike_trace(step->peer->port, step->path, false, datagram);
	step->message = &the_message;
	return ike_message_parse(step->message, header, body, &step->err) ? -1 : 0;
}

static struct ike_occasion occasion_of(const struct ike_step *step, enum ike_state state,
				       enum ike_role role, enum ike_exchange_kind exchange)
{
	return (struct ike_occasion){
		.state = state, .role = role, .cause = IKE_ON_MESSAGE, .exchange = exchange,
		.encrypted = step->message->header.flags & IKE_FLAG_ENCRYPTED,
		.has = step->message->present,
	};
}

/* --- phase 1 ------------------------------------------------------------------------------ */

/* What comes first under keys of a secret, and cannot be read with ours, tells of it. */
static bool tells_of_keys(const struct ike_channel *channel, const struct ike_header *header)
{
	return header->flags & IKE_FLAG_ENCRYPTED && channel->auth == IKE_AUTH_PSK &&
	       (channel->state == IKE_MAIN_I5 || channel->state == IKE_MAIN_R4);
}

static void suspect_keys(struct ike_step *step, const char *what)
{
	struct ike_channel *channel = step->channel;

	snprintf(channel->hint, sizeof(channel->hint),
		 "%s does not decrypt: the pre-shared keys probably differ", what);
	channel->hint_at = fmin(channel->hint_at, step->now);
	ike_peer_rejected(step->peer, channel->hint, step->now);
}

static void is_garbage(struct ike_step *step, const struct ike_header *header)
{
	struct ike_channel *channel = step->channel;

	if (!tells_of_keys(channel, header)) {
		ike_peer_rejected(step->peer, step->err.text, step->now);
		return;
	}
	suspect_keys(step, channel->role == IKE_INITIATOR ? "message 6" : "message 5");
	if (channel->role == IKE_RESPONDER)
		ike_inform_clear(step->peer, step->path, header, IKE_N_AUTHENTICATION_FAILED);
}

static void take_main(struct ike_step *step, const struct ike_header *header,
		      struct sp_octets datagram)
{
	struct ike_channel *channel = step->channel;
	uint8_t iv[SP_CIPHER_BLOCK_MAX], old[SP_CIPHER_BLOCK_MAX];
	struct ike_occasion occasion;
	enum ike_outcome outcome;

	if (ike_memory_is_again(&channel->memory, datagram)) {
		ike_draft_again(channel, &channel->memory);
		return;
	}
	if (ike_channel_is_up(channel))
		return;
	memcpy(iv, channel->iv, sizeof(iv));
	memcpy(old, channel->iv, sizeof(old));
	if (open_message(step, header, datagram, iv)) {
		is_garbage(step, header);
		return;
	}
	occasion = occasion_of(step, channel->state, channel->role, IKE_MAIN);
	memcpy(channel->iv, iv, sizeof(iv));	/* an answer goes on from there */
	channel->memory.answered = false;
	outcome = act(step, &occasion);
	if (outcome == IKE_GO)
		ike_memory_heard(&channel->memory, datagram);
	else if (outcome == IKE_IGNORE)
		memcpy(channel->iv, old, sizeof(old));
	settle_phase1(step, outcome);
}

/* Nothing is kept of it but a record, and that only if it is a proposal that we take. */
static void take_first(struct ike_step *step, const struct ike_header *header,
		       struct sp_octets datagram)
{
	struct ike_occasion occasion;

	if (open_message(step, header, datagram, NULL)) {
		ike_peer_rejected(step->peer, step->err.text, step->now);
		return;
	}
	occasion = occasion_of(step, IKE_START, IKE_RESPONDER, IKE_MAIN);
	if (act(step, &occasion) != IKE_END)
		return;
	if (step->tell)
		ike_inform_clear(step->peer, step->path, header,
				 (enum ike_notify_type)step->tell);
	ike_peer_rejected(step->peer, step->err.text, step->now);
}

/* Message 3: from here on there is a channel. */
static void take_third(struct ike_step *step, const struct ike_header *header,
		       struct sp_octets datagram)
{
	struct ike_record *record = ike_record_find(step->peer, header);
	struct ike_channel *channel;

	if (!record || header->flags & IKE_FLAG_ENCRYPTED)
		return;
	step->channel = ike_record_promote(step->peer, record, step->now);
	if (!step->channel)
		return;
	step->channel->path = *step->path;
	take_main(step, header, datagram);
	/* If what came was no message 3, there is no channel yet. */
	channel = ike_channel_find(step->peer, header);
	if (channel && channel->state == IKE_MAIN_R2)
		ike_channel_free(channel);
}

static bool is_first(const struct ike_header *header)
{
	return ike_cookie_is_zero(header->cookie_r);
}

/* --- under phase 1 ------------------------------------------------------------------------ */

static int expected_hash(const struct ike_step *step, uint8_t *hash, struct sp_error *err)
{
	const struct ike_keys *keys = &step->channel->keys;
	const struct ike_message *message = step->message;
	const struct ike_quick *quick = step->quick;
	uint32_t id = message->header.message_id;
	struct sp_octets rest = ike_behind(message, ike_find(message, IKE_HASH, 0));

	if (!quick)
		return ike_hash1(keys, id, rest, hash, err);
	if (quick->role == IKE_INITIATOR)
		return ike_hash2(keys, id, ike_bytes(&quick->nonce[IKE_INITIATOR]), rest, hash,
				 err);
	return ike_hash3(keys, id, ike_bytes(&quick->nonce[IKE_INITIATOR]),
			 ike_bytes(&quick->nonce[IKE_RESPONDER]), hash, err);
}

/* Only who has the keys of this phase 1 can have sent it. */
static bool is_authentic(struct ike_step *step)
{
	const struct ike_payload *payload = ike_find(step->message, IKE_HASH, 0);
	uint8_t hash[SP_HASH_MAX];

	if (!payload || expected_hash(step, hash, &step->err))
		return false;
	return sp_octets_equal(payload->body, (struct sp_octets){
		hash, sp_hash_len(step->channel->keys.prf)
	});
}

static bool open_under(struct ike_step *step, const struct ike_header *header,
		       struct sp_octets datagram, uint8_t *iv)
{
	if (!(header->flags & IKE_FLAG_ENCRYPTED))
		return false;
	if (open_message(step, header, datagram, iv) || !is_authentic(step)) {
		if (tells_of_keys(step->channel, header))
			suspect_keys(step, "what the peer says to who we are");
		else
			ike_peer_rejected(step->peer, "a message under phase 1 is not what its "
					  "keys say: it is ignored", step->now);
		return false;
	}
	/* With signatures, strangers have keys of phase 1, too, until they should prove it. */
	if (ike_channel_is_up(step->channel)) {
		ike_channel_met(step->channel, step->path);
		ike_dpd_heard(step->channel, step->now);
	}
	return true;
}

static struct ike_quick *begin_quick(const struct ike_step *step, uint32_t id)
{
	struct ike_quick *quick = ike_quick_new(step->channel, IKE_RESPONDER, id, step->now);

	if (!quick || !ike_channel_use_id(step->channel, id, step->now))
		return quick;
	ike_quick_forget(quick);
	return NULL;
}

static void take_quick(struct ike_step *step, const struct ike_header *header,
		       struct sp_octets datagram)
{
	struct ike_channel *channel = step->channel;
	struct ike_occasion occasion;
	uint8_t iv[SP_CIPHER_BLOCK_MAX];
	enum ike_outcome outcome;

	step->quick = ike_quick_find(channel, header->message_id);
	if (step->quick && ike_memory_is_again(&step->quick->memory, datagram)) {
		ike_draft_again(channel, &step->quick->memory);
		return;
	}
	if (step->quick ? step->quick->state == IKE_QUICK_DONE :
			  ike_used_has(&channel->used, header->message_id))
		return;		/* that exchange is over */
	if (step->quick)
		memcpy(iv, step->quick->iv, sizeof(iv));
	else if (ike_iv_phase2(&channel->keys, channel->iv, header->message_id, iv, &step->err))
		return;
	if (!open_under(step, header, datagram, iv))
		return;
	if (!step->quick)
		step->quick = begin_quick(step, header->message_id);
	if (!step->quick)
		return;
	memcpy(step->quick->iv, iv, sizeof(iv));
	occasion = occasion_of(step, step->quick->state, step->quick->role, IKE_QUICK);
	step->quick->memory.answered = false;
	outcome = act(step, &occasion);
	if (outcome == IKE_GO)
		ike_memory_heard(&step->quick->memory, datagram);
	if (outcome == IKE_IGNORE && step->quick->state == IKE_START)
		ike_quick_forget(step->quick);
	else
		settle_quick(step, outcome);
}

static void take_inform(struct ike_step *step, const struct ike_header *header,
			struct sp_octets datagram)
{
	struct ike_channel *channel = step->channel;
	bool encrypted = header->flags & IKE_FLAG_ENCRYPTED;
	uint8_t iv[SP_CIPHER_BLOCK_MAX];
	struct ike_occasion occasion;

	/* One that comes again has been acted on; there is nothing to answer. */
	if (encrypted && ike_used_has(&channel->used, header->message_id))
		return;
	if (encrypted) {
		if (ike_iv_phase2(&channel->keys, channel->iv, header->message_id, iv,
				  &step->err) || !open_under(step, header, datagram, iv) ||
		    ike_channel_use_id(channel, header->message_id, step->now))
			return;
	} else if (ike_channel_is_up(channel) || open_message(step, header, datagram, NULL)) {
		return;		/* where there are keys, nobody is believed without them */
	}
	occasion = occasion_of(step, channel->state, channel->role, IKE_INFORM);
	settle_phase1(step, act(step, &occasion));
}

/* --- in and out --------------------------------------------------------------------------- */

static void refuse_exchange(struct ike_step *step, const struct ike_header *header)
{
	char name[IKE_NAME_STRLEN];

	ike_peer_rejected_fmt(step->peer, step->now, "the peer asks for %s, which is not done",
			      ike_name(ike_words_exchange, "exchange", header->exchange, name));
	if (!step->channel && is_first(header))
		ike_inform_clear(step->peer, step->path, header, IKE_N_UNSUPPORTED_EXCHANGE_TYPE);
}

static void dispatch(struct ike_step *step, const struct ike_header *header,
		     struct sp_octets datagram)
{
	bool under = header->exchange == IKE_EXCHANGE_QUICK ||
		     header->exchange == IKE_EXCHANGE_INFO;

	if (!under && header->exchange != IKE_EXCHANGE_MAIN) {
		refuse_exchange(step, header);
	} else if (step->channel && header->exchange == IKE_EXCHANGE_MAIN) {
		take_main(step, header, datagram);
	} else if (header->exchange == IKE_EXCHANGE_MAIN) {
		if (is_first(header))
			take_first(step, header, datagram);
		else
			take_third(step, header, datagram);
	} else if (step->channel && header->exchange == IKE_EXCHANGE_INFO) {
		take_inform(step, header, datagram);
	} else if (step->channel && ike_channel_is_up(step->channel)) {
		take_quick(step, header, datagram);
	}
}

/* Returns whether the message is whole now, of which the last piece has come. */
static bool take_piece(struct ike_step *step, const struct ike_header *header,
		       struct sp_octets datagram, struct sp_octets *whole)
{
	const struct ike_payload *payload;
	int ret = -1;

	/* Of who has not answered with the right cookie nothing is kept. */
	if (!step->channel)
		return false;
	if (!open_message(step, header, datagram, NULL)) {
		payload = ike_find(step->message, IKE_FRAGMENT, 0);
		ret = ike_fragments_add(&step->channel->fragments, &payload->fragment, whole,
					&step->err);
	}
	if (ret < 0)
		ike_peer_rejected(step->peer, step->err.text, step->now);
	if (ret != 1)
		return false;
	/* The channel, with what is kept there, may end of what the message says. */
	memcpy(joined, whole->data, whole->len);
	whole->data = joined;
	return true;
}

static bool is_piece(const struct ike_header *header)
{
	return header->next == IKE_PAYLOAD_FRAGMENT && !(header->flags & IKE_FLAG_ENCRYPTED);
}

void ike_step_datagram(struct ike_peer *peer, const struct sp_path *path, const uint8_t *octets,
		       size_t len, double now)
{
	struct sp_octets datagram = { octets, len };
	struct ike_step step = { .peer = peer, .path = path, .now = now };
	struct ike_header header;

	if (ike_header_parse(&header, datagram, &step.err)) {
		ike_peer_rejected(peer, step.err.text, now);
		return;
	}
	step.channel = ike_channel_find(peer, &header);
	if (is_piece(&header)) {
		if (!take_piece(&step, &header, datagram, &datagram))
			return;
		if (ike_header_parse(&header, datagram, &step.err) || is_piece(&header)) {
			ike_peer_rejected(peer, "a message in pieces is none", now);
			return;
		}
		step.channel = ike_channel_find(peer, &header);
	}
	dispatch(&step, &header, datagram);
}

void ike_step_answer(struct ike_channel *channel, const struct sp_key_answer *answer, double now)
{
	struct ike_step step = {
		.peer = channel->peer, .channel = channel, .path = &channel->path,
		.answer = answer, .now = now,
	};
	struct ike_occasion occasion = {
		.state = channel->state, .role = channel->role, .cause = IKE_ON_ANSWER,
		.exchange = IKE_MAIN,
	};

	channel->question = 0;
	if (answer->len)
		settle_phase1(&step, act(&step, &occasion));
	else
		ike_channel_failed(channel, true, answer->error.text, now);
}

void ike_step_begin(struct ike_channel *channel, struct ike_quick *quick, double now)
{
	struct ike_step step = {
		.peer = channel->peer, .channel = channel, .quick = quick,
		.path = &channel->path, .now = now,
	};
	struct ike_occasion occasion = {
		.state = quick ? quick->state : channel->state, .role = IKE_INITIATOR,
		.cause = IKE_ON_WISH, .exchange = quick ? IKE_QUICK : IKE_MAIN,
		.encrypted = quick != NULL,
	};
	enum ike_outcome outcome = act(&step, &occasion);

	if (quick)
		settle_quick(&step, outcome);
	else
		settle_phase1(&step, outcome);
}
