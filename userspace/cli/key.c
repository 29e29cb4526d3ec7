// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "keys/rsakey.h"
#include "number.h"

static int describe(struct cli *cli, const EVP_PKEY *key, const char *private_file,
		    const char *public_file)
{
	char fingerprint[RK_KEY_ID_STRLEN];
	uint8_t id[RK_KEY_ID_LEN];

	if (rk_key_id(key, id, &cli->err))
		return CLI_FAILED;
	rk_key_id_format(id, fingerprint);
	if (cli->json)
		return cli_print_json(cli, json_pack("{s:s*, s:s*, s:i, s:s}", "private",
						     private_file, "public", public_file, "bits",
						     EVP_PKEY_get_bits(key), "fingerprint",
						     fingerprint));
	if (private_file)
		printf("private key  %s\n", private_file);
	if (public_file)
		printf("public key   %s\n", public_file);
	printf("kind         RSA, %d bits\n", EVP_PKEY_get_bits(key));
	printf("fingerprint  %s\n", fingerprint);
	return CLI_DONE;
}

static int make_pair(struct cli *cli, const char *file, unsigned int bits)
{
	EVP_PKEY *key = rk_key_generate(bits, &cli->err);
	int ret = CLI_FAILED;
	char *public_file;

	if (!key)
		return CLI_FAILED;
	if (asprintf(&public_file, "%s.pub", file) < 0) {
		ret = cli_fail(cli, "out of memory");
		goto out;
	}
	if (!rk_key_write_pair(key, file, &cli->err))
		ret = describe(cli, key, file, public_file);
	free(public_file);
out:
	EVP_PKEY_free(key);
	return ret;
}

static int make(struct cli *cli, int argc, char **argv)
{
	uint64_t bits = RK_KEY_BITS_DEFAULT;

	if (argc < 1 || argc > 2)
		return CLI_USAGE;
	if (argc == 2 &&
	    sp_number_parse(&bits, argv[1], RK_KEY_BITS_MIN, RK_KEY_BITS_MAX, &cli->err)) {
		sp_fail_in(&cli->err, "bits");
		return CLI_USAGE;
	}
	return make_pair(cli, argv[0], (unsigned int)bits);
}

/* Either half of a pair. */
static int show(struct cli *cli, int argc, char **argv)
{
	struct sp_error not_public;
	bool private = false;
	EVP_PKEY *key;
	int ret;

	if (argc != 1)
		return CLI_USAGE;
	key = rk_key_read_public(argv[0], &not_public);
	if (!key && !strstr(not_public.text, "holds no public key")) {
		cli->err = not_public;
	} else if (!key) {
		private = true;
		key = rk_key_read_private(argv[0], &cli->err);
	}
	if (!key)
		return CLI_FAILED;
	ret = describe(cli, key, private ? argv[0] : NULL, private ? NULL : argv[0]);
	EVP_PKEY_free(key);
	return ret;
}

const struct verb cli_key_verbs[] = {
	{ "new", make, "FILE [BITS] [-j]", NULL, NULL },
	{ "show", show, "FILE [-j]", NULL, NULL },
	{ 0 },
};
