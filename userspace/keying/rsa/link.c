// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"

static struct rk_link *new_link(struct rk_keying *keying, bool client, double now)
{
	struct rk_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->keying = keying;
	link->client = client;
	link->answer_by = now + RK_HANDSHAKE_SECONDS;
	LIST_INSERT_HEAD(&keying->links, link, next);
	return link;
}

struct rk_link *rk_link_connect(struct rk_keying *keying, double now)
{
	struct rk_link *link = new_link(keying, true, now);

	if (link)
		link->stream = port_connect(keying->port);
	return link;
}

struct sp_key_question rk_link_question(enum rk_profile profile)
{
	return (struct sp_key_question){
		.kind = SP_KEY_EPHEMERAL_RSA,
		.bits = profile == RK_COMPAT ? 1024 : 2048,
	};
}

struct rk_link *rk_link_accept(struct rk_keying *keying, uint32_t stream, double now)
{
	const struct sp_key_question question = rk_link_question(keying->profile);
	struct rk_link *link = new_link(keying, false, now);

	if (!link)
		return NULL;
	link->stream = stream;
	link->question = port_ask(keying->port, &question);
	return link;
}

struct rk_link *rk_link_find(const struct rk_keying *keying, uint32_t stream)
{
	struct rk_link *link;

	LIST_FOREACH(link, &keying->links, next)
		if (link->stream == stream && !link->closed)
			return link;
	return NULL;
}

void rk_link_free(struct rk_link *link)
{
	LIST_REMOVE(link, next);
	rk_session_free(link->session);
	rk_queue_wipe(&link->early);
	free(link);
}

/* --- out --------------------------------------------------------------------- */

static void flush(struct rk_link *link)
{
	const uint8_t *data;
	size_t len;

	if (!link->session)
		return;
	data = rk_session_output(link->session, &len);
	port_send(link->keying->port, link->stream, data, len);
	rk_session_sent(link->session, len);
}

/* It is freed later: somebody may be looking at it. */
void rk_link_close(struct rk_link *link)
{
	flush(link);
	if (link->question)
		port_withdraw(link->keying->port, link->question);
	link->question = 0;
	port_hang_up(link->keying->port, link->stream);
	link->closed = true;
}

static void fail(struct rk_link *link, bool refused, const char *why, double now)
{
	struct rk_peer *peer = link->keying->peer;

	rk_link_close(link);
	if (link->open)
		rk_peer_closed(peer, link, why, now);
	else if (link->client)
		rk_peer_connect_failed(peer, refused, why, now);
	else
		rk_peer_rejected(peer, why, now);
}

void rk_link_send(struct rk_link *link, const char *text)
{
	struct sp_error err;

	if (!rk_session_send(link->session, text, &err))
		flush(link);
	else	/* The peer is at work and cannot be told yet. */
		snprintf(link->failed, sizeof(link->failed), "%s", err.text);
}

/* --- in ------------------------------------------------------------------------ */

/* After anything that may have moved the session on. */
static void pump(struct rk_link *link, double now)
{
	struct rk_peer *peer = link->keying->peer;
	const char *text;

	if (!link->open && rk_session_state(link->session) == RK_OPEN) {
		link->open = true;
		port_proved(link->keying->port, link->stream);
		rk_peer_opened(peer, link, link->client, now);
	}
	while (link->open && !link->closed && (text = rk_session_receive(link->session)))
		rk_peer_received(peer, link, text, now);
	if (link->closed)
		return;
	if (rk_session_state(link->session) == RK_DEAD)
		fail(link, true, rk_session_error(link->session), now);
	else
		flush(link);
}

static void fill_random(void *arg, void *buf, size_t len)
{
	const struct port *port = arg;

	port->host->random(port->arg, buf, len);
}

/* Until there is a session, the octets of the peer's key do. */
static EVP_PKEY *peer_key_of(const struct rk_keying *keying)
{
	return keying->peer_spki ? sp_spki_key(keying->peer_spki) : keying->peer_key;
}

static void start_session(struct rk_link *link, EVP_PKEY *ephemeral, double now)
{
	const struct rk_keying *keying = link->keying;
	struct rk_config config = {
		.role = link->client ? RK_CLIENT : RK_SERVER,
		.profile = keying->profile,
		.key = keying->key,
		.peer_key = peer_key_of(keying),
		.ephemeral = ephemeral,
		.random = { .fill = fill_random, .arg = keying->port },
	};

	const uint8_t *early;
	size_t len;

	link->session = rk_session_new(&config, now);
	if (!link->session) {
		fail(link, false, "out of memory", now);
		return;
	}
	early = rk_queue_head(&link->early, &len);
	if (len)
		rk_session_input(link->session, early, len);
	rk_queue_wipe(&link->early);
	pump(link, now);
}

void rk_link_connected(struct rk_link *link, double now)
{
	start_session(link, NULL, now);
}

void rk_link_answer(struct rk_link *link, const struct sp_key_answer *answer, double now)
{
	const unsigned char *der = answer->octets;
	EVP_PKEY *key = NULL;

	link->question = 0;
	if (answer->len)
		key = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &der, (long)answer->len);
	if (key)
		start_session(link, key, now);
	else
		fail(link, false, answer->len ? "no ephemeral key" : answer->error.text, now);
}

void rk_link_input(struct rk_link *link, const void *octets, size_t len, double now)
{
	if (link->session) {
		rk_session_input(link->session, octets, len);
		pump(link, now);
	} else if (link->early.len + len > RK_EARLY_MAX ||
		   rk_queue_append(&link->early, octets, len)) {
		fail(link, false, "more than a hello before there is a key for it", now);
	}
}

void rk_link_ended(struct rk_link *link, double now)
{
	if (!link->session) {
		fail(link, false, "peer closed the connection", now);
		return;
	}
	rk_session_eof(link->session);
	fail(link, false, rk_session_error(link->session), now);
}

void rk_link_failed(struct rk_link *link, const char *why, double now)
{
	fail(link, false, why, now);
}

/* --- time ------------------------------------------------------------------------ */

void rk_link_tick(struct rk_link *link, double now)
{
	char why[64];

	if (link->closed) {
		rk_link_free(link);
	} else if (link->failed[0]) {
		fail(link, false, link->failed, now);
	} else if (link->session) {
		rk_session_tick(link->session, now);
		if (rk_session_state(link->session) == RK_DEAD)
			fail(link, false, rk_session_error(link->session), now);
		else
			pump(link, now);
	} else if (now >= link->answer_by) {
		snprintf(why, sizeof(why), "no %s within %d s",
			 link->client ? "connection" : "ephemeral key for it",
			 RK_HANDSHAKE_SECONDS);
		fail(link, false, why, now);
	}
}

double rk_link_deadline(const struct rk_link *link)
{
	if (link->closed || link->failed[0])
		return 0;
	return link->session ? rk_session_deadline(link->session) : link->answer_by;
}
