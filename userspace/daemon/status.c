// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>
#include <time.h>

#include "party.h"
#include "routes.h"
#include "status.h"

/* From our clock to seconds since the epoch; null for never. */
static json_t *wall_time(double then)
{
	if (isinf(then))
		return json_null();
	return json_integer((json_int_t)llround((double)time(NULL) + then - daemon_now()));
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static void add_problem(const char *text, void *arg)
{
	json_array_append_new(arg, json_string(text));
}

/* Why it may carry nothing even though it is up. */
static json_t *problems_of(const struct daemon *daemon, const struct sp_tunnel_config *config)
{
	json_t *problems = json_array();

	routes_problems(daemon, config, add_problem, problems);
	return problems;
}

static json_t *keyed_tunnel(const struct rk_tunnel *tunnel)
{
	double never = INFINITY;
	bool up = tunnel->current != 0;

	return json_pack("{s:s, s:s, s:o, s:o, s:i, s:o, s:o, s:o, s:o}",
			 "name", tunnel->config.name,
			 "state", rk_tunnel_state(tunnel),
			 "generation", up ? json_integer(tunnel->current) : json_null(),
			 "alg", up ? json_string(tunnel->alg) : json_null(),
			 "rekeys", (int)tunnel->rekeys,
			 "established", wall_time(up ? tunnel->established : never),
			 "rekey-at", wall_time(tunnel->rekey_at),
			 "last-error", text_or_null(tunnel->last_error),
			 "problems", problems_of(party_of(tunnel)->daemon, &tunnel->config));
}

/* Keyed by hand: the kernel knows. */
static json_t *manual_tunnel(struct daemon *daemon, const struct sp_tunnel_config *config)
{
	struct sp_tunnel is;
	struct sp_error err;
	bool there = !sp_nl_tunnel_get(daemon->nl, config->name, &is, &err);
	bool up = there && is.state == SPINDLE_TUNNEL_UP;

	return json_pack("{s:s, s:s, s:o, s:i, s:o, s:o}",
			 "name", config->name, "state", up ? "up" : "down",
			 "generation", up ? json_integer(is.out_generation) : json_null(),
			 "rekeys", 0,
			 "last-error", there ? json_null() : json_string(err.text),
			 "problems", problems_of(daemon, config));
}

static json_t *tunnels_of(struct daemon *daemon, const struct sp_peer_config *peer,
			  const char *only)
{
	const struct sp_tunnel_config *config;
	json_t *list = json_array();

	STAILQ_FOREACH(config, &daemon->config->tunnels, next) {
		const struct rk_tunnel *tunnel = party_find_tunnel(daemon, config->name);

		if (config->peer != peer || (only && strcmp(only, config->name)))
			continue;
		json_array_append_new(list, tunnel ? keyed_tunnel(tunnel) :
						     manual_tunnel(daemon, config));
	}
	return list;
}

/* RSA keying has no SPIs of its own and refreshes nothing but SAs: those fields are IKE's. */
static json_t *keyed_peer(const struct party *party, json_t *tunnels)
{
	const struct rk_peer *peer = party->engine;

	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:n, s:n, s:o, s:n, s:o, s:o}",
			 "name", peer->config.name, "keying", "rsa",
			 "auth", party->profile == RK_SIGNED ? json_string("key") : json_null(),
			 "profile", party->profile == RK_SIGNED ? "signed" : "compat",
			 "state", rk_peer_state(peer),
			 "local-id", text_or_null(party->local_id),
			 "remote-id", text_or_null(party->remote_id),
			 "local-spi", "remote-spi",
			 "established", wall_time(peer->link ? peer->opened : INFINITY),
			 "rekey-at",
			 "last-error", text_or_null(peer->last_error),
			 "tunnels", tunnels);
}

static json_t *manual_peer(const struct sp_peer_config *peer, json_t *tunnels)
{
	return json_pack("{s:s, s:s, s:n, s:s, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:o}",
			 "name", peer->name, "keying", "manual", "auth", "state", "manual",
			 "local-id", "remote-id", "local-spi", "remote-spi", "established",
			 "rekey-at", "last-error", "tunnels", tunnels);
}

json_t *status_make(struct daemon *daemon, const char *name, struct sp_error *err)
{
	const struct sp_peer_config *peer;
	json_t *peers = json_array();

	STAILQ_FOREACH(peer, &daemon->config->peers, next) {
		bool named = name && !strcmp(name, peer->name);
		const struct party *party = party_find(daemon, peer->name);
		json_t *tunnels = tunnels_of(daemon, peer, named ? NULL : name);

		if (name && !named && !json_array_size(tunnels))
			json_decref(tunnels);
		else
			json_array_append_new(peers, party ? keyed_peer(party, tunnels) :
							     manual_peer(peer, tunnels));
	}
	if (name && !json_array_size(peers)) {
		json_decref(peers);
		sp_fail(err, "no peer or tunnel %s in the configuration", name);
		return NULL;
	}
	return json_pack("{s:o}", "peers", peers);
}
