// SPDX-License-Identifier: GPL-2.0-or-later
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "question.h"
#include "rsakey.h"

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

void sp_key_answer(const struct sp_key_question *question, struct sp_key_answer *answer)
{
	EVP_PKEY *key;

	answer->len = 0;
	switch (question->kind) {
	case SP_KEY_EPHEMERAL_RSA:
		key = sp_key_generate(question->bits, &answer->error);
		if (key)
			write_down(key, answer);
		EVP_PKEY_free(key);
	}
}

void sp_key_answer_free(struct sp_key_answer *answer)
{
	if (!answer)
		return;
	OPENSSL_cleanse(answer, sizeof(*answer));
	free(answer);
}
