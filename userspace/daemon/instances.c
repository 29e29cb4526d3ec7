// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instances.h"
#include "io/log.h"
#include "kernel.h"
#include "number.h"
#include "party.h"

struct made_config {
	struct sp_tunnel_config config;
	struct sp_ts local, remote;
};

/* --- one of them ----------------------------------------------------------------------- */

/* As its section says today. */
static struct made_config *make_config(const struct tunnel *section, const char *name,
				       const struct sp_ts *local, const struct sp_ts *remote)
{
	const struct sp_tunnel_config *like = section->config;
	struct made_config *made = malloc(sizeof(*made));
	struct sp_tunnel_config *config = &made->config;

	if (!made)
		abort();
	made->local = *local;
	made->remote = *remote;
	*config = *like;
	STAILQ_INIT(&config->instances);
	config->section = like->section ? like->section : like;
	strcpy(config->name, name);
	config->local_ts = (struct sp_ts_list){ .list = &made->local, .n = 1 };
	config->remote_ts = (struct sp_ts_list){ .list = &made->remote, .n = 1 };
	/* Who has asked for it knows when it is up. */
	config->start = SP_START_LISTEN;
	return made;
}

static void discard(struct daemon *daemon, struct tunnel *tunnel)
{
	registry_remove_tunnel(&daemon->registry, tunnel);
}

/* Returns NULL if the engine has no memory for it. */
static struct tunnel *add_instance(struct tunnel *section, const char *name,
				   const struct sp_ts *local, const struct sp_ts *remote)
{
	struct party *party = section->party;
	struct made_config *made = make_config(section, name, local, remote);
	struct tunnel *tunnel = registry_add_tunnel(&party->daemon->registry, &made->config);
	struct engine_tunnel *keying;

	tunnel->made = made;
	tunnel->owner = section->owner;
	LIST_INSERT_HEAD(&section->instances, tunnel, of_section);
	keying = party->engine->add(party->keying, tunnel->config);
	if (keying) {
		tunnel_set_keying(tunnel, party, keying);
		return tunnel;
	}
	log_line("tunnel %s: out of memory", name);
	discard(party->daemon, tunnel);
	return NULL;
}

/* Without a number that is free there is none to be had, which takes thousands of millions. */
static bool find_name(const struct daemon *daemon, struct tunnel *section,
		      char name[SPINDLE_NAME_MAX + 1])
{
	const struct sp_tunnel_config *config = section->config;
	const char *word = config->section ? config->section->name : config->name;
	int len;

	do {
		len = snprintf(name, SPINDLE_NAME_MAX + 1, "%s~%u", word,
			       ++section->last_instance);
		if (len > SPINDLE_NAME_MAX)
			return false;
	} while (registry_tunnel(&daemon->registry, name));
	return true;
}

void instance_make(struct party *party, const struct port_instance *asked)
{
	struct daemon *daemon = party->daemon;
	struct tunnel *section = registry_tunnel(&daemon->registry, asked->tunnel), *tunnel;
	char name[SPINDLE_NAME_MAX + 1];
	struct sp_error err;

	/* It may have gone since. */
	if (!section || section->party != party || section->made)
		return;
	if (!find_name(daemon, section, name)) {
		log_line("tunnel %s: its name is too long for instances", section->name);
		return;
	}
	tunnel = add_instance(section, name, &asked->local, &asked->remote);
	if (!tunnel)
		return;
	if (kernel_make(daemon, tunnel, section, &err)) {
		log_line("%s", err.text);
		tunnel_set_trouble(tunnel, err.text);
	}
	party->engine->start(tunnel->keying, daemon_now());
}

static void end_tunnel(struct daemon *daemon, struct tunnel *tunnel)
{
	struct sp_error err;

	if (tunnel->party)
		tunnel->party->engine->drop(tunnel->keying);
	tunnel_set_keying(tunnel, NULL, NULL);
	/* Where its peer has never come from, there is none. */
	sp_nl_tunnel_del(daemon->nl, tunnel->name, &err);
	discard(daemon, tunnel);
}

void instance_end(struct party *party, const char *name)
{
	struct tunnel *tunnel = registry_tunnel(&party->daemon->registry, name);

	if (tunnel && tunnel->party == party && tunnel->made)
		end_tunnel(party->daemon, tunnel);
}

/* --- of a section ------------------------------------------------------------------------ */

void instances_end(struct daemon *daemon, struct tunnel *section)
{
	struct tunnel *tunnel;

	while ((tunnel = LIST_FIRST(&section->instances)))
		end_tunnel(daemon, tunnel);
}

void instances_follow(struct tunnel *section)
{
	struct made_config *made;
	struct tunnel *tunnel;

	LIST_FOREACH(tunnel, &section->instances, of_section) {
		made = make_config(section, tunnel->name, &tunnel->made->local,
				   &tunnel->made->remote);
		free(tunnel->made);
		tunnel->made = made;
		tunnel->config = &made->config;
		tunnel->party->engine->reconfigure(tunnel->keying, tunnel->config, false,
						   daemon_now());
	}
}

/* --- after a restart ----------------------------------------------------------------------- */

/* The number behind the last ~, 0 if there is none; what stands before it in @section. */
static unsigned int split_name(const char *name, char section[SPINDLE_NAME_MAX + 1])
{
	const char *tilde = strrchr(name, '~');
	struct sp_error err;
	uint64_t number;

	if (!tilde || sp_number_parse(&number, tilde + 1, 1, UINT32_MAX, &err))
		return 0;
	snprintf(section, SPINDLE_NAME_MAX + 1, "%.*s", (int)(tilde - name), name);
	return (unsigned int)number;
}

bool instance_is_left(const struct sp_config *config, const struct snapshot_tunnel *is)
{
	const struct sp_tunnel_config *like;
	char section[SPINDLE_NAME_MAX + 1];

	if (!split_name(is->name, section) || sp_config_tunnel(config, is->name))
		return false;
	like = sp_config_tunnel(config, section);
	return like && like->peer->keying == SP_KEYING_IKEV1 && is->local_ts.n == 1 &&
	       is->remote_ts.n == 1;
}

struct adoption {
	struct daemon *daemon;
	struct snapshot *kernel;
};

static void adopt_instance(const struct snapshot_tunnel *is, void *arg)
{
	const struct adoption *adoption = arg;
	struct daemon *daemon = adoption->daemon;
	struct tunnel *section, *tunnel = NULL;
	char word[SPINDLE_NAME_MAX + 1];
	struct sp_error err;

	if (!kernel_owns(is) || !instance_is_left(daemon->config, is))
		return;
	section = registry_tunnel(&daemon->registry,
				  split_name(is->name, word) ? word : "");
	if (section && section->party && section->owner == is->owner)
		tunnel = add_instance(section, is->name, &is->local_ts.list[0],
				      &is->remote_ts.list[0]);
	if (!tunnel) {
		if (sp_nl_tunnel_del(daemon->nl, is->name, &err))
			log_line("%s", err.text);
		return;
	}
	if (split_name(is->name, word) > section->last_instance)
		section->last_instance = split_name(is->name, word);
	if (kernel_adopt(adoption->kernel, tunnel, &err))
		log_line("%s", err.text);
	tunnel->party->engine->start(tunnel->keying, daemon_now());
}

void instances_adopt(struct daemon *daemon, struct snapshot *kernel)
{
	struct adoption adoption = { .daemon = daemon, .kernel = kernel };

	snapshot_each_tunnel(kernel, adopt_instance, &adoption);
}
