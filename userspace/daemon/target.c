// SPDX-License-Identifier: GPL-2.0-or-later
#include "party.h"
#include "target.h"

/* More than there is room for nobody waits for. */
static void keep_tunnel(struct tunnel *tunnel, struct target *target)
{
	if (tunnel->party && target->n < SP_INSTANCES_MAX)
		target->list[target->n++] = tunnel;
}

static void add_tunnel(const struct daemon *daemon, const char *name, struct target *target)
{
	struct tunnel *tunnel = registry_tunnel(&daemon->registry, name), *instance;

	if (!tunnel)
		return;
	keep_tunnel(tunnel, target);
	LIST_FOREACH(instance, &tunnel->instances, of_section)
		keep_tunnel(instance, target);
}

void target_find(const struct daemon *daemon, const char *name, struct target *target)
{
	const struct sp_tunnel_config *section = sp_config_section_of(daemon->config, name), *one;

	target->n = 0;
	if (!section) {
		add_tunnel(daemon, name, target);
		return;
	}
	STAILQ_FOREACH(one, &section->instances, of_section)
		add_tunnel(daemon, one->name, target);
}

const char *target_last_error(const struct target *target)
{
	for (size_t i = 0; i < target->n; i++)
		if (party_last_error(target->list[i])[0])
			return party_last_error(target->list[i]);
	return "";
}
