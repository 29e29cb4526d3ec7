// SPDX-License-Identifier: GPL-2.0
#include <crypto/algapi.h>
#include <linux/ip.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "ah.h"
#include "esp.h"

/*
 * The longest IP header that is authenticated: all of IPv4's, and what extension headers
 * there are in earnest.
 */
enum { FRONT_MAX = 256 };

/* RFC 4302 appendix A1: an option counts for what it is, or as zeros. */
static bool option_counts(u8 type)
{
	switch (type) {
	case IPOPT_SEC:
	case 0x85:		/* extended security (RFC 1108) */
	case IPOPT_CIPSO:
	case IPOPT_RA:
	case 0x95:		/* multi-destination delivery */
		return true;
	default:
		return false;
	}
}

/*
 * With a source route the destination is what it will be in the end.  Hosts refuse such
 * packets unless told otherwise, and so do we.
 */
static bool routes(u8 type)
{
	return type == IPOPT_LSRR || type == IPOPT_SSRR;
}

static bool zero_options4(u8 *option, unsigned int len)
{
	while (len && *option != IPOPT_END) {
		unsigned int n = 1;

		if (*option != IPOPT_NOOP) {
			if (len < 2 || option[1] < 2 || option[1] > len || routes(*option))
				return false;
			n = option[1];
			if (!option_counts(*option))
				memset(option, 0, n);
		}
		option += n;
		len -= n;
	}
	return true;
}

/* RFC 4302 3.3.3.1.1. */
static bool zero_mutable4(struct iphdr *iph, unsigned int ip_len)
{
	iph->tos = 0;
	iph->frag_off = 0;
	iph->ttl = 0;
	iph->check = 0;
	return ip_len >= sizeof(*iph) && zero_options4((u8 *)(iph + 1), ip_len - sizeof(*iph));
}

/* RFC 4302 3.3.3.1.2.2: the type of an option says whether its value may change. */
static bool zero_options6(u8 *header, unsigned int len)
{
	unsigned int at = 2, n;

	while (at < len) {
		if (header[at] == IPV6_TLV_PAD1) {
			at++;
			continue;
		}
		if (at + 2 > len || at + 2 + header[at + 1] > len)
			return false;
		n = header[at + 1];
		if (header[at] & 0x20)
			memset(&header[at + 2], 0, n);
		at += 2 + n;
	}
	return true;
}

/* Segments that are left would change place on the way: nobody sends that any more. */
static bool routing_done(const struct ipv6_rt_hdr *header)
{
	return header->segments_left == 0;
}

static bool zero_extension(u8 type, u8 *header, unsigned int len)
{
	switch (type) {
	case NEXTHDR_HOP:
	case NEXTHDR_DEST:
		return zero_options6(header, len);
	case NEXTHDR_ROUTING:
		return routing_done((const struct ipv6_rt_hdr *)header);
	default:
		return false;
	}
}

/* RFC 4302 3.3.3.1.2. */
static bool zero_mutable6(struct ipv6hdr *ip6h, unsigned int ip_len)
{
	unsigned int at = sizeof(*ip6h), len;
	u8 type = ip6h->nexthdr;

	ip6_flow_hdr(ip6h, 0, 0);
	ip6h->hop_limit = 0;
	for (; at < ip_len; at += len) {
		u8 *header = (u8 *)ip6h + at;

		if (at + 8 > ip_len)
			return false;
		len = 8 * (header[1] + 1);
		if (at + len > ip_len || !zero_extension(type, header, len))
			return false;
		type = header[0];
	}
	return true;
}

/*
 * Copies what stands before the payload as it is authenticated: the IP header without
 * what may change on the way, the AH header without its ICV, but with what pads it, which
 * need not be zeros (RFC 4302 2.6).
 */
static int copy_front(u8 front[FRONT_MAX + SPN_AH_LEN_MAX], struct sk_buff *skb,
		      unsigned int ip_len, unsigned int ah_len, unsigned int icv_len)
{
	struct spn_ah_head *head = (struct spn_ah_head *)(front + ip_len);
	bool ok;

	memcpy(front, skb_network_header(skb), ip_len);
	if (skb_copy_bits(skb, 0, head, ah_len))
		return -EINVAL;
	memset(head + 1, 0, icv_len);
	if (ip_hdr(skb)->version == 6)
		ok = zero_mutable6((struct ipv6hdr *)front, ip_len);
	else
		ok = zero_mutable4((struct iphdr *)front, ip_len);
	return ok ? 0 : -EINVAL;
}

/* The IP header as it will be sent, but for what may change on the way. */
static void set_len(u8 *front, unsigned int len)
{
	struct iphdr *iph = (struct iphdr *)front;

	if (iph->version == 6)
		((struct ipv6hdr *)front)->payload_len = htons(len - sizeof(struct ipv6hdr));
	else
		iph->tot_len = htons(len);
}

static bool front_fits(unsigned int ip_len)
{
	return ip_len <= FRONT_MAX;
}

int spn_ah_seal(const struct spn_xform *xform, struct sk_buff *skb, unsigned int ip_len,
		unsigned int ah_len, __be32 spi, u64 seq, u8 next_header)
{
	u8 front[FRONT_MAX + SPN_AH_LEN_MAX] __aligned(4), icv[SPN_ICV_MAX];
	struct spn_ah_head *head = (struct spn_ah_head *)skb->data;
	int err;

	if (!front_fits(ip_len))
		return -EINVAL;
	memset(head, 0, ah_len);
	head->next_header = next_header;
	head->len = ah_len / 4 - 2;
	head->spi = spi;
	head->seq = cpu_to_be32(lower_32_bits(seq));
	err = copy_front(front, skb, ip_len, ah_len, xform->suite->icv_len);
	if (err)
		return err;
	set_len(front, ip_len + skb->len);
	err = spn_xform_icv(xform, &(struct spn_piece){ front, ip_len + ah_len }, skb, ah_len,
			    skb->len - ah_len, seq, icv);
	if (!err)
		memcpy(head + 1, icv, xform->suite->icv_len);
	return err;
}

static unsigned int said_len(const struct sk_buff *skb)
{
	return 4 * (((const struct spn_ah_head *)skb->data)->len + 2);
}

bool spn_ah_check(const struct spn_suite *suite, const struct sk_buff *skb, unsigned int ip_len)
{
	unsigned int len = said_len(skb);

	return (len == spn_ah_len(suite, SPN_AH_ALIGN) ||
		len == spn_ah_len(suite, SPN_AH_ALIGN_MAX)) &&
	       len <= skb->len && front_fits(ip_len);
}

int spn_ah_open(const struct spn_xform *xform, struct sk_buff *skb, unsigned int ip_len,
		u64 seq)
{
	u8 front[FRONT_MAX + SPN_AH_LEN_MAX] __aligned(4);
	u8 computed[SPN_ICV_MAX], received[SPN_ICV_MAX];
	unsigned int icv_len = xform->suite->icv_len, ah_len = said_len(skb);
	int err;

	err = spn_esp_make_ours(skb);
	if (err)
		return err;
	err = copy_front(front, skb, ip_len, ah_len, icv_len);
	if (err)
		return -EBADMSG;
	err = spn_xform_icv(xform, &(struct spn_piece){ front, ip_len + ah_len }, skb, ah_len,
			    skb->len - ah_len, seq, computed) ?:
	      skb_copy_bits(skb, sizeof(struct spn_ah_head), received, icv_len);
	if (err)
		return err;
	if (crypto_memneq(computed, received, icv_len))
		return -EBADMSG;
	return skb_linearize_cow(skb);
}

u8 spn_ah_strip(struct sk_buff *skb)
{
	u8 next_header = ((const struct spn_ah_head *)skb->data)->next_header;

	__skb_pull(skb, said_len(skb));
	return next_header;
}
