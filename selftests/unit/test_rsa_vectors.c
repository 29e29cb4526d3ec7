// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The worked examples of Documentation/keying-rsa.md, read from the page itself.
 * They were made by rsa_vectors.py, which shares no code with the daemon.
 */
#include <openssl/pem.h>
#include <stdio.h>

#include "keying/rsa/crypto.h"
#include "keying/rsa/sakeys.h"
#include "keying/rsa/state.h"
#include "rsa_pair.h"

static const char page[] = "Documentation/keying-rsa.md";
static char *text;			/* of the page */

static int read_page(void **state)
{
	FILE *in = fopen(page, "re");
	size_t size = 0;

	(void)state;
	if (!in || getdelim(&text, &size, '\0', in) < 0)
		fail_msg("%s cannot be read: run this from the top folder", page);
	fclose(in);
	return 0;
}

static int free_page(void **state)
{
	(void)state;
	free(text);
	return 0;
}

/* What stands between ```KIND NAME and ```. */
static const char *block(const char *kind, const char *name, size_t *len)
{
	char head[64];
	const char *start, *end;

	snprintf(head, sizeof(head), "\n```%s %s\n", kind, name);
	start = strstr(text, head);
	if (!start)
		fail_msg("%s has no block %s", page, name);
	start += strlen(head);
	end = strstr(start, "```");
	assert_non_null(end);
	*len = (size_t)(end - start);
	return start;
}

struct vector {
	uint8_t octets[1600];
	size_t len;
};

static struct vector hex(const char *name)
{
	struct vector v = { .len = 0 };
	size_t len;
	const char *c = block("hex", name, &len), *end = c + len;
	unsigned int octet;

	for (; c < end; c++) {
		if (*c == '\n')
			continue;
		assert_true(v.len < sizeof(v.octets));
		assert_int_equal(sscanf(c++, "%2x", &octet), 1);
		v.octets[v.len++] = (uint8_t)octet;
	}
	assert_true(v.len > 0);
	return v;
}

static EVP_PKEY *private_key(const char *name)
{
	size_t len;
	const char *pem = block("pem", name, &len);
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	assert_non_null(key);
	BIO_free(bio);
	return key;
}

/* "Randomness": the named blocks, one after the other. */
struct supply {
	struct vector octets;
	size_t used;
};

static void add_supply(struct supply *supply, const char *name)
{
	struct vector v = hex(name);

	memcpy(supply->octets.octets + supply->octets.len, v.octets, v.len);
	supply->octets.len += v.len;
}

static void fill_supply(void *arg, void *buf, size_t len)
{
	struct supply *supply = arg;

	assert_true(len <= supply->octets.len - supply->used);
	memcpy(buf, supply->octets.octets + supply->used, len);
	supply->used += len;
}

static void give_message(struct rk_session *to, const char *name)
{
	struct vector v = hex(name);
	uint8_t head[4] = { 0, 0, (uint8_t)(v.len >> 8), (uint8_t)v.len };

	rk_session_input(to, head, sizeof(head));
	rk_session_input(to, v.octets, v.len);
	if (rk_session_state(to) == RK_DEAD)
		fail_msg("%s", rk_session_error(to));
}

static void expect_octets(const uint8_t *octets, size_t len, const char *name)
{
	struct vector v = hex(name);

	assert_int_equal(len, v.len);
	assert_memory_equal(octets, v.octets, len);
}

static void expect_message(struct rk_session *from, const char *name)
{
	const uint8_t *octets;
	size_t len;

	octets = rk_session_output(from, &len);
	assert_true(len > 4);
	len = (size_t)octets[2] << 8 | octets[3];
	expect_octets(octets + 4, len, name);
	rk_session_sent(from, 4 + len);
}

static void expect_sa_keys(struct rk_session *s, const char *name)
{
	struct sp_secret key = { .len = 16 }, auth = { .len = 32 };
	struct vector v = hex(name);
	struct sp_error err;

	assert_int_equal(rk_session_sa_keys(s, 1, 0x1001, &key, &auth, &err), 0);
	assert_int_equal(v.len, 48);
	assert_memory_equal(key.octets, v.octets, 16);
	assert_memory_equal(auth.octets, v.octets + 16, 32);
}

/* --- compat ------------------------------------------------------------------------ */

static void compat_server(void **state)
{
	struct supply supply = { .used = 0 };
	struct rk_config config = {
		.role = RK_SERVER,
		.profile = RK_COMPAT,
		.ephemeral = private_key("compat-private"),
		.random = { fill_supply, &supply },
	};
	struct rk_session *s = rk_session_new(&config, 0);

	(void)state;
	/* The substitutes for keys that cannot be decrypted: not used. */
	add_supply(&supply, "compat-client-iv");
	add_supply(&supply, "compat-client-iv");
	add_supply(&supply, "compat-server-iv");
	expect_message(s, "compat-server-key");
	give_message(s, "compat-client-first");
	expect_text(s, "ping");
	assert_int_equal(rk_session_state(s), RK_OPEN);
	expect_octets(s->secrets.salt, RK_SHA256_LEN, "compat-salt");
	expect_sa_keys(s, "compat-sa-keys");
	send_text(s, "pong");
	expect_message(s, "compat-server-record");
	rk_session_free(s);
}

/* RSA-OAEP is random: what the client makes is opened, the rest is equal to the octet. */
static void compat_client(void **state)
{
	struct vector expected = hex("compat-client-first"), keys = hex("compat-keys");
	EVP_PKEY *ephemeral = private_key("compat-private");
	struct supply supply = { .used = 0 };
	struct rk_config config = {
		.role = RK_CLIENT,
		.profile = RK_COMPAT,
		.random = { fill_supply, &supply },
	};
	struct rk_session *s = rk_session_new(&config, 0);
	uint8_t opened[32] = { 0 };
	const uint8_t *octets;
	size_t len;

	(void)state;
	add_supply(&supply, "compat-keys");
	add_supply(&supply, "compat-client-iv");
	give_message(s, "compat-server-key");
	octets = rk_session_output(s, &len);
	assert_int_equal(len, 4 + expected.len);
	rk_oaep_decrypt(ephemeral, "SHA1", octets + 4, 128, opened, 16);
	rk_oaep_decrypt(ephemeral, "SHA1", octets + 4 + 128, 128, opened + 16, 16);
	assert_memory_equal(opened, keys.octets, 32);
	assert_memory_equal(octets + 4 + 256, expected.octets + 256, expected.len - 256);

	give_message(s, "compat-server-record");
	expect_text(s, "pong");
	assert_int_equal(rk_session_state(s), RK_OPEN);
	rk_session_free(s);
	EVP_PKEY_free(ephemeral);
}

/* --- signed ------------------------------------------------------------------------- */

static struct rk_config signed_config(enum rk_role role, struct supply *supply)
{
	struct rk_config config = {
		.role = role,
		.profile = RK_SIGNED,
		.random = { fill_supply, supply },
	};
	EVP_PKEY *client = private_key("signed-client-private");
	EVP_PKEY *server = private_key("signed-server-private");

	config.key = role == RK_CLIENT ? client : server;
	config.peer_key = role == RK_CLIENT ? server : client;
	return config;
}

static void free_signed_config(struct rk_config *config)
{
	EVP_PKEY_free(config->key);
	EVP_PKEY_free(config->peer_key);
}

/* The client accepts the page's server; its answer differs, because RSA-OAEP and PSS are random. */
static void signed_client(void **state)
{
	EVP_PKEY *ephemeral = private_key("signed-ephemeral-private");
	struct vector keys = hex("signed-keys");
	struct supply supply = { .used = 0 };
	struct rk_config config = signed_config(RK_CLIENT, &supply);
	struct rk_session *s;
	uint8_t opened[48] = { 0 };
	const uint8_t *octets;
	size_t len;

	(void)state;
	add_supply(&supply, "signed-client-nonce");
	add_supply(&supply, "signed-keys");
	add_supply(&supply, "signed-client-iv");
	s = rk_session_new(&config, 0);
	expect_message(s, "signed-client-hello");
	give_message(s, "signed-server-hello");
	octets = rk_session_output(s, &len);
	assert_int_equal(len, 4 + hex("signed-client-keys").len);
	assert_int_equal(octets[4], 3);
	rk_oaep_decrypt(ephemeral, "SHA256", octets + 5, 256, opened, 48);
	assert_memory_equal(opened, keys.octets, 48);
	rk_session_free(s);
	free_signed_config(&config);
	EVP_PKEY_free(ephemeral);
}

/*
 * The server is put where it had sent the page's hello, since it cannot be made to
 * repeat the signature in it.
 */
static void signed_server(void **state)
{
	struct vector hello = hex("signed-client-hello"), answer = hex("signed-server-hello");
	struct supply supply = { .used = 0 };
	struct rk_config config = signed_config(RK_SERVER, &supply);
	struct rk_session *s;
	struct sp_error err;

	(void)state;
	config.ephemeral = private_key("signed-ephemeral-private");
	add_supply(&supply, "signed-keys");	/* the substitute, not used */
	memset(supply.octets.octets, 0, supply.octets.len);
	add_supply(&supply, "signed-confirmation-iv");
	add_supply(&supply, "signed-server-iv");
	s = rk_session_new(&config, 0);
	assert_int_equal(rk_session_note(s, hello.octets, hello.len, &err), 0);
	assert_int_equal(rk_session_note(s, answer.octets, answer.len, &err), 0);
	s->step = s->step->next;

	give_message(s, "signed-client-keys");
	expect_text(s, "ping");
	assert_int_equal(rk_session_state(s), RK_OPEN);
	expect_octets(s->secrets.ikm, s->secrets.ikm_len, "signed-keys");
	expect_octets(s->secrets.salt, RK_SHA256_LEN, "signed-salt");
	expect_sa_keys(s, "signed-sa-keys");
	send_text(s, "pong");
	expect_message(s, "signed-confirmation");
	expect_message(s, "signed-server-record");
	rk_session_free(s);
	free_signed_config(&config);
}

static void expect_record_keys(const char *salt_name, const char *label, const char *name)
{
	struct vector ikm = hex("signed-keys"), salt = hex(salt_name);
	struct rk_record_keys keys;
	struct sp_error err;

	assert_int_equal(rk_record_keys(&keys, (struct rk_octets){ ikm.octets, ikm.len },
					salt.octets, label, &err), 0);
	assert_memory_equal(keys.aes, hex(name).octets, 16);
	assert_memory_equal(keys.mac, hex(name).octets + 16, 32);
}

static void signed_keys(void **state)
{
	(void)state;
	expect_record_keys("signed-salt", "spindle-rsa server records",
			   "signed-server-record-keys");
}

/* Info is the label and two numbers: said twice on the page, so checked twice. */
static void sa_info(void **state)
{
	static const uint8_t info[] = "spindle-sa\0\0\0\1\0\0\x10\1";

	(void)state;
	expect_octets(info, sizeof(info) - 1, "compat-sa-info");
	expect_octets(info, sizeof(info) - 1, "signed-sa-info");
}

/* HKDF is checked by the SA keys above, which `openssl kdf` computed. */
static void primitives(void **state)
{
	static const uint8_t abc[] = {	/* FIPS 180-2 B.1 */
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae,
		0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61,
		0xf2, 0x00, 0x15, 0xad,
	};
	static const uint8_t jefe[] = {	/* RFC 2104, second example */
		0x75, 0x0c, 0x78, 0x3e, 0x6a, 0xb0, 0xb5, 0x03, 0xea, 0xa8, 0x6e, 0x31, 0x0a, 0x5d,
		0xb7, 0x38,
	};
	static const char what[] = "what do ya want for nothing?";
	uint8_t out[RK_SHA256_LEN];
	struct sp_error err;

	(void)state;
	assert_int_equal(rk_sha256("abc", 3, out, &err), 0);
	assert_memory_equal(out, abc, sizeof(abc));
	assert_int_equal(rk_hmac("MD5", (const uint8_t *)"Jefe", 4, what, strlen(what), out, 16,
				 &err), 0);
	assert_memory_equal(out, jefe, sizeof(jefe));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compat_server),
		cmocka_unit_test(compat_client),
		cmocka_unit_test(signed_client),
		cmocka_unit_test(signed_server),
		cmocka_unit_test(signed_keys),
		cmocka_unit_test(sa_info),
		cmocka_unit_test(primitives),
	};

	return cmocka_run_group_tests_name("rsa_vectors", tests, read_page, free_page);
}
