// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsakey.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "spki.h"
#include "trust.h"

EVP_PKEY *sp_key_generate(unsigned int bits, struct sp_error *err)
{
	EVP_PKEY *key = EVP_RSA_gen(bits);

	if (!key) {
		ERR_clear_error();
		sp_fail(err, "cannot make an RSA key of %u bits", bits);
	}
	return key;
}

int sp_key_check(const EVP_PKEY *key, struct sp_error *err)
{
	int bits = EVP_PKEY_get_bits(key);

	if (!EVP_PKEY_is_a(key, "RSA"))
		return sp_fail(err, "is not an RSA key");
	if (bits < SP_KEY_BITS_MIN || bits > SP_KEY_BITS_MAX)
		return sp_fail(err, "has %d bits; %d to %d are accepted", bits, SP_KEY_BITS_MIN,
			       SP_KEY_BITS_MAX);
	return 0;
}

const char *sp_key_curve(const EVP_PKEY *key)
{
	static const struct {
		const char *name, *word;
	} curves[] = {
		{ "prime256v1", "P-256" }, { "secp384r1", "P-384" }, { "secp521r1", "P-521" },
	};
	char name[64];

	if (!EVP_PKEY_is_a(key, "EC") ||
	    !EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name),
					    NULL))
		return NULL;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (!strcmp(name, curves[i].name))
			return curves[i].word;
	return NULL;
}

int sp_key_check_any(const EVP_PKEY *key, struct sp_error *err)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return sp_key_check(key, err);
	if (!sp_key_curve(key))
		return sp_fail(err, "is neither an RSA key nor one of ECDSA with P-256, P-384 or "
			       "P-521");
	return 0;
}

static EVP_PKEY *checked(EVP_PKEY *key, const char *file, struct sp_error *err)
{
	if (key && sp_key_check_any(key, err)) {
		sp_fail_in(err, "%s", file);
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

/* Called only when the file is encrypted: OpenSSL would ask on the terminal. */
static int refuse_passphrase(char *buf, int size, int writing, void *encrypted)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)encrypted = true;
	return -1;
}

static EVP_PKEY *parse_private(BIO *in, const char *file, struct sp_error *err)
{
	bool encrypted = false;
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, refuse_passphrase, &encrypted);

	ERR_clear_error();
	if (encrypted)
		sp_fail(err, "%s: is protected by a passphrase, which a daemon cannot ask for",
			file);
	else if (!key)
		sp_fail(err, "%s: holds no private key in PEM form", file);
	return checked(key, file, err);
}

static EVP_PKEY *parse_public(BIO *in, const char *file, struct sp_error *err)
{
	bool encrypted = false;
	EVP_PKEY *key = PEM_read_bio_PUBKEY(in, NULL, refuse_passphrase, &encrypted);

	ERR_clear_error();
	if (!key)
		sp_fail(err, "%s: holds no public key in PEM form", file);
	return checked(key, file, err);
}

EVP_PKEY *sp_key_file_parse(const struct sp_key_file *file, struct sp_error *err)
{
	BIO *in = BIO_new_mem_buf(file->octets, (int)file->len);	/* makes no copy */
	EVP_PKEY *key;

	if (!in) {
		sp_fail(err, "%s: out of memory", file->name);
		return NULL;
	}
	key = file->private ? parse_private(in, file->name, err) :
			      parse_public(in, file->name, err);
	BIO_free(in);
	return key;
}

struct sp_spki *sp_key_file_spki(const struct sp_key_file *file, uint8_t id[SP_KEY_ID_LEN])
{
	BIO *in = BIO_new_mem_buf(file->octets, (int)file->len);
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	struct sp_spki *spki = NULL;
	long len;

	if (in && !file->private && PEM_read_bio(in, &name, &header, &der, &len) && !*header &&
	    !strcmp(name, PEM_STRING_PUBLIC))
		spki = sp_spki_new(der, (size_t)len);
	if (spki && !EVP_Q_digest(NULL, "SHA256", NULL, der, (size_t)len, id, NULL)) {
		sp_spki_free(spki);
		spki = NULL;
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(in);
	ERR_clear_error();
	return spki;
}

void sp_key_file_wipe(struct sp_key_file *file)
{
	OPENSSL_cleanse(file->octets, file->len);
	file->len = 0;
}

/* Without stdio, whose buffer would keep a copy of the key. */
static int read_whole(int fd, struct sp_key_file *file, struct sp_error *err)
{
	ssize_t n;

	do {
		n = read(fd, file->octets + file->len, sizeof(file->octets) - file->len);
		if (n > 0)
			file->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return sp_fail(err, "%s: %s", file->name, strerror(errno));
	if (file->len == sizeof(file->octets))
		return sp_fail(err, "%s: is longer than a key", file->name);
	return 0;
}

static int digest(struct sp_key_file *file, struct sp_error *err)
{
	if (EVP_Q_digest(NULL, "SHA256", NULL, file->octets, file->len, file->digest, NULL))
		return 0;
	ERR_clear_error();
	return sp_fail(err, "%s: no digest can be made", file->name);
}

/* Somebody looks at a key, or (with @use) lets it prove who somebody is. */
static int read_open_file(int fd, bool use, struct sp_key_file *file, struct sp_error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return sp_fail(err, "%s: %s", file->name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return sp_fail(err, "%s: is not a file", file->name);
	if (file->private && st.st_mode & (S_IRWXG | S_IRWXO))
		return sp_fail(err, "%s: others may use it (mode %04o): chmod 600 %s", file->name,
			       (unsigned int)st.st_mode & 07777, file->name);
	if (use && (sp_trust_file(fd, file->name, err) || sp_trust_folder_of(file->name, err)))
		return -1;
	if (read_whole(fd, file, err))
		return -1;
	return digest(file, err);
}

/* Root without all its powers is denied what belongs to others, and wonders. */
static int refuse_file(const char *name, struct sp_error *err)
{
	const char *why = strerror(errno);
	struct stat st;

	if (errno == EACCES && !geteuid() && !stat(name, &st) && st.st_uid)
		return sp_fail(err, "%s: %s: it belongs to user %u, and CAP_DAC_READ_SEARCH is "
			       "missing; chown root %s", name, why, (unsigned int)st.st_uid, name);
	return sp_fail(err, "%s: %s", name, why);
}

/* A line is what stands between the first and the last of a PEM file. */
static int take_line(struct sp_key_file *file, const char *base64, struct sp_error *err)
{
	enum { WIDTH = 64 };
	static const char head[] = "-----BEGIN PUBLIC KEY-----\n";
	static const char tail[] = "-----END PUBLIC KEY-----\n";
	size_t len = strlen(base64), needed = len + len / WIDTH + 1 + sizeof(head) + sizeof(tail);
	char *at = (char *)file->octets;

	file->name = "the line";
	file->private = false;
	if (needed > sizeof(file->octets))
		return sp_fail(err, "%s: is longer than a key", file->name);
	at = stpcpy(at, head);
	for (; *base64; base64 += len) {
		len = strnlen(base64, WIDTH);
		at = stpcpy(mempcpy(at, base64, len), "\n");
	}
	file->len = (size_t)(stpcpy(at, tail) - (char *)file->octets);
	return digest(file, err);
}

static int read_file(struct sp_key_file *file, const char *name, bool private, bool use,
		     struct sp_error *err)
{
	const char *line = private ? NULL : sp_config_key_line(name);
	int fd, ret;

	if (line)
		return take_line(file, line, err);
	/* Nobody waits for whoever might write into a FIFO. */
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	file->name = name;
	file->private = private;
	file->len = 0;
	if (fd < 0)
		return refuse_file(name, err);
	ret = read_open_file(fd, use, file, err);
	close(fd);
	if (ret)
		sp_key_file_wipe(file);
	return ret;
}

int sp_key_file_read(struct sp_key_file *file, const char *name, bool private,
		     struct sp_error *err)
{
	return read_file(file, name, private, true, err);
}

static EVP_PKEY *read_key(const char *name, bool private, struct sp_error *err)
{
	struct sp_key_file file;
	EVP_PKEY *key;

	if (read_file(&file, name, private, false, err))
		return NULL;
	key = sp_key_file_parse(&file, err);
	sp_key_file_wipe(&file);
	return key;
}

EVP_PKEY *sp_key_read_private(const char *file, struct sp_error *err)
{
	return read_key(file, true, err);
}

EVP_PKEY *sp_key_read_public(const char *file, struct sp_error *err)
{
	return read_key(file, false, err);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd);
}

static int write_new(const char *file, mode_t mode, BIO *pem, struct sp_error *err)
{
	char *data;
	size_t len = (size_t)BIO_get_mem_data(pem, &data);
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int ret = 0;

	if (fd < 0 && errno == EEXIST)
		return sp_fail(err, "%s: exists already, not overwritten", file);
	if (fd < 0)
		return sp_fail(err, "%s: %s", file, strerror(errno));
	if (write_all(fd, data, len)) {
		ret = sp_fail(err, "%s: %s", file, strerror(errno));
		unlink(file);
	}
	close(fd);
	return ret;
}

int sp_key_write_pair(const EVP_PKEY *key, const char *file, struct sp_error *err)
{
	BIO *private = BIO_new(BIO_s_secmem());	/* wiped when freed */
	BIO *public = BIO_new(BIO_s_mem());
	char pub[PATH_MAX];
	int ret = -1;

	if ((size_t)snprintf(pub, sizeof(pub), "%s.pub", file) >= sizeof(pub)) {
		sp_fail(err, "%s: name too long", file);
		goto out;
	}
	if (!private || !public ||
	    PEM_write_bio_PKCS8PrivateKey(private, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_PUBKEY(public, (EVP_PKEY *)key) != 1) {
		ERR_clear_error();
		sp_fail(err, "%s: cannot encode the key", file);
		goto out;
	}
	if (write_new(file, 0600, private, err))
		goto out;
	ret = write_new(pub, 0644, public, err);
	if (ret)
		unlink(file);
out:
	BIO_free(private);
	BIO_free(public);
	return ret;
}

int sp_key_id(const EVP_PKEY *key, uint8_t id[SP_KEY_ID_LEN], struct sp_error *err)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	int ok = len > 0 && EVP_Q_digest(NULL, "SHA256", NULL, der, (size_t)len, id, NULL);

	OPENSSL_free(der);
	if (!ok) {
		ERR_clear_error();
		return sp_fail(err, "cannot encode the key");
	}
	return 0;
}

const char *sp_key_id_format(const uint8_t id[SP_KEY_ID_LEN], char text[SP_KEY_ID_STRLEN])
{
	unsigned char base64[45];	/* 44 characters, the last one padding, and NUL */

	EVP_EncodeBlock(base64, id, SP_KEY_ID_LEN);
	snprintf(text, SP_KEY_ID_STRLEN, "SHA256:%.43s", (const char *)base64);
	return text;
}

char *sp_key_line(const EVP_PKEY *key, struct sp_error *err)
{
	const char *kind = EVP_PKEY_is_a(key, "EC") ? SP_CONFIG_EC_KEY_LINE : SP_CONFIG_KEY_LINE;
	size_t prefix = strlen(kind);
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	char *line = len > 0 ? malloc(prefix + (size_t)len / 3 * 4 + 5) : NULL;

	if (line) {
		strcpy(line, kind);
		EVP_EncodeBlock((unsigned char *)line + prefix, der, len);
	} else {
		ERR_clear_error();
		sp_fail(err, "cannot encode the key");
	}
	OPENSSL_free(der);
	return line;
}
