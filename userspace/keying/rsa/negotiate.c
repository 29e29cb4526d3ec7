// SPDX-License-Identifier: GPL-2.0-or-later
/* The messages that install, switch and delete generations of SAs. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "negotiate.h"

_Static_assert((int)SP_CONFIG_INSTALL_MAX == (int)RK_TEXT_MAX, "what `spindle check` goes by");

/* --- words ---------------------------------------------------------------- */

static void copy_selectors(struct rk_ts *ts, const struct sp_ts_list *selectors)
{
	ts->n = selectors->n;
	for (size_t i = 0; i < ts->n; i++)
		ts->list[i] = selectors->list[i];
}

/* The same, in whatever order. */
static bool same_selectors(const struct rk_ts *ts, const struct sp_ts_list *selectors)
{
	if (ts->n != selectors->n)
		return false;
	for (size_t i = 0; i < ts->n; i++) {
		size_t j = 0;

		while (j < selectors->n && !sp_ts_equal(&ts->list[i], &selectors->list[j]))
			j++;
		if (j == selectors->n)
			return false;
	}
	return true;
}

static const char *format_selectors(const struct sp_ts *list, size_t n, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n && len < size; i++) {
		char ts[SP_TS_STRLEN];

		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? "," : "",
					sp_ts_format(&list[i], ts));
	}
	return buf;
}

static const char *format_words(const struct sp_tunnel_config *config, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < config->n_esp && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? ", " : "",
					config->esp[i]);
	return buf;
}

static const char *find_word(const struct sp_tunnel_config *config, const char *word)
{
	for (size_t i = 0; i < config->n_esp; i++)
		if (!strcmp(config->esp[i], word))
			return config->esp[i];
	return NULL;
}

static struct rk_message about(const struct rk_tunnel *tunnel, enum rk_verb verb,
			       uint32_t generation)
{
	struct rk_message message = { .verb = verb, .gen = generation };

	snprintf(message.tunnel, sizeof(message.tunnel), "%s", tunnel->config->name);
	return message;
}

void rk_negotiate_refuse(struct rk_peer *peer, const char *tunnel, uint32_t generation,
			 const char *code, const char *fmt, ...)
{
	struct rk_message message = { .verb = RK_VERB_ERROR, .gen = generation };
	va_list ap;

	snprintf(message.tunnel, sizeof(message.tunnel), "%s", tunnel);
	snprintf(message.code, sizeof(message.code), "%s", code);
	va_start(ap, fmt);
	vsnprintf(message.text, sizeof(message.text), fmt, ap);
	va_end(ap);
	rk_peer_send(peer, &message);
}

/* --- lifetimes ------------------------------------------------------------ */

static uint64_t least(uint64_t ours, uint64_t theirs)
{
	return theirs && (!ours || theirs < ours) ? theirs : ours;
}

/*
 * The initiator of a generation refreshes it, at 80 to 88 % of its life; the
 * responder only if that has not happened at 92 to 96 %.  The kernel stops an SA
 * before its sequence numbers wrap (RFC 4303 3.3.3), so packets are bounded too.
 */
static struct sp_life make_life(struct rk_tunnel *tunnel, bool initiator, uint64_t seconds,
				uint64_t bytes)
{
	double jitter = rk_peer_random(tunnel->peer);
	double part = initiator ? 0.80 + 0.08 * jitter : 0.92 + 0.04 * jitter;

	return (struct sp_life){
		.soft_seconds = (uint64_t)((double)seconds * part),
		.hard_seconds = seconds,
		.soft_bytes = (uint64_t)((double)bytes * part),
		.hard_bytes = bytes,
		.soft_packets = (uint64_t)(UINT32_MAX * part),
	};
}

static int install(struct rk_tunnel *tunnel, struct rk_install *what, bool initiator,
		   const struct rk_message *peer_says, double now, struct sp_error *err)
{
	const struct sp_tunnel_config *config = tunnel->config;
	const struct rk_port *port = &tunnel->peer->port;

	what->parked = !initiator;
	what->life = make_life(tunnel, initiator, least(config->lifetime, peer_says->life_seconds),
			       least(config->lifetime_bytes, peer_says->life_bytes));
	if (port->install(port->arg, config->name, tunnel->peer->link, what, err))
		return -1;
	rk_tunnel_record(tunnel, what->generation);
	tunnel->alg = what->alg;
	tunnel->rekey_at = now + (double)what->life.soft_seconds;
	return 0;
}

/* --- the side that wants SAs ---------------------------------------------- */

void rk_negotiate_start(struct rk_tunnel *tunnel, double now)
{
	const struct sp_tunnel_config *config = tunnel->config;
	const struct rk_port *port = &tunnel->peer->port;
	struct rk_message message = about(tunnel, RK_VERB_INSTALL, tunnel->highest + 1);
	struct sp_error err;
	uint32_t spi = 0;

	if (port->spi_alloc(port->arg, config->name, &spi, &err)) {
		rk_tunnel_refused(tunnel, err.text, now);
		return;
	}
	message.spi = spi;
	snprintf(message.alg, sizeof(message.alg), "%s", config->esp[tunnel->proposal]);
	copy_selectors(&message.local_ts, &config->local_ts);
	copy_selectors(&message.remote_ts, &config->remote_ts);
	message.life_seconds = config->lifetime;
	message.life_bytes = config->lifetime_bytes;
	/* A number is asked for once: a late answer must not be taken for another's. */
	tunnel->highest = message.gen;
	tunnel->asked_generation = message.gen;
	tunnel->asked_spi = spi;
	tunnel->asked_alg = config->esp[tunnel->proposal];
	tunnel->answer_by = now + RK_ANSWER_SECONDS;
	rk_peer_send(tunnel->peer, &message);
}

void rk_negotiate_delete(struct rk_tunnel *tunnel, uint32_t generation)
{
	struct rk_message message = about(tunnel, RK_VERB_DELETE, generation);

	rk_peer_send(tunnel->peer, &message);
}

/* A life that ends before it can be refreshed would have the two sides do nothing else. */
static bool is_long_enough(const struct rk_message *message, struct sp_error *err)
{
	if (message->life_seconds && message->life_seconds < RK_LIFE_SECONDS_MIN)
		sp_fail(err, "life-seconds is %llu, and has to be %d at least",
			(unsigned long long)message->life_seconds, RK_LIFE_SECONDS_MIN);
	else if (message->life_bytes && message->life_bytes < RK_LIFE_BYTES_MIN)
		sp_fail(err, "life-bytes is %llu, and has to be %d at least",
			(unsigned long long)message->life_bytes, RK_LIFE_BYTES_MIN);
	else
		return true;
	return false;
}

static void on_installed(struct rk_tunnel *tunnel, const struct rk_message *message, double now)
{
	struct rk_install what = {
		.generation = message->gen,
		.in_spi = tunnel->asked_spi,
		.out_spi = message->spi,
		.alg = tunnel->asked_alg,
	};
	struct rk_message active = about(tunnel, RK_VERB_ACTIVE, message->gen);
	struct sp_error err;

	if (!message->gen || message->gen != tunnel->asked_generation) {
		/* An answer we no longer wait for: the peer's half must not stay. */
		if (!rk_tunnel_has(tunnel, message->gen))
			rk_negotiate_delete(tunnel, message->gen);
		return;
	}
	tunnel->asked_generation = 0;
	/* Each SA has keys of its own by its SPI, so the two must differ. */
	if (message->spi < SPINDLE_SPI_MIN || message->spi == what.in_spi) {
		sp_fail(&err, "the peer answers with SPI 0x%x, which cannot be used", message->spi);
	} else if (!is_long_enough(message, &err)) {
		sp_fail_in(&err, "the peer answers");
	} else if (!install(tunnel, &what, true, message, now, &err)) {
		rk_peer_send(tunnel->peer, &active);
		rk_tunnel_switch(tunnel, message->gen, true, now);
		return;
	}
	rk_negotiate_delete(tunnel, message->gen);
	rk_tunnel_refused(tunnel, err.text, now);
}

/* --- the side that is asked ------------------------------------------------ */

/* Refusals name both sides, in our own status and to the peer. */
static bool algorithms_agree(struct rk_tunnel *tunnel, const struct rk_message *message)
{
	const struct sp_tunnel_config *config = tunnel->config;
	char ours[RK_MESSAGE_TEXT_MAX / 4];

	if (find_word(config, message->alg))
		return true;
	format_words(config, ours, sizeof(ours));
	sp_note_set(&tunnel->last_error, "peer offers %s, we accept %s", message->alg, ours);
	rk_negotiate_refuse(tunnel->peer, config->name, message->gen, "alg",
			    "offered is %s, accepted is %s", message->alg, ours);
	return false;
}

/* What the peer calls local is remote here, and the other way about. */
static bool selectors_agree(struct rk_tunnel *tunnel, const struct rk_message *message,
			    bool peers_local)
{
	const struct sp_tunnel_config *config = tunnel->config;
	const struct sp_ts_list *selectors = peers_local ? &config->remote_ts : &config->local_ts;
	const struct rk_ts *ts = peers_local ? &message->local_ts : &message->remote_ts;
	const char *there = peers_local ? "local-ts" : "remote-ts";
	const char *here = peers_local ? "remote-ts" : "local-ts";
	char ours[RK_MESSAGE_TEXT_MAX / 4], theirs[RK_MESSAGE_TEXT_MAX / 4];

	if (!ts->n || same_selectors(ts, selectors))
		return true;
	format_selectors(ts->list, ts->n, theirs, sizeof(theirs));
	format_selectors(selectors->list, selectors->n, ours, sizeof(ours));
	sp_note_set(&tunnel->last_error, "peer's %s is %s, our %s is %s", there, theirs, here,
		    ours);
	rk_negotiate_refuse(tunnel->peer, config->name, message->gen, "selectors",
			    "offered %s is %s, but %s here is %s", there, theirs, here, ours);
	return false;
}

static bool may_install(struct rk_tunnel *tunnel, const struct rk_message *message)
{
	struct rk_peer *peer = tunnel->peer;
	const char *name = tunnel->config->name;
	struct sp_error err;

	if (!message->gen || message->gen > RK_GENERATION_MAX || message->spi < SPINDLE_SPI_MIN) {
		rk_negotiate_refuse(peer, name, message->gen, "syntax",
				    "install needs gen, from 1 to %d, and spi, from %#x",
				    RK_GENERATION_MAX, SPINDLE_SPI_MIN);
		return false;
	}
	if (!is_long_enough(message, &err)) {
		rk_negotiate_refuse(peer, name, message->gen, "syntax", "%s", err.text);
		return false;
	}
	if (tunnel->will == RK_WILL_DOWN) {
		rk_negotiate_refuse(peer, name, message->gen, "down",
				    "the tunnel was taken down by its administrator");
		return false;
	}
	if (!algorithms_agree(tunnel, message) || !selectors_agree(tunnel, message, true) ||
	    !selectors_agree(tunnel, message, false)) {
		rk_tunnel_event(tunnel, RK_EVENT_NOTE, "refused: %s",
				sp_note_text(&tunnel->last_error));
		return false;
	}
	/* Crossing installs: the one of the session's client wins. */
	if (tunnel->asked_generation && peer->client) {
		rk_negotiate_refuse(peer, name, message->gen, "crossing",
				    "generation %u, asked for by the client, goes first",
				    tunnel->asked_generation);
		return false;
	}
	/* Crossing as server: our own, equal one is about to be refused. */
	if (message->gen <= tunnel->highest && message->gen != tunnel->asked_generation) {
		rk_negotiate_refuse(peer, name, tunnel->highest, "stale-generation",
				    "generation %u is not after %u", message->gen, tunnel->highest);
		return false;
	}
	return true;
}

/* The SPIs of the two directions must differ: keys depend on them. */
static int draw_spi(struct rk_tunnel *tunnel, uint32_t theirs, uint32_t *spi, struct sp_error *err)
{
	const struct rk_port *port = &tunnel->peer->port;

	do {
		*spi = 0;
		if (port->spi_alloc(port->arg, tunnel->config->name, spi, err))
			return -1;
	} while (*spi == theirs);
	return 0;
}

static void on_install(struct rk_tunnel *tunnel, const struct rk_message *message, double now)
{
	struct rk_message installed = about(tunnel, RK_VERB_INSTALLED, message->gen);
	struct rk_install what = { .generation = message->gen, .out_spi = message->spi };
	struct sp_error err;

	if (!may_install(tunnel, message))
		return;
	tunnel->asked_generation = 0;
	what.alg = find_word(tunnel->config, message->alg);
	if (draw_spi(tunnel, message->spi, &what.in_spi, &err) ||
	    install(tunnel, &what, false, message, now, &err)) {
		rk_negotiate_refuse(tunnel->peer, tunnel->config->name, message->gen, "kernel",
				    "%s", err.text);
		rk_tunnel_refused(tunnel, err.text, now);
		return;
	}
	/* While the peer finishes, a wish of our own can wait. */
	tunnel->retry_at = now + RK_ANSWER_SECONDS;
	installed.spi = what.in_spi;
	/* A life shorter than offered is the life of both ends. */
	if (what.life.hard_seconds != message->life_seconds)
		installed.life_seconds = what.life.hard_seconds;
	if (what.life.hard_bytes != message->life_bytes)
		installed.life_bytes = what.life.hard_bytes;
	rk_peer_send(tunnel->peer, &installed);
}

static void on_active(struct rk_tunnel *tunnel, const struct rk_message *message, double now)
{
	const struct rk_port *port = &tunnel->peer->port;
	struct sp_error err;

	/* The first packet may have been faster than this message. */
	if (!rk_tunnel_is_news(tunnel, message->gen))
		return;
	if (port->activate(port->arg, tunnel->config->name, message->gen, &err))
		rk_tunnel_refused(tunnel, err.text, now);
	else
		rk_tunnel_switch(tunnel, message->gen, false, now);
}

static void on_delete(struct rk_tunnel *tunnel, const struct rk_message *message, double now)
{
	bool at_its_end = now >= tunnel->rekey_at;

	rk_tunnel_remove(tunnel, message->gen);
	if (!message->gen || message->gen != tunnel->current)
		return;
	rk_tunnel_fallen(tunnel, "the peer has deleted generation %u", message->gen);
	/*
	 * Whoever takes a tunnel down does not want it back at once.  But a generation that was
	 * to be refreshed has come to its end there before that was done.
	 */
	if (at_its_end && tunnel->will == RK_WILL_KEEP) {
		rk_tunnel_want_again(tunnel, now);
		return;
	}
	if (tunnel->will == RK_WILL_KEEP)
		tunnel->will = RK_WILL_IDLE;
	if (!tunnel->asked_generation)
		tunnel->wanted = false;
}

/* --- no -------------------------------------------------------------------- */

/* Our word was refused: the next one, or an end that names them all. */
static void next_proposal(struct rk_tunnel *tunnel, const struct rk_message *message, double now)
{
	char offered[128], why[640];

	if (tunnel->proposal + 1 < tunnel->config->n_esp) {
		tunnel->proposal++;
		rk_negotiate_start(tunnel, now);
		return;
	}
	format_words(tunnel->config, offered, sizeof(offered));
	snprintf(why, sizeof(why), "peer refuses %s: %s", offered, message->text);
	rk_tunnel_refused(tunnel, why, now);
}

/* Our generation is behind, after a restart: at once with the next, unless that was the next. */
static void catch_up(struct rk_tunnel *tunnel, const struct rk_message *message, double now)
{
	if (message->gen > tunnel->highest && message->gen <= RK_GENERATION_MAX)
		tunnel->highest = message->gen;
	if (tunnel->failures)
		rk_tunnel_refused(tunnel, "the peer's generations run ahead of ours", now);
	else
		rk_negotiate_start(tunnel, now);
	tunnel->failures++;
}

/* The peer has no SAs any more, and wants none: ours lead nowhere. */
static void peer_is_down(struct rk_tunnel *tunnel)
{
	tunnel->will = RK_WILL_IDLE;
	rk_tunnel_remove_all(tunnel);
	if (tunnel->current)
		rk_tunnel_fallen(tunnel, "the peer has taken the tunnel down");
}

static void on_error(struct rk_tunnel *tunnel, const struct rk_message *message, double now)
{
	bool stale = !strcmp(message->code, "stale-generation");
	char why[640];

	snprintf(why, sizeof(why), "peer says %s: %s", message->code, message->text);
	if (!tunnel->asked_generation || (!stale && message->gen &&
					  message->gen != tunnel->asked_generation)) {
		rk_tunnel_event(tunnel, RK_EVENT_NOTE, "%s", why);
		return;
	}
	tunnel->asked_generation = 0;
	if (stale) {
		catch_up(tunnel, message, now);
	} else if (!strcmp(message->code, "alg")) {
		next_proposal(tunnel, message, now);
	} else {
		if (!strcmp(message->code, "down"))
			peer_is_down(tunnel);
		rk_tunnel_refused(tunnel, why, now);
	}
}

/* --- who and what ----------------------------------------------------------- */

static const struct {
	enum rk_verb verb;
	void (*handle)(struct rk_tunnel *tunnel, const struct rk_message *message, double now);
} handlers[] = {
	{ RK_VERB_INSTALL, on_install },	/* they ask: parked SAs, installed */
	{ RK_VERB_INSTALLED, on_installed },	/* they have: our SAs, active */
	{ RK_VERB_ACTIVE, on_active },		/* they use: so do we */
	{ RK_VERB_DELETE, on_delete },		/* they forget: so do we */
	{ RK_VERB_ERROR, on_error },		/* they refuse: another word, later, never */
};

/* A message without a name is about the only tunnel there is. */
static struct rk_tunnel *find_tunnel(const struct rk_peer *peer, const struct rk_message *message)
{
	struct rk_tunnel *first = STAILQ_FIRST(&peer->tunnels);

	if (message->tunnel[0])
		return rk_peer_tunnel(peer, message->tunnel);
	return first && !STAILQ_NEXT(first, next) ? first : NULL;
}

void rk_negotiate_message(struct rk_peer *peer, const struct rk_message *message, double now)
{
	struct rk_tunnel *tunnel = find_tunnel(peer, message);

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].verb != message->verb)
			continue;
		if (tunnel)
			handlers[i].handle(tunnel, message, now);
		else if (message->verb != RK_VERB_ERROR)
			rk_negotiate_refuse(peer, message->tunnel, message->gen, "unknown-tunnel",
					    "no tunnel of that name is configured for this peer");
		return;
	}
	rk_negotiate_refuse(peer, "", 0, "unknown-verb", "%s", message->verb_text);
}
