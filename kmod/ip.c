// SPDX-License-Identifier: GPL-2.0
#include <linux/icmpv6.h>
#include <net/dsfield.h>
#include <net/dst.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "ip.h"

bool spn_ip_is_host(const struct spn_addr *addr)
{
	struct in6_addr v6;

	if (addr->family == AF_INET)
		return !ipv4_is_zeronet(addr->v4) && !ipv4_is_multicast(addr->v4) &&
		       !ipv4_is_lbcast(addr->v4);
	memcpy(&v6, addr->octets, sizeof(v6));
	return !(ipv6_addr_type(&v6) & (IPV6_ADDR_MULTICAST | IPV6_ADDR_LINKLOCAL |
					IPV6_ADDR_MAPPED)) && !ipv6_addr_any(&v6);
}

static struct spn_addr src_of(const struct sk_buff *skb, bool v6)
{
	return v6 ? spn_ip_addr6(&ipv6_hdr(skb)->saddr) : spn_ip_addr4(ip_hdr(skb)->saddr);
}

static struct spn_addr dst_of(const struct sk_buff *skb, bool v6)
{
	return v6 ? spn_ip_addr6(&ipv6_hdr(skb)->daddr) : spn_ip_addr4(ip_hdr(skb)->daddr);
}

struct spn_addr spn_ip_src(const struct sk_buff *skb)
{
	return src_of(skb, spn_ip_is_v6(skb));
}

struct spn_addr spn_ip_dst(const struct sk_buff *skb)
{
	return dst_of(skb, spn_ip_is_v6(skb));
}

/* @at: what follows the header whose next header is @proto. */
static int content6(const struct sk_buff *skb, int at, u8 *proto)
{
	const struct frag_hdr *fh;
	struct frag_hdr buf;
	__be16 frag_off;

	at = ipv6_skip_exthdr(skb, at, proto, &frag_off);
	if (at < 0 || *proto != NEXTHDR_FRAGMENT)
		return at;
	fh = skb_header_pointer(skb, at, sizeof(buf), &buf);
	if (fh)
		*proto = fh->nexthdr;
	return -1;
}

static void read4(const struct sk_buff *skb, struct spn_ip *ip)
{
	const struct iphdr *iph = ip_hdr(skb);

	*ip = (struct spn_ip){
		.family = AF_INET,
		.content = iph->frag_off & htons(IP_OFFSET) ? 0 : iph->ihl * 4,
		.proto = iph->protocol,
		.tos = iph->tos,
		.df = iph->frag_off & htons(IP_DF),
		.fragment = ip_is_fragment(iph),
	};
}

static void read6(const struct sk_buff *skb, struct spn_ip *ip)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	int header = skb_network_offset(skb), at;

	*ip = (struct spn_ip){
		.family = AF_INET6,
		.proto = ip6h->nexthdr,
		.tos = ipv6_get_dsfield(ip6h),
		.df = true,
	};
	at = content6(skb, header + sizeof(*ip6h), &ip->proto);
	if (at >= 0 && at - header <= U16_MAX)
		ip->content = at - header;
}

bool spn_ip_read(const struct sk_buff *skb, struct spn_ip *ip)
{
	switch (ip_hdr(skb)->version) {
	case 4:
		read4(skb, ip);
		return ip_hdr(skb)->ihl >= 5;
	case 6:
		read6(skb, ip);
		return true;
	default:
		return false;
	}
}

/* @at: where the packet's content is, or negative. */
static void read_ports(const struct sk_buff *skb, int at, struct spn_tuple *tuple)
{
	const __be16 *ports = NULL;
	__be16 buf[2];

	if (at >= 0 && spn_proto_has_ports(tuple->proto))
		ports = skb_header_pointer(skb, at, sizeof(buf), buf);
	if (ports) {
		tuple->has_ports = true;
		tuple->local_port = ntohs(ports[0]);
		tuple->remote_port = ntohs(ports[1]);
	}
}

static void turn_round(struct spn_tuple *tuple)
{
	swap(tuple->local, tuple->remote);
	swap(tuple->local_port, tuple->remote_port);
}

struct spn_tuple spn_ip_tuple(const struct sk_buff *skb, const struct spn_ip *ip,
			      enum spindle_dir dir)
{
	bool v6 = ip->family == AF_INET6;
	struct spn_tuple tuple = {
		.local = src_of(skb, v6),
		.remote = dst_of(skb, v6),
		.proto = ip->proto,
	};

	read_ports(skb, spn_ip_content(skb, ip), &tuple);
	if (dir == SPINDLE_DIR_IN)
		turn_round(&tuple);
	return tuple;
}

static bool quoted4(const struct sk_buff *skb, int at, struct spn_tuple *tuple)
{
	const struct iphdr *iph;
	struct iphdr buf;

	iph = skb_header_pointer(skb, at, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5)
		return false;
	tuple->local = spn_ip_addr4(iph->saddr);
	tuple->remote = spn_ip_addr4(iph->daddr);
	tuple->proto = iph->protocol;
	if (!(iph->frag_off & htons(IP_OFFSET)))
		read_ports(skb, at + iph->ihl * 4, tuple);
	return true;
}

static bool quoted6(const struct sk_buff *skb, int at, struct spn_tuple *tuple)
{
	const struct ipv6hdr *ip6h;
	struct ipv6hdr buf;

	ip6h = skb_header_pointer(skb, at, sizeof(buf), &buf);
	if (!ip6h || ip6h->version != 6)
		return false;
	tuple->local = spn_ip_addr6(&ip6h->saddr);
	tuple->remote = spn_ip_addr6(&ip6h->daddr);
	tuple->proto = ip6h->nexthdr;
	read_ports(skb, content6(skb, at + sizeof(buf), &tuple->proto), tuple);
	return true;
}

/* Redirects quote a packet too, but are no matter beyond one link. */
static bool is_error(bool v6, u8 type)
{
	if (v6)
		return type >= ICMPV6_DEST_UNREACH && type <= ICMPV6_PARAMPROB;
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

bool spn_ip_quoted(const struct sk_buff *skb, const struct spn_ip *ip, enum spindle_dir dir,
		   struct spn_tuple *tuple)
{
	bool v6 = ip->family == AF_INET6;
	int at = spn_ip_content(skb, ip);
	struct spn_addr dst;
	const u8 *type;
	u8 buf;

	if (at < 0 || ip->proto != (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return false;
	type = skb_header_pointer(skb, at, sizeof(buf), &buf);
	if (!type || !is_error(v6, *type))
		return false;
	/* The header of ICMP has 8 octets, of which the last 4 do not matter here. */
	at += sizeof(struct icmphdr);
	memset(tuple, 0, sizeof(*tuple));
	dst = dst_of(skb, v6);
	if (!(v6 ? quoted6(skb, at, tuple) : quoted4(skb, at, tuple)) ||
	    memcmp(&tuple->local, &dst, sizeof(dst)))
		return false;
	if (dir == SPINDLE_DIR_OUT)
		turn_round(tuple);
	return true;
}

u8 spn_ip_tos(const struct sk_buff *skb)
{
	return spn_ip_is_v6(skb) ? ipv6_get_dsfield(ipv6_hdr(skb)) :
				   ipv4_get_dsfield(ip_hdr(skb));
}

/* The length that an IPv4 header claims, or 0 if it cannot be one. */
static unsigned int len4(const struct iphdr *iph)
{
	unsigned int len = ntohs(iph->tot_len);

	return iph->version == 4 && iph->ihl >= 5 && len >= iph->ihl * 4 ? len : 0;
}

static unsigned int len6(const struct ipv6hdr *ip6h)
{
	return ip6h->version == 6 ? sizeof(*ip6h) + ntohs(ip6h->payload_len) : 0;
}

enum spn_drop_reason spn_ip_trim(struct sk_buff *skb, u8 next_header)
{
	bool v6 = next_header == IPPROTO_IPV6;
	unsigned int len;

	if (skb->len < (v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)))
		return SPN_DROP_INNER_HEADER;
	len = v6 ? len6((const void *)skb->data) : len4((const void *)skb->data);
	if (!len || len > skb->len)
		return SPN_DROP_INNER_HEADER;
	__skb_trim(skb, len);
	skb_reset_network_header(skb);
	skb->protocol = v6 ? htons(ETH_P_IPV6) : htons(ETH_P_IP);
	return SPN_DROP_NONE;
}

static unsigned int front_len6(struct sk_buff *skb)
{
	u8 *next_header;
	int len;

	len = ip6_find_1stfragopt(skb, &next_header);
	return len < 0 || *next_header == NEXTHDR_FRAGMENT ? 0 : len;
}

unsigned int spn_ip_front_len(struct sk_buff *skb, const struct spn_ip *ip)
{
	unsigned int len;

	if (ip->family == AF_INET6)
		len = front_len6(skb);
	else
		len = ip->fragment ? 0 : ip_hdr(skb)->ihl * 4;
	return pskb_may_pull(skb, len) ? len : 0;
}

/* Where the front of a packet, of @len octets, says what follows it. */
static unsigned int next_at(const struct sk_buff *skb, unsigned int len)
{
	unsigned int at = offsetof(struct ipv6hdr, nexthdr), end = sizeof(struct ipv6hdr);
	const u8 *header = skb_network_header(skb);

	if (!spn_ip_is_v6(skb))
		return offsetof(struct iphdr, protocol);
	while (end < len) {
		at = end;
		end += ipv6_optlen((const struct ipv6_opt_hdr *)(header + end));
	}
	return at;
}

u8 spn_ip_part(struct sk_buff *skb, unsigned int len, unsigned int gap, u8 protocol)
{
	u8 *next_header = skb_network_header(skb) + next_at(skb, len), was = *next_header;

	*next_header = protocol;
	memmove(skb->data - gap, skb->data, len);
	skb_set_network_header(skb, -gap);
	__skb_pull(skb, len);
	return was;
}

static void set_len(struct sk_buff *skb)
{
	if (spn_ip_is_v6(skb)) {
		ipv6_hdr(skb)->payload_len = htons(skb->len - sizeof(struct ipv6hdr));
	} else {
		ip_hdr(skb)->tot_len = htons(skb->len);
		ip_send_check(ip_hdr(skb));
	}
}

void spn_ip_join(struct sk_buff *skb, unsigned int len, unsigned int at, u8 protocol)
{
	const u8 *header = skb_network_header(skb);
	u8 *front = __skb_push(skb, len);

	memmove(front, header, len);
	skb_reset_network_header(skb);
	front[at] = protocol;
	set_len(skb);
	skb->protocol = spn_ip_is_v6(skb) ? htons(ETH_P_IPV6) : htons(ETH_P_IP);
}

void spn_ip_unreachable(struct sk_buff *skb)
{
	if (spn_ip_is_v6(skb))
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH, 0);
	else
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
}

void spn_ip_too_big(struct sk_buff *skb, unsigned int mtu)
{
	skb_dst_update_pmtu_no_confirm(skb, mtu);
	if (spn_ip_is_v6(skb))
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	else
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
}
