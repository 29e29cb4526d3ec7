// SPDX-License-Identifier: GPL-2.0
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/xfrm.h>

#include "ah.h"
#include "esp.h"
#include "hook.h"
#include "input.h"
#include "ip.h"
#include "port.h"

/*
 * The handlers of a protocol form a chain, asked from the highest priority
 * down: xfrm's own is 0, its interfaces 10, vti 100.  A handler that returns
 * -EINVAL passes the packet on, so xfrm's SAs work as if we were not here.
 *
 * What has an SPI of ours is ours.  What has none is counted as lost only where vti, whose
 * states have marks that no packet carries, has not wanted it, and where what comes next
 * looks for a state by what the packet says, as we can.
 */
enum {
	PRIORITY = 200,
	PRIORITY_UNKNOWN = 50,
};

static int esp_rcv(struct sk_buff *skb)
{
	return spn_input(skb, IPPROTO_ESP, false);
}

static int ah_rcv(struct sk_buff *skb)
{
	return spn_input(skb, IPPROTO_AH, false);
}

/* RFC 3948 2: ESP, whose SPI is not 0, or IKE, whose marker is, or a keepalive. */
static bool is_keepalive(const struct sk_buff *skb)
{
	const u8 *octets = skb->data + sizeof(struct udphdr);

	return skb->len == sizeof(struct udphdr) + 1 && octets[0] == 0xff;
}

static bool is_esp(const struct sk_buff *skb)
{
	const struct spn_esp_head *head = (const void *)(skb->data + sizeof(struct udphdr));

	return skb->len > sizeof(struct udphdr) + sizeof(*head) && head->spi;
}

int spn_hook_udp_rcv(struct sock *sk, struct sk_buff *skb)
{
	const unsigned int longest = sizeof(struct udphdr) + sizeof(struct spn_esp_head);

	if (!pskb_may_pull(skb, min(skb->len, longest)))
		return 1;
	if (is_keepalive(skb)) {
		consume_skb(skb);
		return 0;
	}
	if (!is_esp(skb))
		return 1;
	__skb_pull(skb, sizeof(struct udphdr));
	skb_reset_transport_header(skb);
	if (!spn_input(skb, IPPROTO_ESP, true))
		return 0;
	__skb_push(skb, sizeof(struct udphdr));
	skb_reset_transport_header(skb);
	return spn_port_to_xfrm(sk, skb);
}

/* From another program's UDP socket with UDP_ENCAP; @spi is 0, so the packet is asked. */
static int encap_rcv(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	/* TCP is none that we send (RFC 8229), nor is the marker of the drafts before RFC 3948. */
	if (encap_type != UDP_ENCAP_ESPINUDP)
		return -EINVAL;
	return spn_input(skb, nexthdr, true);
}

static int esp_unknown(struct sk_buff *skb)
{
	return spn_input_unknown(skb, IPPROTO_ESP);
}

static int ah_unknown(struct sk_buff *skb)
{
	return spn_input_unknown(skb, IPPROTO_AH);
}

static int encap_unknown(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return spn_input_unknown(skb, nexthdr);
}

/* xfrm calls this for packets that it has opened itself; those are never ours. */
static int no_cb(struct sk_buff *skb, int err)
{
	return 1;
}

/*
 * The SPI of a quoted packet, or 0, which no SA has, if so much is not quoted: of ESP in UDP a
 * router need not.
 */
static __be32 quoted_spi(const struct sk_buff *skb, unsigned int offset, u8 proto)
{
	unsigned int at = proto == IPPROTO_AH ? offsetof(struct spn_ah_head, spi) :
						offsetof(struct spn_esp_head, spi);
	const __be32 *spi;
	__be32 buffer;

	spi = skb_header_pointer(skb, offset + at, sizeof(buffer), &buffer);
	return spi ? *spi : 0;
}

/*
 * Anyone can forge an error who knows the addresses of two gateways; the SPI is known only to
 * those who have seen their packets.  An error that is not ours may be about the kernel's own
 * IPsec.  @offset is that of ESP or AH in the quoted packet.
 */
static int take_error4(struct sk_buff *skb, const struct icmphdr *icmph, u32 mtu,
		       unsigned int offset, struct spn_quote quote)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	bool too_big = icmph->type == ICMP_DEST_UNREACH && icmph->code == ICMP_FRAG_NEEDED;

	quote.local = spn_ip_addr4(iph->saddr);
	quote.remote = spn_ip_addr4(iph->daddr);
	quote.spi = quoted_spi(skb, offset, quote.proto);
	return spn_input_error(skb, &quote, too_big ? mtu : 0) ? 0 : -ENOENT;
}

static int take_error6(struct sk_buff *skb, u8 type, u32 mtu, unsigned int offset,
		       struct spn_quote quote)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;

	quote.local = spn_ip_addr6(&ip6h->saddr);
	quote.remote = spn_ip_addr6(&ip6h->daddr);
	quote.spi = quoted_spi(skb, offset, quote.proto);
	return spn_input_error(skb, &quote, type == ICMPV6_PKT_TOOBIG ? mtu : 0) ? 0 : -ENOENT;
}

static int err4(struct sk_buff *skb, u32 info, u8 proto)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;

	return take_error4(skb, icmp_hdr(skb), info, iph->ihl * 4,
			   (struct spn_quote){ .proto = proto });
}

static int esp_err4(struct sk_buff *skb, u32 info)
{
	return err4(skb, info, IPPROTO_ESP);
}

static int ah_err4(struct sk_buff *skb, u32 info)
{
	return err4(skb, info, IPPROTO_AH);
}

static int esp_err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code,
		    int offset, __be32 info)
{
	return take_error6(skb, type, ntohl(info), offset,
			   (struct spn_quote){ .proto = IPPROTO_ESP });
}

static int ah_err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code,
		   int offset, __be32 info)
{
	return take_error6(skb, type, ntohl(info), offset,
			   (struct spn_quote){ .proto = IPPROTO_AH });
}

/*
 * The ICMP header, which nobody points to any more, ends where what it quotes begins, as
 * icmp_rcv() and icmpv6_rcv() have left it; the transport header is the quoted one of UDP.
 * An error is never for the socket to act upon: whoever forges one of IKE needs no more than
 * the addresses and ports for that.
 */
int spn_hook_udp_error(struct sock *sk, struct sk_buff *skb)
{
	const struct icmp6hdr *icmp6h = (const struct icmp6hdr *)skb->data - 1;
	const struct icmphdr *icmph = (const struct icmphdr *)skb->data - 1;
	const struct spn_quote quote = { .proto = IPPROTO_ESP, .encap = true };
	unsigned int offset = skb_transport_offset(skb) + sizeof(struct udphdr);
	u32 mtu = ntohs(icmph->un.frag.mtu);

	if (sk->sk_family == AF_INET6) {
		take_error6(skb, icmp6h->icmp6_type, ntohl(icmp6h->icmp6_mtu), offset, quote);
		return -ENOENT;
	}
	/* Where routers are not to be believed, as icmp_unreach() has it for everybody else. */
	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_no_pmtu_disc) == 1)
		mtu = 0;
	take_error4(skb, icmph, mtu, offset, quote);
	return -ENOENT;
}

static int no_err4(struct sk_buff *skb, u32 info)
{
	return -ENOENT;
}

static int no_err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code,
		   int offset, __be32 info)
{
	return -ENOENT;
}

#define PROTOCOL(rcv, encap, err, at)		\
	{					\
		.handler = rcv,			\
		.input_handler = encap,		\
		.cb_handler = no_cb,		\
		.err_handler = err,		\
		.priority = at,			\
	}

#define KNOWN(rcv, err) PROTOCOL(rcv, encap_rcv, err, PRIORITY)
#define UNKNOWN(rcv, err) PROTOCOL(rcv, encap_unknown, err, PRIORITY_UNKNOWN)

static struct hook4 {
	struct xfrm4_protocol protocol;
	u8 number;
} hooks4[] = {
	{ KNOWN(esp_rcv, esp_err4), IPPROTO_ESP },
	{ KNOWN(ah_rcv, ah_err4), IPPROTO_AH },
	{ UNKNOWN(esp_unknown, no_err4), IPPROTO_ESP },
	{ UNKNOWN(ah_unknown, no_err4), IPPROTO_AH },
};

static struct hook6 {
	struct xfrm6_protocol protocol;
	u8 number;
} hooks6[] = {
	{ KNOWN(esp_rcv, esp_err6), IPPROTO_ESP },
	{ KNOWN(ah_rcv, ah_err6), IPPROTO_AH },
	{ UNKNOWN(esp_unknown, no_err6), IPPROTO_ESP },
	{ UNKNOWN(ah_unknown, no_err6), IPPROTO_AH },
};

static void leave4(unsigned int n)
{
	while (n--)
		xfrm4_protocol_deregister(&hooks4[n].protocol, hooks4[n].number);
}

static void leave6(unsigned int n)
{
	while (n--)
		xfrm6_protocol_deregister(&hooks6[n].protocol, hooks6[n].number);
}

static int __init enter4(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(hooks4); i++) {
		err = xfrm4_protocol_register(&hooks4[i].protocol, hooks4[i].number);
		if (err) {
			leave4(i);
			return err;
		}
	}
	return 0;
}

static int __init enter6(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(hooks6); i++) {
		err = xfrm6_protocol_register(&hooks6[i].protocol, hooks6[i].number);
		if (err) {
			leave6(i);
			return err;
		}
	}
	return 0;
}

int __init spn_hook_init(void)
{
	int err;

	err = enter4();
	if (err)
		return err;
	err = enter6();
	if (err)
		leave4(ARRAY_SIZE(hooks4));
	return err;
}

void spn_hook_exit(void)
{
	leave6(ARRAY_SIZE(hooks6));
	leave4(ARRAY_SIZE(hooks4));
}
