// SPDX-License-Identifier: GPL-2.0
#include <net/inet_ecn.h>

#include "ah.h"
#include "conf.h"
#include "esp.h"
#include "generation.h"
#include "input.h"
#include "ip.h"
#include "lane.h"
#include "mss.h"
#include "mtu.h"
#include "output.h"
#include "peer.h"
#include "sa.h"
#include "skb.h"
#include "spi.h"
#include "state.h"

static bool check_length(const struct spn_suite *suite, const struct sk_buff *skb)
{
	return suite->ah ? spn_ah_check(suite, skb, -skb_network_offset(skb)) :
			   spn_esp_check(suite, skb->len);
}

static enum spn_drop_reason strip_head(const struct spn_suite *suite, struct sk_buff *skb,
				       u8 *next_header)
{
	if (!suite->ah)
		return spn_esp_strip(suite, skb, next_header);
	*next_header = spn_ah_strip(skb);
	return SPN_DROP_NONE;
}

/* What can be said against a packet before any work is spent on it. */
static enum spn_drop_reason precheck(const struct spn_sa *sa, const struct sk_buff *skb,
				     bool encap, u64 seq)
{
	const struct spn_conf *conf = rcu_dereference(sa->tunnel->conf);
	bool expected = conf && conf->opt.encap_dport;

	if (unlikely(conf && conf->opt.admin == SPINDLE_ADMIN_DOWN))
		return SPN_DROP_ADMIN_DOWN;
	if (encap != expected)
		return SPN_DROP_ENCAP;
	if (!check_length(sa->xform.suite, skb))
		return SPN_DROP_TRUNCATED;
	if (spn_sa_expired(sa))
		return SPN_DROP_EXPIRED;
	if (!spn_replay_check(&sa->replay, seq))
		return SPN_DROP_REPLAY;
	return SPN_DROP_NONE;
}

/* The cipher has finished a packet after all. */
static void packet_opened(struct sk_buff *skb, int err)
{
	spn_lane_done(&spn_cb(skb)->sa->tunnel->rx, skb, err);
}

int spn_input_open(const struct spn_sa *sa, struct sk_buff *skb)
{
	const struct spn_xform *xform = &sa->xform;
	u64 seq = spn_cb(skb)->seq;

	return xform->suite->ah ? spn_ah_open(xform, skb, spn_in_cb(skb)->ip_len, seq) :
				  spn_esp_open(xform, skb, seq, packet_opened);
}

/* Where the header in front says that ESP follows. */
static unsigned int next_at(const struct sk_buff *skb)
{
	return spn_ip_is_v6(skb) ? IP6CB(skb)->nhoff : offsetof(struct iphdr, protocol);
}

/*
 * Notes what will be needed, and lets go of what the packet may outlive: the device that it came
 * by, and its route.  What else it has of the outer packet goes when it is opened, as
 * spn_skb_renew_in() has it.
 */
static void note_outer(struct spn_sa *sa, struct sk_buff *skb, bool encap, u64 seq)
{
	struct spn_in_cb *cb = spn_in_cb(skb);
	/* What the stack has noted there is read before it goes. */
	unsigned int at = next_at(skb);

	skb_mark_not_on_list(skb);
	cb->list.seq = seq;
	cb->ip_len = -skb_network_offset(skb);
	cb->next_at = at;
	cb->tos = spn_ip_tos(skb);
	cb->encap = encap;
	skb_dst_drop(skb);
	skb->dev = sa->tunnel->dev;
}

/* Both have the two numbers; AH has something before them. */
static bool read_head(struct sk_buff *skb, u8 proto, __be32 *spi, u32 *seq)
{
	unsigned int at = proto == IPPROTO_AH ? offsetof(struct spn_ah_head, spi) : 0;
	const struct spn_esp_head *head;

	if (!pskb_may_pull(skb, at + sizeof(*head)))
		return false;
	head = (const struct spn_esp_head *)(skb->data + at);
	*spi = head->spi;
	*seq = be32_to_cpu(head->seq);
	return true;
}

int spn_input(struct sk_buff *skb, u8 proto, bool encap)
{
	struct spn_net *sn = spn_net(dev_net(skb->dev));
	struct spn_addr dst = spn_ip_dst(skb), src;
	enum spn_drop_reason reason;
	struct spn_spi *entry;
	struct spn_sa *sa;
	__be32 spi;
	u32 seq_lo;
	u64 seq;

	if (!read_head(skb, proto, &spi, &seq_lo))
		return -EINVAL;
	entry = spn_spi_lookup(sn, &dst, spi, proto);
	sa = entry ? rcu_dereference(entry->sa) : NULL;
	if (!sa)
		return -EINVAL;

	seq = sa->xform.esn ? spn_replay_infer(&sa->replay, seq_lo) : seq_lo;
	reason = precheck(sa, skb, encap, seq);
	if (!reason) {
		note_outer(sa, skb, encap, seq);
		reason = spn_lane_receive(sa, skb);
	}
	if (reason) {
		src = spn_ip_src(skb);
		spn_drop_rx(skb, &sa->drops, reason, sa->spi, seq, &src);
	}
	return 0;
}

int spn_input_unknown(struct sk_buff *skb, u8 proto)
{
	struct spn_net *sn = spn_net(dev_net(skb->dev));
	struct spn_addr src = spn_ip_src(skb), dst = spn_ip_dst(skb);
	struct spn_conf *conf = spn_conf_lookup(sn, &dst, &src);
	__be32 spi;
	u32 seq;

	if (!conf || !read_head(skb, proto, &spi, &seq) ||
	    spn_spi_in_xfrm(sn->net, skb->mark, &dst, spi, proto))
		return -EINVAL;
	spn_drop_rx(skb, &conf->tunnel->drops, SPN_DROP_UNKNOWN_SPI, spi, seq, &src);
	return 0;
}

bool spn_input_error(struct sk_buff *skb, const struct spn_quote *quote, u32 mtu)
{
	struct net *net = dev_net(skb->dev);
	struct spn_sa *sa = spn_spi_find_out(spn_net(net), quote);
	struct spn_conf *conf = sa ? rcu_dereference(sa->tunnel->conf) : NULL;

	if (!conf)
		return false;
	if (mtu)
		spn_mtu_told(conf->tunnel, skb, mtu);
	return true;
}

/* Makes a packet of what ESP carried, and reads its header. */
static enum spn_drop_reason unwrap(const struct spn_conf *conf, struct sk_buff *skb,
				   u8 next_header, struct spn_ip *ip)
{
	enum spn_drop_reason reason = SPN_DROP_NONE;

	if (conf->opt.mode == SPINDLE_MODE_TRANSPORT) {
		spn_ip_join(skb, spn_in_cb(skb)->ip_len, spn_in_cb(skb)->next_at, next_header);
	} else {
		if (next_header != IPPROTO_IPIP && next_header != IPPROTO_IPV6)
			return SPN_DROP_NEXT_HEADER;
		reason = spn_ip_trim(skb, next_header);
	}
	if (!reason && !spn_ip_read(skb, ip))
		reason = SPN_DROP_INNER_HEADER;
	return reason;
}

/*
 * Does the inner packet belong to the very tunnel that it came through (RFC 4301 5.2, step
 * 4)?  That is asked of the table that leads packets out: where selectors of several tunnels
 * overlap, each peer speaks for what is led to it and for nothing else.
 *
 * Routers behind the peer have addresses that no selector names.  Their ICMP errors are
 * taken for the packets that they are about, which have gone through the tunnel (RFC 4301
 * 6.2).  In transport mode it is the hosts that speak, so there the outer source, which ESP
 * does not protect, must not become any other by a quotation.
 */
static enum spn_drop_reason check_selectors(const struct spn_tunnel *tunnel,
					    const struct spn_conf *conf,
					    const struct sk_buff *skb, const struct spn_ip *ip)
{
	const struct spn_selectors *selectors = &spn_device(tunnel->dev)->selectors;
	struct spn_tuple tuple = spn_ip_tuple(skb, ip, SPINDLE_DIR_IN);

	if (spn_selectors_lookup(selectors, &tuple) == tunnel)
		return SPN_DROP_NONE;
	if (conf->opt.mode == SPINDLE_MODE_TUNNEL &&
	    spn_ip_quoted(skb, ip, SPINDLE_DIR_IN, &tuple) &&
	    spn_selectors_lookup(selectors, &tuple) == tunnel)
		return SPN_DROP_NONE;
	return SPN_DROP_SELECTOR;
}

/* The outer headers still stand in front of what has been opened. */
static void note_source(const struct spn_sa *sa, const struct spn_conf *conf,
			const struct sk_buff *skb)
{
	struct spn_endpoint from = { .addr = spn_ip_src(skb) };
	const struct udphdr *uh = (const struct udphdr *)skb->data - 1;

	/* Not if the one was turned on or off while the packet was on its way. */
	if (spn_in_cb(skb)->encap != !!conf->opt.encap_dport)
		return;
	if (spn_in_cb(skb)->encap)
		from.port = ntohs(uh->source);
	spn_peer_seen(sa, &from);
}

/* Everything that is checked of a packet after it has proved where it comes from. */
static enum spn_drop_reason examine(struct spn_sa *sa, struct sk_buff *skb, u8 *next_header)
{
	struct spn_conf *conf = rcu_dereference(sa->tunnel->conf);
	bool newest = spn_sa_newest(sa, spn_cb(skb)->seq);
	enum spn_drop_reason reason;
	struct spn_ip ip;

	reason = spn_sa_accept(sa, spn_cb(skb)->seq);
	if (!reason && newest && conf && spn_conf_watches(conf))
		note_source(sa, conf, skb);
	if (!reason)
		reason = strip_head(sa->xform.suite, skb, next_header);
	if (reason)
		return reason;
	/* RFC 4303 2.6: a dummy packet has done its work by arriving. */
	if (*next_header == IPPROTO_NONE)
		return spn_sa_count(sa, skb->len);
	if (!conf)
		return SPN_DROP_SHUTDOWN;
	reason = unwrap(conf, skb, *next_header, &ip);
	if (reason)
		return reason;
	spn_skb_renew_in(skb);
	reason = check_selectors(sa->tunnel, conf, skb, &ip);
	if (!reason && !(sa->tunnel->dev->flags & IFF_UP))
		reason = SPN_DROP_DEVICE_DOWN;
	if (!reason && INET_ECN_decapsulate(skb, spn_in_cb(skb)->tos, ip.tos) > 1)
		reason = SPN_DROP_ECN;
	if (!reason && conf->opt.clamp_mss)
		spn_mss_clamp(skb, &ip, spn_mtu_inner(sa->tunnel, READ_ONCE(sa->tunnel->mtu)));
	return reason ?: spn_sa_count(sa, skb->len);
}

static void pass_up(struct sk_buff *skb, struct napi_struct *napi)
{
	dev_sw_netstats_rx_add(skb->dev, skb->len);
	napi_gro_receive(napi, skb);
}

void spn_input_deliver(struct spn_sa *sa, struct sk_buff *skb, struct napi_struct *napi)
{
	struct spn_addr src = spn_ip_src(skb);	/* the outer one, still */
	struct spn_tunnel *tunnel = sa->tunnel;
	u8 next_header = IPPROTO_NONE;
	u64 seq = spn_cb(skb)->seq;
	enum spn_drop_reason reason;

	reason = spn_cb(skb)->drop ?: examine(sa, skb, &next_header);
	if (reason) {
		spn_drop_rx(skb, &sa->drops, reason, sa->spi, seq, &src);
		return;
	}
	/* The peer sends with this generation, so it can receive it, too. */
	if (spn_generation_may_be_parked(tunnel, sa->generation) &&
	    spn_generation_activate(tunnel, sa->generation))
		spn_output_staged(tunnel);
	if (next_header == IPPROTO_NONE)
		consume_skb(skb);
	else
		pass_up(skb, napi);
}
