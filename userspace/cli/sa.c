// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "kmod/suite.h"
#include "number.h"
#include "show/json.h"
#include "text.h"

static int take_number(struct cli *cli, struct words *words, uint64_t min, uint64_t max,
		       uint64_t *number)
{
	const char *text = cli_next(cli, words);

	return !text || sp_number_parse(number, text, min, max, &cli->err) ? CLI_USAGE : CLI_DONE;
}

static int take_spi(struct cli *cli, struct words *words, void *object)
{
	struct sp_sa *sa = object;
	uint64_t number = 0;
	int ret = take_number(cli, words, SPINDLE_SPI_MIN, UINT32_MAX, &number);

	sa->spi = (uint32_t)number;
	return ret;
}

static int take_gen(struct cli *cli, struct words *words, void *object)
{
	struct sp_sa *sa = object;
	uint64_t number = 0;
	int ret = take_number(cli, words, 1, UINT32_MAX, &number);

	sa->generation = (uint32_t)number;
	return ret;
}

static int take_alg(struct cli *cli, struct words *words, void *object)
{
	struct sp_sa *sa = object;
	const char *word = cli_next(cli, words);

	if (!word)
		return CLI_USAGE;
	if (!spn_suite_find(word))
		return cli_usage(cli, "\"%s\" is no algorithm; one is %s, spindle(8) lists them",
				 word, spn_suite_at(0)->word);
	snprintf(sa->alg, sizeof(sa->alg), "%s", word);
	return CLI_DONE;
}

static int take_secret(struct cli *cli, struct words *words, struct sp_secret *secret)
{
	const char *text = cli_next(cli, words);

	if (!text)
		return CLI_USAGE;
	return sp_secret_parse(secret, text, &cli->err) ? CLI_FAILED : CLI_DONE;
}

static int take_key(struct cli *cli, struct words *words, void *object)
{
	struct sp_sa *sa = object;

	return take_secret(cli, words, &sa->key);
}

static int take_auth_key(struct cli *cli, struct words *words, void *object)
{
	struct sp_sa *sa = object;

	return take_secret(cli, words, &sa->auth_key);
}

/* SOFT HARD, in the unit that parse() reads; 0 is no limit. */
static int take_limits(struct cli *cli, struct words *words, uint64_t *soft, uint64_t *hard,
		       int (*parse)(uint64_t *value, const char *text, struct sp_error *err))
{
	const char *first = cli_next(cli, words);
	const char *second = first ? cli_next(cli, words) : NULL;

	if (!second)
		return cli_usage(cli, "SOFT and HARD are needed");
	if (parse(soft, first, &cli->err) || parse(hard, second, &cli->err))
		return CLI_USAGE;
	if (*hard && *soft > *hard)
		return cli_usage(cli, "the soft limit %s is above the hard limit %s", first,
				 second);
	return CLI_DONE;
}

static int take_life_bytes(struct cli *cli, struct words *words, void *object)
{
	struct sp_life *life = &((struct sp_sa *)object)->life;

	return take_limits(cli, words, &life->soft_bytes, &life->hard_bytes, sp_size_parse);
}

static int parse_packets(uint64_t *packets, const char *text, struct sp_error *err)
{
	return sp_number_parse(packets, text, 0, UINT64_MAX, err);
}

static int take_life_packets(struct cli *cli, struct words *words, void *object)
{
	struct sp_life *life = &((struct sp_sa *)object)->life;

	return take_limits(cli, words, &life->soft_packets, &life->hard_packets, parse_packets);
}

static int take_life_seconds(struct cli *cli, struct words *words, void *object)
{
	struct sp_life *life = &((struct sp_sa *)object)->life;

	return take_limits(cli, words, &life->soft_seconds, &life->hard_seconds,
			   sp_duration_parse);
}

static int take_parked(struct cli *cli, struct words *words, void *object)
{
	struct sp_sa *sa = object;

	(void)words;
	if (sa->dir != SPINDLE_DIR_OUT)
		return cli_usage(cli, "only an outbound SA waits for its turn");
	sa->parked = true;
	return CLI_DONE;
}

static int take_sequence(struct cli *cli, struct words *words, void *object)
{
	struct sp_sa *sa = object;

	return take_number(cli, words, 0, UINT64_MAX, &sa->sequence);
}

static int take_esn(struct cli *cli, struct words *words, void *object)
{
	(void)cli;
	(void)words;
	((struct sp_sa *)object)->esn = true;
	return CLI_DONE;
}

static int take_allow_weak(struct cli *cli, struct words *words, void *object)
{
	(void)cli;
	(void)words;
	((struct sp_sa *)object)->allow_weak = true;
	return CLI_DONE;
}

static const struct option new_options[] = {
	{ "spi", take_spi, false },
	{ "alg", take_alg, false },
	{ "key", take_key, false },
	{ "auth-key", take_auth_key, false },
	{ "gen", take_gen, false },
	{ "life-bytes", take_life_bytes, false },
	{ "life-packets", take_life_packets, false },
	{ "life-seconds", take_life_seconds, false },
	{ "parked", take_parked, false },
	{ "sequence", take_sequence, false },
	{ "esn", take_esn, false },
	{ "allow-weak", take_allow_weak, false },
	{ 0 },
};

static int check_key(struct cli *cli, const struct spn_suite *suite, const char *word,
		     const struct sp_secret *secret, size_t needed)
{
	if (secret->len == needed)
		return CLI_DONE;
	if (!secret->len)
		return cli_usage(cli, "%s is missing: %s takes %zu octets", word, suite->word,
				 needed);
	return cli_usage(cli, "%s: %s takes %zu octets, not %zu", word, suite->word, needed,
			 secret->len);
}

static int check_sa(struct cli *cli, const struct sp_sa *sa)
{
	const struct spn_suite *suite = spn_suite_find(sa->alg);
	int ret;

	if (!sa->spi)
		return cli_usage(cli, "spi is missing");
	if (!suite)
		return cli_usage(cli, "alg is missing");
	if (suite->weak && !sa->allow_weak)
		return cli_usage(cli, "alg: %s can be broken; for an old peer say allow-weak",
				 suite->word);
	if (!sa->esn && sa->sequence > UINT32_MAX)
		return cli_usage(cli, "sequence: numbers above 4294967295 are for esn");
	ret = check_key(cli, suite, "key", &sa->key, suite->key_len);
	return ret ? ret : check_key(cli, suite, "auth-key", &sa->auth_key, suite->auth_key_len);
}

/* in or out */
static int take_dir(struct cli *cli, struct words *words, uint8_t *dir)
{
	const char *word = cli_next(cli, words);

	if (word && !strcmp(word, "in"))
		*dir = SPINDLE_DIR_IN;
	else if (word && !strcmp(word, "out"))
		*dir = SPINDLE_DIR_OUT;
	else
		return cli_usage(cli, "in or out is missing");
	return CLI_DONE;
}

/* in|out and every option of a new SA */
static int take_new(struct cli *cli, struct words *words, struct sp_sa *sa)
{
	int ret = take_dir(cli, words, &sa->dir);

	if (!ret)
		ret = cli_take_options(cli, new_options, NULL, words, sa);
	return ret ? ret : check_sa(cli, sa);
}

/* gen N */
static int take_generation(struct cli *cli, struct words *words, struct sp_sa *sa)
{
	static const struct option options[] = { { "gen", take_gen, false }, { 0 } };
	int ret = cli_take_options(cli, options, NULL, words, sa);

	if (!ret && !sa->generation)
		return cli_usage(cli, "gen is missing");
	return ret;
}

/* [spi N] */
static int take_wish(struct cli *cli, struct words *words, struct sp_sa *sa)
{
	static const struct option options[] = { { "spi", take_spi, false }, { 0 } };

	return cli_take_options(cli, options, NULL, words, sa);
}

/* in|out spi N, or gen N */
static int take_existing(struct cli *cli, struct words *words, struct sp_sa *sa)
{
	int ret;

	if (words->left && !strcmp(*words->next, "gen"))
		return take_generation(cli, words, sa);
	ret = take_dir(cli, words, &sa->dir);
	if (!ret)
		ret = take_wish(cli, words, sa);
	if (!ret && !sa->spi)
		return cli_usage(cli, "spi is missing");
	return ret;
}

/* What the arguments of a verb say: a tunnel, and an SA of it. */
struct subject {
	char tunnel[SPINDLE_NAME_MAX + 1];
	struct sp_sa sa;
};

static int take_subject(struct cli *cli, int argc, char **argv, struct subject *subject,
			int (*take)(struct cli *cli, struct words *words, struct sp_sa *sa))
{
	struct words words = { argc, argv };
	int ret;

	if (!argc)
		return CLI_USAGE;
	ret = cli_next_name(cli, &words, subject->tunnel);
	if (ret)
		return ret;
	ret = take(cli, &words, &subject->sa);
	if (ret) {
		sp_fail_in(&cli->err, "tunnel %s", subject->tunnel);
		return ret;
	}
	return cli_nl(cli) ? CLI_DONE : CLI_FAILED;
}

static int add(struct cli *cli, int argc, char **argv)
{
	struct subject subject = { 0 };
	const struct sp_sa *sa = &subject.sa;
	int ret = take_subject(cli, argc, argv, &subject, take_new);

	if (!ret && sp_nl_sa_new(cli->nl, subject.tunnel, sa->dir == SPINDLE_DIR_IN ? sa : NULL,
				 sa->dir == SPINDLE_DIR_OUT ? sa : NULL, &cli->err))
		ret = CLI_FAILED;
	sp_secret_wipe(&subject.sa.key);
	sp_secret_wipe(&subject.sa.auth_key);
	return ret;
}

static int del(struct cli *cli, int argc, char **argv)
{
	struct subject subject = { 0 };
	const struct sp_sa *sa = &subject.sa;
	int ret = take_subject(cli, argc, argv, &subject, take_existing);

	if (ret)
		return ret;
	if (sa->generation)
		ret = sp_nl_sa_del_generation(cli->nl, subject.tunnel, sa->generation, &cli->err);
	else
		ret = sp_nl_sa_del(cli->nl, subject.tunnel, sa->dir, sa->spi, &cli->err);
	return ret ? CLI_FAILED : CLI_DONE;
}

static int activate(struct cli *cli, int argc, char **argv)
{
	struct subject subject = { 0 };
	int ret = take_subject(cli, argc, argv, &subject, take_generation);

	if (ret)
		return ret;
	return sp_nl_sa_activate(cli->nl, subject.tunnel, subject.sa.generation, &cli->err) ?
		CLI_FAILED : CLI_DONE;
}

static int reserve(struct cli *cli, int argc, char **argv)
{
	struct subject subject = { 0 };
	uint32_t *spi = &subject.sa.spi;
	int ret = take_subject(cli, argc, argv, &subject, take_wish);

	if (ret)
		return ret;
	if (sp_nl_spi_alloc(cli->nl, subject.tunnel, spi, &cli->err))
		return CLI_FAILED;
	if (cli->json)
		return cli_print_json(cli, json_pack("{s:s, s:o}", "tunnel", subject.tunnel,
						     "spi", json_sprintf("0x%x", *spi)));
	printf("0x%x\n", *spi);
	return CLI_DONE;
}

static int show_sa(const struct sp_sa *sa, const struct sp_tunnel *tunnel, void *arg)
{
	struct cli_show *out = arg;

	if (out->array)
		return cli_show_json(out, sp_json_sa(sa, tunnel->name));
	cli_show_text(out);
	cli_text_sa(stdout, sa, tunnel->name);
	return 0;
}

static int show(struct cli *cli, int argc, char **argv)
{
	const char *tunnel = argc ? argv[0] : NULL;
	struct cli_show out;

	if (argc > 1)
		return CLI_USAGE;
	if (!cli_nl(cli))
		return CLI_FAILED;
	cli_show_begin(&out, cli);
	return cli_show_end(&out, sp_nl_sa_dump(cli->nl, tunnel, show_sa, &out, &cli->err));
}

static int flush_tunnel(const struct sp_tunnel *tunnel, void *arg)
{
	struct cli *cli = arg;

	return sp_nl_sa_flush(cli->nl, tunnel->name, &cli->err);
}

static int flush(struct cli *cli, int argc, char **argv)
{
	int ret;

	if (argc > 1)
		return CLI_USAGE;
	if (!cli_nl(cli))
		return CLI_FAILED;
	if (argc)
		ret = sp_nl_sa_flush(cli->nl, argv[0], &cli->err);
	else
		ret = sp_nl_tunnel_dump(cli->nl, 0, flush_tunnel, cli, &cli->err);
	return ret ? CLI_FAILED : CLI_DONE;
}

const struct verb cli_sa_verbs[] = {
	VERB("add", add,
	     "TUNNEL in|out spi N alg WORD key KEY auth-key KEY [esn] [gen N] [parked]\n"
	     "\t[sequence N] [life-bytes SOFT HARD] [life-packets SOFT HARD]\n"
	     "\t[life-seconds SOFT HARD] [allow-weak]",
	     "adds an SA; a KEY is 0xHEX, @FILE or - for standard input"),
	VERB("show", show, "[TUNNEL] [-j]", "shows the SAs of one tunnel or of all"),
	VERB("del", del, "TUNNEL { in|out spi N | gen N }", "deletes an SA, or a generation"),
	VERB("flush", flush, "[TUNNEL]", "deletes the SAs of one tunnel or of all"),
	VERB("reserve", reserve, "TUNNEL [spi N] [-j]", "reserves an inbound SPI"),
	VERB("activate", activate, "TUNNEL gen N", "sends with that generation from now on"),
	{ 0 },
};
