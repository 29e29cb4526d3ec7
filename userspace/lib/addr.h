/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and prefixes: parsed, printed and compared in one place. */
#ifndef SP_ADDR_H
#define SP_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct sp_addr {
	sa_family_t family;		/* AF_INET, AF_INET6, or AF_UNSPEC: none */
	union {
		struct in_addr v4;
		struct in6_addr v6;
		uint8_t octets[16];
	};
};

struct sp_prefix {
	struct sp_addr addr;		/* host bits are zero */
	uint8_t len;			/* bits */
};

enum {
	SP_ADDR_STRLEN = INET6_ADDRSTRLEN,
	SP_PREFIX_STRLEN = INET6_ADDRSTRLEN + 4,
};

const char *sp_family(sa_family_t family);	/* "IPv4" or "IPv6" */
size_t sp_addr_len(const struct sp_addr *addr);	/* 4, 16, or 0 for none */
bool sp_addr_equal(const struct sp_addr *a, const struct sp_addr *b);
int sp_addr_parse(struct sp_addr *addr, const char *text, struct sp_error *err);
const char *sp_addr_format(const struct sp_addr *addr, char buf[SP_ADDR_STRLEN]);

/* "10.1.0.0/16", or an address alone for a host; set host bits are an error. */
int sp_prefix_parse(struct sp_prefix *prefix, const char *text, struct sp_error *err);
struct sp_prefix sp_prefix_host(const struct sp_addr *addr);	/* that address alone */
bool sp_prefix_equal(const struct sp_prefix *a, const struct sp_prefix *b);
const char *sp_prefix_format(const struct sp_prefix *prefix, char buf[SP_PREFIX_STRLEN]);

#endif
