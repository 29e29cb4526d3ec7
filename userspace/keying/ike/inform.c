// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "channel.h"
#include "dpd.h"
#include "draft.h"
#include "inform.h"
#include "peer.h"
#include "quick.h"
#include "trace.h"
#include "tunnel.h"

const char *ike_inform_name(uint16_t type, char buf[IKE_NAME_STRLEN])
{
	return ike_name(ike_words_notify, "notification", type, buf);
}

enum { WHY_MAX = 200 };			/* octets of text in a notification */

/* --- ours --------------------------------------------------------------------------------- */

static void send_payload(struct ike_channel *channel, const struct ike_payload *payload)
{
	uint8_t iv[SP_CIPHER_BLOCK_MAX];
	uint32_t id = ike_channel_message_id(channel);
	struct ike_draft draft;
	struct sp_error err;

	ike_draft_under(&draft, channel, IKE_EXCHANGE_INFO, id);
	ike_build(&draft.b, payload);
	if (!draft.hash ||
	    ike_hash1(&channel->keys, id, ike_draft_rest(&draft), draft.hash, &err) ||
	    ike_iv_phase2(&channel->keys, channel->iv, id, iv, &err) ||
	    ike_draft_send(&draft, iv, NULL, &err))
		ike_peer_note(channel->peer, "%s", err.text);
}

static struct sp_octets both_cookies(const struct ike_channel *channel)
{
	return SP_OCTETS(channel->cookies);
}

static void put_spi(uint8_t octets[4], uint32_t spi)
{
	octets[0] = (uint8_t)(spi >> 24);
	octets[1] = (uint8_t)(spi >> 16);
	octets[2] = (uint8_t)(spi >> 8);
	octets[3] = (uint8_t)spi;
}

void ike_inform_delete(struct ike_peer *peer, bool ah, uint32_t spi)
{
	struct ike_channel *channel = ike_peer_any_channel(peer);
	uint8_t octets[4];
	struct ike_payload payload = {
		.type = IKE_PAYLOAD_DELETE,
		.deleted = {
			.doi = IKE_DOI_IPSEC, .spi_len = sizeof(octets), .n = 1,
			.protocol = ah ? IKE_PROTOCOL_AH : IKE_PROTOCOL_ESP,
			.spis = SP_OCTETS(octets),
		},
	};

	if (!channel)
		return;
	put_spi(octets, spi);
	send_payload(channel, &payload);
}

void ike_inform_delete_channel(struct ike_channel *channel)
{
	struct ike_payload payload = {
		.type = IKE_PAYLOAD_DELETE,
		.deleted = {
			.doi = IKE_DOI_IPSEC, .protocol = IKE_PROTOCOL_ISAKMP,
			.spi_len = 2 * IKE_COOKIE_LEN, .n = 1, .spis = both_cookies(channel),
		},
	};

	send_payload(channel, &payload);
}

void ike_inform_channel(struct ike_channel *channel, enum ike_notify_type type,
			struct sp_octets data)
{
	struct ike_payload payload = {
		.type = IKE_PAYLOAD_NOTIFY,
		.notify = {
			.doi = IKE_DOI_IPSEC, .protocol = IKE_PROTOCOL_ISAKMP,
			.type = (uint16_t)type, .spi = both_cookies(channel), .data = data,
		},
	};

	send_payload(channel, &payload);
}

void ike_inform_quick(struct ike_channel *channel, bool ah, enum ike_notify_type type,
		      uint32_t spi, const char *why)
{
	uint8_t octets[4];
	struct ike_payload payload = {
		.type = IKE_PAYLOAD_NOTIFY,
		.notify = {
			.doi = IKE_DOI_IPSEC, .type = (uint16_t)type,
			.protocol = ah ? IKE_PROTOCOL_AH : IKE_PROTOCOL_ESP,
			.spi = SP_OCTETS(octets),
			.data = { (const uint8_t *)why, strnlen(why, WHY_MAX) },
		},
	};

	put_spi(octets, spi);
	send_payload(channel, &payload);
}

void ike_inform_clear(struct ike_peer *peer, const struct sp_path *path,
		      const struct ike_header *header, enum ike_notify_type type)
{
	struct ike_payload payload = {
		.type = IKE_PAYLOAD_NOTIFY,
		.notify = {
			.doi = IKE_DOI_IPSEC, .protocol = IKE_PROTOCOL_ISAKMP,
			.type = (uint16_t)type,
		},
	};
	struct ike_header ours = *header;
	uint8_t octets[256];
	struct ike_builder b;
	struct sp_error err;
	size_t len;

	ours.exchange = IKE_EXCHANGE_INFO;
	ours.flags = 0;
	ours.message_id = ike_peer_message_id(peer);
	ike_build_begin(&b, octets, sizeof(octets), &ours);
	ike_build(&b, &payload);
	if (ike_build_end(&b, 1, &len, &err))
		return;
	ike_trace(peer->port, path, true, (struct sp_octets){ octets, len });
	port_datagram(peer->port, path, octets, len);
}

/* --- the peer's --------------------------------------------------------------------------- */

static bool is_error(uint16_t type)
{
	return type && type < IKE_N_ERRORS_END;
}

/* Phase 1 is not over, so anybody may have said it who has seen its messages. */
enum ike_outcome ike_act_hint(struct ike_step *step)
{
	const struct ike_payload *payload = ike_find(step->message, IKE_NOTIFY, 0);
	struct ike_channel *channel = step->channel;
	char buf[IKE_NAME_STRLEN], offered[512];
	const char *name;

	if (!is_error(payload->notify.type))
		return IKE_IGNORE;
	name = ike_inform_name(payload->notify.type, buf);
	channel->hint_at = fmin(channel->hint_at, step->now);
	if (channel->state == IKE_MAIN_I1)
		snprintf(channel->hint, sizeof(channel->hint), "the peer says %s; we offer %s",
			 name, ike_peer_offers(step->peer, offered, sizeof(offered)));
	else if (channel->state == IKE_MAIN_I5 || channel->state == IKE_MAIN_R4)
		snprintf(channel->hint, sizeof(channel->hint), "the peer says %s to who we are: "
			 "the %s or the identities differ", name,
			 channel->auth == IKE_AUTH_PSK ? "pre-shared keys" : "keys");
	else
		snprintf(channel->hint, sizeof(channel->hint), "the peer says %s", name);
	return IKE_GO;
}

/* Of a quick mode of ours: the SPI is the one that we have offered, or there is just one. */
static struct ike_quick *find_offer(struct ike_channel *channel, const struct ike_notify *notify)
{
	uint32_t spi = ike_spi(notify->spi);
	struct ike_quick *quick, *only = NULL;
	unsigned int n = 0;

	LIST_FOREACH(quick, &channel->quicks, next) {
		if (quick->state != IKE_QUICK_I1)
			continue;
		if (spi && quick->in_spi == spi)
			return quick;
		only = quick;
		n++;
	}
	return n == 1 ? only : NULL;
}

/* What the peer says, and why if that is text: of somebody who has proved who it is. */
static const char *what_it_says(const struct ike_notify *notify, char *buf, size_t size)
{
	char name[IKE_NAME_STRLEN];
	bool text = notify->data.len && notify->data.len <= WHY_MAX;

	for (size_t i = 0; text && i < notify->data.len; i++)
		text = notify->data.data[i] >= ' ' && notify->data.data[i] <= '~';
	snprintf(buf, size, "%s%s%.*s%s", ike_inform_name(notify->type, name), text ? " (" : "",
		 text ? (int)notify->data.len : 0, (const char *)notify->data.data,
		 text ? ")" : "");
	return buf;
}

static void hear_notify(struct ike_step *step, const struct ike_notify *notify)
{
	struct ike_channel *channel = step->channel;
	char buf[WHY_MAX + IKE_NAME_STRLEN + 4];
	struct ike_quick *offer;
	const char *says;

	switch (notify->type) {
	case IKE_N_R_U_THERE:
	case IKE_N_R_U_THERE_ACK:
		ike_dpd_notified(channel, notify, step->now);
		return;
	case IKE_N_INITIAL_CONTACT:
		ike_peer_restarted(step->peer, channel, step->now);
		return;
	default:
		break;
	}
	if (!is_error(notify->type))
		return;
	says = what_it_says(notify, buf, sizeof(buf));
	offer = find_offer(channel, notify);
	if (offer)
		ike_quick_refused(offer, says, step->now);
	else
		ike_peer_note(step->peer, "the peer says %s", says);
}

enum ike_outcome ike_act_notify(struct ike_step *step)
{
	const struct ike_payload *payload;

	for (size_t i = 0; (payload = ike_find(step->message, IKE_NOTIFY, i)); i++)
		hear_notify(step, &payload->notify);
	return IKE_GO;
}

static void delete_sas(struct ike_step *step, const struct ike_delete *deleted)
{
	bool ah = deleted->protocol == IKE_PROTOCOL_AH;
	struct ike_tunnel *tunnel;
	char why[64];

	for (size_t i = 0; i < deleted->n; i++) {
		uint32_t spi = ike_spi((struct sp_octets){ deleted->spis.data + i * 4, 4 });

		STAILQ_FOREACH(tunnel, &step->peer->tunnels, next) {
			const struct ike_generation *generation = ike_tunnel_find_spi(tunnel, spi);

			if (!generation || tunnel->config.ah != ah)
				continue;
			snprintf(why, sizeof(why), "the peer has deleted generation %u",
				 generation->number);
			ike_tunnel_end(tunnel, generation->number, false, why, step->now);
			break;
		}
	}
}

/* Returns true if that was the channel by which it came. */
static bool delete_channels(struct ike_step *step, const struct ike_delete *deleted)
{
	bool own = false;

	for (size_t i = 0; i < deleted->n; i++) {
		const uint8_t *spi = deleted->spis.data + i * deleted->spi_len;
		struct ike_channel *channel, *next;

		for (channel = LIST_FIRST(&step->peer->channels); channel; channel = next) {
			next = LIST_NEXT(channel, next);
			if (memcmp(channel->cookies, spi, sizeof(channel->cookies)))
				continue;
			if (channel == step->channel)
				own = true;
			else if (ike_channel_is_up(channel))
				ike_channel_end(channel, false, "the peer has deleted it",
						step->now);
		}
	}
	return own;
}

enum ike_outcome ike_act_delete(struct ike_step *step)
{
	const struct ike_payload *payload;
	bool own = false;

	for (size_t i = 0; (payload = ike_find(step->message, IKE_DELETE, i)); i++) {
		const struct ike_delete *deleted = &payload->deleted;

		if (deleted->protocol == IKE_PROTOCOL_ISAKMP)
			own |= deleted->spi_len == 2 * IKE_COOKIE_LEN &&
			       delete_channels(step, deleted);
		else if (deleted->spi_len == 4)
			delete_sas(step, deleted);
	}
	ike_act_notify(step);
	if (!own)
		return IKE_GO;
	sp_fail(&step->err, "the peer has deleted it");
	return IKE_END;
}
