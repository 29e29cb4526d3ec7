// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "keyring.h"
#include "table.h"

struct entry {
	UT_hash_handle hh;		/* of its kind, by what the configuration has */
	struct sp_key key;
	uint8_t digest[SP_KEY_ID_LEN];	/* of the file */
};

enum { PUBLIC, PRIVATE, KINDS };

/* Of a secret nothing is kept from one reading to the next. */
struct secret {
	UT_hash_handle hh;		/* by what the configuration has */
	struct sp_psk psk;
	size_t len;
	char told[];
};

struct sp_keyring {
	const struct sp_keyring *known;
	struct sp_arena arena;
	struct entry *entries[KINDS];
	struct secret *secrets;
};

struct sp_keyring *sp_keyring_new(const struct sp_keyring *known)
{
	struct sp_keyring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		abort();
	ring->known = known;
	return ring;
}

static void free_secret(struct secret *secret)
{
	sp_psk_wipe(&secret->psk);
	explicit_bzero(secret->told, secret->len);
	free(secret);
}

static void free_secrets(struct sp_keyring *ring)
{
	struct secret *secret, *next;

	HASH_ITER(hh, ring->secrets, secret, next) {
		HASH_DEL(ring->secrets, secret);
		free_secret(secret);
	}
}

static void free_key(const struct sp_key *key)
{
	EVP_PKEY_free(key->pkey);
	sp_spki_free(key->spki);
}

EVP_PKEY *sp_key_get(const struct sp_key *key)
{
	return key->pkey ? key->pkey : sp_spki_key(key->spki);
}

void sp_keyring_free(struct sp_keyring *ring)
{
	const struct entry *entry;

	if (!ring)
		return;
	free_secrets(ring);
	for (int kind = 0; kind < KINDS; kind++) {
		for (entry = ring->entries[kind]; entry; entry = entry->hh.next)
			free_key(&entry->key);
		HASH_CLEAR(hh, ring->entries[kind]);
	}
	sp_arena_free(&ring->arena);
	free(ring);
}

void sp_keyring_settle(struct sp_keyring *ring)
{
	ring->known = NULL;
}

static struct entry *find_entry(const struct sp_keyring *ring, const char *told, int kind)
{
	struct entry *entry = NULL;

	if (ring)
		HASH_FIND_STR(ring->entries[kind], told, entry);
	return entry;
}

static void share_key(struct entry *entry, const struct entry *known)
{
	*entry = (struct entry){ .key = known->key };
	memcpy(entry->digest, known->digest, sizeof(entry->digest));
	if (entry->key.pkey)
		EVP_PKEY_up_ref(entry->key.pkey);
	if (entry->key.spki)
		sp_spki_ref(entry->key.spki);
}

/* Into one that is all zero; what is not usual is decoded at once. */
static int parse_key(struct sp_key *key, const struct sp_key_file *file, struct sp_error *err)
{
	key->spki = sp_key_file_spki(file, key->digest);
	if (key->spki)
		return 0;
	key->pkey = sp_key_file_parse(file, err);
	if (!key->pkey)
		return -1;
	if (!sp_key_id(key->pkey, key->digest, err))
		return 0;
	EVP_PKEY_free(key->pkey);
	return -1;
}

/* As the ring of the last time has it, if the file is still the same. */
static int fill_entry(struct entry *entry, const struct entry *known, const char *told, int kind,
		      struct sp_error *err)
{
	struct sp_key_file file;
	int ret = 0;

	/* What stands in the configuration itself is the same if its words are. */
	if (known && sp_config_key_line(told) && kind == PUBLIC) {
		share_key(entry, known);
		return 0;
	}
	if (sp_key_file_read(&file, told, kind == PRIVATE, err))
		return -1;
	if (known && !memcmp(known->digest, file.digest, sizeof(file.digest))) {
		share_key(entry, known);
	} else {
		memset(entry, 0, sizeof(*entry));
		ret = parse_key(&entry->key, &file, err);
	}
	memcpy(entry->digest, file.digest, sizeof(entry->digest));
	sp_key_file_wipe(&file);
	return ret;
}

static const struct sp_key *get_key(struct sp_keyring *ring, const char *told, int kind,
				    struct sp_error *err)
{
	struct entry *entry = find_entry(ring, told, kind), fresh;

	if (entry)
		return &entry->key;
	if (fill_entry(&fresh, find_entry(ring->known, told, kind), told, kind, err))
		return NULL;
	if (!fresh.key.id[0])
		sp_key_id_format(fresh.key.digest, fresh.key.id);
	entry = sp_arena_copy(&ring->arena, &fresh, sizeof(fresh));
	HASH_ADD_KEYPTR(hh, ring->entries[kind], told, strlen(told), entry);
	return &entry->key;
}

const struct sp_key *sp_keyring_private(struct sp_keyring *ring, const char *file,
					struct sp_error *err)
{
	return get_key(ring, file, PRIVATE, err);
}

const struct sp_key *sp_keyring_public(struct sp_keyring *ring, const char *file,
				       struct sp_error *err)
{
	return get_key(ring, file, PUBLIC, err);
}

const struct sp_psk *sp_keyring_psk(struct sp_keyring *ring, const char *told,
				    struct sp_error *err)
{
	size_t len = strlen(told);
	struct secret *secret;

	HASH_FIND(hh, ring->secrets, told, len, secret);
	if (secret)
		return &secret->psk;
	secret = calloc(1, sizeof(*secret) + len + 1);
	if (!secret)
		abort();
	secret->len = len;
	strcpy(secret->told, told);
	if (sp_psk_read(&secret->psk, told, err)) {
		free_secret(secret);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, ring->secrets, secret->told, secret->len, secret);
	return &secret->psk;
}

/* The place is that of the peer's section: a key of the file has none of its own. */
static void tell_problem(const struct sp_peer_config *peer, const char *key,
			 const struct sp_error *err, sp_problem_fn problem, void *arg)
{
	char text[PATH_MAX + 1200];

	snprintf(text, sizeof(text), "%s:%u:%u: peer %s: %s: %s", peer->place.file,
		 peer->place.line, peer->place.column, peer->name, key, err->text);
	problem(text, arg);
}

/* Two peers that nothing tells apart: the same ends, and the same keys at both. */
struct pair {
	UT_hash_handle hh;
	struct {
		char local_id[SP_KEY_ID_STRLEN], remote_id[SP_KEY_ID_STRLEN];
		uint8_t family;
		uint8_t local[16], remote[16];
		uint16_t port;
	} of;
	const struct sp_peer_config *peer;
};

struct pairs {
	struct pair *by_keys;
	struct sp_arena arena;
};

static unsigned int check_pair(struct pairs *pairs, const struct sp_peer_config *peer,
			       const struct sp_key *key, const struct sp_key *peer_key,
			       sp_problem_fn problem, void *arg)
{
	struct pair *pair = sp_arena_alloc(&pairs->arena, sizeof(*pair)), *found;
	struct sp_error err;

	strcpy(pair->of.local_id, key->id);
	strcpy(pair->of.remote_id, peer_key->id);
	pair->of.family = (uint8_t)peer->local.family;
	memcpy(pair->of.local, peer->local.octets, sp_addr_len(&peer->local));
	memcpy(pair->of.remote, peer->remote.octets, sp_addr_len(&peer->remote));
	pair->of.port = peer->port;
	pair->peer = peer;
	HASH_FIND(hh, pairs->by_keys, &pair->of, sizeof(pair->of), found);
	if (!found) {
		HASH_ADD(hh, pairs->by_keys, of, sizeof(pair->of), pair);
		return 0;
	}
	sp_fail(&err, "is also that of peer %s, which has the same local, remote and port",
		found->peer->name);
	tell_problem(peer, "peer-key", &err, problem, arg);
	return 1;
}

/* Keying by RSA knows no keys of another kind. */
static const struct sp_key *read_key(struct sp_keyring *ring, const struct sp_peer_config *peer,
				     bool private, sp_problem_fn problem, void *arg)
{
	const char *file = private ? peer->key : peer->peer_key;
	const struct sp_key *key;
	struct sp_error err;

	key = private ? sp_keyring_private(ring, file, &err) : sp_keyring_public(ring, file, &err);
	if (key && peer->keying == SP_KEYING_RSA && key->pkey && sp_key_check(key->pkey, &err)) {
		sp_fail_in(&err, "%s", sp_config_key_line(file) ? "the line" : file);
		key = NULL;
	}
	if (!key)
		tell_problem(peer, private ? "key" : "peer-key", &err, problem, arg);
	return key;
}

static unsigned int read_peer(struct sp_keyring *ring, const struct sp_peer_config *peer,
			      struct pairs *pairs, sp_problem_fn problem, void *arg)
{
	const struct sp_key *key = read_key(ring, peer, true, problem, arg);
	const struct sp_key *peer_key = read_key(ring, peer, false, problem, arg);

	if (!key || !peer_key)
		return !key + !peer_key;
	if (peer->keying != SP_KEYING_RSA)
		return 0;
	return check_pair(pairs, peer, key, peer_key, problem, arg);
}

static unsigned int read_secret(struct sp_keyring *ring, const struct sp_peer_config *peer,
				sp_problem_fn problem, void *arg)
{
	struct sp_error err;

	if (sp_keyring_psk(ring, peer->psk, &err))
		return 0;
	tell_problem(peer, "psk", &err, problem, arg);
	return 1;
}

unsigned int sp_keyring_read(struct sp_keyring *ring, const struct sp_config *config,
			     sp_problem_fn problem, void *arg)
{
	const struct sp_peer_config *peer;
	struct pairs pairs = { .by_keys = NULL };
	unsigned int problems = 0;

	STAILQ_FOREACH(peer, &config->peers, next) {
		if (sp_config_needs_keys(peer))
			problems += read_peer(ring, peer, &pairs, problem, arg);
		if (sp_config_needs_psk(peer))
			problems += read_secret(ring, peer, problem, arg);
	}
	HASH_CLEAR(hh, pairs.by_keys);
	sp_arena_free(&pairs.arena);
	return problems;
}
