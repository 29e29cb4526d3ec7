// SPDX-License-Identifier: GPL-2.0-or-later
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "psk.h"

void sp_psk_wipe(struct sp_psk *psk)
{
	OPENSSL_cleanse(psk, sizeof(*psk));
}

static int parse_hex(struct sp_psk *psk, const char *text, size_t len, struct sp_error *err)
{
	if (len % 2)
		return sp_fail(err, "behind 0x there is an odd number of digits");
	if (len / 2 > sizeof(psk->octets))
		return sp_fail(err, "is longer than %d octets", SP_PSK_MAX);
	for (size_t i = 0; i < len; i += 2) {
		int high = OPENSSL_hexchar2int((unsigned char)text[i]);
		int low = OPENSSL_hexchar2int((unsigned char)text[i + 1]);

		if (high < 0 || low < 0)
			return sp_fail(err, "behind 0x there are others than hexadecimal digits");
		psk->octets[psk->len++] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

/* Whatever stands behind its padding is refused, and so is a length that no encoding has. */
static int parse_base64(struct sp_psk *psk, const char *text, size_t len, struct sp_error *err)
{
	uint8_t octets[SP_PSK_MAX + 3];
	int decoded, padding = 0;

	while (padding < 2 && len > (size_t)padding && text[len - 1 - (size_t)padding] == '=')
		padding++;
	if (len / 4 * 3 > sizeof(octets))
		return sp_fail(err, "is longer than %d octets", SP_PSK_MAX);
	decoded = -1;
	if (len % 4 == 0 && !memchr(text, '=', len - (size_t)padding))
		decoded = EVP_DecodeBlock(octets, (const unsigned char *)text, (int)len);
	ERR_clear_error();
	decoded -= decoded > 0 ? padding : 0;
	if (decoded > SP_PSK_MAX)
		decoded = -1;
	if (decoded > 0) {
		psk->len = (size_t)decoded;
		memcpy(psk->octets, octets, psk->len);
	}
	OPENSSL_cleanse(octets, sizeof(octets));
	return decoded < 0 ? sp_fail(err, "behind 0s there is no base64") : 0;
}

static int parse_text(struct sp_psk *psk, const char *text, size_t len, struct sp_error *err)
{
	if (len > 1 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	if (len > sizeof(psk->octets))
		return sp_fail(err, "is longer than %d octets", SP_PSK_MAX);
	memcpy(psk->octets, text, len);
	psk->len = len;
	return 0;
}

static int parse_form(struct sp_psk *psk, const char *text, size_t len, struct sp_error *err)
{
	if (len > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return parse_hex(psk, text + 2, len - 2, err);
	if (len > 1 && text[0] == '0' && text[1] == 's')
		return parse_base64(psk, text + 2, len - 2, err);
	return parse_text(psk, text, len, err);
}

int sp_psk_parse(struct sp_psk *psk, const char *text, size_t len, struct sp_error *err)
{
	memset(psk, 0, sizeof(*psk));
	if (parse_form(psk, text, len, err)) {
		sp_psk_wipe(psk);
		return -1;
	}
	if (!psk->len)
		return sp_fail(err, "is empty");
	if (EVP_Q_digest(NULL, "SHA256", NULL, psk->octets, psk->len, psk->digest, NULL))
		return 0;
	ERR_clear_error();
	sp_psk_wipe(psk);
	return sp_fail(err, "no digest can be made");
}

/* An editor ends the last line, which is not meant. */
static size_t text_len(const struct sp_key_file *file)
{
	size_t len = file->len;

	while (len && strchr("\r\n", file->octets[len - 1]) && file->octets[len - 1])
		len--;
	return len;
}

int sp_psk_read(struct sp_psk *psk, const char *told, struct sp_error *err)
{
	struct sp_key_file *file;
	int ret;

	if (told[0] != '@')
		return sp_psk_parse(psk, told, strlen(told), err);
	file = malloc(sizeof(*file));
	if (!file)
		return sp_fail(err, "%s: out of memory", told + 1);
	ret = sp_key_file_read(file, told + 1, true, err);
	if (!ret) {
		ret = sp_psk_parse(psk, (const char *)file->octets, text_len(file), err);
		if (ret)
			sp_fail_in(err, "%s", told + 1);
		sp_key_file_wipe(file);
	}
	free(file);
	return ret;
}
