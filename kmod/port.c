// SPDX-License-Identifier: GPL-2.0
#include <linux/file.h>
#include <linux/in.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "port.h"

enum { RETRY = HZ };	/* jiffies, while another program has a port */

static int (*take_datagram)(struct sock *sk, struct sk_buff *skb) __ro_after_init;
static int (*ask_about_error)(struct sock *sk, struct sk_buff *skb) __ro_after_init;

void __init spn_port_init(int (*rcv)(struct sock *sk, struct sk_buff *skb),
			  int (*error_lookup)(struct sock *sk, struct sk_buff *skb))
{
	take_datagram = rcv;
	ask_about_error = error_lookup;
	/*
	 * An exemption from policies is a policy, and only xfrm's user interface makes them.
	 * It cannot be loaded under a lock; without it there are none to be exempt from.
	 */
	request_module("net-pf-%d-proto-%d", PF_NETLINK, NETLINK_XFRM);
}

/* --- the socket ------------------------------------------------------------- */

static int set_option(struct socket *sock, int level, int option, void *value, unsigned int len)
{
	return sock->ops->setsockopt(sock, level, option, KERNEL_SOCKPTR(value), len);
}

/*
 * A host-wide policy that asks for IPsec would refuse ESP in UDP before we see it, for so
 * far it is a datagram like any other; so it would the peer's IKE, and encrypt ours.
 */
static int exempt_from_policies(struct socket *sock, u16 family)
{
	struct xfrm_userpolicy_info policy = {
		.sel.family = family,
		.action = XFRM_POLICY_ALLOW,
	};
	int level = family == AF_INET ? SOL_IP : SOL_IPV6;
	int option = family == AF_INET ? IP_XFRM_POLICY : IPV6_XFRM_POLICY;
	u8 dir;
	int err;

	for (dir = XFRM_POLICY_IN; dir <= XFRM_POLICY_OUT; dir++) {
		policy.dir = dir;
		err = set_option(sock, level, option, &policy, sizeof(policy));
		/* Invalid if nobody is there who could make one. */
		if (err && err != -EINVAL)
			return err;
	}
	return 0;
}

static int bind_socket(struct socket *sock, const struct spn_port *port)
{
	struct sockaddr_in6 at6 = { .sin6_family = AF_INET6, .sin6_port = htons(port->number) };
	struct sockaddr_in at4 = { .sin_family = AF_INET, .sin_port = htons(port->number) };

	/* The address may come later, and come back. */
	ip_sock_set_freebind(sock->sk);
	if (port->local.family == AF_INET) {
		at4.sin_addr.s_addr = port->local.v4;
		return kernel_bind(sock, (void *)&at4, sizeof(at4));
	}
	memcpy(&at6.sin6_addr, port->local.octets, sizeof(at6.sin6_addr));
	ip6_sock_set_v6only(sock->sk);
	return kernel_bind(sock, (void *)&at6, sizeof(at6));
}

/* All else comes before bind(): the next datagram may be ESP. */
static int set_up_socket(struct socket *sock, struct spn_port *port)
{
	struct udp_sock *up = udp_sk(sock->sk);
	int type = UDP_ENCAP_ESPINUDP;
	int err;

	/* With it, nobody else's encapsulation takes the socket over. */
	sock->sk->sk_user_data = port;
	err = exempt_from_policies(sock, port->local.family);
	if (err)
		return err;
	/* This makes it xfrm's, which we put ourselves in front of. */
	err = set_option(sock, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type));
	if (err)
		return err;
	port->to_xfrm = up->encap_rcv;
	WRITE_ONCE(up->encap_rcv, take_datagram);
	WRITE_ONCE(up->encap_err_lookup, ask_about_error);
	return bind_socket(sock, port);
}

int spn_port_to_xfrm(struct sock *sk, struct sk_buff *skb)
{
	const struct spn_port *port = sk->sk_user_data;

	return port->to_xfrm(sk, skb);
}

static int open_socket(struct spn_port *port)
{
	struct socket *sock;
	int err;

	/* One of the kernel's own holds no reference of the namespace. */
	err = sock_create_kern(port->sn->net, port->local.family, SOCK_DGRAM, IPPROTO_UDP, &sock);
	/* So it calls that there is no memory; of files there is none here. */
	if (err == -ENFILE)
		err = -ENOMEM;
	if (err)
		return err;
	err = set_up_socket(sock, port);
	if (err)
		sock_release(sock);
	else
		port->sock = sock;
	return err;
}

/* --- ports ------------------------------------------------------------------ */

static void try_to_open(struct spn_port *port)
{
	lockdep_assert_held(&port->sn->lock);
	if (port->sock)
		return;
	port->err = open_socket(port);
	if (port->err)
		schedule_delayed_work(&port->sn->ports_retry, RETRY);
}

static void retry(struct work_struct *work)
{
	struct spn_net *sn = container_of(work, struct spn_net, ports_retry.work);
	struct spn_port *port;

	mutex_lock(&sn->lock);
	list_for_each_entry(port, &sn->ports, node)
		try_to_open(port);
	mutex_unlock(&sn->lock);
}

void spn_port_table_init(struct spn_net *sn)
{
	INIT_LIST_HEAD(&sn->ports);
	INIT_DELAYED_WORK(&sn->ports_retry, retry);
}

void spn_port_table_stop(struct spn_net *sn)
{
	cancel_delayed_work_sync(&sn->ports_retry);
}

static struct spn_port *find_port(struct spn_net *sn, const struct spn_addr *local, u16 number)
{
	struct spn_port *port;

	list_for_each_entry(port, &sn->ports, node)
		if (port->number == number && !memcmp(&port->local, local, sizeof(*local)))
			return port;
	return NULL;
}

struct spn_port *spn_port_get(struct spn_net *sn, const struct spn_addr *local, u16 number)
{
	struct spn_port *port;

	lockdep_assert_held(&sn->lock);
	port = find_port(sn, local, number);
	if (!port) {
		port = kzalloc(sizeof(*port), GFP_KERNEL);
		if (!port)
			return ERR_PTR(-ENOMEM);
		port->sn = sn;
		port->local = *local;
		port->number = number;
		list_add(&port->node, &sn->ports);
	}
	port->users++;
	try_to_open(port);
	return port;
}

void spn_port_put(struct spn_port *port)
{
	lockdep_assert_held(&port->sn->lock);
	if (--port->users)
		return;
	list_del(&port->node);
	if (port->sock)
		sock_release(port->sock);
	kfree_rcu(port, rcu);
}

/* --- what is lent out ------------------------------------------------------- */

/*
 * A file needs a struct socket of its own, for there is one for each; this one passes on to
 * the port's what IKE needs.  It has the same struct sock, which others look at: security
 * modules, and what is general of setsockopt().
 */
static struct spn_port *port_of(const struct socket *lent)
{
	return lent->sk->sk_user_data;
}

static int lent_release(struct socket *lent)
{
	struct spn_port *port = port_of(lent);
	struct spn_net *sn = port->sn;
	struct net *net = sn->net;

	lent->sk = NULL;
	mutex_lock(&sn->lock);
	spn_port_put(port);
	mutex_unlock(&sn->lock);
	put_net(net);
	return 0;
}

static int lent_getname(struct socket *lent, struct sockaddr *addr, int peer)
{
	struct socket *sock = port_of(lent)->sock;

	return sock->ops->getname(sock, addr, peer);
}

static __poll_t lent_poll(struct file *file, struct socket *lent, poll_table *wait)
{
	struct socket *sock = port_of(lent)->sock;

	return sock->ops->poll(file, sock, wait);
}

static int lent_sendmsg(struct socket *lent, struct msghdr *msg, size_t len)
{
	struct socket *sock = port_of(lent)->sock;

	return sock->ops->sendmsg(sock, msg, len);
}

static int lent_recvmsg(struct socket *lent, struct msghdr *msg, size_t len, int flags)
{
	struct socket *sock = port_of(lent)->sock;

	return sock->ops->recvmsg(sock, msg, len, flags);
}

static const struct proto_ops lent_ops = {
	.family = PF_INET,
	.owner = THIS_MODULE,
	.release = lent_release,
	.bind = sock_no_bind,
	.connect = sock_no_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = lent_getname,
	.poll = lent_poll,
	.ioctl = sock_no_ioctl,
	.listen = sock_no_listen,
	.shutdown = sock_no_shutdown,
	.sendmsg = lent_sendmsg,
	.recvmsg = lent_recvmsg,
	.mmap = sock_no_mmap,
};

/* One that is open, for the asking. */
static struct spn_port *get_open(struct spn_net *sn, const struct spn_addr *local, u16 number)
{
	struct spn_port *port;
	int err;

	mutex_lock(&sn->lock);
	port = spn_port_get(sn, local, number);
	if (!IS_ERR(port) && !port->sock) {
		err = port->err;
		spn_port_put(port);
		port = ERR_PTR(err);
	}
	mutex_unlock(&sn->lock);
	return port;
}

struct file *spn_port_lend(struct spn_net *sn, const struct spn_addr *local, u16 number)
{
	struct spn_port *port = get_open(sn, local, number);
	struct socket *lent;
	int err;

	if (IS_ERR(port))
		return ERR_CAST(port);
	err = sock_create_lite(local->family, SOCK_DGRAM, IPPROTO_UDP, &lent);
	if (err) {
		mutex_lock(&sn->lock);
		spn_port_put(port);
		mutex_unlock(&sn->lock);
		return ERR_PTR(err);
	}
	get_net(sn->net);
	/* The caller is a request to the module, which stays until it is answered. */
	__module_get(THIS_MODULE);
	lent->sk = port->sock->sk;
	lent->ops = &lent_ops;
	/* If it cannot, it releases the socket. */
	return sock_alloc_file(lent, 0, NULL);
}
