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
	char fingerprint[SP_KEY_ID_STRLEN];
	uint8_t id[SP_KEY_ID_LEN];
	const char *curve;

	if (sp_key_id(key, id, &cli->err))
		return CLI_FAILED;
	sp_key_id_format(id, fingerprint);
	curve = sp_key_curve(key);
	if (cli->json)
		return cli_print_json(cli, json_pack("{s:s*, s:s*, s:s, s:s*, s:i, s:s}", "private",
						     private_file, "public", public_file, "kind",
						     curve ? "ec" : "rsa", "curve", curve, "bits",
						     EVP_PKEY_get_bits(key), "fingerprint",
						     fingerprint));
	if (private_file)
		printf("private key  %s\n", private_file);
	if (public_file)
		printf("public key   %s\n", public_file);
	if (curve)
		printf("kind         ECDSA, %s\n", curve);
	else
		printf("kind         RSA, %d bits\n", EVP_PKEY_get_bits(key));
	printf("fingerprint  %s\n", fingerprint);
	return CLI_DONE;
}

static int make_pair(struct cli *cli, const char *file, unsigned int bits)
{
	EVP_PKEY *key = sp_key_generate(bits, &cli->err);
	int ret = CLI_FAILED;
	char *public_file;

	if (!key)
		return CLI_FAILED;
	if (asprintf(&public_file, "%s.pub", file) < 0) {
		ret = cli_fail(cli, "out of memory");
		goto out;
	}
	if (!sp_key_write_pair(key, file, &cli->err))
		ret = describe(cli, key, file, public_file);
	free(public_file);
out:
	EVP_PKEY_free(key);
	return ret;
}

static int make(struct cli *cli, int argc, char **argv)
{
	uint64_t bits = SP_KEY_BITS_DEFAULT;

	if (argc < 1 || argc > 2)
		return CLI_USAGE;
	if (argc == 2 &&
	    sp_number_parse(&bits, argv[1], SP_KEY_BITS_MIN, SP_KEY_BITS_MAX, &cli->err)) {
		sp_fail_in(&cli->err, "bits");
		return CLI_USAGE;
	}
	return make_pair(cli, argv[0], (unsigned int)bits);
}

/* Either half of a pair. */
static EVP_PKEY *read_either(struct cli *cli, const char *file, bool *private)
{
	struct sp_error not_public;
	EVP_PKEY *key = sp_key_read_public(file, &not_public);

	if (private)
		*private = false;
	if (key)
		return key;
	if (!strstr(not_public.text, "holds no public key")) {
		cli->err = not_public;
		return NULL;
	}
	if (private)
		*private = true;
	return sp_key_read_private(file, &cli->err);
}

static int show(struct cli *cli, int argc, char **argv)
{
	bool private;
	EVP_PKEY *key;
	int ret;

	if (argc != 1)
		return CLI_USAGE;
	key = read_either(cli, argv[0], &private);
	if (!key)
		return CLI_FAILED;
	ret = describe(cli, key, private ? argv[0] : NULL, private ? NULL : argv[0]);
	EVP_PKEY_free(key);
	return ret;
}

/* A line for the other side's configuration. */
static int publish(struct cli *cli, int argc, char **argv)
{
	EVP_PKEY *key;
	char *line;
	int ret;

	if (argc != 1)
		return CLI_USAGE;
	key = read_either(cli, argv[0], NULL);
	if (!key)
		return CLI_FAILED;
	line = sp_key_line(key, &cli->err);
	EVP_PKEY_free(key);
	if (!line)
		return CLI_FAILED;
	if (cli->json) {
		ret = cli_print_json(cli, json_pack("{s:s}", "peer-key", line));
	} else {
		printf("peer-key = %s\n", line);
		ret = CLI_DONE;
	}
	free(line);
	return ret;
}

const struct verb cli_key_verbs[] = {
	VERB("new", make, "FILE [BITS] [-j]", "makes a key pair, FILE and FILE.pub"),
	VERB("pub", publish, "FILE [-j]",
	     "prints the public half as one line for the other side's configuration"),
	VERB("show", show, "FILE [-j]", "shows a key's fingerprint"),
	{ 0 },
};
