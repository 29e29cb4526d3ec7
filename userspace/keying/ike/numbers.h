/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of ISAKMP (RFC 2408), of IKE (RFC 2409) and of their IPsec DOI (RFC 2407), as
 * IANA has them, and the words for them.
 */
#ifndef IKE_NUMBERS_H
#define IKE_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

enum ike_version { IKE_VERSION_1 = 0x10, IKE_VERSION_2 = 0x20 };	/* major, minor */

enum ike_exchange {
	IKE_EXCHANGE_BASE = 1,
	IKE_EXCHANGE_MAIN = 2,		/* RFC 2408 calls it identity protection */
	IKE_EXCHANGE_AUTH_ONLY = 3,
	IKE_EXCHANGE_AGGRESSIVE = 4,
	IKE_EXCHANGE_INFO = 5,
	IKE_EXCHANGE_CONFIG = 6,	/* mode config and XAUTH, which are refused by name */
	IKE_EXCHANGE_QUICK = 32,
	IKE_EXCHANGE_NEW_GROUP = 33,
};

enum ike_flag {
	IKE_FLAG_ENCRYPTED = 1,
	IKE_FLAG_COMMIT = 2,
	IKE_FLAG_AUTH_ONLY = 4,
};

/* As the wire has them; struct ike_payload's kind is one for all numbers of a thing. */
enum ike_payload_type {
	IKE_PAYLOAD_NONE = 0,
	IKE_PAYLOAD_SA = 1,
	IKE_PAYLOAD_PROPOSAL = 2,
	IKE_PAYLOAD_TRANSFORM = 3,
	IKE_PAYLOAD_KE = 4,
	IKE_PAYLOAD_ID = 5,
	IKE_PAYLOAD_CERT = 6,
	IKE_PAYLOAD_CR = 7,
	IKE_PAYLOAD_HASH = 8,
	IKE_PAYLOAD_SIG = 9,
	IKE_PAYLOAD_NONCE = 10,
	IKE_PAYLOAD_NOTIFY = 11,
	IKE_PAYLOAD_DELETE = 12,
	IKE_PAYLOAD_VID = 13,
	IKE_PAYLOAD_CONFIG = 14,
	IKE_PAYLOAD_NAT_D_04 = 15,	/* drafts 04 to 08 of what became RFC 3947 */
	IKE_PAYLOAD_NAT_OA_04 = 16,
	IKE_PAYLOAD_NAT_D = 20,
	IKE_PAYLOAD_NAT_OA = 21,
	IKE_PAYLOAD_GSS = 129,
	IKE_PAYLOAD_NAT_D_00 = 130,	/* drafts 00 to 03 */
	IKE_PAYLOAD_NAT_OA_00 = 131,
	IKE_PAYLOAD_FRAGMENT = 132,
};

enum ike_doi { IKE_DOI_ISAKMP = 0, IKE_DOI_IPSEC = 1 };
enum { IKE_SITUATION_IDENTITY = 1 };

enum ike_protocol {
	IKE_PROTOCOL_ISAKMP = 1,
	IKE_PROTOCOL_AH = 2,
	IKE_PROTOCOL_ESP = 3,
	IKE_PROTOCOL_IPCOMP = 4,
};

enum ike_id_type {
	IKE_ID_IPV4 = 1,
	IKE_ID_FQDN = 2,
	IKE_ID_USER_FQDN = 3,
	IKE_ID_IPV4_SUBNET = 4,
	IKE_ID_IPV6 = 5,
	IKE_ID_IPV6_SUBNET = 6,
	IKE_ID_IPV4_RANGE = 7,
	IKE_ID_IPV6_RANGE = 8,
	IKE_ID_DN = 9,
	IKE_ID_GN = 10,
	IKE_ID_KEY_ID = 11,
};

enum ike_cert_encoding { IKE_CERT_PKCS7 = 1, IKE_CERT_X509_SIGNATURE = 4, IKE_CERT_CRL = 7 };

enum ike_notify_type {
	IKE_N_INVALID_PAYLOAD_TYPE = 1,
	IKE_N_DOI_NOT_SUPPORTED = 2,
	IKE_N_SITUATION_NOT_SUPPORTED = 3,
	IKE_N_INVALID_COOKIE = 4,
	IKE_N_INVALID_MAJOR_VERSION = 5,
	IKE_N_INVALID_MINOR_VERSION = 6,
	IKE_N_INVALID_EXCHANGE_TYPE = 7,
	IKE_N_INVALID_FLAGS = 8,
	IKE_N_INVALID_MESSAGE_ID = 9,
	IKE_N_INVALID_PROTOCOL_ID = 10,
	IKE_N_INVALID_SPI = 11,
	IKE_N_INVALID_TRANSFORM_ID = 12,
	IKE_N_ATTRIBUTES_NOT_SUPPORTED = 13,
	IKE_N_NO_PROPOSAL_CHOSEN = 14,
	IKE_N_BAD_PROPOSAL_SYNTAX = 15,
	IKE_N_PAYLOAD_MALFORMED = 16,
	IKE_N_INVALID_KEY_INFORMATION = 17,
	IKE_N_INVALID_ID_INFORMATION = 18,
	IKE_N_INVALID_CERT_ENCODING = 19,
	IKE_N_INVALID_CERTIFICATE = 20,
	IKE_N_CERT_TYPE_UNSUPPORTED = 21,
	IKE_N_INVALID_CERT_AUTHORITY = 22,
	IKE_N_INVALID_HASH_INFORMATION = 23,
	IKE_N_AUTHENTICATION_FAILED = 24,
	IKE_N_INVALID_SIGNATURE = 25,
	IKE_N_ADDRESS_NOTIFICATION = 26,
	IKE_N_NOTIFY_SA_LIFETIME = 27,
	IKE_N_CERTIFICATE_UNAVAILABLE = 28,
	IKE_N_UNSUPPORTED_EXCHANGE_TYPE = 29,
	IKE_N_UNEQUAL_PAYLOAD_LENGTHS = 30,
	IKE_N_ERRORS_END = 8192,	/* all below are errors (RFC 2408 3.14.1) */
	IKE_N_CONNECTED = 16384,
	IKE_N_RESPONDER_LIFETIME = 24576,
	IKE_N_REPLAY_STATUS = 24577,
	IKE_N_INITIAL_CONTACT = 24578,
	IKE_N_R_U_THERE = 36136,	/* RFC 3706 */
	IKE_N_R_U_THERE_ACK = 36137,
};

/* Attributes of phase 1 (RFC 2409 appendix A). */
enum ike_phase1_attribute {
	IKE_A1_CIPHER = 1,
	IKE_A1_HASH = 2,
	IKE_A1_AUTH = 3,
	IKE_A1_GROUP = 4,
	IKE_A1_GROUP_TYPE = 5,		/* 5 to 10 describe a group that has no number */
	IKE_A1_GROUP_ORDER = 16,
	IKE_A1_LIFE_TYPE = 11,
	IKE_A1_LIFE_DURATION = 12,
	IKE_A1_PRF = 13,
	IKE_A1_KEY_LEN = 14,
	IKE_A1_FIELD_SIZE = 15,
	IKE_A1_GSS_NAME = 16384,
};

/* Attributes of phase 2 (RFC 2407 4.5). */
enum ike_phase2_attribute {
	IKE_A2_LIFE_TYPE = 1,
	IKE_A2_LIFE_DURATION = 2,
	IKE_A2_GROUP = 3,
	IKE_A2_ENCAPSULATION = 4,
	IKE_A2_AUTH = 5,
	IKE_A2_KEY_LEN = 6,
	IKE_A2_KEY_ROUNDS = 7,
	IKE_A2_COMPRESS_DICTIONARY = 8,
	IKE_A2_COMPRESS_PRIVATE = 9,
	IKE_A2_ECN_TUNNEL = 10,
	IKE_A2_ESN = 11,
};

enum ike_life_type { IKE_LIFE_SECONDS = 1, IKE_LIFE_KILOBYTES = 2 };

/* Authentication methods of phase 1. */
enum ike_auth {
	IKE_AUTH_PSK = 1,
	IKE_AUTH_DSS = 2,
	IKE_AUTH_RSA = 3,		/* signatures */
	IKE_AUTH_RSA_ENCRYPTION = 4,
	IKE_AUTH_RSA_ENCRYPTION_REVISED = 5,
	IKE_AUTH_ECDSA256 = 9,		/* RFC 4754: with SHA-256 on that curve, and so on */
	IKE_AUTH_ECDSA384 = 10,
	IKE_AUTH_ECDSA521 = 11,
	IKE_AUTH_GSS = 65001,		/* or XAUTH with a pre-shared key: vendor IDs tell */
};

/* Encapsulation modes of phase 2. */
enum ike_encapsulation {
	IKE_ENCAPSULATION_TUNNEL = 1,
	IKE_ENCAPSULATION_TRANSPORT = 2,
	IKE_ENCAPSULATION_UDP_TUNNEL = 3,	/* RFC 3947 5.1 */
	IKE_ENCAPSULATION_UDP_TRANSPORT = 4,
	IKE_ENCAPSULATION_UDP_TUNNEL_DRAFT = 61443,
	IKE_ENCAPSULATION_UDP_TRANSPORT_DRAFT = 61444,
};

/* The words for numbers; a table ends with a row without a word. */
struct ike_word {
	uint32_t number;
	const char *word;
};

/* NULL if the table has none. */
const char *ike_word(const struct ike_word *words, uint32_t number);

extern const struct ike_word ike_words_exchange[];
extern const struct ike_word ike_words_payload[];	/* by number on the wire */
extern const struct ike_word ike_words_doi[];
extern const struct ike_word ike_words_protocol[];
extern const struct ike_word ike_words_id[];
extern const struct ike_word ike_words_cert[];
extern const struct ike_word ike_words_notify[];
extern const struct ike_word ike_words_auth[];
extern const struct ike_word ike_words_encapsulation[];
extern const struct ike_word ike_words_life[];
extern const struct ike_word ike_words_attribute1[];
extern const struct ike_word ike_words_attribute2[];
extern const struct ike_word ike_words_cipher1[];	/* values of attributes of phase 1 */
extern const struct ike_word ike_words_hash1[];
extern const struct ike_word ike_words_auth2[];		/* and of phase 2 */
extern const struct ike_word ike_words_esp[];		/* transform IDs */
extern const struct ike_word ike_words_ah[];

/* "main mode", or "exchange 243" in the buffer. */
enum { IKE_NAME_STRLEN = 40 };
const char *ike_name(const struct ike_word *words, const char *noun, uint32_t number,
		     char buf[IKE_NAME_STRLEN]);

#endif
