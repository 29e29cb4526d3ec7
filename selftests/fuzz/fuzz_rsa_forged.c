// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same with cryptography that hides and proves nothing, in place of the room's: the man
 * in the middle gets past signatures, tags and ciphers, to the parsers of what only a peer
 * can have sent.  A peer may be hostile, too.
 */
#include "rsa_middle.h"

#include "keying/rsa/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MARK = 0x5a };			/* of all that is authentic */

int rk_sha256(const void *data, size_t len, uint8_t hash[RK_SHA256_LEN], struct sp_error *err)
{
	(void)data;
	(void)len;
	(void)err;
	memset(hash, MARK, RK_SHA256_LEN);
	return 0;
}

int rk_hmac(const char *md, const uint8_t *key, size_t key_len, const void *data, size_t len,
	    uint8_t *mac, size_t mac_size, struct sp_error *err)
{
	(void)md;
	(void)key;
	(void)key_len;
	(void)data;
	(void)len;
	(void)err;
	memset(mac, MARK, mac_size);
	return 0;
}

int rk_hkdf(struct rk_octets ikm, const uint8_t salt[RK_SHA256_LEN], struct rk_octets info,
	    uint8_t *out, size_t len, struct sp_error *err)
{
	(void)ikm;
	(void)salt;
	(void)info;
	(void)err;
	memset(out, MARK, len);
	return 0;
}

int rk_aes_cbc(bool encrypt, const uint8_t key[RK_AES_LEN], const uint8_t iv[RK_AES_LEN],
	       const uint8_t *in, size_t len, uint8_t *out, struct sp_error *err)
{
	(void)encrypt;
	(void)key;
	(void)iv;
	(void)err;
	memmove(out, in, len);
	return 0;
}

int rk_oaep_encrypt(EVP_PKEY *key, const char *md, const uint8_t *in, size_t len, uint8_t *out,
		    size_t size, struct sp_error *err)
{
	(void)key;
	(void)md;
	(void)err;
	must(len <= size);
	memset(out, MARK, size);
	memcpy(out, in, len);
	return 0;
}

void rk_oaep_decrypt(EVP_PKEY *key, const char *md, const uint8_t *in, size_t in_len, uint8_t *out,
		     size_t len)
{
	(void)key;
	(void)md;
	must(len <= in_len);
	memcpy(out, in, len);
}

int rk_pss_sign(EVP_PKEY *key, const char *label, struct rk_octets data, uint8_t *signature,
		size_t *len, size_t size, struct sp_error *err)
{
	(void)label;
	(void)data;
	(void)err;
	*len = (size_t)EVP_PKEY_get_size(key);
	must(*len <= size);
	memset(signature, MARK, *len);
	return 0;
}

bool rk_pss_verify(EVP_PKEY *key, const char *label, struct rk_octets data,
		   struct rk_octets signature)
{
	const uint8_t *first = signature.data;

	(void)key;
	(void)label;
	(void)data;
	return signature.len && *first == MARK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	meet(data, size, false);
	return 0;
}
