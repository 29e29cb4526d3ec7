// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of a section, as a table, and how the value of each is read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_parse.h"
#include "guess.h"
#include "kmod/suite.h"
#include "name.h"
#include "number.h"

/* Fills its field of p->peer or p->tunnel. */
typedef int (*set_fn)(struct sp_config_parser *p, const char *value, struct sp_error *err);

struct key {
	const char *word;
	set_fn set;
};

/* Index of the value among the words, or an error that names them all. */
static int choose(const char *value, const char *const *words, struct sp_error *err)
{
	char all[128] = "";

	for (int i = 0; words[i]; i++) {
		if (!strcmp(value, words[i]))
			return i;
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "",
			 words[i]);
	}
	return sp_fail(err, "\"%s\" is none of: %s", value, all);
}

static int choose_bool(bool *field, const char *value, struct sp_error *err)
{
	static const char *const words[] = { "no", "yes", NULL };
	int choice = choose(value, words, err);

	*field = choice == 1;
	return choice < 0 ? -1 : 0;
}

/* Calls each() for every word of a comma list, with the problem's column at that word. */
static int each_word(struct sp_config_parser *p, const char *value, set_fn each,
		     struct sp_error *err)
{
	unsigned int column = p->place.column;
	const char *at = value;

	for (;;) {
		size_t blanks = strspn(at, " \t"), len = strcspn(at + blanks, ",");
		char word[SP_CONFIG_LINE_MAX];

		at += blanks;
		p->place.column = column + (unsigned int)(at - value);
		snprintf(word, sizeof(word), "%.*s", (int)len, at);
		for (size_t end = len; end && strchr(" \t", word[end - 1]); end--)
			word[end - 1] = '\0';
		if (each(p, word, err))
			return -1;
		at += len;
		if (!*at)
			return 0;
		at++;
	}
}

/* A file is named relative to the configuration that names it. */
static int set_path(struct sp_config_parser *p, char **field, const char *value,
		    struct sp_error *err)
{
	const char *slash = strrchr(p->place.file, '/');
	int folder = slash && value[0] != '/' ? (int)(slash - p->place.file + 1) : 0;

	if (!value[0])
		return sp_fail(err, "the name of a file is missing");
	if (asprintf(field, "%.*s%s", folder, p->place.file, value) < 0)
		abort();
	return 0;
}

static int set_local(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	p->peer->local_by_route = false;
	return sp_addr_parse(&p->peer->local, value, err);
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* RFC 1123 2.1; what has no letter is a mistyped address. */
static bool is_host_name(const char *text)
{
	size_t len = strlen(text);

	return len && len <= SP_CONFIG_HOST_MAX && strspn(text, LETTERS "0123456789-.") == len &&
	       strpbrk(text, LETTERS) && text[0] != '-' && text[0] != '.';
}

static int set_remote(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	if (!sp_addr_parse(&p->peer->remote, value, err))
		return 0;
	if (!is_host_name(value))
		return sp_fail(err, "\"%s\" is neither an IP address nor the name of a host",
			       value);
	strcpy(p->peer->remote_name, value);
	return 0;
}

static int set_keying(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	static const char *const words[] = { "rsa", "manual", NULL };
	int choice;

	if (!strcmp(value, "ikev1") || !strcmp(value, "ikev2"))
		return sp_fail(err, "%s is not supported by this version; rsa and manual are",
			       value);
	choice = choose(value, words, err);
	if (choice < 0)
		return -1;
	p->peer->keying = (enum sp_keying)choice;
	return 0;
}

static int set_auth(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	(void)p;
	if (strcmp(value, "key"))
		return sp_fail(err, "\"%s\" is not supported by this version; key is", value);
	return 0;
}

static int set_port(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	uint64_t port;

	if (sp_number_parse(&port, value, 1, UINT16_MAX, err))
		return -1;
	p->peer->port = (uint16_t)port;
	return 0;
}

static int set_profile(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	static const char *const words[] = { "signed", "compat", NULL };
	int choice = choose(value, words, err);

	if (choice < 0)
		return -1;
	p->peer->profile = (enum sp_profile)choice;
	return 0;
}

static int set_allow_insecure(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return choose_bool(&p->peer->allow_insecure, value, err);
}

static int set_key(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return set_path(p, &p->peer->key, value, err);
}

static int set_peer_key(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return set_path(p, &p->peer->peer_key, value, err);
}

static int set_unsupported(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	(void)p;
	(void)value;
	return sp_fail(err, "not supported by this version");
}

static int set_peer(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	if (!value[0] || strlen(value) > SPINDLE_NAME_MAX)
		return sp_fail(err, "\"%s\" is not a peer's name", value);
	strcpy(p->tunnel->peer_name, value);
	return 0;
}

static int set_interface(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	if (!value[0] || strlen(value) >= IFNAMSIZ || strpbrk(value, "/: \t"))
		return sp_fail(err, "\"%s\" is not an interface's name (1 to %d octets)", value,
			       IFNAMSIZ - 1);
	strcpy(p->tunnel->interface, value);
	return 0;
}

static int add_address(struct sp_config_parser *p, const char *word, struct sp_error *err)
{
	struct sp_addresses *addresses = &p->tunnel->addresses;
	struct sp_prefix *address = &addresses->list[addresses->n];
	const char *slash = strchr(word, '/');
	char addr[SP_ADDR_STRLEN];
	uint64_t len;

	if (addresses->n == SP_CONFIG_ADDRESSES_MAX)
		return sp_fail(err, "more than %d addresses", SP_CONFIG_ADDRESSES_MAX);
	if (!slash || slash - word >= SP_ADDR_STRLEN)
		return sp_fail(err, "\"%s\" is not ADDRESS/LENGTH", word);
	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - word), word);
	if (sp_addr_parse(&address->addr, addr, err) ||
	    sp_number_parse(&len, slash + 1, 0, sp_addr_len(&address->addr) * 8, err))
		return -1;
	address->len = (uint8_t)len;
	addresses->n++;
	return 0;
}

static int set_address(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return each_word(p, value, add_address, err);
}

static int add_selector(struct sp_selectors *side, const char *word, struct sp_error *err)
{
	if (side->n == SP_CONFIG_SELECTORS_MAX)
		return sp_fail(err, "more than %d selectors", SP_CONFIG_SELECTORS_MAX);
	if (sp_ts_parse(&side->list[side->n], word, err))
		return -1;
	for (size_t i = 0; i < side->n; i++)
		if (sp_ts_equal(&side->list[i], &side->list[side->n]))
			return sp_fail(err, "%s stands there already", word);
	side->n++;
	return 0;
}

static int add_local_ts(struct sp_config_parser *p, const char *word, struct sp_error *err)
{
	return add_selector(&p->tunnel->local_ts, word, err);
}

static int add_remote_ts(struct sp_config_parser *p, const char *word, struct sp_error *err)
{
	return add_selector(&p->tunnel->remote_ts, word, err);
}

static int set_local_ts(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return each_word(p, value, add_local_ts, err);
}

static int set_remote_ts(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return each_word(p, value, add_remote_ts, err);
}

static int add_suite(struct sp_config_parser *p, const char *word, struct sp_error *err)
{
	struct sp_tunnel_config *tunnel = p->tunnel;
	const struct spn_suite *suite = spn_suite_find(word);
	const char *words[64] = { NULL }, *guess;
	size_t n = 0;

	if (!suite || suite->ah != tunnel->ah) {
		for (unsigned int i = 0; n < 63 && (suite = spn_suite_at(i)); i++)
			if (suite->ah == tunnel->ah)
				words[n++] = suite->word;
		guess = sp_guess(word, words);
		return sp_fail(err, "unknown algorithms \"%s\"; %s %s%s", word,
			       guess ? "did you mean" : "a word is as", guess ? guess : words[0],
			       guess ? "?" : "");
	}
	if (tunnel->n_esp == SP_CONFIG_PROPOSALS_MAX)
		return sp_fail(err, "more than %d words", SP_CONFIG_PROPOSALS_MAX);
	for (size_t i = 0; i < tunnel->n_esp; i++)
		if (!strcmp(tunnel->esp[i], suite->word))
			return sp_fail(err, "%s stands there already", word);
	tunnel->esp[tunnel->n_esp++] = suite->word;
	return 0;
}

static int set_suites(struct sp_config_parser *p, bool ah, const char *value, struct sp_error *err)
{
	if (p->tunnel->n_esp)
		return sp_fail(err, "the tunnel has esp or ah already");
	p->tunnel->ah = ah;
	return each_word(p, value, add_suite, err);
}

static int set_esp(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return set_suites(p, false, value, err);
}

static int set_ah(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return set_suites(p, true, value, err);
}

static int set_allow_weak(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return choose_bool(&p->tunnel->allow_weak, value, err);
}

static int set_lifetime(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	enum { LEAST = 10 };	/* a refresh needs time to happen in */

	if (sp_duration_parse(&p->tunnel->lifetime, value, err))
		return -1;
	if (p->tunnel->lifetime < LEAST)
		return sp_fail(err, "\"%s\" is less than %ds", value, LEAST);
	return 0;
}

static int set_lifetime_bytes(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return sp_size_parse(&p->tunnel->lifetime_bytes, value, err);
}

static int set_routes(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	return choose_bool(&p->tunnel->routes, value, err);
}

static int set_clear(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	p->tunnel->says_clear = true;
	return sp_name_clear_parse(&p->tunnel->clear, value, err);
}

static int set_start(struct sp_config_parser *p, const char *value, struct sp_error *err)
{
	static const char *const words[] = {
		[SP_START_UP] = "up", [SP_START_TRAP] = "trap", [SP_START_LISTEN] = "listen", NULL,
	};
	int choice = choose(value, words, err);

	if (choice < 0)
		return -1;
	p->tunnel->start = (enum sp_start)choice;
	return 0;
}

/* Fewer than 32: the bits of struct sp_config_parser's seen behind them are the options'. */
static const struct key peer_keys[] = {
	{ "local", set_local },
	{ "remote", set_remote },
	{ "keying", set_keying },
	{ "auth", set_auth },
	{ "port", set_port },
	{ "profile", set_profile },
	{ "allow-insecure", set_allow_insecure },
	{ "key", set_key },
	{ "peer-key", set_peer_key },
	{ "local-id", set_unsupported },
	{ "remote-id", set_unsupported },
	{ "psk", set_unsupported },
	{ "ike", set_unsupported },
	{ "ike-lifetime", set_unsupported },
	{ NULL, NULL },
};

static const struct key tunnel_keys[] = {
	{ "peer", set_peer },
	{ "interface", set_interface },
	{ "address", set_address },
	{ "local-ts", set_local_ts },
	{ "remote-ts", set_remote_ts },
	{ "esp", set_esp },
	{ "allow-weak", set_allow_weak },
	{ "ah", set_ah },
	{ "lifetime", set_lifetime },
	{ "lifetime-bytes", set_lifetime_bytes },
	{ "routes", set_routes },
	{ "clear", set_clear },
	{ "start", set_start },
	{ NULL, NULL },
};

/* A tunnel's options (option.h) are keys as well. */
static const struct sp_option *option_of(const struct sp_config_parser *p, const char *word)
{
	return p->tunnel ? sp_option_find(word) : NULL;
}

static void unknown_key(struct sp_config_parser *p, const struct key *keys, const char *section,
			const char *word)
{
	const char *words[64] = { NULL }, *guess;
	const struct sp_option *option;
	size_t n = 0;

	for (; n < 32 && keys[n].word; n++)
		words[n] = keys[n].word;
	for (size_t i = 0; p->tunnel && (option = sp_option_at(i)); i++)
		words[n++] = option->word;
	guess = sp_guess(word, words);
	sp_config_problem(p, &p->place, "[%s] has no key \"%s\"%s%s%s", section, word,
			  guess ? "; did you mean " : "", guess ? guess : "", guess ? "?" : "");
}

/* Whether the section has it already. */
static bool is_seen(struct sp_config_parser *p, const struct key *keys, const struct key *key,
		    const struct sp_option *option)
{
	uint64_t bit = option ? (uint64_t)sp_option_bit(option) << 32 :
				UINT64_C(1) << (key - keys);
	bool seen = p->seen & bit;

	p->seen |= bit;
	return seen;
}

void sp_config_key(struct sp_config_parser *p, const char *word, const char *value,
		   unsigned int column)
{
	const struct key *keys = p->peer ? peer_keys : tunnel_keys, *key = keys;
	const struct sp_option *option = option_of(p, word);
	const char *section = p->peer ? "peer" : "tunnel";
	struct sp_error err;

	if (!p->peer && !p->tunnel) {
		/* After a bad header one complaint is enough. */
		if (!p->headed)
			sp_config_problem(p, &p->place, "\"%s\" stands before any section", word);
		return;
	}
	while (key->word && strcmp(key->word, word))
		key++;
	if (!key->word && !option) {
		unknown_key(p, keys, section, word);
		return;
	}
	if (is_seen(p, keys, key, option)) {
		sp_config_problem(p, &p->place, "%s is given twice in this section", word);
		return;
	}
	p->place.column = column;
	if (option)
		p->told[sp_option_index(option)] = p->place;
	if (option ? sp_option_parse(option, &p->tunnel->options, value, &err) :
		     key->set(p, value, &err))
		sp_config_problem(p, &p->place, "%s: %s", word, err.text);
}
