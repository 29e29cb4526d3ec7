// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "selector.h"

static const struct protocol {
	const char *name;
	uint8_t number;
	bool has_ports;
} protocols[] = {
	{ "icmp", IPPROTO_ICMP, false },
	{ "icmpv6", IPPROTO_ICMPV6, false },
	{ "tcp", IPPROTO_TCP, true },
	{ "udp", IPPROTO_UDP, true },
	{ "sctp", IPPROTO_SCTP, true },
	{ "dccp", IPPROTO_DCCP, true },
	{ "udplite", IPPROTO_UDPLITE, true },
	{ "gre", IPPROTO_GRE, false },
	{ "ipip", IPPROTO_IPIP, false },
	{ "ipv6", IPPROTO_IPV6, false },
};

static const struct protocol *find_name(const char *name)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (!strcmp(protocols[i].name, name))
			return &protocols[i];
	return NULL;
}

static const struct protocol *find_number(uint8_t number)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].number == number)
			return &protocols[i];
	return NULL;
}

struct sp_ts sp_ts_of(const struct sp_prefix *prefix)
{
	return (struct sp_ts){ .prefix = *prefix, .port_last = UINT16_MAX };
}

static int parse_protocol(struct sp_ts *ts, const char *word, struct sp_error *err)
{
	const struct protocol *protocol = find_name(word);
	uint64_t number;

	if (!protocol && sp_number_parse(&number, word, 1, UINT8_MAX, err))
		return sp_fail(err, "\"%s\" is neither a protocol nor its number", word);
	ts->proto = protocol ? protocol->number : (uint8_t)number;
	return 0;
}

/* @ports may be changed. */
static int parse_ports(struct sp_ts *ts, char *ports, struct sp_error *err)
{
	const struct protocol *protocol = find_number(ts->proto);
	char *dash = strchr(ports, '-');
	uint64_t first, last;

	if (!protocol || !protocol->has_ports)
		return sp_fail(err, "the protocol has no ports");
	if (dash)
		*dash++ = '\0';
	if (sp_number_parse(&first, ports, 0, UINT16_MAX, err) ||
	    sp_number_parse(&last, dash ? dash : ports, 0, UINT16_MAX, err))
		return sp_fail_in(err, "port");
	if (first > last)
		return sp_fail(err, "port %u is after port %u", (unsigned int)first,
			       (unsigned int)last);
	ts->port_first = (uint16_t)first;
	ts->port_last = (uint16_t)last;
	return 0;
}

/* What stands between the brackets. */
static int parse_narrow(struct sp_ts *ts, char *text, struct sp_error *err)
{
	char *slash = strchr(text, '/');

	if (slash)
		*slash++ = '\0';
	if (parse_protocol(ts, text, err))
		return -1;
	return slash ? parse_ports(ts, slash, err) : 0;
}

int sp_ts_parse(struct sp_ts *ts, const char *text, struct sp_error *err)
{
	char copy[SP_TS_STRLEN], *bracket, *end;

	if (strlen(text) >= sizeof(copy))
		return sp_fail(err, "\"%.*s...\" is not a selector", SP_TS_STRLEN, text);
	strcpy(copy, text);
	bracket = strchr(copy, '[');
	if (bracket)
		*bracket++ = '\0';
	memset(ts, 0, sizeof(*ts));
	if (sp_prefix_parse(&ts->prefix, copy, err))
		return -1;
	*ts = sp_ts_of(&ts->prefix);
	if (!bracket)
		return 0;
	end = strchr(bracket, ']');
	if (!end || end[1])
		return sp_fail(err, "selector \"%s\" does not end with its first ]", text);
	*end = '\0';
	if (parse_narrow(ts, bracket, err))
		return sp_fail_in(err, "selector \"%s\"", text);
	return 0;
}

bool sp_ts_equal(const struct sp_ts *a, const struct sp_ts *b)
{
	return sp_prefix_equal(&a->prefix, &b->prefix) && a->proto == b->proto &&
	       a->port_first == b->port_first && a->port_last == b->port_last;
}

const char *sp_ts_format(const struct sp_ts *ts, char buf[SP_TS_STRLEN])
{
	const struct protocol *protocol = find_number(ts->proto);
	char prefix[SP_PREFIX_STRLEN], name[sizeof("udplite")], ports[sizeof("/65535-65535")] = "";

	sp_prefix_format(&ts->prefix, prefix);
	if (!ts->proto) {
		snprintf(buf, SP_TS_STRLEN, "%s", prefix);
		return buf;
	}
	if (protocol)
		snprintf(name, sizeof(name), "%s", protocol->name);
	else
		snprintf(name, sizeof(name), "%u", ts->proto);
	if (ts->port_first == ts->port_last)
		snprintf(ports, sizeof(ports), "/%u", ts->port_first);
	else if (ts->port_first || ts->port_last != UINT16_MAX)
		snprintf(ports, sizeof(ports), "/%u-%u", ts->port_first, ts->port_last);
	snprintf(buf, SP_TS_STRLEN, "%s[%s%s]", prefix, name, ports);
	return buf;
}

struct sp_selectors sp_selectors_host(const struct sp_addr *addr)
{
	struct sp_prefix host = sp_prefix_host(addr);

	return (struct sp_selectors){ .list = { sp_ts_of(&host) }, .n = 1 };
}

struct sp_ts_list sp_selectors_list(const struct sp_selectors *selectors)
{
	return (struct sp_ts_list){ .list = selectors->list, .n = selectors->n };
}

bool sp_ts_lists_equal(const struct sp_ts_list *a, const struct sp_ts_list *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++)
		if (!sp_ts_equal(&a->list[i], &b->list[i]))
			return false;
	return a->n == b->n;
}

bool sp_selectors_equal(const struct sp_selectors *a, const struct sp_selectors *b)
{
	const struct sp_ts_list left = sp_selectors_list(a), right = sp_selectors_list(b);

	return sp_ts_lists_equal(&left, &right);
}

void sp_selectors_fill(struct sp_selectors *selectors, const struct sp_ts_list *from)
{
	selectors->n = from->n < SPINDLE_SELECTORS_MAX ? from->n : SPINDLE_SELECTORS_MAX;
	for (size_t i = 0; i < selectors->n; i++)
		selectors->list[i] = from->list[i];
}
