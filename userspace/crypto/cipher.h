/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block ciphers in CBC mode, over whole blocks.  DES is done as EDE3 with one key three times,
 * which is the same and needs no legacy provider.  In any thread.
 */
#ifndef SP_CIPHER_H
#define SP_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum sp_cipher {
	SP_CIPHER_DES,
	SP_CIPHER_3DES,
	SP_CIPHER_AES128,
	SP_CIPHER_AES192,
	SP_CIPHER_AES256,
	SP_CIPHERS,
};

enum {
	SP_CIPHER_KEY_MAX = 32,
	SP_CIPHER_BLOCK_MAX = 16,
};

const char *sp_cipher_word(enum sp_cipher cipher);	/* "aes256" */
size_t sp_cipher_key_len(enum sp_cipher cipher);
size_t sp_cipher_block_len(enum sp_cipher cipher);
bool sp_cipher_weak(enum sp_cipher cipher);
bool sp_cipher_find(enum sp_cipher *cipher, const char *word, size_t len);

/* In place.  Neither touches the IV; the last block of ciphertext is the caller's to keep. */
int sp_cbc_encrypt(enum sp_cipher cipher, const uint8_t *key, const uint8_t *iv, uint8_t *octets,
		   size_t len, struct sp_error *err);
int sp_cbc_decrypt(enum sp_cipher cipher, const uint8_t *key, const uint8_t *iv, uint8_t *octets,
		   size_t len, struct sp_error *err);

#endif
