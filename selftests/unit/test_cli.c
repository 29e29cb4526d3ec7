// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with a command line is found before the kernel is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"

enum { WORDS_MAX = 32 };

#define KEY_16 "0x000102030405060708090a0b0c0d0e0f"
#define KEY_20 KEY_16 "10111213"
#define NAME_63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

struct row {
	const char *line;		/* words after "spindle", one blank apart */
	int status;
	const char *error;
};

static int run(struct cli *cli, const struct verb *verbs, const char *line)
{
	char copy[512], *words[WORDS_MAX], *word;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
		assert_true(n < WORDS_MAX);
		words[n++] = word;
	}
	return cli_run(cli, verbs, n, words);
}

static void check_rows(const struct verb *verbs, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct cli cli = { 0 };

		assert_int_equal(run(&cli, verbs, rows[i].line), rows[i].status);
		assert_string_equal(cli.err.text, rows[i].error);
		assert_null(cli.nl);
	}
}

static const struct row tunnel_rows[] = {
	{ "", CLI_USAGE, "a verb is missing, one of add, set, show, del" },
	{ "list", CLI_USAGE, "\"list\" is not one of add, set, show, del" },
	{ "set", CLI_USAGE, "usage: spindle set NAME [local ADDR] "
	  "[remote ADDR] [local-ts SELECTOR[,...]] [remote-ts SELECTOR[,...]]\n"
	  "\t[OPTION VALUE]..." },
	{ "del a b", CLI_USAGE, "usage: spindle del NAME" },
	{ "show a b", CLI_USAGE, "usage: spindle show [NAME | dev DEV] [-j]" },
	{ "set office", CLI_USAGE, "tunnel office: nothing to set" },
	{ "set " NAME_63, CLI_USAGE, "tunnel " NAME_63 ": nothing to set" },
	{ "set " NAME_63 "5", CLI_USAGE,
	  "tunnel \"" NAME_63 "5\": a name has 1 to 63 characters" },
	{ "set office local", CLI_USAGE, "tunnel office: local: a value is missing" },
	{ "set office local here", CLI_USAGE,
	  "tunnel office: local: \"here\" is not an IP address" },
	{ "set office locale 1.2.3.4", CLI_USAGE,
	  "tunnel office: unknown word \"locale\"" },
	{ "set b\xfcro", CLI_USAGE, "the name of a tunnel has letters of ASCII, digits, "
	  "\".\", \"_\" and \"-\"" },
	{ "set office 0x0123456789abcdef", CLI_USAGE,
	  "tunnel office: unknown word, which may be a key" },
	{ "set office local 1.2.3.4 0x0123456789abcdef", CLI_USAGE,
	  "tunnel office: unknown word behind local" },
	{ "set office local 1.2.3.4 local 1.2.3.5", CLI_USAGE,
	  "tunnel office: local: given twice" },
	{ "set office local-ts 10.0.0.0/8[tcp/1-2],::/0[89/8]", CLI_USAGE,
	  "tunnel office: local-ts: selector \"::/0[89/8]\": the protocol has no ports" },
	{ "set office local-ts 10.0.0.0/8,", CLI_USAGE,
	  "tunnel office: local-ts: \"\" is not an IP prefix" },
	{ "set office remote-ts 10.0.0.0/8 remote-ts 10.1.2.3/16", CLI_USAGE,
	  "tunnel office: remote-ts: prefix \"10.1.2.3/16\" has host bits set: "
	  "did you mean 10.1.0.0/16?" },
	{ "set office replay-window 65537", CLI_USAGE,
	  "tunnel office: replay-window: 65537 is not between 0 and 65536" },
	{ "set office df no", CLI_USAGE,
	  "tunnel office: df: \"no\" is not copy, set or clear" },
	{ "set office dscp 64", CLI_USAGE,
	  "tunnel office: dscp: \"64\" is neither copy nor a number from 0 to 63" },
	{ "set office dev spindle-none", CLI_FAILED,
	  "tunnel office: dev: there is no interface spindle-none" },
	{ "set office mode beet", CLI_USAGE,
	  "tunnel office: mode: \"beet\" is not tunnel or transport" },
	{ "set office proto gre", CLI_USAGE,
	  "tunnel office: proto: \"gre\" is not esp or ah" },
	{ "set office ah-align 16", CLI_USAGE,
	  "tunnel office: ah-align: \"16\" is not 4 or 8" },
	{ "set office encap tcp 4500 4500", CLI_USAGE,
	  "tunnel office: encap: \"tcp\" is not none, or udp and two ports" },
	{ "set office encap udp 4500 65536", CLI_USAGE,
	  "tunnel office: encap: \"udp 4500 65536\" is not none, or udp and two ports" },
	{ "set office encap udp 4500", CLI_USAGE,
	  "tunnel office: encap: a value is missing" },
	{ "set office follow maybe", CLI_USAGE,
	  "tunnel office: follow: \"maybe\" is neither on nor off" },
	{ "set office follow on df set follow off", CLI_USAGE,
	  "tunnel office: follow: given twice" },
	{ "set office dummy 65536", CLI_USAGE,
	  "tunnel office: dummy: 65536 is not between 0 and 65535" },
	{ "set office clamp-mss 1400", CLI_USAGE,
	  "tunnel office: clamp-mss: \"1400\" is neither on nor off" },
	{ "set office admin off", CLI_USAGE,
	  "tunnel office: admin: \"off\" is not up or down" },
	{ "set office link much-too-long-name", CLI_USAGE,
	  "tunnel office: link: \"much-too-long-name\" is neither none nor an interface's name" },
	{ "set office keepalive 65536", CLI_USAGE,
	  "tunnel office: keepalive: 65536 is not between 0 and 65535" },
	{ "add office dev lo local 1.2.3.4 remote 1.2.3.5 local-ts 10.0.0.0/8", CLI_USAGE,
	  "tunnel office: remote-ts is missing" },
};

static void tunnels(void **state)
{
	(void)state;
	check_rows(cli_tunnel_verbs, tunnel_rows, sizeof(tunnel_rows) / sizeof(tunnel_rows[0]));
}

static void security_associations(void **state)
{
	static const struct row rows[] = {
		{ "add office", CLI_USAGE, "tunnel office: in or out is missing" },
		{ "add office spi 1", CLI_USAGE, "tunnel office: in or out is missing" },
		{ "add office in", CLI_USAGE, "tunnel office: spi is missing" },
		{ "add office in spi 255", CLI_USAGE,
		  "tunnel office: spi: 255 is not between 256 and 4294967295" },
		{ "add office in spi 0x1001", CLI_USAGE, "tunnel office: alg is missing" },
		{ "add office in spi 0x1001 alg rot13", CLI_USAGE,
		  "tunnel office: alg: \"rot13\" is no algorithm; one is aes128gcm16, "
		  "spindle(8) lists them" },
		{ "add office in spi 0x1001 alg aes128-sha1", CLI_USAGE,
		  "tunnel office: key is missing: aes128-sha1 takes 16 octets" },
		{ "add office in spi 0x1001 alg aes128-sha1 key " KEY_20, CLI_USAGE,
		  "tunnel office: key: aes128-sha1 takes 16 octets, not 20" },
		{ "add office in spi 0x1001 alg aes128-sha1 key " KEY_16, CLI_USAGE,
		  "tunnel office: auth-key is missing: aes128-sha1 takes 20 octets" },
		{ "add office in spi 0x1001 alg aes256-sha512 key " KEY_16 " auth-key " KEY_20,
		  CLI_USAGE, "tunnel office: key: aes256-sha512 takes 32 octets, not 16" },
		{ "add office in spi 0x1001 alg null-sha1 key " KEY_16 " auth-key " KEY_20,
		  CLI_USAGE, "tunnel office: key: null-sha1 takes 0 octets, not 16" },
		{ "add office in auth-key 0xzz", CLI_FAILED,
		  "tunnel office: auth-key: character 3 is not a hexadecimal digit" },
		{ "add office in key secret", CLI_FAILED,
		  "tunnel office: key: not 0xHEX, @FILE or -" },
		{ "add office in parked", CLI_USAGE,
		  "tunnel office: parked: only an outbound SA waits for its turn" },
		{ "add office out gen 0", CLI_USAGE,
		  "tunnel office: gen: 0 is not between 1 and 4294967295" },
		{ "add office out life-bytes 1G", CLI_USAGE,
		  "tunnel office: life-bytes: SOFT and HARD are needed" },
		{ "add office out life-bytes 1G 100M", CLI_USAGE,
		  "tunnel office: life-bytes: the soft limit 1G is above the hard limit 100M" },
		{ "add office out life-packets 1k 2k", CLI_USAGE,
		  "tunnel office: life-packets: \"1k\" is not a number" },
		{ "add office out life-seconds 1h tomorrow", CLI_USAGE,
		  "tunnel office: life-seconds: \"tomorrow\" is not a time (N, Ns, Nm, Nh or Nd)" },
		{ "add office out spi 0x1001 alg aes128-sha1 sequence 4294967296", CLI_USAGE,
		  "tunnel office: sequence: numbers above 4294967295 are for esn" },
		{ "add office out spi 0x1001 alg des-md5", CLI_USAGE,
		  "tunnel office: alg: des-md5 can be broken; for an old peer say allow-weak" },
		{ "add office out esn", CLI_USAGE, "tunnel office: spi is missing" },
		{ "del office", CLI_USAGE, "tunnel office: in or out is missing" },
		{ "del office in", CLI_USAGE, "tunnel office: spi is missing" },
		{ "del office in gen 1", CLI_USAGE, "tunnel office: unknown word \"gen\"" },
		{ "del office gen", CLI_USAGE, "tunnel office: gen: a value is missing" },
		{ "activate office", CLI_USAGE, "tunnel office: gen is missing" },
		{ "reserve office alg aes128-sha1", CLI_USAGE,
		  "tunnel office: unknown word \"alg\"" },
		{ "flush a b", CLI_USAGE, "usage: spindle flush [TUNNEL]" },
	};

	(void)state;
	check_rows(cli_sa_verbs, rows, sizeof(rows) / sizeof(rows[0]));
}

static void device_says_what_is_wrong(void **state)
{
	static const struct row rows[] = {
		{ "set", CLI_USAGE, "usage: spindle set DEV clear refuse|accept" },
		{ "set spin0 clear", CLI_USAGE, "usage: spindle set DEV clear refuse|accept" },
		{ "set spin0 mtu 1400", CLI_USAGE, "device spin0: unknown word \"mtu\"" },
		{ "set spin0 clear away", CLI_USAGE,
		  "device spin0: clear: \"away\" is not refuse or accept" },
	};

	(void)state;
	check_rows(cli_device_verbs, rows, sizeof(rows) / sizeof(rows[0]));
}

static void nouns_name_themselves(void **state)
{
	static const struct verb verbs[] = {
		{ "device", .verbs = cli_device_verbs },
		VERB("monitor", cli_monitor, "[-j]", ""),
		{ 0 },
	};
	static const struct row rows[] = {
		{ "", CLI_USAGE, "a verb is missing, one of device, monitor" },
		{ "devices", CLI_USAGE, "\"devices\" is not one of device, monitor" },
		{ "device", CLI_USAGE, "device: a verb is missing, one of set, show" },
		{ "device list", CLI_USAGE, "device: \"list\" is not one of set, show" },
		{ "device show spin0", CLI_USAGE, "usage: spindle device show [-j]" },
		{ "monitor spin0", CLI_USAGE, "usage: spindle monitor [-j]" },
	};

	(void)state;
	check_rows(verbs, rows, sizeof(rows) / sizeof(rows[0]));
}

#define TOO_LONG "/" NAME_63 NAME_63

static void the_daemon_is_asked_in_words(void **state)
{
	static const struct verb verbs[] = {
		VERB("up", cli_up, "TUNNEL", ""),
		VERB("reload", cli_reload, "[--plan]", ""),
		{ 0 },
	};
	static const struct row rows[] = {
		{ "up", CLI_USAGE, "usage: spindle up TUNNEL" },
		{ "up a b", CLI_USAGE, "usage: spindle up TUNNEL" },
		{ "up a -x", CLI_USAGE, "usage: spindle up TUNNEL" },
		{ "reload a", CLI_USAGE, "usage: spindle reload [--plan]" },
		{ "up a -s /nowhere", CLI_FAILED,
		  "/nowhere: No such file or directory (is spindled running?)" },
		{ "up a -s " TOO_LONG, CLI_FAILED, TOO_LONG ": too long for a socket" },
	};

	(void)state;
	check_rows(verbs, rows, sizeof(rows) / sizeof(rows[0]));
}

/* --- batches: a verb that notes what it is told, and one that fails ------------------ */

static char said[256];

static int say(struct cli *cli, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%s", argv[i],
			 cli->json ? "{} " : " ");
	return CLI_DONE;
}

static int fail_always(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return cli_fail(cli, "it did not work");
}

static const struct verb batch_verbs[] = {
	VERB("say", say, "WORD...", ""),
	VERB("fail", fail_always, "", ""),
	{ 0 },
};

/* Errors begin with the file, whose name is not known before: it is cut off. */
static int run_batch(struct cli *cli, const char *text)
{
	char name[] = "/tmp/test_cli.XXXXXX", *argv[] = { name };
	FILE *file = fdopen(mkstemp(name), "w");
	int ret;

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	said[0] = '\0';
	ret = cli_batch(cli, batch_verbs, 1, argv);
	unlink(name);
	if (ret) {
		assert_memory_equal(cli->err.text, name, strlen(name));
		memmove(cli->err.text, cli->err.text + strlen(name),
			strlen(cli->err.text + strlen(name)) + 1);
	}
	return ret;
}

static void batches_end_with_the_first_error(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *error, *said;
	} rows[] = {
		{ "", CLI_DONE, "", "" },
		{ "say a b\nsay c\n", CLI_DONE, "", "a b c " },
		{ "say the last line has no end", CLI_DONE, "", "the last line has no end " },
		{ "\n  \n# say a\n\tsay \t b\n  # say c\n", CLI_DONE, "", "b " },
		{ "say a -j\nsay b\n-j say c\n", CLI_DONE, "", "a{} b c{} " },
		{ "say a\n\nfail\nsay b\n", CLI_FAILED,
		  ":3: it did not work", "a " },
		{ "say a\nsing b\n", CLI_USAGE,
		  ":2: \"sing\" is not one of say, fail", "a " },
		{ "-batch -\n", CLI_USAGE,
		  ":1: \"-batch\" is not one of say, fail", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli cli = { 0 };

		assert_int_equal(run_batch(&cli, rows[i].text), rows[i].status);
		assert_string_equal(cli.err.text, rows[i].error);
		assert_string_equal(said, rows[i].said);
		assert_false(cli.json);
	}
}

static void batches_need_a_file(void **state)
{
	char name[] = "/nowhere/batch", *argv[] = { name, name };
	struct cli cli = { 0 };

	(void)state;
	assert_int_equal(cli_batch(&cli, batch_verbs, 1, argv), CLI_FAILED);
	assert_string_equal(cli.err.text, "/nowhere/batch: No such file or directory");
	assert_int_equal(cli_batch(&cli, batch_verbs, 2, argv), CLI_USAGE);
	assert_string_equal(cli.err.text, "usage: spindle -batch FILE");
}

/* --- what is printed ------------------------------------------------------------------ */

/* Runs a verb that has to succeed; the caller frees what it prints. */
static char *printed(struct cli *cli, const struct verb *verbs, const char *line)
{
	FILE *usual = stdout;
	char *text = NULL;
	size_t len;
	int ret;

	stdout = open_memstream(&text, &len);
	assert_non_null(stdout);
	ret = run(cli, verbs, line);
	fclose(stdout);
	stdout = usual;
	if (ret)
		fail_msg("%s: %s", line, cli->err.text);
	return text;
}

static void expect_printed(const struct verb *verbs, bool json, const char *line, const char *text)
{
	struct cli cli = { .json = json };
	char *is = printed(&cli, verbs, line);

	if (!strstr(is, text))
		fail_msg("%s: \"%s\" is not in \"%s\"", line, text, is);
	free(is);
}

static int help(struct cli *cli, int argc, char **argv);

static const struct verb help_verbs[] = {
	NOUN("key", cli_key_verbs, "keys"),
	VERB("say", say, "WORD...", "says it"),
	VERB("help", help, "[VERB]", "helps"),
	{ 0 },
};

static int help(struct cli *cli, int argc, char **argv)
{
	return cli_help(cli, help_verbs, argc, argv);
}

static void help_tells_usage(void **state)
{
	struct cli cli = { 0 };

	(void)state;
	expect_printed(help_verbs, false, "help", "spindle key show FILE [-j]\n"
		       "\tshows a key's fingerprint\nspindle say WORD...\n\tsays it\n"
		       "spindle help [VERB]\n\thelps\nspindle -batch FILE\n");
	expect_printed(help_verbs, false, "help say", "spindle say WORD...\n\tsays it\n");
	expect_printed(help_verbs, false, "say this --help", "spindle say WORD...\n\tsays it\n");
	expect_printed(help_verbs, false, "key --help", "spindle key new FILE [BITS] [-j]\n");
	expect_printed(help_verbs, false, "key show x --help", "spindle key show FILE [-j]\n");
	assert_int_equal(run(&cli, help_verbs, "help sing"), CLI_USAGE);
	assert_string_equal(cli.err.text, "help: \"sing\" is not one of key, say, help");
}

static void keys_are_made_and_shown(void **state)
{
	static const struct row rows[] = {
		{ "new", CLI_USAGE, "usage: spindle new FILE [BITS] [-j]" },
		{ "new k 1024", CLI_USAGE, "bits: 1024 is not between 2048 and 8192" },
		{ "new /nowhere/k 2048", CLI_FAILED, "/nowhere/k: No such file or directory" },
		{ "show", CLI_USAGE, "usage: spindle show FILE [-j]" },
		{ "show /nowhere/k", CLI_FAILED, "/nowhere/k: No such file or directory" },
		{ "show /dev/null", CLI_FAILED, "/dev/null: is not a file" },
	};
	char folder[] = "/tmp/test_cli.XXXXXX", show[512], *line, *fingerprint;
	struct cli cli = { 0 };

	(void)state;
	check_rows(cli_key_verbs, rows, sizeof(rows) / sizeof(rows[0]));
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	expect_printed(cli_key_verbs, false, "new k 2048", "private key  k\npublic key   k.pub\n"
		       "kind         RSA, 2048 bits\nfingerprint  SHA256:");
	expect_printed(cli_key_verbs, false, "show k.pub", "public key   k.pub\nkind ");
	expect_printed(cli_key_verbs, false, "show k", "private key  k\nkind ");
	expect_printed(cli_key_verbs, true, "show k", "\"bits\": 2048");
	/* The line is the public key, and is taken for its file. */
	expect_printed(cli_key_verbs, false, "pub k", "peer-key = rsa:MII");
	line = printed(&cli, cli_key_verbs, "pub k.pub");
	assert_int_equal(strlen(line), strlen("peer-key = rsa:\n") + 392);
	line[strlen(line) - 1] = '\0';
	snprintf(show, sizeof(show), "show %s", line + strlen("peer-key = "));
	fingerprint = printed(&cli, cli_key_verbs, "show k.pub");
	expect_printed(cli_key_verbs, false, show, strstr(fingerprint, "kind "));
	free(fingerprint);
	free(line);
	assert_int_equal(run(&cli, cli_key_verbs, "new k 2048"), CLI_FAILED);
	assert_string_equal(cli.err.text, "k: exists already, not overwritten");
	assert_int_equal(unlink("k"), 0);
	/* Nor is half of a pair left. */
	assert_int_equal(run(&cli, cli_key_verbs, "new k 2048"), CLI_FAILED);
	assert_string_equal(cli.err.text, "k.pub: exists already, not overwritten");
	assert_int_equal(access("k", F_OK), -1);
	unlink("k.pub");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
}

static const struct verb check_verbs[] = {
	VERB("check", cli_check, "[FILE] [-j]", "checks"),
	{ 0 },
};

static void write_config(const char *text)
{
	FILE *file = fopen("spindle.conf", "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Of the configuration, and of the files that it names. */
static void configurations_are_checked(void **state)
{
	char folder[] = "/tmp/test_cli.XXXXXX";
	struct cli cli = { 0 };

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	write_config("[peer b]\nkeying = manual\nlocal = 192.0.2.1\nremote = 192.0.2.2\n");
	expect_printed(check_verbs, false, "check spindle.conf", "");
	expect_printed(check_verbs, true, "check spindle.conf", "\"problems\": []");

	write_config("[peer b]\nkeying = rsa\nlocal = 192.0.2.1\nremote = 192.0.2.2\n"
		     "key = nowhere\npeer-key = nowhere.pub\n");
	assert_int_equal(run(&cli, check_verbs, "check spindle.conf"), CLI_FAILED);
	assert_string_equal(cli.err.text, "spindle.conf: 2 problems");
	assert_int_equal(run(&cli, check_verbs, "check a b"), CLI_USAGE);
	unlink("spindle.conf");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnels),
		cmocka_unit_test(security_associations),
		cmocka_unit_test(device_says_what_is_wrong),
		cmocka_unit_test(nouns_name_themselves),
		cmocka_unit_test(the_daemon_is_asked_in_words),
		cmocka_unit_test(batches_end_with_the_first_error),
		cmocka_unit_test(batches_need_a_file),
		cmocka_unit_test(help_tells_usage),
		cmocka_unit_test(keys_are_made_and_shown),
		cmocka_unit_test(configurations_are_checked),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
