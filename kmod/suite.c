// SPDX-License-Identifier: GPL-2.0-or-later
#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <string.h>
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#include "suite.h"

/* --- a cipher and a hash ------------------------------------------------------ */

/* RFC 3602. */
#define AES_CBC(bits)				\
	.cipher = "cbc(aes)",			\
	.key_len = (bits) / 8,			\
	.iv_len = 16,				\
	.block_len = 16

/* RFC 3686. */
#define AES_CTR(bits)				\
	.cipher = "rfc3686(ctr(aes))",		\
	.key_len = (bits) / 8 + 4,		\
	.iv_len = 8,				\
	.counter_iv = true,			\
	.block_len = 4

/* RFC 2410: what is not encrypted has no IV, and ESP pads it to 4 octets (RFC 4303 2.4). */
#define NO_CIPHER				\
	.block_len = 4

/* RFC 2451 and RFC 2405. */
#define DES_CBC(name, octets)			\
	.cipher = "cbc(" name ")",		\
	.key_len = (octets),			\
	.iv_len = 8,				\
	.block_len = 8

/* For old peers, and only where that is said. */
#define WEAK .weak = true

#define HASHED(name, hash_name, hmac, auth_octets, icv_octets, ...)	\
	{								\
		.word = name "-" hash_name,				\
		.hash = "hmac(" hmac ")",				\
		.auth_key_len = (auth_octets),				\
		.icv_len = (icv_octets),				\
		__VA_ARGS__						\
	}

/* RFC 4302 has nothing to encrypt, and its words name the hash alone. */
#define AH(hash_name, hmac, auth_octets, icv_octets, is_weak)		\
	{								\
		.word = hash_name,					\
		.hash = "hmac(" hmac ")",				\
		.auth_key_len = (auth_octets),				\
		.block_len = 1,						\
		.icv_len = (icv_octets),				\
		.ah = true,						\
		.weak = (is_weak),					\
	}

/* RFC 2404, RFC 4868 and, for the last, RFC 2403. */
#define SHA1(name, ...) HASHED(name, "sha1", "sha1", 20, 12, __VA_ARGS__)
#define SHA256(name, ...) HASHED(name, "sha256", "sha256", 32, 16, __VA_ARGS__)
#define SHA384(name, ...) HASHED(name, "sha384", "sha384", 48, 24, __VA_ARGS__)
#define SHA512(name, ...) HASHED(name, "sha512", "sha512", 64, 32, __VA_ARGS__)
#define MD5(name, ...) HASHED(name, "md5", "md5", 16, 12, __VA_ARGS__, WEAK)

/* --- what encrypts and authenticates in one ----------------------------------- */

#define AEAD(name, aead_name, key_octets, icv_octets, clear)	\
	{							\
		.word = (name),					\
		.aead = (aead_name),				\
		.key_len = (key_octets) + 4,			\
		.salt_len = 4,					\
		.iv_len = 8,					\
		.counter_iv = true,				\
		.block_len = 4,					\
		.icv_len = (icv_octets),			\
		.plain = (clear),				\
	}

/* RFC 4106: the ICV may be cut short. */
#define GCM(bits, octets, icv_octets) \
	AEAD("aes" #bits "gcm" #icv_octets, "gcm(aes)", octets, icv_octets, false)

/* RFC 4543: nothing is encrypted. */
#define GMAC(bits, octets) AEAD("aes" #bits "gmac", "gcm(aes)", octets, 16, true)

/* RFC 7634. */
#define CHACHA20() AEAD("chacha20poly1305", "rfc7539(chacha20,poly1305)", 32, 16, false)

static const struct spn_suite suites[] = {
	GCM(128, 16, 16), GCM(128, 16, 12), GCM(128, 16, 8), GMAC(128, 16),
	GCM(192, 24, 16), GCM(192, 24, 12), GCM(192, 24, 8), GMAC(192, 24),
	GCM(256, 32, 16), GCM(256, 32, 12), GCM(256, 32, 8), GMAC(256, 32),
	CHACHA20(),
	SHA1("aes128", AES_CBC(128)),
	SHA256("aes128", AES_CBC(128)),
	SHA384("aes128", AES_CBC(128)),
	SHA512("aes128", AES_CBC(128)),
	MD5("aes128", AES_CBC(128)),
	SHA1("aes192", AES_CBC(192)),
	SHA256("aes192", AES_CBC(192)),
	SHA384("aes192", AES_CBC(192)),
	SHA512("aes192", AES_CBC(192)),
	MD5("aes192", AES_CBC(192)),
	SHA1("aes256", AES_CBC(256)),
	SHA256("aes256", AES_CBC(256)),
	SHA384("aes256", AES_CBC(256)),
	SHA512("aes256", AES_CBC(256)),
	MD5("aes256", AES_CBC(256)),
	SHA1("aes128ctr", AES_CTR(128)),
	SHA256("aes128ctr", AES_CTR(128)),
	SHA384("aes128ctr", AES_CTR(128)),
	SHA512("aes128ctr", AES_CTR(128)),
	SHA1("aes192ctr", AES_CTR(192)),
	SHA256("aes192ctr", AES_CTR(192)),
	SHA384("aes192ctr", AES_CTR(192)),
	SHA512("aes192ctr", AES_CTR(192)),
	SHA1("aes256ctr", AES_CTR(256)),
	SHA256("aes256ctr", AES_CTR(256)),
	SHA384("aes256ctr", AES_CTR(256)),
	SHA512("aes256ctr", AES_CTR(256)),
	SHA1("null", NO_CIPHER),
	SHA256("null", NO_CIPHER),
	SHA384("null", NO_CIPHER),
	SHA512("null", NO_CIPHER),
	MD5("null", NO_CIPHER),
	SHA1("3des", DES_CBC("des3_ede", 24), WEAK),
	SHA256("3des", DES_CBC("des3_ede", 24), WEAK),
	SHA384("3des", DES_CBC("des3_ede", 24), WEAK),
	SHA512("3des", DES_CBC("des3_ede", 24), WEAK),
	MD5("3des", DES_CBC("des3_ede", 24)),
	SHA1("des", DES_CBC("des", 8), WEAK),
	SHA256("des", DES_CBC("des", 8), WEAK),
	SHA384("des", DES_CBC("des", 8), WEAK),
	SHA512("des", DES_CBC("des", 8), WEAK),
	MD5("des", DES_CBC("des", 8)),
	AH("sha1", "sha1", 20, 12, false),
	AH("sha256", "sha256", 32, 16, false),
	AH("sha384", "sha384", 48, 24, false),
	AH("sha512", "sha512", 64, 32, false),
	AH("md5", "md5", 16, 12, true),
};

const struct spn_suite *spn_suite_find(const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		if (!strcmp(suites[i].word, word))
			return &suites[i];
	return NULL;
}

const struct spn_suite *spn_suite_at(unsigned int i)
{
	return i < ARRAY_SIZE(suites) ? &suites[i] : NULL;
}
