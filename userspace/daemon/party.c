// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <math.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "control.h"
#include "engines.h"
#include "holder.h"
#include "instances.h"
#include "io/log.h"
#include "kernel.h"
#include "keylog.h"
#include "party.h"
#include "resolve.h"
#include "stream.h"
#include "udp.h"

/* --- what the engine is answered at once --------------------------------------------- */

static int reserve_spi(void *arg, const char *tunnel, uint32_t *spi, struct sp_error *err)
{
	const struct party *party = arg;

	return sp_nl_spi_alloc(party->daemon->nl, tunnel, spi, err);
}

static int install_sas(void *arg, const char *tunnel, const struct sp_sa *in,
		       const struct sp_sa *out, struct sp_error *err)
{
	const struct party *party = arg;

	assert(in->dir == SPINDLE_DIR_IN && out->dir == SPINDLE_DIR_OUT);
	assert(in->generation && in->generation == out->generation);
	assert(in->spi != out->spi);
	if (party->daemon->keylog) {
		keylog_sa(party->daemon->keylog, in);
		keylog_sa(party->daemon->keylog, out);
	}
	return sp_nl_sa_new(party->daemon->nl, tunnel, in, out, err);
}

static int activate_generation(void *arg, const char *tunnel, uint32_t generation,
			       struct sp_error *err)
{
	const struct party *party = arg;

	return sp_nl_sa_activate(party->daemon->nl, tunnel, generation, err);
}

static int remove_generation(void *arg, const char *tunnel, uint32_t generation,
			     struct sp_error *err)
{
	const struct party *party = arg;

	return sp_nl_sa_del_generation(party->daemon->nl, tunnel, generation, err);
}

static void fill_random(void *arg, void *buf, size_t len)
{
	(void)arg;
	if (RAND_bytes(buf, (int)len) != 1)
		abort();	/* keys without randomness would be worse than no daemon */
}

static int place_tunnel(void *arg, const char *tunnel, const struct port_way *way,
			struct sp_error *err)
{
	const struct party *party = arg;

	return kernel_place(party->daemon, tunnel, way, err);
}

static void log_trace(void *arg, const char *text)
{
	const struct party *party = arg;

	log_line("peer %s: %s", party->name, text);
}

static void log_key(void *arg, const uint8_t cookie[8], const struct sp_secret *key)
{
	const struct party *party = arg;

	if (party->daemon->keylog)
		keylog_ike(party->daemon->keylog, cookie, key);
}

static const struct port_host host = {
	.spi = reserve_spi,
	.install = install_sas,
	.activate = activate_generation,
	.remove = remove_generation,
	.random = fill_random,
	.place = place_tunnel,
	.trace = log_trace,
	.key_log = log_key,
};

/* --- what it has asked for ------------------------------------------------------------- */

static void on_answer(void *arg, uint32_t id, const struct sp_key_answer *answer)
{
	struct party *party = arg;

	party->engine->answer(party->keying, id, answer, daemon_now());
	party_tick(party);
}

static void publish_event(struct party *party, const struct port_event *event)
{
	if (!event->tunnel[0]) {
		log_line("peer %s: %s", party->name, event->text);
		return;
	}
	if (event->kind != PORT_REFUSED)
		log_line("tunnel %s: %s", event->tunnel, event->text);
	control_tunnel_event(party->daemon->control, event);
}

/* A stream that has ended meanwhile is no mistake of the engine's. */
static void carry_out_on_stream(struct party *party, const struct port_request *request)
{
	struct stream *stream = stream_find(party, request->id);

	if (!stream)
		return;
	if (request->verb == PORT_SEND)
		stream_send(stream, request->octets, request->len);
	else if (request->verb == PORT_PROVED)
		stream_prove(stream);
	else
		stream_close(stream);
}

/* Where it is, by what it is known, and what tunnels it has beside those configured. */
static void carry_out_about_peer(struct party *party, const struct port_request *request)
{
	if (request->verb == PORT_CLAIM)
		claim_add(party, &request->claim);
	else if (request->verb == PORT_DISCLAIM)
		claim_drop(party, &request->claim);
	else if (request->verb == PORT_MET)
		party_moved(party, &request->path);
	else if (request->instance && request->verb == PORT_INSTANCE)
		instance_make(party, request->instance);
	else if (request->instance)
		instance_end(party, request->instance->tunnel);
}

static void carry_out(struct party *party, const struct port_request *request)
{
	struct holder *holder = party->daemon->holder;

	switch (request->verb) {
	case PORT_CONNECT:
		stream_connect(party, request->id);
		break;
	case PORT_DATAGRAM:
		udp_send(party, &request->path, request->octets, request->len);
		break;
	case PORT_SEND:
	case PORT_PROVED:
	case PORT_HANG_UP:
		carry_out_on_stream(party, request);
		break;
	case PORT_EXPECT:
		if (request->question)
			holder_expect(holder, request->question);
		break;
	case PORT_ASK:
		if (request->question)
			holder_ask(holder, request->question, &party->holding, request->id,
				   on_answer, party);
		break;
	case PORT_WITHDRAW:
		holder_withdraw(holder, request->id, party);
		break;
	case PORT_EVENT:
		if (request->event)
			publish_event(party, request->event);
		break;
	default:
		carry_out_about_peer(party, request);
	}
}

static void carry_out_all(struct party *party)
{
	struct port_request *request;

	while ((request = port_take(&party->port))) {
		carry_out(party, request);
		port_done(request);
	}
	assert(STAILQ_EMPTY(&party->port.requests));
	if (port_has_failed(&party->port))
		stream_fail_party(party, "out of memory");
}

/* --- life ------------------------------------------------------------------------------ */

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	party_tick(arg);
}

/* Without a public half of it the key could not have been read. */
static struct sp_key public_half(const struct sp_key *key)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key->pkey, &der);
	const unsigned char *at = der;
	struct sp_key half = *key;

	half.pkey = d2i_PUBKEY(NULL, &at, len);
	OPENSSL_free(der);
	if (!half.pkey)
		abort();
	return half;
}

static struct sp_key decoded(const struct sp_key *key)
{
	struct sp_key same = *key;

	same.spki = NULL;
	same.pkey = sp_key_get(key);
	if (!same.pkey)
		abort();
	EVP_PKEY_up_ref(same.pkey);
	return same;
}

/* What its own signatures need stays here, unless the engine makes them itself. */
static void hold_key(struct party *party, struct engine_keys *found)
{
	party->holding.own = found->own->pkey;
	EVP_PKEY_up_ref(party->holding.own);
	if (party->config->keying == SP_KEYING_RSA)
		return;
	party->publics = calloc(2, sizeof(*party->publics));
	if (!party->publics)
		abort();
	party->publics[0] = public_half(found->own);
	party->publics[1] = decoded(found->peer);
	found->own = &party->publics[0];
	found->peer = &party->publics[1];
}

static void hold_secret(struct party *party, struct sp_keyring *keys)
{
	const struct sp_psk *psk;
	struct sp_error err;

	psk = sp_keyring_psk(keys, party->config->psk, &err);
	if (!psk)
		abort();
	party->psk = malloc(sizeof(*psk));
	if (!party->psk)
		abort();
	*party->psk = *psk;
	party->holding.psk = party->psk;
}

/* The caller has read them all. */
static struct engine_keys find_keys(struct party *party, struct sp_keyring *keys)
{
	const struct sp_peer_config *config = party->config;
	struct engine_keys found = { .own = NULL };
	struct sp_error err;

	if (sp_config_needs_psk(config))
		hold_secret(party, keys);
	if (!sp_config_needs_keys(config))
		return found;
	found.own = sp_keyring_private(keys, config->key, &err);
	found.peer = sp_keyring_public(keys, config->peer_key, &err);
	if (!found.own || !found.peer)
		abort();
	strcpy(party->local_id, found.own->id);
	strcpy(party->remote_id, found.peer->id);
	hold_key(party, &found);
	return found;
}

static void forget_keys(struct party *party)
{
	EVP_PKEY_free(party->holding.own);
	for (size_t i = 0; party->publics && i < 2; i++)
		EVP_PKEY_free(party->publics[i].pkey);
	free(party->publics);
	if (party->psk)
		sp_psk_wipe(party->psk);
	free(party->psk);
}

struct party *party_new(struct daemon *daemon, const struct sp_peer_config *config,
			struct sp_keyring *keys)
{
	struct party *party = calloc(1, sizeof(*party));
	struct engine_keys found;

	if (!party)
		abort();
	party->daemon = daemon;
	party->config = config;
	strcpy(party->name, config->name);
	port_init(&party->port, &host, party);
	party->port.trace = party->daemon->trace;
	found = find_keys(party, keys);
	party->engine = engines_find(config->keying);
	party->keying = party->engine->open(config, &found, &party->port);
	party->timer = evtimer_new(daemon->base, on_timer, party);
	if (!party->keying || !party->timer)
		abort();
	return party;
}

void party_join(struct party *party)
{
	LIST_INSERT_HEAD(&party->daemon->parties, party, next);
	registry_add_party(&party->daemon->registry, party);
	/* What thousands of engines begin with does not have to wait until all are there. */
	carry_out_all(party);
}

static void forget_keying(struct tunnel *tunnel)
{
	struct tunnel *instance;

	tunnel_set_keying(tunnel, NULL, NULL);
	LIST_FOREACH(instance, &tunnel->instances, of_section)
		tunnel_set_keying(instance, NULL, NULL);
}

void party_leave(struct party *party)
{
	struct registry *registry = &party->daemon->registry;
	const struct sp_tunnel_config *config;
	struct tunnel *tunnel;

	STAILQ_FOREACH(config, &party->config->tunnels, of_peer) {
		tunnel = registry_tunnel(registry, config->name);
		if (tunnel && tunnel->party == party)
			forget_keying(tunnel);
	}
	udp_forget(party);
	LIST_REMOVE(party, next);
	registry_remove_party(registry, party);
	party->engine->close(party->keying);
	carry_out_all(party);
	stream_close_party(party);
	claim_forget(party);
	holder_withdraw(party->daemon->holder, 0, party);
	forget_keys(party);
	event_free(party->timer);
	free(party);
}

void party_configure(struct party *party, const struct sp_peer_config *config, double now)
{
	party->config = config;
	party->engine->configure(party->keying, config, now);
}

/* --- where it is -------------------------------------------------------------------------- */

bool party_follows(const struct party *party)
{
	const struct sp_tunnel_config *config;

	STAILQ_FOREACH(config, &party->config->tunnels, of_peer)
		if (config->options.follow)
			return true;
	return false;
}

const struct sp_addr *party_address(const struct party *party)
{
	return party->at.family && !(party->failures & 1) ? &party->at : &party->config->remote;
}

void party_met(struct party *party, const struct sp_addr *at)
{
	const struct sp_peer_config *config = party->config;
	char text[SP_ADDR_STRLEN];

	if (!party_follows(party) || at->family != config->remote.family)
		return;
	if (sp_addr_equal(at, &config->remote)) {
		party->at.family = AF_UNSPEC;
	} else if (!sp_addr_equal(at, &party->at)) {
		party->at = *at;
		log_line("peer %s: is at %s now", config->name, sp_addr_format(at, text));
	}
}

void party_moved(struct party *party, const struct sp_path *path)
{
	const struct sp_peer_config *config = party->config;
	bool home = sp_addr_equal(&path->remote, &config->remote);
	const struct sp_addr nowhere = { .family = AF_UNSPEC };
	const struct sp_addr *at = home ? &nowhere : &path->remote;
	char text[SP_ADDR_STRLEN];

	party->failures = 0;
	if (sp_addr_equal(at, &party->at))
		return;
	party->at = *at;
	udp_follow(party);
	log_line("peer %s: is at %s now", config->name, sp_addr_format(&path->remote, text));
}

void party_missed(struct party *party)
{
	party->failures++;
	/* Of one that leaves nobody wants to know. */
	if (party_find(party->daemon, party->name) == party)
		resolve_again(party->daemon, party->name);
}

uint32_t party_mark(const struct party *party)
{
	const struct sp_tunnel_config *config;

	STAILQ_FOREACH(config, &party->config->tunnels, of_peer)
		if (config->options.fwmark)
			return config->options.fwmark;
	return 0;
}

const char *party_link(const struct party *party)
{
	const struct sp_tunnel_config *config;

	STAILQ_FOREACH(config, &party->config->tunnels, of_peer)
		if (config->options.link[0])
			return config->options.link;
	return "";
}

/* --- the engine's turn ---------------------------------------------------------------------- */

void party_hear(struct party *party, const struct engine_stream *what)
{
	party->engine->stream(party->keying, what, daemon_now());
	party_tick(party);
}

void party_tick(struct party *party)
{
	party_tick_at(party, daemon_now());
}

void party_tick_at(struct party *party, double now)
{
	double deadline, wait;

	party->engine->tick(party->keying, now);
	carry_out_all(party);
	deadline = party->engine->deadline(party->keying);
	if (isinf(deadline)) {
		event_del(party->timer);
		return;
	}
	wait = fmax(0, deadline - now);
	event_add(party->timer, &(struct timeval){
		.tv_sec = (time_t)wait,
		.tv_usec = (suseconds_t)(fmod(wait, 1) * 1e6),
	});
}

struct party *party_find(const struct daemon *daemon, const char *name)
{
	return registry_party(&daemon->registry, name);
}

const char *party_last_error(const struct tunnel *tunnel)
{
	struct engine_tunnel_look look;

	if (!tunnel->party)
		return "";
	if (tunnel->trouble)
		return tunnel->trouble;
	tunnel->party->engine->look_tunnel(tunnel->keying, &look);
	return look.last_error;
}
