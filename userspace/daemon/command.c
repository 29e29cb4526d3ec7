// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "command.h"
#include "engines.h"
#include "keys/keyring.h"
#include "party.h"
#include "resolve.h"
#include "show/json.h"
#include "status.h"
#include "target.h"

json_t *command_error(const char *text)
{
	return json_pack("{s:o}", "error", sp_json_text(text));
}

static json_t *done(void)
{
	return json_pack("{s:b}", "ok", 1);
}

json_t *command_up(const char *tunnel, uint32_t generation, const char *alg)
{
	return json_pack("{s:b, s:s, s:I, s:s}", "ok", 1, "tunnel", tunnel,
			 "generation", (json_int_t)generation, "alg", alg);
}

static const char *string_of(const json_t *request, const char *key)
{
	return json_string_value(json_object_get(request, key));
}

/* --- tunnels ------------------------------------------------------------------ */

/* The tunnels that an engine keys. */
static int find_tunnels(struct daemon *daemon, const json_t *request, struct target *target,
			struct sp_error *err)
{
	const char *name = string_of(request, "name");

	if (!name)
		return sp_fail(err, "the name of a tunnel is missing");
	target_find(daemon, name, target);
	if (target->n)
		return 0;
	if (sp_config_tunnel(daemon->config, name))
		return sp_fail(err, "tunnel %s: is keyed by hand (keying = manual)", name);
	return sp_fail(err, "tunnel %s: not in the configuration", name);
}

/* Before anything is done. */
static int may_not_wait(const struct command_wait *wait, struct sp_error *err)
{
	return wait->refused ? sp_fail(err, "too many others wait for tunnels; try again") : 0;
}

static struct engine_tunnel_look look_at(const struct tunnel *tunnel)
{
	struct engine_tunnel_look look;

	tunnel->party->engine->look_tunnel(tunnel->keying, &look);
	return look;
}

static int tell_wish(const struct target *target, enum engine_wish wish, struct sp_error *err)
{
	for (size_t i = 0; i < target->n; i++) {
		const struct tunnel *tunnel = target->list[i];

		if (tunnel->party->engine->wish(tunnel->keying, wish, daemon_now(), err))
			return -1;
	}
	return 0;
}

static json_t *wait_for(struct command_wait *wait, const json_t *request,
			const struct target *target, bool anew)
{
	snprintf(wait->tunnel, sizeof(wait->tunnel), "%s", string_of(request, "name"));
	for (size_t i = 0; i < target->n; i++)
		wait->before[i] = anew ? look_at(target->list[i]).generation : 0;
	return NULL;
}

static bool are_all_up(const struct target *target)
{
	for (size_t i = 0; i < target->n; i++)
		if (!look_at(target->list[i]).generation)
			return false;
	return true;
}

static json_t *up(struct daemon *daemon, const json_t *request, struct command_wait *wait)
{
	struct engine_tunnel_look look;
	struct target target;
	struct sp_error err;
	bool all_up;

	if (find_tunnels(daemon, request, &target, &err))
		return command_error(err.text);
	all_up = are_all_up(&target);
	look = look_at(target.list[0]);
	if ((!all_up && may_not_wait(wait, &err)) || tell_wish(&target, ENGINE_UP, &err))
		return command_error(err.text);
	if (all_up)
		return command_up(string_of(request, "name"), look.generation, look.alg);
	return wait_for(wait, request, &target, false);
}

static json_t *rekey(struct daemon *daemon, const json_t *request, struct command_wait *wait)
{
	struct target target;
	struct sp_error err;

	if (find_tunnels(daemon, request, &target, &err) || may_not_wait(wait, &err) ||
	    tell_wish(&target, ENGINE_REKEY, &err))
		return command_error(err.text);
	return wait_for(wait, request, &target, true);
}

static json_t *down(struct daemon *daemon, const json_t *request, struct command_wait *wait)
{
	struct target target;
	struct sp_error err;

	(void)wait;
	if (find_tunnels(daemon, request, &target, &err) ||
	    tell_wish(&target, ENGINE_DOWN, &err))
		return command_error(err.text);
	party_tick(target.list[0]->party);
	return done();
}

/* An event may be about one that came up once more meanwhile. */
static bool has_come(const struct tunnel *tunnel, uint32_t before, const struct port_event *event)
{
	uint32_t generation = strcmp(tunnel->name, event->tunnel) ? look_at(tunnel).generation :
								    event->generation;

	return generation && generation != before;
}

static bool is_about(const struct command_wait *wait, const struct port_event *event)
{
	size_t len = strlen(wait->tunnel);

	return len && !strncmp(event->tunnel, wait->tunnel, len) &&
	       (!event->tunnel[len] || event->tunnel[len] == '~');
}

json_t *command_hear(const struct daemon *daemon, const struct command_wait *wait,
		     const struct port_event *event)
{
	char error[sizeof(event->text) + sizeof(event->tunnel) + 16];
	struct target target;

	if (!is_about(wait, event))
		return NULL;
	if (event->kind == PORT_REFUSED || event->kind == PORT_DOWN) {
		snprintf(error, sizeof(error), "tunnel %s: %s", event->tunnel, event->text);
		return command_error(error);
	}
	if (event->kind != PORT_UP)
		return NULL;
	target_find(daemon, wait->tunnel, &target);
	for (size_t i = 0; i < target.n; i++)
		if (!has_come(target.list[i], wait->before[i], event))
			return NULL;
	return command_up(wait->tunnel, event->generation, event->alg);
}

static json_t *status(struct daemon *daemon, const json_t *request, struct command_wait *wait)
{
	struct sp_error err;
	json_t *status = status_make(daemon, string_of(request, "name"), &err);

	(void)wait;
	if (!status)
		return command_error(err.text);
	return json_pack("{s:b, s:o}", "ok", 1, "status", status);
}

/* --- the configuration ----------------------------------------------------------- */

static void collect_problem(const char *text, void *arg)
{
	json_array_append_new(arg, sp_json_text(text));
}

static json_t *list_changes(const struct plan *plan)
{
	json_t *changes = json_array();
	const struct plan_tunnel *tunnel;

	STAILQ_FOREACH(tunnel, &plan->tunnels, next)
		json_array_append_new(changes, json_pack("{s:s, s:s, s:s?}", "tunnel", tunnel->name,
							 "change", plan_word(tunnel->change), "why",
							 tunnel->why[0] ? tunnel->why : NULL));
	return changes;
}

/* Takes the two over unless it is only to tell, or fails. */
static json_t *take_over(struct daemon *daemon, struct sp_config *config, struct sp_keyring *keys,
			 bool only_tell)
{
	struct sp_error err;
	struct plan *plan = plan_make(daemon, config, keys, &err);
	json_t *changes;

	if (!plan)
		return command_error(err.text);
	changes = list_changes(plan);
	if (!only_tell)
		apply_plan(daemon, plan, config, keys);
	plan_free(plan);
	return json_pack("{s:b, s:o}", "ok", 1, "changes", changes);
}

json_t *command_reload(struct daemon *daemon, bool plan)
{
	struct sp_keyring *keys = sp_keyring_new(daemon->keys);
	json_t *problems = json_array(), *answer;
	struct sp_config *config = sp_config_load(daemon->config_path, collect_problem, problems);

	if (config)
		sp_config_split(config);
	if (config)
		resolve_fill(daemon, config);
	if (config && !engines_check(config, collect_problem, problems) &&
	    !sp_keyring_read(keys, config, collect_problem, problems))
		answer = take_over(daemon, config, keys, plan);
	else
		answer = json_pack("{s:s, s:O}", "error", "the configuration has mistakes",
				   "problems", problems);
	json_decref(problems);
	if (daemon->config != config)
		sp_config_free(config);
	if (daemon->keys != keys)
		sp_keyring_free(keys);
	return answer;
}

static json_t *reload(struct daemon *daemon, const json_t *request, struct command_wait *wait)
{
	(void)wait;
	return command_reload(daemon, json_is_true(json_object_get(request, "plan")));
}

/* --- the table --------------------------------------------------------------------- */

static const struct {
	const char *word;
	json_t *(*run)(struct daemon *daemon, const json_t *request, struct command_wait *wait);
} commands[] = {
	{ "up", up },
	{ "down", down },
	{ "rekey", rekey },
	{ "status", status },
	{ "reload", reload },
};

/* Whatever was not understood might have changed what is meant. */
static int check_request(const json_t *request, struct sp_error *err)
{
	const char *key;
	json_t *value;

	if (!json_is_object(request))
		return sp_fail(err, "a question is a JSON object");
	json_object_foreach((json_t *)request, key, value) {
		if (!strcmp(key, "plan") && !json_is_boolean(value))
			return sp_fail(err, "plan is neither true nor false");
		if ((!strcmp(key, "command") || !strcmp(key, "name")) && !json_is_string(value))
			return sp_fail(err, "%s is no text", key);
		if (strcmp(key, "plan") && strcmp(key, "command") && strcmp(key, "name"))
			return sp_fail(err, "\"%.64s\" is none of command, name, plan", key);
	}
	return 0;
}

json_t *command_run(struct daemon *daemon, const json_t *request, struct command_wait *wait)
{
	const char *word = string_of(request, "command");
	struct sp_error err;

	if (check_request(request, &err))
		return command_error(err.text);
	for (size_t i = 0; word && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].word, word))
			return commands[i].run(daemon, request, wait);
	return command_error("unknown command");
}
