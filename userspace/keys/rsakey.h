/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RSA keys: the long-term pairs that prove who a peer is (PEM files, PKCS #8
 * and SubjectPublicKeyInfo, so that the openssl command reads them too) and the
 * pairs made for one session of keying/rsa.  IKE proves with ECDSA as well.
 */
#ifndef SP_RSAKEY_H
#define SP_RSAKEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "spki.h"

enum {
	SP_KEY_BITS_MIN = 2048,		/* of a long-term key */
	SP_KEY_BITS_DEFAULT = 3072,
	SP_KEY_BITS_MAX = 8192,
	SP_KEY_SIZE_MAX = SP_KEY_BITS_MAX / 8,	/* octets of a signature */

	SP_KEY_FILE_MAX = 65536,	/* octets of a PEM file, with whatever text is in it */
	SP_KEY_ID_LEN = 32,
	SP_KEY_ID_STRLEN = 7 + 43 + 1,	/* "SHA256:", base64 without padding, NUL */
};

/* Returns NULL on failure; public exponent 65537. */
EVP_PKEY *sp_key_generate(unsigned int bits, struct sp_error *err);

/*
 * Long-term keys from PEM files; NULL on failure.  Refused: anything but RSA of
 * SP_KEY_BITS_MIN to SP_KEY_BITS_MAX bits and ECDSA with curves of NIST's, a private
 * key in a file that others may read, and one that needs a passphrase (nobody is
 * there to type it).
 */
EVP_PKEY *sp_key_read_private(const char *file, struct sp_error *err);
EVP_PKEY *sp_key_read_public(const char *file, struct sp_error *err);

/*
 * A public key as one line, "rsa:" or "ec:" and the base64 of its SubjectPublicKeyInfo, which
 * stands wherever the name of a file of a public key may; allocates.
 */
char *sp_key_line(const EVP_PKEY *key, struct sp_error *err);

/*
 * The same in two steps, for who reads a file again and again: a digest that is the one of
 * before says that the key is, which is quicker than to parse it.  Refused are also files that
 * somebody else than root and ourselves may write, or put another into the place of.
 */
struct sp_key_file {
	const char *name;		/* the caller's */
	bool private;
	uint8_t octets[SP_KEY_FILE_MAX];
	size_t len;
	uint8_t digest[SP_KEY_ID_LEN];	/* SHA-256 */
};

int sp_key_file_read(struct sp_key_file *file, const char *name, bool private,
		     struct sp_error *err);
EVP_PKEY *sp_key_file_parse(const struct sp_key_file *file, struct sp_error *err);
/* Of a public key of the usual kind its octets, and what sp_key_id() says of it; or NULL. */
struct sp_spki *sp_key_file_spki(const struct sp_key_file *file, uint8_t id[SP_KEY_ID_LEN]);
void sp_key_file_wipe(struct sp_key_file *file);

/* Refuses what sp_key_read_…() refuses, for keys that come from elsewhere. */
int sp_key_check_any(const EVP_PKEY *key, struct sp_error *err);
/* The same, and what is no RSA key. */
int sp_key_check(const EVP_PKEY *key, struct sp_error *err);
/* "P-256", "P-384" or "P-521"; NULL if it is of another kind. */
const char *sp_key_curve(const EVP_PKEY *key);

/* Writes FILE (mode 0600) and FILE.pub; overwrites nothing and leaves no half of a pair. */
int sp_key_write_pair(const EVP_PKEY *key, const char *file, struct sp_error *err);

/* A key's name: SHA-256 of its DER SubjectPublicKeyInfo; as text "SHA256:…", as ssh writes it. */
int sp_key_id(const EVP_PKEY *key, uint8_t id[SP_KEY_ID_LEN], struct sp_error *err);
const char *sp_key_id_format(const uint8_t id[SP_KEY_ID_LEN], char text[SP_KEY_ID_STRLEN]);

#endif
