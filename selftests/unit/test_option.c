// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of a tunnel's options: each row, walked as its users walk it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/spindle.h>

#include "option.h"

static void no_two_have_the_same(void **state)
{
	const struct sp_option *a, *b;

	(void)state;
	for (size_t i = 0; (a = sp_option_at(i)); i++) {
		assert_ptr_equal(sp_option_find(a->word), a);
		assert_true(sp_option_all() & sp_option_bit(a));
		assert_in_range(a->attribute, 1, SPINDLE_A_TUNNEL_MAX);
		for (size_t j = 0; j < i; j++) {
			b = sp_option_at(j);
			assert_string_not_equal(a->word, b->word);
			assert_int_not_equal(sp_option_bit(a), sp_option_bit(b));
			assert_int_not_equal(a->attribute, b->attribute);
			assert_true(a->offset >= b->offset + b->parts * b->width ||
				    b->offset >= a->offset + a->parts * a->width);
		}
	}
	assert_null(sp_option_find("none of these"));
}

/* Whatever is in the fields of one, the others keep theirs. */
static void what_is_written_is_read(void **state)
{
	const struct sp_option *option;
	char text[SP_OPTION_STRLEN];
	struct sp_error err;

	(void)state;
	for (size_t i = 0; (option = sp_option_at(i)); i++) {
		struct sp_tunnel_options usual = sp_options_usual(), told, again;

		assert_int_equal(sp_option_get(option, &usual), option->usual);
		memset(&told, 0, sizeof(told));
		again = told;
		assert_int_equal(sp_option_parse(option, &told,
						 sp_option_format(option, &usual, text), &err), 0);
		assert_int_equal(sp_option_get(option, &told), option->usual);
		assert_int_equal(sp_options_differ(&told, &again) & ~sp_option_bit(option), 0);
		assert_int_equal(sp_option_parse(option, &told, "?/", &err), -1);
		assert_int_equal(sp_option_get(option, &told), option->usual);
	}
}

static void a_change_is_found(void **state)
{
	static const struct {
		const char *word, *value;
		uint32_t number;
		enum sp_option_form form;
	} rows[] = {
		{ "mode", "transport", SPINDLE_MODE_TRANSPORT, SP_OPTION_TEXT },
		{ "encap", "udp 4500 40001", 4500u << 16 | 40001, SP_OPTION_TEXT },
		{ "keepalive", "65535", 65535, SP_OPTION_NUMBER },
		{ "follow", "on", 1, SP_OPTION_SWITCH },
		{ "replay-window", "65536", 65536, SP_OPTION_NUMBER },
		{ "df", "clear", SPINDLE_DF_CLEAR, SP_OPTION_TEXT },
		{ "dscp", "63", 63, SP_OPTION_NUMBER },
		{ "tfc", "65534", 65534, SP_OPTION_NUMBER },
		{ "tfc", "mtu", SPINDLE_TFC_MTU, SP_OPTION_TEXT },
		{ "dummy", "1", 1, SP_OPTION_NUMBER },
		{ "clamp-mss", "on", 1, SP_OPTION_SWITCH },
		{ "fwmark", "0xffffffff", UINT32_MAX, SP_OPTION_NUMBER },
		{ "ah-align", "8", 8, SP_OPTION_NUMBER },
		{ "admin", "down", SPINDLE_ADMIN_DOWN, SP_OPTION_TEXT },
	};
	struct sp_tunnel_options usual = sp_options_usual();
	char text[SP_OPTION_STRLEN];
	struct sp_error err;
	uint32_t seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sp_option *option = sp_option_find(rows[i].word);
		struct sp_tunnel_options told = usual;

		assert_non_null(option);
		seen |= sp_option_bit(option);
		assert_int_equal(sp_option_parse(option, &told, rows[i].value, &err), 0);
		assert_int_equal(sp_option_get(option, &told), rows[i].number);
		assert_int_equal(sp_option_form(option, &told), rows[i].form);
		assert_string_equal(sp_option_format(option, &told, text), rows[i].value);
		assert_int_equal(sp_options_differ(&usual, &told), sp_option_bit(option));
	}
	/* One that has no number. */
	assert_int_equal(seen, sp_option_all() & ~sp_option_bit(sp_option_find("link")));
}

/* The words of the configuration and of the command line, in both. */
static void a_switch_has_four_words(void **state)
{
	static const struct {
		const char *word;
		uint32_t value;
	} rows[] = { { "on", 1 }, { "yes", 1 }, { "off", 0 }, { "no", 0 } };
	const struct sp_option *option = sp_option_find("follow");
	struct sp_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sp_tunnel_options told = { .follow = !rows[i].value };

		assert_int_equal(sp_option_parse(option, &told, rows[i].word, &err), 0);
		assert_int_equal(told.follow, rows[i].value);
	}
}

static void a_link_is_a_name(void **state)
{
	const struct sp_option *link = sp_option_find("link");
	struct sp_tunnel_options usual = sp_options_usual(), told = usual;
	char text[SP_OPTION_STRLEN];
	struct sp_error err;
	uint32_t ifindex;

	(void)state;
	assert_string_equal(sp_option_format(link, &told, text), "none");
	assert_int_equal(sp_option_to_wire(link, &told, &ifindex), 0);
	assert_int_equal(ifindex, 0);
	assert_int_equal(sp_option_parse(link, &told, "spindle-none", &err), 0);
	assert_int_equal(sp_options_differ(&usual, &told), sp_option_bit(link));
	assert_int_equal(sp_option_to_wire(link, &told, &ifindex), -1);
	assert_int_equal(sp_option_form(link, &told), SP_OPTION_TEXT);
	sp_option_from_wire(link, &told, INT32_MAX);	/* of one that is gone */
	assert_string_equal(sp_option_format(link, &told, text), "2147483647");
	assert_int_equal(sp_option_parse(link, &told, "much-too-long-name", &err), -1);
	assert_int_equal(sp_option_parse(link, &told, "lo", &err), 0);
	assert_int_equal(sp_option_to_wire(link, &told, &ifindex), 0);
	sp_option_from_wire(link, &usual, ifindex);
	assert_int_equal(sp_options_differ(&usual, &told), 0);
	assert_int_equal(sp_option_parse(link, &told, "none", &err), 0);
	assert_string_equal(told.link, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_have_the_same),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_change_is_found),
		cmocka_unit_test(a_switch_has_four_words),
		cmocka_unit_test(a_link_is_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
