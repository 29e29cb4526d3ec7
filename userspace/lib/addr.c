// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "number.h"

const char *sp_family(sa_family_t family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

size_t sp_addr_len(const struct sp_addr *addr)
{
	switch (addr->family) {
	case AF_INET:
		return sizeof(addr->v4);
	case AF_INET6:
		return sizeof(addr->v6);
	default:
		return 0;
	}
}

bool sp_addr_equal(const struct sp_addr *a, const struct sp_addr *b)
{
	return a->family == b->family && !memcmp(a->octets, b->octets, sp_addr_len(a));
}

int sp_addr_parse(struct sp_addr *addr, const char *text, struct sp_error *err)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(addr->family, text, addr->octets) == 1)
		return 0;
	addr->family = AF_UNSPEC;
	return sp_fail(err, "\"%s\" is not an IP address", text);
}

const char *sp_addr_format(const struct sp_addr *addr, char buf[SP_ADDR_STRLEN])
{
	if (!sp_addr_len(addr) ||
	    !inet_ntop(addr->family, addr->octets, buf, SP_ADDR_STRLEN))
		snprintf(buf, SP_ADDR_STRLEN, "none");
	return buf;
}

static void clear_host_bits(struct sp_addr *addr, unsigned int len)
{
	for (unsigned int bit = len; bit < sp_addr_len(addr) * 8; bit++)
		addr->octets[bit / 8] &= 0xff ^ (0x80 >> bit % 8);
}

int sp_prefix_parse(struct sp_prefix *prefix, const char *text, struct sp_error *err)
{
	const char *slash = strchrnul(text, '/');
	char addr[SP_ADDR_STRLEN], meant[SP_PREFIX_STRLEN];
	struct sp_prefix network;
	uint64_t len;

	if (slash - text >= (ptrdiff_t)sizeof(addr))
		return sp_fail(err, "\"%s\" is not an IP prefix", text);
	memcpy(addr, text, (size_t)(slash - text));
	addr[slash - text] = '\0';
	if (sp_addr_parse(&prefix->addr, addr, err))
		return sp_fail(err, "\"%s\" is not an IP prefix", text);

	len = sp_addr_len(&prefix->addr) * 8;
	if (*slash && sp_number_parse(&len, slash + 1, 0, len, err))
		return sp_fail_in(err, "prefix \"%s\": length", text);
	prefix->len = (uint8_t)len;

	network = *prefix;
	clear_host_bits(&network.addr, network.len);
	if (!sp_prefix_equal(&network, prefix))
		return sp_fail(err, "prefix \"%s\" has host bits set: did you mean %s?", text,
			       sp_prefix_format(&network, meant));
	return 0;
}

struct sp_prefix sp_prefix_host(const struct sp_addr *addr)
{
	return (struct sp_prefix){ .addr = *addr, .len = (uint8_t)(8 * sp_addr_len(addr)) };
}

bool sp_prefix_equal(const struct sp_prefix *a, const struct sp_prefix *b)
{
	return a->len == b->len && sp_addr_equal(&a->addr, &b->addr);
}

const char *sp_prefix_format(const struct sp_prefix *prefix, char buf[SP_PREFIX_STRLEN])
{
	char addr[SP_ADDR_STRLEN];

	snprintf(buf, SP_PREFIX_STRLEN, "%s/%u", sp_addr_format(&prefix->addr, addr), prefix->len);
	return buf;
}
