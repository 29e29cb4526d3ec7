// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "config/instance.h"
#include "party.h"
#include "routes.h"
#include "show/json.h"
#include "snapshot.h"
#include "status.h"
#include "udp.h"

/* Converts a time of our clock to seconds since the epoch; null stands for never. */
static json_t *wall_time(double then)
{
	if (isinf(then))
		return json_null();
	return json_integer((json_int_t)llround((double)time(NULL) + then - daemon_now()));
}

/* A time that has come is not shown any more. */
static json_t *time_ahead(double then)
{
	return then > daemon_now() ? wall_time(then) : json_null();
}

static json_t *text_or_null(const char *text)
{
	return text && text[0] ? sp_json_text(text) : json_null();
}

static void add_problem(const char *text, void *arg)
{
	json_array_append_new(arg, sp_json_text(text));
}

/* Why a tunnel may carry nothing, also one that is up: each room tells its own reasons. */
static json_t *problems_of(const struct daemon *daemon, const struct tunnel *tunnel)
{
	json_t *problems = json_array();

	if (tunnel->trouble)
		add_problem(tunnel->trouble, problems);
	routes_problems(daemon, tunnel->config, add_problem, problems);
	udp_problems(daemon, tunnel->config, add_problem, problems);
	return problems;
}

static json_t *keyed_tunnel(const struct daemon *daemon, const struct tunnel *tunnel)
{
	struct engine_tunnel_look look;
	bool up;

	tunnel->party->engine->look_tunnel(tunnel->keying, &look);
	up = look.generation != 0;
	return json_pack("{s:o, s:s, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o}",
			 "name", sp_json_text(tunnel->name),
			 "state", look.state,
			 "generation", up ? json_integer(look.generation) : json_null(),
			 "alg", up ? json_string(look.alg) : json_null(),
			 "rekeys", (int)look.rekeys,
			 "established", wall_time(look.established),
			 "rekey-at", wall_time(look.rekey_at),
			 "retry-at", time_ahead(look.retry_at),
			 "last-error", text_or_null(party_last_error(tunnel)),
			 "problems", problems_of(daemon, tunnel));
}

/* Keyed by hand: the kernel knows. */
static json_t *manual_tunnel(const struct daemon *daemon, const struct tunnel *tunnel,
			     const struct snapshot_tunnel *is)
{
	bool up = is && is->state == SPINDLE_TUNNEL_UP;
	bool off = is && is->options.admin == SPINDLE_ADMIN_DOWN;
	const char *state = off ? "admin-down" : up ? "up" : "down";
	const char *error = tunnel->trouble;

	if (!is && !error)
		error = "the kernel has no such tunnel";
	return json_pack("{s:o, s:s, s:o, s:n, s:i, s:n, s:n, s:n, s:o, s:o}",
			 "name", sp_json_text(tunnel->name), "state", state,
			 "generation", up ? json_integer(is->out_generation) : json_null(),
			 "alg", "rekeys", 0, "established", "rekey-at", "retry-at",
			 "last-error", text_or_null(error),
			 "problems", problems_of(daemon, tunnel));
}

static json_t *one_tunnel(const struct daemon *daemon, const struct sp_tunnel_config *config,
			  struct snapshot *kernel)
{
	const struct tunnel *tunnel = registry_tunnel(&daemon->registry, config->name);

	if (tunnel->party)
		return keyed_tunnel(daemon, tunnel);
	return manual_tunnel(daemon, tunnel, snapshot_tunnel(kernel, config->name));
}

/* Of an instance, what it carries: by its name nobody knows that. */
static json_t *with_networks(json_t *status, const struct sp_tunnel_config *config)
{
	char text[SP_TS_STRLEN];

	json_object_set_new(status, "local-ts",
			    json_string(sp_ts_format(&config->local_ts.list[0], text)));
	json_object_set_new(status, "remote-ts",
			    json_string(sp_ts_format(&config->remote_ts.list[0], text)));
	return status;
}

static bool has_text(const json_t *texts, const json_t *text)
{
	const json_t *one;
	size_t i;

	json_array_foreach(texts, i, one)
		if (json_equal(one, text))
			return true;
	return false;
}

static bool is_up(const json_t *status)
{
	return !strcmp(json_string_value(json_object_get(status, "state")), "up");
}

/* The first that is not up speaks for all, but for what all have had. */
static json_t *sum_of(const char *name, json_t *instances)
{
	const json_t *first = json_array_get(instances, 0), *one, *problem;
	json_t *sum, *problems = json_array();
	json_int_t rekeys = 0;
	size_t i, j;

	json_array_foreach(instances, i, one) {
		if (is_up(first))
			first = one;
		rekeys += json_integer_value(json_object_get(one, "rekeys"));
		json_array_foreach(json_object_get(one, "problems"), j, problem)
			if (!has_text(problems, problem))
				json_array_append(problems, (json_t *)problem);
	}
	sum = json_copy((json_t *)first);
	json_object_del(sum, "local-ts");
	json_object_del(sum, "remote-ts");
	json_object_set_new(sum, "name", sp_json_text(name));
	json_object_set_new(sum, "rekeys", json_integer(rekeys));
	json_object_set_new(sum, "problems", problems);
	json_object_set_new(sum, "instances", instances);
	return sum;
}

static json_t *one_section(const struct daemon *daemon, const struct sp_tunnel_config *section,
			   struct snapshot *kernel)
{
	const struct sp_tunnel_config *one;
	json_t *instances = json_array();

	STAILQ_FOREACH(one, &section->instances, of_section)
		json_array_append_new(instances,
				      with_networks(one_tunnel(daemon, one, kernel), one));
	return sum_of(section->name, instances);
}

/* With those that its engine has asked for, of which one that is up is enough. */
static json_t *whole_tunnel(const struct daemon *daemon, const struct sp_tunnel_config *config,
			    struct snapshot *kernel)
{
	const struct tunnel *tunnel = registry_tunnel(&daemon->registry, config->name), *one;
	json_t *status = one_tunnel(daemon, config, kernel), *instances, *instance;

	if (LIST_EMPTY(&tunnel->instances))
		return status;
	instances = json_array();
	LIST_FOREACH(one, &tunnel->instances, of_section) {
		instance = with_networks(one_tunnel(daemon, one->config, kernel), one->config);
		if (is_up(instance) && !is_up(status))
			json_object_set_new(status, "state", json_string("up"));
		json_array_insert_new(instances, 0, instance);
	}
	json_object_set_new(status, "instances", instances);
	return status;
}

/* A tunnel, or at the first of its instances a section as a whole. */
static void add_tunnel(const struct daemon *daemon, const struct sp_tunnel_config *config,
		       struct snapshot *kernel, json_t *tunnels)
{
	if (!config->section)
		json_array_append_new(tunnels, whole_tunnel(daemon, config, kernel));
	else if (STAILQ_FIRST(&config->section->instances) == config)
		json_array_append_new(tunnels, one_section(daemon, config->section, kernel));
}

/* Who we are to each other: what the engine says, or else our keys' fingerprints. */
static json_t *id_of(const char *said, const char *key)
{
	return text_or_null(said ? said : key);
}

static json_t *keyed_peer(const struct party *party, json_t *tunnels)
{
	struct engine_peer_look look;

	party->engine->look(party->keying, &look);
	return json_pack("{s:o, s:s, s:o, s:s*, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o}",
			 "name", sp_json_text(party->name), "keying", party->engine->name,
			 "auth", text_or_null(look.auth),
			 "profile", look.profile,
			 "state", look.state,
			 "phase", text_or_null(look.phase),
			 "local-id", id_of(look.local_id, party->local_id),
			 "remote-id", id_of(look.remote_id, party->remote_id),
			 "local-spi", text_or_null(look.local_spi),
			 "remote-spi", text_or_null(look.remote_spi),
			 "vendors", text_or_null(look.vendors),
			 "established", wall_time(look.established),
			 "rekey-at", wall_time(look.rekey_at),
			 "retry-at", time_ahead(look.retry_at),
			 "last-error", text_or_null(look.last_error),
			 "tunnels", tunnels);
}

static json_t *manual_peer(const struct sp_peer_config *peer, json_t *tunnels)
{
	return json_pack("{s:o, s:s, s:n, s:s, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, "
			 "s:o}",
			 "name", sp_json_text(peer->name), "keying", "manual", "auth",
			 "state", "manual", "phase",
			 "local-id", "remote-id", "local-spi", "remote-spi", "vendors",
			 "established", "rekey-at", "retry-at", "last-error", "tunnels", tunnels);
}

/* Where it and we are, and by what name that was found. */
static json_t *with_place(json_t *status, const struct sp_peer_config *peer,
			  const struct party *party)
{
	const struct sp_addr *remote = party && peer->remote_any ? &party->at : &peer->remote;
	char text[SP_ADDR_STRLEN];

	json_object_set_new(status, "local", peer->local.family ?
			    json_string(sp_addr_format(&peer->local, text)) : json_null());
	json_object_set_new(status, "remote", remote->family ?
			    json_string(sp_addr_format(remote, text)) : json_null());
	json_object_set_new(status, "remote-name", text_or_null(peer->remote_name));
	return status;
}

/* Shows @only of its tunnels, or all of them if that is NULL. */
static json_t *one_peer(const struct daemon *daemon, const struct sp_peer_config *peer,
			const struct sp_tunnel_config *only, struct snapshot *kernel)
{
	const struct party *party = party_find(daemon, peer->name);
	const struct sp_tunnel_config *config;
	json_t *tunnels = json_array();

	if (only)
		json_array_append_new(tunnels, STAILQ_EMPTY(&only->instances) ?
				      whole_tunnel(daemon, only, kernel) :
				      one_section(daemon, only, kernel));
	else
		STAILQ_FOREACH(config, &peer->tunnels, of_peer)
			add_tunnel(daemon, config, kernel, tunnels);
	return with_place(party ? keyed_peer(party, tunnels) : manual_peer(peer, tunnels), peer,
			  party);
}

/* A peer and a tunnel may have the same name, and need not belong to each other. */
static json_t *named_peers(const struct daemon *daemon, const char *name,
			   struct snapshot *kernel)
{
	const struct sp_tunnel_config *tunnel = sp_config_tunnel(daemon->config, name);
	const struct sp_peer_config *peer = sp_config_peer(daemon->config, name);
	json_t *peers = json_array();

	if (!tunnel)
		tunnel = sp_config_section_of(daemon->config, name);
	if (peer)
		json_array_append_new(peers, one_peer(daemon, peer, NULL, kernel));
	if (tunnel && tunnel->peer != peer)
		json_array_append_new(peers, one_peer(daemon, tunnel->peer, tunnel, kernel));
	return peers;
}

static json_t *all_peers(const struct daemon *daemon, struct snapshot *kernel)
{
	const struct sp_peer_config *peer;
	json_t *peers = json_array();

	STAILQ_FOREACH(peer, &daemon->config->peers, next)
		json_array_append_new(peers, one_peer(daemon, peer, NULL, kernel));
	return peers;
}

/* The kernel has nothing to add about tunnels that are keyed here. */
static bool needs_kernel(const struct daemon *daemon)
{
	const struct sp_peer_config *peer;

	STAILQ_FOREACH(peer, &daemon->config->peers, next)
		if (peer->keying == SP_KEYING_MANUAL)
			return true;
	return false;
}

json_t *status_make(struct daemon *daemon, const char *name, struct sp_error *err)
{
	struct snapshot *kernel = NULL;
	json_t *peers;

	if (name) {
		kernel = snapshot_begin(daemon->nl);
	} else if (needs_kernel(daemon)) {
		kernel = snapshot_take(daemon->nl, err);
		if (!kernel)
			return NULL;
	}
	peers = name ? named_peers(daemon, name, kernel) : all_peers(daemon, kernel);
	if (kernel && snapshot_failed(kernel, err)) {
		snapshot_free(kernel);
		json_decref(peers);
		return NULL;
	}
	snapshot_free(kernel);
	if (name && !json_array_size(peers)) {
		json_decref(peers);
		sp_fail(err, "no peer or tunnel %s in the configuration", name);
		return NULL;
	}
	return json_pack("{s:o}", "peers", peers);
}
