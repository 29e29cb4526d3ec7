// SPDX-License-Identifier: GPL-2.0
#include <linux/swab.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/tcp.h>

#include "mss.h"

/* Where the option's value is among the octets of a header, or 0. */
static unsigned int find_mss(const u8 *header, unsigned int len)
{
	unsigned int at = sizeof(struct tcphdr);

	while (at < len && header[at] != TCPOPT_EOL) {
		if (header[at] == TCPOPT_NOP) {
			at++;
			continue;
		}
		if (at + 2 > len || header[at + 1] < 2 || at + header[at + 1] > len)
			break;
		if (header[at] == TCPOPT_MSS && header[at + 1] == TCPOLEN_MSS)
			return at + 2;
		at += header[at + 1];
	}
	return 0;
}

/* Octets of the TCP header of a SYN there, 0 of anything else. */
static unsigned int syn_len(const struct sk_buff *skb, unsigned int at)
{
	const struct tcphdr *th;
	struct tcphdr buf;

	th = skb_header_pointer(skb, at, sizeof(buf), &buf);
	return th && th->syn && th->doff * 4 >= sizeof(buf) ? th->doff * 4 : 0;
}

/* At an odd place the octets weigh in the checksum the other way round. */
static void set_mss(struct sk_buff *skb, struct tcphdr *th, unsigned int option, u16 mss)
{
	u8 *at = (u8 *)th + option;
	__be16 old, new = htons(mss);

	memcpy(&old, at, sizeof(old));
	memcpy(at, &new, sizeof(new));
	if (option % 2) {
		old = (__force __be16)swab16((__force u16)old);
		new = (__force __be16)swab16((__force u16)new);
	}
	inet_proto_csum_replace2(&th->check, skb, old, new, false);
}

void spn_mss_clamp(struct sk_buff *skb, const struct spn_ip *ip, unsigned int mtu)
{
	unsigned int ip_len = spn_ip_header_len(ip->family), len, option, max;
	int at = spn_ip_content(skb, ip);
	struct tcphdr *th;
	u8 *value;

	if (at < 0 || ip->proto != IPPROTO_TCP)
		return;
	len = syn_len(skb, at);
	if (!len || skb_ensure_writable(skb, at + len))
		return;
	th = (struct tcphdr *)(skb->data + at);
	option = find_mss((const u8 *)th, len);
	if (!option)
		return;
	/* RFC 6691: of headers without options. */
	max = mtu - min_t(unsigned int, mtu, ip_len + sizeof(*th));
	value = (u8 *)th + option;
	if ((value[0] << 8 | value[1]) > max)
		set_mss(skb, th, option, max);
}
