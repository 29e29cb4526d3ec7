// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_parse.h"
#include "guess.h"
#include "instance.h"
#include "kmod/rules.h"
#include "kmod/suite.h"
#include "name.h"
#include "trust.h"

void sp_config_problem(struct sp_config_parser *p, const struct sp_place *place,
		       const char *fmt, ...)
{
	char what[1024], text[PATH_MAX + 1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	/* Text from a file must not send commands to a terminal. */
	for (char *c = what; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	if (place)
		snprintf(text, sizeof(text), "%s:%u:%u: %s", place->file, place->line,
			 place->column, what);
	else
		snprintf(text, sizeof(text), "%s", what);
	p->problems++;
	p->problem(text, p->arg);
}

struct sp_peer_config *sp_config_peer(const struct sp_config *config, const char *name)
{
	struct sp_peer_config *peer;

	HASH_FIND_STR(config->peers_by_name, name, peer);
	return peer;
}

struct sp_tunnel_config *sp_config_tunnel(const struct sp_config *config, const char *name)
{
	struct sp_tunnel_config *tunnel;

	HASH_FIND_STR(config->tunnels_by_name, name, tunnel);
	return tunnel;
}

static void peer_section(struct sp_config_parser *p, const char *name)
{
	struct sp_peer_config *peer = sp_config_peer(p->config, name);

	if (peer) {
		sp_config_problem(p, &p->place, "peer %s stands already in %s:%u", name,
				  peer->place.file, peer->place.line);
		return;
	}
	peer = sp_arena_alloc(&p->config->arena, sizeof(*peer));
	peer->place = p->place;
	peer->port = SP_CONFIG_PORT;
	peer->local_by_route = true;
	peer->ike_lifetime = SP_CONFIG_IKE_LIFETIME;
	peer->session_pfs = true;
	peer->dpd = SP_CONFIG_DPD;
	peer->remote_name = "";
	STAILQ_INIT(&peer->tunnels);
	strcpy(peer->name, name);
	STAILQ_INSERT_TAIL(&p->config->peers, peer, next);
	HASH_ADD_STR(p->config->peers_by_name, name, peer);
	p->peer = peer;
}

static void tunnel_section(struct sp_config_parser *p, const char *name)
{
	struct sp_tunnel_config *tunnel = sp_config_tunnel(p->config, name);

	if (tunnel) {
		sp_config_problem(p, &p->place, "tunnel %s stands already in %s:%u", name,
				  tunnel->place.file, tunnel->place.line);
		return;
	}
	tunnel = sp_arena_alloc(&p->config->arena, sizeof(*tunnel));
	tunnel->place = p->place;
	tunnel->lifetime = SP_CONFIG_LIFETIME;
	strcpy(tunnel->interface, SP_CONFIG_INTERFACE);
	tunnel->options = sp_options_usual();
	tunnel->routes = true;
	STAILQ_INIT(&tunnel->instances);
	strcpy(tunnel->name, name);
	STAILQ_INSERT_TAIL(&p->config->tunnels, tunnel, next);
	HASH_ADD_STR(p->config->tunnels_by_name, name, tunnel);
	p->tunnel = tunnel;
}

void sp_config_section_end(struct sp_config_parser *p)
{
	const struct sp_tunnel_config *tunnel = p->tunnel;
	const struct spn_rule *rule;
	struct spn_facts facts;

	if (p->peer)
		sp_config_peer_end(p);
	if (!tunnel)
		return;
	facts = (struct spn_facts){
		.transport = tunnel->options.mode == SPINDLE_MODE_TRANSPORT,
		.ah = tunnel->ah,
		.sport = tunnel->options.encap.sport,
		.dport = tunnel->options.encap.dport,
		.keepalive = tunnel->options.keepalive,
		.follow = tunnel->options.follow,
		.tfc = tunnel->options.tfc,
		.dummy = tunnel->options.dummy,
	};
	rule = spn_rules_broken(&facts);
	if (rule)
		sp_config_problem(p, &p->told[sp_option_index(sp_option_find(rule->option))],
				  "tunnel %s: %s", tunnel->name, rule->words);
}

#define BLANKS " \t\r\v\f"

/* Copies as much of it as there is room for. */
static void copy_word(char *to, size_t size, const char *from, size_t len)
{
	if (len > size - 1)
		len = size - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

/* The first two words, as far as there is room for the first; returns how many there are. */
static size_t split_header(const char *header, char word[16], char name[SP_CONFIG_LINE_MAX])
{
	const char *first = header + strspn(header, BLANKS);
	const char *second = first + strcspn(first, BLANKS), *rest;

	copy_word(word, 16, first, (size_t)(second - first));
	second += strspn(second, BLANKS);
	rest = second + strcspn(second, BLANKS);
	copy_word(name, SP_CONFIG_LINE_MAX, second, (size_t)(rest - second));
	rest += strspn(rest, BLANKS);
	return *rest ? 3 : *second ? 2 : *first ? 1 : 0;
}

void sp_config_section(struct sp_config_parser *p, const char *header)
{
	static const char *const words[] = { "peer", "tunnel", NULL };
	char word[16], name[SP_CONFIG_LINE_MAX];
	const char *guess;
	size_t n_words;

	sp_config_section_end(p);
	p->peer = NULL;
	p->tunnel = NULL;
	p->seen = 0;
	p->problems_before = p->problems;
	p->headed = true;
	n_words = split_header(header, word, name);
	if (strcmp(word, "peer") && strcmp(word, "tunnel")) {
		guess = sp_guess(word, words);
		sp_config_problem(p, &p->place, "unknown section [%s]%s%s%s", header,
				  guess ? "; did you mean [" : "; there are [peer NAME] and ",
				  guess ? guess : "[tunnel NAME]", guess ? " NAME]?" : "");
		return;
	}
	if (n_words != 2) {
		sp_config_problem(p, &p->place, "[%s] needs one name, as in [%s office]",
				  word, word);
		return;
	}
	if (strlen(name) > SPINDLE_NAME_MAX) {
		sp_config_problem(p, &p->place, "the name of [%s] is longer than %d octets",
				  header, SPINDLE_NAME_MAX);
		return;
	}
	if (strspn(name, SP_NAME_CHARACTERS) != strlen(name)) {
		sp_config_problem(p, &p->place, "the name of [%s] has others than the letters of "
				  "ASCII, digits, \".\", \"_\" and \"-\"", header);
		return;
	}
	if (!strcmp(word, "peer"))
		peer_section(p, name);
	else
		tunnel_section(p, name);
}

static void find_peer(struct sp_config_parser *p, struct sp_tunnel_config *tunnel)
{
	const char *names[64] = { NULL }, *guess;
	struct sp_peer_config *peer;
	size_t n = 0;

	if (!tunnel->peer_name[0]) {
		sp_config_problem(p, &tunnel->place, "tunnel %s needs peer = NAME",
				  tunnel->name);
		return;
	}
	peer = sp_config_peer(p->config, tunnel->peer_name);
	tunnel->peer = peer;
	if (peer) {
		STAILQ_INSERT_TAIL(&peer->tunnels, tunnel, of_peer);
		return;
	}
	STAILQ_FOREACH(peer, &p->config->peers, next)
		if (n < 63)
			names[n++] = peer->name;
	guess = sp_guess(tunnel->peer_name, names);
	sp_config_problem(p, &tunnel->place, "tunnel %s: there is no [peer %s]%s%s%s", tunnel->name,
			  tunnel->peer_name, guess ? "; did you mean " : "", guess ? guess : "",
			  guess ? "?" : "");
}

static bool prefix_covers(const struct sp_prefix *prefix, const struct sp_addr *addr)
{
	struct sp_prefix host = { .addr = *addr, .len = prefix->len };

	for (unsigned int bit = prefix->len; bit < sp_addr_len(addr) * 8; bit++)
		host.addr.octets[bit / 8] &= 0xff ^ (0x80 >> bit % 8);
	return sp_prefix_equal(prefix, &host);
}

bool sp_config_is_past(const struct sp_tunnel_config *tunnel, const struct sp_prefix *to)
{
	return !to->len || prefix_covers(to, &tunnel->peer->remote);
}

/*
 * Its own packets would never leave a tunnel that they are led into.  Where a peer with a name
 * will be, nobody knows yet.
 */
static void find_past(struct sp_config_parser *p, const struct sp_tunnel_config *tunnel)
{
	struct sp_peer_config *peer = sp_config_peer(p->config, tunnel->peer_name);

	for (size_t i = 0; tunnel->routes && peer && i < tunnel->remote_ts.n; i++)
		if (sp_config_is_past(tunnel, &tunnel->remote_ts.list[i].prefix) ||
		    peer->remote_name[0] || peer->remote_any)
			peer->past = true;
}

/* Packets of its other tunnels would not leave them, either. */
static void mark_past(struct sp_tunnel_config *tunnel)
{
	if (tunnel->peer && tunnel->peer->past && !tunnel->options.fwmark)
		tunnel->options.fwmark = SP_CONFIG_FWMARK;
}

static bool has_family(const struct sp_ts_list *side, sa_family_t family)
{
	for (size_t i = 0; i < side->n; i++)
		if (side->list[i].prefix.addr.family == family)
			return true;
	return false;
}

/* A selector without a counterpart of its family on the other side is a mistake. */
static bool check_families(struct sp_config_parser *p, const struct sp_tunnel_config *tunnel,
			   sa_family_t family)
{
	bool local = has_family(&tunnel->local_ts, family);

	if (!tunnel->local_ts.n || !tunnel->remote_ts.n ||
	    local == has_family(&tunnel->remote_ts, family))
		return true;
	sp_config_problem(p, &tunnel->place, "tunnel %s: %s has %s prefixes, and %s has none",
			  tunnel->name, local ? "local-ts" : "remote-ts", sp_family(family),
			  local ? "remote-ts" : "local-ts");
	return false;
}

static bool selectors_meet(const struct sp_ts *a, const struct sp_ts *b)
{
	return a->prefix.addr.family == b->prefix.addr.family &&
	       (!a->proto || !b->proto || a->proto == b->proto);
}

/* Each of @side needs one of @other that the same packet can fit. */
static void check_protocols(struct sp_config_parser *p, const struct sp_tunnel_config *tunnel,
			    const struct sp_ts_list *side, const struct sp_ts_list *other)
{
	bool local = side == &tunnel->local_ts;
	char text[SP_TS_STRLEN];

	for (size_t i = 0; i < side->n; i++) {
		size_t j = 0;

		while (j < other->n && !selectors_meet(&side->list[i], &other->list[j]))
			j++;
		if (other->n && j == other->n)
			sp_config_problem(p, &tunnel->place,
					  "tunnel %s: %s %s has none of its protocol in %s",
					  tunnel->name, local ? "local-ts" : "remote-ts",
					  sp_ts_format(&side->list[i], text),
					  local ? "remote-ts" : "local-ts");
	}
}

static void check_esp(struct sp_config_parser *p, struct sp_tunnel_config *tunnel)
{
	const struct sp_place *at = &tunnel->place;

	if (!tunnel->n_esp)
		sp_config_offer_usual(tunnel);
	for (size_t i = 0; i < tunnel->n_esp && !tunnel->allow_weak; i++)
		if (spn_suite_find(tunnel->esp[i])->weak)
			sp_config_problem(p, at, "tunnel %s: %s can be broken; it needs "
					  "allow-weak = yes", tunnel->name, tunnel->esp[i]);
}

static size_t selectors_len(const struct sp_ts_list *side)
{
	char text[SP_TS_STRLEN];
	size_t len = 0;

	for (size_t i = 0; i < side->n; i++)
		len += strlen(sp_ts_format(&side->list[i], text)) + 1;
	return len;
}

size_t sp_config_install_len(const struct sp_tunnel_config *tunnel)
{
	static const char rest[] = "install gen=4294967295 spi=0xffffffff alg= tunnel= local-ts= "
				   "remote-ts= life-seconds=18446744073709551615 "
				   "life-bytes=18446744073709551615";
	size_t word = 0;

	for (size_t i = 0; i < tunnel->n_esp; i++)
		if (strlen(tunnel->esp[i]) > word)
			word = strlen(tunnel->esp[i]);
	return sizeof(rest) - 1 + strlen(tunnel->name) + word + selectors_len(&tunnel->local_ts) +
	       selectors_len(&tunnel->remote_ts);
}

/* The peer asks with the same, so the message has to fit from either side. */
static void check_message(struct sp_config_parser *p, const struct sp_tunnel_config *tunnel)
{
	size_t few = SP_CONFIG_INSTALL_MAX / 2 / SP_TS_STRLEN, len;

	/* So few always fit. */
	if (!tunnel->peer || tunnel->peer->keying != SP_KEYING_RSA ||
	    tunnel->local_ts.n + tunnel->remote_ts.n <= few)
		return;
	len = sp_config_install_len(tunnel);
	if (len > SP_CONFIG_INSTALL_MAX)
		sp_config_problem(p, &tunnel->place, "tunnel %s: local-ts and remote-ts are too "
				  "long for one message to the peer (%zu octets, and %d fit); "
				  "make two tunnels of it", tunnel->name, len,
				  SP_CONFIG_INSTALL_MAX);
}

/* A selector of a host may narrow which of its packets are meant, but not name another. */
static void select_host(struct sp_config_parser *p, const struct sp_tunnel_config *tunnel,
			struct sp_ts_list *side, const struct sp_addr *addr)
{
	struct sp_prefix host = sp_prefix_host(addr);
	struct sp_ts whole = sp_ts_of(&host);
	char text[SP_TS_STRLEN];

	for (size_t i = 0; i < side->n; i++)
		if (!sp_prefix_equal(&side->list[i].prefix, &host))
			sp_config_problem(p, &tunnel->place, "tunnel %s: with mode = transport the "
					  "peer's local and remote are the selectors, and %s is "
					  "neither", tunnel->name,
					  sp_ts_format(&side->list[i], text));
	if (!side->n)
		*side = (struct sp_ts_list){
			.list = sp_arena_copy(&p->config->arena, &whole, sizeof(whole)), .n = 1,
		};
}

static bool is_whole(const struct sp_ts_list *side)
{
	return side->n == 1 && !side->list[0].proto;
}

/*
 * In transport mode the hosts talk for themselves.  A route takes all that they say; where a
 * part of it is meant, a rule of the administrator's has to tell it from the rest.
 */
static void select_hosts(struct sp_config_parser *p, struct sp_tunnel_config *tunnel)
{
	if (tunnel->peer && (tunnel->peer->remote_name[0] || tunnel->peer->remote_any))
		sp_config_problem(p, &tunnel->place, "tunnel %s: mode = transport needs an address "
				  "as its peer's remote", tunnel->name);
	if (tunnel->peer && tunnel->peer->local_by_route)
		sp_config_problem(p, &tunnel->place, "tunnel %s: mode = transport needs local = "
				  "ADDRESS of its peer", tunnel->name);
	else if (tunnel->peer && tunnel->peer->remote.family) {
		select_host(p, tunnel, &tunnel->local_ts, &tunnel->peer->local);
		select_host(p, tunnel, &tunnel->remote_ts, &tunnel->peer->remote);
	}
	if (!is_whole(&tunnel->local_ts) || !is_whole(&tunnel->remote_ts))
		tunnel->routes = false;
}

/* Nobody can call who may be anywhere; and AH covers what UDP and a NAT would change. */
static void check_ike(struct sp_config_parser *p, struct sp_tunnel_config *tunnel)
{
	const struct sp_peer_config *peer = tunnel->peer;

	if (!peer || peer->keying != SP_KEYING_IKEV1)
		return;
	if (peer->remote_any)
		tunnel->start = SP_START_LISTEN;
	if (sp_instances_of(tunnel) > 1 && strlen(tunnel->name) > SPINDLE_NAME_MAX - 4)
		sp_config_problem(p, &tunnel->place, "tunnel %s: becomes a tunnel for each pair of "
				  "networks, whose names need 4 octets more than there are",
				  tunnel->name);
	if (tunnel->ah && peer->encap == SP_ENCAP_YES)
		sp_config_problem(p, &tunnel->place, "tunnel %s: AH does not go in UDP, which "
				  "encap = yes of peer %s asks for", tunnel->name, peer->name);
	if (tunnel->options.encap.dport)
		sp_config_problem(p, &tunnel->place, "tunnel %s: with keying = ikev1 both ends "
				  "find out whether ESP goes in UDP; encap = yes of peer %s has it "
				  "do so", tunnel->name, peer->name);
}

static void check_tunnel(struct sp_config_parser *p, struct sp_tunnel_config *tunnel)
{
	const struct sp_place *at = &tunnel->place;

	find_peer(p, tunnel);
	if (tunnel->options.mode == SPINDLE_MODE_TRANSPORT)
		select_hosts(p, tunnel);
	if (!tunnel->local_ts.n)
		sp_config_problem(p, at, "tunnel %s needs local-ts = PREFIX", tunnel->name);
	if (!tunnel->remote_ts.n)
		sp_config_problem(p, at, "tunnel %s needs remote-ts = PREFIX", tunnel->name);
	if (check_families(p, tunnel, AF_INET) && check_families(p, tunnel, AF_INET6)) {
		check_protocols(p, tunnel, &tunnel->local_ts, &tunnel->remote_ts);
		check_protocols(p, tunnel, &tunnel->remote_ts, &tunnel->local_ts);
	}
	find_past(p, tunnel);
	check_ike(p, tunnel);
	check_esp(p, tunnel);
	check_message(p, tunnel);
}

/* All tunnels of an interface have to say the same about it. */
struct said {
	UT_hash_handle hh;		/* by the tunnel's interface */
	const struct sp_tunnel_config *tunnel;	/* the first that says it */
};

static void check_clear(struct sp_config_parser *p, struct said **all,
			const struct sp_tunnel_config *tunnel)
{
	struct said *said;

	HASH_FIND_STR(*all, tunnel->interface, said);
	if (!said) {
		said = sp_arena_alloc(&p->scratch, sizeof(*said));
		said->tunnel = tunnel;
		HASH_ADD_KEYPTR(hh, *all, tunnel->interface, strlen(tunnel->interface), said);
	} else if (said->tunnel->clear != tunnel->clear) {
		sp_config_problem(p, &tunnel->place, "tunnel %s: clear is another than that of "
				  "tunnel %s (%s:%u), which has the same interface", tunnel->name,
				  said->tunnel->name, said->tunnel->place.file,
				  said->tunnel->place.line);
	}
}

static void check_all_clear(struct sp_config_parser *p)
{
	const struct sp_tunnel_config *tunnel;
	struct said *all = NULL;

	STAILQ_FOREACH(tunnel, &p->config->tunnels, next)
		if (tunnel->says_clear)
			check_clear(p, &all, tunnel);
	HASH_CLEAR(hh, all);
}

static void check_sections(struct sp_config_parser *p)
{
	struct sp_tunnel_config *tunnel;

	sp_config_check_peers(p);
	STAILQ_FOREACH(tunnel, &p->config->tunnels, next)
		check_tunnel(p, tunnel);
	STAILQ_FOREACH(tunnel, &p->config->tunnels, next)
		mark_past(tunnel);
	check_all_clear(p);
}

/* As "*.conf" in a shell, this leaves out hidden files. */
static int is_conf(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && !strcmp(dot, ".conf");
}

static void read_all(struct sp_config_parser *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path + 1) : 0;
	char conf_d[PATH_MAX], file[2 * PATH_MAX];
	struct dirent **found;
	struct sp_error err;
	int n;

	sp_config_read_file(p, path);
	if (sp_trust_folder_of(path, &err))
		sp_config_problem(p, NULL, "%s", err.text);
	snprintf(conf_d, sizeof(conf_d), "%.*sconf.d", folder, path);
	n = scandir(conf_d, &found, is_conf, alphasort);
	/* A folder that cannot be read is not empty: the tunnels in it would be deleted. */
	if (n < 0 && errno != ENOENT)
		sp_config_problem(p, NULL, "%s: %s", conf_d, strerror(errno));
	else if (n >= 0 && sp_trust_folder(conf_d, &err))
		sp_config_problem(p, NULL, "%s", err.text);
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", conf_d, found[i]->d_name);
		sp_config_read_file(p, file);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}

struct sp_config *sp_config_load(const char *path, sp_problem_fn problem, void *arg)
{
	struct sp_config_parser *p = calloc(1, sizeof(*p));
	struct sp_config *config = calloc(1, sizeof(*config));
	unsigned int problems;

	if (!p || !config)
		abort();
	STAILQ_INIT(&config->peers);
	STAILQ_INIT(&config->tunnels);
	STAILQ_INIT(&config->sections);
	p->config = config;
	p->problem = problem;
	p->arg = arg;
	read_all(p, path);
	/* Something that is missing is worth telling only if nothing was misread. */
	if (!p->problems)
		check_sections(p);
	problems = p->problems;
	sp_arena_free(&p->scratch);
	free(p);
	if (!problems)
		return config;
	sp_config_free(config);
	return NULL;
}

void sp_config_free(struct sp_config *config)
{
	const struct sp_peer_config *peer;

	if (!config)
		return;
	HASH_CLEAR(hh, config->tunnels_by_name);
	HASH_CLEAR(hh, config->sections_by_name);
	HASH_CLEAR(hh, config->peers_by_name);
	STAILQ_FOREACH(peer, &config->peers, next)
		if (peer->psk)
			explicit_bzero(peer->psk, strlen(peer->psk));
	sp_arena_free(&config->arena);
	free(config);
}
