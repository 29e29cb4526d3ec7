// SPDX-License-Identifier: GPL-2.0-or-later
#include "io/log.h"
#include "routes_inside.h"

static int take_rule(const struct sp_rule *is, void *arg)
{
	struct routes *routes = arg;
	struct wanted_rule *rule;
	struct sp_error err;

	if (is->protocol != SP_RT_PROTOCOL)
		return 0;
	rule = wanted_rule(&routes->wanted, is);
	if (rule && !rule->there)
		rule->there = true;
	else if (sp_rule_del(routes->rt, is, &err))
		log_line("rule %u: %s", is->priority, err.text);
	return 0;
}

void routes_settle_rules(struct routes *routes)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };
	struct sp_error err;

	for (size_t i = 0; i < routes->wanted.n_rules; i++)
		routes->wanted.rules[i].there = false;
	for (size_t i = 0; i < 2; i++)
		if (sp_rule_dump(routes->rt, families[i], take_rule, routes, &err))
			log_line("%s rules: %s", sp_family(families[i]), err.text);
	for (size_t i = 0; i < routes->wanted.n_rules; i++) {
		struct wanted_rule *rule = &routes->wanted.rules[i];
		const char *family = sp_family(rule->rule.family);

		rule->there = rule->there || !sp_rule_add(routes->rt, &rule->rule, &err);
		if (rule->there)
			routes_settled(&rule->error, "%s rule %u", family, rule->rule.priority);
		else
			routes_note(routes, &rule->error, "%s rule %u: %s", family,
				    rule->rule.priority, err.text);
	}
}
