// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "channel.h"
#include "draft.h"
#include "inform.h"
#include "keys/verify.h"
#include "main_mode.h"
#include "peer.h"
#include "policy.h"
#include "proposal.h"
#include "record.h"
#include "trace.h"
#include "vendor.h"

static enum ike_outcome end(struct ike_step *step, int tell)
{
	step->tell = tell;
	return IKE_END;
}

/* --- vendor IDs --------------------------------------------------------------------------- */

static uint32_t vendors_of(const struct ike_message *message)
{
	const struct ike_payload *payload;
	uint32_t vendors = 0;

	for (size_t i = 0; (payload = ike_find(message, IKE_VID, i)); i++) {
		const struct ike_vendor_row *row = ike_vendor_find(payload->body);

		vendors |= row ? (uint32_t)row->bit : 0;
	}
	return vendors;
}

static void build_vendor(struct ike_builder *b, uint32_t bit)
{
	ike_build_data(b, IKE_PAYLOAD_VID, ike_vendor_octets((enum ike_vendor)bit));
}

static bool speaks_of_nats(const struct ike_peer *peer)
{
	return peer->config.encap != SP_ENCAP_NO;
}

/* --- shares and nonces -------------------------------------------------------------------- */

static int make_share(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	struct ike_handshake *handshake = channel->handshake;
	const struct port *port = step->peer->port;
	uint8_t nonce[IKE_NONCE_LEN];

	handshake->dh = sp_dh_new(channel->suite.group, port->host->random, port->arg, &step->err);
	if (!handshake->dh)
		return -1;
	port->host->random(port->arg, nonce, sizeof(nonce));
	if (ike_bytes_set(&handshake->share[channel->role], sp_dh_public(handshake->dh)) ||
	    ike_bytes_set(&handshake->nonce[channel->role], SP_OCTETS(nonce)))
		return sp_fail(&step->err, "out of memory");
	return 0;
}

static void build_share(struct ike_step *step, struct ike_draft *draft)
{
	const struct ike_channel *channel = step->channel;
	const struct ike_handshake *handshake = channel->handshake;

	ike_build_data(&draft->b, IKE_PAYLOAD_KE, ike_bytes(&handshake->share[channel->role]));
	ike_build_data(&draft->b, IKE_PAYLOAD_NONCE, ike_bytes(&handshake->nonce[channel->role]));
}

static int send_share(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	bool lie = step->peer->config.encap == SP_ENCAP_YES;
	struct ike_draft draft;

	ike_draft_phase1(&draft, channel, false);
	build_share(step, &draft);
	if (channel->natt.spoken &&
	    ike_natt_build(&draft.b, &draft.header, channel->suite.hash, &channel->path,
			   channel->natt.spoken, lie, &step->err))
		return -1;
	return ike_draft_send(&draft, NULL, &channel->memory, &step->err);
}

/* The peer's half of it, and what both make together. */
static int take_share(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	struct ike_handshake *handshake = channel->handshake;
	enum ike_role theirs = channel->role == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;
	struct sp_octets share = ike_find(step->message, IKE_KE, 0)->body;
	struct sp_octets nonce = ike_find(step->message, IKE_NONCE, 0)->body;

	if (ike_bytes_set(&handshake->share[theirs], share) ||
	    ike_bytes_set(&handshake->nonce[theirs], nonce))
		return sp_fail(&step->err, "out of memory");
	if (sp_dh_shared(handshake->dh, share, &handshake->secret, &step->err))
		return -1;
	channel->vendors |= vendors_of(step->message);
	if (ike_natt_look(&channel->natt, step->message, channel->suite.hash, step->path,
			  &step->err))
		return -1;
	if (channel->natt.spoken && step->peer->config.encap == SP_ENCAP_YES)
		channel->natt.here = true;
	return 0;
}

/* RFC 2409 5: SKEYID = prf(pre-shared key, Ni_b | Nr_b), which only the key's holder can make. */
static void ask_for_skeyid(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	const struct ike_handshake *handshake = channel->handshake;
	struct sp_key_question question = {
		.kind = SP_KEY_PSK_PRF, .hash = channel->suite.hash,
	};

	for (int side = 0; side < 2; side++) {
		const struct ike_bytes *nonce = &handshake->nonce[side];

		memcpy(question.octets + question.len, nonce->octets, nonce->len);
		question.len += nonce->len;
	}
	channel->question = port_ask(step->peer->port, &question);
}

/* All other keys, of SKEYID. */
static int derive_rest(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	struct ike_phase1 said = ike_channel_phase1(channel);

	if (ike_keys_derive(&channel->keys, &said, &step->err))
		return -1;
	memcpy(channel->iv, channel->keys.iv, sizeof(channel->iv));
	ike_trace_keys(step->peer->port, channel->cookies[IKE_INITIATOR], &channel->keys);
	sp_dh_secret_wipe(&channel->handshake->secret);
	return 0;
}

static bool is_signed(const struct ike_channel *channel)
{
	return channel->auth != IKE_AUTH_PSK;
}

static enum sp_key_scheme scheme_of(const struct ike_channel *channel)
{
	return channel->auth == IKE_AUTH_RSA ? SP_KEY_RSA_BARE : SP_KEY_ECDSA;
}

static int make_hash(const struct ike_channel *channel, bool of_initiator, struct sp_octets id,
		     uint8_t *hash, struct sp_error *err)
{
	struct ike_phase1 said = ike_channel_phase1(channel);

	return ike_auth_hash(&channel->keys, &said, of_initiator,
			     ike_bytes(&channel->handshake->sa_body), id, hash, err);
}

/* As told, or the address that the peer knows us by, of which there may be several. */
static struct sp_ident own_identity(const struct ike_step *step)
{
	const struct sp_peer_config *config = &step->peer->config;

	return config->local_id ? *config->local_id : sp_ident_of(&step->channel->path.local);
}

/* HASH_I or HASH_R of ours. */
static int make_own_hash(struct ike_step *step, uint8_t *hash)
{
	struct sp_ident own = own_identity(step);
	/* Protocol and port are zero: whatever carries IKE (RFC 2407 4.6.2). */
	uint8_t body[4 + SP_IDENT_MAX] = { own.type };

	memcpy(body + 4, own.octets, own.len);
	return make_hash(step->channel, step->channel->role == IKE_INITIATOR,
			 (struct sp_octets){ body, 4 + (size_t)own.len }, hash, &step->err);
}

/*
 * With signatures SKEYID is made of what both have just said, so all that is signed is known;
 * also to the responder, who needs the signature one message later.
 */
static int ask_for_signature(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	struct ike_phase1 said = ike_channel_phase1(channel);
	struct sp_key_question question = {
		.kind = SP_KEY_SIGNATURE, .scheme = scheme_of(channel),
		.len = sp_hash_len(channel->keys.auth),
	};

	if (ike_skeyid_signature(channel->keys.prf, &said, &channel->keys.skeyid, &step->err) ||
	    derive_rest(step) || make_own_hash(step, question.octets))
		return -1;
	channel->question = port_ask(step->peer->port, &question);
	return 0;
}

static int ask_holder(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;

	channel->keys.prf = channel->suite.hash;
	channel->keys.auth = ike_auth_prf(channel->auth, channel->suite.hash);
	channel->keys.cipher = channel->suite.cipher;
	if (is_signed(channel))
		return ask_for_signature(step);
	ask_for_skeyid(step);
	return 0;
}

/* What the holder has answered: SKEYID, of which all keys come, or our signature. */
static int take_answer(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	const struct sp_key_answer *answer = step->answer;
	struct sp_octets octets = { answer->octets, answer->len };

	if (is_signed(channel))
		return ike_bytes_set(&channel->handshake->signature, octets) ?
			       sp_fail(&step->err, "out of memory") : 0;
	if (answer->len > sizeof(channel->keys.skeyid.octets))
		return sp_fail(&step->err, "the answer of the key's holder is too long");
	memcpy(channel->keys.skeyid.octets, answer->octets, answer->len);
	channel->keys.skeyid.len = answer->len;
	return derive_rest(step);
}

/* --- who is who --------------------------------------------------------------------------- */

/* INITIAL-CONTACT, beside the proof of who we are, if there is nothing of an earlier life. */
static void build_first_contact(struct ike_step *step, struct ike_draft *draft)
{
	const struct ike_peer *peer = step->peer;
	struct ike_payload payload = {
		.type = IKE_PAYLOAD_NOTIFY,
		.notify = {
			.doi = IKE_DOI_IPSEC, .protocol = IKE_PROTOCOL_ISAKMP,
			.type = IKE_N_INITIAL_CONTACT,
			.spi = SP_OCTETS(step->channel->cookies),
		},
	};

	if (peer->adopted || peer->met)
		return;
	ike_build(&draft->b, &payload);
}

static int send_proof(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	struct sp_ident own = own_identity(step);
	struct ike_payload id = {
		.type = IKE_PAYLOAD_ID,
		.id = { .type = own.type, .data = { own.octets, own.len } },
	};
	uint8_t hash[SP_HASH_MAX];
	struct ike_draft draft;

	if (make_own_hash(step, hash))
		return -1;
	ike_draft_phase1(&draft, channel, true);
	ike_build(&draft.b, &id);
	if (is_signed(channel))
		ike_build_data(&draft.b, IKE_PAYLOAD_SIG,
			       ike_bytes(&channel->handshake->signature));
	else
		ike_build_data(&draft.b, IKE_PAYLOAD_HASH,
			       (struct sp_octets){ hash, sp_hash_len(channel->keys.auth) });
	build_first_contact(step, &draft);
	return ike_draft_send(&draft, channel->iv, &channel->memory, &step->err);
}

static int check_identity(struct ike_step *step, const struct ike_id *id)
{
	struct sp_ident theirs = { .type = id->type }, wanted;
	char is[SP_IDENT_STRLEN], should[SP_IDENT_STRLEN];

	if (id->data.len > sizeof(theirs.octets))
		return sp_fail(&step->err, "the peer's identity has %zu octets", id->data.len);
	theirs.len = (uint16_t)id->data.len;
	memcpy(theirs.octets, id->data.data, id->data.len);
	wanted = sp_config_remote_id(&step->peer->config);
	sp_ident_format(&theirs, is);
	if (wanted.type != SP_IDENT_ANY && !sp_ident_equal(&theirs, &wanted))
		return sp_fail(&step->err,
			       "the peer says that it is %.150s, and remote-id is %.150s", is,
			       sp_ident_format(&wanted, should));
	memcpy(step->peer->remote_id, is, sizeof(step->peer->remote_id));
	return 0;
}

/* @hash is what the peer must have proved, by the method that was agreed on and no other. */
static int check_proof(struct ike_step *step, struct sp_octets hash)
{
	const struct ike_channel *channel = step->channel;
	const struct ike_payload *said =
		ike_find(step->message, is_signed(channel) ? IKE_SIG : IKE_HASH, 0);

	if (!said)
		return sp_fail(&step->err, "the peer's proof is of another kind than agreed on");
	if (is_signed(channel))
		return sp_key_verify(step->peer->peer_key->pkey, scheme_of(channel), hash,
				     said->body, &step->err);
	return sp_octets_equal(said->body, hash) ? 0 :
		       sp_fail(&step->err, "the peer's proof does not hold: HASH differs, though "
			       "the keys do not");
}

/* The peer has said who it is; has it proved it, and is that whom we want? */
static int meet(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	const struct ike_payload *id = ike_find(step->message, IKE_ID, 0);
	uint8_t hash[SP_HASH_MAX];

	if (make_hash(channel, channel->role == IKE_RESPONDER, id->body, hash, &step->err) ||
	    check_proof(step, (struct sp_octets){ hash, sp_hash_len(channel->keys.auth) }) ||
	    check_identity(step, &id->id))
		return -1;
	channel->vendors |= vendors_of(step->message);
	ike_channel_met(channel, step->path);
	return 0;
}

static bool says_first_contact(const struct ike_message *message)
{
	const struct ike_payload *payload;

	for (size_t i = 0; (payload = ike_find(message, IKE_NOTIFY, i)); i++)
		if (payload->notify.type == IKE_N_INITIAL_CONTACT)
			return true;
	return false;
}

static void hear_first_contact(struct ike_step *step)
{
	if (says_first_contact(step->message))
		ike_peer_restarted(step->peer, step->channel, step->now);
}

/* --- the initiator ------------------------------------------------------------------------ */

enum ike_outcome ike_act_offer(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	struct ike_policy1 policy;
	struct sp_octets body;
	struct ike_draft draft;

	ike_policy_phase1(&policy, step->peer);
	ike_draft_phase1(&draft, channel, false);
	ike_phase1_offer(&draft.b, &policy.it);
	build_vendor(&draft.b, IKE_VENDOR_DPD);
	build_vendor(&draft.b, IKE_VENDOR_FRAGMENTATION);
	for (unsigned int i = 0; speaks_of_nats(step->peer) && ike_natt_known(i); i++)
		build_vendor(&draft.b, ike_natt_known(i));
	if (ike_draft_send(&draft, NULL, &channel->memory, &step->err))
		return end(step, 0);
	/* The first payload, without its head: both hashes are over it. */
	body.data = draft.octets + IKE_HEADER_LEN + 4;
	body.len = (size_t)draft.octets[IKE_HEADER_LEN + 2] << 8 |
		   draft.octets[IKE_HEADER_LEN + 3];
	body.len -= 4;
	if (ike_bytes_set(&channel->handshake->sa_body, body)) {
		sp_fail(&step->err, "out of memory");
		return end(step, 0);
	}
	return IKE_GO;
}

enum ike_outcome ike_act_take_choice(struct ike_step *step)
{
	const struct ike_sa *sa = &ike_find(step->message, IKE_SA, 0)->sa;
	struct ike_channel *channel = step->channel;
	struct ike_phase1_choice choice;
	struct ike_policy1 policy;

	/* Our own message 1, sent back to us, looks like an answer if there is one proposal. */
	if (ike_cookie_is_zero(step->message->header.cookie_r)) {
		ike_peer_rejected(step->peer, "message 2 has no cookie of its sender", step->now);
		return IKE_IGNORE;
	}
	ike_policy_phase1(&policy, step->peer);
	/* Nobody has proved anything: whatever it is, the true answer may still come. */
	if (ike_phase1_accept(&choice, sa, &policy.it, &step->err)) {
		ike_peer_rejected(step->peer, step->err.text, step->now);
		return IKE_IGNORE;
	}
	memcpy(channel->cookies[IKE_RESPONDER], step->message->header.cookie_r, IKE_COOKIE_LEN);
	channel->suite = choice.suite;
	channel->auth = choice.auth;
	channel->life = ike_policy_least(step->peer->config.ike_lifetime, choice.seconds);
	channel->vendors |= vendors_of(step->message);
	if (speaks_of_nats(step->peer))
		channel->natt.spoken = ike_natt_best(channel->vendors);
	if (make_share(step) || send_share(step))
		return end(step, 0);
	return IKE_GO;
}

enum ike_outcome ike_act_take_share(struct ike_step *step)
{
	if (take_share(step)) {
		ike_peer_rejected(step->peer, step->err.text, step->now);
		return IKE_IGNORE;
	}
	return ask_holder(step) ? end(step, 0) : IKE_GO;
}

/* RFC 3947 4: with a NAT on the way, all that follows goes from port 4500 to port 4500. */
static void float_ports(struct ike_channel *channel)
{
	if (!ike_natt_is_between(&channel->natt) || channel->path.local_port == IKE_PORT_NATT)
		return;
	channel->path.local_port = IKE_PORT_NATT;
	channel->path.remote_port = IKE_PORT_NATT;
}

enum ike_outcome ike_act_prove(struct ike_step *step)
{
	if (take_answer(step))
		return end(step, 0);
	float_ports(step->channel);
	return send_proof(step) ? end(step, 0) : IKE_GO;
}

enum ike_outcome ike_act_meet_responder(struct ike_step *step)
{
	if (meet(step))
		return end(step, IKE_N_INVALID_ID_INFORMATION);
	hear_first_contact(step);
	return IKE_GO;
}

/* --- the responder ------------------------------------------------------------------------ */

static int send_choice(struct ike_step *step, const struct ike_record *record,
		       const struct ike_phase1_choice *choice)
{
	struct ike_header header = {
		.version = IKE_VERSION_1, .exchange = IKE_EXCHANGE_MAIN,
	};
	uint8_t octets[1024];
	struct ike_builder b;
	size_t len;

	memcpy(header.cookie_i, record->cookies[IKE_INITIATOR], IKE_COOKIE_LEN);
	memcpy(header.cookie_r, record->cookies[IKE_RESPONDER], IKE_COOKIE_LEN);
	ike_build_begin(&b, octets, sizeof(octets), &header);
	ike_phase1_answer(&b, choice);
	build_vendor(&b, IKE_VENDOR_DPD);
	build_vendor(&b, IKE_VENDOR_FRAGMENTATION);
	if (record->natt.spoken)
		build_vendor(&b, record->natt.spoken);
	if (ike_build_end(&b, 1, &len, &step->err))
		return -1;
	ike_trace(step->peer->port, step->path, true, (struct sp_octets){ octets, len });
	port_datagram(step->peer->port, step->path, octets, len);
	return 0;
}

enum ike_outcome ike_act_choose(struct ike_step *step)
{
	const struct ike_payload *payload = ike_find(step->message, IKE_SA, 0);
	const uint8_t *cookie = step->message->header.cookie_i;
	struct ike_phase1_choice choice;
	struct ike_record *record;
	struct ike_policy1 policy;
	int tell;

	ike_policy_phase1(&policy, step->peer);
	tell = ike_phase1_choose(&choice, &payload->sa, &policy.it, &step->err);
	if (tell)
		return end(step, tell);
	record = ike_record_keep(step->peer, cookie, step->path, payload->body, step->now);
	if (!record) {
		sp_fail(&step->err, "a first message with %zu octets of proposals is too long",
			payload->body.len);
		return end(step, IKE_N_NO_PROPOSAL_CHOSEN);
	}
	record->suite = choice.suite;
	record->auth = choice.auth;
	record->life = ike_policy_least(step->peer->config.ike_lifetime, choice.seconds);
	record->vendors = vendors_of(step->message);
	if (speaks_of_nats(step->peer))
		record->natt.spoken = ike_natt_best(record->vendors);
	return send_choice(step, record, &choice) ? end(step, 0) : IKE_GO;
}

enum ike_outcome ike_act_ask(struct ike_step *step)
{
	if (make_share(step) || take_share(step))
		return end(step, IKE_N_INVALID_KEY_INFORMATION);
	return ask_holder(step) ? end(step, 0) : IKE_GO;
}

enum ike_outcome ike_act_share(struct ike_step *step)
{
	return take_answer(step) || send_share(step) ? end(step, 0) : IKE_GO;
}

enum ike_outcome ike_act_meet_initiator(struct ike_step *step)
{
	if (meet(step))
		return end(step, IKE_N_INVALID_ID_INFORMATION);
	/* The answer goes to where this came from, which after a NAT is another port. */
	step->channel->path = *step->path;
	if (send_proof(step))
		return end(step, 0);
	hear_first_contact(step);
	return IKE_GO;
}
