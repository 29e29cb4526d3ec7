// SPDX-License-Identifier: GPL-2.0
#include <net/ip.h>
#include <net/ip_tunnels.h>

#include "ah.h"
#include "compat.h"
#include "conf.h"
#include "esp.h"
#include "event.h"
#include "ip.h"
#include "lane.h"
#include "mss.h"
#include "mtu.h"
#include "output.h"
#include "route.h"
#include "sa.h"
#include "skb.h"
#include "state.h"

/* A queue of its own for each device, so that its fragments are not mixed with others'. */
static u32 defrag_user(const struct net_device *dev)
{
	return BIT(31) | dev->ifindex;
}

/*
 * The tunnel that the packet came through which an ICMP error is about.  It takes the error
 * as well, from whatever router that is, but no SA is asked for because of it (RFC 4301 6.2).
 */
static struct spn_tunnel *find_quoted(const struct spn_device *sd, const struct sk_buff *skb)
{
	struct spn_tunnel *tunnel;
	struct spn_tuple tuple;
	struct spn_conf *conf;

	if (!spn_ip_quoted(skb, spn_ip(skb), SPINDLE_DIR_OUT, &tuple))
		return NULL;
	tunnel = spn_selectors_lookup(&sd->selectors, &tuple);
	conf = tunnel ? rcu_dereference(tunnel->conf) : NULL;
	return conf && conf->opt.mode == SPINDLE_MODE_TUNNEL && rcu_access_pointer(tunnel->out) ?
		       tunnel : NULL;
}

static struct spn_tunnel *find_tunnel(const struct spn_device *sd, const struct sk_buff *skb)
{
	struct spn_tuple tuple = spn_ip_tuple(skb, spn_ip(skb), SPINDLE_DIR_OUT);

	return spn_selectors_lookup(&sd->selectors, &tuple) ?: find_quoted(sd, skb);
}

/* Is a packet no longer than that?  If it is, its sender is told and it is dropped. */
static bool fits_limit(struct spn_tunnel *tunnel, const struct spn_sa *sa, struct sk_buff *skb,
		       unsigned int limit)
{
	if (skb_is_gso(skb) ? skb_gso_validate_network_len(skb, limit) : skb->len <= limit)
		return true;
	spn_ip_too_big(skb, limit);
	spn_drop_tx(skb, &tunnel->drops, SPN_DROP_TOO_BIG, sa->spi, 0);
	return false;
}

/* Cuts a GSO packet into a list; NULL, and the packet dropped, on failure. */
static struct sk_buff *split_gso(struct spn_tunnel *tunnel, struct sk_buff *skb)
{
	struct sk_buff *list;

	if (!skb_is_gso(skb)) {
		skb_mark_not_on_list(skb);
		if (skb->ip_summed != CHECKSUM_PARTIAL || !skb_checksum_help(skb))
			return skb;
		spn_drop_tx(skb, &tunnel->drops, SPN_DROP_NO_MEMORY, 0, 0);
		return NULL;
	}
	/*
	 * No features: segments come linear, checksummed and ours alone.  They inherit as much
	 * of the control block as segmentation leaves alone.
	 */
	BUILD_BUG_ON(sizeof(struct spn_ip) > SKB_GSO_CB_OFFSET);
	list = skb_gso_segment(skb, 0);
	if (IS_ERR_OR_NULL(list)) {
		spn_drop_tx(skb, &tunnel->drops, SPN_DROP_NO_MEMORY, 0, 0);
		return NULL;
	}
	consume_skb(skb);
	return list;
}

/* Keeps the packet until there is an SA and its turn has come, cut as it will be sent. */
static void stage_packet(struct spn_tunnel *tunnel, const struct spn_sa *sa, struct sk_buff *skb)
{
	if (!sa || spn_sa_expired(sa))
		spn_event_acquire(tunnel, skb);
	skb = split_gso(tunnel, skb);
	if (skb)
		spn_stage_add(&tunnel->stage, skb);
}

static struct sk_buff *cut_fragments(struct spn_tunnel *tunnel, struct sk_buff *skb,
				     unsigned int max)
{
	struct sk_buff *list = spn_mtu_cut(skb, max, tunnel->dev->needed_headroom);

	if (!list)
		spn_drop_tx(skb, &tunnel->drops, SPN_DROP_NO_MEMORY, 0, 0);
	return list;
}

/* Makes a list of a packet of which @max octets fit the path; NULL if it had to be dropped. */
static struct sk_buff *fit_path(struct spn_tunnel *tunnel, const struct spn_conf *conf,
				const struct spn_sa *sa, struct sk_buff *skb, unsigned int max,
				unsigned int ip_len)
{
	const struct spn_ip *ip = spn_ip(skb);

	if (spn_mtu_cuts(conf, skb, ip, max))
		return cut_fragments(tunnel, skb, max);
	if (!fits_limit(tunnel, sa, skb, spn_mtu_limit(conf, sa->xform.suite, ip, max, ip_len)))
		return NULL;
	if (conf->opt.clamp_mss)
		spn_mss_clamp(skb, ip, spn_mtu_inner(tunnel, max));
	return split_gso(tunnel, skb);
}

/*
 * Notes what sealing and delivery will need, the latter once the inner headers are ciphertext.
 * What @ip says is the same of all of the list.  A reference to @sa is held.
 */
static void send_list(struct spn_sa *sa, struct sk_buff *list, const struct spn_ip *ip,
		      unsigned int ip_len, unsigned int pad_to, unsigned int headroom)
{
	unsigned int count = 0, bytes = 0;
	struct sk_buff *skb;

	for (skb = list; skb; skb = skb->next) {
		struct spn_out_cb *cb = spn_out_cb(skb);

		cb->headroom = headroom;
		cb->ip_len = ip_len;
		cb->pad_to = pad_to;
		cb->tos = ip->tos;
		cb->v6 = ip->family == AF_INET6;
		cb->dummy = !ip->family;
		cb->df = ip->df;
		cb->fragment = !ip->df || skb->len <= spn_ip_mtu_min(ip->family);
		/* Of a dummy one the receiver cannot tell what is padding. */
		bytes += ip->family ? skb->len : max(skb->len, pad_to);
		count++;
	}
	spn_lane_send(sa, list, count, bytes);
}

/* The cipher has finished a packet after all. */
static void packet_sealed(struct sk_buff *skb, int err)
{
	struct spn_sa *sa = spn_cb(skb)->sa;

	if (!err)
		err = spn_esp_sealed(&sa->xform, skb, spn_cb(skb)->seq);
	spn_lane_done(&sa->tunnel->tx, skb, err);
}

/*
 * AH is over the header in front, so in tunnel mode that has to be there already: what
 * follows is transport mode.
 */
static int seal_ah(const struct spn_sa *sa, struct sk_buff *skb, unsigned int headroom)
{
	struct net *net = rcu_dereference(spn_device(sa->tunnel->dev)->net);
	struct spn_conf *conf = rcu_dereference(sa->tunnel->conf);
	struct spn_out_cb *cb = spn_out_cb(skb);
	unsigned int ah_len;
	u8 next_header;
	int err;

	if (!net || !conf)
		return -ESHUTDOWN;
	ah_len = spn_ah_len(sa->xform.suite, spn_conf_ah_align(conf));
	cb->inner_len = skb->len;
	/* The header may be longer than the one that the headroom was for. */
	err = spn_esp_make_room(skb, headroom + SPN_IP_HEADER_MAX + ah_len, 0);
	if (err)
		return err;
	if (!cb->ip_len)
		cb->ip_len = spn_route_push(net, conf, skb);
	else
		spn_route_identify(net, skb);
	next_header = spn_ip_part(skb, cb->ip_len, ah_len, IPPROTO_AH);
	__skb_push(skb, ah_len);
	return spn_ah_seal(&sa->xform, skb, cb->ip_len, ah_len, sa->spi, cb->list.seq,
			   next_header);
}

static int pad_packet(const struct spn_suite *suite, struct sk_buff *skb, unsigned int head,
		      unsigned int len)
{
	unsigned int more = len - min(len, skb->len);
	int err;

	if (!more)
		return 0;
	err = spn_esp_make_room(skb, head, more + spn_esp_tail_len(suite, len));
	if (!err)
		skb_put_zero(skb, more);
	return err;
}

/* In transport mode ESP comes behind the packet's own header, so that moves. */
static int seal_esp(const struct spn_sa *sa, struct sk_buff *skb, unsigned int headroom)
{
	const struct spn_suite *suite = sa->xform.suite;
	unsigned int len = skb->len, head_len = spn_esp_head_len(suite);
	struct spn_out_cb *cb = spn_out_cb(skb);
	unsigned int ip_len = cb->ip_len, pad_to = cb->pad_to;
	u8 next_header = spn_out_next_header(cb);
	int err;

	/* A dummy packet carries nothing. */
	cb->inner_len = cb->dummy ? 0 : len;
	err = pad_packet(suite, skb, headroom + head_len, pad_to);
	if (err)
		return err;
	if (ip_len) {
		err = spn_esp_make_room(skb, headroom + head_len,
					spn_esp_tail_len(suite, len - ip_len));
		if (err)
			return err;
		next_header = spn_ip_part(skb, ip_len, head_len, IPPROTO_ESP);
	}
	return spn_esp_seal(&sa->xform, skb, sa->spi, cb->list.seq, next_header, headroom,
			    packet_sealed);
}

int spn_output_seal(const struct spn_sa *sa, struct sk_buff *skb)
{
	unsigned int headroom = spn_out_cb(skb)->headroom;
	int err;

	if (!sa->xform.suite->ah)
		return seal_esp(sa, skb, headroom);
	rcu_read_lock();
	err = seal_ah(sa, skb, headroom);
	rcu_read_unlock();
	return err;
}

/* Drops a packet and tells its sender. */
static void drop_told(struct spn_tunnel *tunnel, struct sk_buff *skb, enum spn_drop_reason reason)
{
	spn_ip_unreachable(skb);
	spn_drop_tx(skb, &tunnel->drops, reason, 0, 0);
}

/*
 * Octets of the header that a packet keeps in transport mode, 0 in tunnel mode.  False
 * for a fragment of IPv6, which must not be protected there (RFC 4303 3.1.1) and has been
 * dropped.
 */
static bool keeps_header(struct spn_tunnel *tunnel, const struct spn_conf *conf,
			 const struct spn_sa *sa, struct sk_buff *skb, unsigned int *ip_len)
{
	*ip_len = 0;
	if (conf->opt.mode == SPINDLE_MODE_TUNNEL)
		return true;
	if (!(skb_shinfo(skb)->gso_type & SKB_GSO_UDP))
		*ip_len = spn_ip_front_len(skb, spn_ip(skb));
	if (*ip_len)
		return true;
	spn_drop_tx(skb, &tunnel->drops, SPN_DROP_FRAGMENT, sa->spi, 0);
	return false;
}

/* RFC 4303 2.7: up to what the path carries. */
static unsigned int padded_len(const struct spn_conf *conf, unsigned int max)
{
	return min_t(unsigned int, conf->opt.tfc, max);
}

/*
 * In transport mode, and where it takes ports to find the tunnel, fragments of IPv4 are
 * put together first (RFC 4301 7), as their receiver would do it.  False if @skb was one
 * of several, and has been kept or dropped.
 */
static bool make_whole(struct sk_buff *skb)
{
	struct iphdr *iph;

	if (!spn_ip(skb)->fragment)
		return true;
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	if (ip_defrag(dev_net(skb->dev), skb, defrag_user(skb->dev)))
		return false;
	/* Fragments that may not be fragmented make no packet of which that is so. */
	iph = ip_hdr(skb);
	if (iph->frag_off) {
		iph->frag_off = 0;
		ip_send_check(iph);
	}
	return spn_ip_read(skb, spn_ip(skb));
}

/*
 * Sends a packet through its tunnel; stages it and returns false if there is no SA, or if
 * others are staged and it is not the @first of them.
 */
static bool send_through(struct spn_tunnel *tunnel, struct sk_buff *skb, bool first)
{
	struct net *net = rcu_dereference(spn_device(tunnel->dev)->net);
	struct spn_conf *conf = rcu_dereference(tunnel->conf);
	struct spn_sa *sa = rcu_dereference(tunnel->out);
	unsigned int path_mtu, headroom, ip_len, max;
	struct dst_entry *dst;
	struct spn_ip ip;

	if (!net || !conf) {
		spn_drop_tx(skb, &tunnel->drops, SPN_DROP_SHUTDOWN, 0, 0);
		return true;
	}
	if (unlikely(conf->opt.admin == SPINDLE_ADMIN_DOWN)) {
		drop_told(tunnel, skb, SPN_DROP_ADMIN_DOWN);
		return true;
	}
	if (conf->opt.mode == SPINDLE_MODE_TRANSPORT && !make_whole(skb))
		return true;
	if ((!first && spn_stage_comes_first(&tunnel->stage)) ||
	    !sa || spn_sa_expired(sa) || !spn_sa_get(sa)) {
		stage_packet(tunnel, sa, skb);
		return false;
	}
	dst = spn_route_get(net, tunnel->dev, conf);
	if (IS_ERR(dst)) {
		drop_told(tunnel, skb, PTR_ERR(dst) == -ELOOP ? SPN_DROP_ROUTE_LOOP :
								SPN_DROP_NO_ROUTE);
		goto put_sa;
	}
	path_mtu = dst_mtu(dst);
	headroom = spn_conf_outer_len(conf) + spn_route_headroom(dst);
	dst_release(dst);
	spn_mtu_notice(tunnel, path_mtu);
	if (!keeps_header(tunnel, conf, sa, skb, &ip_len))
		goto put_sa;
	max = spn_conf_inner_max(conf, sa->xform.suite, path_mtu, ip_len);
	ip = *spn_ip(skb);
	skb = fit_path(tunnel, conf, sa, skb, max, ip_len);
	if (!skb)
		goto put_sa;
	send_list(sa, skb, &ip, ip_len, padded_len(conf, max), headroom);
	return true;

put_sa:
	spn_sa_put(sa);
	return true;
}

void spn_output(struct spn_device *sd, struct sk_buff *skb)
{
	struct spn_tunnel *tunnel;
	struct spn_sa *sa;
	__be16 protocol = ip_tunnel_parse_protocol(skb);

	if (!protocol || protocol != skb->protocol || !spn_ip_read(skb, spn_ip(skb))) {
		spn_drop_tx(skb, &sd->drops, SPN_DROP_NOT_IP, 0, 0);
		return;
	}
	if (spn_selectors_have_ports(&sd->selectors) && !make_whole(skb))
		return;
	tunnel = find_tunnel(sd, skb);
	if (!tunnel) {
		spn_ip_unreachable(skb);
		spn_drop_tx(skb, &sd->drops, SPN_DROP_NO_TUNNEL, 0, 0);
		return;
	}
	if (send_through(tunnel, skb, false))
		return;
	/*
	 * An SA may have come between the look and the staging, or have been there and
	 * others before us.  Whoever brought it, or sends those, has emptied the stage
	 * since, or we see it: the stage's lock is between us.
	 */
	sa = rcu_dereference(tunnel->out);
	if (sa && !spn_sa_expired(sa))
		spn_output_staged(tunnel);
}

void spn_output_staged(struct spn_tunnel *tunnel)
{
	enum { ROUNDS = 4 };	/* so that others cannot keep this CPU at it for ever */
	struct sk_buff_head staged;
	struct sk_buff *skb;
	unsigned int round;
	bool more;

	__skb_queue_head_init(&staged);
	local_bh_disable();
	rcu_read_lock();
	more = spn_stage_begin(&tunnel->stage, &staged);
	for (round = 1; more; round++) {
		while ((skb = __skb_dequeue(&staged)))
			send_through(tunnel, skb, true);
		more = spn_stage_more(&tunnel->stage, &staged, round >= ROUNDS);
	}
	rcu_read_unlock();
	local_bh_enable();
}

/* A packet of so many zeros, with what send_through() wants to know of one. */
static struct sk_buff *make_packet(struct net_device *dev, unsigned int headroom, unsigned int len)
{
	struct sk_buff *skb = alloc_skb(headroom + len + dev->needed_tailroom, GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reserve(skb, headroom);
	skb_put_zero(skb, len);
	skb_reset_network_header(skb);
	skb->dev = dev;
	memset(skb->cb, 0, sizeof(skb->cb));
	return skb;
}

/* RFC 3948 2.3: one octet, which the receiver's UDP takes for nothing else. */
static void send_keepalive(struct net *net, struct spn_tunnel *tunnel, struct spn_conf *conf)
{
	struct dst_entry *dst = spn_route_get(net, tunnel->dev, conf);
	struct sk_buff *skb;

	if (IS_ERR(dst))
		return;
	skb = make_packet(tunnel->dev, spn_conf_outer_len(conf) + spn_route_headroom(dst), 1);
	if (!skb) {
		dst_release(dst);
		return;
	}
	*skb->data = 0xff;
	spn_route_send(net, dst, conf, skb);
}

/* RFC 4303 2.6: sealed, and as long as conf->opt.tfc has all packets; it also serves a NAT. */
static void send_dummy(struct spn_tunnel *tunnel)
{
	struct net_device *dev = tunnel->dev;
	struct sk_buff *skb = make_packet(dev, dev->needed_headroom, sizeof(struct iphdr));

	if (skb)
		send_through(tunnel, skb, false);
}

void spn_output_idle(struct spn_tunnel *tunnel)
{
	struct net *net = rcu_dereference(spn_device(tunnel->dev)->net);
	struct spn_conf *conf = rcu_dereference(tunnel->conf);
	struct spn_sa *sa = rcu_dereference(tunnel->out);

	if (!net || !conf || !sa || spn_sa_expired(sa) ||
	    !(READ_ONCE(tunnel->dev->flags) & IFF_UP))
		return;
	if (conf->opt.dummy)
		send_dummy(tunnel);
	else if (conf->opt.encap_dport)
		send_keepalive(net, tunnel, conf);
}

void spn_output_deliver(struct spn_sa *sa, struct sk_buff *skb, struct napi_struct *napi)
{
	struct spn_tunnel *tunnel = sa->tunnel;
	struct net *net = rcu_dereference(spn_device(tunnel->dev)->net);
	struct spn_conf *conf = rcu_dereference(tunnel->conf);
	u64 seq = spn_cb(skb)->seq;
	struct dst_entry *dst;

	if (spn_cb(skb)->drop) {
		spn_drop_tx(skb, &sa->drops, spn_cb(skb)->drop, sa->spi, seq);
		return;
	}
	if (!net || !conf) {
		spn_drop_tx(skb, &tunnel->drops, SPN_DROP_SHUTDOWN, sa->spi, seq);
		return;
	}
	dst = spn_route_get(net, tunnel->dev, conf);
	if (IS_ERR(dst)) {
		spn_drop_tx(skb, &tunnel->drops, SPN_DROP_NO_ROUTE, sa->spi, seq);
		return;
	}
	/* The headroom was for the configuration of then, whose outer headers may be shorter. */
	if (skb_cow_head(skb, spn_conf_outer_len(conf))) {
		dst_release(dst);
		spn_drop_tx(skb, &sa->drops, SPN_DROP_NO_MEMORY, sa->spi, seq);
		return;
	}
	spn_route_send(net, dst, conf, skb);
}
