// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "keys/rsakey.h"
#include "number.h"

static int describe(struct cli *cli, const EVP_PKEY *key, const char *private,
		    const char *public)
{
	char fingerprint[RK_KEY_ID_STRLEN];
	uint8_t id[RK_KEY_ID_LEN];

	if (rk_key_id(key, id, &cli->err))
		return CLI_FAILED;
	rk_key_id_format(id, fingerprint);
	if (cli->json)
		return cli_print_json(cli, json_pack("{s:s*, s:s*, s:i, s:s}", "private", private,
						     "public", public, "bits",
						     EVP_PKEY_get_bits(key), "fingerprint",
						     fingerprint));
	if (private)
		printf("private key  %s\n", private);
	if (public)
		printf("public key   %s\n", public);
	printf("kind         RSA, %d bits\n", EVP_PKEY_get_bits(key));
	printf("fingerprint  %s\n", fingerprint);
	return CLI_DONE;
}

static int make(struct cli *cli, const char *file, unsigned int bits)
{
	EVP_PKEY *key = rk_key_generate(bits, &cli->err);
	int ret = CLI_FAILED;
	char *public;

	if (!key)
		return CLI_FAILED;
	if (asprintf(&public, "%s.pub", file) < 0) {
		ret = cli_fail(cli, "out of memory");
		goto out;
	}
	if (!rk_key_write_pair(key, file, &cli->err))
		ret = describe(cli, key, file, public);
	free(public);
out:
	EVP_PKEY_free(key);
	return ret;
}

static int new(struct cli *cli, int argc, char **argv)
{
	uint64_t bits = RK_KEY_BITS_DEFAULT;

	if (argc < 1 || argc > 2)
		return CLI_USAGE;
	if (argc == 2 &&
	    sp_number_parse(&bits, argv[1], RK_KEY_BITS_MIN, RK_KEY_BITS_MAX, &cli->err)) {
		sp_fail_in(&cli->err, "bits");
		return CLI_USAGE;
	}
	return make(cli, argv[0], (unsigned int)bits);
}

/* Either half of a pair. */
static int show(struct cli *cli, int argc, char **argv)
{
	struct sp_error not_public;
	EVP_PKEY *public, *private = NULL;
	int ret = CLI_FAILED;

	if (argc != 1)
		return CLI_USAGE;
	public = rk_key_read_public(argv[0], &not_public);
	if (!public)
		private = rk_key_read_private(argv[0], &cli->err);
	if (public)
		ret = describe(cli, public, NULL, argv[0]);
	else if (private)
		ret = describe(cli, private, argv[0], NULL);
	EVP_PKEY_free(public);
	EVP_PKEY_free(private);
	return ret;
}

const struct verb cli_key_verbs[] = {
	{ "new", new, "FILE [BITS] [-j]", NULL },
	{ "show", show, "FILE [-j]", NULL },
	{ 0 },
};
