// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any file as a key, public or, if its first octet is odd, private: a key that may be used
 * and has a name, or the reason why not, which begins with the file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
	if (!condition)
		abort();
}

static void read_key(const char *path, bool private)
{
	struct sp_keyring *ring = sp_keyring_new(NULL);
	struct sp_error err = { .text = "" };
	const struct sp_key *key = private ? sp_keyring_private(ring, path, &err) :
					     sp_keyring_public(ring, path, &err);

	if (key)
		must(!sp_key_check_any(sp_key_get(key), &err) && !strncmp(key->id, "SHA256:", 7));
	else
		must(!strncmp(err.text, path, strlen(path)));
	sp_keyring_free(ring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char path[32];

	if (!size)
		return 0;
	if (fd < 0)
		fd = memfd_create("key.pem", 0);
	must(fd >= 0 && !fchmod(fd, 0600) && !ftruncate(fd, 0));
	must(pwrite(fd, data + 1, size - 1, 0) == (ssize_t)(size - 1));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_key(path, data[0] & 1);
	return 0;
}
