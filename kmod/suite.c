// SPDX-License-Identifier: GPL-2.0-or-later
#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <string.h>
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#include "suite.h"

/* AES-CBC is RFC 3602, HMAC-SHA1-96 is RFC 2404, HMAC-SHA2 is RFC 4868. */
#define AES_CBC(bits, sha, hmac, auth_octets, icv_octets)	\
	{							\
		.word = "aes" #bits "-" sha,			\
		.cipher = "cbc(aes)",				\
		.hash = "hmac(" hmac ")",			\
		.key_len = (bits) / 8,				\
		.auth_key_len = (auth_octets),			\
		.iv_len = 16,					\
		.block_len = 16,				\
		.icv_len = (icv_octets),			\
	}

/* RFC 2410: what is not encrypted has no IV, and ESP pads it to 4 octets (RFC 4303 2.4). */
#define NO_CIPHER(sha, hmac, auth_octets, icv_octets)		\
	{							\
		.word = "null-" sha,				\
		.hash = "hmac(" hmac ")",			\
		.auth_key_len = (auth_octets),			\
		.block_len = 4,					\
		.icv_len = (icv_octets),			\
	}

/* RFC 4106: the salt is four octets, the IV eight, the ICV may be cut short. */
#define AES_GCM(bits, icv_octets)				\
	{							\
		.word = "aes" #bits "gcm" #icv_octets,		\
		.aead = "gcm(aes)",				\
		.key_len = (bits) / 8 + 4,			\
		.salt_len = 4,					\
		.iv_len = 8,					\
		.block_len = 4,					\
		.icv_len = (icv_octets),			\
	}

/* RFC 7634. */
#define CHACHA20_POLY1305					\
	{							\
		.word = "chacha20poly1305",			\
		.aead = "rfc7539(chacha20,poly1305)",		\
		.key_len = 32 + 4,				\
		.salt_len = 4,					\
		.iv_len = 8,					\
		.block_len = 4,					\
		.icv_len = 16,					\
	}

static const struct spn_suite suites[] = {
	AES_GCM(128, 16),
	AES_GCM(128, 12),
	AES_GCM(128, 8),
	AES_GCM(192, 16),
	AES_GCM(192, 12),
	AES_GCM(192, 8),
	AES_GCM(256, 16),
	AES_GCM(256, 12),
	AES_GCM(256, 8),
	CHACHA20_POLY1305,
	AES_CBC(128, "sha1", "sha1", 20, 12),
	AES_CBC(128, "sha256", "sha256", 32, 16),
	AES_CBC(128, "sha384", "sha384", 48, 24),
	AES_CBC(128, "sha512", "sha512", 64, 32),
	AES_CBC(192, "sha1", "sha1", 20, 12),
	AES_CBC(192, "sha256", "sha256", 32, 16),
	AES_CBC(192, "sha384", "sha384", 48, 24),
	AES_CBC(192, "sha512", "sha512", 64, 32),
	AES_CBC(256, "sha1", "sha1", 20, 12),
	AES_CBC(256, "sha256", "sha256", 32, 16),
	AES_CBC(256, "sha384", "sha384", 48, 24),
	AES_CBC(256, "sha512", "sha512", 64, 32),
	NO_CIPHER("sha1", "sha1", 20, 12),
	NO_CIPHER("sha256", "sha256", 32, 16),
	NO_CIPHER("sha384", "sha384", 48, 24),
	NO_CIPHER("sha512", "sha512", 64, 32),
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
