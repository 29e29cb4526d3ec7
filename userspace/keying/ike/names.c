// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "numbers.h"

const char *ike_word(const struct ike_word *words, uint32_t number)
{
	for (; words->word; words++)
		if (words->number == number)
			return words->word;
	return NULL;
}

const char *ike_name(const struct ike_word *words, const char *noun, uint32_t number,
		     char buf[IKE_NAME_STRLEN])
{
	const char *word = ike_word(words, number);

	if (word)
		return word;
	snprintf(buf, IKE_NAME_STRLEN, "%s %u", noun, number);
	return buf;
}

const struct ike_word ike_words_exchange[] = {
	{ IKE_EXCHANGE_BASE, "base mode" },
	{ IKE_EXCHANGE_MAIN, "main mode" },
	{ IKE_EXCHANGE_AUTH_ONLY, "authentication only" },
	{ IKE_EXCHANGE_AGGRESSIVE, "aggressive mode" },
	{ IKE_EXCHANGE_INFO, "informational" },
	{ IKE_EXCHANGE_CONFIG, "configuration mode" },
	{ IKE_EXCHANGE_QUICK, "quick mode" },
	{ IKE_EXCHANGE_NEW_GROUP, "new group mode" },
	{ 0 },
};

/* Those that the tables of layout.c have no name for, because they stand in others. */
const struct ike_word ike_words_payload[] = {
	{ IKE_PAYLOAD_NONE, "none" },
	{ IKE_PAYLOAD_SA, "SA" },
	{ IKE_PAYLOAD_PROPOSAL, "proposal" },
	{ IKE_PAYLOAD_TRANSFORM, "transform" },
	{ IKE_PAYLOAD_KE, "KE" },
	{ IKE_PAYLOAD_ID, "ID" },
	{ IKE_PAYLOAD_CERT, "CERT" },
	{ IKE_PAYLOAD_CR, "CR" },
	{ IKE_PAYLOAD_HASH, "HASH" },
	{ IKE_PAYLOAD_SIG, "SIG" },
	{ IKE_PAYLOAD_NONCE, "nonce" },
	{ IKE_PAYLOAD_NOTIFY, "N" },
	{ IKE_PAYLOAD_DELETE, "D" },
	{ IKE_PAYLOAD_VID, "VID" },
	{ IKE_PAYLOAD_CONFIG, "CFG" },
	{ IKE_PAYLOAD_NAT_D_04, "NAT-D" },
	{ IKE_PAYLOAD_NAT_OA_04, "NAT-OA" },
	{ IKE_PAYLOAD_NAT_D, "NAT-D" },
	{ IKE_PAYLOAD_NAT_OA, "NAT-OA" },
	{ IKE_PAYLOAD_GSS, "GSS" },
	{ IKE_PAYLOAD_NAT_D_00, "NAT-D" },
	{ IKE_PAYLOAD_NAT_OA_00, "NAT-OA" },
	{ IKE_PAYLOAD_FRAGMENT, "FRAG" },
	{ 0 },
};

const struct ike_word ike_words_doi[] = {
	{ IKE_DOI_ISAKMP, "ISAKMP" },
	{ IKE_DOI_IPSEC, "IPsec" },
	{ 0 },
};

const struct ike_word ike_words_protocol[] = {
	{ 0, "none" },
	{ IKE_PROTOCOL_ISAKMP, "ISAKMP" },
	{ IKE_PROTOCOL_AH, "AH" },
	{ IKE_PROTOCOL_ESP, "ESP" },
	{ IKE_PROTOCOL_IPCOMP, "IPComp" },
	{ 0 },
};

const struct ike_word ike_words_id[] = {
	{ IKE_ID_IPV4, "IPv4 address" },
	{ IKE_ID_FQDN, "FQDN" },
	{ IKE_ID_USER_FQDN, "user FQDN" },
	{ IKE_ID_IPV4_SUBNET, "IPv4 subnet" },
	{ IKE_ID_IPV6, "IPv6 address" },
	{ IKE_ID_IPV6_SUBNET, "IPv6 subnet" },
	{ IKE_ID_IPV4_RANGE, "IPv4 range" },
	{ IKE_ID_IPV6_RANGE, "IPv6 range" },
	{ IKE_ID_DN, "DN" },
	{ IKE_ID_GN, "general name" },
	{ IKE_ID_KEY_ID, "key ID" },
	{ 0 },
};

const struct ike_word ike_words_cert[] = {
	{ IKE_CERT_PKCS7, "PKCS #7" },
	{ 2, "PGP" },
	{ 3, "DNS key" },
	{ IKE_CERT_X509_SIGNATURE, "X.509 signature" },
	{ 5, "X.509 key exchange" },
	{ 6, "Kerberos" },
	{ IKE_CERT_CRL, "CRL" },
	{ 8, "ARL" },
	{ 9, "SPKI" },
	{ 10, "X.509 attribute" },
	{ 0 },
};

const struct ike_word ike_words_notify[] = {
	{ IKE_N_INVALID_PAYLOAD_TYPE, "INVALID-PAYLOAD-TYPE" },
	{ IKE_N_DOI_NOT_SUPPORTED, "DOI-NOT-SUPPORTED" },
	{ IKE_N_SITUATION_NOT_SUPPORTED, "SITUATION-NOT-SUPPORTED" },
	{ IKE_N_INVALID_COOKIE, "INVALID-COOKIE" },
	{ IKE_N_INVALID_MAJOR_VERSION, "INVALID-MAJOR-VERSION" },
	{ IKE_N_INVALID_MINOR_VERSION, "INVALID-MINOR-VERSION" },
	{ IKE_N_INVALID_EXCHANGE_TYPE, "INVALID-EXCHANGE-TYPE" },
	{ IKE_N_INVALID_FLAGS, "INVALID-FLAGS" },
	{ IKE_N_INVALID_MESSAGE_ID, "INVALID-MESSAGE-ID" },
	{ IKE_N_INVALID_PROTOCOL_ID, "INVALID-PROTOCOL-ID" },
	{ IKE_N_INVALID_SPI, "INVALID-SPI" },
	{ IKE_N_INVALID_TRANSFORM_ID, "INVALID-TRANSFORM-ID" },
	{ IKE_N_ATTRIBUTES_NOT_SUPPORTED, "ATTRIBUTES-NOT-SUPPORTED" },
	{ IKE_N_NO_PROPOSAL_CHOSEN, "NO-PROPOSAL-CHOSEN" },
	{ IKE_N_BAD_PROPOSAL_SYNTAX, "BAD-PROPOSAL-SYNTAX" },
	{ IKE_N_PAYLOAD_MALFORMED, "PAYLOAD-MALFORMED" },
	{ IKE_N_INVALID_KEY_INFORMATION, "INVALID-KEY-INFORMATION" },
	{ IKE_N_INVALID_ID_INFORMATION, "INVALID-ID-INFORMATION" },
	{ IKE_N_INVALID_CERT_ENCODING, "INVALID-CERT-ENCODING" },
	{ IKE_N_INVALID_CERTIFICATE, "INVALID-CERTIFICATE" },
	{ IKE_N_CERT_TYPE_UNSUPPORTED, "CERT-TYPE-UNSUPPORTED" },
	{ IKE_N_INVALID_CERT_AUTHORITY, "INVALID-CERT-AUTHORITY" },
	{ IKE_N_INVALID_HASH_INFORMATION, "INVALID-HASH-INFORMATION" },
	{ IKE_N_AUTHENTICATION_FAILED, "AUTHENTICATION-FAILED" },
	{ IKE_N_INVALID_SIGNATURE, "INVALID-SIGNATURE" },
	{ IKE_N_ADDRESS_NOTIFICATION, "ADDRESS-NOTIFICATION" },
	{ IKE_N_NOTIFY_SA_LIFETIME, "NOTIFY-SA-LIFETIME" },
	{ IKE_N_CERTIFICATE_UNAVAILABLE, "CERTIFICATE-UNAVAILABLE" },
	{ IKE_N_UNSUPPORTED_EXCHANGE_TYPE, "UNSUPPORTED-EXCHANGE-TYPE" },
	{ IKE_N_UNEQUAL_PAYLOAD_LENGTHS, "UNEQUAL-PAYLOAD-LENGTHS" },
	{ IKE_N_CONNECTED, "CONNECTED" },
	{ IKE_N_RESPONDER_LIFETIME, "RESPONDER-LIFETIME" },
	{ IKE_N_REPLAY_STATUS, "REPLAY-STATUS" },
	{ IKE_N_INITIAL_CONTACT, "INITIAL-CONTACT" },
	{ IKE_N_R_U_THERE, "R-U-THERE" },
	{ IKE_N_R_U_THERE_ACK, "R-U-THERE-ACK" },
	{ 0 },
};

const struct ike_word ike_words_auth[] = {
	{ IKE_AUTH_PSK, "pre-shared key" },
	{ IKE_AUTH_DSS, "DSS signatures" },
	{ IKE_AUTH_RSA, "RSA signatures" },
	{ IKE_AUTH_RSA_ENCRYPTION, "RSA encryption" },
	{ IKE_AUTH_RSA_ENCRYPTION_REVISED, "revised RSA encryption" },
	{ IKE_AUTH_ECDSA256, "ECDSA signatures with SHA-256" },
	{ IKE_AUTH_ECDSA384, "ECDSA signatures with SHA-384" },
	{ IKE_AUTH_ECDSA521, "ECDSA signatures with SHA-512" },
	{ 64221, "hybrid RSA signatures" },
	{ IKE_AUTH_GSS, "GSS-API, or XAUTH with a pre-shared key" },
	{ 65002, "XAUTH with a pre-shared key" },
	{ 65005, "XAUTH with RSA signatures" },
	{ 65006, "XAUTH with RSA signatures" },
	{ 0 },
};

const struct ike_word ike_words_encapsulation[] = {
	{ IKE_ENCAPSULATION_TUNNEL, "tunnel" },
	{ IKE_ENCAPSULATION_TRANSPORT, "transport" },
	{ IKE_ENCAPSULATION_UDP_TUNNEL, "tunnel in UDP" },
	{ IKE_ENCAPSULATION_UDP_TRANSPORT, "transport in UDP" },
	{ IKE_ENCAPSULATION_UDP_TUNNEL_DRAFT, "tunnel in UDP (draft)" },
	{ IKE_ENCAPSULATION_UDP_TRANSPORT_DRAFT, "transport in UDP (draft)" },
	{ 0 },
};

const struct ike_word ike_words_life[] = {
	{ IKE_LIFE_SECONDS, "seconds" },
	{ IKE_LIFE_KILOBYTES, "kilobytes" },
	{ 0 },
};

const struct ike_word ike_words_attribute1[] = {
	{ IKE_A1_CIPHER, "encryption" },
	{ IKE_A1_HASH, "hash" },
	{ IKE_A1_AUTH, "authentication" },
	{ IKE_A1_GROUP, "group" },
	{ IKE_A1_GROUP_TYPE, "group type" },
	{ 6, "group prime" },
	{ 7, "group generator" },
	{ 8, "group generator 2" },
	{ 9, "group curve A" },
	{ 10, "group curve B" },
	{ IKE_A1_LIFE_TYPE, "life type" },
	{ IKE_A1_LIFE_DURATION, "life duration" },
	{ IKE_A1_PRF, "prf" },
	{ IKE_A1_KEY_LEN, "key length" },
	{ IKE_A1_FIELD_SIZE, "group field size" },
	{ IKE_A1_GROUP_ORDER, "group order" },
	{ IKE_A1_GSS_NAME, "GSS name" },
	{ 0 },
};

const struct ike_word ike_words_attribute2[] = {
	{ IKE_A2_LIFE_TYPE, "life type" },
	{ IKE_A2_LIFE_DURATION, "life duration" },
	{ IKE_A2_GROUP, "group" },
	{ IKE_A2_ENCAPSULATION, "encapsulation mode" },
	{ IKE_A2_AUTH, "authentication" },
	{ IKE_A2_KEY_LEN, "key length" },
	{ IKE_A2_KEY_ROUNDS, "key rounds" },
	{ IKE_A2_COMPRESS_DICTIONARY, "compression dictionary" },
	{ IKE_A2_COMPRESS_PRIVATE, "private compression" },
	{ IKE_A2_ECN_TUNNEL, "ECN tunnel" },
	{ IKE_A2_ESN, "extended sequence numbers" },
	{ 0 },
};

const struct ike_word ike_words_cipher1[] = {
	{ 1, "des" },
	{ 2, "idea" },
	{ 3, "blowfish" },
	{ 4, "rc5" },
	{ 5, "3des" },
	{ 6, "cast" },
	{ 7, "aes" },
	{ 8, "camellia" },
	{ 65004, "serpent" },
	{ 65005, "twofish" },
	{ 0 },
};

const struct ike_word ike_words_hash1[] = {
	{ 1, "md5" },
	{ 2, "sha1" },
	{ 3, "tiger" },
	{ 4, "sha256" },
	{ 5, "sha384" },
	{ 6, "sha512" },
	{ 0 },
};

const struct ike_word ike_words_auth2[] = {
	{ 1, "md5" },
	{ 2, "sha1" },
	{ 3, "desmac" },
	{ 4, "kpdk" },
	{ 5, "sha256" },
	{ 6, "sha384" },
	{ 7, "sha512" },
	{ 8, "ripemd" },
	{ 9, "aesxcbc" },
	{ 10, "rsa" },
	{ 11, "aes128gmac" },
	{ 12, "aes192gmac" },
	{ 13, "aes256gmac" },
	{ 0 },
};

const struct ike_word ike_words_esp[] = {
	{ 1, "desiv64" },
	{ 2, "des" },
	{ 3, "3des" },
	{ 4, "rc5" },
	{ 5, "idea" },
	{ 6, "cast" },
	{ 7, "blowfish" },
	{ 8, "3idea" },
	{ 9, "desiv32" },
	{ 10, "rc4" },
	{ 11, "null" },
	{ 12, "aes" },
	{ 13, "aesctr" },
	{ 14, "aesccm8" },
	{ 15, "aesccm12" },
	{ 16, "aesccm16" },
	{ 18, "aesgcm8" },
	{ 19, "aesgcm12" },
	{ 20, "aesgcm16" },
	{ 21, "seed" },
	{ 22, "camellia" },
	{ 23, "aesgmac" },
	{ 0 },
};

const struct ike_word ike_words_ah[] = {
	{ 2, "md5" },
	{ 3, "sha1" },
	{ 4, "des" },
	{ 5, "sha256" },
	{ 6, "sha384" },
	{ 7, "sha512" },
	{ 8, "ripemd" },
	{ 9, "aesxcbc" },
	{ 10, "rsa" },
	{ 11, "aes128gmac" },
	{ 12, "aes192gmac" },
	{ 13, "aes256gmac" },
	{ 0 },
};
