// SPDX-License-Identifier: GPL-2.0-or-later
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "psk.h"
#include "question.h"
#include "rsakey.h"

/* --- ephemeral keys -------------------------------------------------------------- */

static void write_down(EVP_PKEY *key, struct sp_key_answer *answer)
{
	unsigned char *der = NULL;
	int len = i2d_PrivateKey(key, &der);

	if (len > 0 && len <= SP_KEY_ANSWER_MAX) {
		memcpy(answer->octets, der, (size_t)len);
		answer->len = (size_t)len;
	} else {
		sp_fail(&answer->error, "an RSA key cannot be written down");
	}
	if (len > 0)
		OPENSSL_clear_free(der, (size_t)len);
}

static void make_pair(const struct sp_key_question *question, struct sp_key_answer *answer)
{
	EVP_PKEY *key = sp_key_generate(question->bits, &answer->error);

	if (key)
		write_down(key, answer);
	EVP_PKEY_free(key);
}

/* --- pre-shared keys --------------------------------------------------------------- */

static void make_prf(const struct sp_key_question *question, const struct sp_psk *psk,
		     struct sp_key_answer *answer)
{
	const struct sp_octets key = { psk ? psk->octets : NULL, psk ? psk->len : 0 };
	const struct sp_octets octets = { question->octets, question->len };

	if (!psk)
		sp_fail(&answer->error, "there is no pre-shared key");
	else if (!sp_hmac_parts(question->hash, key, &octets, 1, answer->octets, &answer->error))
		answer->len = sp_hash_len(question->hash);
}

/* --- signatures ---------------------------------------------------------------------- */

/* Without a hash's name OpenSSL pads what it is given. */
static int sign_octets(EVP_PKEY *key, const struct sp_key_question *question, uint8_t *signature,
		       size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool bare = question->scheme == SP_KEY_RSA_BARE;
	int ok = ctx && EVP_PKEY_sign_init(ctx) > 0 &&
		 (!bare || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0) &&
		 EVP_PKEY_sign(ctx, signature, len, question->octets, question->len) > 0;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok ? 0 : -1;
}

/* RFC 4754 section 7: r and s, each as long as the order of the curve. */
static int flatten_ecdsa(const EVP_PKEY *key, const uint8_t *der, size_t len,
			 struct sp_key_answer *answer)
{
	int half = (EVP_PKEY_get_bits(key) + 7) / 8;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
	int ok = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), answer->octets, half) == half &&
		 BN_bn2binpad(ECDSA_SIG_get0_s(pair), answer->octets + half, half) == half;

	ECDSA_SIG_free(pair);
	ERR_clear_error();
	answer->len = ok ? 2 * (size_t)half : 0;
	return ok ? 0 : -1;
}

static void make_signature(const struct sp_key_question *question, EVP_PKEY *key,
			   struct sp_key_answer *answer)
{
	const char *kind = question->scheme == SP_KEY_ECDSA ? "EC" : "RSA";
	uint8_t der[SP_KEY_SIZE_MAX];
	size_t len = sizeof(der);

	if (!key || !EVP_PKEY_is_a(key, kind)) {
		sp_fail(&answer->error, "there is no %s key to sign with", kind);
		return;
	}
	if (sign_octets(key, question, der, &len) ||
	    (question->scheme == SP_KEY_ECDSA && flatten_ecdsa(key, der, len, answer))) {
		sp_fail(&answer->error, "no signature can be made with the %s key", kind);
		return;
	}
	if (question->scheme == SP_KEY_ECDSA)
		return;
	memcpy(answer->octets, der, len);
	answer->len = len;
}

/* --------------------------------------------------------------------------------------- */

void sp_key_answer(const struct sp_key_question *question, const struct sp_key_holding *holding,
		   struct sp_key_answer *answer)
{
	answer->len = 0;
	switch (question->kind) {
	case SP_KEY_EPHEMERAL_RSA:
		make_pair(question, answer);
		break;
	case SP_KEY_PSK_PRF:
		make_prf(question, holding ? holding->psk : NULL, answer);
		break;
	case SP_KEY_SIGNATURE:
		make_signature(question, holding ? holding->own : NULL, answer);
	}
}

void sp_key_answer_free(struct sp_key_answer *answer)
{
	if (!answer)
		return;
	OPENSSL_cleanse(answer, sizeof(*answer));
	free(answer);
}
