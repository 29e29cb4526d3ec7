/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two engines of keying/rsa, each with a small kernel, and the wire between
 * them, in simulated time.  What is simulated is the world around the engines;
 * the engines are the real ones.
 */
#ifndef RSA_WORLD_H
#define RSA_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keying/rsa/peer.h"
#include "kmod/suite.h"

enum { LINKS_MAX = 4096, MAIL_MAX = 64, SAS_MAX = 32 };

struct rk_link {
	bool open[2];			/* as each side's owner sees it */
	int client;			/* which side connected */
};

/* Both SAs of one generation in one side's kernel. */
struct kernel_sa {
	char tunnel[SPINDLE_NAME_MAX + 1];
	uint32_t generation, in_spi, out_spi;
	char alg[SPINDLE_ALG_MAX + 1];
	struct sp_life life;
	double added;
	bool told_soft;
};

struct mail {
	struct rk_link *link;
	char text[RK_TEXT_MAX + 1];
};

struct side {
	struct world *world;
	int number;
	struct sp_peer_config peer_config;
	struct sp_tunnel_config configs[2];
	struct sp_ts local_ts[2], remote_ts[2];		/* of these, one each */
	size_t n_tunnels;
	struct rk_peer *peer;
	struct kernel_sa sas[SAS_MAX];
	size_t n_sas;
	uint32_t sending[2];		/* current generation in the kernel, by tunnel */
	bool connecting;
	bool deaf;			/* connections to it fail */
	bool mute;			/* its messages get lost */
	struct mail mail[MAIL_MAX];	/* to it */
	size_t n_mail;
	unsigned int ups, downs, refusals, notes;
	const char *broken;		/* what its kernel refuses to do */
};

struct world {
	struct side sides[2];
	struct rk_link links[LINKS_MAX];
	size_t n_links;
	double now;
	uint32_t next_spi;
	uint64_t seed;
	unsigned int delivered;
	/* SAs are gone at one side and the other does not know: packets may get lost */
	bool lossy;
	unsigned int cut_at;		/* cut every session after so many messages; 0: never */
};

static inline uint32_t world_draw(struct world *w)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->seed >> 33);
}

static inline size_t tunnel_index(const struct side *side, const char *name)
{
	size_t i = 0;

	while (i + 1 < side->n_tunnels && strcmp(side->configs[i].name, name))
		i++;
	return i;
}

static inline struct kernel_sa *find_sa(struct side *side, const char *tunnel, uint32_t generation)
{
	for (size_t i = 0; i < side->n_sas; i++)
		if (side->sas[i].generation == generation && !strcmp(side->sas[i].tunnel, tunnel))
			return &side->sas[i];
	return NULL;
}

/* --- the port --------------------------------------------------------------- */

static inline void world_connect(void *arg, double now)
{
	struct side *side = arg;

	assert_true(now == side->world->now);
	assert_false(side->connecting);
	side->connecting = true;
}

static inline void world_send(void *arg, struct rk_link *link, const char *text)
{
	struct side *side = arg, *other = &side->world->sides[!side->number];

	assert_true(link->open[side->number]);
	if (side->mute || !link->open[other->number])
		return;
	assert_true(other->n_mail < MAIL_MAX);
	other->mail[other->n_mail].link = link;
	strcpy(other->mail[other->n_mail++].text, text);
}

static inline void world_close(void *arg, struct rk_link *link)
{
	const struct side *side = arg;

	assert_true(link->open[side->number]);
	link->open[side->number] = false;
}

static inline int world_spi_alloc(void *arg, const char *tunnel, uint32_t *spi,
				  struct sp_error *err)
{
	struct side *side = arg;

	if (side->broken && !strcmp(side->broken, "spi"))
		return sp_fail(err, "tunnel %s: no SPI left", tunnel);
	*spi = side->world->next_spi++;
	return 0;
}

static inline int world_install(void *arg, const char *tunnel, struct rk_link *link,
				const struct rk_install *what, struct sp_error *err)
{
	struct side *side = arg;
	struct kernel_sa *sa = &side->sas[side->n_sas];

	assert_true(link->open[side->number]);
	assert_null(find_sa(side, tunnel, what->generation));
	assert_int_not_equal(what->in_spi, what->out_spi);
	assert_non_null(spn_suite_find(what->alg));
	assert_true(what->life.soft_seconds < what->life.hard_seconds);
	if (side->broken && !strcmp(side->broken, "install"))
		return sp_fail(err, "tunnel %s: no memory", tunnel);
	assert_true(side->n_sas++ < SAS_MAX);
	*sa = (struct kernel_sa){
		.generation = what->generation, .in_spi = what->in_spi, .out_spi = what->out_spi,
		.life = what->life, .added = side->world->now,
	};
	strcpy(sa->tunnel, tunnel);
	strcpy(sa->alg, what->alg);
	if (!what->parked)
		side->sending[tunnel_index(side, tunnel)] = what->generation;
	return 0;
}

static inline int world_activate(void *arg, const char *tunnel, uint32_t generation,
				 struct sp_error *err)
{
	struct side *side = arg;

	if (!find_sa(side, tunnel, generation))
		return sp_fail(err, "tunnel %s: no generation %u", tunnel, generation);
	side->sending[tunnel_index(side, tunnel)] = generation;
	return 0;
}

static inline int world_remove(void *arg, const char *tunnel, uint32_t generation,
			       struct sp_error *err)
{
	struct side *side = arg;
	struct kernel_sa *sa = find_sa(side, tunnel, generation);
	uint32_t *sending = &side->sending[tunnel_index(side, tunnel)];

	if (!sa)
		return sp_fail(err, "tunnel %s: no generation %u", tunnel, generation);
	*sa = side->sas[--side->n_sas];
	if (*sending == generation)
		*sending = 0;
	return 0;
}

static inline void world_event(void *arg, struct rk_tunnel *tunnel, enum rk_event event,
			       const char *text)
{
	struct side *side = arg;

	if (getenv("TALK"))
		printf("# %9.3f %c %s: %s\n", side->world->now, 'a' + side->number,
		       tunnel ? tunnel->config->name : "peer", text);
	side->ups += event == RK_EVENT_UP;
	side->downs += event == RK_EVENT_DOWN;
	side->refusals += event == RK_EVENT_REFUSED;
	side->notes += event == RK_EVENT_NOTE;
}

static inline void world_random(void *arg, void *buf, size_t len)
{
	struct side *side = arg;
	uint8_t *octets = buf;

	while (len--)
		*octets++ = (uint8_t)world_draw(side->world);
}

/* --- making it ----------------------------------------------------------------- */

static inline void set_config(struct side *side)
{
	static const char *const addr[] = { "192.0.2.1", "192.0.2.2" };
	static const char *const names[] = { "lan", "dmz" };
	struct sp_error err;

	strcpy(side->peer_config.name, "other");
	assert_int_equal(sp_addr_parse(&side->peer_config.local, addr[side->number], &err), 0);
	assert_int_equal(sp_addr_parse(&side->peer_config.remote, addr[!side->number], &err), 0);
	for (size_t i = 0; i < 2; i++) {
		struct sp_tunnel_config *config = &side->configs[i];
		char text[32];

		strcpy(config->name, names[i]);
		config->esp[0] = spn_suite_find("aes128-sha256")->word;
		config->n_esp = 1;
		config->lifetime = 3600;
		config->start = SP_START_LISTEN;
		snprintf(text, sizeof(text), "10.%d.%zu.0/24", side->number + 1, i);
		assert_int_equal(sp_ts_parse(&side->local_ts[i], text, &err), 0);
		snprintf(text, sizeof(text), "10.%d.%zu.0/24", !side->number + 1, i);
		assert_int_equal(sp_ts_parse(&side->remote_ts[i], text, &err), 0);
		config->local_ts = (struct sp_ts_list){ &side->local_ts[i], 1 };
		config->remote_ts = (struct sp_ts_list){ &side->remote_ts[i], 1 };
	}
}

/* As the daemon begins: with what its kernel has. */
static inline void start_side(struct side *side)
{
	const struct rk_port port = {
		world_connect, world_send, world_close, world_spi_alloc, world_install,
		world_activate, world_remove, world_event, { world_random, side }, side,
	};

	side->connecting = false;
	side->n_mail = 0;
	side->peer = rk_peer_new(&side->peer_config, &port);
	for (size_t t = 0; t < side->n_tunnels; t++) {
		struct rk_tunnel *tunnel = rk_peer_add(side->peer, &side->configs[t]);

		for (size_t i = 0; i < side->n_sas; i++)
			if (!strcmp(side->sas[i].tunnel, tunnel->config->name))
				rk_tunnel_adopt(tunnel, side->sas[i].generation,
						spn_suite_find(side->sas[i].alg)->word,
						side->sas[i].generation == side->sending[t],
						side->sas[i].added);
		rk_tunnel_start(tunnel, side->world->now);
	}
}

static inline void cut_sessions(struct world *w)
{
	for (size_t i = 0; i < w->n_links; i++) {
		for (int s = 0; s < 2; s++) {
			if (!w->links[i].open[s])
				continue;
			w->links[i].open[s] = false;
			rk_peer_closed(w->sides[s].peer, &w->links[i], "cut", w->now);
		}
	}
	w->sides[0].n_mail = w->sides[1].n_mail = 0;
}

/* As after a reboot, or a flush by hand. */
static inline void forget_sas(struct side *side)
{
	side->n_sas = 0;
	side->sending[0] = 0;
	side->world->lossy = true;
}

/* Killed: the sessions go, the kernel stays. */
static inline void kill_side(struct side *side)
{
	cut_sessions(side->world);
	rk_peer_free(side->peer);
}

static inline struct world *new_world(uint64_t seed)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->seed = seed;
	w->now = 1000;
	w->next_spi = 0x1000;
	for (int s = 0; s < 2; s++) {
		w->sides[s].world = w;
		w->sides[s].number = s;
		w->sides[s].n_tunnels = 1;
		set_config(&w->sides[s]);
	}
	return w;
}

static inline void start_world(struct world *w)
{
	start_side(&w->sides[0]);
	start_side(&w->sides[1]);
}

static inline void free_world(struct world *w)
{
	kill_side(&w->sides[0]);
	rk_peer_free(w->sides[1].peer);
	free(w);
}

static inline struct rk_tunnel *tunnel_of(struct world *w, int side)
{
	return STAILQ_FIRST(&w->sides[side].peer->tunnels);
}

/* --- running it ------------------------------------------------------------------ */

/*
 * Make before break: whatever one side sends with, the other must be able to
 * open, unless one has deleted the tunnel or forgotten it.
 */
static inline void check_no_loss(struct world *w)
{
	rk_peer_check(w->sides[0].peer);
	rk_peer_check(w->sides[1].peer);
	if (w->sides[0].sending[0] == w->sides[1].sending[0])
		w->lossy = false;
	for (int s = 0; s < 2; s++) {
		struct side *from = &w->sides[s], *to = &w->sides[!s];
		struct kernel_sa *out = find_sa(from, "lan", from->sending[0]), *in;

		if (w->lossy || !from->sending[0] || !to->sending[0])
			continue;
		in = find_sa(to, "lan", from->sending[0]);
		assert_non_null(in);
		assert_int_equal(out->out_spi, in->in_spi);
		assert_int_equal(out->in_spi, in->out_spi);
		assert_string_equal(out->alg, in->alg);
	}
}

static inline bool deliver_one(struct world *w, struct side *side)
{
	struct mail mail;

	if (!side->n_mail)
		return false;
	mail = side->mail[0];
	memmove(side->mail, side->mail + 1, --side->n_mail * sizeof(mail));
	if (mail.link->open[side->number]) {
		if (getenv("TALK"))
			printf("# %9.3f to %c: %s\n", w->now, 'a' + side->number, mail.text);
		rk_peer_received(side->peer, mail.link, mail.text, w->now);
		if (++w->delivered == w->cut_at)
			cut_sessions(w);
		rk_peer_tick(side->peer, w->now);
	}
	return true;
}

/* An end closed by one side is seen by the other when the mail has been read. */
static inline bool notice_closed(struct world *w)
{
	for (size_t i = 0; i < w->n_links; i++) {
		struct rk_link *link = &w->links[i];

		for (int s = 0; s < 2; s++) {
			if (!link->open[s] || link->open[!s])
				continue;
			link->open[s] = false;
			rk_peer_closed(w->sides[s].peer, link, "closed", w->now);
			rk_peer_tick(w->sides[s].peer, w->now);
			return true;
		}
	}
	return false;
}

static inline bool connect_one(struct world *w, struct side *side)
{
	struct side *other = &w->sides[!side->number];
	struct rk_link *link = &w->links[w->n_links];

	if (!side->connecting)
		return false;
	side->connecting = false;
	if (other->deaf) {
		rk_peer_connect_failed(side->peer, false, "no connection", w->now);
	} else {
		assert_true(w->n_links++ < LINKS_MAX);
		*link = (struct rk_link){ .open = { true, true }, .client = side->number };
		rk_peer_opened(side->peer, link, true, w->now);
		if (link->open[other->number])
			rk_peer_opened(other->peer, link, false, w->now);
		rk_peer_tick(other->peer, w->now);
	}
	rk_peer_tick(side->peer, w->now);
	return true;
}

/* Both at once: each opens its own before it hears of the other's. */
static inline void connect_both(struct world *w)
{
	struct rk_link *link[2];

	for (int s = 0; s < 2; s++) {
		link[s] = &w->links[w->n_links++];
		*link[s] = (struct rk_link){ .open = { true, true }, .client = s };
		w->sides[s].connecting = false;
		rk_peer_opened(w->sides[s].peer, link[s], true, w->now);
		rk_peer_tick(w->sides[s].peer, w->now);
	}
	for (int s = 0; s < 2; s++)
		if (link[!s]->open[s])
			rk_peer_opened(w->sides[s].peer, link[!s], false, w->now);
}

static inline void expire_soft_and_hard(struct world *w)
{
	for (int s = 0; s < 2; s++) {
		struct side *side = &w->sides[s];

		for (size_t i = 0; i < side->n_sas; i++) {
			struct kernel_sa sa = side->sas[i];
			struct rk_tunnel *tunnel = rk_peer_tunnel(side->peer, sa.tunnel);
			double age = w->now - sa.added;

			if (age >= (double)sa.life.hard_seconds) {
				rk_tunnel_expire(tunnel, sa.generation, true, w->now);
				rk_peer_tick(side->peer, w->now);
				i = (size_t)-1;		/* the list has changed */
			} else if (age >= (double)sa.life.soft_seconds && !sa.told_soft) {
				side->sas[i].told_soft = true;
				rk_tunnel_expire(tunnel, sa.generation, false, w->now);
				rk_peer_tick(side->peer, w->now);
			}
		}
	}
}

static inline void settle(struct world *w)
{
	while (deliver_one(w, &w->sides[0]) || deliver_one(w, &w->sides[1]) ||
	       notice_closed(w) || connect_one(w, &w->sides[0]) || connect_one(w, &w->sides[1]))
		check_no_loss(w);
	check_no_loss(w);
}

static inline double next_expiry(const struct world *w)
{
	double next = INFINITY;

	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < w->sides[s].n_sas; i++) {
			const struct kernel_sa *sa = &w->sides[s].sas[i];
			uint64_t age = sa->told_soft ? sa->life.hard_seconds :
						       sa->life.soft_seconds;

			next = fmin(next, sa->added + (double)age);
		}
	}
	return next;
}

static inline void run_world(struct world *w, double seconds)
{
	double until = w->now + seconds;

	for (;;) {
		double next;

		for (int s = 0; s < 2; s++)
			rk_peer_tick(w->sides[s].peer, w->now);
		settle(w);
		next = fmin(fmin(rk_peer_deadline(w->sides[0].peer),
				 rk_peer_deadline(w->sides[1].peer)), next_expiry(w));
		if (next > until)
			break;
		w->now = fmax(next, w->now + 1e-6);
		expire_soft_and_hard(w);
	}
	w->now = until;
}

/* Up on both sides, with one and the same generation and nothing beside it. */
static inline void assert_up(struct world *w)
{
	uint32_t generation = tunnel_of(w, 0)->current;

	assert_int_not_equal(generation, 0);
	for (int s = 0; s < 2; s++) {
		assert_int_equal(tunnel_of(w, s)->current, generation);
		assert_int_equal(w->sides[s].sending[0], generation);
		assert_string_equal(rk_tunnel_state(tunnel_of(w, s)), "up");
	}
	check_no_loss(w);
}

static inline void assert_alone(struct world *w)
{
	for (int s = 0; s < 2; s++) {
		assert_int_equal(tunnel_of(w, s)->n_live, 1);
		assert_int_equal(w->sides[s].n_sas, w->sides[s].n_tunnels);
	}
}

/* The two sides. */
enum { A, B };

static inline struct world *up_world(void)
{
	struct world *w = new_world(1);

	start_world(w);
	rk_tunnel_up(tunnel_of(w, A), w->now);
	run_world(w, 0);
	assert_up(w);
	return w;
}

#endif
