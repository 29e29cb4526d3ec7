// SPDX-License-Identifier: GPL-2.0-or-later
/* Identities as users write them and as they go on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ident.h"

static const struct {
	const char *text;
	enum sp_ident_type type;
	const char *octets;
	uint16_t len;
	const char *shown;		/* NULL: as it was written */
} samples[] = {
	{ "192.0.2.1", SP_IDENT_IPV4, "\xc0\0\2\1", 4, NULL },
	{ "2001:db8::1", SP_IDENT_IPV6, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, NULL },
	{ "10.1.0.0/16", SP_IDENT_IPV4_SUBNET, "\xa\1\0\0\xff\xff\0\0", 8, NULL },
	{ "gw.example.org", SP_IDENT_FQDN, "gw.example.org", 14, NULL },
	{ "@gw", SP_IDENT_FQDN, "gw", 2, "gw" },
	{ "ann@example.org", SP_IDENT_USER_FQDN, "ann@example.org", 15, NULL },
	{ "fqdn:192.0.2.1", SP_IDENT_FQDN, "192.0.2.1", 9, NULL },
	{ "userfqdn:ann", SP_IDENT_USER_FQDN, "ann", 3, NULL },
	{ "keyid:0x00ff", SP_IDENT_KEY_ID, "\0\xff", 2, NULL },
	{ "keyid:branch", SP_IDENT_KEY_ID, "branch", 6, NULL },
	{ "any", SP_IDENT_ANY, "", 0, NULL },
	{ "C=DE,CN=gw", SP_IDENT_DN,
	  "\x30\x1a"
	  "\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
	  "DE"
	  "\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x13\x02"
	  "gw", 28, "C=DE, CN=gw" },
	{ "CN=\\ a\\ ", SP_IDENT_DN, NULL, 0, NULL },
	{ "dn:DC=org, E=ann@example.org", SP_IDENT_DN, NULL, 0, "DC=org, E=ann@example.org" },
};

static void test_forms(void **state)
{
	char text[SP_IDENT_STRLEN];
	struct sp_ident ident;
	struct sp_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		assert_int_equal(sp_ident_parse(&ident, samples[i].text, &err), 0);
		assert_int_equal(ident.type, samples[i].type);
		if (samples[i].octets) {
			assert_int_equal(ident.len, samples[i].len);
			assert_memory_equal(ident.octets, samples[i].octets, ident.len);
		}
		assert_string_equal(sp_ident_format(&ident, text),
				    samples[i].shown ? samples[i].shown : samples[i].text);
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"", "gw example", "keyid:", "keyid:0x0", "keyid:0xgg", "C=", "C=DE, gw", "dn:gw",
	};
	char text[600] = "CN=";
	struct sp_ident ident;
	struct sp_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sp_ident_parse(&ident, bad[i], &err), -1);
	memset(text + 3, 'x', 300);
	assert_int_equal(sp_ident_parse(&ident, text, &err), -1);
	assert_int_equal(sp_ident_parse(&ident, text + 3, &err), -1);
	/* The longest that fits, with lengths of more than one octet. */
	text[3 + 235] = '\0';
	assert_int_equal(sp_ident_parse(&ident, text, &err), 0);
	assert_true(sp_ident_equal(&ident, &ident));
}

static bool same(const char *a, const char *b)
{
	struct sp_ident left, right;
	struct sp_error err;

	assert_int_equal(sp_ident_parse(&left, a, &err) | sp_ident_parse(&right, b, &err), 0);
	return sp_ident_equal(&left, &right);
}

static void test_same(void **state)
{
	struct sp_ident utf8 = { .type = SP_IDENT_DN, .len = 28 }, printable;
	struct sp_error err;

	(void)state;
	assert_true(same("gw.example.org", "GW.Example.org"));
	assert_true(same("CN=Gateway, O=x", "cn=gateway,o=X"));
	assert_false(same("CN=a, O=b", "O=b, CN=a"));
	assert_false(same("CN=a", "CN=a, O=b"));
	assert_false(same("keyid:a", "keyid:A"));
	assert_false(same("keyid:gw", "fqdn:gw"));
	/* Another string, the same name. */
	assert_int_equal(sp_ident_parse(&printable, "C=DE, CN=gw", &err), 0);
	memcpy(utf8.octets, printable.octets, 28);
	utf8.octets[24] = 0x0c;
	assert_true(sp_ident_equal(&utf8, &printable));
}

/* What a peer sends, which may be anything. */
static void test_torn(void **state)
{
	struct sp_ident whole, torn;
	char text[SP_IDENT_STRLEN];
	struct sp_error err;

	(void)state;
	assert_int_equal(sp_ident_parse(&whole, "C=DE, CN=gw", &err), 0);
	for (uint16_t len = 0; len < whole.len; len++) {
		torn = whole;
		torn.len = len;
		assert_false(sp_ident_equal(&whole, &torn));
		assert_int_equal(strncmp(sp_ident_format(&torn, text), "dn:0x", 5), 0);
	}
	memset(torn.octets, 0xff, sizeof(torn.octets));
	torn.len = SP_IDENT_MAX;
	for (int type = 0; type < 256; type++) {
		torn.type = (uint8_t)type;
		assert_true(strlen(sp_ident_format(&torn, text)) < SP_IDENT_STRLEN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_torn),
	};

	return cmocka_run_group_tests_name("ident", tests, NULL, NULL);
}
