// SPDX-License-Identifier: GPL-2.0-or-later
#include "layout.h"

#include <string.h>

#include "wire.h"

/* --- what no field says by itself --------------------------------------------------- */

static int malformed(const char *field, const char *what, struct sp_error *err)
{
	sp_fail(err, "%s %s", field, what);
	return IKE_N_PAYLOAD_MALFORMED;
}

static int check_sa(const void *value, struct sp_error *err)
{
	const struct ike_sa *sa = value;

	if (sa->doi != IKE_DOI_IPSEC) {
		sp_fail(err, "DOI %u is not that of IPsec", sa->doi);
		return IKE_N_DOI_NOT_SUPPORTED;
	}
	/* With others, labels would stand before the proposals (RFC 2407 4.6.1). */
	if (sa->situation != IKE_SITUATION_IDENTITY) {
		sp_fail(err, "situation %u is not identity only", sa->situation);
		return IKE_N_SITUATION_NOT_SUPPORTED;
	}
	if (!sa->proposals.n) {
		sp_fail(err, "proposals missing");
		return IKE_N_BAD_PROPOSAL_SYNTAX;
	}
	return 0;
}

static int check_proposal(const void *value, struct sp_error *err)
{
	const struct ike_proposal *proposal = value;
	size_t len = proposal->spi.len;
	bool good = true;

	/* RFC 2408 3.5: in phase 1 the cookies say it, and what stands here is ignored. */
	if (proposal->protocol == IKE_PROTOCOL_ISAKMP)
		good = len <= 2 * IKE_COOKIE_LEN;
	else if (proposal->protocol == IKE_PROTOCOL_AH || proposal->protocol == IKE_PROTOCOL_ESP)
		good = len == 4;
	if (!good) {
		sp_fail(err, "SPI size of %zu octets does not fit the protocol", len);
		return IKE_N_INVALID_SPI;
	}
	if (!proposal->transforms.n) {
		sp_fail(err, "transforms missing");
		return IKE_N_BAD_PROPOSAL_SYNTAX;
	}
	return 0;
}

static int check_data(const void *value, struct sp_error *err)
{
	const struct sp_octets *data = value;

	return data->len ? 0 : malformed("data", "is empty", err);
}

static int check_nonce(const void *value, struct sp_error *err)
{
	const struct sp_octets *data = value;

	if (data->len >= IKE_NONCE_MIN && data->len <= IKE_NONCE_MAX)
		return 0;
	sp_fail(err, "data of %zu octets, not %d to %d", data->len, IKE_NONCE_MIN, IKE_NONCE_MAX);
	return IKE_N_PAYLOAD_MALFORMED;
}

/* What an ID of that type holds; 0: any. */
static const uint8_t id_lens[] = {
	[IKE_ID_IPV4] = 4,
	[IKE_ID_IPV4_SUBNET] = 8,
	[IKE_ID_IPV6] = 16,
	[IKE_ID_IPV6_SUBNET] = 32,
	[IKE_ID_IPV4_RANGE] = 8,
	[IKE_ID_IPV6_RANGE] = 32,
	[IKE_ID_KEY_ID] = 0,
};

static int check_id(const void *value, struct sp_error *err)
{
	const struct ike_id *id = value;
	size_t want;

	if (!id->type || id->type >= sizeof(id_lens)) {
		sp_fail(err, "type %u is unknown", id->type);
		return IKE_N_INVALID_ID_INFORMATION;
	}
	want = id_lens[id->type];
	if (want ? id->data.len == want : id->data.len > 0)
		return 0;
	sp_fail(err, "data of %zu octets does not fit an ID of type %s", id->data.len,
		ike_word(ike_words_id, id->type));
	return IKE_N_INVALID_ID_INFORMATION;
}

static int check_notify(const void *value, struct sp_error *err)
{
	const struct ike_notify *notify = value;

	if (notify->spi.len > 2 * IKE_COOKIE_LEN)
		return malformed("SPI size", "is above 16 octets", err);
	return 0;
}

static int check_delete(const void *value, struct sp_error *err)
{
	const struct ike_delete *deleted = value;
	size_t want = deleted->protocol == IKE_PROTOCOL_ISAKMP ? 2 * IKE_COOKIE_LEN : 4;

	if (deleted->protocol < IKE_PROTOCOL_ISAKMP || deleted->protocol > IKE_PROTOCOL_ESP) {
		sp_fail(err, "protocol %u is unknown", deleted->protocol);
		return IKE_N_INVALID_PROTOCOL_ID;
	}
	if (deleted->spi_len != want) {
		sp_fail(err, "SPI size of %u octets, not %zu", deleted->spi_len, want);
		return IKE_N_INVALID_SPI;
	}
	if (!deleted->n || deleted->spis.len != (size_t)deleted->n * want) {
		sp_fail(err, "SPIs of %zu octets, where %u of %zu should be", deleted->spis.len,
			deleted->n, want);
		return IKE_N_UNEQUAL_PAYLOAD_LENGTHS;
	}
	return 0;
}

static int check_nat_oa(const void *value, struct sp_error *err)
{
	const struct ike_nat_oa *oa = value;

	if ((oa->type == IKE_ID_IPV4 && oa->address.len == 4) ||
	    (oa->type == IKE_ID_IPV6 && oa->address.len == 16))
		return 0;
	sp_fail(err, "address of %zu octets and type %u is none", oa->address.len, oa->type);
	return IKE_N_INVALID_ID_INFORMATION;
}

static int check_fragment(const void *value, struct sp_error *err)
{
	const struct ike_fragment *fragment = value;

	if (!fragment->number)
		return malformed("number", "is 0", err);
	if (fragment->last > 1)
		return malformed("flags", "other than that of the last fragment", err);
	return fragment->data.len ? 0 : malformed("data", "is empty", err);
}

/* --- fields ------------------------------------------------------------------------- */

#define NUMBER(label, type, member, of_words)				\
	{								\
		.name = (label),					\
		.kind = IKE_FIELD_NUMBER,				\
		.width = sizeof(((struct type *)0)->member),		\
		.offset = offsetof(struct type, member),		\
		.words = (of_words),					\
	}
#define RESERVED(octets) { .name = "reserved", .kind = IKE_FIELD_RESERVED, .width = (octets) }
#define FIXED(label, type, member)					\
	{								\
		.name = (label),					\
		.kind = IKE_FIELD_FIXED,				\
		.width = sizeof(((struct type *)0)->member),		\
		.offset = offsetof(struct type, member),		\
	}
#define SIZE(label) { .name = (label), .kind = IKE_FIELD_SIZE, .width = 1 }
#define SIZED(label, type, member) \
	{ .name = (label), .kind = IKE_FIELD_SIZED, .offset = offsetof(struct type, member) }
#define COUNT(label) { .name = (label), .kind = IKE_FIELD_COUNT, .width = 1 }
#define REST(label, type, member) \
	{ .name = (label), .kind = IKE_FIELD_REST, .offset = offsetof(struct type, member) }
#define CHAIN(label, type, member, of_elements)				\
	{								\
		.name = (label),					\
		.kind = IKE_FIELD_CHAIN,				\
		.offset = offsetof(struct type, member),		\
		.elements = (of_elements),				\
	}
#define ATTRIBUTES(type, member)					\
	{								\
		.name = "attributes",					\
		.kind = IKE_FIELD_ATTRIBUTES,				\
		.offset = offsetof(struct type, member),		\
	}
#define END { .name = NULL }

/* RFC 2408 3.1. */
static const struct ike_field header_fields[] = {
	FIXED("initiator cookie", ike_header, cookie_i),
	FIXED("responder cookie", ike_header, cookie_r),
	NUMBER("next payload", ike_header, next, ike_words_payload),
	NUMBER("version", ike_header, version, NULL),
	NUMBER("exchange", ike_header, exchange, ike_words_exchange),
	NUMBER("flags", ike_header, flags, NULL),
	NUMBER("message ID", ike_header, message_id, NULL),
	NUMBER("length", ike_header, length, NULL),
	END,
};

/* RFC 2408 3.4, RFC 2407 4.6.1. */
static const struct ike_field sa_fields[] = {
	NUMBER("DOI", ike_sa, doi, ike_words_doi),
	NUMBER("situation", ike_sa, situation, NULL),
	CHAIN("proposals", ike_sa, proposals, &ike_layout_proposal),
	END,
};

/* RFC 2408 3.5. */
static const struct ike_field proposal_fields[] = {
	NUMBER("number", ike_proposal, number, NULL),
	NUMBER("protocol", ike_proposal, protocol, ike_words_protocol),
	SIZE("SPI size"),
	COUNT("number of transforms"),
	SIZED("SPI", ike_proposal, spi),
	CHAIN("transforms", ike_proposal, transforms, &ike_layout_transform),
	END,
};

/* RFC 2408 3.6. */
static const struct ike_field transform_fields[] = {
	NUMBER("number", ike_transform, number, NULL),
	NUMBER("ID", ike_transform, id, NULL),
	RESERVED(2),
	ATTRIBUTES(ike_transform, attributes),
	END,
};

/* RFC 2407 4.6.2. */
static const struct ike_field id_fields[] = {
	NUMBER("type", ike_id, type, ike_words_id),
	NUMBER("protocol", ike_id, protocol, NULL),
	NUMBER("port", ike_id, port, NULL),
	REST("data", ike_id, data),
	END,
};

/* RFC 2408 3.9, 3.10. */
static const struct ike_field cert_fields[] = {
	NUMBER("encoding", ike_cert, encoding, ike_words_cert),
	REST("data", ike_cert, data),
	END,
};

/* RFC 2408 3.14. */
static const struct ike_field notify_fields[] = {
	NUMBER("DOI", ike_notify, doi, ike_words_doi),
	NUMBER("protocol", ike_notify, protocol, ike_words_protocol),
	SIZE("SPI size"),
	NUMBER("type", ike_notify, type, ike_words_notify),
	SIZED("SPI", ike_notify, spi),
	REST("data", ike_notify, data),
	END,
};

/* RFC 2408 3.15. */
static const struct ike_field delete_fields[] = {
	NUMBER("DOI", ike_delete, doi, ike_words_doi),
	NUMBER("protocol", ike_delete, protocol, ike_words_protocol),
	NUMBER("SPI size", ike_delete, spi_len, NULL),
	NUMBER("number of SPIs", ike_delete, n, NULL),
	REST("SPIs", ike_delete, spis),
	END,
};

/* RFC 3947 5.2. */
static const struct ike_field nat_oa_fields[] = {
	NUMBER("type", ike_nat_oa, type, ike_words_id),
	RESERVED(3),
	REST("address", ike_nat_oa, address),
	END,
};

/* Of a datagram of its own each, unencrypted; in no RFC. */
static const struct ike_field fragment_fields[] = {
	NUMBER("ID", ike_fragment, id, NULL),
	NUMBER("number", ike_fragment, number, NULL),
	NUMBER("flags", ike_fragment, last, NULL),
	REST("data", ike_fragment, data),
	END,
};

static const struct ike_field data_fields[] = {
	{ .name = "data", .kind = IKE_FIELD_REST },
	END,
};

/* --- layouts ------------------------------------------------------------------------ */

const struct ike_layout ike_layout_header = {
	.name = "header",
	.fields = header_fields,
	.size = sizeof(struct ike_header),
};

const struct ike_layout ike_layout_proposal = {
	.name = "proposal",
	.type = IKE_PAYLOAD_PROPOSAL,
	.fields = proposal_fields,
	.size = sizeof(struct ike_proposal),
	.check = check_proposal,
};

const struct ike_layout ike_layout_transform = {
	.name = "transform",
	.type = IKE_PAYLOAD_TRANSFORM,
	.fields = transform_fields,
	.size = sizeof(struct ike_transform),
};

#define LAYOUT(label, number, of_kind, of_fields, of_type, of_check)	\
	{								\
		.name = (label),					\
		.type = (number),					\
		.kind = (of_kind),					\
		.fields = (of_fields),					\
		.size = sizeof(struct of_type),				\
		.check = (of_check),					\
	}
#define DATA(label, number, of_kind, of_check) \
	LAYOUT(label, number, of_kind, data_fields, sp_octets, of_check)

/*
 * RFC 2408 3.1 has the numbers; private ones are used before there is an RFC.  Version 2 gets a
 * table of its own.
 */
static const struct ike_layout layouts[] = {
	LAYOUT("SA", IKE_PAYLOAD_SA, IKE_SA, sa_fields, ike_sa, check_sa),
	DATA("KE", IKE_PAYLOAD_KE, IKE_KE, check_data),
	LAYOUT("ID", IKE_PAYLOAD_ID, IKE_ID, id_fields, ike_id, check_id),
	LAYOUT("CERT", IKE_PAYLOAD_CERT, IKE_CERT, cert_fields, ike_cert, NULL),
	LAYOUT("CR", IKE_PAYLOAD_CR, IKE_CR, cert_fields, ike_cert, NULL),
	DATA("HASH", IKE_PAYLOAD_HASH, IKE_HASH, check_data),
	DATA("SIG", IKE_PAYLOAD_SIG, IKE_SIG, check_data),
	DATA("nonce", IKE_PAYLOAD_NONCE, IKE_NONCE, check_nonce),
	LAYOUT("N", IKE_PAYLOAD_NOTIFY, IKE_NOTIFY, notify_fields, ike_notify, check_notify),
	LAYOUT("D", IKE_PAYLOAD_DELETE, IKE_DELETE, delete_fields, ike_delete, check_delete),
	DATA("VID", IKE_PAYLOAD_VID, IKE_VID, check_data),
	DATA("CFG", IKE_PAYLOAD_CONFIG, IKE_CONFIG, NULL),
	DATA("NAT-D", IKE_PAYLOAD_NAT_D, IKE_NAT_D, check_data),
	DATA("NAT-D", IKE_PAYLOAD_NAT_D_04, IKE_NAT_D, check_data),
	DATA("NAT-D", IKE_PAYLOAD_NAT_D_00, IKE_NAT_D, check_data),
	LAYOUT("NAT-OA", IKE_PAYLOAD_NAT_OA, IKE_NAT_OA, nat_oa_fields, ike_nat_oa, check_nat_oa),
	LAYOUT("NAT-OA", IKE_PAYLOAD_NAT_OA_04, IKE_NAT_OA, nat_oa_fields, ike_nat_oa,
	       check_nat_oa),
	LAYOUT("NAT-OA", IKE_PAYLOAD_NAT_OA_00, IKE_NAT_OA, nat_oa_fields, ike_nat_oa,
	       check_nat_oa),
	DATA("GSS", IKE_PAYLOAD_GSS, IKE_GSS, check_data),
	LAYOUT("FRAG", IKE_PAYLOAD_FRAGMENT, IKE_FRAGMENT, fragment_fields, ike_fragment,
	       check_fragment),
};

/* Of numbers that vendors may use for what they like (RFC 2408 3.1). */
static const struct ike_layout private_layout = DATA("private", 0, IKE_PRIVATE, NULL);

enum {
	LAYOUTS = sizeof(layouts) / sizeof(layouts[0]),
	PRIVATE_FIRST = 128,
};

const struct ike_layout *ike_layout_at(uint8_t version, size_t i)
{
	return version == IKE_VERSION_1 && i < LAYOUTS ? &layouts[i] : NULL;
}

const struct ike_layout *ike_layout_find(uint8_t version, uint8_t type)
{
	const struct ike_layout *layout;

	for (size_t i = 0; (layout = ike_layout_at(version, i)); i++)
		if (layout->type == type)
			return layout;
	return version == IKE_VERSION_1 && type >= PRIVATE_FIRST ? &private_layout : NULL;
}
