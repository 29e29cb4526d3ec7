/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where ESP in UDP comes in (RFC 3948): one UDP socket for each local address and port of a
 * namespace, which a keying daemon shares for its IKE.
 *
 * The socket is the module's, so that it is there whoever keys the tunnels and whatever
 * becomes of him; ESP goes to us and what we do not know to xfrm, all else waits in the
 * socket's queue.  A daemon is lent a descriptor.  It does not lend us one: a descriptor of
 * its own that we held would hold the namespace for ever, and a successor could bind beside
 * its predecessor only with SO_REUSEADDR, by which anybody on the host could do so, too, or
 * with SO_REUSEPORT, which deals packets out among the two.
 */
#ifndef _SPINDLE_PORT_H
#define _SPINDLE_PORT_H

#include <linux/init.h>
#include <linux/net.h>

#include "net.h"
#include "prefix.h"

/**
 * struct spn_port - a local address and UDP port at which ESP comes in
 * @node: in spn_net.ports; under spn_net.lock
 * @sn: the namespace; a descriptor that is lent out has a reference of struct net
 * @local: the address
 * @number: the port
 * @users: configurations of tunnels, and descriptors that are lent out; under spn_net.lock
 * @sock: the socket; NULL while it cannot be had; set under spn_net.lock, then stays
 * @err: why it cannot be had; under spn_net.lock
 * @to_xfrm: takes what comes there and is not ours
 * @rcu: for packets that are in the socket while it is closed
 */
struct spn_port {
	struct list_head node;
	struct spn_net *sn;
	struct spn_addr local;
	u16 number;
	unsigned int users;
	struct socket *sock;
	int err;
	int (*to_xfrm)(struct sock *sk, struct sk_buff *skb);
	struct rcu_head rcu;
};

/*
 * @rcv gets what comes at a port, and @error_lookup is asked about every ICMP error that
 * quotes a datagram from there (udp_sock.encap_rcv and encap_err_lookup).
 */
void __init spn_port_init(int (*rcv)(struct sock *sk, struct sk_buff *skb),
			  int (*error_lookup)(struct sock *sk, struct sk_buff *skb));

/* What becomes of a datagram that is not ours, as udp_sock.encap_rcv has it. */
int spn_port_to_xfrm(struct sock *sk, struct sk_buff *skb);

void spn_port_table_init(struct spn_net *sn);

/* When the tunnels have ended.  Not under spn_net.lock. */
void spn_port_table_stop(struct spn_net *sn);

/**
 * spn_port_get - have ESP in UDP come in at a port
 * @sn: the namespace; its lock is held
 * @local: address
 * @number: port
 *
 * If another program has the port, it is tried again until it has not.
 *
 * Return: the port, for spn_port_put(), or an ERR_PTR().
 */
struct spn_port *spn_port_get(struct spn_net *sn, const struct spn_addr *local, u16 number);

/* Under spn_net.lock. */
void spn_port_put(struct spn_port *port);

/**
 * spn_port_lend - open a file of a port's socket, for IKE
 * @sn: the namespace; its lock is not held
 * @local: address
 * @number: port
 *
 * What can be done with the file is to send, receive and wait; while it is open, the port,
 * the namespace and the module stay.
 *
 * Return: the file or an ERR_PTR(): -EADDRINUSE if another program has the port.
 */
struct file *spn_port_lend(struct spn_net *sn, const struct spn_addr *local, u16 number);

#endif
