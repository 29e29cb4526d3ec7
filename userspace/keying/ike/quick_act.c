// SPDX-License-Identifier: GPL-2.0-or-later
/* What the three messages of quick mode say (RFC 2409 5.5). */
#include <math.h>
#include <string.h>

#include "channel.h"
#include "draft.h"
#include "id.h"
#include "lifetime.h"
#include "peer.h"
#include "policy.h"
#include "quick.h"
#include "tunnel.h"
#include "way.h"

static enum ike_outcome end(struct ike_step *step, int tell)
{
	step->tell = tell;
	return IKE_END;
}

/* --- what both sides put in --------------------------------------------------------------- */

static int draw_nonce(struct ike_quick *quick, struct sp_error *err)
{
	const struct port *port = quick->channel->peer->port;
	uint8_t nonce[IKE_NONCE_LEN];

	port->host->random(port->arg, nonce, sizeof(nonce));
	if (ike_bytes_set(&quick->nonce[quick->role], SP_OCTETS(nonce)))
		return sp_fail(err, "out of memory");
	return 0;
}

/* Both directions have keys of their own by their SPIs, so the two must differ. */
static int draw_spi(struct ike_quick *quick, struct sp_error *err)
{
	const struct port *port = quick->channel->peer->port;

	do {
		quick->in_spi = 0;
		if (port->host->spi(port->arg, quick->tunnel->config.name, &quick->in_spi, err))
			return -1;
	} while (quick->in_spi == quick->out_spi);
	return 0;
}

/* With PFS: a share of its own. */
static int make_share(struct ike_quick *quick, uint16_t number, struct sp_error *err)
{
	const struct port *port = quick->channel->peer->port;
	const struct sp_dh_group *group = sp_dh_find(number);

	if (!number)
		return 0;
	if (!group)
		return sp_fail(err, "group %u is not known", number);
	quick->dh = sp_dh_new(group, port->host->random, port->arg, err);
	return quick->dh ? 0 : -1;
}

static void build_id(struct ike_builder *b, const struct ike_id *id)
{
	ike_build(b, &(struct ike_payload){ .type = IKE_PAYLOAD_ID, .id = *id });
}

/* What stands behind the SA payload. */
static void build_rest(struct ike_draft *draft, const struct ike_quick *quick,
		       const struct ike_id *ids)
{
	ike_build_data(&draft->b, IKE_PAYLOAD_NONCE, ike_bytes(&quick->nonce[quick->role]));
	if (quick->dh)
		ike_build_data(&draft->b, IKE_PAYLOAD_KE, sp_dh_public(quick->dh));
	for (int side = 0; ids && side < 2; side++)
		build_id(&draft->b, &ids[side]);
}

static int our_ids(const struct ike_tunnel *tunnel, struct ike_id ids[2],
		   uint8_t data[2][IKE_ID_DATA_MAX], struct sp_error *err)
{
	const struct sp_tunnel_config *config = &tunnel->config;

	if (ike_id_of_ts(&ids[0], data[0], &config->local_ts.list[0], err) ||
	    ike_id_of_ts(&ids[1], data[1], &config->remote_ts.list[0], err))
		return -1;
	return 0;
}

/* --- the SAs that come of it -------------------------------------------------------------- */

/*
 * The initiator of a generation refreshes it, at 80 to 88 % of its life; the responder only if
 * that has not happened at 92 to 96 %.  The kernel stops an SA before its sequence numbers wrap
 * (RFC 4303 3.3.3), so packets are bounded too.
 */
static struct sp_life make_life(const struct ike_quick *quick,
				const struct ike_phase2_choice *choice)
{
	/* Blocks of 64 bits: the more of them, the more alike (RFC 2451 and later findings). */
	enum { WEAK_BYTES = 100 * 1000 * 1000 };
	const struct sp_tunnel_config *config = &quick->tunnel->config;
	uint64_t seconds = ike_policy_least(config->lifetime, choice->seconds);
	uint64_t bytes = ike_policy_least(config->lifetime_bytes,
					  (uint64_t)choice->kilobytes * 1024);
	double jitter = ike_peer_random(quick->tunnel->peer);
	bool initiator = quick->role == IKE_INITIATOR;
	double part = initiator ? 0.80 + 0.08 * jitter : 0.92 + 0.04 * jitter;

	if (choice->suite->block_len == 8)
		bytes = ike_policy_least(bytes, WEAK_BYTES);
	return (struct sp_life){
		.soft_seconds = (uint64_t)((double)seconds * part),
		.hard_seconds = seconds,
		.soft_bytes = (uint64_t)((double)bytes * part),
		.hard_bytes = bytes,
		.soft_packets = (uint64_t)(UINT32_MAX * part),
	};
}

static int make_sa(struct sp_sa *sa, const struct ike_quick *quick,
		   const struct ike_phase2 *said, const struct ike_phase2_choice *choice,
		   struct sp_error *err)
{
	strcpy(sa->alg, choice->suite->word);
	sa->generation = quick->tunnel->highest + 1;
	sa->life = make_life(quick, choice);
	return ike_sa_keys(&quick->channel->keys, said, sa->spi, choice->suite, &sa->key,
			   &sa->auth_key, err);
}

/* Both of them; nothing is sent with the new one yet. */
static int install_pair(struct ike_quick *quick, const struct ike_phase2 *said,
			const struct ike_phase2_choice *choice, struct sp_sa pair[2],
			struct sp_error *err)
{
	const struct port *port = quick->channel->peer->port;

	pair[0] = (struct sp_sa){ .dir = SPINDLE_DIR_IN, .spi = quick->in_spi };
	pair[1] = (struct sp_sa){ .dir = SPINDLE_DIR_OUT, .spi = quick->out_spi, .parked = true };
	if (make_sa(&pair[0], quick, said, choice, err) ||
	    make_sa(&pair[1], quick, said, choice, err))
		return -1;
	/* One jitter for both, or the kernel would tell of one refresh at two times. */
	pair[1].life = pair[0].life;
	return port->host->install(port->arg, quick->tunnel->config.name, &pair[0], &pair[1], err);
}

static int install(struct ike_step *step, const struct ike_phase2_choice *choice,
		   const struct sp_dh_secret *secret)
{
	struct ike_quick *quick = step->quick;
	struct ike_tunnel *tunnel = quick->tunnel;
	struct ike_phase2 said = {
		.nonce_i = ike_bytes(&quick->nonce[IKE_INITIATOR]),
		.nonce_r = ike_bytes(&quick->nonce[IKE_RESPONDER]),
		.shared = { secret->octets, secret->len },
		.protocol = tunnel->config.ah ? IKE_PROTOCOL_AH : IKE_PROTOCOL_ESP,
	};
	struct ike_generation generation = {
		.number = tunnel->highest + 1, .in_spi = quick->in_spi, .out_spi = quick->out_spi,
		.alg = choice->suite->word, .parked = true,
		.activate_at = INFINITY, .remove_at = INFINITY,
		.channel = step->channel->serial, .installed = step->now,
		.asked = quick->role == IKE_INITIATOR ? quick->begun : INFINITY,
		.confirmed = quick->role == IKE_INITIATOR ? step->now : INFINITY,
	};
	struct sp_sa pair[2];
	int ret;

	ret = install_pair(quick, &said, choice, pair, &step->err);
	generation.rekey_at = step->now + (double)pair[0].life.soft_seconds;
	for (int i = 0; i < 2; i++) {
		sp_secret_wipe(&pair[i].key);
		sp_secret_wipe(&pair[i].auth_key);
	}
	if (ret)
		return -1;
	ike_tunnel_record(tunnel, &generation);
	quick->generation = generation.number;
	return 0;
}

/* --- what the peer says ------------------------------------------------------------------- */

static int take_nonce(struct ike_step *step)
{
	struct ike_quick *quick = step->quick;
	enum ike_role theirs = quick->role == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;

	if (ike_bytes_set(&quick->nonce[theirs], ike_find(step->message, IKE_NONCE, 0)->body))
		return sp_fail(&step->err, "out of memory");
	return 0;
}

/* Its share, if PFS is agreed on; a share that nobody asked for means nothing. */
static int take_share(struct ike_step *step, struct sp_dh_secret *secret)
{
	const struct ike_payload *share = ike_find(step->message, IKE_KE, 0);

	secret->len = 0;
	if (!step->quick->dh)
		return 0;
	if (!share)
		return sp_fail(&step->err, "the peer has agreed on PFS, and sends no key share");
	return sp_dh_shared(step->quick->dh, share->body, secret, &step->err);
}

/* The networks of the exchange's initiator and responder; without IDs the ends themselves. */
static int take_ids(struct ike_step *step, struct sp_ts ts[2])
{
	const struct ike_payload *first = ike_find(step->message, IKE_ID, 0);
	const struct ike_payload *second = ike_find(step->message, IKE_ID, 1);
	struct sp_prefix ends[2] = {
		sp_prefix_host(&step->channel->path.remote),
		sp_prefix_host(&step->channel->path.local),
	};

	if (!first) {
		ts[0] = sp_ts_of(&ends[0]);
		ts[1] = sp_ts_of(&ends[1]);
		return 0;
	}
	if (!second)
		return sp_fail(&step->err, "the peer names one network, and there are two sides");
	if (ike_id_to_ts(&ts[0], &first->id, &step->err) ||
	    ike_id_to_ts(&ts[1], &second->id, &step->err))
		return -1;
	return 0;
}

/* RFC 2409 5.5: the responder says the initiator's IDs again. */
static int check_ids(struct ike_step *step)
{
	const struct sp_tunnel_config *config = &step->quick->tunnel->config;
	const struct sp_ts *here = &config->local_ts.list[0], *there = &config->remote_ts.list[0];
	struct sp_ts ts[2];

	if (!ike_find(step->message, IKE_ID, 0))
		return 0;
	if (take_ids(step, ts))
		return -1;
	if (sp_ts_equal(&ts[0], here) && sp_ts_equal(&ts[1], there))
		return 0;
	return sp_fail(&step->err, "the peer answers for %s, and asked for was %s",
		       ike_policy_networks(&ts[0], &ts[1]).text,
		       ike_policy_networks(here, there).text);
}

static int check_spi(struct ike_step *step, uint32_t spi)
{
	struct ike_tunnel *tunnel;

	if (spi < SPINDLE_SPI_MIN)
		return sp_fail(&step->err, "the peer's SPI 0x%x cannot be used", spi);
	STAILQ_FOREACH(tunnel, &step->peer->tunnels, next)
		if (ike_tunnel_find_spi(tunnel, spi))
			return sp_fail(&step->err, "the peer's SPI 0x%x is in use already", spi);
	return 0;
}

static int check_life(struct ike_step *step, const struct ike_phase2_choice *choice)
{
	if (choice->seconds && choice->seconds < IKE_LIFE_SECONDS_MIN)
		return sp_fail(&step->err, "the peer's lifetime of %u s is less than %d s",
			       choice->seconds, IKE_LIFE_SECONDS_MIN);
	return 0;
}

/* --- the initiator ------------------------------------------------------------------------ */

static int send_offer(struct ike_step *step, const struct ike_phase2_policy *policy)
{
	struct ike_channel *channel = step->channel;
	struct ike_quick *quick = step->quick;
	uint8_t data[2][IKE_ID_DATA_MAX];
	struct ike_draft draft;
	struct ike_id ids[2];

	if (our_ids(quick->tunnel, ids, data, &step->err))
		return -1;
	ike_draft_under(&draft, channel, IKE_EXCHANGE_QUICK, quick->id);
	ike_phase2_offer(&draft.b, policy);
	build_rest(&draft, quick, ids);
	if (!draft.hash)
		return sp_fail(&step->err, "there is no room for an offer");
	if (ike_hash1(&channel->keys, quick->id, ike_draft_rest(&draft), draft.hash, &step->err) ||
	    ike_iv_phase2(&channel->keys, channel->iv, quick->id, quick->iv, &step->err))
		return -1;
	return ike_draft_send(&draft, quick->iv, &quick->memory, &step->err);
}

enum ike_outcome ike_act_quick_offer(struct ike_step *step)
{
	struct ike_quick *quick = step->quick;
	struct ike_phase2_policy policy;

	if (ike_way_place(quick->tunnel, step->channel, &step->err) ||
	    draw_spi(quick, &step->err))
		return end(step, 0);
	policy = ike_policy_phase2(step->channel, quick->tunnel, quick->in_spi);
	if (draw_nonce(quick, &step->err) || make_share(quick, policy.group, &step->err) ||
	    send_offer(step, &policy))
		return end(step, 0);
	return IKE_GO;
}

static int confirm(struct ike_step *step)
{
	struct ike_channel *channel = step->channel;
	struct ike_quick *quick = step->quick;
	struct ike_draft draft;

	ike_draft_under(&draft, channel, IKE_EXCHANGE_QUICK, quick->id);
	if (ike_hash3(&channel->keys, quick->id, ike_bytes(&quick->nonce[IKE_INITIATOR]),
		      ike_bytes(&quick->nonce[IKE_RESPONDER]), draft.hash, &step->err))
		return -1;
	return ike_draft_send(&draft, quick->iv, &quick->memory, &step->err);
}

static int take_answer(struct ike_step *step, struct ike_phase2_choice *choice)
{
	const struct ike_sa *sa = &ike_find(step->message, IKE_SA, 0)->sa;
	struct ike_phase2_policy policy =
		ike_policy_phase2(step->channel, step->quick->tunnel, step->quick->in_spi);
	struct ike_lifetime said;
	struct sp_dh_secret secret;
	int ret;

	if (ike_phase2_accept(choice, sa, &policy, &step->err))
		return -1;
	said = ike_lifetime_said(step->message);
	choice->seconds = (uint32_t)ike_policy_least(choice->seconds, said.seconds);
	choice->kilobytes = (uint32_t)ike_policy_least(choice->kilobytes, said.kilobytes);
	if (check_spi(step, choice->spi) ||
	    check_life(step, choice) || check_ids(step) || take_nonce(step))
		return -1;
	if (choice->spi == step->quick->in_spi)
		return sp_fail(&step->err, "the peer answers with our own SPI");
	step->quick->out_spi = choice->spi;
	ret = take_share(step, &secret) || install(step, choice, &secret);
	sp_dh_secret_wipe(&secret);
	return ret ? -1 : 0;
}

/*
 * Gateways of others install their SAs when our last message has come, so for about as long as
 * that takes the old one is sent with; a packet of the peer's may say so sooner.
 */
static double patience(const struct ike_quick *quick, double now)
{
	static const double least = 0.1, most = 1;

	return fmin(fmax(3 * (now - quick->begun), least), most);
}

enum ike_outcome ike_act_quick_take(struct ike_step *step)
{
	struct ike_quick *quick = step->quick;
	struct ike_tunnel *tunnel = quick->tunnel;
	struct ike_phase2_choice choice;
	struct ike_generation *generation;

	if (take_answer(step, &choice))
		return end(step, IKE_N_NO_PROPOSAL_CHOSEN);
	if (confirm(step))
		return end(step, 0);
	tunnel->asking = NULL;
	tunnel->wanted = false;
	tunnel->retry_at = step->now;
	generation = ike_tunnel_find(tunnel, quick->generation);
	generation->activate_at = step->now + patience(quick, step->now);
	return IKE_GO;
}

/* --- the responder ------------------------------------------------------------------------ */

static struct ike_tunnel *find_tunnel(struct ike_step *step, const struct sp_ts ts[2])
{
	struct ike_tunnel *tunnel, *first = STAILQ_FIRST(&step->peer->tunnels);

	STAILQ_FOREACH(tunnel, &step->peer->tunnels, next)
		if (sp_ts_equal(&tunnel->config.remote_ts.list[0], &ts[0]) &&
		    sp_ts_equal(&tunnel->config.local_ts.list[0], &ts[1]))
			return tunnel;
	if (first)
		sp_fail(&step->err, "the peer asks for %s, and tunnel %s is for %s",
			ike_policy_networks(&ts[1], &ts[0]).text, first->config.name,
			ike_policy_networks(&first->config.local_ts.list[0],
					    &first->config.remote_ts.list[0]).text);
	else
		sp_fail(&step->err, "the peer asks for %s, and there is no tunnel to it",
			ike_policy_networks(&ts[1], &ts[0]).text);
	return NULL;
}

/* What the peer has not offered already. */
static void build_life(struct ike_draft *draft, const struct ike_quick *quick,
		       const struct ike_phase2_policy *policy,
		       const struct ike_phase2_choice *choice)
{
	struct ike_lifetime ours = {
		.seconds = policy->seconds, .kilobytes = policy->kilobytes,
	};

	if (choice->seconds && choice->seconds <= ours.seconds)
		ours.seconds = 0;
	if (choice->kilobytes && choice->kilobytes <= ours.kilobytes)
		ours.kilobytes = 0;
	if (ours.seconds || ours.kilobytes)
		ike_lifetime_build(&draft->b, policy->ah, quick->in_spi, &ours);
}

static int send_answer(struct ike_step *step, const struct ike_phase2_policy *policy,
		       const struct ike_phase2_choice *choice)
{
	const struct ike_payload *first = ike_find(step->message, IKE_ID, 0);
	const struct ike_payload *second = ike_find(step->message, IKE_ID, 1);
	struct ike_channel *channel = step->channel;
	struct ike_quick *quick = step->quick;
	struct ike_draft draft;
	struct ike_id ids[2];

	ike_draft_under(&draft, channel, IKE_EXCHANGE_QUICK, quick->id);
	ike_phase2_answer(&draft.b, choice, policy);
	if (first && second) {
		ids[0] = first->id;
		ids[1] = second->id;
	}
	build_rest(&draft, quick, first && second ? ids : NULL);
	build_life(&draft, quick, policy, choice);
	if (!draft.hash)
		return sp_fail(&step->err, "there is no room for an answer");
	if (ike_hash2(&channel->keys, quick->id, ike_bytes(&quick->nonce[IKE_INITIATOR]),
		      ike_draft_rest(&draft), draft.hash, &step->err))
		return -1;
	return ike_draft_send(&draft, quick->iv, &quick->memory, &step->err);
}

/* Whose it is, and whether that may be had now; returns the notification that says why not. */
static int find_purpose(struct ike_step *step)
{
	struct sp_ts ts[2];

	if (take_ids(step, ts))
		return IKE_N_INVALID_ID_INFORMATION;
	step->quick->tunnel = find_tunnel(step, ts);
	if (!step->quick->tunnel)
		return IKE_N_INVALID_ID_INFORMATION;
	if (step->quick->tunnel->will == IKE_WILL_DOWN) {
		sp_fail(&step->err, "the peer asks for a tunnel that was taken down");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	if (!ike_peer_may_key(step->channel, &step->err))
		return IKE_N_NO_PROPOSAL_CHOSEN;
	return 0;
}

static int answer_with(struct ike_step *step, struct ike_phase2_policy *policy,
		       const struct ike_phase2_choice *choice)
{
	struct ike_quick *quick = step->quick;
	struct sp_dh_secret secret = { .len = 0 };
	int ret;

	if (ike_way_place(quick->tunnel, step->channel, &step->err) ||
	    draw_spi(quick, &step->err) || draw_nonce(quick, &step->err) || take_nonce(step) ||
	    make_share(quick, choice->group, &step->err))
		return -1;
	policy->spi = quick->in_spi;
	ret = take_share(step, &secret) || install(step, choice, &secret) ||
	      send_answer(step, policy, choice);
	sp_dh_secret_wipe(&secret);
	return ret ? -1 : 0;
}

/*
 * Whether there is a NAT was found out before anybody had proved anything, and some gateways find
 * out wrong: what the peer offers counts, as it knows how it will send.
 */
static int choose(struct ike_step *step, struct ike_phase2_choice *choice,
		  struct ike_phase2_policy *policy)
{
	static const enum ike_encap others[] = {
		IKE_ENCAP_NONE, IKE_ENCAP_UDP, IKE_ENCAP_UDP_DRAFT,
	};
	const struct ike_sa *sa = &ike_find(step->message, IKE_SA, 0)->sa;
	struct ike_natt *natt = &step->channel->natt;
	int tell = ike_phase2_choose(choice, sa, policy, &step->err);
	struct sp_error err;

	for (int i = 0; tell && i < 3; i++) {
		policy->encap = others[i];
		if (ike_phase2_choose(choice, sa, policy, &err))
			continue;
		natt->here = false;
		natt->there = policy->encap != IKE_ENCAP_NONE;
		return 0;
	}
	return tell;
}

enum ike_outcome ike_act_quick_answer(struct ike_step *step)
{
	const struct ike_sa *sa = &ike_find(step->message, IKE_SA, 0)->sa;
	const struct ike_proposal *proposal = ike_proposal_at(sa, 0);
	struct ike_quick *quick = step->quick;
	struct ike_phase2_policy policy;
	struct ike_phase2_choice choice;
	int tell;

	quick->out_spi = proposal ? ike_spi(proposal->spi) : 0;
	tell = find_purpose(step);
	if (tell)
		return end(step, tell);
	policy = ike_policy_phase2(step->channel, quick->tunnel, 0);
	tell = choose(step, &choice, &policy);
	if (tell)
		return end(step, tell);
	quick->out_spi = choice.spi;
	if (check_spi(step, choice.spi) || check_life(step, &choice))
		return end(step, IKE_N_NO_PROPOSAL_CHOSEN);
	step->channel->keyed++;
	return answer_with(step, &policy, &choice) ? end(step, IKE_N_NO_PROPOSAL_CHOSEN) : IKE_GO;
}

enum ike_outcome ike_act_quick_confirm(struct ike_step *step)
{
	struct ike_quick *quick = step->quick;
	struct ike_generation *generation = ike_tunnel_find(quick->tunnel, quick->generation);

	/* It may have been deleted meanwhile. */
	if (generation)
		generation->confirmed = step->now;
	ike_tunnel_activate(quick->tunnel, quick->generation, step->now);
	return IKE_GO;
}
