// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "record.h"

/* Of all peers together. */
static size_t all_octets;

static void forget(struct ike_peer *peer, struct ike_record *record)
{
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

struct ike_record *ike_record_again(const struct ike_peer *peer, const uint8_t *cookie_i,
				    const struct sp_path *path)
{
	struct ike_record *record;

	TAILQ_FOREACH(record, &peer->records, next)
		if (!memcmp(record->cookies[IKE_INITIATOR], cookie_i, IKE_COOKIE_LEN) &&
		    sp_addr_equal(&record->path.remote, &path->remote) &&
		    record->path.remote_port == path->remote_port)
			return record;
	return NULL;
}

/* The oldest go; what is left says whether there is room now. */
static bool make_record_room(struct ike_peer *peer, size_t len)
{
	if (len > IKE_RECORDS_OCTETS / 8)
		return false;
	while (peer->n_records == IKE_RECORDS_MAX ||
	       peer->record_octets + len > IKE_RECORDS_OCTETS)
		forget(peer, TAILQ_FIRST(&peer->records));
	while (peer->n_records && all_octets + len > IKE_RECORDS_ALL)
		forget(peer, TAILQ_FIRST(&peer->records));
	return all_octets + len <= IKE_RECORDS_ALL;
}

struct ike_record *ike_record_add(struct ike_peer *peer, const uint8_t *cookie_i,
				  const struct sp_path *path, struct sp_octets sa_body, double now)
{
	const struct port *port = peer->port;
	struct ike_record *record;

	if (!make_record_room(peer, sa_body.len))
		return NULL;
	record = calloc(1, sizeof(*record) + sa_body.len);
	if (!record)
		return NULL;
	record->begun = now;
	record->forget_at = now + IKE_RECORD_SECONDS;
	record->path = *path;
	memcpy(record->cookies[IKE_INITIATOR], cookie_i, IKE_COOKIE_LEN);
	port->host->random(port->arg, record->cookies[IKE_RESPONDER], IKE_COOKIE_LEN);
	record->len = sa_body.len;
	memcpy(record->sa_body, sa_body.data, sa_body.len);
	TAILQ_INSERT_TAIL(&peer->records, record, next);
	peer->n_records++;
	peer->record_octets += record->len;
	all_octets += record->len;
	return record;
}

struct ike_record *ike_record_find(const struct ike_peer *peer, const struct ike_header *header)
{
	struct ike_record *record;

	TAILQ_FOREACH(record, &peer->records, next)
		if (!memcmp(record->cookies[IKE_INITIATOR], header->cookie_i, IKE_COOKIE_LEN) &&
		    !memcmp(record->cookies[IKE_RESPONDER], header->cookie_r, IKE_COOKIE_LEN))
			return record;
	return NULL;
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
	struct ike_record *record, *next;

	for (record = TAILQ_FIRST(&peer->records); record; record = next) {
		next = TAILQ_NEXT(record, next);
		if (!memcmp(record->cookies, channel->cookies, sizeof(record->cookies)))
			forget(peer, record);
	}
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
