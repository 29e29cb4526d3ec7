// SPDX-License-Identifier: GPL-2.0
/* Made of the specification by Documentation/netlink/policies: change that. */
#include "netlink_policy.h"

static struct netlink_range_validation tunnel_replay_window_range = { .max = 0x10000 };
static struct netlink_range_validation tunnel_tfc_range = { .max = 0xffff };
static struct netlink_range_validation tunnel_keepalive_range = { .max = 0xffff };
static struct netlink_range_validation tunnel_dummy_range = { .max = 0xffff };
static struct netlink_range_validation tunnel_link_range = { .max = 0x7fffffff };
static struct netlink_range_validation tunnel_netnsid_range = { .max = 0x7fffffff };
static struct netlink_range_validation life_soft_seconds_range = { .max = 0xffffffff };
static struct netlink_range_validation life_hard_seconds_range = { .max = 0xffffffff };

const struct nla_policy spn_netlink_dev_get_request[SPINDLE_A_MAX + 1] = {
};

static const struct nla_policy selector_policy[SPINDLE_A_SELECTOR_MAX + 1] = {
	[SPINDLE_A_SELECTOR_ADDR] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, spn_netlink_check_addr),
	[SPINDLE_A_SELECTOR_LEN] = NLA_POLICY_MAX(NLA_U32, 128),
	[SPINDLE_A_SELECTOR_PROTO] = NLA_POLICY_MAX(NLA_U32, 255),
	[SPINDLE_A_SELECTOR_PORT_FIRST] = { .type = NLA_BE16 },
	[SPINDLE_A_SELECTOR_PORT_LAST] = { .type = NLA_BE16 },
};

static const struct nla_policy encap_policy[SPINDLE_A_ENCAP_MAX + 1] = {
	[SPINDLE_A_ENCAP_TYPE] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_ENCAP_SPORT] = { .type = NLA_BE16 },
	[SPINDLE_A_ENCAP_DPORT] = { .type = NLA_BE16 },
};

static const struct nla_policy tunnel_new_tunnel_policy[SPINDLE_A_TUNNEL_MAX + 1] = {
	[SPINDLE_A_TUNNEL_NAME] = NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, spn_netlink_check_name),
	[SPINDLE_A_TUNNEL_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_LOCAL] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, spn_netlink_check_addr),
	[SPINDLE_A_TUNNEL_REMOTE] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, spn_netlink_check_addr),
	[SPINDLE_A_TUNNEL_PROTO] = NLA_POLICY_RANGE(NLA_U32, 50, 51),
	[SPINDLE_A_TUNNEL_MODE] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_LOCAL_TS] = NLA_POLICY_NESTED(selector_policy),
	[SPINDLE_A_TUNNEL_REMOTE_TS] = NLA_POLICY_NESTED(selector_policy),
	[SPINDLE_A_TUNNEL_REPLAY_WINDOW] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_replay_window_range),
	[SPINDLE_A_TUNNEL_DF] = NLA_POLICY_MAX(NLA_U32, 2),
	[SPINDLE_A_TUNNEL_DSCP] = NLA_POLICY_MAX(NLA_U32, 64),
	[SPINDLE_A_TUNNEL_FWMARK] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_AH_ALIGN] = NLA_POLICY_VALIDATE_FN(NLA_U32, spn_netlink_check_ah_align),
	[SPINDLE_A_TUNNEL_TFC] = NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_tfc_range),
	[SPINDLE_A_TUNNEL_ENCAP] = NLA_POLICY_NESTED(encap_policy),
	[SPINDLE_A_TUNNEL_KEEPALIVE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_keepalive_range),
	[SPINDLE_A_TUNNEL_FOLLOW] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_DUMMY] = NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_dummy_range),
	[SPINDLE_A_TUNNEL_CLAMP_MSS] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_OWNER] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_ADMIN] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_LINK] = NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_link_range),
	[SPINDLE_A_TUNNEL_NETNSID] = NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_netnsid_range),
};

const struct nla_policy spn_netlink_tunnel_new_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = NLA_POLICY_NESTED(tunnel_new_tunnel_policy),
};

static const struct nla_policy tunnel_set_tunnel_policy[SPINDLE_A_TUNNEL_MAX + 1] = {
	[SPINDLE_A_TUNNEL_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_NAME] = NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, spn_netlink_check_name),
	[SPINDLE_A_TUNNEL_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_LOCAL] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, spn_netlink_check_addr),
	[SPINDLE_A_TUNNEL_REMOTE] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, spn_netlink_check_addr),
	[SPINDLE_A_TUNNEL_PROTO] = NLA_POLICY_RANGE(NLA_U32, 50, 51),
	[SPINDLE_A_TUNNEL_MODE] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_LOCAL_TS] = NLA_POLICY_NESTED(selector_policy),
	[SPINDLE_A_TUNNEL_REMOTE_TS] = NLA_POLICY_NESTED(selector_policy),
	[SPINDLE_A_TUNNEL_REPLAY_WINDOW] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_replay_window_range),
	[SPINDLE_A_TUNNEL_DF] = NLA_POLICY_MAX(NLA_U32, 2),
	[SPINDLE_A_TUNNEL_DSCP] = NLA_POLICY_MAX(NLA_U32, 64),
	[SPINDLE_A_TUNNEL_FWMARK] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_AH_ALIGN] = NLA_POLICY_VALIDATE_FN(NLA_U32, spn_netlink_check_ah_align),
	[SPINDLE_A_TUNNEL_TFC] = NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_tfc_range),
	[SPINDLE_A_TUNNEL_ENCAP] = NLA_POLICY_NESTED(encap_policy),
	[SPINDLE_A_TUNNEL_KEEPALIVE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_keepalive_range),
	[SPINDLE_A_TUNNEL_FOLLOW] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_DUMMY] = NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_dummy_range),
	[SPINDLE_A_TUNNEL_CLAMP_MSS] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_OWNER] = { .type = NLA_U32 },
	[SPINDLE_A_TUNNEL_ADMIN] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_LINK] = NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_link_range),
	[SPINDLE_A_TUNNEL_NETNSID] = NLA_POLICY_FULL_RANGE(NLA_U32, &tunnel_netnsid_range),
};

const struct nla_policy spn_netlink_tunnel_set_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = NLA_POLICY_NESTED(tunnel_set_tunnel_policy),
};

static const struct nla_policy tunnel_get_tunnel_policy[SPINDLE_A_TUNNEL_MAX + 1] = {
	[SPINDLE_A_TUNNEL_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_NAME] = NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, spn_netlink_check_name),
	[SPINDLE_A_TUNNEL_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

const struct nla_policy spn_netlink_tunnel_get_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = NLA_POLICY_NESTED(tunnel_get_tunnel_policy),
};

static const struct nla_policy tunnel_name_policy[SPINDLE_A_TUNNEL_MAX + 1] = {
	[SPINDLE_A_TUNNEL_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[SPINDLE_A_TUNNEL_NAME] = NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, spn_netlink_check_name),
};

const struct nla_policy spn_netlink_tunnel_del_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = NLA_POLICY_NESTED(tunnel_name_policy),
};

static const struct nla_policy spi_alloc_sa_policy[SPINDLE_A_SA_MAX + 1] = {
	[SPINDLE_A_SA_DIR] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_SA_SPI] = { .type = NLA_BE32 },
};

const struct nla_policy spn_netlink_spi_alloc_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = NLA_POLICY_NESTED(tunnel_name_policy),
	[SPINDLE_A_SA] = NLA_POLICY_NESTED(spi_alloc_sa_policy),
};

static const struct nla_policy life_policy[SPINDLE_A_LIFE_MAX + 1] = {
	[SPINDLE_A_LIFE_SOFT_BYTES] = { .type = NLA_U64 },
	[SPINDLE_A_LIFE_HARD_BYTES] = { .type = NLA_U64 },
	[SPINDLE_A_LIFE_SOFT_PACKETS] = { .type = NLA_U64 },
	[SPINDLE_A_LIFE_HARD_PACKETS] = { .type = NLA_U64 },
	[SPINDLE_A_LIFE_SOFT_SECONDS] = NLA_POLICY_FULL_RANGE(NLA_U64, &life_soft_seconds_range),
	[SPINDLE_A_LIFE_HARD_SECONDS] = NLA_POLICY_FULL_RANGE(NLA_U64, &life_hard_seconds_range),
};

static const struct nla_policy sa_new_sa_policy[SPINDLE_A_SA_MAX + 1] = {
	[SPINDLE_A_SA_DIR] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_SA_SPI] = { .type = NLA_BE32 },
	[SPINDLE_A_SA_ALG] = { .type = NLA_NUL_STRING, .len = 31 },
	[SPINDLE_A_SA_KEY] = { .type = NLA_BINARY, .len = 64 },
	[SPINDLE_A_SA_AUTH_KEY] = { .type = NLA_BINARY, .len = 64 },
	[SPINDLE_A_SA_GENERATION] = NLA_POLICY_MIN(NLA_U32, 1),
	[SPINDLE_A_SA_PARKED] = { .type = NLA_FLAG },
	[SPINDLE_A_SA_SEQUENCE] = { .type = NLA_U64 },
	[SPINDLE_A_SA_LIFE] = NLA_POLICY_NESTED(life_policy),
	[SPINDLE_A_SA_ESN] = { .type = NLA_FLAG },
};

const struct nla_policy spn_netlink_sa_new_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = NLA_POLICY_NESTED(tunnel_name_policy),
	[SPINDLE_A_SA] = NLA_POLICY_NESTED(sa_new_sa_policy),
};

static const struct nla_policy sa_name_policy[SPINDLE_A_SA_MAX + 1] = {
	[SPINDLE_A_SA_DIR] = NLA_POLICY_MAX(NLA_U32, 1),
	[SPINDLE_A_SA_SPI] = { .type = NLA_BE32 },
	[SPINDLE_A_SA_GENERATION] = NLA_POLICY_MIN(NLA_U32, 1),
};

const struct nla_policy spn_netlink_sa_get_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = NLA_POLICY_NESTED(tunnel_name_policy),
	[SPINDLE_A_SA] = NLA_POLICY_NESTED(sa_name_policy),
};

const struct nla_policy spn_netlink_sa_del_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = NLA_POLICY_NESTED(tunnel_name_policy),
	[SPINDLE_A_SA] = NLA_POLICY_NESTED(sa_name_policy),
};

const struct nla_policy spn_netlink_sa_flush_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = NLA_POLICY_NESTED(tunnel_name_policy),
};

static const struct nla_policy sa_activate_sa_policy[SPINDLE_A_SA_MAX + 1] = {
	[SPINDLE_A_SA_GENERATION] = NLA_POLICY_MIN(NLA_U32, 1),
};

const struct nla_policy spn_netlink_sa_activate_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_TUNNEL] = NLA_POLICY_NESTED(tunnel_name_policy),
	[SPINDLE_A_SA] = NLA_POLICY_NESTED(sa_activate_sa_policy),
};

static const struct nla_policy dev_set_device_policy[SPINDLE_A_DEVICE_MAX + 1] = {
	[SPINDLE_A_DEVICE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[SPINDLE_A_DEVICE_IFNAME] = { .type = NLA_NUL_STRING, .len = 15 },
	[SPINDLE_A_DEVICE_CLEAR] = NLA_POLICY_MAX(NLA_U32, 1),
};

const struct nla_policy spn_netlink_dev_set_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_DEVICE] = NLA_POLICY_NESTED(dev_set_device_policy),
};

static const struct nla_policy port_open_port_policy[SPINDLE_A_PORT_MAX + 1] = {
	[SPINDLE_A_PORT_ADDR] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, spn_netlink_check_addr),
	[SPINDLE_A_PORT_NUMBER] = NLA_POLICY_VALIDATE_FN(NLA_BE16, spn_netlink_check_port),
};

const struct nla_policy spn_netlink_port_open_request[SPINDLE_A_MAX + 1] = {
	[SPINDLE_A_PORT] = NLA_POLICY_NESTED(port_open_port_policy),
};

const struct nla_policy spn_netlink_alg_get_request[SPINDLE_A_MAX + 1] = {
};
