// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "nl_message.h"

/* Parsing stops at the first malformed attribute; every parser returns 0 or -1. */

static int parse_addr(struct sp_addr *addr, const struct nlattr *attr)
{
	if (!attr)
		return 0;
	switch (nla_len(attr)) {
	case sizeof(addr->v4):
		addr->family = AF_INET;
		break;
	case sizeof(addr->v6):
		addr->family = AF_INET6;
		break;
	default:
		return -1;
	}
	memcpy(addr->octets, nla_data(attr), (size_t)nla_len(attr));
	return 0;
}

/* Caps a value that fits 8 bits today, whatever a later kernel may send. */
static void get_u8(uint8_t *value, const struct nlattr *attr)
{
	if (attr)
		*value = nla_get_u32(attr) > UINT8_MAX ? UINT8_MAX : (uint8_t)nla_get_u32(attr);
}

static void get_port(uint16_t *value, const struct nlattr *attr)
{
	if (attr)
		*value = ntohs(nla_get_u16(attr));
}

static void get_u32(uint32_t *value, const struct nlattr *attr)
{
	if (attr)
		*value = nla_get_u32(attr);
}

static void get_u64(uint64_t *value, const struct nlattr *attr)
{
	if (attr)
		*value = nla_get_u64(attr);
}

static void get_string(char *text, size_t size, const struct nlattr *attr)
{
	if (attr)
		nla_strlcpy(text, attr, size);
}

static int parse_ts(struct sp_ts *ts, struct nlattr *nest)
{
	static const struct nla_policy policy[SPINDLE_A_SELECTOR_MAX + 1] = {
		[SPINDLE_A_SELECTOR_LEN] = { .type = NLA_U32 },
		[SPINDLE_A_SELECTOR_PROTO] = { .type = NLA_U32 },
		[SPINDLE_A_SELECTOR_PORT_FIRST] = { .type = NLA_U16 },
		[SPINDLE_A_SELECTOR_PORT_LAST] = { .type = NLA_U16 },
	};
	struct nlattr *a[SPINDLE_A_SELECTOR_MAX + 1];

	if (nla_parse_nested(a, SPINDLE_A_SELECTOR_MAX, nest, policy) < 0 ||
	    !a[SPINDLE_A_SELECTOR_ADDR] || !a[SPINDLE_A_SELECTOR_LEN] ||
	    parse_addr(&ts->prefix.addr, a[SPINDLE_A_SELECTOR_ADDR]))
		return -1;
	get_u8(&ts->prefix.len, a[SPINDLE_A_SELECTOR_LEN]);
	ts->port_last = UINT16_MAX;
	get_u8(&ts->proto, a[SPINDLE_A_SELECTOR_PROTO]);
	get_port(&ts->port_first, a[SPINDLE_A_SELECTOR_PORT_FIRST]);
	get_port(&ts->port_last, a[SPINDLE_A_SELECTOR_PORT_LAST]);
	return 0;
}

/* Attributes that repeat are walked: nla_parse() keeps the last of a type. */
static int parse_selectors(struct sp_selectors *selectors, struct nlattr *nest, int type)
{
	struct nlattr *attr;
	int left;

	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) != type)
			continue;
		if (selectors->n == SPINDLE_SELECTORS_MAX ||
		    parse_ts(&selectors->list[selectors->n], attr))
			return -1;
		selectors->n++;
	}
	return 0;
}

static int parse_drop(struct sp_drop *drop, struct nlattr *nest)
{
	static const struct nla_policy policy[SPINDLE_A_DROP_MAX + 1] = {
		[SPINDLE_A_DROP_REASON] = { .type = NLA_STRING },
		[SPINDLE_A_DROP_COUNT] = { .type = NLA_U64 },
		[SPINDLE_A_DROP_SEQUENCE] = { .type = NLA_U64 },
		[SPINDLE_A_DROP_AGE] = { .type = NLA_U64 },
	};
	struct nlattr *a[SPINDLE_A_DROP_MAX + 1];

	if (nla_parse_nested(a, SPINDLE_A_DROP_MAX, nest, policy) < 0 || !a[SPINDLE_A_DROP_REASON])
		return -1;
	get_string(drop->reason, sizeof(drop->reason), a[SPINDLE_A_DROP_REASON]);
	get_u64(&drop->count, a[SPINDLE_A_DROP_COUNT]);
	get_u64(&drop->sequence, a[SPINDLE_A_DROP_SEQUENCE]);
	get_u64(&drop->age, a[SPINDLE_A_DROP_AGE]);
	return parse_addr(&drop->source, a[SPINDLE_A_DROP_SOURCE]);
}

static int parse_drops(struct sp_drops *drops, struct nlattr *nest, int type)
{
	struct nlattr *attr;
	int left;

	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) != type)
			continue;
		if (drops->n == SP_DROPS_MAX || parse_drop(&drops->list[drops->n], attr))
			return -1;
		drops->n++;
	}
	return 0;
}

static const struct nla_policy tunnel_policy[SPINDLE_A_TUNNEL_MAX + 1] = {
	[SPINDLE_A_TUNNEL_ID] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_NAME] = { .type = NLA_STRING },
	[SPINDLE_A_TUNNEL_IFINDEX] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_IFNAME] = { .type = NLA_STRING },
	[SPINDLE_A_TUNNEL_PROTO] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_PATH_MTU] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_MTU] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_OWNER] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_STATE] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_OUT_GENERATION] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_STAGED] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_ENCAP_ERROR] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_RX_PACKETS] = { .type = NLA_U64 },
	[SPINDLE_A_TUNNEL_RX_BYTES] = { .type = NLA_U64 },
	[SPINDLE_A_TUNNEL_TX_PACKETS] = { .type = NLA_U64 },
	[SPINDLE_A_TUNNEL_TX_BYTES] = { .type = NLA_U64 },
	[SPINDLE_A_TUNNEL_HEARD] = { .type = NLA_U64 },
};

static int parse_encap(struct sp_encap *encap, struct nlattr *nest)
{
	static const struct nla_policy policy[SPINDLE_A_ENCAP_MAX + 1] = {
		[SPINDLE_A_ENCAP_TYPE] = { .type = NLA_U32 },
		[SPINDLE_A_ENCAP_SPORT] = { .type = NLA_U16 },
		[SPINDLE_A_ENCAP_DPORT] = { .type = NLA_U16 },
	};
	struct nlattr *a[SPINDLE_A_ENCAP_MAX + 1];

	if (nla_parse_nested(a, SPINDLE_A_ENCAP_MAX, nest, policy) < 0)
		return -1;
	get_port(&encap->sport, a[SPINDLE_A_ENCAP_SPORT]);
	get_port(&encap->dport, a[SPINDLE_A_ENCAP_DPORT]);
	return 0;
}

static int parse_option(struct sp_tunnel_options *options, const struct sp_option *option,
			struct nlattr *const *attrs)
{
	struct nlattr *attr = attrs[option->attribute];

	if (!attr)
		return 0;
	if (option->attribute == SPINDLE_A_TUNNEL_ENCAP)
		return parse_encap(&options->encap, attr);
	if (nla_len(attr) < (int)sizeof(uint32_t))
		return -1;
	sp_option_from_wire(option, options, nla_get_u32(attr));
	return 0;
}

static int parse_options(struct sp_tunnel_options *options, struct nlattr *const *attrs)
{
	const struct sp_option *option;

	for (size_t i = 0; (option = sp_option_at(i)); i++)
		if (parse_option(options, option, attrs))
			return -1;
	return 0;
}

static void parse_traffic(struct sp_tunnel *t, struct nlattr *const *a)
{
	get_u64(&t->rx.packets, a[SPINDLE_A_TUNNEL_RX_PACKETS]);
	get_u64(&t->rx.bytes, a[SPINDLE_A_TUNNEL_RX_BYTES]);
	get_u64(&t->tx.packets, a[SPINDLE_A_TUNNEL_TX_PACKETS]);
	get_u64(&t->tx.bytes, a[SPINDLE_A_TUNNEL_TX_BYTES]);
	t->heard = a[SPINDLE_A_TUNNEL_HEARD];
	get_u64(&t->heard_ago, a[SPINDLE_A_TUNNEL_HEARD]);
}

static int parse_tunnel(struct sp_tunnel *t, struct nlattr *nest)
{
	struct nlattr *a[SPINDLE_A_TUNNEL_MAX + 1];

	if (!nest)
		return 0;
	if (nla_parse_nested(a, SPINDLE_A_TUNNEL_MAX, nest, tunnel_policy) < 0)
		return -1;
	get_u32(&t->id, a[SPINDLE_A_TUNNEL_ID]);
	get_string(t->name, sizeof(t->name), a[SPINDLE_A_TUNNEL_NAME]);
	get_u32(&t->ifindex, a[SPINDLE_A_TUNNEL_IFINDEX]);
	get_string(t->ifname, sizeof(t->ifname), a[SPINDLE_A_TUNNEL_IFNAME]);
	get_u8(&t->proto, a[SPINDLE_A_TUNNEL_PROTO]);
	get_u32(&t->owner, a[SPINDLE_A_TUNNEL_OWNER]);
	get_u8(&t->state, a[SPINDLE_A_TUNNEL_STATE]);
	get_u32(&t->out_generation, a[SPINDLE_A_TUNNEL_OUT_GENERATION]);
	get_u32(&t->staged, a[SPINDLE_A_TUNNEL_STAGED]);
	get_u32(&t->path_mtu, a[SPINDLE_A_TUNNEL_PATH_MTU]);
	get_u32(&t->mtu, a[SPINDLE_A_TUNNEL_MTU]);
	get_u32(&t->encap_error, a[SPINDLE_A_TUNNEL_ENCAP_ERROR]);
	parse_traffic(t, a);
	if (parse_options(&t->options, a) ||
	    parse_addr(&t->local, a[SPINDLE_A_TUNNEL_LOCAL]) ||
	    parse_addr(&t->remote, a[SPINDLE_A_TUNNEL_REMOTE]) ||
	    parse_selectors(&t->local_ts, nest, SPINDLE_A_TUNNEL_LOCAL_TS) ||
	    parse_selectors(&t->remote_ts, nest, SPINDLE_A_TUNNEL_REMOTE_TS))
		return -1;
	return parse_drops(&t->drops, nest, SPINDLE_A_TUNNEL_DROP);
}

static int parse_life(struct sp_life *life, struct nlattr *nest)
{
	static const struct nla_policy policy[SPINDLE_A_LIFE_MAX + 1] = {
		[SPINDLE_A_LIFE_SOFT_BYTES] = { .type = NLA_U64 },
		[SPINDLE_A_LIFE_HARD_BYTES] = { .type = NLA_U64 },
		[SPINDLE_A_LIFE_SOFT_PACKETS] = { .type = NLA_U64 },
		[SPINDLE_A_LIFE_HARD_PACKETS] = { .type = NLA_U64 },
		[SPINDLE_A_LIFE_SOFT_SECONDS] = { .type = NLA_U64 },
		[SPINDLE_A_LIFE_HARD_SECONDS] = { .type = NLA_U64 },
	};
	struct nlattr *a[SPINDLE_A_LIFE_MAX + 1];

	if (!nest)
		return 0;
	if (nla_parse_nested(a, SPINDLE_A_LIFE_MAX, nest, policy) < 0)
		return -1;
	get_u64(&life->soft_bytes, a[SPINDLE_A_LIFE_SOFT_BYTES]);
	get_u64(&life->hard_bytes, a[SPINDLE_A_LIFE_HARD_BYTES]);
	get_u64(&life->soft_packets, a[SPINDLE_A_LIFE_SOFT_PACKETS]);
	get_u64(&life->hard_packets, a[SPINDLE_A_LIFE_HARD_PACKETS]);
	get_u64(&life->soft_seconds, a[SPINDLE_A_LIFE_SOFT_SECONDS]);
	get_u64(&life->hard_seconds, a[SPINDLE_A_LIFE_HARD_SECONDS]);
	return 0;
}

static int parse_sa(struct sp_event *event, struct nlattr *nest)
{
	static const struct nla_policy policy[SPINDLE_A_SA_MAX + 1] = {
		[SPINDLE_A_SA_DIR] = { .type = NLA_U32 },
		[SPINDLE_A_SA_SPI] = { .type = NLA_U32 },
		[SPINDLE_A_SA_ALG] = { .type = NLA_STRING },
		[SPINDLE_A_SA_GENERATION] = { .type = NLA_U32 },
		[SPINDLE_A_SA_SEQUENCE] = { .type = NLA_U64 },
		[SPINDLE_A_SA_LIFE] = { .type = NLA_NESTED },
		[SPINDLE_A_SA_STATE] = { .type = NLA_U32 },
		[SPINDLE_A_SA_REPLAY_WINDOW] = { .type = NLA_U32 },
		[SPINDLE_A_SA_PACKETS] = { .type = NLA_U64 },
		[SPINDLE_A_SA_BYTES] = { .type = NLA_U64 },
		[SPINDLE_A_SA_AGE] = { .type = NLA_U64 },
		[SPINDLE_A_SA_IDLE] = { .type = NLA_U64 },
		[SPINDLE_A_SA_LAST_DROP] = { .type = NLA_NESTED },
		[SPINDLE_A_SA_LIMIT] = { .type = NLA_U32 },
	};
	struct nlattr *a[SPINDLE_A_SA_MAX + 1];
	struct sp_sa *sa = &event->sa;
	uint32_t spi = 0;

	if (!nest)
		return 0;
	if (nla_parse_nested(a, SPINDLE_A_SA_MAX, nest, policy) < 0)
		return -1;
	get_u32(&spi, a[SPINDLE_A_SA_SPI]);
	sa->spi = ntohl(spi);
	get_u8(&sa->dir, a[SPINDLE_A_SA_DIR]);
	get_string(sa->alg, sizeof(sa->alg), a[SPINDLE_A_SA_ALG]);
	get_u32(&sa->generation, a[SPINDLE_A_SA_GENERATION]);
	get_u64(&sa->sequence, a[SPINDLE_A_SA_SEQUENCE]);
	get_u8(&sa->state, a[SPINDLE_A_SA_STATE]);
	sa->parked = sa->state == SPINDLE_SA_PARKED;
	sa->esn = a[SPINDLE_A_SA_ESN];
	event->hard = a[SPINDLE_A_SA_HARD];
	get_u8(&event->limit, a[SPINDLE_A_SA_LIMIT]);
	get_u32(&sa->replay_window, a[SPINDLE_A_SA_REPLAY_WINDOW]);
	get_u64(&sa->packets, a[SPINDLE_A_SA_PACKETS]);
	get_u64(&sa->bytes, a[SPINDLE_A_SA_BYTES]);
	get_u64(&sa->age, a[SPINDLE_A_SA_AGE]);
	sa->used = a[SPINDLE_A_SA_IDLE];
	get_u64(&sa->idle, a[SPINDLE_A_SA_IDLE]);
	if (a[SPINDLE_A_SA_LAST_DROP] && parse_drop(&sa->last_drop, a[SPINDLE_A_SA_LAST_DROP]))
		return -1;
	if (parse_life(&sa->life, a[SPINDLE_A_SA_LIFE]))
		return -1;
	return parse_drops(&sa->drops, nest, SPINDLE_A_SA_DROP);
}

static int parse_flow(struct sp_flow *flow, struct nlattr *nest)
{
	static const struct nla_policy policy[SPINDLE_A_FLOW_MAX + 1] = {
		[SPINDLE_A_FLOW_PROTO] = { .type = NLA_U32 },
		[SPINDLE_A_FLOW_SPORT] = { .type = NLA_U16 },
		[SPINDLE_A_FLOW_DPORT] = { .type = NLA_U16 },
	};
	struct nlattr *a[SPINDLE_A_FLOW_MAX + 1];

	if (!nest)
		return 0;
	if (nla_parse_nested(a, SPINDLE_A_FLOW_MAX, nest, policy) < 0 ||
	    parse_addr(&flow->src, a[SPINDLE_A_FLOW_SRC]) ||
	    parse_addr(&flow->dst, a[SPINDLE_A_FLOW_DST]))
		return -1;
	get_u8(&flow->proto, a[SPINDLE_A_FLOW_PROTO]);
	flow->has_ports = a[SPINDLE_A_FLOW_SPORT];
	get_port(&flow->sport, a[SPINDLE_A_FLOW_SPORT]);
	get_port(&flow->dport, a[SPINDLE_A_FLOW_DPORT]);
	return 0;
}

static int parse_device(struct sp_device *device, struct nlattr *nest)
{
	static const struct nla_policy policy[SPINDLE_A_DEVICE_MAX + 1] = {
		[SPINDLE_A_DEVICE_IFINDEX] = { .type = NLA_U32 },
		[SPINDLE_A_DEVICE_IFNAME] = { .type = NLA_STRING },
		[SPINDLE_A_DEVICE_MTU] = { .type = NLA_U32 },
		[SPINDLE_A_DEVICE_MTU_FIXED] = { .type = NLA_U32 },
		[SPINDLE_A_DEVICE_TUNNELS] = { .type = NLA_U32 },
		[SPINDLE_A_DEVICE_CLEAR] = { .type = NLA_U32 },
		[SPINDLE_A_DEVICE_NETNSID] = { .type = NLA_U32 },
	};
	struct nlattr *a[SPINDLE_A_DEVICE_MAX + 1];

	if (!nest || nla_parse_nested(a, SPINDLE_A_DEVICE_MAX, nest, policy) < 0)
		return -1;
	get_u32(&device->ifindex, a[SPINDLE_A_DEVICE_IFINDEX]);
	get_string(device->ifname, sizeof(device->ifname), a[SPINDLE_A_DEVICE_IFNAME]);
	get_u32(&device->mtu, a[SPINDLE_A_DEVICE_MTU]);
	get_u8(&device->mtu_fixed, a[SPINDLE_A_DEVICE_MTU_FIXED]);
	get_u32(&device->tunnels, a[SPINDLE_A_DEVICE_TUNNELS]);
	get_u8(&device->clear, a[SPINDLE_A_DEVICE_CLEAR]);
	device->moved = a[SPINDLE_A_DEVICE_NETNSID];
	get_u32(&device->netnsid, a[SPINDLE_A_DEVICE_NETNSID]);
	return parse_drops(&device->drops, nest, SPINDLE_A_DEVICE_DROP);
}

static const struct nla_policy message_policy[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_DEVICE] = { .type = NLA_NESTED },
	[SPINDLE_A_TUNNEL] = { .type = NLA_NESTED },
	[SPINDLE_A_SA] = { .type = NLA_NESTED },
	[SPINDLE_A_FLOW] = { .type = NLA_NESTED },
	[SPINDLE_A_PORT] = { .type = NLA_NESTED },
	[SPINDLE_A_ALG] = { .type = NLA_NESTED },
};

int sp_nl_parse_event(struct nlmsghdr *hdr, struct sp_event *event, struct sp_error *err)
{
	struct nlattr *a[SPINDLE_A_MAX + 1];

	memset(event, 0, sizeof(*event));
	if (genlmsg_parse(hdr, 0, a, SPINDLE_A_MAX, message_policy) < 0 ||
	    parse_tunnel(&event->tunnel, a[SPINDLE_A_TUNNEL]) ||
	    parse_sa(event, a[SPINDLE_A_SA]) ||
	    parse_flow(&event->flow, a[SPINDLE_A_FLOW]) ||
	    (a[SPINDLE_A_DEVICE] && parse_device(&event->device, a[SPINDLE_A_DEVICE])))
		return sp_fail(err, "the kernel sent a malformed message");
	event->cmd = genlmsg_hdr(hdr)->cmd;
	event->sa.proto = event->tunnel.proto;
	return 0;
}

int sp_nl_parse_device(struct nlmsghdr *hdr, struct sp_device *device, struct sp_error *err)
{
	struct nlattr *a[SPINDLE_A_MAX + 1];

	memset(device, 0, sizeof(*device));
	if (genlmsg_parse(hdr, 0, a, SPINDLE_A_MAX, message_policy) < 0 ||
	    parse_device(device, a[SPINDLE_A_DEVICE]))
		return sp_fail(err, "the kernel sent a malformed message");
	return 0;
}

int sp_nl_parse_alg(struct nlmsghdr *hdr, struct sp_alg *alg, struct sp_error *err)
{
	static const struct nla_policy policy[SPINDLE_A_ALG_MAX + 1] = {
		[SPINDLE_A_ALG_NAME] = { .type = NLA_STRING },
		[SPINDLE_A_ALG_PROTO] = { .type = NLA_U32 },
		[SPINDLE_A_ALG_KEY_LEN] = { .type = NLA_U32 },
		[SPINDLE_A_ALG_AUTH_KEY_LEN] = { .type = NLA_U32 },
		[SPINDLE_A_ALG_ICV_LEN] = { .type = NLA_U32 },
		[SPINDLE_A_ALG_DRIVER] = { .type = NLA_STRING },
		[SPINDLE_A_ALG_AUTH_DRIVER] = { .type = NLA_STRING },
	};
	struct nlattr *root[SPINDLE_A_MAX + 1], *a[SPINDLE_A_ALG_MAX + 1];

	memset(alg, 0, sizeof(*alg));
	if (genlmsg_parse(hdr, 0, root, SPINDLE_A_MAX, message_policy) < 0 ||
	    !root[SPINDLE_A_ALG] ||
	    nla_parse_nested(a, SPINDLE_A_ALG_MAX, root[SPINDLE_A_ALG], policy) < 0)
		return sp_fail(err, "the kernel sent a malformed message");
	get_string(alg->name, sizeof(alg->name), a[SPINDLE_A_ALG_NAME]);
	get_u32(&alg->proto, a[SPINDLE_A_ALG_PROTO]);
	get_u32(&alg->key_len, a[SPINDLE_A_ALG_KEY_LEN]);
	get_u32(&alg->auth_key_len, a[SPINDLE_A_ALG_AUTH_KEY_LEN]);
	get_u32(&alg->icv_len, a[SPINDLE_A_ALG_ICV_LEN]);
	alg->weak = a[SPINDLE_A_ALG_WEAK];
	alg->missing = a[SPINDLE_A_ALG_MISSING];
	get_string(alg->driver, sizeof(alg->driver), a[SPINDLE_A_ALG_DRIVER]);
	get_string(alg->auth_driver, sizeof(alg->auth_driver), a[SPINDLE_A_ALG_AUTH_DRIVER]);
	return 0;
}

int sp_nl_parse_port(struct nlmsghdr *hdr, int *fd, struct sp_error *err)
{
	static const struct nla_policy policy[SPINDLE_A_PORT_MAX + 1] = {
		[SPINDLE_A_PORT_FD] = { .type = NLA_U32 },
	};
	struct nlattr *a[SPINDLE_A_MAX + 1], *port[SPINDLE_A_PORT_MAX + 1];

	if (genlmsg_parse(hdr, 0, a, SPINDLE_A_MAX, message_policy) < 0 || !a[SPINDLE_A_PORT] ||
	    nla_parse_nested(port, SPINDLE_A_PORT_MAX, a[SPINDLE_A_PORT], policy) < 0)
		return sp_fail(err, "the kernel sent a malformed message");
	if (port[SPINDLE_A_PORT_FD])
		*fd = (int)nla_get_u32(port[SPINDLE_A_PORT_FD]);
	return 0;
}
