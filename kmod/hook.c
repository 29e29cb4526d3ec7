// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <net/xfrm.h>

#include "hook.h"
#include "input.h"

/*
 * The handlers of a protocol form a chain, asked from the highest priority
 * down: xfrm's own is 0, its interfaces 10, vti 100.  A handler that returns
 * -EINVAL passes the packet on, so xfrm's SAs work as if we were not here.
 */
enum { PRIORITY = 200 };

static int esp4_rcv(struct sk_buff *skb)
{
	return spn_input(skb, false);
}

/* From a UDP socket with UDP_ENCAP; @spi is 0 there, so the packet is asked. */
static int esp4_input(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return spn_input(skb, true);
}

/* Of packets that xfrm has opened; none of them is ours. */
static int esp4_cb(struct sk_buff *skb, int err)
{
	return 1;
}

static int esp4_err(struct sk_buff *skb, u32 info)
{
	return spn_input_error(skb, info);
}

static struct xfrm4_protocol esp4_protocol = {
	.handler = esp4_rcv,
	.input_handler = esp4_input,
	.cb_handler = esp4_cb,
	.err_handler = esp4_err,
	.priority = PRIORITY,
};

int __init spn_hook_init(void)
{
	return xfrm4_protocol_register(&esp4_protocol, IPPROTO_ESP);
}

void spn_hook_exit(void)
{
	xfrm4_protocol_deregister(&esp4_protocol, IPPROTO_ESP);
}
