/* SPDX-License-Identifier: GPL-2.0 */
/* Made of the specification by Documentation/netlink/policies: change that. */
#ifndef _SPINDLE_NETLINK_POLICY_H
#define _SPINDLE_NETLINK_POLICY_H

#include <linux/spindle.h>
#include <net/netlink.h>

int spn_netlink_check_addr(const struct nlattr *attr, struct netlink_ext_ack *extack);
int spn_netlink_check_ah_align(const struct nlattr *attr, struct netlink_ext_ack *extack);
int spn_netlink_check_name(const struct nlattr *attr, struct netlink_ext_ack *extack);
int spn_netlink_check_port(const struct nlattr *attr, struct netlink_ext_ack *extack);

/* What the request of each operation may have. */
extern const struct nla_policy spn_netlink_dev_get_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_tunnel_new_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_tunnel_set_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_tunnel_get_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_tunnel_del_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_spi_alloc_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_sa_new_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_sa_get_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_sa_del_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_sa_flush_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_sa_activate_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_dev_set_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_port_open_request[SPINDLE_A_MAX + 1];
extern const struct nla_policy spn_netlink_alg_get_request[SPINDLE_A_MAX + 1];

#endif
