/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a peer says it is, in the form of IKE: the body of an identification payload (RFC 2407
 * 4.6.2; the same numbers in RFC 7296 3.5), and how users write it.
 */
#ifndef SP_IDENT_H
#define SP_IDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "error.h"

enum sp_ident_type {
	SP_IDENT_NONE = 0,		/* nothing was said */
	SP_IDENT_IPV4 = 1,
	SP_IDENT_FQDN = 2,
	SP_IDENT_USER_FQDN = 3,
	SP_IDENT_IPV4_SUBNET = 4,	/* address and mask */
	SP_IDENT_IPV6 = 5,
	SP_IDENT_IPV6_SUBNET = 6,
	SP_IDENT_DN = 9,		/* DER of an X.501 name */
	SP_IDENT_KEY_ID = 11,
	SP_IDENT_ANY = 255,		/* whoever proves itself; on no wire */
};

enum {
	SP_IDENT_MAX = 256,		/* octets */
	SP_IDENT_STRLEN = 4 * SP_IDENT_MAX + 16,
};

struct sp_ident {
	uint8_t type;			/* enum sp_ident_type */
	uint16_t len;
	uint8_t octets[SP_IDENT_MAX];
};

/*
 * An address, a network, a name of a host, of a user ("ann@example.org") or of X.501 ("C=DE,
 * O=Example, CN=gw"), or "any".  Where that is not what is meant, the kind stands in front of
 * it: "fqdn:", "userfqdn:", "dn:" or "keyid:", the last with text or 0xHEX.
 */
int sp_ident_parse(struct sp_ident *ident, const char *text, struct sp_error *err);
/* As sp_ident_parse() reads it, what has no letters as digits. */
const char *sp_ident_format(const struct sp_ident *ident, char buf[SP_IDENT_STRLEN]);
struct sp_ident sp_ident_of(const struct sp_addr *addr);
/* Names of hosts and users, and of X.501, without regard to upper and lower case. */
bool sp_ident_equal(const struct sp_ident *a, const struct sp_ident *b);

#endif
