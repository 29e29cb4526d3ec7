// SPDX-License-Identifier: GPL-2.0-or-later
#include "keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmod/suite.h"

struct keylog {
	FILE *ike;
	FILE *esp;
};

/* As Wireshark's list of algorithms has them; of combined modes it opens, but proves, nothing. */
static const struct {
	const char *name;		/* of cipher, hash or combined mode in kmod/suite.c */
	unsigned int icv_len;		/* 0: any */
	const char *word;
} words[] = {
	{ "cbc(aes)", 0, "AES-CBC [RFC3602]" },
	{ "rfc3686(ctr(aes))", 0, "AES-CTR [RFC3686]" },
	{ "cbc(des3_ede)", 0, "TripleDES-CBC [RFC2451]" },
	{ "cbc(des)", 0, "DES-CBC [RFC2405]" },
	{ "gcm(aes)", 16, "AES-GCM with 16 octet ICV [RFC4106]" },
	{ "gcm(aes)", 12, "AES-GCM with 12 octet ICV [RFC4106]" },
	{ "gcm(aes)", 8, "AES-GCM with 8 octet ICV [RFC4106]" },
	{ "hmac(md5)", 0, "HMAC-MD5-96 [RFC2403]" },
	{ "hmac(sha1)", 0, "HMAC-SHA-1-96 [RFC2404]" },
	{ "hmac(sha256)", 0, "HMAC-SHA-256-128 [RFC4868]" },
	{ "hmac(sha384)", 0, "HMAC-SHA-384-192 [RFC4868]" },
	{ "hmac(sha512)", 0, "HMAC-SHA-512-256 [RFC4868]" },
};

static const char *find_word(const char *name, unsigned int icv_len)
{
	if (!name)
		return "NULL";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].name, name) &&
		    (!words[i].icv_len || words[i].icv_len == icv_len))
			return words[i].word;
	return NULL;
}

/* For nobody else to read, and never through a link that somebody has put there. */
static FILE *open_table(const char *folder, const char *name, struct sp_error *err)
{
	char path[4096];
	FILE *file = NULL;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		file = fdopen(fd, "a");
	if (file)
		return file;
	sp_fail(err, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

struct keylog *keylog_open(const char *folder, struct sp_error *err)
{
	struct keylog *log = calloc(1, sizeof(*log));

	if (!log) {
		sp_fail(err, "out of memory");
		return NULL;
	}
	log->ike = open_table(folder, "ikev1_decryption_table", err);
	if (log->ike)
		log->esp = open_table(folder, "esp_sa", err);
	if (log->esp)
		return log;
	keylog_close(log);
	return NULL;
}

void keylog_close(struct keylog *log)
{
	if (!log)
		return;
	if (log->ike)
		fclose(log->ike);
	if (log->esp)
		fclose(log->esp);
	free(log);
}

static void write_hex(FILE *file, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fprintf(file, "%02x", octets[i]);
}

void keylog_ike(struct keylog *log, const uint8_t cookie[8], const struct sp_secret *key)
{
	write_hex(log->ike, cookie, 8);
	fputc(',', log->ike);
	write_hex(log->ike, key->octets, key->len);
	fputc('\n', log->ike);
	fflush(log->ike);
}

static void write_key(FILE *file, const char *word, const struct sp_secret *key)
{
	fprintf(file, ",\"%s\",\"", word);
	if (key->len)
		fputs("0x", file);
	write_hex(file, key->octets, key->len);
	fputc('"', file);
}

void keylog_sa(struct keylog *log, const struct sp_sa *sa)
{
	const struct spn_suite *suite = spn_suite_find(sa->alg);
	const char *cipher, *hash;

	if (!suite || suite->ah || suite->plain)
		return;
	cipher = find_word(suite->aead ? suite->aead : suite->cipher, suite->icv_len);
	hash = find_word(suite->hash, 0);
	if (!cipher || !hash)
		return;
	/* An SPI is one of 4 billion, so the addresses, which may change, are not needed. */
	for (int version = 4; version <= 6; version += 2) {
		fprintf(log->esp, "\"IPv%d\",\"*\",\"*\",\"0x%08x\"", version, sa->spi);
		write_key(log->esp, cipher, &sa->key);
		write_key(log->esp, hash, &sa->auth_key);
		fputc('\n', log->esp);
	}
	fflush(log->esp);
}
