// SPDX-License-Identifier: GPL-2.0-or-later
/* Which options go with which: every combination of the facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kmod/rules.h"
#include "option.h"

static struct spn_facts facts_of(unsigned int bits)
{
	return (struct spn_facts){
		.transport = bits & 1, .ah = bits & 2, .sport = bits & 4, .dport = bits & 8,
		.keepalive = bits & 16, .follow = bits & 32, .tfc = bits & 64, .dummy = bits & 128,
	};
}

static bool is_told(const struct spn_facts *facts, const char *option)
{
	return (!strcmp(option, "encap") && (facts->sport || facts->dport)) ||
	       (!strcmp(option, "keepalive") && facts->keepalive) ||
	       (!strcmp(option, "follow") && facts->follow) ||
	       (!strcmp(option, "tfc") && facts->tfc) || (!strcmp(option, "dummy") && facts->dummy);
}

/* It names an option that there is, and that was told. */
static void a_broken_rule_names_the_option(void **state)
{
	(void)state;
	for (unsigned int bits = 0; bits < 256; bits++) {
		struct spn_facts facts = facts_of(bits);
		const struct spn_rule *rule = spn_rules_broken(&facts);

		if (!rule)
			continue;
		assert_non_null(sp_option_find(rule->option));
		assert_true(is_told(&facts, rule->option));
		assert_ptr_equal(strstr(rule->words, rule->option), rule->words);
	}
}

static void what_goes_together(void **state)
{
	enum { TRANSPORT = 1, AH = 2, ENCAP = 4 | 8, KEEPALIVE = 16, FOLLOW = 32, PADS = 64 | 128 };
	static const struct {
		unsigned int bits;
		const char *option;
	} rows[] = {
		{ 0, NULL },
		{ TRANSPORT, NULL },
		{ AH | FOLLOW, NULL },
		{ ENCAP | KEEPALIVE | FOLLOW | PADS, NULL },
		{ 4, "encap" },
		{ 8, "encap" },
		{ ENCAP | AH, "encap" },
		{ ENCAP | TRANSPORT, "encap" },
		{ KEEPALIVE, "keepalive" },
		{ FOLLOW | TRANSPORT, "follow" },
		{ 64 | AH, "tfc" },
		{ 64 | TRANSPORT, "tfc" },
		{ 128 | AH, "dummy" },
		{ 128 | TRANSPORT, "dummy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct spn_facts facts = facts_of(rows[i].bits);
		const struct spn_rule *rule = spn_rules_broken(&facts);

		if (rows[i].option)
			assert_string_equal(rule ? rule->option : "", rows[i].option);
		else
			assert_null(rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broken_rule_names_the_option),
		cmocka_unit_test(what_goes_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
