// SPDX-License-Identifier: GPL-2.0-or-later
/* What is chosen of what peers offer, and what is said if nothing is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "keying/ike/proposal.h"

enum { LIST_MAX = 12 };

static struct sp_error err;
static struct ike_message theirs, answer;

/* Both buffers live as long as the messages in them. */
static uint8_t offer_buf[8192], answer_buf[2048];

static const struct ike_header header = {
	.cookie_i = { 1 },
	.cookie_r = { 2 },
	.version = IKE_VERSION_1,
	.exchange = IKE_EXCHANGE_MAIN,
};

static const struct ike_sa *parse(struct ike_message *m, struct ike_builder *b)
{
	struct ike_header parsed;
	size_t len;

	if (ike_build_end(b, 1, &len, &err) ||
	    ike_header_parse(&parsed, (struct sp_octets){ b->w.start, len }, &err) ||
	    ike_message_parse(m, &parsed, (struct sp_octets){ b->w.start + 28, len - 28 }, &err))
		fail_msg("%s", err.text);
	return &ike_find(m, IKE_SA, 0)->sa;
}

/* --- phase 1 ---------------------------------------------------------------------------- */

struct side1 {
	struct sp_ike_suite suites[LIST_MAX];
	uint16_t auths[LIST_MAX];
	struct ike_phase1_policy policy;
};

/* Words with blanks between. */
static struct ike_phase1_policy *side1(struct side1 *side, const char *words)
{
	char copy[512], *rest = copy, *word;

	memset(side, 0, sizeof(*side));
	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " ")))
		if (sp_ike_suite_parse(&side->suites[side->policy.n_suites++], word, &err))
			fail_msg("%s", err.text);
	side->auths[0] = IKE_AUTH_PSK;
	side->policy.suites = side->suites;
	side->policy.auths = side->auths;
	side->policy.n_auths = 1;
	side->policy.seconds = 28800;
	side->policy.allow_weak = true;
	return &side->policy;
}

static const struct ike_sa *offer1(const struct ike_phase1_policy *policy)
{
	struct ike_builder b;

	ike_build_begin(&b, offer_buf, sizeof(offer_buf), &header);
	ike_phase1_offer(&b, policy);
	return parse(&theirs, &b);
}

static const struct {
	const char *theirs;
	const char *ours;
	const char *chosen;		/* or what is said */
} choices1[] = {
	{ "aes256-sha256-modp2048", "aes256-sha256-modp2048", "aes256-sha256-modp2048" },
	{ "aes128-sha1-modp1024 3des-sha1-modp1024 aes256-sha256-ecp256",
	  "aes256-sha256-modp2048 aes256-sha256-ecp256", "aes256-sha256-ecp256" },
	/* The best of our own, wherever the peer has it. */
	{ "aes128-sha256-modp2048 aes256-sha256-modp2048",
	  "aes256-sha256-modp2048 aes128-sha256-modp2048", "aes256-sha256-modp2048" },
	{ "3des-md5-modp768", "3des-md5-modp768", "3des-md5-modp768" },
	{ "des-sha512-curve25519", "des-sha512-curve25519", "des-sha512-curve25519" },
	{ "aes128-sha1-modp1024", "aes256-sha256-modp2048",
	  "peer offers aes128-sha1-modp1024; we accept aes256-sha256-modp2048: encryption "
	  "differs" },
	{ "aes256-sha1-modp2048", "aes256-sha256-modp2048",
	  "peer offers aes256-sha1-modp2048; we accept aes256-sha256-modp2048: hash differs" },
	{ "aes256-sha256-modp1536", "aes256-sha256-modp2048",
	  "peer offers aes256-sha256-modp1536; we accept aes256-sha256-modp2048: group differs" },
	{ "3des-sha1-modp1024 aes128-sha1-modp1024 aes128-sha256-modp1024",
	  "aes256-sha256-ecp256 aes128-sha256-modp2048",
	  "peer offers 3des-sha1-modp1024, aes128-sha1-modp1024, aes128-sha256-modp1024; we accept "
	  "aes256-sha256-ecp256, aes128-sha256-modp2048; of the nearest two, "
	  "aes128-sha256-modp1024 and aes128-sha256-modp2048, group differs" },
	{ "aes128-sha1-modp768 aes128-sha1-modp1024 aes128-sha1-modp1536 aes128-sha1-modp2048 "
	  "aes128-sha1-modp3072 aes128-sha1-modp4096",
	  "aes256-sha1-modp6144",
	  "peer offers aes128-sha1-modp768, aes128-sha1-modp1024, aes128-sha1-modp1536, "
	  "aes128-sha1-modp2048 and 2 more; we accept aes256-sha1-modp6144; of the nearest two, "
	  "aes128-sha1-modp768 and aes256-sha1-modp6144, encryption differs" },
};

static void test_phase1(void **state)
{
	struct ike_phase1_choice choice;
	char word[SP_IKE_SUITE_STRLEN];
	struct side1 they, we;

	(void)state;
	for (size_t i = 0; i < sizeof(choices1) / sizeof(choices1[0]); i++) {
		const struct ike_sa *sa = offer1(side1(&they, choices1[i].theirs));
		int notify = ike_phase1_choose(&choice, sa, side1(&we, choices1[i].ours), &err);

		if (notify) {
			assert_int_equal(notify, IKE_N_NO_PROPOSAL_CHOSEN);
			assert_string_equal(err.text, choices1[i].chosen);
			continue;
		}
		assert_string_equal(sp_ike_suite_format(&choice.suite, word), choices1[i].chosen);
		assert_int_equal(choice.auth, IKE_AUTH_PSK);
		assert_int_equal(choice.seconds, 28800);
		assert_int_equal(choice.kilobytes, 0);
	}
}

/* Every cipher, hash and group, there and back. */
static void test_phase1_all(void **state)
{
	const struct sp_dh_group *group;
	struct ike_phase1_choice choice;
	char word[SP_IKE_SUITE_STRLEN], text[IKE_TRANSFORM_STRLEN], want[IKE_TRANSFORM_STRLEN];
	struct side1 side;
	struct ike_builder b;

	(void)state;
	for (enum sp_cipher cipher = 0; cipher < SP_CIPHERS; cipher++) {
		for (enum sp_hash hash = 0; hash < SP_HASHES; hash++) {
			for (size_t i = 0; (group = sp_dh_at(i)); i++) {
				struct ike_phase1_policy *policy = side1(&side, "des-md5-modp768");
				const struct ike_sa *sa;

				side.suites[0] = (struct sp_ike_suite){ cipher, hash, group };
				sa = offer1(policy);
				assert_int_equal(ike_phase1_choose(&choice, sa, policy, &err), 0);
				sp_ike_suite_format(&choice.suite, word);
				snprintf(want, sizeof(want), "%s, pre-shared key", word);
				assert_string_equal(ike_phase1_format(choice.transform, text),
						    want);
				ike_build_begin(&b, answer_buf, sizeof(answer_buf), &header);
				ike_phase1_answer(&b, &choice);
				sa = parse(&answer, &b);
				assert_int_equal(ike_phase1_accept(&choice, sa, policy, &err), 0);
			}
		}
	}
}

static void test_phase1_auth(void **state)
{
	struct ike_phase1_choice choice;
	struct side1 they, we;
	struct ike_phase1_policy *policy = side1(&we, "aes256-sha256-modp2048");

	(void)state;
	side1(&they, "aes256-sha256-modp2048");
	they.auths[0] = IKE_AUTH_RSA;
	they.policy.kilobytes = 100000;
	assert_int_equal(ike_phase1_choose(&choice, offer1(&they.policy), policy, &err),
			 IKE_N_NO_PROPOSAL_CHOSEN);
	assert_string_equal(err.text,
			    "peer offers aes256-sha256-modp2048; we accept aes256-sha256-modp2048: "
			    "authentication differs: RSA signatures against our pre-shared key");
	we.auths[1] = IKE_AUTH_RSA;
	policy->n_auths = 2;
	assert_int_equal(ike_phase1_choose(&choice, offer1(&they.policy), policy, &err), 0);
	assert_int_equal(choice.auth, IKE_AUTH_RSA);
	assert_int_equal(choice.kilobytes, 100000);
}

static void test_phase1_weak(void **state)
{
	struct ike_phase1_choice choice;
	struct side1 they, we;
	struct ike_phase1_policy *policy = side1(&we, "3des-sha1-modp1024");
	const struct ike_sa *sa = offer1(side1(&they, "3des-sha1-modp1024"));
	struct ike_builder b;
	size_t len;

	(void)state;
	policy->allow_weak = false;
	assert_int_equal(ike_phase1_choose(&choice, sa, policy, &err), IKE_N_NO_PROPOSAL_CHOSEN);
	assert_string_equal(err.text,
			    "peer offers 3des-sha1-modp1024; we accept 3des-sha1-modp1024: 3des is "
			    "weak, and allow-weak is not set");
	ike_build_begin(&b, answer_buf, sizeof(answer_buf), &header);
	ike_phase1_offer(&b, policy);
	assert_int_equal(ike_build_end(&b, 1, &len, &err), -1);
	assert_string_equal(err.text, "cannot build a message with nothing to offer in phase 1");
}

/* SHA-1 is good enough for HMAC, and not for signatures. */
static void test_phase1_sha1(void **state)
{
	struct ike_phase1_choice choice;
	struct side1 they, we;
	struct ike_phase1_policy *policy = side1(&we, "aes128-sha1-modp2048");
	const struct ike_sa *sa;

	(void)state;
	side1(&they, "aes128-sha1-modp2048");
	they.auths[1] = IKE_AUTH_RSA;
	they.policy.n_auths = 2;
	policy->allow_weak = false;
	sa = offer1(&they.policy);
	assert_int_equal(ike_phase1_choose(&choice, sa, policy, &err), 0);
	we.auths[0] = IKE_AUTH_RSA;
	assert_int_equal(ike_phase1_choose(&choice, sa, policy, &err), IKE_N_NO_PROPOSAL_CHOSEN);
	assert_non_null(strstr(err.text, "sha1 in signatures is weak, and allow-weak is not set"));
	we.auths[0] = IKE_AUTH_ECDSA256;
	they.auths[1] = IKE_AUTH_ECDSA256;
	assert_int_equal(ike_phase1_choose(&choice, offer1(&they.policy), policy, &err), 0);
}

/* Transforms that no user of ours could write. */
static const struct ike_sa *offer_attributes(const struct ike_attribute *attributes, size_t n)
{
	const struct ike_transform transform = { 1, 1, { attributes, n } };
	const struct ike_proposal proposal = { 1, 1, { NULL, 0 }, { &transform, 1 } };
	struct ike_builder b;

	ike_build_begin(&b, offer_buf, sizeof(offer_buf), &header);
	ike_build(&b, &(struct ike_payload){ .type = IKE_PAYLOAD_SA,
					     .sa = { 1, 1, { &proposal, 1 } } });
	return parse(&theirs, &b);
}

#define A(of_type, value) { .type = (of_type), .basic = true, .number = (value) }

static const struct {
	struct ike_attribute attributes[9];
	size_t n;
	const char *error;	/* after "peer offers "; NULL: none */
} strange[] = {
	/* Without a key length, AES has the shortest. */
	{ { A(1, 7), A(2, 4), A(3, 1), A(4, 14) }, 4, NULL },
	/* Durations in four octets, and the attributes in any order. */
	{ { A(4, 14), A(3, 1), A(11, 1), { .type = 12, .number = 3600 }, A(14, 128),
	    A(2, 4), A(1, 7) }, 7, NULL },
	{ { A(1, 7), A(14, 128), A(2, 4), A(3, 1), A(4, 3) }, 5,
	  "aes128-sha256-ec2n155; we accept aes128-sha256-modp2048: group differs; "
	  "ec2n155 is not supported" },
	{ { A(1, 7), A(14, 128), A(2, 4), A(3, 1), A(4, 4) }, 5,
	  "aes128-sha256-ec2n185; we accept aes128-sha256-modp2048: group differs; "
	  "ec2n185 is not supported" },
	{ { A(1, 7), A(14, 128), A(2, 4), A(3, 1), A(4, 24) }, 5,
	  "aes128-sha256-group 24; we accept aes128-sha256-modp2048: group differs" },
	{ { A(1, 3), A(14, 128), A(2, 3), A(3, 1), A(4, 14) }, 5,
	  "blowfish128-tiger-modp2048; we accept aes128-sha256-modp2048: encryption "
	  "differs" },
	{ { A(1, 99), A(2, 99), A(3, 99) }, 3,
	  "cipher 99-hash 99-no group; we accept aes128-sha256-modp2048: encryption "
	  "differs" },
	{ { A(3, 1) }, 1, "no cipher-no hash-no group; we accept aes128-sha256-modp2048: "
			  "encryption differs" },
	{ { A(1, 7), A(14, 128), A(2, 4), A(3, 65001), A(4, 14) }, 5,
	  "aes128-sha256-modp2048; we accept aes128-sha256-modp2048: authentication "
	  "differs: GSS-API, or XAUTH with a pre-shared key against our pre-shared key" },
	{ { A(1, 7), A(14, 128), A(2, 4), A(3, 1), A(4, 14), A(13, 1) }, 6,
	  "aes128-sha256-modp2048; we accept aes128-sha256-modp2048: attribute \"prf\" is "
	  "not supported" },
	{ { A(1, 7), A(14, 128), A(2, 4), A(3, 1), A(4, 14), A(5, 1) }, 6,
	  "aes128-sha256-modp2048; we accept aes128-sha256-modp2048: attribute \"group "
	  "type\" is not supported" },
	{ { A(1, 7), A(14, 128), A(2, 4), A(3, 1), A(4, 14), A(4, 2) }, 6,
	  "aes128-sha256-modp2048; we accept aes128-sha256-modp2048: attribute \"group\" "
	  "is not supported" },
	{ { A(1, 7), A(14, 128), A(2, 4), A(3, 1), A(4, 14), A(99, 2) }, 6,
	  "aes128-sha256-modp2048; we accept aes128-sha256-modp2048: attribute \"number "
	  "99\" is not supported" },
	/* A number that is right in its last two octets only. */
	{ { A(1, 7), A(14, 128), A(2, 4), A(3, 1), { .type = 4, .number = 65550 } }, 5,
	  "aes128-sha256-group 65550; we accept aes128-sha256-modp2048: group differs" },
};

static void test_phase1_strange(void **state)
{
	struct ike_phase1_choice choice;
	struct side1 we;
	struct ike_phase1_policy *policy = side1(&we, "aes128-sha256-modp2048");

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		const struct ike_sa *offer =
			offer_attributes(strange[i].attributes, strange[i].n);
		int notify = ike_phase1_choose(&choice, offer, policy, &err);

		if (!strange[i].error) {
			assert_int_equal(notify, 0);
			continue;
		}
		assert_int_equal(notify, IKE_N_NO_PROPOSAL_CHOSEN);
		assert_string_equal(err.text + strlen("peer offers "), strange[i].error);
	}
}

/* An answer chooses one, of what was offered. */
static void test_phase1_accept(void **state)
{
	struct ike_phase1_choice choice;
	struct side1 they, we;
	const struct ike_sa *sa = offer1(side1(&they, "aes128-sha1-modp1024"));
	struct ike_phase1_policy *policy = side1(&we, "aes256-sha256-modp2048");

	(void)state;
	assert_int_equal(ike_phase1_accept(&choice, sa, policy, &err), IKE_N_NO_PROPOSAL_CHOSEN);
	assert_string_equal(err.text, "peer answers with aes128-sha1-modp1024; we have offered "
				      "aes256-sha256-modp2048: encryption differs");
	sa = offer1(side1(&they, "aes256-sha256-modp2048 aes128-sha1-modp1024"));
	assert_int_equal(ike_phase1_accept(&choice, sa, policy, &err), IKE_N_BAD_PROPOSAL_SYNTAX);
}

/* --- phase 2 ---------------------------------------------------------------------------- */

struct side2 {
	char copy[512];
	const char *words[LIST_MAX];
	struct ike_phase2_policy policy;
};

static struct ike_phase2_policy *side2(struct side2 *side, const char *words)
{
	char *rest = side->copy, *word;

	memset(side, 0, sizeof(*side));
	snprintf(side->copy, sizeof(side->copy), "%s", words);
	while ((word = strsep(&rest, " ")))
		side->words[side->policy.n_words++] = word;
	side->policy.words = side->words;
	side->policy.ah = spn_suite_find(side->words[0])->ah;
	side->policy.seconds = 3600;
	side->policy.kilobytes = 4608000;
	side->policy.spi = 0xc0ffee01;
	side->policy.allow_weak = true;
	return &side->policy;
}

static const struct ike_sa *offer2(const struct ike_phase2_policy *policy)
{
	struct ike_builder b;

	ike_build_begin(&b, offer_buf, sizeof(offer_buf), &header);
	ike_phase2_offer(&b, policy);
	return parse(&theirs, &b);
}

/* Every suite that IKEv1 has numbers for, there and back. */
static void test_phase2_all(void **state)
{
	const struct spn_suite *suite;
	struct ike_phase2_choice choice;
	char text[IKE_TRANSFORM_STRLEN], want[IKE_TRANSFORM_STRLEN];
	struct side2 side;
	struct ike_builder b;

	(void)state;
	for (unsigned int i = 0; (suite = spn_suite_at(i)); i++) {
		struct ike_phase2_policy *policy = side2(&side, suite->word);
		const struct ike_sa *sa;

		assert_int_equal(ike_suite_known(suite),
				 strcmp(suite->word, "chacha20poly1305") != 0);
		if (!ike_suite_known(suite))
			continue;
		policy->group = 14;
		sa = offer2(policy);
		assert_int_equal(ike_phase2_choose(&choice, sa, policy, &err), 0);
		assert_ptr_equal(choice.suite, suite);
		assert_int_equal(choice.spi, 0xc0ffee01);
		assert_int_equal(choice.group, 14);
		assert_int_equal(choice.seconds, 3600);
		assert_int_equal(choice.kilobytes, 4608000);
		snprintf(want, sizeof(want), "%s %s, tunnel, modp2048", suite->ah ? "AH" : "ESP",
			 suite->word);
		assert_string_equal(ike_phase2_format(choice.proposal->protocol, choice.transform,
						      text),
				    want);
		policy->spi = 0x1001;
		ike_build_begin(&b, answer_buf, sizeof(answer_buf), &header);
		ike_phase2_answer(&b, &choice, policy);
		assert_int_equal(ike_phase2_accept(&choice, parse(&answer, &b), policy, &err), 0);
		assert_int_equal(choice.spi, 0x1001);
	}
}

static const struct {
	const char *theirs;
	const char *ours;
	const char *chosen;		/* or what is said */
} choices2[] = {
	{ "aes128-sha256 aes256gcm16", "aes256gcm16 aes128-sha256", "aes256gcm16" },
	{ "aes128-sha1", "chacha20poly1305 aes128-sha1", "aes128-sha1" },
	{ "aes128-sha1", "aes256-sha256",
	  "peer offers ESP aes128-sha1; we accept ESP aes256-sha256: encryption differs" },
	{ "aes256-sha1", "aes256-sha256",
	  "peer offers ESP aes256-sha1; we accept ESP aes256-sha256: hash differs" },
	{ "aes256gcm8", "aes256gcm16",
	  "peer offers ESP aes256gcm8; we accept ESP aes256gcm16: encryption differs" },
	{ "sha256", "aes256-sha256",
	  "peer offers AH sha256; we accept ESP aes256-sha256: protocol differs: our ESP" },
	{ "sha1", "sha256", "peer offers AH sha1; we accept AH sha256: hash differs" },
	{ "aes128-sha1 3des-sha1", "aes128-sha256 aes256gcm16",
	  "peer offers ESP aes128-sha1, ESP 3des-sha1; we accept ESP aes128-sha256, ESP "
	  "aes256gcm16; of the nearest two, ESP aes128-sha1 and ESP aes128-sha256, hash differs" },
};

static void test_phase2(void **state)
{
	struct ike_phase2_choice choice;
	struct side2 they, we;

	(void)state;
	for (size_t i = 0; i < sizeof(choices2) / sizeof(choices2[0]); i++) {
		const struct ike_sa *sa = offer2(side2(&they, choices2[i].theirs));
		int notify = ike_phase2_choose(&choice, sa, side2(&we, choices2[i].ours), &err);

		if (notify)
			assert_string_equal(err.text, choices2[i].chosen);
		else
			assert_string_equal(choice.suite->word, choices2[i].chosen);
	}
}

static const char *differ2(const struct side2 *they, const struct side2 *we)
{
	static const char start[] = "peer offers ESP aes128-sha256; we accept ESP aes128-sha256: ";
	struct ike_phase2_choice choice;

	if (!ike_phase2_choose(&choice, offer2(&they->policy), &we->policy, &err))
		return "";
	assert_memory_equal(err.text, start, strlen(start));
	return err.text + strlen(start);
}

static void test_phase2_mode(void **state)
{
	struct side2 they, we;

	(void)state;
	side2(&they, "aes128-sha256");
	side2(&we, "aes128-sha256");
	they.policy.transport = true;
	assert_string_equal(differ2(&they, &we), "mode differs: transport against our tunnel");
	we.policy.transport = true;
	assert_string_equal(differ2(&they, &we), "");
	we.policy.encap = IKE_ENCAP_UDP;
	assert_string_equal(differ2(&they, &we),
			    "mode differs: transport against our transport in UDP");
	/* Either spelling is as good. */
	they.policy.encap = IKE_ENCAP_UDP_DRAFT;
	assert_string_equal(differ2(&they, &we), "");
	they.policy.transport = false;
	assert_string_equal(differ2(&they, &we),
			    "mode differs: tunnel in UDP (draft) against our transport in UDP");
}

static void test_phase2_pfs(void **state)
{
	static const struct {
		uint16_t theirs, ours;
		enum ike_pfs pfs;
		bool allow_weak;
		const char *what;
	} rows[] = {
		{ 0, 14, IKE_PFS_ANY, false, "" },
		{ 14, 0, IKE_PFS_ANY, false, "" },
		{ 31, 14, IKE_PFS_ANY, false, "" },
		{ 2, 14, IKE_PFS_ANY, false,
		  "PFS differs: modp1024 is weak, and allow-weak is not set" },
		{ 2, 14, IKE_PFS_ANY, true, "" },
		{ 3, 14, IKE_PFS_ANY, true, "PFS differs: ec2n155 is not supported" },
		{ 22, 14, IKE_PFS_ANY, true, "PFS differs: group 22 against our no PFS" },
		{ 14, 14, IKE_PFS_NEVER, false, "PFS differs: modp2048 against our no PFS" },
		{ 0, 14, IKE_PFS_NEVER, false, "" },
		{ 0, 14, IKE_PFS_MUST, false, "PFS differs: no PFS against our modp2048" },
		{ 19, 14, IKE_PFS_MUST, false, "PFS differs: ecp256 against our modp2048" },
		{ 14, 14, IKE_PFS_MUST, false, "" },
	};
	struct side2 they, we;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		side2(&they, "aes128-sha256");
		side2(&we, "aes128-sha256");
		they.policy.group = rows[i].theirs;
		we.policy.group = rows[i].ours;
		we.policy.pfs = rows[i].pfs;
		we.policy.allow_weak = rows[i].allow_weak;
		assert_string_equal(differ2(&they, &we), rows[i].what);
	}
}

static void test_phase2_weak(void **state)
{
	struct ike_phase2_choice choice;
	struct ike_builder b;
	struct side2 they, we;
	size_t len;

	(void)state;
	side2(&they, "3des-sha1");
	side2(&we, "3des-sha1")->allow_weak = false;
	assert_int_equal(ike_phase2_choose(&choice, offer2(&they.policy), &we.policy, &err),
			 IKE_N_NO_PROPOSAL_CHOSEN);
	assert_string_equal(err.text, "peer offers ESP 3des-sha1; we accept ESP 3des-sha1: "
				      "3des-sha1 is weak, and allow-weak is not set");
	ike_build_begin(&b, answer_buf, sizeof(answer_buf), &header);
	ike_phase2_offer(&b, &we.policy);
	assert_int_equal(ike_build_end(&b, 1, &len, &err), -1);
}

/* AH and ESP of one number are one proposal, which is refused by name; alone each is fine. */
static void test_bundle(void **state)
{
	static const uint8_t spi[4] = { 0, 0, 16, 1 };
	const struct ike_attribute attributes[] = { A(5, 2), A(4, 1) };
	const struct ike_transform ah = { 1, 3, { attributes, 2 } };
	const struct ike_transform null = { 1, 11, { attributes, 2 } };
	struct ike_proposal proposals[] = {
		{ 1, IKE_PROTOCOL_AH, SP_OCTETS(spi), { &ah, 1 } },
		{ 1, IKE_PROTOCOL_ESP, SP_OCTETS(spi), { &null, 1 } },
	};
	struct ike_phase2_choice choice;
	struct ike_builder b;
	struct side2 we;

	(void)state;
	for (uint8_t number = 1; number <= 2; number++) {
		proposals[1].number = number;
		ike_build_begin(&b, offer_buf, sizeof(offer_buf), &header);
		ike_build(&b, &(struct ike_payload){ .type = IKE_PAYLOAD_SA,
						     .sa = { 1, 1, { proposals, 2 } } });
		if (!ike_phase2_choose(&choice, parse(&theirs, &b), side2(&we, "null-sha1"), &err))
			assert_int_equal(number, 2);
		else
			assert_string_equal(err.text,
					    "peer offers AH sha1, ESP null-sha1; we accept ESP "
					    "null-sha1; of the nearest two, several protocols at "
					    "once and ESP null-sha1, the peer wants more than one "
					    "protocol");
	}
	assert_int_equal(choice.proposal->number, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phase1),	      cmocka_unit_test(test_phase1_all),
		cmocka_unit_test(test_phase1_auth),   cmocka_unit_test(test_phase1_weak),
		cmocka_unit_test(test_phase1_sha1),
		cmocka_unit_test(test_phase1_strange), cmocka_unit_test(test_phase1_accept),
		cmocka_unit_test(test_phase2_all),    cmocka_unit_test(test_phase2),
		cmocka_unit_test(test_phase2_mode),   cmocka_unit_test(test_phase2_pfs),
		cmocka_unit_test(test_phase2_weak),   cmocka_unit_test(test_bundle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
