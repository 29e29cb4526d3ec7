// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "secret.h"

/* Hexadecimal text on its way in; it may arrive in pieces. */
struct hex {
	struct sp_secret *secret;
	size_t chars;			/* seen, for error messages */
	size_t digits;
};

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int hex_feed(struct hex *hex, const char *text, size_t len, struct sp_error *err)
{
	struct sp_secret *secret = hex->secret;

	for (size_t i = 0; i < len; i++) {
		int value = digit_value(text[i]);

		hex->chars++;
		if (isspace((unsigned char)text[i]))
			continue;
		if (value < 0)
			return sp_fail(err, "character %zu is not a hexadecimal digit", hex->chars);
		if (hex->digits / 2 == sizeof(secret->octets))
			return sp_fail(err, "longer than %zu octets", sizeof(secret->octets));
		if (hex->digits % 2)
			secret->octets[secret->len++] |= (uint8_t)value;
		else
			secret->octets[secret->len] = (uint8_t)(value << 4);
		hex->digits++;
	}
	return 0;
}

static int hex_end(const struct hex *hex, struct sp_error *err)
{
	if (!hex->digits)
		return sp_fail(err, "empty");
	if (hex->digits % 2)
		return sp_fail(err, "an odd number of hexadecimal digits");
	return 0;
}

static int read_hex(struct hex *hex, int fd, struct sp_error *err)
{
	char buf[256];
	ssize_t n;
	int ret = 0;

	while (!ret && (n = read(fd, buf, sizeof(buf))) != 0) {
		if (n > 0)
			ret = hex_feed(hex, buf, (size_t)n, err);
		else if (errno != EINTR)
			ret = sp_fail(err, "%s", strerror(errno));
	}
	explicit_bzero(buf, sizeof(buf));
	return ret ? ret : hex_end(hex, err);
}

static int read_file(struct hex *hex, const char *path, struct sp_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		ret = sp_fail(err, "%s", strerror(errno));
	else
		ret = read_hex(hex, fd, err);
	if (fd >= 0)
		close(fd);
	return ret ? sp_fail_in(err, "%s", path) : 0;
}

int sp_secret_parse(struct sp_secret *secret, const char *text, struct sp_error *err)
{
	struct hex hex = { .secret = secret };
	int ret;

	memset(secret, 0, sizeof(*secret));
	if (!strcmp(text, "-")) {
		ret = read_hex(&hex, STDIN_FILENO, err);
		if (ret)
			sp_fail_in(err, "standard input");
	} else if (text[0] == '@') {
		ret = read_file(&hex, text + 1, err);
	} else if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		hex.chars = 2;
		ret = hex_feed(&hex, text + 2, strlen(text + 2), err);
		if (!ret)
			ret = hex_end(&hex, err);
	} else {
		ret = sp_fail(err, "not 0xHEX, @FILE or -");
	}
	if (ret)
		sp_secret_wipe(secret);
	return ret;
}

/* Takes a time that does not depend on where they differ. */
bool sp_secret_equal(const struct sp_secret *a, const struct sp_secret *b)
{
	volatile uint8_t differ = 0;

	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		differ |= a->octets[i] ^ b->octets[i];
	return !differ;
}

void sp_secret_wipe(struct sp_secret *secret)
{
	explicit_bzero(secret, sizeof(*secret));
}
