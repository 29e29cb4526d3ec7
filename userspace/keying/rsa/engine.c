// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "kmod/suite.h"
#include "link.h"

_Static_assert((int)RK_HELLO_LEN <= (int)ENGINE_HELLO_MAX, "a hello can be waited for");
_Static_assert((int)RK_GENERATIONS_MAX <= (int)ENGINE_SEEN_MAX, "all generations can be seen");
_Static_assert((int)RK_HELLO_ID_LEN == (int)SP_KEY_ID_LEN, "a hello names keys by their digests");
_Static_assert(2 * RK_HELLO_ID_LEN == sizeof(((struct engine_id *)0)->octets), "two ids are one");

static struct rk_keying *keying_of(struct engine_peer *peer)
{
	return (struct rk_keying *)peer;
}

static const struct rk_keying *look_at(const struct engine_peer *peer)
{
	return (const struct rk_keying *)peer;
}

static struct rk_tunnel *tunnel_of(struct engine_tunnel *tunnel)
{
	return (struct rk_tunnel *)tunnel;
}

/* --- what the peer's negotiations ask for ------------------------------------------ */

static void begin_session(void *arg, double now)
{
	struct rk_keying *keying = arg;

	if (!rk_link_connect(keying, now))
		abort();
}

static void send_text(void *arg, struct rk_link *link, const char *text)
{
	(void)arg;
	rk_link_send(link, text);
}

static void close_session(void *arg, struct rk_link *link)
{
	(void)arg;
	rk_link_close(link);
}

static int draw_spi(void *arg, const char *tunnel, uint32_t *spi, struct sp_error *err)
{
	const struct rk_keying *keying = arg;

	return keying->port->host->spi(keying->port->arg, tunnel, spi, err);
}

static int make_sa(struct sp_sa *sa, uint8_t dir, uint32_t spi, const struct rk_session *session,
		   const struct rk_install *install, struct sp_error *err)
{
	const struct spn_suite *suite = spn_suite_find(install->alg);

	*sa = (struct sp_sa){
		.dir = dir,
		.spi = spi,
		.generation = install->generation,
		.parked = install->parked && dir == SPINDLE_DIR_OUT,
		.life = install->life,
		.key.len = suite->key_len,
		.auth_key.len = suite->auth_key_len,
	};
	strcpy(sa->alg, suite->word);
	return rk_session_sa_keys(session, install->generation, spi, &sa->key, &sa->auth_key, err);
}

/* Both SAs of a generation, with keys of the session. */
static int install_sas(void *arg, const char *tunnel, struct rk_link *link,
		       const struct rk_install *install, struct sp_error *err)
{
	const struct port *port = ((const struct rk_keying *)arg)->port;
	struct sp_sa in, out;
	int ret = -1;

	if (!make_sa(&in, SPINDLE_DIR_IN, install->in_spi, link->session, install, err) &&
	    !make_sa(&out, SPINDLE_DIR_OUT, install->out_spi, link->session, install, err))
		ret = port->host->install(port->arg, tunnel, &in, &out, err);
	OPENSSL_cleanse(&in, sizeof(in));
	OPENSSL_cleanse(&out, sizeof(out));
	return ret;
}

static int activate_generation(void *arg, const char *tunnel, uint32_t generation,
			       struct sp_error *err)
{
	const struct rk_keying *keying = arg;

	return keying->port->host->activate(keying->port->arg, tunnel, generation, err);
}

static int remove_generation(void *arg, const char *tunnel, uint32_t generation,
			     struct sp_error *err)
{
	const struct rk_keying *keying = arg;

	return keying->port->host->remove(keying->port->arg, tunnel, generation, err);
}

static void tell_event(void *arg, struct rk_tunnel *tunnel, enum rk_event kind, const char *text)
{
	static const enum port_event_kind kinds[] = {
		[RK_EVENT_NOTE] = PORT_NOTE, [RK_EVENT_UP] = PORT_UP,
		[RK_EVENT_DOWN] = PORT_DOWN, [RK_EVENT_REFUSED] = PORT_REFUSED,
	};
	const struct rk_keying *keying = arg;
	struct port_event event = { .kind = kinds[kind] };

	if (tunnel) {
		strcpy(event.tunnel, tunnel->config->name);
		event.generation = tunnel->current;
		event.alg = tunnel->alg;
	}
	snprintf(event.text, sizeof(event.text), "%s", text);
	port_event(keying->port, &event);
}

static void fill_random(void *arg, void *buf, size_t len)
{
	const struct rk_keying *keying = arg;

	keying->port->host->random(keying->port->arg, buf, len);
}

/* --- peers --------------------------------------------------------------------------- */

/* The peer is the client of that hello: its key first, and then the one it expects of us. */
static size_t identify_hello(const uint8_t *hello, struct engine_id ids[ENGINE_IDS_MAX])
{
	return !rk_hello_ids(hello, ids[0].octets, ids[0].octets + RK_HELLO_ID_LEN);
}

static void take_keys(struct rk_keying *keying, const struct engine_keys *keys)
{
	struct engine_id id;

	keying->key = keys->own->pkey;
	EVP_PKEY_up_ref(keying->key);
	keying->peer_key = keys->peer->pkey;
	if (keying->peer_key)
		EVP_PKEY_up_ref(keying->peer_key);
	else
		keying->peer_spki = sp_spki_ref(keys->peer->spki);
	memcpy(id.octets, keys->peer->digest, RK_HELLO_ID_LEN);
	memcpy(id.octets + RK_HELLO_ID_LEN, keys->own->digest, RK_HELLO_ID_LEN);
	port_claim(keying->port, &id);
}

static void free_keying(struct rk_keying *keying)
{
	struct rk_link *link;

	rk_peer_free(keying->peer);
	LIST_FOREACH(link, &keying->links, next)
		if (!link->closed)
			rk_link_close(link);
	while ((link = LIST_FIRST(&keying->links)))
		rk_link_free(link);
	EVP_PKEY_free(keying->key);
	EVP_PKEY_free(keying->peer_key);
	sp_spki_free(keying->peer_spki);
	free(keying);
}

static struct engine_peer *open_peer(const struct sp_peer_config *config,
				     const struct engine_keys *keys, struct port *port)
{
	struct rk_keying *keying = calloc(1, sizeof(*keying));
	const struct rk_port asks = {
		.connect = begin_session,
		.send = send_text,
		.close = close_session,
		.spi_alloc = draw_spi,
		.install = install_sas,
		.activate = activate_generation,
		.remove = remove_generation,
		.event = tell_event,
		.random = { .fill = fill_random, .arg = keying },
		.arg = keying,
	};
	struct sp_key_question question;

	if (!keying)
		return NULL;
	keying->port = port;
	keying->profile = config->profile == SP_PROFILE_COMPAT ? RK_COMPAT : RK_SIGNED;
	keying->peer = rk_peer_new(config, &asks);
	if (!keying->peer) {
		free_keying(keying);
		return NULL;
	}
	if (keying->profile == RK_SIGNED)
		take_keys(keying, keys);
	question = rk_link_question(keying->profile);
	port_expect(port, &question);
	return (struct engine_peer *)keying;
}

static void close_peer(struct engine_peer *peer)
{
	free_keying(keying_of(peer));
}

static void configure_peer(struct engine_peer *peer, const struct sp_peer_config *config,
			   double now)
{
	rk_peer_configure(keying_of(peer)->peer, config, now);
}

static bool waits_to_connect(const struct rk_peer *peer)
{
	return !peer->link && !sp_note_is(&peer->last_error, "");
}

static void look_at_peer(const struct engine_peer *peer, struct engine_peer_look *look)
{
	const struct rk_keying *keying = look_at(peer);

	*look = (struct engine_peer_look){
		.state = rk_peer_state(keying->peer),
		.auth = keying->profile == RK_SIGNED ? "key" : NULL,
		.profile = keying->profile == RK_SIGNED ? "signed" : "compat",
		.established = keying->peer->link ? keying->peer->opened : INFINITY,
		.last_error = sp_note_text(&keying->peer->last_error),
		.rekey_at = INFINITY,
		.retry_at = waits_to_connect(keying->peer) ? keying->peer->connect_at : INFINITY,
	};
}

/* --- tunnels --------------------------------------------------------------------------- */

static struct engine_tunnel *add_tunnel(struct engine_peer *peer,
					const struct sp_tunnel_config *config)
{
	return (struct engine_tunnel *)rk_peer_add(keying_of(peer)->peer, config);
}

static void adopt_generation(struct engine_tunnel *tunnel,
			     const struct engine_generation *generation)
{
	rk_tunnel_adopt(tunnel_of(tunnel), generation->number, generation->alg,
			generation->current, generation->since);
}

static void start_tunnel(struct engine_tunnel *tunnel, double now)
{
	rk_tunnel_start(tunnel_of(tunnel), now);
}

static void reconfigure_tunnel(struct engine_tunnel *tunnel,
			       const struct sp_tunnel_config *config, bool refresh, double now)
{
	if (refresh)
		rk_tunnel_configure(tunnel_of(tunnel), config, now);
	else
		rk_tunnel_set_config(tunnel_of(tunnel), config);
}

static void drop_tunnel(struct engine_tunnel *tunnel)
{
	struct rk_tunnel *it = tunnel_of(tunnel);

	rk_peer_drop(it->peer, it);
}

static int wish_for(struct engine_tunnel *tunnel, enum engine_wish wish, double now,
		    struct sp_error *err)
{
	struct rk_tunnel *it = tunnel_of(tunnel);

	if (wish != ENGINE_DOWN && rk_tunnel_is_off(it))
		return sp_fail(err, "tunnel %s: is switched off (admin down)", it->config->name);
	switch (wish) {
	case ENGINE_UP:
		rk_tunnel_up(it, now);
		break;
	case ENGINE_DOWN:
		rk_tunnel_down(it);
		break;
	case ENGINE_REKEY:
		return rk_tunnel_rekey(it, now, err);
	}
	return 0;
}

static void hear_news(struct engine_tunnel *tunnel, const struct engine_news *news, double now)
{
	struct rk_tunnel *it = tunnel_of(tunnel);

	switch (news->kind) {
	case ENGINE_ACQUIRE:
		rk_tunnel_acquire(it, now);
		break;
	case ENGINE_SOFT:
	case ENGINE_HARD:
		rk_tunnel_expire(it, news->generation, news->kind == ENGINE_HARD, now);
		break;
	case ENGINE_ACTIVE:
		rk_tunnel_active(it, news->generation, now);
		break;
	case ENGINE_GONE:
		rk_tunnel_gone(it, now);
		break;
	case ENGINE_OFF:
	case ENGINE_ON:
		rk_tunnel_switch_off(it, news->kind == ENGINE_OFF);
		break;
	case ENGINE_MOVED:
		break;		/* the daemon knows where to connect to */
	}
}

static bool is_whole(const struct engine_seen *seen, uint32_t generation)
{
	for (size_t i = 0; i < seen->n; i++)
		if (seen->generations[i].number == generation)
			return seen->generations[i].halves == 2;
	return false;
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
	struct rk_tunnel *it = tunnel_of(tunnel);

	for (size_t i = it->n_live; i--;)
		if (!is_whole(seen, it->live[i].number))
			rk_tunnel_vanished(it, it->live[i].number, now);
	if (seen->sends)
		rk_tunnel_active(it, seen->sends, now);
	if (is_overdue(seen, it->current))
		rk_tunnel_overdue(it, now);
	if (!seen->sends && seen->staged)
		rk_tunnel_acquire(it, now);
}

static bool has_generation(const struct engine_tunnel *tunnel, uint32_t generation)
{
	return rk_tunnel_has((const struct rk_tunnel *)tunnel, generation);
}

static void look_at_tunnel(const struct engine_tunnel *tunnel, struct engine_tunnel_look *look)
{
	const struct rk_tunnel *it = (const struct rk_tunnel *)tunnel;

	*look = (struct engine_tunnel_look){
		.state = rk_tunnel_state(it),
		.generation = it->current,
		.alg = it->alg,
		.rekeys = it->rekeys,
		.established = it->current ? it->established : INFINITY,
		.rekey_at = it->rekey_at,
		.last_error = sp_note_text(&it->last_error),
		.retry_at = INFINITY,
	};
}

/* --- streams, answers and time --------------------------------------------------------- */

static void hear_stream(struct engine_peer *peer, const struct engine_stream *stream, double now)
{
	struct rk_keying *keying = keying_of(peer);
	struct rk_link *link;

	if (stream->kind == ENGINE_STREAM_CAME) {
		if (!rk_link_accept(keying, stream->id, now))
			port_hang_up(keying->port, stream->id);
		return;
	}
	link = rk_link_find(keying, stream->id);
	if (!link)
		return;
	switch (stream->kind) {
	case ENGINE_STREAM_CONNECTED:
		rk_link_connected(link, now);
		break;
	case ENGINE_STREAM_OCTETS:
		rk_link_input(link, stream->octets, stream->len, now);
		break;
	case ENGINE_STREAM_ENDED:
		rk_link_ended(link, now);
		break;
	default:
		rk_link_failed(link, stream->why, now);
	}
}

static void hear_answer(struct engine_peer *peer, uint32_t question,
			const struct sp_key_answer *answer, double now)
{
	struct rk_link *link;

	LIST_FOREACH(link, &keying_of(peer)->links, next) {
		if (link->question == question) {
			rk_link_answer(link, answer, now);
			return;
		}
	}
}

static void tick_peer(struct engine_peer *peer, double now)
{
	struct rk_keying *keying = keying_of(peer);
	struct rk_link *link, *next;

	for (link = LIST_FIRST(&keying->links); link; link = next) {
		next = LIST_NEXT(link, next);
		rk_link_tick(link, now);
	}
	rk_peer_tick(keying->peer, now);
	rk_peer_mend(keying->peer, now);
}

static double deadline_of_peer(const struct engine_peer *peer)
{
	const struct rk_keying *keying = look_at(peer);
	double deadline = rk_peer_deadline(keying->peer);
	const struct rk_link *link;

	LIST_FOREACH(link, &keying->links, next)
		deadline = fmin(deadline, rk_link_deadline(link));
	return deadline;
}

const struct engine rk_engine = {
	.name = "rsa",
	.hello_len = RK_HELLO_LEN,
	.identify = identify_hello,
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
	.answer = hear_answer,
	.tick = tick_peer,
	.deadline = deadline_of_peer,
};
