// SPDX-License-Identifier: GPL-2.0-or-later
#include "schema_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guess.h"
#include "kmod/suite.h"
#include "name.h"
#include "number.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- one of several words ----------------------------------------------------- */

/* Copies the one of that place among the values of a row; false behind the last. */
static bool word_at(const char *values, unsigned int i, char word[32])
{
	for (; i && *values; i--) {
		values += strcspn(values, "|");
		values += *values == '|';
	}
	snprintf(word, 32, "%.*s", (int)strcspn(values, "|"), values);
	return word[0];
}

/* The place of the word among the values, or an error that names them all. */
static int choose(const char *values, const char *text, struct sp_error *err)
{
	char word[32], all[128] = "";

	for (unsigned int i = 0; word_at(values, i, word); i++) {
		if (!strcmp(text, word))
			return (int)i;
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "",
			 word);
	}
	return sp_fail(err, "\"%s\" is none of: %s", text, all);
}

static int parse_word(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		      const char *value, struct sp_error *err)
{
	int choice = choose(key->values, value, err);

	(void)p;
	if (choice < 0)
		return -1;
	memcpy(sp_field(key, object), &choice, sizeof(choice));
	return 0;
}

static bool format_word(const struct sp_setting *key, const void *object, FILE *out)
{
	unsigned int choice;
	char word[32];

	memcpy(&choice, sp_value(key, object), sizeof(choice));
	word_at(key->values, choice, word);
	fputs(word, out);
	return true;
}

_Static_assert(sizeof(enum sp_keying) == sizeof(int) && sizeof(enum sp_profile) == sizeof(int) &&
	       sizeof(enum sp_start) == sizeof(int) && sizeof(enum sp_dpd_action) == sizeof(int) &&
	       sizeof(enum sp_encap_wish) == sizeof(int), "the place of a word is an int");

static int parse_keying(struct sp_config_parser *p, const struct sp_setting *key, void *object,
			const char *value, struct sp_error *err)
{
	if (!strcmp(value, "ikev2"))
		return sp_fail(err, "%s is not supported by this version; rsa, manual and ikev1 "
			       "are", value);
	return parse_word(p, key, object, value, err);
}

static int parse_bool(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		      const char *value, struct sp_error *err)
{
	int choice = choose(key->values, value, err);

	(void)p;
	*(bool *)sp_field(key, object) = choice == 1;
	return choice < 0 ? -1 : 0;
}

static bool format_bool(const struct sp_setting *key, const void *object, FILE *out)
{
	fputs(*(const bool *)sp_value(key, object) ? "yes" : "no", out);
	return true;
}

static int parse_auth(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		      const char *value, struct sp_error *err)
{
	struct sp_peer_config *peer = object;
	int choice;

	(void)p;
	if (!strcmp(value, "cert") || !strcmp(value, "kerberos"))
		return sp_fail(err, "%s is not supported by this version; key and psk are", value);
	choice = choose(key->values, value, err);
	if (choice < 0)
		return -1;
	peer->auth = (enum sp_auth)choice;
	peer->says_auth = true;
	return 0;
}

static bool format_auth(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_peer_config *peer = object;

	(void)key;
	if (!sp_config_needs_keys(peer) && !sp_config_needs_psk(peer))
		return false;
	fputs(peer->auth == SP_AUTH_PSK ? "psk" : "key", out);
	return true;
}

static int parse_clear(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		       const char *value, struct sp_error *err)
{
	struct sp_tunnel_config *tunnel = object;

	(void)p;
	(void)key;
	tunnel->says_clear = true;
	return sp_name_clear_parse(&tunnel->clear, value, err);
}

static bool format_clear(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_tunnel_config *tunnel = object;

	(void)key;
	if (tunnel->says_clear)
		fputs(sp_name_clear(tunnel->clear), out);
	return tunnel->says_clear;
}

/* --- names and addresses ------------------------------------------------------ */

static int parse_local(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		       const char *value, struct sp_error *err)
{
	struct sp_peer_config *peer = object;

	(void)p;
	(void)key;
	peer->local_by_route = false;
	return sp_addr_parse(&peer->local, value, err);
}

static bool format_local(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_peer_config *peer = object;
	char text[SP_ADDR_STRLEN];

	(void)key;
	if (!peer->local_by_route)
		fputs(sp_addr_format(&peer->local, text), out);
	return !peer->local_by_route;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* RFC 1123 2.1; what has no letter is a mistyped address. */
static bool is_host_name(const char *text)
{
	size_t len = strlen(text);

	return len && len <= SP_CONFIG_HOST_MAX && strspn(text, LETTERS "0123456789-.") == len &&
	       strpbrk(text, LETTERS) && text[0] != '-' && text[0] != '.';
}

static int parse_remote(struct sp_config_parser *p, const struct sp_setting *key, void *object,
			const char *value, struct sp_error *err)
{
	struct sp_peer_config *peer = object;

	(void)key;
	peer->remote_any = !strcmp(value, "any");
	if (peer->remote_any || !sp_addr_parse(&peer->remote, value, err))
		return 0;
	if (!is_host_name(value))
		return sp_fail(err, "\"%s\" is neither an IP address nor the name of a host",
			       value);
	peer->remote_name = sp_arena_text(&p->config->arena, value);
	return 0;
}

static bool format_remote(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_peer_config *peer = object;
	char text[SP_ADDR_STRLEN];

	(void)key;
	fputs(peer->remote_any ? "any" : peer->remote_name[0] ? peer->remote_name :
	      sp_addr_format(&peer->remote, text), out);
	return true;
}

static int parse_peer(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		      const char *value, struct sp_error *err)
{
	(void)p;
	if (!value[0] || strlen(value) > SPINDLE_NAME_MAX)
		return sp_fail(err, "\"%s\" is not a peer's name", value);
	strcpy(sp_field(key, object), value);
	return 0;
}

static int parse_interface(struct sp_config_parser *p, const struct sp_setting *key, void *object,
			   const char *value, struct sp_error *err)
{
	(void)p;
	if (!value[0] || strlen(value) >= IFNAMSIZ || strpbrk(value, "/: \t"))
		return sp_fail(err, "\"%s\" is not an interface's name (1 to %d octets)", value,
			       IFNAMSIZ - 1);
	strcpy(sp_field(key, object), value);
	return 0;
}

static bool format_name(const struct sp_setting *key, const void *object, FILE *out)
{
	fputs(sp_value(key, object), out);
	return true;
}

/* A file is named relative to the configuration that names it; @mark stands in front of it. */
int sp_config_keep_file(struct sp_config_parser *p, const char *mark, const char *name,
		     char **field, struct sp_error *err)
{
	const char *slash = strrchr(p->place.file, '/');
	size_t folder = slash && name[0] != '/' ? (size_t)(slash - p->place.file + 1) : 0;
	char *end;

	if (!name[0])
		return sp_fail(err, "the name of a file is missing");
	*field = sp_arena_alloc(&p->config->arena, strlen(mark) + folder + strlen(name) + 1);
	end = mempcpy(stpcpy(*field, mark), p->place.file, folder);
	strcpy(end, name);
	return 0;
}

static int parse_file(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		      const char *value, struct sp_error *err)
{
	return sp_config_keep_file(p, "", value, sp_field(key, object), err);
}

#define BASE64 LETTERS "0123456789+/="

static int parse_public(struct sp_config_parser *p, const struct sp_setting *key, void *object,
			const char *value, struct sp_error *err)
{
	const char *line = sp_config_key_line(value);
	const char **field = sp_field(key, object);

	if (!line)
		return parse_file(p, key, object, value, err);
	if (!*line || strspn(line, BASE64) != strlen(line))
		return sp_fail(err, "behind \"%.*s\" there is no key as spindle key pub prints it",
			       (int)(line - value), value);
	*field = sp_arena_text(&p->config->arena, value);
	return 0;
}

/* So that it is the same file wherever that is read. */
void sp_config_write_file(const char *file, FILE *out)
{
	char folder[PATH_MAX];

	if (file[0] != '/' && getcwd(folder, sizeof(folder)))
		fprintf(out, "%s/", folder);
	fputs(file, out);
}

static bool format_file(const struct sp_setting *key, const void *object, FILE *out)
{
	const char *file = *(char *const *)sp_value(key, object);

	if (!file)
		return false;
	if (!sp_config_key_line(file))
		sp_config_write_file(file, out);
	else
		fputs(file, out);
	return true;
}

/* --- numbers ------------------------------------------------------------------ */

static int parse_port(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		      const char *value, struct sp_error *err)
{
	uint64_t port;

	(void)p;
	if (sp_number_parse(&port, value, 1, UINT16_MAX, err))
		return -1;
	*(uint16_t *)sp_field(key, object) = (uint16_t)port;
	return 0;
}

static bool format_port(const struct sp_setting *key, const void *object, FILE *out)
{
	fprintf(out, "%u", *(const uint16_t *)sp_value(key, object));
	return true;
}

struct unit {
	uint64_t size;
	const char *word;
};

/* In the largest of the units that makes a whole number of it. */
static bool format_units(const struct sp_setting *key, const void *object, FILE *out,
			 const struct unit *units)
{
	uint64_t value = *(const uint64_t *)sp_value(key, object);

	while (value % units->size)
		units++;
	fprintf(out, "%llu%s", (unsigned long long)(value / units->size), units->word);
	return true;
}

static int parse_lifetime(struct sp_config_parser *p, const struct sp_setting *key, void *object,
			  const char *value, struct sp_error *err)
{
	enum { LEAST = 10 };	/* a refresh needs time to happen in */
	uint64_t *seconds = sp_field(key, object);

	(void)p;
	if (sp_duration_parse(seconds, value, err))
		return -1;
	if (*seconds < LEAST)
		return sp_fail(err, "\"%s\" is less than %ds", value, LEAST);
	return 0;
}

bool sp_config_format_seconds(const struct sp_setting *key, const void *object, FILE *out)
{
	static const struct unit units[] = {
		{ 86400, "d" }, { 3600, "h" }, { 60, "m" }, { 1, "s" },
	};

	return format_units(key, object, out, units);
}

static int parse_octets(struct sp_config_parser *p, const struct sp_setting *key, void *object,
			const char *value, struct sp_error *err)
{
	uint64_t *octets = sp_field(key, object);

	(void)p;
	*octets = 0;
	return strcmp(value, "none") ? sp_size_parse(octets, value, err) : 0;
}

static bool format_octets(const struct sp_setting *key, const void *object, FILE *out)
{
	static const struct unit units[] = {
		{ UINT64_C(1) << 30, "G" }, { 1 << 20, "M" }, { 1 << 10, "k" }, { 1, "" },
	};

	if (*(const uint64_t *)sp_value(key, object))
		return format_units(key, object, out, units);
	fputs("none", out);
	return true;
}

/* --- lists -------------------------------------------------------------------- */

/* Calls each() for every word of a comma list, with the problem's column at that word. */
int sp_config_each_word(struct sp_config_parser *p, void *list, const char *value,
			sp_word_fn each, struct sp_error *err)
{
	unsigned int column = p->place.column;
	const char *at = value;

	for (;;) {
		size_t blanks = strspn(at, " \t"), len = strcspn(at + blanks, ",");
		char word[SP_CONFIG_LINE_MAX];

		at += blanks;
		p->place.column = column + (unsigned int)(at - value);
		/* No value is longer than a line. */
		memcpy(word, at, len);
		word[len] = '\0';
		for (size_t end = len; end && strchr(" \t", word[end - 1]); end--)
			word[end - 1] = '\0';
		if (each(list, word, err))
			return -1;
		at += len;
		if (!*at)
			return 0;
		at++;
	}
}

/* While they are read. */
struct address_room {
	struct sp_prefix list[SP_CONFIG_ADDRESSES_MAX];
	size_t n;
};

static int add_address(void *list, const char *word, struct sp_error *err)
{
	struct address_room *addresses = list;
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

static int parse_addresses(struct sp_config_parser *p, const struct sp_setting *key, void *object,
			   const char *value, struct sp_error *err)
{
	struct sp_addresses *addresses = sp_field(key, object);
	struct address_room room = { .n = 0 };

	if (sp_config_each_word(p, &room, value, add_address, err))
		return -1;
	addresses->n = room.n;
	addresses->list = sp_arena_copy(&p->config->arena, room.list,
					room.n * sizeof(room.list[0]));
	return 0;
}

static bool format_addresses(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_addresses *addresses = sp_value(key, object);
	char text[SP_PREFIX_STRLEN];

	for (size_t i = 0; i < addresses->n; i++)
		fprintf(out, "%s%s", i ? ", " : "", sp_prefix_format(&addresses->list[i], text));
	return addresses->n;
}

static int add_selector(void *list, const char *word, struct sp_error *err)
{
	struct sp_selectors *side = list;

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

static int parse_selectors(struct sp_config_parser *p, const struct sp_setting *key, void *object,
			   const char *value, struct sp_error *err)
{
	struct sp_ts_list *side = sp_field(key, object);
	struct sp_selectors room;

	room.n = 0;
	if (sp_config_each_word(p, &room, value, add_selector, err))
		return -1;
	side->n = room.n;
	side->list = sp_arena_copy(&p->config->arena, room.list, room.n * sizeof(room.list[0]));
	return 0;
}

static bool format_selectors(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_ts_list *side = sp_value(key, object);
	char text[SP_TS_STRLEN];

	for (size_t i = 0; i < side->n; i++)
		fprintf(out, "%s%s", i ? ", " : "", sp_ts_format(&side->list[i], text));
	return side->n;
}

static int add_suite(void *list, const char *word, struct sp_error *err)
{
	struct sp_tunnel_config *tunnel = list;
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

static int parse_suites(struct sp_config_parser *p, const struct sp_setting *key, void *object,
			const char *value, struct sp_error *err)
{
	struct sp_tunnel_config *tunnel = object;

	if (tunnel->n_esp)
		return sp_fail(err, "the tunnel has esp or ah already");
	tunnel->ah = !strcmp(key->word, "ah");
	return sp_config_each_word(p, tunnel, value, add_suite, err);
}

void sp_config_offer_usual(struct sp_tunnel_config *tunnel)
{
	char words[] = SP_CONFIG_ESP, *rest = words, *one;

	while ((one = strsep(&rest, ", ")))
		if (*one)
			tunnel->esp[tunnel->n_esp++] = spn_suite_find(one)->word;
}

static bool format_suites(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_tunnel_config *tunnel = object;

	if (tunnel->ah != !strcmp(key->word, "ah"))
		return false;
	for (size_t i = 0; i < tunnel->n_esp; i++)
		fprintf(out, "%s%s", i ? ", " : "", tunnel->esp[i]);
	return tunnel->n_esp;
}

/* --- the table ---------------------------------------------------------------- */

static const struct sp_setting_kind word = { parse_word, format_word };
static const struct sp_setting_kind yes_or_no = { parse_bool, format_bool };
static const struct sp_setting_kind keying = { parse_keying, format_word };
static const struct sp_setting_kind auth = { parse_auth, format_auth };
static const struct sp_setting_kind clear = { parse_clear, format_clear };
static const struct sp_setting_kind local = { parse_local, format_local };
static const struct sp_setting_kind remote = { parse_remote, format_remote };
static const struct sp_setting_kind peer = { parse_peer, format_name };
static const struct sp_setting_kind interface = { parse_interface, format_name };
static const struct sp_setting_kind file = { parse_file, format_file };
static const struct sp_setting_kind public = { parse_public, format_file };
static const struct sp_setting_kind port = { parse_port, format_port };
static const struct sp_setting_kind lifetime = { parse_lifetime, sp_config_format_seconds };
static const struct sp_setting_kind octets = { parse_octets, format_octets };
static const struct sp_setting_kind addresses = { parse_addresses, format_addresses };
static const struct sp_setting_kind selectors = { parse_selectors, format_selectors };
static const struct sp_setting_kind suites = { parse_suites, format_suites };

/* PEER(word, values, usual, engine, kind, member), and likewise of a tunnel. */
#define PEER(word, values, usual, engine, kind, member) \
	{ word, values, usual, engine, kind, offsetof(struct sp_peer_config, member) }
#define TUNNEL(word, values, usual, engine, kind, member) \
	{ word, values, usual, engine, kind, offsetof(struct sp_tunnel_config, member) }

static const struct sp_setting peer_keys[] = {
	PEER("local", "ADDRESS", "", NULL, &local, local),
	PEER("remote", "ADDRESS|NAME|any", NULL, NULL, &remote, remote),
	PEER("keying", "rsa|manual|ikev1", "rsa", NULL, &keying, keying),
	PEER("auth", "key|psk", "key", "rsa|ikev1", &auth, auth),
	PEER("port", "N", "4510", "rsa", &port, port),
	PEER("profile", "signed|compat", "signed", "rsa", &word, profile),
	PEER("allow-insecure", "no|yes", "no", "rsa", &yes_or_no, allow_insecure),
	PEER("key", "FILE", "", "rsa|ikev1", &file, key),
	PEER("peer-key", "FILE|LINE", "", "rsa|ikev1", &public, peer_key),
	PEER("local-id", "ID", "", "ikev1", &sp_kind_local_id, local_id),
	PEER("remote-id", "ID|any", "", "ikev1", &sp_kind_remote_id, remote_id),
	PEER("psk", "SECRET", "", "ikev1", &sp_kind_psk, psk),
	PEER("ike", "WORD", SP_CONFIG_IKE, "ikev1", &sp_kind_proposals, ike),
	PEER("ike-lifetime", "TIME", "8h", "ikev1", &lifetime, ike_lifetime),
	PEER("session-key-limit", "N", "0", "ikev1", &sp_kind_count, session_key_limit),
	PEER("session-pfs", "no|yes|GROUP", "yes", "ikev1", &sp_kind_pfs, session_pfs),
	PEER("master-pfs", "no|yes", "no", "ikev1", &yes_or_no, master_pfs),
	PEER("max-tunnels", "N", "0", "ikev1", &sp_kind_count, max_tunnels),
	PEER("dpd", "none|TIME", "30s", "ikev1", &sp_kind_wait, dpd),
	PEER("dpd-action", "restart|clear|hold", "restart", "ikev1", &word, dpd_action),
	PEER("encap", "auto|yes|no", "auto", "ikev1", &word, encap),
	PEER("allow-weak", "no|yes", "no", "ikev1", &yes_or_no, allow_weak),
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const struct sp_setting tunnel_keys[] = {
	TUNNEL("peer", "NAME", NULL, NULL, &peer, peer_name),
	TUNNEL("interface", "NAME", SP_CONFIG_INTERFACE, NULL, &interface, interface),
	TUNNEL("address", "ADDRESS/LENGTH", "", NULL, &addresses, addresses),
	TUNNEL("local-ts", "SELECTOR", NULL, NULL, &selectors, local_ts),
	TUNNEL("remote-ts", "SELECTOR", NULL, NULL, &selectors, remote_ts),
	TUNNEL("esp", "WORD", SP_CONFIG_ESP, NULL, &suites, esp),
	TUNNEL("ah", "WORD", "", NULL, &suites, esp),
	TUNNEL("allow-weak", "no|yes", "no", NULL, &yes_or_no, allow_weak),
	TUNNEL("lifetime", "TIME", "1h", "rsa|ikev1", &lifetime, lifetime),
	TUNNEL("lifetime-bytes", "none|OCTETS", "none", "rsa|ikev1", &octets, lifetime_bytes),
	TUNNEL("routes", "no|yes", "yes", NULL, &yes_or_no, routes),
	TUNNEL("clear", "refuse|accept", "", NULL, &clear, clear),
	TUNNEL("start", "up|trap|listen", "up", "rsa|ikev1", &word, start),
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

/* The bits of struct sp_config_parser's seen behind them are the options'. */
_Static_assert(COUNT(peer_keys) <= 32 && COUNT(tunnel_keys) <= 32, "a mask of keys has 32 bits");

bool sp_setting_is_for(const struct sp_setting *key, enum sp_keying keying)
{
	const char *engines = key->engine, *word;
	char one[32];

	if (!engines)
		return true;
	/* While somebody keys by hand for once, they may stay where they are. */
	word = sp_config_keying_word(keying == SP_KEYING_MANUAL ? SP_KEYING_RSA : keying);
	for (unsigned int i = 0; word_at(engines, i, one); i++)
		if (!strcmp(one, word))
			return true;
	return false;
}

const char *sp_section_word(enum sp_section section)
{
	return section == SP_SECTION_PEER ? "peer" : "tunnel";
}

const struct sp_setting *sp_setting_at(enum sp_section section, size_t i)
{
	const struct sp_setting *keys = section == SP_SECTION_PEER ? peer_keys : tunnel_keys;

	return keys[i].word ? &keys[i] : NULL;
}

int sp_setting_parse(struct sp_config_parser *p, const struct sp_setting *key, const char *value,
		 struct sp_error *err)
{
	void *object = p->peer ? (void *)p->peer : (void *)p->tunnel;

	return key->kind->parse(p, key, object, value, err);
}

/* --- what there is ------------------------------------------------------------ */

static void tell_key(const struct sp_setting *key, const void *object, sp_value_fn each, void *arg)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	bool has;

	if (!key->kind->format)
		return;
	out = open_memstream(&text, &len);
	if (!out)
		abort();
	has = key->kind->format(key, object, out);
	if (fclose(out))
		abort();
	each(key->word, has ? text : NULL, arg);
	free(text);
}

void sp_peer_each_key(const struct sp_peer_config *of, sp_value_fn each, void *arg)
{
	for (const struct sp_setting *key = peer_keys; key->word; key++)
		if (sp_setting_is_for(key, of->keying))
			tell_key(key, of, each, arg);
}

void sp_tunnel_each_key(const struct sp_tunnel_config *tunnel, sp_value_fn each, void *arg)
{
	const struct sp_option *option;
	char text[SP_OPTION_STRLEN];

	for (const struct sp_setting *key = tunnel_keys; key->word; key++)
		tell_key(key, tunnel, each, arg);
	for (size_t i = 0; (option = sp_option_at(i)); i++)
		each(option->word, sp_option_format(option, &tunnel->options, text), arg);
}

void sp_schema_each(sp_schema_fn each, void *arg)
{
	const struct sp_tunnel_options usual = sp_options_usual();
	const struct sp_option *option;
	const struct sp_setting *key;
	struct sp_schema_row row;

	for (unsigned int section = 0; section < SP_SECTIONS; section++) {
		for (size_t i = 0; (key = sp_setting_at(section, i)); i++) {
			row = (struct sp_schema_row){
				.section = section, .word = key->word, .values = key->values,
				.engine = key->engine, .usual = key->usual,
			};
			each(&row, arg);
		}
	}
	for (size_t i = 0; (option = sp_option_at(i)); i++) {
		row = (struct sp_schema_row){
			.section = SP_SECTION_TUNNEL, .word = option->word,
			.values = option->values,
		};
		row.usual = sp_option_format(option, &usual, row.text);
		each(&row, arg);
	}
}
