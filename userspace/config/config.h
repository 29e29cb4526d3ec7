/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration, spindle.conf(5): peers, who they are and how they prove it,
 * and tunnels, what flows.  All of it lasts as long as the configuration does, and is no larger
 * than what stands in the files: there are thousands of peers.
 */
#ifndef SP_CONFIG_H
#define SP_CONFIG_H

#include <limits.h>
#include <linux/spindle.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "arena.h"
#include "crypto/ikesuite.h"
#include "ident.h"
#include "option.h"
#include "selector.h"
#include "table.h"

#define SP_CONFIG_PATH "/etc/spindle/spindle.conf"
#define SP_CONFIG_INTERFACE "spin0"
/* These are fast on processors with AES instructions, and the last one without them. */
#define SP_CONFIG_ESP "aes256gcm16, aes128gcm16, chacha20poly1305"

#define SP_CONFIG_IKE "aes256-sha256-modp2048, aes128-sha256-modp2048, aes256-sha256-ecp256"

/* Stands in front of a public key that is given in place of its file's name. */
#define SP_CONFIG_KEY_LINE "rsa:"
#define SP_CONFIG_EC_KEY_LINE "ec:"

enum {
	SP_CONFIG_PROPOSALS_MAX = 8,
	SP_CONFIG_SELECTORS_MAX = 16,	/* of one side */
	SP_CONFIG_INSTALL_MAX = 900,	/* octets: one message of the RSA keying channel */
	SP_CONFIG_ADDRESSES_MAX = 8,
	SP_CONFIG_PORT = 4510,
	SP_CONFIG_HOST_MAX = 253,	/* octets of a name in the DNS */
	SP_CONFIG_LIFETIME = 3600,	/* seconds */
	SP_CONFIG_IKE_LIFETIME = 8 * 3600,
	SP_CONFIG_DPD = 30,		/* seconds */
	SP_CONFIG_FWMARK = 4510,	/* where a tunnel's own packets must not go into it */
};

enum sp_keying { SP_KEYING_RSA, SP_KEYING_MANUAL, SP_KEYING_IKEV1 };
enum sp_profile { SP_PROFILE_SIGNED, SP_PROFILE_COMPAT };
enum sp_auth { SP_AUTH_KEY, SP_AUTH_PSK };
/* What a silent peer means for its tunnels: try again, take them down, wait for traffic. */
enum sp_dpd_action { SP_DPD_RESTART, SP_DPD_CLEAR, SP_DPD_HOLD };
/* ESP in UDP: if there is a NAT, always, never. */
enum sp_encap_wish { SP_ENCAP_AUTO, SP_ENCAP_YES, SP_ENCAP_NO };

enum sp_start {
	SP_START_UP,			/* as soon as the daemon runs, and kept so */
	SP_START_TRAP,			/* on traffic */
	SP_START_LISTEN,		/* when the peer asks */
};

/* Where in the configuration something stands. */
struct sp_place {
	const char *file;		/* the configuration's */
	unsigned int line;
	unsigned int column;
};

struct sp_peer_config {
	STAILQ_ENTRY(sp_peer_config) next;
	UT_hash_handle hh;		/* by name */
	struct sp_place place;
	char name[SPINDLE_NAME_MAX + 1];
	enum sp_keying keying;
	struct sp_addr local;		/* none while no route to remote is known */
	bool local_by_route;		/* the file names none */
	struct sp_addr remote;		/* none while its name is being looked up, or for any */
	bool remote_any;		/* it may be anywhere */
	const char *remote_name;	/* in place of an address; or "" */
	uint16_t port;
	enum sp_profile profile;
	bool allow_insecure;
	const char *key;		/* our private key's file, or NULL */
	const char *peer_key;		/* file of the peer's public key, or the key, or NULL */
	bool past;			/* packets to it pass its own tunnels by */
	/* of IKE */
	enum sp_auth auth;
	bool says_auth;
	/* As told, or NULL: see sp_config_local_id(). */
	const struct sp_ident *local_id, *remote_id;
	char *psk;			/* @FILE, or the secret as it stands there; or NULL */
	struct sp_ike_suite *ike;	/* best first */
	size_t n_ike;
	uint64_t ike_lifetime;		/* seconds */
	uint32_t session_key_limit;	/* from one master key; 0: none */
	bool session_pfs;
	bool master_pfs;
	const struct sp_dh_group *pfs_group;	/* of session_pfs; NULL: as in phase 1 */
	uint32_t max_tunnels;		/* phase 2 SAs of one phase 1; 0: no limit */
	uint64_t dpd;			/* seconds; 0: none */
	enum sp_dpd_action dpd_action;
	enum sp_encap_wish encap;
	bool allow_weak;		/* in phase 1 */
	STAILQ_HEAD(, sp_tunnel_config) tunnels;	/* of this peer, as they stand there */
};

/* Addresses with the lengths of their networks: here, host bits are meant. */
struct sp_addresses {
	const struct sp_prefix *list;
	size_t n;
};

struct sp_tunnel_config {
	STAILQ_ENTRY(sp_tunnel_config) next;
	UT_hash_handle hh;		/* by name */
	struct sp_place place;
	char name[SPINDLE_NAME_MAX + 1];
	char peer_name[SPINDLE_NAME_MAX + 1];
	const struct sp_peer_config *peer;
	STAILQ_ENTRY(sp_tunnel_config) of_peer;
	const struct sp_tunnel_config *section;	/* that it is an instance of, or NULL */
	STAILQ_HEAD(, sp_tunnel_config) instances;	/* see instance.h */
	STAILQ_ENTRY(sp_tunnel_config) of_section;
	char interface[IFNAMSIZ];
	struct sp_addresses addresses;	/* of the interface; none: the admin's job */
	struct sp_ts_list local_ts;
	struct sp_ts_list remote_ts;
	bool ah;
	const char *esp[SP_CONFIG_PROPOSALS_MAX];	/* or ah: kmod/suite.h, best first */
	size_t n_esp;
	bool allow_weak;		/* of esp */
	uint64_t lifetime;		/* seconds */
	uint64_t lifetime_bytes;	/* 0: no limit */
	struct sp_tunnel_options options;
	bool routes;
	bool says_clear;		/* of the interface; otherwise clear means nothing */
	uint8_t clear;			/* enum spindle_clear */
	enum sp_start start;
};

struct sp_config {
	struct sp_arena arena;		/* where all that is below comes from */
	STAILQ_HEAD(sp_peer_list, sp_peer_config) peers;	/* as they stand there */
	STAILQ_HEAD(sp_tunnel_list, sp_tunnel_config) tunnels;
	struct sp_tunnel_list sections;		/* that were split */
	struct sp_peer_config *peers_by_name;
	struct sp_tunnel_config *tunnels_by_name;
	struct sp_tunnel_config *sections_by_name;
};

/* One problem, as "FILE:LINE:COLUMN: what, and what would be right". */
typedef void (*sp_problem_fn)(const char *text, void *arg);

/*
 * Reads @path and then, in the order of their names, the *.conf in conf.d beside it.
 * Returns NULL after telling every problem found.
 */
struct sp_config *sp_config_load(const char *path, sp_problem_fn problem, void *arg);
void sp_config_free(struct sp_config *config);	/* NULL is fine */

const char *sp_config_keying_word(enum sp_keying keying);

/* The base64 of a public key that stands in place of its file's name; NULL: it is a name. */
const char *sp_config_key_line(const char *told);

/* Whether its key and peer-key are used. */
static inline bool sp_config_needs_keys(const struct sp_peer_config *peer)
{
	return (peer->keying == SP_KEYING_RSA && peer->profile == SP_PROFILE_SIGNED) ||
	       (peer->keying == SP_KEYING_IKEV1 && peer->auth == SP_AUTH_KEY);
}

static inline bool sp_config_needs_psk(const struct sp_peer_config *peer)
{
	return peer->keying == SP_KEYING_IKEV1 && peer->auth == SP_AUTH_PSK;
}

/* Who we say we are, and who the peer has to be: by default, the addresses of both. */
struct sp_ident sp_config_local_id(const struct sp_peer_config *peer);
struct sp_ident sp_config_remote_id(const struct sp_peer_config *peer);

/*
 * A route to @to through the tunnel would also be the one to the peer, or the default route,
 * and belongs into a table that the tunnel's own packets do not see.
 */
bool sp_config_is_past(const struct sp_tunnel_config *tunnel, const struct sp_prefix *to);

/* Octets of the longest message that asks the peer for SAs of the tunnel. */
size_t sp_config_install_len(const struct sp_tunnel_config *tunnel);

struct sp_peer_config *sp_config_peer(const struct sp_config *config, const char *name);
struct sp_tunnel_config *sp_config_tunnel(const struct sp_config *config, const char *name);

#endif
