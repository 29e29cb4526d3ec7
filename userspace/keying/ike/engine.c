// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "channel.h"
#include "engine.h"
#include "peer.h"
#include "step.h"
#include "tunnel.h"
#include "vendor.h"

_Static_assert((int)IKE_GENERATIONS_MAX <= (int)ENGINE_SEEN_MAX, "all generations can be seen");
_Static_assert(2 * (int)IKE_COOKIE_LEN <= (int)ENGINE_HELLO_MAX, "both cookies can be read");

static struct ike_peer *peer_of(struct engine_peer *peer)
{
	return (struct ike_peer *)peer;
}

static struct ike_tunnel *tunnel_of(struct engine_tunnel *tunnel)
{
	return (struct ike_tunnel *)tunnel;
}

/* --- peers -------------------------------------------------------------------------------- */

/* Either cookie may be ours; the responder's comes second in the message, and is better known. */
static size_t identify(const uint8_t *hello, struct engine_id ids[ENGINE_IDS_MAX])
{
	static const uint8_t zero[IKE_COOKIE_LEN];
	size_t n = 0;

	memset(ids, 0, ENGINE_IDS_MAX * sizeof(ids[0]));
	for (int side = IKE_RESPONDER; side >= IKE_INITIATOR; side--) {
		const uint8_t *cookie = hello + side * IKE_COOKIE_LEN;

		if (memcmp(cookie, zero, IKE_COOKIE_LEN))
			memcpy(ids[n++].octets, cookie, IKE_COOKIE_LEN);
	}
	return n;
}

static struct engine_peer *open_peer(const struct sp_peer_config *config,
				     const struct engine_keys *keys, struct port *port)
{
	return (struct engine_peer *)ike_peer_new(config, keys, port);
}

static void close_peer(struct engine_peer *peer)
{
	ike_peer_free(peer_of(peer));
}

static void configure_peer(struct engine_peer *peer, const struct sp_peer_config *config,
			   double now)
{
	ike_peer_configure(peer_of(peer), config, now);
}

static const char *format_cookie(const uint8_t cookie[IKE_COOKIE_LEN],
				 char buf[2 * IKE_COOKIE_LEN + 1])
{
	for (int i = 0; i < IKE_COOKIE_LEN; i++)
		snprintf(buf + 2 * i, 3, "%02x", cookie[i]);
	return buf;
}

static void add_word(char *buf, size_t size, const char *word)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, "%s%s", len ? ", " : "", word);
}

static const char *format_vendors(const struct ike_channel *channel, char *buf, size_t size)
{
	buf[0] = '\0';
	if (channel->vendors & IKE_VENDOR_DPD)
		add_word(buf, size, "DPD");
	if (channel->natt.spoken)
		add_word(buf, size, "NAT-T");
	if (channel->natt.here)
		add_word(buf, size, "a NAT here");
	if (channel->natt.there)
		add_word(buf, size, "a NAT there");
	return buf;
}

static const char *phase_of(const struct ike_channel *channel, char *buf, size_t size)
{
	static const char *const waits[IKE_STATES] = {
		[IKE_MAIN_I1] = "message 2", [IKE_MAIN_I3] = "message 4",
		[IKE_MAIN_I5] = "message 6", [IKE_MAIN_R2] = "message 3",
		[IKE_MAIN_R4] = "message 5", [IKE_MAIN_I_KEY] = "the key's holder",
		[IKE_MAIN_R_KEY] = "the key's holder",
	};

	if (!waits[channel->state])
		return NULL;
	snprintf(buf, size, "main mode, waiting for %s", waits[channel->state]);
	return buf;
}

/* Of the channel in use, or else of one that is about to be. */
static void look_at_channel(const struct ike_channel *channel, struct engine_peer_look *look)
{
	static char cookies[2][2 * IKE_COOKIE_LEN + 1], vendors[64], phase[64];
	enum ike_role theirs = channel->role == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;

	look->phase = phase_of(channel, phase, sizeof(phase));
	look->local_spi = format_cookie(channel->cookies[channel->role], cookies[0]);
	look->remote_spi = format_cookie(channel->cookies[theirs], cookies[1]);
	look->vendors = format_vendors(channel, vendors, sizeof(vendors));
	if (!ike_channel_is_up(channel))
		return;
	look->established = channel->established;
	look->rekey_at = channel->rekey_at;
}

static void look_at_peer(const struct engine_peer *of, struct engine_peer_look *look)
{
	static char local_id[SP_IDENT_STRLEN];
	const struct ike_peer *peer = (const struct ike_peer *)of;
	struct sp_ident own = sp_config_local_id(&peer->config);
	const struct ike_channel *channel = ike_peer_any_channel(peer);
	bool waits = peer->failures && !channel && LIST_EMPTY(&peer->channels);

	*look = (struct engine_peer_look){
		.state = ike_peer_state(peer),
		.auth = peer->config.auth == SP_AUTH_PSK ? "psk" : "key",
		.established = INFINITY, .rekey_at = INFINITY,
		.retry_at = waits ? peer->connect_at : INFINITY,
		.last_error = peer->last_error,
		.local_id = sp_ident_format(&own, local_id),
		.remote_id = peer->remote_id[0] ? peer->remote_id : NULL,
	};
	if (!channel)
		channel = LIST_FIRST(&peer->channels);
	if (channel)
		look_at_channel(channel, look);
}

/* --- tunnels ------------------------------------------------------------------------------ */

static struct engine_tunnel *add_tunnel(struct engine_peer *peer,
					const struct sp_tunnel_config *config)
{
	return (struct engine_tunnel *)ike_peer_add(peer_of(peer), config);
}

static void adopt_generation(struct engine_tunnel *tunnel,
			     const struct engine_generation *generation)
{
	ike_tunnel_adopt(tunnel_of(tunnel), generation);
}

static void start_tunnel(struct engine_tunnel *tunnel, double now)
{
	ike_tunnel_start(tunnel_of(tunnel), now);
}

static void reconfigure_tunnel(struct engine_tunnel *tunnel,
			       const struct sp_tunnel_config *config, bool refresh, double now)
{
	ike_tunnel_configure(tunnel_of(tunnel), config, refresh, now);
}

static void drop_tunnel(struct engine_tunnel *tunnel)
{
	struct ike_tunnel *it = tunnel_of(tunnel);

	ike_peer_drop(it->peer, it, it->peer->now);
}

static int wish_for(struct engine_tunnel *tunnel, enum engine_wish wish, double now,
		    struct sp_error *err)
{
	struct ike_tunnel *it = tunnel_of(tunnel);

	if (wish != ENGINE_DOWN && ike_tunnel_is_off(it))
		return sp_fail(err, "tunnel %s: is switched off (admin down)", it->config.name);
	switch (wish) {
	case ENGINE_UP:
		ike_tunnel_up(it, now);
		break;
	case ENGINE_DOWN:
		ike_tunnel_down(it, now);
		break;
	case ENGINE_REKEY:
		return ike_tunnel_rekey(it, now, err);
	}
	return 0;
}

static void hear_news(struct engine_tunnel *tunnel, const struct engine_news *news, double now)
{
	struct ike_tunnel *it = tunnel_of(tunnel);

	switch (news->kind) {
	case ENGINE_ACQUIRE:
		ike_tunnel_acquire(it, now);
		break;
	case ENGINE_SOFT:
	case ENGINE_HARD:
		ike_tunnel_expire(it, news->generation, news->kind == ENGINE_HARD, now);
		break;
	case ENGINE_ACTIVE:
		ike_tunnel_active(it, news->generation, now);
		break;
	case ENGINE_GONE:
		ike_tunnel_gone(it, now);
		break;
	case ENGINE_OFF:
	case ENGINE_ON:
		ike_tunnel_switch_off(it, news->kind == ENGINE_OFF);
		break;
	case ENGINE_MOVED:
		break;		/* ESP's way is not IKE's: a NAT may have split the two */
	}
}

static const struct ike_generation *seen_whole(const struct engine_seen *seen, size_t i,
					       const struct ike_tunnel *tunnel)
{
	for (size_t k = 0; k < seen->n; k++)
		if (seen->generations[k].number == tunnel->live[i].number)
			return seen->generations[k].halves == 2 ? &tunnel->live[i] : NULL;
	return NULL;
}

static bool is_overdue(const struct engine_seen *seen, uint32_t generation)
{
	for (size_t i = 0; i < seen->n; i++)
		if (seen->generations[i].number == generation)
			return seen->generations[i].overdue;
	return false;
}

/* The tunnel hears what it would have been notified of. */
static void compare_tunnel(struct engine_tunnel *tunnel, const struct engine_seen *seen,
			   double now)
{
	struct ike_tunnel *it = tunnel_of(tunnel);

	for (size_t i = it->n_live; i--;)
		if (!seen_whole(seen, i, it))
			ike_tunnel_vanished(it, it->live[i].number, now);
	if (seen->sends)
		ike_tunnel_active(it, seen->sends, now);
	if (is_overdue(seen, it->current))
		ike_tunnel_overdue(it, now);
	if (!seen->sends && seen->staged)
		ike_tunnel_acquire(it, now);
}

static bool has_generation(const struct engine_tunnel *tunnel, uint32_t generation)
{
	return ike_tunnel_has((const struct ike_tunnel *)tunnel, generation);
}

static void look_at_tunnel(const struct engine_tunnel *tunnel, struct engine_tunnel_look *look)
{
	const struct ike_tunnel *it = (const struct ike_tunnel *)tunnel;
	bool waits = ike_tunnel_needs_peer(it) && !it->asking && it->last_error[0];

	*look = (struct engine_tunnel_look){
		.state = ike_tunnel_state(it),
		.generation = it->current,
		.alg = it->alg,
		.rekeys = it->rekeys,
		.established = it->current ? it->established : INFINITY,
		.rekey_at = it->rekey_at,
		.last_error = it->last_error,
		.retry_at = waits ? it->retry_at : INFINITY,
	};
}

/* --- datagrams, answers and time ---------------------------------------------------------- */

/* IKE has none; whoever connects is let go. */
static void hear_stream(struct engine_peer *peer, const struct engine_stream *stream, double now)
{
	(void)now;
	if (stream->kind == ENGINE_STREAM_CAME)
		port_hang_up(peer_of(peer)->port, stream->id);
}

static void hear_datagram(struct engine_peer *peer, const struct sp_path *path,
			  const void *octets, size_t len, double now)
{
	ike_step_datagram(peer_of(peer), path, octets, len, now);
}

static void hear_answer(struct engine_peer *peer, uint32_t question,
			const struct sp_key_answer *answer, double now)
{
	struct ike_channel *channel;

	LIST_FOREACH(channel, &peer_of(peer)->channels, next) {
		if (channel->question == question) {
			ike_step_answer(channel, answer, now);
			return;
		}
	}
}

static void tick_peer(struct engine_peer *peer, double now)
{
	peer_of(peer)->now = now;
	ike_peer_tick(peer_of(peer), now);
}

static double deadline_of_peer(const struct engine_peer *peer)
{
	return ike_peer_deadline((const struct ike_peer *)peer);
}

const struct engine ike_engine = {
	.name = "ikev1",
	.udp = { { .port = IKE_PORT }, { .port = IKE_PORT_NATT, .esp = true } },
	.hello_len = 2 * IKE_COOKIE_LEN,
	.identify = identify,
	.open = open_peer,
	.close = close_peer,
	.configure = configure_peer,
	.look = look_at_peer,
	.add = add_tunnel,
	.adopt = adopt_generation,
	.start = start_tunnel,
	.reconfigure = reconfigure_tunnel,
	.drop = drop_tunnel,
	.wish = wish_for,
	.news = hear_news,
	.seen = compare_tunnel,
	.has = has_generation,
	.look_tunnel = look_at_tunnel,
	.stream = hear_stream,
	.datagram = hear_datagram,
	.answer = hear_answer,
	.tick = tick_peer,
	.deadline = deadline_of_peer,
};
