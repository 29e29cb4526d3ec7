// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netlink/attr.h>
#include <string.h>

#include "nl_message.h"

static int put_addr(struct nl_msg *msg, int type, const struct sp_addr *addr)
{
	return nla_put(msg, type, (int)sp_addr_len(addr), addr->octets);
}

static bool all_ports(const struct sp_ts *ts)
{
	return !ts->port_first && ts->port_last == UINT16_MAX;
}

static int put_ports(struct nl_msg *msg, const struct sp_ts *ts)
{
	return nla_put_u16(msg, SPINDLE_A_SELECTOR_PORT_FIRST, htons(ts->port_first)) ||
	       nla_put_u16(msg, SPINDLE_A_SELECTOR_PORT_LAST, htons(ts->port_last));
}

static int put_selectors(struct nl_msg *msg, int type, const struct sp_selectors *selectors)
{
	for (size_t i = 0; i < selectors->n; i++) {
		const struct sp_ts *ts = &selectors->list[i];
		struct nlattr *nest = nla_nest_start(msg, type | NLA_F_NESTED);

		if (!nest || put_addr(msg, SPINDLE_A_SELECTOR_ADDR, &ts->prefix.addr) ||
		    nla_put_u32(msg, SPINDLE_A_SELECTOR_LEN, ts->prefix.len) ||
		    (ts->proto && nla_put_u32(msg, SPINDLE_A_SELECTOR_PROTO, ts->proto)) ||
		    (!all_ports(ts) && put_ports(msg, ts)))
			return -1;
		nla_nest_end(msg, nest);
	}
	return 0;
}

static int put_encap(struct nl_msg *msg, const struct sp_encap *encap)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_TUNNEL_ENCAP | NLA_F_NESTED);
	bool udp = encap->dport;

	if (!nest ||
	    nla_put_u32(msg, SPINDLE_A_ENCAP_TYPE, udp ? SPINDLE_ENCAP_UDP : SPINDLE_ENCAP_NONE) ||
	    (udp && nla_put_u16(msg, SPINDLE_A_ENCAP_SPORT, htons(encap->sport))) ||
	    (udp && nla_put_u16(msg, SPINDLE_A_ENCAP_DPORT, htons(encap->dport))))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_option(struct nl_msg *msg, const struct sp_option *option,
		      const struct sp_tunnel_options *options)
{
	uint32_t value;

	if (option->attribute == SPINDLE_A_TUNNEL_ENCAP)
		return put_encap(msg, &options->encap);
	return sp_option_to_wire(option, options, &value) ||
	       nla_put_u32(msg, option->attribute, value);
}

static int put_options(struct nl_msg *msg, const struct sp_tunnel *t)
{
	const struct sp_option *option;

	for (size_t i = 0; (option = sp_option_at(i)); i++)
		if (t->told & sp_option_bit(option) && put_option(msg, option, &t->options))
			return -1;
	return 0;
}

static int put_tunnel_fields(struct nl_msg *msg, const struct sp_tunnel *t)
{
	unsigned int f = t->fields;

	if ((f & SP_TUNNEL_IFINDEX && nla_put_u32(msg, SPINDLE_A_TUNNEL_IFINDEX, t->ifindex)) ||
	    (f & SP_TUNNEL_NETNSID && nla_put_u32(msg, SPINDLE_A_TUNNEL_NETNSID, t->netnsid)) ||
	    (f & SP_TUNNEL_LOCAL && put_addr(msg, SPINDLE_A_TUNNEL_LOCAL, &t->local)) ||
	    (f & SP_TUNNEL_REMOTE && put_addr(msg, SPINDLE_A_TUNNEL_REMOTE, &t->remote)) ||
	    (f & SP_TUNNEL_PROTO && nla_put_u32(msg, SPINDLE_A_TUNNEL_PROTO, t->proto)) ||
	    (f & SP_TUNNEL_LOCAL_TS &&
	     put_selectors(msg, SPINDLE_A_TUNNEL_LOCAL_TS, &t->local_ts)) ||
	    (f & SP_TUNNEL_REMOTE_TS &&
	     put_selectors(msg, SPINDLE_A_TUNNEL_REMOTE_TS, &t->remote_ts)) ||
	    (f & SP_TUNNEL_OWNER && nla_put_u32(msg, SPINDLE_A_TUNNEL_OWNER, t->owner)))
		return -1;
	return put_options(msg, t);
}

int sp_nl_put_tunnel(struct nl_msg *msg, const struct sp_tunnel *tunnel)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_TUNNEL | NLA_F_NESTED);

	if (!nest)
		return -1;
	if (tunnel->id ? nla_put_u32(msg, SPINDLE_A_TUNNEL_ID, tunnel->id) :
			 nla_put_string(msg, SPINDLE_A_TUNNEL_NAME, tunnel->name))
		return -1;
	if (put_tunnel_fields(msg, tunnel))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

int sp_nl_put_tunnel_name(struct nl_msg *msg, const char *name)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_TUNNEL | NLA_F_NESTED);

	if (!nest || nla_put_string(msg, SPINDLE_A_TUNNEL_NAME, name))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

int sp_nl_put_tunnel_ifindex(struct nl_msg *msg, uint32_t ifindex)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_TUNNEL | NLA_F_NESTED);

	if (!nest || nla_put_u32(msg, SPINDLE_A_TUNNEL_IFINDEX, ifindex))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

int sp_nl_put_device_clear(struct nl_msg *msg, const char *ifname, uint8_t clear)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_DEVICE | NLA_F_NESTED);

	if (!nest ||
	    nla_put_string(msg, SPINDLE_A_DEVICE_IFNAME, ifname) ||
	    nla_put_u32(msg, SPINDLE_A_DEVICE_CLEAR, clear))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_limit(struct nl_msg *msg, int type, uint64_t limit)
{
	return limit ? nla_put_u64(msg, type, limit) : 0;
}

static int put_life(struct nl_msg *msg, const struct sp_life *life)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_SA_LIFE | NLA_F_NESTED);

	if (!nest ||
	    put_limit(msg, SPINDLE_A_LIFE_SOFT_BYTES, life->soft_bytes) ||
	    put_limit(msg, SPINDLE_A_LIFE_HARD_BYTES, life->hard_bytes) ||
	    put_limit(msg, SPINDLE_A_LIFE_SOFT_PACKETS, life->soft_packets) ||
	    put_limit(msg, SPINDLE_A_LIFE_HARD_PACKETS, life->hard_packets) ||
	    put_limit(msg, SPINDLE_A_LIFE_SOFT_SECONDS, life->soft_seconds) ||
	    put_limit(msg, SPINDLE_A_LIFE_HARD_SECONDS, life->hard_seconds))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_secret(struct nl_msg *msg, int type, const struct sp_secret *secret)
{
	return secret->len ? nla_put(msg, type, (int)secret->len, secret->octets) : 0;
}

int sp_nl_put_sa(struct nl_msg *msg, const struct sp_sa *sa)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_SA | NLA_F_NESTED);

	if (!nest ||
	    nla_put_u32(msg, SPINDLE_A_SA_DIR, sa->dir) ||
	    nla_put_u32(msg, SPINDLE_A_SA_SPI, htonl(sa->spi)) ||
	    nla_put_string(msg, SPINDLE_A_SA_ALG, sa->alg) ||
	    put_secret(msg, SPINDLE_A_SA_KEY, &sa->key) ||
	    put_secret(msg, SPINDLE_A_SA_AUTH_KEY, &sa->auth_key) ||
	    (sa->generation && nla_put_u32(msg, SPINDLE_A_SA_GENERATION, sa->generation)) ||
	    (sa->parked && nla_put_flag(msg, SPINDLE_A_SA_PARKED)) ||
	    (sa->esn && nla_put_flag(msg, SPINDLE_A_SA_ESN)) ||
	    (sa->sequence && nla_put_u64(msg, SPINDLE_A_SA_SEQUENCE, sa->sequence)) ||
	    put_life(msg, &sa->life))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

int sp_nl_put_sa_name(struct nl_msg *msg, const struct sp_sa *sa)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_SA | NLA_F_NESTED);

	if (!nest)
		return -1;
	if (sa->generation) {
		if (nla_put_u32(msg, SPINDLE_A_SA_GENERATION, sa->generation))
			return -1;
	} else if (sa->spi) {
		if (nla_put_u32(msg, SPINDLE_A_SA_DIR, sa->dir) ||
		    nla_put_u32(msg, SPINDLE_A_SA_SPI, htonl(sa->spi)))
			return -1;
	}
	/* Saying nothing is an answer here: libnl would take an empty nest back. */
	nla_nest_end_keep_empty(msg, nest);
	return 0;
}

int sp_nl_put_port(struct nl_msg *msg, const struct sp_addr *addr, uint16_t port)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_PORT | NLA_F_NESTED);

	if (!nest || put_addr(msg, SPINDLE_A_PORT_ADDR, addr) ||
	    nla_put_u16(msg, SPINDLE_A_PORT_NUMBER, htons(port)))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}
