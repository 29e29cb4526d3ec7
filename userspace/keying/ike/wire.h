/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of ISAKMP (RFC 2408): parsed, built and printed, by the tables of layout.h.
 *
 * A message is parsed in two steps, because what is behind its header may have to be decrypted
 * first:
 *
 *	ike_header_parse(&header, datagram, &err)
 *	... find whose it is; decrypt what is behind the header, in place ...
 *	ike_message_parse(&message, &header, body, &err)
 *
 * Both return 0, or the type of the notification that would tell the peer what is wrong
 * (enum ike_notify_type), with an error that names the payload, the field and the octet of the
 * message where it begins.  A message that fails means nothing in any part.
 *
 * Nothing is allocated: a message is of fixed size, 64 KiB of which a short message touches
 * little, and what is larger is refused by name.  Keep one, not one for each peer.  All octets
 * in it are views into the datagram.
 */
#ifndef IKE_WIRE_H
#define IKE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cursor.h"
#include "error.h"
#include "layout.h"
#include "numbers.h"
#include "octets.h"

enum {
	IKE_COOKIE_LEN = 8,
	IKE_HEADER_LEN = 28,
	IKE_MESSAGE_MAX = 65507,	/* what a UDP datagram carries */

	IKE_PAYLOADS_MAX = 64,		/* of a message */
	IKE_PROPOSALS_MAX = 64,
	IKE_TRANSFORMS_MAX = 256,
	IKE_ATTRIBUTES_MAX = 2048,

	IKE_NONCE_MIN = 8,		/* RFC 2409 5 */
	IKE_NONCE_MAX = 256,
};

/*
 * What a payload is, whatever number it has on the wire: NAT-D has three.  As a bit of
 * struct ike_message's masks.
 */
enum ike_kind {
	IKE_SA,
	IKE_KE,
	IKE_ID,
	IKE_CERT,
	IKE_CR,
	IKE_HASH,
	IKE_SIG,
	IKE_NONCE,
	IKE_NOTIFY,
	IKE_DELETE,
	IKE_VID,
	IKE_CONFIG,
	IKE_GSS,
	IKE_NAT_D,
	IKE_NAT_OA,
	IKE_FRAGMENT,
	IKE_PRIVATE,			/* of a private number (128 to 255) that we do not know */
	IKE_KINDS,
};

#define IKE_BIT(kind) (UINT32_C(1) << (kind))

struct ike_header {
	uint8_t cookie_i[IKE_COOKIE_LEN];
	uint8_t cookie_r[IKE_COOKIE_LEN];	/* zeros in the first message */
	uint8_t next;			/* enum ike_payload_type */
	uint8_t version;		/* enum ike_version */
	uint8_t exchange;		/* enum ike_exchange */
	uint8_t flags;			/* enum ike_flag */
	uint32_t message_id;
	uint32_t length;
};

/* --- what is in payloads --------------------------------------------------------- */

struct ike_attribute {
	uint16_t type;
	/* In 2 octets behind the type; else in as many as it says. */
	bool basic;
	uint64_t number;		/* UINT64_MAX: longer than 8 octets */
	struct sp_octets octets;	/* unless basic; to build: none, for the number in 4 */
};

struct ike_transform {
	uint8_t number;
	uint8_t id;
	struct ike_list attributes;	/* struct ike_attribute */
};

struct ike_proposal {
	uint8_t number;
	uint8_t protocol;		/* enum ike_protocol */
	struct sp_octets spi;
	struct ike_list transforms;	/* struct ike_transform */
};

struct ike_sa {
	uint32_t doi;
	uint32_t situation;
	struct ike_list proposals;	/* struct ike_proposal */
};

struct ike_id {
	uint8_t type;			/* enum ike_id_type */
	uint8_t protocol;
	uint16_t port;
	struct sp_octets data;
};

struct ike_cert {			/* also of a request */
	uint8_t encoding;		/* enum ike_cert_encoding */
	struct sp_octets data;
};

struct ike_notify {
	uint32_t doi;
	uint8_t protocol;
	uint16_t type;			/* enum ike_notify_type */
	struct sp_octets spi;
	struct sp_octets data;
};

struct ike_delete {
	uint32_t doi;
	uint8_t protocol;
	uint8_t spi_len;		/* 4, or 16: both cookies */
	uint16_t n;
	struct sp_octets spis;		/* n times spi_len */
};

struct ike_nat_oa {
	uint8_t type;			/* IKE_ID_IPV4 or IKE_ID_IPV6 */
	struct sp_octets address;
};

struct ike_fragment {
	uint16_t id;
	uint8_t number;			/* from 1 */
	uint8_t last;			/* 1: it is */
	struct sp_octets data;
};

struct ike_payload {
	uint8_t type;			/* enum ike_payload_type, as on the wire */
	uint8_t kind;			/* enum ike_kind; of no interest when built */
	uint32_t at;			/* octet of the message where it begins */
	struct sp_octets body;		/* behind the generic header: the "_b" of RFC 2409 */
	union {
		struct ike_sa sa;
		struct ike_id id;
		struct ike_cert cert;
		struct ike_notify notify;
		struct ike_delete deleted;
		struct ike_nat_oa nat_oa;
		struct ike_fragment fragment;
		struct sp_octets data;	/* of all others */
	};
};

/* --- parsing ----------------------------------------------------------------------- */

/* Lists in it point into it, so it must not be copied. */
struct ike_message {
	struct ike_header header;
	struct sp_octets chain;		/* all payloads, without the padding behind them */
	uint32_t present;		/* IKE_BIT() of each kind that is there */
	uint32_t repeated;		/* and of each that is there more than once */
	size_t n;
	struct ike_payload payloads[IKE_PAYLOADS_MAX];

	/* Where the lists are. */
	size_t n_proposals;
	size_t n_transforms;
	size_t n_attributes;
	struct ike_proposal proposals[IKE_PROPOSALS_MAX];
	struct ike_transform transforms[IKE_TRANSFORMS_MAX];
	struct ike_attribute attributes[IKE_ATTRIBUTES_MAX];
};

/*
 * Checked are the version, which is 1.0, the exchange, the flags, the message ID, which is zero
 * in phase 1 and not in what phase 1 protects, that the cookies are not zero where they cannot
 * be, and that the length is the datagram's.
 */
int ike_header_parse(struct ike_header *header, struct sp_octets datagram, struct sp_error *err);

/*
 * @body is all that is behind the header, in clear.  Behind the payloads there may be padding
 * if the header says that it was encrypted, and nothing if not.  Beside each payload, its place
 * is checked: an SA comes first in phase 1, a HASH in what follows (RFC 2409 5).
 */
int ike_message_parse(struct ike_message *message, const struct ike_header *header,
		      struct sp_octets body, struct sp_error *err);

/* The i-th of that kind, from 0, or NULL. */
const struct ike_payload *ike_find(const struct ike_message *message, enum ike_kind kind,
				   size_t i);
/* All payloads behind that one, which is what HASH(1) and HASH(2) are over. */
struct sp_octets ike_behind(const struct ike_message *message, const struct ike_payload *payload);
/* The elements of lists. */
const struct ike_proposal *ike_proposal_at(const struct ike_sa *sa, size_t i);
const struct ike_transform *ike_transform_at(const struct ike_proposal *proposal, size_t i);
const struct ike_attribute *ike_attribute_at(const struct ike_transform *transform, size_t i);
/* The SPI of a payload or a proposal that has 4 octets, else 0. */
uint32_t ike_spi(struct sp_octets octets);
/* Nobody's: the responder's of a first message, or of one that is not known yet. */
bool ike_cookie_is_zero(const uint8_t cookie[IKE_COOKIE_LEN]);

/* --- building ------------------------------------------------------------------------ */

/* Steps fail together, in ike_build_end(), so none of them has to be asked. */
struct ike_builder {
	struct sp_writer w;
	size_t next;			/* where the type of the next payload is put */
	const char *wrong;		/* what cannot be built, or NULL */
};

/* The header's next and length are seen to. */
void ike_build_begin(struct ike_builder *b, void *buf, size_t size,
		     const struct ike_header *header);
/* By its type and what is in it; its body is not looked at. */
void ike_build(struct ike_builder *b, const struct ike_payload *payload);
/* One that is its data and nothing else: KE, HASH, SIG, nonce, vendor ID, NAT-D. */
void ike_build_data(struct ike_builder *b, enum ike_payload_type type, struct sp_octets data);
/*
 * The same with so many zeros for data, which the caller fills in when the rest is there: a
 * HASH, over ike_built_behind().  NULL if there is no room.
 */
uint8_t *ike_build_hole(struct ike_builder *b, enum ike_payload_type type, size_t len);
struct sp_octets ike_built_behind(const struct ike_builder *b, const uint8_t *hole, size_t len);
/*
 * @block: what is behind the header is padded with zeros to a multiple of so many octets; 1 for
 * a message in clear.
 */
int ike_build_end(struct ike_builder *b, size_t block, size_t *len, struct sp_error *err);

/* --- printing ------------------------------------------------------------------------- */

enum { IKE_LINE_MAX = 512 };

/* "main mode [ SA VID(DPD) VID(NAT-T) ]"; cut at the end if need be.  Returns @buf. */
const char *ike_line(const struct ike_message *message, char buf[IKE_LINE_MAX]);
/* The same where only the header is known: "quick mode 0xc0a1b2c3 [ 92 octets, encrypted ]". */
const char *ike_line_header(const struct ike_header *header, char buf[IKE_LINE_MAX]);
/* All fields of it, a line each, indented by what is in what. */
void ike_dump(const struct ike_message *message, void (*line)(void *arg, const char *text),
	      void *arg);

#endif
