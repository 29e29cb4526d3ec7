// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Captured exchanges, replayed: every datagram is parsed, decrypted, built again to the octet,
 * and encrypted again; every hash and key in it is computed and compared.
 */
#include <openssl/x509.h>

#include "keying/ike/derive.h"
#include "keying/ike/proposal.h"
#include "keying/ike/wire.h"
#include "keys/verify.h"

#include "ike_trace.h"

enum {
	SAS_MAX = 4,
	EXCHANGES_MAX = 16,
	CLEAR_MAX = 8192,
};

/* An exchange under a phase 1: its IV and what quick mode says. */
struct exchange {
	uint32_t id;
	uint8_t iv[SP_CIPHER_BLOCK_MAX];
	unsigned int messages;
	uint8_t nonces[2][IKE_NONCE_MAX];
	size_t nonce_lens[2];
	uint32_t spis[2];
};

struct sa {
	const struct trace_record *record;
	struct ike_phase1 phase1;
	struct ike_keys keys;
	bool first_initiates;
	bool established;		/* there are keys */
	uint8_t last_block[SP_CIPHER_BLOCK_MAX];
	uint8_t sa_body[512];
	size_t sa_len;
	uint8_t reassembled[CLEAR_MAX];
	size_t reassembled_len;
	struct exchange exchanges[EXCHANGES_MAX];
	size_t n_exchanges;
};

static struct {
	struct trace trace;
	struct sa sas[SAS_MAX];
	size_t n_sas;
	struct ike_message message;
	/* What has been compared. */
	unsigned int datagrams, auth_hashes, signatures, nat_hashes, hashes, keymats;
} world;

static struct sp_error err;

#define check(ret)                                                             \
	do {                                                                   \
		if (ret)                                                       \
			fail_msg("%s: %s", world.trace.name, err.text);        \
	} while (0)

static void check_octets(const char *what, struct sp_octets got, struct sp_octets want)
{
	if (got.len == want.len && !memcmp(got.data, want.data, got.len))
		return;
	fail_msg("%s, datagram %u: %s differs", world.trace.name, world.datagrams, what);
}

static struct sa *find_sa(const struct ike_header *header)
{
	struct sa *sa;

	for (size_t i = 0; i < world.n_sas; i++) {
		sa = &world.sas[i];
		if (!memcmp(sa->phase1.cookie_i, header->cookie_i, IKE_COOKIE_LEN))
			return sa;
	}
	assert_true(world.n_sas < SAS_MAX);
	sa = &world.sas[world.n_sas++];
	memcpy(sa->phase1.cookie_i, header->cookie_i, IKE_COOKIE_LEN);
	sa->record = trace_find(&world.trace, false, "cky_i", SP_OCTETS(header->cookie_i));
	assert_non_null(sa->record);
	return sa;
}

static struct exchange *find_exchange(struct sa *sa, uint32_t id)
{
	struct exchange *exchange;

	for (size_t i = 0; i < sa->n_exchanges; i++)
		if (sa->exchanges[i].id == id)
			return &sa->exchanges[i];
	assert_true(sa->n_exchanges < EXCHANGES_MAX);
	exchange = &sa->exchanges[sa->n_exchanges++];
	exchange->id = id;
	check(ike_iv_phase2(&sa->keys, sa->last_block, id, exchange->iv, &err));
	return exchange;
}

/* --- phase 1 ------------------------------------------------------------------------- */

static void take_algorithms(struct sa *sa)
{
	const struct ike_payload *payload = ike_find(&world.message, IKE_SA, 0);
	struct ike_phase1_choice choice;
	struct sp_ike_suite suites[8];
	static const char *const words[] = {
		"3des-md5-modp1024",	"aes128-sha256-modp2048", "aes128-sha1-modp1536",
		"aes128-sha256-ecp256", "3des-sha1-modp768",
	};
	const uint16_t auths[] = { IKE_AUTH_PSK, IKE_AUTH_RSA, IKE_AUTH_ECDSA256 };
	const struct ike_phase1_policy policy = { suites, 5, auths, 3, 0, 0, true };

	for (size_t i = 0; i < 5; i++)
		check(sp_ike_suite_parse(&suites[i], words[i], &err));
	check(ike_phase1_accept(&choice, &payload->sa, &policy, &err));
	sa->keys.prf = choice.suite.hash;
	sa->keys.auth = ike_auth_prf(choice.auth, choice.suite.hash);
	sa->keys.cipher = choice.suite.cipher;
	assert_string_equal(sp_hash_word(sa->keys.prf), trace_field(sa->record, "hash")->text);
}

static void check_secret(const struct sa *sa, const char *name, const struct sp_secret *secret)
{
	check_octets(name, (struct sp_octets){ secret->octets, secret->len },
		     trace_octets(sa->record, name));
}

static void derive(struct sa *sa)
{
	struct sp_octets psk = trace_octets(sa->record, "psk");

	sa->phase1.nonce_i = trace_octets(sa->record, "ni");
	sa->phase1.nonce_r = trace_octets(sa->record, "nr");
	sa->phase1.public_i = trace_octets(sa->record, "gxi");
	sa->phase1.public_r = trace_octets(sa->record, "gxr");
	sa->phase1.shared = trace_octets(sa->record, "gxy");
	if (psk.len)
		check(ike_skeyid_psk(sa->keys.prf, psk, sa->phase1.nonce_i, sa->phase1.nonce_r,
				     &sa->keys.skeyid, &err));
	else
		check(ike_skeyid_signature(sa->keys.prf, &sa->phase1, &sa->keys.skeyid, &err));
	check(ike_keys_derive(&sa->keys, &sa->phase1, &err));
	check_secret(sa, "skeyid", &sa->keys.skeyid);
	check_secret(sa, "skeyid_d", &sa->keys.skeyid_d);
	check_secret(sa, "skeyid_a", &sa->keys.skeyid_a);
	check_secret(sa, "skeyid_e", &sa->keys.skeyid_e);
	check_secret(sa, "enc_key", &sa->keys.key);
	check_octets("iv", (struct sp_octets){ sa->keys.iv, sp_cipher_block_len(sa->keys.cipher) },
		     trace_octets(sa->record, "iv"));
	memcpy(sa->last_block, sa->keys.iv, sizeof(sa->last_block));
	sa->established = true;
}

/* With the key of the certificate beside it; and not with one bit turned. */
static void check_signature(struct sp_octets hash)
{
	const struct ike_payload *signature = ike_find(&world.message, IKE_SIG, 0);
	const struct ike_payload *cert = ike_find(&world.message, IKE_CERT, 0);
	const unsigned char *der = cert->cert.data.data;
	X509 *x509 = d2i_X509(NULL, &der, (long)cert->cert.data.len);
	EVP_PKEY *key = X509_get0_pubkey(x509);
	bool rsa = EVP_PKEY_is_a(key, "RSA");
	enum sp_key_scheme scheme = rsa ? SP_KEY_RSA_BARE : SP_KEY_ECDSA;
	uint8_t wrong[SP_HASH_MAX];

	check(sp_key_verify(key, scheme, hash, signature->data, &err));
	memcpy(wrong, hash.data, hash.len);
	wrong[hash.len - 1] ^= 1;
	assert_int_equal(sp_key_verify(key, scheme, (struct sp_octets){ wrong, hash.len },
				       signature->data, &err),
			 -1);
	assert_string_equal(err.text, "the signature is not made with the peer's key");
	assert_int_equal(sp_key_verify(key, scheme, hash,
				       (struct sp_octets){ signature->data.data,
							   signature->data.len - 2 },
				       &err),
			 -1);
	assert_int_equal(sp_key_verify(key, rsa ? SP_KEY_ECDSA : SP_KEY_RSA_BARE, hash,
				       signature->data, &err),
			 -1);
	assert_string_equal(err.text, rsa ? "the peer's key is no EC key" :
					    "the peer's key is no RSA key");
	X509_free(x509);
	world.signatures++;
}

static void check_auth(const struct sa *sa, bool from_initiator, struct sp_octets id)
{
	const struct ike_payload *payload = ike_find(&world.message, IKE_HASH, 0);
	uint8_t hash[SP_HASH_MAX];

	if (!payload && !ike_find(&world.message, IKE_SIG, 0))
		return;
	check(ike_auth_hash(&sa->keys, &sa->phase1, from_initiator,
			    (struct sp_octets){ sa->sa_body, sa->sa_len }, id, hash, &err));
	if (!payload) {
		check_signature((struct sp_octets){ hash, sp_hash_len(sa->keys.prf) });
		return;
	}
	check_octets(from_initiator ? "HASH_I" : "HASH_R",
		     (struct sp_octets){ hash, sp_hash_len(sa->keys.prf) }, payload->data);
	world.auth_hashes++;
}

/* The first is of whom it is sent to; the other one is forged here, to have ESP in UDP. */
static void check_nat(const struct sa *sa, bool from_first)
{
	const struct ike_payload *payload = ike_find(&world.message, IKE_NAT_D, 0);
	struct sp_addr to = { .family = AF_INET, .octets = { 10, 99, 0, from_first ? 2 : 1 } };
	const uint16_t ports[] = { 500, 4500 };
	uint8_t hash[SP_HASH_MAX];

	for (size_t i = 0; payload && i < 2; i++) {
		check(ike_nat_hash(sa->keys.prf, &world.message.header, &to, ports[i], hash,
				   &err));
		if (!memcmp(hash, payload->data.data, payload->data.len)) {
			world.nat_hashes++;
			return;
		}
	}
	assert_null(payload);
}

static void see_phase1(struct sa *sa, bool from_first)
{
	const struct ike_message *m = &world.message;
	const struct ike_payload *offered = ike_find(m, IKE_SA, 0), *id = ike_find(m, IKE_ID, 0);
	bool from_initiator = from_first == sa->first_initiates;
	static uint8_t aggressive_id[256];
	static size_t aggressive_id_len;

	if (offered && !sa->sa_len) {
		sa->first_initiates = from_first;
		from_initiator = true;
		memcpy(sa->sa_body, offered->body.data, offered->body.len);
		sa->sa_len = offered->body.len;
	} else if (offered) {
		memcpy(sa->phase1.cookie_r, m->header.cookie_r, IKE_COOKIE_LEN);
		take_algorithms(sa);
	}
	if (m->present & IKE_BIT(IKE_KE) && !from_initiator)
		derive(sa);
	check_nat(sa, from_first);
	/* In aggressive mode the initiator says who it is before, and proves it afterwards. */
	if (id && !sa->established) {
		memcpy(aggressive_id, id->body.data, id->body.len);
		aggressive_id_len = id->body.len;
	} else if (sa->established) {
		check_auth(sa, from_initiator,
			   id ? id->body : (struct sp_octets){ aggressive_id, aggressive_id_len });
	}
}

/* --- phase 2 ------------------------------------------------------------------------- */

static void check_hash(const struct sa *sa, const struct exchange *e)
{
	const struct ike_message *m = &world.message;
	const struct ike_payload *payload = ike_find(m, IKE_HASH, 0);
	struct sp_octets ni = { e->nonces[0], e->nonce_lens[0] };
	struct sp_octets nr = { e->nonces[1], e->nonce_lens[1] };
	struct sp_octets rest = ike_behind(m, payload);
	uint8_t hash[SP_HASH_MAX];

	if (m->header.exchange == IKE_EXCHANGE_INFO || e->messages == 0)
		check(ike_hash1(&sa->keys, e->id, rest, hash, &err));
	else if (e->messages == 1)
		check(ike_hash2(&sa->keys, e->id, ni, rest, hash, &err));
	else
		check(ike_hash3(&sa->keys, e->id, ni, nr, hash, &err));
	check_octets("HASH", (struct sp_octets){ hash, sp_hash_len(sa->keys.prf) }, payload->data);
	world.hashes++;
}

static void check_keymat(const struct sa *sa, const struct exchange *e)
{
	const uint8_t id[] = { (uint8_t)(e->id >> 24), (uint8_t)(e->id >> 16),
			       (uint8_t)(e->id >> 8), (uint8_t)e->id };
	const struct trace_record *record = trace_find(&world.trace, true, "mid", SP_OCTETS(id));
	static const char *const names[] = { "keymat_r2i", "keymat_i2r" };
	uint8_t keymat[TRACE_FIELD_MAX];
	struct ike_phase2 phase2 = {
		.nonce_i = { e->nonces[0], e->nonce_lens[0] },
		.nonce_r = { e->nonces[1], e->nonce_lens[1] },
		.protocol = IKE_PROTOCOL_ESP,
	};

	assert_non_null(record);
	phase2.shared = trace_octets(record, "gqm");
	/* The SPI of the initiator is of the SA that leads to it. */
	for (size_t i = 0; i < 2; i++) {
		struct sp_octets want = trace_octets(record, names[i]);

		check(ike_keymat(&sa->keys, &phase2, e->spis[i], keymat, want.len, &err));
		check_octets(names[i], (struct sp_octets){ keymat, want.len }, want);
		world.keymats++;
	}
}

static void see_quick(const struct sa *sa, struct exchange *e)
{
	const struct ike_payload *nonce = ike_find(&world.message, IKE_NONCE, 0);
	const struct ike_payload *offered = ike_find(&world.message, IKE_SA, 0);

	if (e->messages < 2) {
		assert_non_null(nonce);
		assert_non_null(offered);
		memcpy(e->nonces[e->messages], nonce->data.data, nonce->data.len);
		e->nonce_lens[e->messages] = nonce->data.len;
		e->spis[e->messages] = ike_spi(ike_proposal_at(&offered->sa, 0)->spi);
	}
	check_hash(sa, e);
	if (e->messages == 1)
		check_keymat(sa, e);
}

/* --- datagrams ------------------------------------------------------------------------ */

/* The same message, built of what was parsed and encrypted again. */
static void check_built(const struct ike_header *header, const struct sa *sa,
			const uint8_t *iv, struct sp_octets datagram)
{
	bool encrypted = header->flags & IKE_FLAG_ENCRYPTED;
	uint8_t buf[CLEAR_MAX], copy[SP_CIPHER_BLOCK_MAX];
	struct ike_builder b;
	size_t len;

	ike_build_begin(&b, buf, sizeof(buf), header);
	for (size_t i = 0; i < world.message.n; i++)
		ike_build(&b, &world.message.payloads[i]);
	/* strongSwan pads by a whole block where nothing has to be padded. */
	check(ike_build_end(&b, encrypted ? datagram.len - IKE_HEADER_LEN : 1, &len, &err));
	if (encrypted) {
		memcpy(copy, iv, sizeof(copy));
		check(ike_encrypt(&sa->keys, copy, buf + IKE_HEADER_LEN, len - IKE_HEADER_LEN,
				  &err));
	}
	check_octets("what is built again", (struct sp_octets){ buf, len }, datagram);
}

static void see_message(struct sp_octets datagram, bool from_first);

static void see_fragment(struct sa *sa, bool from_first)
{
	const struct ike_payload *payload = ike_find(&world.message, IKE_FRAGMENT, 0);
	size_t len = sa->reassembled_len;

	memcpy(sa->reassembled + len, payload->fragment.data.data, payload->fragment.data.len);
	sa->reassembled_len += payload->fragment.data.len;
	if (!payload->fragment.last)
		return;
	len = sa->reassembled_len;
	sa->reassembled_len = 0;
	see_message((struct sp_octets){ sa->reassembled, len }, from_first);
}

static void print_line(void *arg, const char *text)
{
	unsigned int *lines = arg;

	assert_true(strlen(text) > 1);
	++*lines;
}

static void check_printed(void)
{
	char line[IKE_LINE_MAX];
	unsigned int lines = 0;

	print_message("# %s\n", ike_line(&world.message, line));
	ike_dump(&world.message, print_line, &lines);
	assert_true(lines > world.message.n);
}

static void see_message(struct sp_octets datagram, bool from_first)
{
	uint8_t clear[CLEAR_MAX], iv[SP_CIPHER_BLOCK_MAX] = { 0 };
	struct exchange *exchange = NULL;
	struct ike_header header;
	struct sp_octets body;
	struct sa *sa;

	check(ike_header_parse(&header, datagram, &err));
	sa = find_sa(&header);
	memcpy(clear, datagram.data, datagram.len);
	body = (struct sp_octets){ clear + IKE_HEADER_LEN, datagram.len - IKE_HEADER_LEN };
	if (header.flags & IKE_FLAG_ENCRYPTED) {
		uint8_t *chain = header.message_id ? NULL : sa->last_block;

		assert_true(sa->established);
		if (header.message_id) {
			exchange = find_exchange(sa, header.message_id);
			chain = exchange->iv;
		}
		memcpy(iv, chain, sizeof(iv));
		check(ike_decrypt(&sa->keys, chain, clear + IKE_HEADER_LEN, body.len, &err));
	}
	check(ike_message_parse(&world.message, &header, body, &err));
	check_printed();
	check_built(&header, sa, iv, datagram);
	if (world.message.present & IKE_BIT(IKE_FRAGMENT))
		see_fragment(sa, from_first);
	else if (!exchange)
		see_phase1(sa, from_first);
	else if (header.exchange == IKE_EXCHANGE_QUICK)
		see_quick(sa, exchange);
	else
		check_hash(sa, exchange);
	if (exchange)
		exchange->messages++;
}

/* What comes again, because nobody answered in time, moves nothing. */
static bool is_retransmission(size_t i)
{
	const struct trace_datagram *all = world.trace.datagrams;

	for (size_t j = 0; j < i; j++)
		if (all[j].len == all[i].len && !memcmp(all[j].octets, all[i].octets, all[i].len))
			return true;
	return false;
}

static void replay(const char *name)
{
	memset(&world, 0, sizeof(world));
	trace_load(&world.trace, name);
	for (size_t i = 0; i < world.trace.n_datagrams; i++) {
		const struct trace_datagram *datagram = &world.trace.datagrams[i];

		world.datagrams++;
		if (!is_retransmission(i))
			see_message((struct sp_octets){ datagram->octets, datagram->len },
				    datagram->from_first);
	}
	print_message("# %s: %u datagrams, %u authentications, %u signatures, %u NAT-D, "
		      "%u hashes, %u keymats\n",
		      name, world.datagrams, world.auth_hashes, world.signatures,
		      world.nat_hashes, world.hashes, world.keymats);
}

/* How many of each there must have been: a trace in which nothing was compared shows nothing. */
static void test_traces(void **state)
{
	static const struct {
		unsigned int auth_hashes, signatures, nat_hashes, hashes, keymats;
	} want[TRACES] = {
		{ 2, 0, 2, 3, 2 }, { 2, 0, 2, 3, 2 }, { 0, 2, 2, 3, 2 }, { 2, 0, 2, 3, 2 },
		{ 0, 2, 2, 3, 2 }, { 2, 0, 2, 3, 2 }, { 4, 0, 4, 14, 6 }, { 2, 0, 2, 9, 2 },
	};

	(void)state;
	for (size_t i = 0; i < TRACES; i++) {
		replay(trace_names[i]);
		assert_int_equal(world.auth_hashes, want[i].auth_hashes);
		assert_int_equal(world.signatures, want[i].signatures);
		assert_int_equal(world.nat_hashes, want[i].nat_hashes);
		assert_int_equal(world.hashes, want[i].hashes);
		assert_int_equal(world.keymats, want[i].keymats);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_traces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
