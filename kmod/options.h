/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a tunnel can be told beside its ends and its selectors.  Each stands once, as a row of
 * SPN_OPTIONS, but for encap, which is a nest; what may have which value is netlink's policy,
 * what goes with what is rules.h.
 */
#ifndef _SPINDLE_OPTIONS_H
#define _SPINDLE_OPTIONS_H

#include <linux/types.h>

struct nlattr;
struct sk_buff;

/**
 * struct spn_options - options of a tunnel
 * @replay_window: of SAs added from now on, packets
 * @fwmark: of outer packets, for routing
 * @link: ifindex of the device or VRF that outer packets leave by, 0 for any; it is looked
 *	up with each route, so the device may go and come
 * @owner: a mark of the program that made the tunnel, which means nothing here
 * @tfc: octets that inner packets are padded to, 0 for none, SPINDLE_TFC_MTU
 * @encap_sport: UDP source port of ESP in UDP (RFC 3948), 0 for ESP as it is
 * @encap_dport: UDP destination port, likewise
 * @keepalive: seconds without a packet after which one is sent for a NAT (RFC 3948 4), 0
 *	for never
 * @dummy: milliseconds without a packet after which a dummy is sent (RFC 4303 2.6), 0 for
 *	never
 * @proto: IPPROTO_ESP or IPPROTO_AH, for good
 * @mode: enum spindle_mode, for good
 * @ah_align: what the AH header is padded to in IPv4, octets
 * @df: enum spindle_df
 * @dscp: 0 to 63, or SPINDLE_DSCP_COPY
 * @follow: remote and @encap_dport become where the peer's newest packet came from
 * @clamp_mss: TCP is told to send no longer segments than the MTU of the device allows
 * @admin: enum spindle_admin
 */
struct spn_options {
	u32 replay_window;
	u32 fwmark;
	u32 link;
	u32 owner;
	u16 tfc;
	u16 encap_sport;
	u16 encap_dport;
	u16 keepalive;
	u16 dummy;
	u8 proto;
	u8 mode;
	u8 ah_align;
	u8 df;
	u8 dscp;
	u8 follow;
	u8 clamp_mss;
	u8 admin;
};

/* X(NAME, member): the attribute is SPINDLE_A_TUNNEL_NAME. */
#define SPN_OPTIONS(X)					\
	X(PROTO, proto)					\
	X(MODE, mode)					\
	X(REPLAY_WINDOW, replay_window)			\
	X(DF, df)					\
	X(DSCP, dscp)					\
	X(FWMARK, fwmark)				\
	X(AH_ALIGN, ah_align)				\
	X(TFC, tfc)					\
	X(KEEPALIVE, keepalive)				\
	X(FOLLOW, follow)				\
	X(DUMMY, dummy)					\
	X(CLAMP_MSS, clamp_mss)				\
	X(OWNER, owner)					\
	X(ADMIN, admin)					\
	X(LINK, link)

/* What a tunnel has that was told nothing. */
extern const struct spn_options spn_options_usual;

/* Takes over what the attributes of a tunnel say, which have passed the policy. */
void spn_options_read(struct spn_options *options, struct nlattr **tb);

/* Returns -EMSGSIZE if the message is full. */
int spn_options_put(struct sk_buff *msg, const struct spn_options *options);

#endif
