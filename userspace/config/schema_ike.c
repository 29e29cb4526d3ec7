// SPDX-License-Identifier: GPL-2.0-or-later
/* How keys of a peer's section are read and written that only IKE has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "schema_kind.h"

/* --- who somebody is ----------------------------------------------------------- */

/* Whether it can be used is seen when the files are read. */
static int parse_psk(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		     const char *value, struct sp_error *err)
{
	char **field = sp_field(key, object);

	/* Nobody is to find it in what is said about the line. */
	if (!value[0])
		return sp_fail(err, "a secret is missing: @FILE, 0xHEX, 0sBASE64 or text");
	if (value[0] == '@')
		return sp_config_keep_file(p, "@", value + 1, field, err);
	*field = sp_arena_text(&p->config->arena, value);
	return 0;
}

/* A secret that stands in the configuration is not shown. */
static bool format_psk(const struct sp_setting *key, const void *object, FILE *out)
{
	const char *psk = *(char *const *)sp_value(key, object);

	if (!psk || psk[0] != '@')
		return false;
	fputs("@", out);
	sp_config_write_file(psk + 1, out);
	return true;
}

static int parse_ident(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		       const char *value, struct sp_error *err)
{
	const struct sp_ident **field = sp_field(key, object);
	struct sp_ident ident;

	if (sp_ident_parse(&ident, value, err))
		return -1;
	if (ident.type == SP_IDENT_ANY && !strcmp(key->word, "local-id"))
		return sp_fail(err, "one is somebody; remote-id alone can be any");
	*field = sp_arena_copy(&p->config->arena, &ident, sizeof(ident));
	return 0;
}

static bool format_local_id(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_ident ident = sp_config_local_id(object);
	char text[SP_IDENT_STRLEN];

	(void)key;
	fputs(sp_ident_format(&ident, text), out);
	return ident.type != SP_IDENT_NONE;
}

static bool format_remote_id(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_ident ident = sp_config_remote_id(object);
	char text[SP_IDENT_STRLEN];

	(void)key;
	fputs(sp_ident_format(&ident, text), out);
	return ident.type != SP_IDENT_NONE;
}

/* --- numbers ---------------------------------------------------------------- */

static int parse_count(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		       const char *value, struct sp_error *err)
{
	uint64_t count;

	(void)p;
	if (sp_number_parse(&count, value, 0, UINT32_MAX, err))
		return -1;
	*(uint32_t *)sp_field(key, object) = (uint32_t)count;
	return 0;
}

static bool format_count(const struct sp_setting *key, const void *object, FILE *out)
{
	fprintf(out, "%u", *(const uint32_t *)sp_value(key, object));
	return true;
}

static int parse_wait(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		      const char *value, struct sp_error *err)
{
	uint64_t *seconds = sp_field(key, object);

	(void)p;
	*seconds = 0;
	return strcmp(value, "none") ? sp_duration_parse(seconds, value, err) : 0;
}

static bool format_wait(const struct sp_setting *key, const void *object, FILE *out)
{
	if (*(const uint64_t *)sp_value(key, object))
		return sp_config_format_seconds(key, object, out);
	fputs("none", out);
	return true;
}

/* --- proposals -------------------------------------------------------------- */

static int add_proposal(void *list, const char *word, struct sp_error *err)
{
	struct sp_peer_config *peer = list;
	struct sp_ike_suite *suite = &peer->ike[peer->n_ike];

	if (peer->n_ike == SP_CONFIG_PROPOSALS_MAX)
		return sp_fail(err, "more than %d proposals", SP_CONFIG_PROPOSALS_MAX);
	if (sp_ike_suite_parse(suite, word, err))
		return -1;
	for (size_t i = 0; i < peer->n_ike; i++)
		if (!memcmp(&peer->ike[i], suite, sizeof(*suite)))
			return sp_fail(err, "%s stands there already", word);
	peer->n_ike++;
	return 0;
}

static void make_room(struct sp_config_parser *p, struct sp_peer_config *peer)
{
	peer->ike = sp_arena_alloc(&p->config->arena,
				   SP_CONFIG_PROPOSALS_MAX * sizeof(peer->ike[0]));
}

static int parse_proposals(struct sp_config_parser *p, const struct sp_setting *key, void *object,
			   const char *value, struct sp_error *err)
{
	(void)key;
	make_room(p, object);
	return sp_config_each_word(p, object, value, add_proposal, err);
}

void sp_config_propose_usual(struct sp_config_parser *p, struct sp_peer_config *peer)
{
	char words[] = SP_CONFIG_IKE, *rest = words, *one;
	struct sp_error err;

	make_room(p, peer);
	while ((one = strsep(&rest, ", ")))
		if (*one && add_proposal(peer, one, &err))
			abort();
}

static bool format_proposals(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_peer_config *peer = object;
	char text[SP_IKE_SUITE_STRLEN];

	(void)key;
	for (size_t i = 0; i < peer->n_ike; i++)
		fprintf(out, "%s%s", i ? ", " : "", sp_ike_suite_format(&peer->ike[i], text));
	return peer->n_ike;
}

/* With a group, another one than that of phase 1. */
static int parse_pfs(struct sp_config_parser *p, const struct sp_setting *key, void *object,
		     const char *value, struct sp_error *err)
{
	struct sp_peer_config *peer = object;
	const struct sp_dh_group *group;

	(void)p;
	(void)key;
	peer->session_pfs = strcmp(value, "no");
	if (!peer->session_pfs || !strcmp(value, "yes"))
		return 0;
	group = sp_dh_find_word(value, strlen(value));
	if (!group || group->kind == SP_DH_EC2N)
		return sp_fail(err, "\"%s\" is neither yes nor no nor a Diffie-Hellman group that "
			       "can be had, as modp2048", value);
	peer->pfs_group = group;
	return 0;
}

static bool format_pfs(const struct sp_setting *key, const void *object, FILE *out)
{
	const struct sp_peer_config *peer = object;

	(void)key;
	fputs(!peer->session_pfs ? "no" : peer->pfs_group ? peer->pfs_group->word : "yes", out);
	return true;
}

const struct sp_setting_kind sp_kind_psk = { parse_psk, format_psk };
const struct sp_setting_kind sp_kind_local_id = { parse_ident, format_local_id };
const struct sp_setting_kind sp_kind_remote_id = { parse_ident, format_remote_id };
const struct sp_setting_kind sp_kind_count = { parse_count, format_count };
const struct sp_setting_kind sp_kind_wait = { parse_wait, format_wait };
const struct sp_setting_kind sp_kind_proposals = { parse_proposals, format_proposals };
const struct sp_setting_kind sp_kind_pfs = { parse_pfs, format_pfs };
