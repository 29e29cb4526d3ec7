// SPDX-License-Identifier: GPL-2.0-or-later
#include "id.h"

#include <stdio.h>
#include <string.h>

static struct sp_addr addr_of(const uint8_t *octets, size_t len)
{
	struct sp_addr addr = { .family = len == 4 ? AF_INET : AF_INET6 };

	memcpy(addr.octets, octets, len);
	return addr;
}

/* --- as selectors ------------------------------------------------------------------------ */

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

/* Returns -1 if the ones are not all in front. */
static int mask_len(const uint8_t *mask, size_t len)
{
	int bits = 0;

	while (bits < (int)len * 8 && mask[bits / 8] & 0x80 >> bits % 8)
		bits++;
	for (int i = bits; i < (int)len * 8; i++)
		if (mask[i / 8] & 0x80 >> i % 8)
			return -1;
	return bits;
}

static void clear_host_bits(struct sp_prefix *prefix, size_t len)
{
	for (size_t i = prefix->len; i < 8 * len; i++)
		prefix->addr.octets[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

static int to_subnet(struct sp_prefix *prefix, const struct ike_id *id, struct sp_error *err)
{
	size_t len = id->data.len / 2;
	int bits = mask_len(id->data.data + len, len);

	if (bits < 0)
		return sp_fail(err, "an ID whose mask has holes");
	prefix->addr = addr_of(id->data.data, len);
	prefix->len = (uint8_t)bits;
	/* Some peers send the address of an interface with the mask of its network. */
	clear_host_bits(prefix, len);
	return 0;
}

/* A prefix if it begins and ends as one. */
static int to_range(struct sp_prefix *prefix, const struct ike_id *id, struct sp_error *err)
{
	size_t len = id->data.len / 2;
	const uint8_t *first = id->data.data, *last = first + len;
	uint8_t mask[16] = { 0 };
	char text[IKE_ID_STRLEN];
	int bits;

	for (size_t i = 0; i < len; i++)
		mask[i] = (uint8_t) ~(first[i] ^ last[i]);
	bits = mask_len(mask, len);
	for (size_t i = 0; i < len; i++)
		if (first[i] & ~mask[i])
			bits = -1;
	if (bits < 0)
		return sp_fail(err, "a range that is no network: %s", ike_id_format(id, text));
	prefix->addr = addr_of(first, len);
	prefix->len = (uint8_t)bits;
	return 0;
}

static int to_prefix(struct sp_prefix *prefix, const struct ike_id *id, struct sp_error *err)
{
	struct sp_addr addr;

	switch (id->type) {
	case IKE_ID_IPV4:
	case IKE_ID_IPV6:
		addr = addr_of(id->data.data, id->data.len);
		*prefix = sp_prefix_host(&addr);
		return 0;
	case IKE_ID_IPV4_SUBNET:
	case IKE_ID_IPV6_SUBNET:
		return to_subnet(prefix, id, err);
	case IKE_ID_IPV4_RANGE:
	case IKE_ID_IPV6_RANGE:
		return to_range(prefix, id, err);
	}
	return sp_fail(err, "an ID of type %s is no network",
		       ike_word(ike_words_id, id->type));
}

int ike_id_to_ts(struct sp_ts *ts, const struct ike_id *id, struct sp_error *err)
{
	struct sp_prefix prefix = { 0 };

	if (to_prefix(&prefix, id, err))
		return -1;
	if (id->port && !has_ports(id->protocol))
		return sp_fail(err, "port %u of protocol %u, which has none", id->port,
			       id->protocol);
	*ts = sp_ts_of(&prefix);
	ts->proto = id->protocol;
	if (id->port)
		ts->port_first = ts->port_last = id->port;
	return 0;
}

static void write_mask(uint8_t *mask, size_t bits)
{
	for (size_t i = 0; i < bits; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

int ike_id_of_ts(struct ike_id *id, uint8_t data[IKE_ID_DATA_MAX], const struct sp_ts *ts,
		 struct sp_error *err)
{
	size_t len = sp_addr_len(&ts->prefix.addr);
	bool v4 = len == 4, host = ts->prefix.len == 8 * len;
	bool all = !ts->port_first && ts->port_last == UINT16_MAX;

	if (!all && ts->port_first != ts->port_last)
		return sp_fail(err, "IKEv1 has no word for a range of ports, %u to %u",
			       ts->port_first, ts->port_last);
	memset(data, 0, IKE_ID_DATA_MAX);
	memcpy(data, ts->prefix.addr.octets, len);
	if (!host)
		write_mask(data + len, ts->prefix.len);
	*id = (struct ike_id){
		.protocol = ts->proto,
		.port = all ? 0 : ts->port_first,
		.data = { data, host ? len : 2 * len },
	};
	if (host)
		id->type = v4 ? IKE_ID_IPV4 : IKE_ID_IPV6;
	else
		id->type = v4 ? IKE_ID_IPV4_SUBNET : IKE_ID_IPV6_SUBNET;
	return 0;
}

struct ike_id ike_id_of_addr(const struct sp_addr *addr)
{
	return (struct ike_id){
		.type = addr->family == AF_INET ? IKE_ID_IPV4 : IKE_ID_IPV6,
		.data = { addr->octets, sp_addr_len(addr) },
	};
}

/* --- as text -------------------------------------------------------------------------- */

static void format_hex(char *buf, size_t size, const char *kind, struct sp_octets data)
{
	size_t len = (size_t)snprintf(buf, size, "%s", kind);

	for (size_t i = 0; i < data.len && len + 3 < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%02x", data.data[i]);
}

/* A peer may say anything, and what is not printable does not go into a log. */
static void format_name(char *buf, size_t size, struct sp_octets data)
{
	size_t len = 0;

	for (size_t i = 0; i < data.len && len + 1 < size; i++)
		buf[len++] = data.data[i] > ' ' && data.data[i] < 0x7f ? (char)data.data[i] : '?';
	buf[len] = '\0';
}

static void format_addresses(char *buf, size_t size, const struct ike_id *id, bool range)
{
	size_t len = id->data.len / 2;
	char first[SP_ADDR_STRLEN], last[SP_ADDR_STRLEN];
	struct sp_addr a = addr_of(id->data.data, len), b = addr_of(id->data.data + len, len);
	struct sp_prefix prefix = { 0 };
	struct sp_error err;

	if (!range && !to_subnet(&prefix, id, &err))
		sp_prefix_format(&prefix, buf);
	else
		snprintf(buf, size, "%s%s%s", sp_addr_format(&a, first), range ? "-" : " mask ",
			 sp_addr_format(&b, last));
}

static void format_ports(char *buf, size_t size, const struct ike_id *id)
{
	size_t len = strlen(buf);

	if (id->port)
		snprintf(buf + len, size - len, "[%u/%u]", id->protocol, id->port);
	else if (id->protocol)
		snprintf(buf + len, size - len, "[%u]", id->protocol);
}

const char *ike_id_format(const struct ike_id *id, char buf[IKE_ID_STRLEN])
{
	struct sp_addr addr;

	switch (id->type) {
	case IKE_ID_IPV4:
	case IKE_ID_IPV6:
		addr = addr_of(id->data.data, id->data.len);
		sp_addr_format(&addr, buf);
		break;
	case IKE_ID_IPV4_SUBNET:
	case IKE_ID_IPV6_SUBNET:
	case IKE_ID_IPV4_RANGE:
	case IKE_ID_IPV6_RANGE:
		format_addresses(buf, IKE_ID_STRLEN, id,
				 id->type == IKE_ID_IPV4_RANGE || id->type == IKE_ID_IPV6_RANGE);
		break;
	case IKE_ID_FQDN:
	case IKE_ID_USER_FQDN:
		format_name(buf, IKE_ID_STRLEN, id->data);
		break;
	case IKE_ID_DN:
		format_hex(buf, IKE_ID_STRLEN, "dn:", id->data);
		break;
	case IKE_ID_GN:
		format_hex(buf, IKE_ID_STRLEN, "gn:", id->data);
		break;
	default:
		format_hex(buf, IKE_ID_STRLEN, "key-id:", id->data);
	}
	format_ports(buf, IKE_ID_STRLEN, id);
	return buf;
}
