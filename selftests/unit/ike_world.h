/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two IKE engines, each with a small kernel and a holder of its secret, and a network between
 * them that drops, doubles, delays and reorders, in simulated time.  What is simulated is the
 * world around the engines; the engines are the real ones.
 */
#ifndef IKE_WORLD_H
#define IKE_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hash.h"
#include "keying/ike/engine.h"
#include "keying/ike/peer.h"
#include "keying/ike/tunnel.h"
#include "kmod/suite.h"

enum { SAS_MAX = 32, FLIGHT_MAX = 256, ANSWERS_MAX = 16, TUNNELS_MAX = 2 };

/* Both SAs of one generation in one side's kernel. */
struct kernel_pair {
	char tunnel[SPINDLE_NAME_MAX + 1];
	struct sp_sa in, out;
	double added;
	bool told_soft;
};

struct flight {				/* a datagram on its way */
	double at;
	unsigned int order;
	int to;
	struct sp_path path;		/* as its receiver sees it */
	uint8_t *octets;
	size_t len;
};

struct answer {
	double at;
	uint32_t id;
	struct sp_key_answer answer;
};

struct side {
	struct world *world;
	int number;
	const char *psk;
	struct sp_key key, peer_key;	/* in place of it, if pkey is there */
	struct sp_peer_config config;
	struct sp_tunnel_config tunnels[TUNNELS_MAX];
	struct sp_ts networks[TUNNELS_MAX][2];	/* here and there */
	struct sp_ike_suite suite;
	struct sp_ident remote_id;
	size_t n_tunnels;
	struct port port;
	struct engine_peer *peer;
	struct engine_tunnel *keyed[TUNNELS_MAX];
	struct kernel_pair pairs[SAS_MAX];
	size_t n_pairs;
	uint32_t sending[TUNNELS_MAX];	/* the generation */
	struct port_way way[TUNNELS_MAX];
	struct answer answers[ANSWERS_MAX];
	size_t n_answers;
	unsigned int claims;
	unsigned int ups, downs, refusals, notes;
	char last_note[640];
	unsigned int traced;		/* lines of what passes */
	char last_trace[640];
	struct sp_secret logged_key;
	const char *broken;		/* what its kernel refuses to do */
	bool deaf;			/* what is sent to it gets lost */
};

struct world {
	struct side sides[2];
	struct flight flights[FLIGHT_MAX];
	size_t n_flights;
	double now;
	uint64_t seed;
	unsigned int sent, order;
	unsigned int drop, twice;	/* of 256 datagrams */
	double delay, jitter;
	bool nat;			/* side 0 is behind one */
	uint16_t nat_port;		/* the next it gives */
	uint16_t nat_map[2][2];		/* by [4500?]: the port inside, and outside */
	bool lossy;			/* one side has forgotten what the other still uses */
	bool cut;			/* likewise, for longer */
	/* what a test wants to do to each datagram; false: it is lost */
	bool (*meddle)(struct world *w, int from, uint8_t *octets, size_t *len);
};

static inline uint32_t world_draw(struct world *w)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->seed >> 33);
}

static inline size_t index_of(const struct side *side, const char *tunnel)
{
	size_t i = 0;

	while (i + 1 < side->n_tunnels && strcmp(side->tunnels[i].name, tunnel))
		i++;
	return i;
}

static inline struct kernel_pair *find_pair(struct side *side, const char *tunnel,
					    uint32_t generation)
{
	for (size_t i = 0; i < side->n_pairs; i++)
		if (side->pairs[i].in.generation == generation &&
		    !strcmp(side->pairs[i].tunnel, tunnel))
			return &side->pairs[i];
	return NULL;
}

static inline struct kernel_pair *find_in(struct side *side, uint32_t spi)
{
	for (size_t i = 0; i < side->n_pairs; i++)
		if (side->pairs[i].in.spi == spi)
			return &side->pairs[i];
	return NULL;
}

/* --- the host of a port ------------------------------------------------------------------- */

static inline int world_spi(void *arg, const char *tunnel, uint32_t *spi, struct sp_error *err)
{
	struct side *side = arg;

	if (side->broken && !strcmp(side->broken, "spi"))
		return sp_fail(err, "tunnel %s: no SPI left", tunnel);
	*spi = 0x1000 + world_draw(side->world);
	return 0;
}

static inline int world_install(void *arg, const char *tunnel, const struct sp_sa *in,
				const struct sp_sa *out, struct sp_error *err)
{
	struct side *side = arg;
	struct kernel_pair *pair = &side->pairs[side->n_pairs];
	const struct spn_suite *suite = spn_suite_find(in->alg);

	assert_null(find_pair(side, tunnel, in->generation));
	assert_int_equal(in->generation, out->generation);
	assert_int_not_equal(in->spi, out->spi);
	assert_non_null(suite);
	assert_int_equal(in->key.len, suite->key_len);
	assert_int_equal(in->auth_key.len, suite->auth_key_len);
	assert_true(in->life.soft_seconds < in->life.hard_seconds);
	if (side->broken && !strcmp(side->broken, "install"))
		return sp_fail(err, "tunnel %s: the kernel has no memory", tunnel);
	assert_true(side->n_pairs++ < SAS_MAX);
	*pair = (struct kernel_pair){ .in = *in, .out = *out, .added = side->world->now };
	strcpy(pair->tunnel, tunnel);
	if (!out->parked)
		side->sending[index_of(side, tunnel)] = in->generation;
	return 0;
}

static inline int world_activate(void *arg, const char *tunnel, uint32_t generation,
				 struct sp_error *err)
{
	struct side *side = arg;

	if (!find_pair(side, tunnel, generation))
		return sp_fail(err, "tunnel %s: no generation %u", tunnel, generation);
	side->sending[index_of(side, tunnel)] = generation;
	return 0;
}

static inline int world_remove(void *arg, const char *tunnel, uint32_t generation,
			       struct sp_error *err)
{
	struct side *side = arg;
	struct kernel_pair *pair = find_pair(side, tunnel, generation);
	uint32_t *sending = &side->sending[index_of(side, tunnel)];

	if (!pair)
		return sp_fail(err, "tunnel %s: no generation %u", tunnel, generation);
	*pair = side->pairs[--side->n_pairs];
	if (*sending == generation)
		*sending = 0;
	return 0;
}

static inline int world_place(void *arg, const char *tunnel, const struct port_way *way,
			      struct sp_error *err)
{
	struct side *side = arg;

	(void)err;
	side->way[index_of(side, tunnel)] = *way;
	return 0;
}

static inline void world_random(void *arg, void *buf, size_t len)
{
	struct side *side = arg;
	uint8_t *octets = buf;

	while (len--)
		*octets++ = (uint8_t)world_draw(side->world);
}

/* Only if a test has the port ask for it. */
static inline void world_trace(void *arg, const char *text)
{
	struct side *side = arg;

	side->traced++;
	snprintf(side->last_trace, sizeof(side->last_trace), "%s", text);
}

static inline void world_key_log(void *arg, const uint8_t cookie[8], const struct sp_secret *key)
{
	struct side *side = arg;

	assert_int_not_equal(cookie[0] | cookie[7] | cookie[3], 0);
	side->logged_key = *key;
}

static const struct port_host world_host = {
	.spi = world_spi, .install = world_install, .activate = world_activate,
	.remove = world_remove, .random = world_random, .place = world_place,
	.trace = world_trace, .key_log = world_key_log,
};

/* --- the network -------------------------------------------------------------------------- */

static inline struct sp_addr world_addr(const char *text)
{
	struct sp_addr addr;
	struct sp_error err;

	assert_int_equal(sp_addr_parse(&addr, text, &err), 0);
	return addr;
}

static inline void put_in_flight(struct world *w, int to, const struct sp_path *path,
				 const uint8_t *octets, size_t len)
{
	struct flight *flight = &w->flights[w->n_flights];
	double wait = w->delay + w->jitter * (world_draw(w) % 1000) / 1000;

	assert_true(w->n_flights++ < FLIGHT_MAX);
	*flight = (struct flight){
		.at = w->now + wait, .order = w->order++, .to = to, .path = *path, .len = len,
		.octets = malloc(len ? len : 1),
	};
	memcpy(flight->octets, octets, len);
}

/* What its receiver sees of where it came from. */
static inline struct sp_path seen_from(struct world *w, int from, const struct sp_path *path)
{
	struct sp_path seen = {
		.local = path->remote, .local_port = path->remote_port,
		.remote = path->local, .remote_port = path->local_port,
	};
	bool high = path->local_port == 4500;

	if (!w->nat || from)
		return seen;
	seen.remote = world_addr("203.0.113.9");
	if (w->nat_map[high][0] != path->local_port) {
		w->nat_map[high][0] = path->local_port;
		w->nat_map[high][1] = w->nat_port++;
	}
	seen.remote_port = w->nat_map[high][1];
	return seen;
}

/* To what is outside of a NAT, back to what is inside. */
static inline bool translate_back(const struct world *w, int to, struct sp_path *seen)
{
	if (!w->nat || to)
		return true;
	for (int high = 0; high < 2; high++) {
		if (w->nat_map[high][1] != seen->local_port)
			continue;
		seen->local = w->sides[0].config.local;
		seen->local_port = w->nat_map[high][0];
		return true;
	}
	return false;
}

static inline void world_talk(const struct world *w, int from, const uint8_t *octets, size_t len,
			      const char *what)
{
	char line[IKE_LINE_MAX];
	struct ike_header header;
	struct sp_error err;

	if (!getenv("TALK"))
		return;
	if (ike_header_parse(&header, (struct sp_octets){ octets, len }, &err))
		snprintf(line, sizeof(line), "%.400s", err.text);
	else
		ike_line_header(&header, line);
	printf("# %9.3f %c> %s%s\n", w->now, 'a' + from, line, what);
}

static inline void send_datagram(struct side *side, const struct port_request *request)
{
	struct world *w = side->world;
	struct sp_path seen = seen_from(w, side->number, &request->path);
	bool lost = world_draw(w) % 256 < w->drop;
	bool twice = world_draw(w) % 256 < w->twice;
	uint8_t octets[8192];
	size_t len = request->len;

	w->sent++;
	assert_true(len <= sizeof(octets));
	memcpy(octets, request->octets, len);
	lost |= w->sides[!side->number].deaf || !translate_back(w, !side->number, &seen);
	if (w->meddle && !w->meddle(w, side->number, octets, &len))
		lost = true;
	world_talk(w, side->number, octets, len, lost ? " lost" : twice ? " twice" : "");
	if (!lost)
		put_in_flight(w, !side->number, &seen, octets, len);
	if (!lost && twice)
		put_in_flight(w, !side->number, &seen, octets, len);
}

/* --- carrying out ------------------------------------------------------------------------- */

static inline void hold_answer(struct side *side, uint32_t id,
			       const struct sp_key_question *question)
{
	struct answer *answer = &side->answers[side->n_answers];
	struct sp_octets octets = { question->octets, question->len };
	struct sp_octets psk = { (const uint8_t *)side->psk, strlen(side->psk) };
	struct sp_error err;

	assert_true(side->n_answers++ < ANSWERS_MAX);
	answer->id = id;
	answer->at = side->world->now + 0.001 * (world_draw(side->world) % 4);
	if (question->kind == SP_KEY_SIGNATURE) {
		const struct sp_key_holding holding = { .own = side->key.pkey };

		sp_key_answer(question, &holding, &answer->answer);
		return;
	}
	assert_int_equal(question->kind, SP_KEY_PSK_PRF);
	answer->answer.len = sp_hash_len(question->hash);
	assert_int_equal(sp_hmac_parts(question->hash, psk, &octets, 1,
				       answer->answer.octets, &err), 0);
}

static inline void forget_answer(struct side *side, uint32_t id)
{
	for (size_t i = 0; i < side->n_answers; i++)
		if (side->answers[i].id == id)
			side->answers[i--] = side->answers[--side->n_answers];
}

static inline void hear_event(struct side *side, const struct port_event *event)
{
	if (getenv("TALK"))
		printf("# %9.3f %c  %s: %s\n", side->world->now, 'a' + side->number,
		       event->tunnel[0] ? event->tunnel : "peer", event->text);
	side->ups += event->kind == PORT_UP;
	side->downs += event->kind == PORT_DOWN;
	side->refusals += event->kind == PORT_REFUSED;
	side->notes += event->kind == PORT_NOTE;
	if (event->kind == PORT_NOTE)
		strcpy(side->last_note, event->text);
}

static inline void carry_out(struct side *side, const struct port_request *request)
{
	switch (request->verb) {
	case PORT_DATAGRAM:
		send_datagram(side, request);
		break;
	case PORT_ASK:
		hold_answer(side, request->id, request->question);
		break;
	case PORT_WITHDRAW:
		forget_answer(side, request->id);
		break;
	case PORT_EVENT:
		hear_event(side, request->event);
		break;
	case PORT_CLAIM:
		side->claims++;
		break;
	case PORT_DISCLAIM:
		assert_true(side->claims-- > 0);
		break;
	default:
		break;
	}
}

static inline void carry_out_all(struct side *side)
{
	struct port_request *request;

	while ((request = port_take(&side->port))) {
		carry_out(side, request);
		port_done(request);
	}
}

static inline void tick(struct side *side)
{
	ike_engine.tick(side->peer, side->world->now);
	carry_out_all(side);
	ike_peer_check((struct ike_peer *)side->peer);
}

/* --- making it ---------------------------------------------------------------------------- */

static inline void set_config(struct side *side, const char *ike, const char *esp)
{
	static const char *const addr[] = { "192.0.2.1", "192.0.2.2" };
	static const char *const names[] = { "lan", "dmz" };
	struct sp_peer_config *config = &side->config;
	struct sp_error err;

	strcpy(config->name, "other");
	config->keying = SP_KEYING_IKEV1;
	config->auth = SP_AUTH_PSK;
	config->local = world_addr(addr[side->number]);
	config->remote = world_addr(addr[!side->number]);
	assert_int_equal(sp_ike_suite_parse(&side->suite, ike, &err), 0);
	config->ike = &side->suite;
	config->n_ike = 1;
	config->remote_name = "";
	config->ike_lifetime = 28800;
	config->dpd = 30;
	for (size_t i = 0; i < TUNNELS_MAX; i++) {
		struct sp_tunnel_config *tunnel = &side->tunnels[i];
		char text[32];

		strcpy(tunnel->name, names[i]);
		tunnel->peer = config;
		tunnel->esp[0] = spn_suite_find(esp)->word;
		tunnel->n_esp = 1;
		tunnel->lifetime = 3600;
		tunnel->start = SP_START_LISTEN;
		tunnel->options = sp_options_usual();
		snprintf(text, sizeof(text), "10.%d.%zu.0/24", side->number + 1, i);
		assert_int_equal(sp_ts_parse(&side->networks[i][0], text, &err), 0);
		snprintf(text, sizeof(text), "10.%d.%zu.0/24", !side->number + 1, i);
		assert_int_equal(sp_ts_parse(&side->networks[i][1], text, &err), 0);
		tunnel->local_ts = (struct sp_ts_list){ &side->networks[i][0], 1 };
		tunnel->remote_ts = (struct sp_ts_list){ &side->networks[i][1], 1 };
	}
}

static inline void adopt_pairs(struct side *side, size_t at)
{
	for (size_t i = 0; i < side->n_pairs; i++) {
		const struct kernel_pair *pair = &side->pairs[i];
		struct engine_generation generation = {
			.number = pair->in.generation, .alg = spn_suite_find(pair->in.alg)->word,
			.current = pair->in.generation == side->sending[at], .since = pair->added,
		};

		if (strcmp(pair->tunnel, side->tunnels[at].name))
			continue;
		generation.in_spi = pair->in.spi;
		ike_engine.adopt(side->keyed[at], &generation);
		generation.in_spi = 0;
		generation.out_spi = pair->out.spi;
		ike_engine.adopt(side->keyed[at], &generation);
	}
}

/* As the daemon begins: with what its kernel has. */
static inline void start_side(struct side *side)
{
	bool has_key = side->key.pkey != NULL;
	const struct engine_keys keys = {
		.own = has_key ? &side->key : NULL, .peer = has_key ? &side->peer_key : NULL,
	};

	side->n_answers = 0;
	side->claims = 0;
	port_init(&side->port, &world_host, side);
	side->peer = ike_engine.open(&side->config, &keys, &side->port);
	for (size_t i = 0; i < side->n_tunnels; i++) {
		side->keyed[i] = ike_engine.add(side->peer, &side->tunnels[i]);
		adopt_pairs(side, i);
		ike_engine.start(side->keyed[i], side->world->now);
	}
	tick(side);
}

/* Killed: the kernel stays. */
static inline void kill_side(struct side *side)
{
	ike_engine.close(side->peer);
	carry_out_all(side);
	assert_int_equal(side->claims, 0);
}

/* As after a reboot, or a flush by hand. */
static inline void forget_pairs(struct side *side)
{
	side->n_pairs = 0;
	memset(side->sending, 0, sizeof(side->sending));
	side->world->lossy = true;
}

static inline struct world *new_world(uint64_t seed, const char *ike, const char *esp)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->seed = seed;
	w->now = 1000;
	w->delay = 0.01;
	w->nat_port = 30000;
	for (int s = 0; s < 2; s++) {
		w->sides[s].world = w;
		w->sides[s].number = s;
		w->sides[s].psk = "our secret";
		w->sides[s].n_tunnels = 1;
		set_config(&w->sides[s], ike, esp);
	}
	return w;
}

static inline struct world *usual_world(uint64_t seed)
{
	return new_world(seed, "aes128-sha256-x25519", "aes128-sha256");
}

static inline void start_world(struct world *w)
{
	start_side(&w->sides[0]);
	start_side(&w->sides[1]);
}

static inline void free_world(struct world *w)
{
	for (int s = 0; s < 2; s++)
		kill_side(&w->sides[s]);
	for (size_t i = 0; i < w->n_flights; i++)
		free(w->flights[i].octets);
	free(w);
}

static inline struct ike_tunnel *tunnel_of(struct world *w, int side)
{
	return (struct ike_tunnel *)w->sides[side].keyed[0];
}

static inline struct ike_peer *peer_of(struct world *w, int side)
{
	return (struct ike_peer *)w->sides[side].peer;
}

/* --- running it --------------------------------------------------------------------------- */

static inline bool same_keys(const struct sp_sa *a, const struct sp_sa *b)
{
	return sp_secret_equal(&a->key, &b->key) && sp_secret_equal(&a->auth_key, &b->auth_key);
}

/*
 * Make before break: whatever one side sends with, the other must be able to open, unless one
 * has deleted the tunnel or forgotten it.
 */
static inline void check_no_loss(struct world *w)
{
	bool both = true;

	for (int s = 0; s < 2; s++) {
		struct side *from = &w->sides[s], *to = &w->sides[!s];
		struct kernel_pair *pair = find_pair(from, "lan", from->sending[0]), *other;

		if (!pair) {
			both = false;
			continue;
		}
		other = find_in(to, pair->out.spi);
		both &= other != NULL;
		if (w->lossy || w->cut)
			continue;
		assert_non_null(other);
		assert_true(same_keys(&pair->out, &other->in));
		assert_string_equal(pair->out.alg, other->in.alg);
	}
	if (both)
		w->lossy = false;
}

static inline struct flight *next_flight(struct world *w)
{
	struct flight *first = NULL;

	for (size_t i = 0; i < w->n_flights; i++) {
		struct flight *it = &w->flights[i];

		if (!first || it->at < first->at ||
		    (it->at <= first->at && it->order < first->order))
			first = it;
	}
	return first;
}

static inline bool land_one(struct world *w)
{
	struct flight *flight = next_flight(w), it;
	struct side *side;

	if (!flight || flight->at > w->now)
		return false;
	it = *flight;
	*flight = w->flights[--w->n_flights];
	side = &w->sides[it.to];
	ike_engine.datagram(side->peer, &it.path, it.octets, it.len, w->now);
	free(it.octets);
	tick(side);
	check_no_loss(w);
	return true;
}

static inline bool answer_one(struct side *side)
{
	for (size_t i = 0; i < side->n_answers; i++) {
		struct answer it = side->answers[i];

		if (it.at > side->world->now)
			continue;
		side->answers[i] = side->answers[--side->n_answers];
		ike_engine.answer(side->peer, it.id, &it.answer, side->world->now);
		tick(side);
		return true;
	}
	return false;
}

static inline void tell_expiry(struct side *side, const struct kernel_pair *pair, bool hard)
{
	struct engine_news news = {
		.kind = hard ? ENGINE_HARD : ENGINE_SOFT, .generation = pair->in.generation,
	};

	ike_engine.news(side->keyed[index_of(side, pair->tunnel)], &news, side->world->now);
	tick(side);
}

static inline bool expire_one(struct side *side)
{
	for (size_t i = 0; i < side->n_pairs; i++) {
		struct kernel_pair *pair = &side->pairs[i], it = *pair;
		double age = side->world->now - pair->added;
		bool hard = age >= (double)pair->in.life.hard_seconds;

		if (!hard && (pair->told_soft || age < (double)pair->in.life.soft_seconds))
			continue;
		if (hard) {
			/* The peer's half may live a moment longer. */
			side->world->lossy = true;
			if (side->sending[index_of(side, pair->tunnel)] == it.in.generation)
				side->sending[index_of(side, pair->tunnel)] = 0;
		}
		pair->told_soft = true;
		tell_expiry(side, &it, hard);
		return true;
	}
	return false;
}

static inline double next_time(struct world *w)
{
	struct flight *flight = next_flight(w);
	double next = flight ? flight->at : INFINITY;

	for (int s = 0; s < 2; s++) {
		struct side *side = &w->sides[s];

		next = fmin(next, ike_engine.deadline(side->peer));
		for (size_t i = 0; i < side->n_answers; i++)
			next = fmin(next, side->answers[i].at);
		for (size_t i = 0; i < side->n_pairs; i++) {
			const struct kernel_pair *pair = &side->pairs[i];

			next = fmin(next, pair->added + (double)(pair->told_soft ?
				    pair->in.life.hard_seconds : pair->in.life.soft_seconds));
		}
	}
	return next;
}

static inline void settle(struct world *w)
{
	unsigned int steps = 0;

	while (land_one(w) || answer_one(&w->sides[0]) || answer_one(&w->sides[1]) ||
	       expire_one(&w->sides[0]) || expire_one(&w->sides[1]))
		assert_true(++steps < 10000);
	check_no_loss(w);
}

static inline void run_world(struct world *w, double seconds)
{
	double until = w->now + seconds, next;
	unsigned int steps = 0;

	for (;;) {
		for (int s = 0; s < 2; s++)
			tick(&w->sides[s]);
		settle(w);
		next = next_time(w);
		if (next > until)
			break;
		/* An engine that asks for its turn again and again does nothing in it. */
		assert_true(++steps < 100000);
		w->now = fmax(next, w->now + 1e-6);
	}
	w->now = until;
}

/* The side's kernel opens a packet of the other's, and switches if that one is parked. */
static inline void send_packet(struct side *from)
{
	struct side *to = &from->world->sides[!from->number];
	struct kernel_pair *out = find_pair(from, "lan", from->sending[0]), *in;
	struct engine_news news = { .kind = ENGINE_ACTIVE };

	in = out ? find_in(to, out->out.spi) : NULL;
	if (!in || in->in.generation <= to->sending[0] || !in->out.parked)
		return;
	in->out.parked = false;
	to->sending[0] = in->in.generation;
	news.generation = in->in.generation;
	ike_engine.news(to->keyed[0], &news, to->world->now);
	tick(to);
}

static inline void wish(struct world *w, int side, enum engine_wish it)
{
	struct sp_error err;

	ike_engine.wish(w->sides[side].keyed[0], it, w->now, &err);
	tick(&w->sides[side]);
}

/* Up on both sides, and what each sends the other opens. */
static inline void assert_up(struct world *w)
{
	w->lossy = false;
	for (int s = 0; s < 2; s++) {
		assert_int_not_equal(w->sides[s].sending[0], 0);
		assert_int_equal(tunnel_of(w, s)->current, w->sides[s].sending[0]);
		assert_string_equal(ike_tunnel_state(tunnel_of(w, s)), "up");
	}
	check_no_loss(w);
}

static inline void assert_down(struct world *w, int side)
{
	assert_int_equal(w->sides[side].n_pairs, 0);
	assert_int_equal(tunnel_of(w, side)->current, 0);
	assert_int_equal(tunnel_of(w, side)->n_live, 0);
}

#endif
