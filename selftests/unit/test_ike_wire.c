// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages that are wrong in one place each, and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keying/ike/id.h"
#include "keying/ike/proposal.h"
#include "keying/ike/trace.h"
#include "keying/ike/vendor.h"
#include "keying/ike/wire.h"

static struct sp_error err;
static struct ike_message message;
static uint8_t buf[4096];
static size_t len;

static const struct ike_header first_header = {
	.cookie_i = { 1, 2, 3, 4, 5, 6, 7, 8 },
	.version = IKE_VERSION_1,
	.exchange = IKE_EXCHANGE_MAIN,
};

static const struct ike_header quick_header = {
	.cookie_i = { 1, 2, 3, 4, 5, 6, 7, 8 },
	.cookie_r = { 8, 7, 6, 5, 4, 3, 2, 1 },
	.version = IKE_VERSION_1,
	.exchange = IKE_EXCHANGE_QUICK,
	.flags = IKE_FLAG_ENCRYPTED,
	.message_id = 0xc0a1b2c3,
};

static void end(struct ike_builder *b, size_t block)
{
	if (ike_build_end(b, block, &len, &err))
		fail_msg("%s", err.text);
}

/* SA with one proposal and one transform, and a vendor ID behind it. */
static void build_first(void)
{
	struct sp_ike_suite suite;
	const uint16_t auth = IKE_AUTH_PSK;
	const struct ike_phase1_policy policy = { &suite, 1, &auth, 1, 28800, 0, false };
	struct ike_builder b;

	assert_int_equal(sp_ike_suite_parse(&suite, "aes256-sha256-modp2048", &err), 0);
	ike_build_begin(&b, buf, sizeof(buf), &first_header);
	ike_phase1_offer(&b, &policy);
	ike_build_data(&b, IKE_PAYLOAD_VID, ike_vendor_octets(IKE_VENDOR_DPD));
	end(&b, 1);
}

/* What quick mode protects, in clear, with padding behind it. */
static void build_quick(void)
{
	static const char *const words[] = { "aes256-sha256", "aes128gcm16" };
	const struct ike_phase2_policy policy = {
		.words = words,
		.n_words = 2,
		.group = 14,
		.seconds = 3600,
		.spi = 0x1234,
	};
	static const uint8_t nonce[16] = { 1 }, net[8] = { 10, 1, 0, 0, 255, 255, 0, 0 };
	const struct ike_payload id = {
		.type = IKE_PAYLOAD_ID,
		.id = { .type = IKE_ID_IPV4_SUBNET, .data = SP_OCTETS(net) },
	};
	struct ike_builder b;

	ike_build_begin(&b, buf, sizeof(buf), &quick_header);
	assert_non_null(ike_build_hole(&b, IKE_PAYLOAD_HASH, 32));
	ike_phase2_offer(&b, &policy);
	ike_build_data(&b, IKE_PAYLOAD_NONCE, SP_OCTETS(nonce));
	ike_build(&b, &id);
	ike_build(&b, &id);
	end(&b, 16);
}

static int parse(void)
{
	const struct sp_octets datagram = { buf, len };
	struct ike_header header;
	int ret = ike_header_parse(&header, datagram, &err);

	if (ret)
		return ret;
	return ike_message_parse(&message, &header,
				 (struct sp_octets){ buf + IKE_HEADER_LEN, len - IKE_HEADER_LEN },
				 &err);
}

/* --- what is wrong with a first message ------------------------------------------------ */

struct fault {
	size_t at;
	uint8_t octet;
	int notify;
	const char *error;
};

static void check_faults(const struct fault *faults, size_t n, void (*build)(void))
{
	for (size_t i = 0; i < n; i++) {
		int notify;

		build();
		assert_int_equal(parse(), 0);
		buf[faults[i].at] = faults[i].octet;
		notify = parse();
		if (notify != faults[i].notify || strcmp(err.text, faults[i].error))
			fail_msg("octet %zu as %u: %d, %s", faults[i].at, faults[i].octet, notify,
				 err.text);
	}
}

static void test_header(void **state)
{
	static const struct fault faults[] = {
		{ 16, 0, IKE_N_PAYLOAD_MALFORMED, "header: no payload behind it" },
		{ 16, 22, IKE_N_INVALID_PAYLOAD_TYPE,
		  "payload 1: type 22 is unknown, at octet 28" },
		{ 17, 0x20, IKE_N_INVALID_MAJOR_VERSION, "header: version: 2.0, not 1.0" },
		{ 17, 0x11, IKE_N_INVALID_MINOR_VERSION, "header: version: 1.1, not 1.0" },
		{ 18, 243, IKE_N_INVALID_EXCHANGE_TYPE, "header: exchange: 243 is unknown" },
		{ 18, 32, IKE_N_INVALID_COOKIE, "header: responder cookie: zero" },
		{ 19, 8, IKE_N_INVALID_FLAGS, "header: flags: 0x08 has bits that mean nothing" },
		{ 23, 1, IKE_N_INVALID_MESSAGE_ID,
		  "header: message ID: 0x00000001 in main mode" },
		{ 27, 255, IKE_N_UNEQUAL_PAYLOAD_LENGTHS,
		  "header: length: 255 octets in a datagram of 104" },
	};

	(void)state;
	check_faults(faults, sizeof(faults) / sizeof(faults[0]), build_first);
	build_first();
	memset(buf, 0, 8);
	assert_int_equal(parse(), IKE_N_INVALID_COOKIE);
	assert_string_equal(err.text, "header: initiator cookie: zero");
}

static void test_sa(void **state)
{
	static const struct fault faults[] = {
		{ 28, 2, IKE_N_INVALID_PAYLOAD_TYPE, "payload 2: type 2 is unknown, at octet 84" },
		{ 29, 1, IKE_N_PAYLOAD_MALFORMED, "SA: reserved: 1, not 0, at octet 28" },
		{ 31, 3, IKE_N_PAYLOAD_MALFORMED,
		  "SA: length: 3 octets, where 4 to 76 can be, at octet 28" },
		{ 31, 11, IKE_N_PAYLOAD_MALFORMED,
		  "SA: situation: cut off, there are 3 octets for it, at octet 36" },
		{ 31, 255, IKE_N_UNEQUAL_PAYLOAD_LENGTHS,
		  "SA: length: 255 octets, where 4 to 76 can be, at octet 28" },
		{ 35, 0, IKE_N_DOI_NOT_SUPPORTED,
		  "SA: DOI 0 is not that of IPsec, at octet 28" },
		{ 39, 2, IKE_N_SITUATION_NOT_SUPPORTED,
		  "SA: situation 2 is not identity only, at octet 28" },
		{ 40, 3, IKE_N_INVALID_PAYLOAD_TYPE,
		  "SA: proposal 1: next payload: 3, not 0 or 2, at octet 40" },
		{ 41, 1, IKE_N_BAD_PROPOSAL_SYNTAX,
		  "SA: proposal 1: reserved: 1, not 0, at octet 40" },
		/* The transform begins where the SPI is said to end. */
		{ 46, 17, IKE_N_UNEQUAL_PAYLOAD_LENGTHS,
		  "SA: proposal 1: transform 1: length: 1152 octets, where 4 to 19 can be, at "
		  "octet 65" },
		{ 46, 255, IKE_N_BAD_PROPOSAL_SYNTAX,
		  "SA: proposal 1: SPI: cut off, there are 36 octets for it, at octet 48" },
		{ 47, 2, IKE_N_BAD_PROPOSAL_SYNTAX,
		  "SA: proposal 1: number of transforms: 2, but there are 1, at octet 48" },
		{ 48, 3, IKE_N_BAD_PROPOSAL_SYNTAX,
		  "SA: proposal 1: transform 2: 0 octets, not a header of 4, at octet 84" },
		{ 51, 255, IKE_N_UNEQUAL_PAYLOAD_LENGTHS,
		  "SA: proposal 1: transform 1: length: 255 octets, where 4 to 36 can be, at "
		  "octet 48" },
		{ 54, 1, IKE_N_BAD_PROPOSAL_SYNTAX,
		  "SA: proposal 1: transform 1: reserved: not 0, at octet 54" },
		/* An attribute with a length of its own, which is that of a number. */
		{ 56, 0, IKE_N_BAD_PROPOSAL_SYNTAX,
		  "SA: proposal 1: transform 1: attribute 1152: length of 1024 octets, but 13 "
		  "are left, at octet 67" },
	};

	(void)state;
	check_faults(faults, sizeof(faults) / sizeof(faults[0]), build_first);
}

/* --- and in quick mode ----------------------------------------------------------------- */

static size_t at_of(enum ike_kind kind, size_t i)
{
	build_quick();
	assert_int_equal(parse(), 0);
	return ike_find(&message, kind, i)->at;
}

static void test_quick(void **state)
{
	const size_t nonce = at_of(IKE_NONCE, 0), id = at_of(IKE_ID, 0);
	const struct fault faults[] = {
		{ 16, IKE_PAYLOAD_VID, IKE_N_PAYLOAD_MALFORMED,
		  "HASH: not the first payload, at octet 28" },
		{ nonce + 3, 11, IKE_N_PAYLOAD_MALFORMED,
		  "nonce: data of 7 octets, not 8 to 256, at octet 148" },
		{ id + 4, 0, IKE_N_INVALID_ID_INFORMATION,
		  "ID: type 0 is unknown, at octet 168" },
		{ id + 4, IKE_ID_IPV4, IKE_N_INVALID_ID_INFORMATION,
		  "ID: data of 8 octets does not fit an ID of type IPv4 address, at octet 168" },
		{ id + 4, 12, IKE_N_INVALID_ID_INFORMATION,
		  "ID: type 12 is unknown, at octet 168" },
	};

	(void)state;
	check_faults(faults, sizeof(faults) / sizeof(faults[0]), build_quick);
}

static void test_places(void **state)
{
	static const uint8_t nonce[16];
	struct ike_builder b;

	(void)state;
	/* The SA behind the nonce. */
	build_quick();
	assert_int_equal(parse(), 0);
	ike_build_begin(&b, buf + 2048, 2048, &quick_header);
	ike_build(&b, ike_find(&message, IKE_HASH, 0));
	ike_build(&b, ike_find(&message, IKE_NONCE, 0));
	ike_build(&b, ike_find(&message, IKE_SA, 0));
	end(&b, 16);
	memmove(buf, buf + 2048, len);
	assert_int_equal(parse(), IKE_N_PAYLOAD_MALFORMED);
	assert_string_equal(err.text, "SA: not behind HASH, at octet 28");

	/* And in the first message behind a vendor ID. */
	build_first();
	assert_int_equal(parse(), 0);
	ike_build_begin(&b, buf + 2048, 2048, &first_header);
	ike_build(&b, ike_find(&message, IKE_VID, 0));
	ike_build(&b, ike_find(&message, IKE_SA, 0));
	end(&b, 1);
	memmove(buf, buf + 2048, len);
	assert_int_equal(parse(), IKE_N_PAYLOAD_MALFORMED);
	assert_string_equal(err.text, "SA: not the first payload, at octet 28");

	/* A fragment beside others. */
	ike_build_begin(&b, buf, sizeof(buf), &first_header);
	ike_build(&b, &(struct ike_payload){ .type = IKE_PAYLOAD_FRAGMENT,
					     .fragment = { 1, 1, 0, SP_OCTETS(nonce) } });
	ike_build_data(&b, IKE_PAYLOAD_NONCE, SP_OCTETS(nonce));
	end(&b, 1);
	assert_int_equal(parse(), IKE_N_PAYLOAD_MALFORMED);
	assert_string_equal(err.text, "FRAG: not alone in its message, at octet 28");
}

/* Behind the last payload there may be padding, if it was encrypted. */
static void test_behind(void **state)
{
	(void)state;
	build_quick();
	assert_int_equal(parse(), 0);
	assert_true(message.chain.len < len - IKE_HEADER_LEN);
	assert_int_equal(ike_behind(&message, ike_find(&message, IKE_HASH, 0)).len,
			 message.chain.len - 36);
	assert_int_equal(ike_behind(&message, ike_find(&message, IKE_ID, 1)).len, 0);
	build_first();
	buf[len++] = 0;
	buf[27]++;
	assert_int_equal(parse(), IKE_N_UNEQUAL_PAYLOAD_LENGTHS);
	assert_string_equal(err.text, "1 octets behind the last payload, at octet 104");
}

/* --- limits ---------------------------------------------------------------------------- */

static void test_payloads_max(void **state)
{
	struct ike_builder b;

	(void)state;
	for (int more = 0; more < 2; more++) {
		ike_build_begin(&b, buf, sizeof(buf), &first_header);
		for (int i = 0; i < IKE_PAYLOADS_MAX + more; i++)
			ike_build_data(&b, IKE_PAYLOAD_VID, SP_OCTETS("x"));
		end(&b, 1);
		assert_int_equal(parse(), more ? IKE_N_PAYLOAD_MALFORMED : 0);
	}
	assert_string_equal(err.text, "more than 64 payloads, at octet 412");
	assert_int_equal(message.n, IKE_PAYLOADS_MAX);
	assert_true(message.repeated & IKE_BIT(IKE_VID));
}

/* So many proposals of so many transforms of so many attributes. */
static int parse_many(size_t proposals, size_t transforms, size_t attributes)
{
	static struct ike_attribute attribute[40];
	static struct ike_transform transform[255];
	static struct ike_proposal proposal[100];
	static uint8_t large[65536];
	struct ike_header header;
	struct ike_builder b;
	size_t size;

	for (size_t i = 0; i < attributes; i++)
		attribute[i] = (struct ike_attribute){ .type = 1, .basic = true, .number = i };
	for (size_t i = 0; i < transforms; i++)
		transform[i] = (struct ike_transform){
			.number = 1, .id = 1, .attributes = { attribute, attributes } };
	for (size_t i = 0; i < proposals; i++)
		proposal[i] = (struct ike_proposal){
			.number = 1, .protocol = 1, .transforms = { transform, transforms } };
	ike_build_begin(&b, large, sizeof(large), &first_header);
	ike_build(&b, &(struct ike_payload){ .type = IKE_PAYLOAD_SA,
					     .sa = { 1, 1, { proposal, proposals } } });
	if (ike_build_end(&b, 1, &size, &err))
		fail_msg("%s", err.text);
	assert_int_equal(ike_header_parse(&header, (struct sp_octets){ large, size }, &err), 0);
	return ike_message_parse(&message, &header,
				 (struct sp_octets){ large + 28, size - 28 }, &err);
}

static void test_lists_max(void **state)
{
	(void)state;
	assert_int_equal(parse_many(1, 255, 8), 0);
	assert_int_equal(parse_many(IKE_PROPOSALS_MAX, 4, 8), 0);
	assert_int_equal(message.n_attributes, IKE_ATTRIBUTES_MAX);
	assert_int_equal(parse_many(IKE_PROPOSALS_MAX + 1, 1, 1), IKE_N_BAD_PROPOSAL_SYNTAX);
	assert_string_equal(err.text, "SA: proposal 65: too many in one message, at octet 1320");
	assert_int_equal(parse_many(2, 129, 1), IKE_N_BAD_PROPOSAL_SYNTAX);
	assert_non_null(strstr(err.text, "proposal 2: transform 128: too many in one message"));
	assert_int_equal(parse_many(1, 60, 35), IKE_N_BAD_PROPOSAL_SYNTAX);
	assert_non_null(strstr(err.text, "more than 2048 attributes"));
}

/* --- everything, there and back -------------------------------------------------------- */

static const uint8_t data[32] = { 0xde, 0xad, 0xbe, 0xef };

/* One payload of each number that there is. */
static void build_all(void)
{
	static const uint8_t spis[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const struct ike_attribute attributes[] = {
		{ .type = 1, .basic = true, .number = 65535 },
		{ .type = 12, .number = 86400 },
		{ .type = 16384, .octets = SP_OCTETS(data) },
		{ .type = 7, .octets = { data, 0 } },
		{ .type = 8, .octets = { data, 3 } },
	};
	const struct ike_transform transforms[] = {
		{ 1, 1, { attributes, 5 } },
		{ 2, 1, { NULL, 0 } },
	};
	const struct ike_proposal proposals[] = {
		{ 1, IKE_PROTOCOL_ESP, { data, 4 }, { transforms, 2 } },
		{ 1, IKE_PROTOCOL_IPCOMP, { data, 2 }, { transforms, 1 } },
	};
	const struct ike_payload special[] = {
		{ .type = IKE_PAYLOAD_SA, .sa = { 1, 1, { proposals, 2 } } },
		{ .type = IKE_PAYLOAD_ID,
		  .id = { IKE_ID_FQDN, 17, 500, { (const uint8_t *)"gw.example", 10 } } },
		{ .type = IKE_PAYLOAD_CERT, .cert = { 4, SP_OCTETS(data) } },
		{ .type = IKE_PAYLOAD_CR, .cert = { 4, { NULL, 0 } } },
		{ .type = IKE_PAYLOAD_NOTIFY,
		  .notify = { 1, 3, IKE_N_NO_PROPOSAL_CHOSEN, { data, 4 }, { data, 2 } } },
		{ .type = IKE_PAYLOAD_DELETE, .deleted = { 1, 3, 4, 2, SP_OCTETS(spis) } },
		{ .type = IKE_PAYLOAD_NAT_OA, .nat_oa = { IKE_ID_IPV4, { data, 4 } } },
		{ .type = IKE_PAYLOAD_NAT_OA_00, .nat_oa = { IKE_ID_IPV6, { data, 16 } } },
		{ .type = IKE_PAYLOAD_NAT_OA_04, .nat_oa = { IKE_ID_IPV4, { data, 4 } } },
	};
	static const enum ike_payload_type plain[] = {
		IKE_PAYLOAD_KE,	   IKE_PAYLOAD_HASH,	 IKE_PAYLOAD_SIG,	IKE_PAYLOAD_NONCE,
		IKE_PAYLOAD_VID,   IKE_PAYLOAD_CONFIG,	 IKE_PAYLOAD_NAT_D,	IKE_PAYLOAD_GSS,
		IKE_PAYLOAD_NAT_D_00, IKE_PAYLOAD_NAT_D_04,
	};
	struct ike_builder b;

	ike_build_begin(&b, buf, sizeof(buf), &first_header);
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		ike_build(&b, &special[i]);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		ike_build_data(&b, plain[i], SP_OCTETS(data));
	ike_build(&b, &(struct ike_payload){ .type = 200, .data = SP_OCTETS(data) });
	end(&b, 1);
}

static void check_again(void)
{
	static uint8_t again[sizeof(buf)];
	struct ike_builder b;
	size_t n;

	ike_build_begin(&b, again, sizeof(again), &message.header);
	for (size_t i = 0; i < message.n; i++)
		ike_build(&b, &message.payloads[i]);
	assert_int_equal(ike_build_end(&b, 1, &n, &err), 0);
	assert_int_equal(n, IKE_HEADER_LEN + message.chain.len);
	assert_memory_equal(again + IKE_HEADER_LEN, buf + IKE_HEADER_LEN, message.chain.len);
}

static void test_all(void **state)
{
	const struct ike_transform *transform;
	const struct ike_proposal *proposal;
	const struct ike_layout *layout;

	(void)state;
	build_all();
	if (parse())
		fail_msg("%s", err.text);
	for (size_t i = 0; (layout = ike_layout_at(IKE_VERSION_1, i)); i++)
		if (layout->kind != IKE_FRAGMENT)
			assert_true(message.present & IKE_BIT(layout->kind));
	assert_int_equal(message.repeated, IKE_BIT(IKE_NAT_D) | IKE_BIT(IKE_NAT_OA));
	proposal = ike_proposal_at(&ike_find(&message, IKE_SA, 0)->sa, 0);
	assert_int_equal(ike_spi(proposal->spi), 0xdeadbeef);
	transform = ike_transform_at(proposal, 0);
	assert_int_equal(transform->attributes.n, 5);
	assert_int_equal(ike_attribute_at(transform, 1)->number, 86400);
	assert_true(ike_attribute_at(transform, 2)->number == UINT64_MAX);
	assert_int_equal(ike_attribute_at(transform, 4)->number, 0xdeadbe);
	assert_int_equal(ike_spi(ike_proposal_at(&ike_find(&message, IKE_SA, 0)->sa, 1)->spi), 0);
	check_again();
}

/* Cut off anywhere, and with each bit turned: refused, or what is built of it is the same. */
static void test_broken(void **state)
{
	size_t whole;

	(void)state;
	build_all();
	whole = len;
	for (len = 0; len < whole; len++) {
		buf[26] = (uint8_t)(len >> 8);
		buf[27] = (uint8_t)len;
		assert_int_not_equal(parse(), 0);
	}
	for (size_t bit = 0; bit < 8 * whole; bit++) {
		build_all();
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		err.text[0] = '\0';
		if (parse())
			assert_true(err.text[0]);
		else
			check_again();
	}
}

/* --- what cannot be built -------------------------------------------------------------- */

static void test_unbuildable(void **state)
{
	static const struct ike_attribute high = { .type = 0x8001 };
	static const struct ike_attribute large = { .type = 1, .basic = true, .number = 65536 };
	const struct ike_transform transforms[] = {
		{ 1, 1, { &high, 1 } },
		{ 1, 1, { &large, 1 } },
	};
	static uint8_t much[70000], larger[80000];
	static const char *const errors[] = {
		"cannot build a message with an attribute above 32767",
		"cannot build a message with a number above 65535 in a basic attribute",
	};
	struct ike_builder b;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct ike_proposal proposal = { 1, 1, { NULL, 0 }, { &transforms[i], 1 } };

		ike_build_begin(&b, buf, sizeof(buf), &first_header);
		ike_build(&b, &(struct ike_payload){ .type = IKE_PAYLOAD_SA,
						     .sa = { 1, 1, { &proposal, 1 } } });
		assert_int_equal(ike_build_end(&b, 1, &len, &err), -1);
		assert_string_equal(err.text, errors[i]);
	}
	ike_build_begin(&b, larger, sizeof(larger), &first_header);
	ike_build_data(&b, IKE_PAYLOAD_CERT, SP_OCTETS(much));
	assert_int_equal(ike_build_end(&b, 1, &len, &err), -1);
	assert_string_equal(err.text, "cannot build a message with a payload above 65535 octets");
	ike_build_begin(&b, buf, 40, &first_header);
	assert_null(ike_build_hole(&b, IKE_PAYLOAD_HASH, 32));
	assert_int_equal(ike_built_behind(&b, NULL, 32).len, 0);
	assert_int_equal(ike_build_end(&b, 16, &len, &err), -1);
	assert_string_equal(err.text, "message does not fit 40 octets");
}

/* --- as text --------------------------------------------------------------------------- */

static char dumped[16384];

static const char dump_of_first[] =
	"header\n"
	"  initiator cookie: 0102030405060708\n"
	"  responder cookie: 0000000000000000\n"
	"  next payload: 1 (SA)\n"
	"  version: 16\n"
	"  exchange: 2 (main mode)\n"
	"  flags: 0\n"
	"  message ID: 0\n"
	"  length: 104\n"
	"SA, octet 28\n"
	"  DOI: 1 (IPsec)\n"
	"  situation: 1\n"
	"  proposal\n"
	"    number: 1\n"
	"    protocol: 1 (ISAKMP)\n"
	"    SPI: none\n"
	"    transform\n"
	"      = aes256-sha256-modp2048, pre-shared key\n"
	"      number: 1\n"
	"      ID: 1\n"
	"      encryption: 7\n"
	"      key length: 256\n"
	"      hash: 4\n"
	"      group: 14\n"
	"      authentication: 1\n"
	"      life type: 1\n"
	"      life duration: 28800\n"
	"VID(DPD), octet 84\n"
	"  data: afcad71368a1f1c96b8696fc77570100\n";

static void add_line(void *arg, const char *text)
{
	(void)arg;
	strcat(dumped, text);
	strcat(dumped, "\n");
}

static void test_text(void **state)
{
	char line[IKE_LINE_MAX];

	(void)state;
	build_all();
	assert_int_equal(parse(), 0);
	assert_string_equal(
		ike_line(&message, line),
		"main mode [ SA ID(gw.example[17/500]) CERT CR N(NO-PROPOSAL-CHOSEN) "
		"D(ESP 0x01020304 0x05060708) NAT-OA NAT-OA NAT-OA KE HASH SIG nonce VID CFG NAT-D "
		"GSS NAT-D NAT-D private(200) ]");
	build_quick();
	assert_int_equal(parse(), 0);
	assert_string_equal(ike_line(&message, line),
			    "quick mode 0xc0a1b2c3 [ HASH SA nonce ID(10.1.0.0/16) "
			    "ID(10.1.0.0/16) ]");
	assert_string_equal(ike_line_header(&message.header, line),
			    "quick mode 0xc0a1b2c3 [ 204 octets, encrypted ]");
	build_first();
	assert_int_equal(parse(), 0);
	dumped[0] = '\0';
	ike_dump(&message, add_line, NULL);
	assert_string_equal(dumped, dump_of_first);
}

/* --- what is logged of them ------------------------------------------------------------ */

static unsigned int n_lines;
static char last_line[1024];

static void take_line(void *arg, const char *text)
{
	(void)arg;
	n_lines++;
	snprintf(last_line, sizeof(last_line), "%s", text);
}

static void test_trace(void **state)
{
	static const struct port_host host = { .trace = take_line }, deaf;
	const struct sp_path path = { .remote = { .family = AF_INET, .octets = { 192, 0, 2, 1 } },
				      .remote_port = 500 };
	struct port port;

	(void)state;
	build_first();
	for (unsigned int level = 0; level <= 4; level++) {
		n_lines = 0;
		port_init(&port, &host, NULL);
		port.trace = level;
		ike_trace(&port, &path, true, (struct sp_octets){ buf, len });
		assert_int_equal(n_lines, level < 3 ? 0 : level == 3 ? 1 : 30);
		port.host = &deaf;
		ike_trace(&port, &path, true, (struct sp_octets){ buf, len });
	}
	port.host = &host;
	port.trace = 3;
	ike_trace(&port, &path, true, (struct sp_octets){ buf, len });
	assert_string_equal(last_line, "to 192.0.2.1 port 500: main mode [ SA VID(DPD) ]");
	ike_trace(&port, &path, false, (struct sp_octets){ buf, 20 });
	assert_string_equal(last_line,
			    "from 192.0.2.1 port 500: header: message ID: cut off, there are 0 "
			    "octets for it, at octet 20");
	build_quick();
	ike_trace_sealed(&port, &path, (struct sp_octets){ buf, len }, "no such phase 1");
	assert_string_equal(last_line, "from 192.0.2.1 port 500: quick mode 0xc0a1b2c3 [ 204 "
				       "octets, encrypted ]: no such phase 1");
}

/* --- vendor IDs, identities ------------------------------------------------------------ */

static void test_vendors(void **state)
{
	static const uint8_t windows[] = "\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87"
					 "\xe4\x61\x00\x00\x00\x09";
	static const uint8_t cut[] = { 0xaf, 0xca, 0xd7, 0x13 };

	(void)state;
	for (enum ike_vendor bit = IKE_VENDOR_DPD; bit <= IKE_VENDOR_WINDOWS; bit <<= 1) {
		struct sp_octets octets = ike_vendor_octets(bit);

		assert_true(octets.len >= 8);
		assert_int_equal(ike_vendor_find(octets)->bit, bit);
	}
	assert_int_equal(ike_vendor_find((struct sp_octets){ windows, 20 })->bit,
			 IKE_VENDOR_WINDOWS);
	assert_null(ike_vendor_find((struct sp_octets){ windows, 15 }));
	assert_null(ike_vendor_find(SP_OCTETS(cut)));
	assert_int_equal(ike_vendor_octets(IKE_VENDOR_FRAGMENTATION).len, 20);
}

static void test_ids(void **state)
{
	static const struct {
		const char *ts;
		uint8_t type;
		const char *text;
	} good[] = {
		{ "10.1.0.0/16", IKE_ID_IPV4_SUBNET, "10.1.0.0/16" },
		{ "10.1.2.3", IKE_ID_IPV4, "10.1.2.3" },
		{ "0.0.0.0/0", IKE_ID_IPV4_SUBNET, "0.0.0.0/0" },
		{ "2001:db8::/33", IKE_ID_IPV6_SUBNET, "2001:db8::/33" },
		{ "2001:db8::1", IKE_ID_IPV6, "2001:db8::1" },
		{ "10.1.0.0/16[tcp/80]", IKE_ID_IPV4_SUBNET, "10.1.0.0/16[6/80]" },
		{ "10.1.2.3[icmp]", IKE_ID_IPV4, "10.1.2.3[1]" },
	};
	uint8_t octets[IKE_ID_DATA_MAX];
	char text[IKE_ID_STRLEN];
	struct sp_ts ts, again;
	struct ike_id id;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(sp_ts_parse(&ts, good[i].ts, &err), 0);
		assert_int_equal(ike_id_of_ts(&id, octets, &ts, &err), 0);
		assert_int_equal(id.type, good[i].type);
		assert_string_equal(ike_id_format(&id, text), good[i].text);
		assert_int_equal(ike_id_to_ts(&again, &id, &err), 0);
		assert_true(sp_ts_equal(&ts, &again));
	}
	assert_int_equal(sp_ts_parse(&ts, "10.1.0.0/16[tcp/80-81]", &err), 0);
	assert_int_equal(ike_id_of_ts(&id, octets, &ts, &err), -1);
	assert_string_equal(err.text, "IKEv1 has no word for a range of ports, 80 to 81");
}

static void test_strange_ids(void **state)
{
	static const struct {
		struct ike_id id;
		uint8_t octets[8];
		const char *text;	/* of it */
		const char *ts;		/* or an error */
	} ids[] = {
		{ { .type = IKE_ID_IPV4_RANGE }, { 10, 1, 0, 0, 10, 1, 255, 255 },
		  "10.1.0.0-10.1.255.255", "10.1.0.0/16" },
		{ { .type = IKE_ID_IPV4_RANGE }, { 10, 1, 0, 1, 10, 1, 0, 1 },
		  "10.1.0.1-10.1.0.1", "10.1.0.1/32" },
		{ { .type = IKE_ID_IPV4_RANGE }, { 10, 1, 0, 1, 10, 1, 0, 6 },
		  "10.1.0.1-10.1.0.6", "a range that is no network: 10.1.0.1-10.1.0.6" },
		{ { .type = IKE_ID_IPV4_SUBNET }, { 10, 1, 2, 3, 255, 255, 0, 0 },
		  "10.1.0.0/16", "10.1.0.0/16" },
		{ { .type = IKE_ID_IPV4_SUBNET }, { 10, 1, 0, 0, 255, 0, 255, 0 },
		  "10.1.0.0 mask 255.0.255.0", "an ID whose mask has holes" },
		{ { .type = IKE_ID_FQDN }, "a b\n\xff.tl", "a?b??.tl",
		  "an ID of type FQDN is no network" },
		{ { .type = IKE_ID_KEY_ID }, { 1, 2, 0xff }, "key-id:0102ff0000000000",
		  "an ID of type key ID is no network" },
		{ { .type = IKE_ID_IPV4_SUBNET, .protocol = 1, .port = 8 },
		  { 10, 1, 0, 0, 255, 255, 0, 0 }, "10.1.0.0/16[1/8]",
		  "port 8 of protocol 1, which has none" },
	};
	char text[IKE_ID_STRLEN], ts_text[SP_TS_STRLEN];
	struct sp_ts ts;

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct ike_id id = ids[i].id;

		id.data = (struct sp_octets){ ids[i].octets, 8 };
		assert_string_equal(ike_id_format(&id, text), ids[i].text);
		if (ike_id_to_ts(&ts, &id, &err))
			assert_string_equal(err.text, ids[i].ts);
		else
			assert_string_equal(sp_ts_format(&ts, ts_text), ids[i].ts);
	}
}

/* --- the tables ------------------------------------------------------------------------ */

static bool fits(const struct ike_layout *layout, const struct ike_field *field)
{
	switch (field->kind) {
	case IKE_FIELD_NUMBER:
		return (field->width == 1 || field->width == 2 || field->width == 4) &&
		       field->offset + field->width <= layout->size;
	case IKE_FIELD_FIXED:
		return field->offset + field->width <= layout->size;
	case IKE_FIELD_SIZED:
	case IKE_FIELD_REST:
		return field->offset + sizeof(struct sp_octets) <= layout->size;
	case IKE_FIELD_CHAIN:
	case IKE_FIELD_ATTRIBUTES:
		return field->offset + sizeof(struct ike_list) <= layout->size;
	case IKE_FIELD_RESERVED:
	case IKE_FIELD_SIZE:
	case IKE_FIELD_COUNT:
		return field->width > 0;
	}
	return false;
}

/* What takes all that is left is last, and what describes a field stands before it. */
static void check_layout(const struct ike_layout *layout)
{
	const struct ike_field *field;
	bool size = false;

	assert_non_null(layout->name);
	for (field = layout->fields; field->name; field++) {
		assert_true(fits(layout, field));
		if (field->kind == IKE_FIELD_REST || field->kind == IKE_FIELD_CHAIN ||
		    field->kind == IKE_FIELD_ATTRIBUTES)
			assert_null(field[1].name);
		if (field->kind == IKE_FIELD_SIZED)
			assert_true(size);
		size |= field->kind == IKE_FIELD_SIZE;
		if (field->kind == IKE_FIELD_CHAIN)
			check_layout(field->elements);
	}
}

static void test_layouts(void **state)
{
	const struct ike_layout *layout;
	uint32_t kinds = 0;

	(void)state;
	check_layout(&ike_layout_header);
	for (size_t i = 0; (layout = ike_layout_at(IKE_VERSION_1, i)); i++) {
		check_layout(layout);
		assert_ptr_equal(ike_layout_find(IKE_VERSION_1, layout->type), layout);
		assert_string_equal(ike_word(ike_words_payload, layout->type), layout->name);
		assert_true(layout->size <= sizeof(struct ike_payload) -
					    offsetof(struct ike_payload, sa));
		kinds |= IKE_BIT(layout->kind);
	}
	assert_int_equal(kinds | IKE_BIT(IKE_PRIVATE), IKE_BIT(IKE_KINDS) - 1);
	assert_null(ike_layout_find(IKE_VERSION_1, 0));
	assert_null(ike_layout_find(IKE_VERSION_1, 127));
	assert_int_equal(ike_layout_find(IKE_VERSION_1, 255)->kind, IKE_PRIVATE);
	assert_null(ike_layout_find(IKE_VERSION_2, 1));
	assert_true(sizeof(message) < 131072);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_sa),
		cmocka_unit_test(test_quick),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_payloads_max),
		cmocka_unit_test(test_lists_max),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_unbuildable),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_vendors),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_strange_ids),
		cmocka_unit_test(test_layouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
