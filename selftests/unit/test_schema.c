// SPDX-License-Identifier: GPL-2.0-or-later
/* What is printed of a configuration is one, and the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/schema.h"

static char path[] = "/tmp/spindle-schema-XXXXXX";

static void on_problem(const char *text, void *arg)
{
	(void)arg;
	fail_msg("%s", text);
}

static struct sp_config *load(const char *text)
{
	FILE *file = fopen(path, "w");
	struct sp_config *config;

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	config = sp_config_load(path, on_problem, NULL);
	assert_non_null(config);
	return config;
}

static void print_value(const char *word, const char *value, void *arg)
{
	if (value)
		fprintf(arg, "%s = %s\n", word, value);
}

/* Allocates. */
static char *print(const struct sp_config *config)
{
	const struct sp_tunnel_config *tunnel;
	const struct sp_peer_config *peer;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	STAILQ_FOREACH(peer, &config->peers, next) {
		fprintf(out, "[peer %s]\n", peer->name);
		sp_peer_each_key(peer, print_value, out);
	}
	STAILQ_FOREACH(tunnel, &config->tunnels, next) {
		fprintf(out, "[tunnel %s]\n", tunnel->name);
		sp_tunnel_each_key(tunnel, print_value, out);
	}
	assert_int_equal(fclose(out), 0);
	return text;
}

static void same_peer(const struct sp_peer_config *a, const struct sp_peer_config *b)
{
	assert_string_equal(a->name, b->name);
	assert_true(sp_addr_equal(&a->local, &b->local));
	assert_true(sp_addr_equal(&a->remote, &b->remote));
	assert_int_equal(a->local_by_route, b->local_by_route);
	assert_string_equal(a->remote_name, b->remote_name);
	assert_int_equal(a->keying, b->keying);
	assert_int_equal(a->profile, b->profile);
	assert_int_equal(a->port, b->port);
	assert_int_equal(a->allow_insecure, b->allow_insecure);
	assert_int_equal(a->past, b->past);
	assert_string_equal(a->key ? a->key : "", b->key ? b->key : "");
	assert_string_equal(a->peer_key ? a->peer_key : "", b->peer_key ? b->peer_key : "");
}

static void same_ident(const struct sp_ident *a, const struct sp_ident *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->octets, b->octets, a->len);
}

static void same_ike(const struct sp_peer_config *a, const struct sp_peer_config *b)
{
	const struct sp_ident ours = sp_config_local_id(a), again = sp_config_local_id(b);

	same_ident(&ours, &again);
	assert_int_equal(a->remote_any, b->remote_any);
	assert_int_equal(a->auth, b->auth);
	assert_string_equal(a->psk ? a->psk : "", b->psk ? b->psk : "");
	assert_int_equal(a->n_ike, b->n_ike);
	assert_memory_equal(a->ike, b->ike, a->n_ike * sizeof(a->ike[0]));
	assert_int_equal(a->ike_lifetime, b->ike_lifetime);
	assert_int_equal(a->session_key_limit, b->session_key_limit);
	assert_int_equal(a->session_pfs, b->session_pfs);
	assert_int_equal(a->pfs_group, b->pfs_group);
	assert_int_equal(a->master_pfs, b->master_pfs);
	assert_int_equal(a->max_tunnels, b->max_tunnels);
	assert_int_equal(a->dpd, b->dpd);
	assert_int_equal(a->dpd_action, b->dpd_action);
	assert_int_equal(a->encap, b->encap);
	assert_int_equal(a->allow_weak, b->allow_weak);
}

static void same_tunnel(const struct sp_tunnel_config *a, const struct sp_tunnel_config *b)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->peer_name, b->peer_name);
	assert_string_equal(a->interface, b->interface);
	assert_int_equal(a->addresses.n, b->addresses.n);
	for (size_t i = 0; i < a->addresses.n; i++)
		assert_true(sp_prefix_equal(&a->addresses.list[i], &b->addresses.list[i]));
	assert_true(sp_ts_lists_equal(&a->local_ts, &b->local_ts));
	assert_true(sp_ts_lists_equal(&a->remote_ts, &b->remote_ts));
	assert_int_equal(a->ah, b->ah);
	assert_int_equal(a->n_esp, b->n_esp);
	for (size_t i = 0; i < a->n_esp; i++)
		assert_ptr_equal(a->esp[i], b->esp[i]);
	assert_int_equal(a->allow_weak, b->allow_weak);
	assert_int_equal(a->lifetime, b->lifetime);
	assert_int_equal(a->lifetime_bytes, b->lifetime_bytes);
	assert_int_equal(sp_options_differ(&a->options, &b->options), 0);
	assert_int_equal(a->routes, b->routes);
	assert_int_equal(a->says_clear, b->says_clear);
	assert_int_equal(a->clear, b->clear);
	assert_int_equal(a->start, b->start);
}

static void round_trip(const char *text)
{
	struct sp_config *first = load(text), *second;
	const struct sp_tunnel_config *tunnel;
	const struct sp_peer_config *peer;
	char *printed = print(first), *again;

	second = load(printed);
	STAILQ_FOREACH(peer, &first->peers, next)
		same_peer(peer, sp_config_peer(second, peer->name));
	STAILQ_FOREACH(peer, &first->peers, next)
		same_ike(peer, sp_config_peer(second, peer->name));
	STAILQ_FOREACH(tunnel, &first->tunnels, next)
		same_tunnel(tunnel, sp_config_tunnel(second, tunnel->name));
	again = print(second);
	assert_string_equal(printed, again);
	free(again);
	free(printed);
	sp_config_free(second);
	sp_config_free(first);
}

static void test_round_trip(void **state)
{
	(void)state;
	/* As little as there can be, and a mark that is not written there. */
	round_trip("[peer a]\nremote = gw.example.org\nkey = k\npeer-key = rsa:MIIB+/==\n"
		   "[tunnel t]\npeer = a\nlocal-ts = 10.1.0.0/16\nremote-ts = 0.0.0.0/0\n");
	/* As much. */
	round_trip("[peer a]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nkeying = rsa\nauth = key\n"
		   "port = 4511\nprofile = compat\nallow-insecure = yes\nkey = k\npeer-key = p\n"
		   "[tunnel t]\npeer = a\ninterface = ipsec7\n"
		   "address = 10.1.0.1/16, fd00:1::1/64\n"
		   "local-ts = 10.1.0.0/16[tcp/443], fd00:1::/32\n"
		   "remote-ts = 10.2.0.0/16[tcp], fd00:2::/32\n"
		   "esp = aes256-sha512, 3des-sha1\nallow-weak = yes\nlifetime = 90s\n"
		   "lifetime-bytes = 3G\nroutes = no\nclear = accept\nstart = listen\n"
		   "encap = udp 4500 40001\nkeepalive = 20\nfollow = yes\nreplay-window = 64\n"
		   "df = clear\ndscp = 46\ntfc = mtu\ndummy = 250\nclamp-mss = on\nfwmark = 7\n");
	/* What transport mode makes of the selectors and the routes. */
	round_trip("[peer a]\nlocal = 2001:db8::1\nremote = 2001:db8::2\nkeying = manual\n"
		   "[tunnel t]\npeer = a\nmode = transport\nah = sha256, sha512\nah-align = 8\n"
		   "clear = refuse\nlifetime-bytes = 12345\n"
		   "[tunnel u]\npeer = a\nmode = transport\nlocal-ts = 2001:db8::1[udp/1701]\n");
}

static void test_ike(void **state)
{
	struct sp_config *config;
	struct sp_peer_config *a;
	struct sp_ident id;
	char *printed;

	(void)state;
	round_trip("[peer a]\nlocal = 192.0.2.1\nremote = any\nkeying = ikev1\npsk = @/etc/x.psk\n"
		   "[peer b]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nkeying = ikev1\nauth = key\n"
		   "key = k\npeer-key = ec:MFkw\nlocal-id = C=DE, O=Ex\\, ample, CN=gw 1\n"
		   "remote-id = keyid:0x00ff\nike = des-md5-modp768, aes192-sha512-curve25519\n"
		   "allow-weak = yes\nike-lifetime = 90m\nsession-key-limit = 3\n"
		   "session-pfs = ecp384\nmaster-pfs = yes\nmax-tunnels = 7\ndpd = none\n"
		   "dpd-action = hold\nencap = no\n");
	/* What is said is not told to anybody; who else both are is their addresses. */
	config = load("[peer a]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nkeying = ikev1\n"
		      "psk = 0sc2VjcmV0\n");
	a = STAILQ_FIRST(&config->peers);
	assert_int_equal(a->auth, SP_AUTH_PSK);
	assert_int_equal(a->n_ike, 3);
	id = sp_config_remote_id(a);
	assert_int_equal(id.type, SP_IDENT_IPV4);
	assert_memory_equal(id.octets, "\xc0\x00\x02\x02", 4);
	printed = print(config);
	assert_null(strstr(printed, "c2VjcmV0"));
	free(printed);
	sp_config_free(config);
}

struct question {
	const char *word, *usual;
	bool found;
};

static void compare_value(const char *word, const char *value, void *arg)
{
	struct question *question = arg;

	if (strcmp(word, question->word))
		return;
	question->found = true;
	assert_string_equal(value ? value : "", question->usual);
}

/* What a row says of the default is what is so. */
static void check_row(const struct sp_schema_row *row, void *arg)
{
	struct question question = { .word = row->word, .usual = row->usual };
	const struct sp_config *config = arg;

	const struct sp_peer_config *peer = STAILQ_FIRST(&config->peers);

	if (!row->usual || !strcmp(row->word, "key") || !strcmp(row->word, "peer-key") ||
	    !strcmp(row->word, "keying") || !strcmp(row->word, "psk") ||
	    !strcmp(row->word, "auth") || !strcmp(row->word, "remote-id"))
		return;
	if (row->engine && !strstr(row->engine, sp_config_keying_word(peer->keying)))
		return;
	if (row->section == SP_SECTION_PEER)
		sp_peer_each_key(STAILQ_FIRST(&config->peers), compare_value, &question);
	else
		sp_tunnel_each_key(STAILQ_FIRST(&config->tunnels), compare_value, &question);
	assert_true(question.found);
}

static void test_defaults(void **state)
{
	static const char *const peers[] = {
		"[peer a]\nremote = 192.0.2.2\nkey = k\npeer-key = p\n",
		"[peer a]\nremote = 192.0.2.2\nkeying = ikev1\npsk = x\n",
	};
	struct sp_config *config;
	char text[512];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "%s[tunnel t]\npeer = a\nlocal-ts = 10.1.0.0/16\n"
			 "remote-ts = 10.2.0.0/16\n", peers[i]);
		config = load(text);
		sp_schema_each(check_row, config);
		sp_config_free(config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_ike),
		cmocka_unit_test(test_defaults),
	};
	int fd = mkstemp(path), ret;

	if (fd < 0)
		return 1;
	close(fd);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return ret;
}
