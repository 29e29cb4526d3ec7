// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "crypto/hash.h"
#include "record.h"

/* Of all peers together. */
static size_t all_octets;

/* Of a peer that may be anywhere, strangers' first messages are kept, too, and need more room. */
struct limits {
	size_t records, octets;
};

static struct limits limits_of(const struct ike_peer *peer)
{
	const struct limits here = { IKE_RECORDS_MAX, IKE_RECORDS_OCTETS };
	const struct limits anywhere = { IKE_RECORDS_MANY, IKE_RECORDS_MANY_OCTETS };

	return peer->config.remote_any ? anywhere : here;
}

bool ike_records_are_bounded(const struct ike_peer *peer)
{
	struct limits limits = limits_of(peer);

	return peer->n_records <= limits.records && peer->record_octets <= limits.octets;
}

static void forget(struct ike_peer *peer, struct ike_record *record)
{
	HASH_DEL(peer->by_cookie, record);
	TAILQ_REMOVE(&peer->records, record, next);
	peer->n_records--;
	peer->record_octets -= record->len;
	all_octets -= record->len;
	free(record);
}

void ike_record_clear(struct ike_peer *peer)
{
	while (!TAILQ_EMPTY(&peer->records))
		forget(peer, TAILQ_FIRST(&peer->records));
}

/*
 * Our cookie, by which the record is found again: the same for the same message, and nobody can
 * tell it beforehand (RFC 2408 2.5.3).
 */
static int make_cookie(const struct ike_peer *peer, const uint8_t *cookie_i,
		       const struct sp_path *path, uint8_t cookie[IKE_COOKIE_LEN])
{
	const uint8_t port[] = { (uint8_t)(path->remote_port >> 8), (uint8_t)path->remote_port };
	const struct sp_octets parts[] = {
		{ cookie_i, IKE_COOKIE_LEN },
		{ path->remote.octets, sp_addr_len(&path->remote) },
		SP_OCTETS(port),
	};
	uint8_t hash[SP_HASH_MAX];
	struct sp_error err;

	if (sp_hmac_parts(SP_HASH_SHA256, SP_OCTETS(peer->cookie_secret), parts, 3, hash, &err))
		return -1;
	memcpy(cookie, hash, IKE_COOKIE_LEN);
	return 0;
}

static struct ike_record *find_by_cookie(const struct ike_peer *peer,
					 const uint8_t cookie[IKE_COOKIE_LEN])
{
	struct ike_record *record;

	HASH_FIND(hh, peer->by_cookie, cookie, IKE_COOKIE_LEN, record);
	return record;
}

static struct ike_record *add(struct ike_peer *peer, const uint8_t cookie[IKE_COOKIE_LEN],
			      struct sp_octets sa_body)
{
	struct ike_record *record = calloc(1, sizeof(*record) + sa_body.len);

	if (!record)
		return NULL;
	memcpy(record->cookies[IKE_RESPONDER], cookie, IKE_COOKIE_LEN);
	record->len = sa_body.len;
	memcpy(record->sa_body, sa_body.data, sa_body.len);
	HASH_ADD(hh, peer->by_cookie, cookies[IKE_RESPONDER], IKE_COOKIE_LEN, record);
	TAILQ_INSERT_TAIL(&peer->records, record, next);
	peer->n_records++;
	peer->record_octets += record->len;
	all_octets += record->len;
	return record;
}

/* The oldest go; what is left says whether there is room now. */
static bool make_record_room(struct ike_peer *peer, size_t len)
{
	struct limits limits = limits_of(peer);

	if (len > IKE_RECORDS_OCTETS / 8)
		return false;
	while (peer->n_records >= limits.records || peer->record_octets + len > limits.octets)
		forget(peer, TAILQ_FIRST(&peer->records));
	while (peer->n_records && all_octets + len > IKE_RECORDS_ALL)
		forget(peer, TAILQ_FIRST(&peer->records));
	return all_octets + len <= IKE_RECORDS_ALL;
}

struct ike_record *ike_record_keep(struct ike_peer *peer, const uint8_t *cookie_i,
				   const struct sp_path *path, struct sp_octets sa_body, double now)
{
	uint8_t cookie[IKE_COOKIE_LEN];
	struct ike_record *record;

	if (make_cookie(peer, cookie_i, path, cookie))
		return NULL;
	record = find_by_cookie(peer, cookie);
	if (record && sp_octets_equal(sa_body, (struct sp_octets){ record->sa_body, record->len }))
		return record;
	if (record)
		forget(peer, record);
	if (!make_record_room(peer, sa_body.len))
		return NULL;
	record = add(peer, cookie, sa_body);
	if (!record)
		return NULL;
	record->begun = now;
	record->forget_at = now + IKE_RECORD_SECONDS;
	record->path = *path;
	memcpy(record->cookies[IKE_INITIATOR], cookie_i, IKE_COOKIE_LEN);
	return record;
}

struct ike_record *ike_record_find(const struct ike_peer *peer, const struct ike_header *header)
{
	struct ike_record *record = find_by_cookie(peer, header->cookie_r);

	if (!record || memcmp(record->cookies[IKE_INITIATOR], header->cookie_i, IKE_COOKIE_LEN))
		return NULL;
	return record;
}

static bool is_half_open(const struct ike_channel *channel)
{
	return channel->role == IKE_RESPONDER && !ike_channel_is_up(channel);
}

/*
 * Each costs a key exchange, and a signature: of who sends from one address there are few, and one
 * makes room for the next only when it has had the time that an honest one needs.
 */
static bool may_come_from(const struct ike_peer *peer, const struct sp_addr *addr, double now)
{
	struct ike_channel *channel, *oldest = NULL;
	unsigned int n = 0;

	LIST_FOREACH(channel, &peer->channels, next) {
		if (!is_half_open(channel) || !sp_addr_equal(&channel->path.remote, addr))
			continue;
		oldest = channel;	/* the newest are in front */
		n++;
	}
	if (n < IKE_HALF_OPEN_MAX)
		return true;
	if (now - oldest->begun < IKE_HALF_OPEN_SECONDS)
		return false;
	ike_channel_free(oldest);
	return true;
}

/* The oldest goes whose place another one has taken already, or else that has proved nothing. */
static bool make_room(struct ike_peer *peer, double now)
{
	struct ike_channel *channel, *leaving = NULL, *half_open = NULL;
	unsigned int n = 0;

	LIST_FOREACH(channel, &peer->channels, next) {
		n++;
		if (is_half_open(channel))
			half_open = channel;
		else if (channel->leaving)
			leaving = channel;
	}
	if (n < IKE_CHANNELS_MAX)
		return true;
	if (leaving)
		ike_channel_end(leaving, true, "there are too many", now);
	else if (half_open)
		ike_channel_free(half_open);
	return leaving || half_open;
}

struct ike_channel *ike_record_promote(struct ike_peer *peer, const struct ike_record *record,
				       double now)
{
	struct ike_channel *channel;

	if (!may_come_from(peer, &record->path.remote, now) || !make_room(peer, now))
		return NULL;
	channel = ike_channel_new(peer, IKE_RESPONDER, record->cookies[IKE_RESPONDER], now);
	if (!channel)
		return NULL;
	memcpy(channel->cookies, record->cookies, sizeof(channel->cookies));
	channel->begun = record->begun;
	channel->serial = ++peer->serial;
	channel->state = IKE_MAIN_R2;
	channel->suite = record->suite;
	channel->auth = record->auth;
	channel->life = record->life;
	channel->natt = record->natt;
	channel->vendors = record->vendors;
	if (ike_bytes_set(&channel->handshake->sa_body,
			  (struct sp_octets){ record->sa_body, record->len })) {
		ike_channel_free(channel);
		return NULL;
	}
	return channel;
}

void ike_record_forget(struct ike_peer *peer, const struct ike_channel *channel)
{
	struct ike_record *record = find_by_cookie(peer, channel->cookies[IKE_RESPONDER]);

	if (record && !memcmp(record->cookies, channel->cookies, sizeof(record->cookies)))
		forget(peer, record);
}

void ike_record_tick(struct ike_peer *peer, double now)
{
	struct ike_record *record;

	while ((record = TAILQ_FIRST(&peer->records)) && now >= record->forget_at)
		forget(peer, record);
}

double ike_record_deadline(const struct ike_peer *peer)
{
	const struct ike_record *record = TAILQ_FIRST(&peer->records);

	return record ? record->forget_at : INFINITY;
}
