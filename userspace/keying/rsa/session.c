// SPDX-License-Identifier: GPL-2.0-or-later
#include "session.h"

#include <math.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "sakeys.h"
#include "state.h"
#include "text.h"

static const struct rk_protocol *const protocols[] = {
	[RK_SIGNED] = &rk_signed_protocol,
	[RK_COMPAT] = &rk_compat_protocol,
};

static void end(struct rk_session *s, const struct sp_error *why)
{
	if (s->state == RK_DEAD)
		return;
	s->state = RK_DEAD;
	s->deadline = INFINITY;
	s->error = *why;
	if (s->protocol->alert)
		s->protocol->alert(s);
	OPENSSL_cleanse(&s->secrets, sizeof(s->secrets));
	rk_frame_reset(&s->frame);
	rk_session_drop_ephemeral(s);
}

/* Two sides of different profiles fail at the first message, in ways that do not say so. */
static const char *hint(const struct rk_session *s)
{
	return s->step == s->protocol->first[s->config.role] ?
		       "; do both sides use the same profile?" : "";
}

struct rk_session *rk_session_new(const struct rk_config *config, double now)
{
	struct rk_session *s = calloc(1, sizeof(*s));
	struct sp_error err;

	if (!s) {
		EVP_PKEY_free(config->ephemeral);
		return NULL;
	}
	s->config = *config;
	s->protocol = protocols[config->profile];
	s->step = s->protocol->first[config->role];
	s->deadline = now + RK_HANDSHAKE_SECONDS;
	if (s->protocol->start(s, &err))
		end(s, &err);
	return s;
}

void rk_session_free(struct rk_session *s)
{
	if (!s)
		return;
	rk_session_drop_ephemeral(s);
	rk_queue_wipe(&s->out);
	rk_queue_wipe(&s->inbox);
	OPENSSL_cleanse(s, sizeof(*s));
	free(s);
}

enum rk_state rk_session_state(const struct rk_session *s)
{
	return s->state;
}

const char *rk_session_error(const struct rk_session *s)
{
	return s->error.text;
}

/* --- for the profiles ------------------------------------------------------ */

int rk_session_queue(struct rk_session *s, const void *message, size_t len, struct sp_error *err)
{
	uint8_t framed[RK_FRAME_HEAD + RK_FRAME_BODY_MAX];
	struct sp_writer w;

	sp_writer_init(&w, framed, sizeof(framed));
	sp_write_be32(&w, (uint32_t)len);
	sp_write_octets(&w, message, len);
	if (w.bad || rk_queue_append(&s->out, framed, w.len))
		return sp_fail(err, "no room for a message of %zu octets", len);
	return 0;
}

int rk_session_note(struct rk_session *s, const void *octets, size_t len, struct sp_error *err)
{
	if (len > sizeof(s->handshake) - s->handshake_len)
		return sp_fail(err, "handshake of more than %zu octets", sizeof(s->handshake));
	memcpy(s->handshake + s->handshake_len, octets, len);
	s->handshake_len += len;
	return 0;
}

int rk_session_salt(struct rk_session *s, struct sp_error *err)
{
	return rk_sha256(s->handshake, s->handshake_len, s->secrets.salt, err);
}

int rk_session_deliver(struct rk_session *s, const void *text, size_t len, struct sp_error *err)
{
	if (!len)
		return sp_fail(err, "text of no octets");
	if (rk_text_check(text, len, err))
		return sp_fail_in(err, "text");
	if (rk_queue_room(&s->inbox) <= len)
		return sp_fail(err, "more than %d octets of texts wait to be read", RK_QUEUE_MAX);
	if (rk_queue_append(&s->inbox, text, len) || rk_queue_append(&s->inbox, "", 1))
		return sp_fail(err, "out of memory");
	return 0;
}

void rk_session_first_text(struct rk_session *s, char text[RK_TEXT_MAX + 1], size_t max)
{
	char *early = s->secrets.early;

	if (!early[0] || strlen(early) > max) {
		strcpy(text, "ping");
		return;
	}
	strcpy(text, early);
	early[0] = '\0';
}

void rk_session_drop_ephemeral(struct rk_session *s)
{
	EVP_PKEY_free(s->config.ephemeral);
	s->config.ephemeral = NULL;
}

/* --- octets in ------------------------------------------------------------- */

static int enter(struct rk_session *s, const struct rk_step *step, struct sp_error *err)
{
	char *early = s->secrets.early;

	s->step = step;
	if (!step->open || s->state == RK_OPEN)
		return 0;
	s->state = RK_OPEN;
	s->deadline = INFINITY;
	if (early[0] && s->protocol->send(s, early, strlen(early), err))
		return -1;
	early[0] = '\0';
	return 0;
}

static int take(struct rk_session *s, struct sp_error *err)
{
	struct rk_octets message = { s->frame.body, s->frame.len };
	const struct rk_step *step = s->step;

	if (s->protocol->hear && s->protocol->hear(s, message, err))
		return -1;
	if (message.len < step->min)
		return sp_fail(err, "message of %zu octets where at least %zu are expected%s",
			       message.len, step->min, hint(s));
	if (step->take(s, message, err))
		return -1;
	rk_frame_reset(&s->frame);
	return enter(s, step->next, err);
}

static int step_on(struct rk_session *s, struct sp_reader *in, struct sp_error *err)
{
	int whole = rk_frame_input(&s->frame, in, s->step->max, err);

	if (whole < 0) {
		const char *more = hint(s);
		struct sp_error why = *err;

		return *more ? sp_fail(err, "%.400s%s", why.text, more) : -1;
	}
	return whole ? take(s, err) : 0;
}

void rk_session_input(struct rk_session *s, const void *data, size_t len)
{
	struct sp_reader in;
	struct sp_error err;

	sp_reader_init(&in, data, len);
	while (in.left && s->state != RK_DEAD) {
		const char *awaits = s->step->awaits;

		if (step_on(s, &in, &err)) {
			sp_fail_in(&err, "%s", awaits);
			end(s, &err);
		}
	}
}

void rk_session_eof(struct rk_session *s)
{
	struct sp_error err;

	if (s->state == RK_OPEN && !s->frame.got)
		sp_fail(&err, "peer closed the connection");
	else
		sp_fail(&err, "%s: peer closed the connection instead", s->step->awaits);
	s->alert = 0;
	end(s, &err);
}

void rk_session_tick(struct rk_session *s, double now)
{
	struct sp_error err;

	if (now < s->deadline)
		return;
	sp_fail(&err, "%s: not here after %d seconds%s", s->step->awaits, RK_HANDSHAKE_SECONDS,
		hint(s));
	end(s, &err);
}

double rk_session_deadline(const struct rk_session *s)
{
	return s->deadline;
}

/* --- octets out, texts both ways -------------------------------------------- */

const uint8_t *rk_session_output(const struct rk_session *s, size_t *len)
{
	return rk_queue_head(&s->out, len);
}

void rk_session_sent(struct rk_session *s, size_t len)
{
	rk_queue_drop(&s->out, len);
}

int rk_session_send(struct rk_session *s, const char *text, struct sp_error *err)
{
	size_t len = strlen(text);

	if (s->state == RK_DEAD)
		return sp_fail(err, "the session has ended");
	if (!len || len > RK_TEXT_MAX)
		return sp_fail(err, "text of %zu octets; 1 to %d can be sent", len, RK_TEXT_MAX);
	if (rk_text_check(text, len, err))
		return sp_fail_in(err, "text");
	if (s->state == RK_OPEN)
		return s->protocol->send(s, text, len, err);
	if (s->config.role == RK_SERVER || s->secrets.early[0])
		return sp_fail(err, "the session is not open yet");
	strcpy(s->secrets.early, text);
	return 0;
}

const char *rk_session_receive(struct rk_session *s)
{
	const uint8_t *head;
	size_t waiting, size;

	head = rk_queue_head(&s->inbox, &waiting);
	if (!head)
		return NULL;
	/* Texts enter the queue whole and shorter than this buffer. */
	size = strlen((const char *)head) + 1;
	memcpy(s->text, head, size);
	rk_queue_drop(&s->inbox, size);
	return s->text;
}

int rk_session_sa_keys(const struct rk_session *s, uint32_t generation, uint32_t spi,
		       struct sp_secret *key, struct sp_secret *auth_key, struct sp_error *err)
{
	struct rk_octets ikm = { s->secrets.ikm, s->secrets.ikm_len };

	if (s->state != RK_OPEN)
		return sp_fail(err, "no keys for SAs: the session is not open");
	return rk_sakeys_derive(ikm, s->secrets.salt, generation, spi, key, auth_key, err);
}
