// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/spindle.h>
#include <net/netlink.h>

#include "ah.h"
#include "options.h"

const struct spn_options spn_options_usual = {
	.replay_window = SPINDLE_REPLAY_DEFAULT,
	.proto = IPPROTO_ESP,
	.mode = SPINDLE_MODE_TUNNEL,
	.ah_align = SPN_AH_ALIGN,
	.df = SPINDLE_DF_COPY,
	.dscp = SPINDLE_DSCP_COPY,
};

/* The attribute is as long as the member. */
static const struct {
	u16 attribute;
	u8 offset;
	u8 size;
} options_table[] = {
#define OPTION(name, member)						\
	{								\
		.attribute = SPINDLE_A_TUNNEL_##name,			\
		.offset = offsetof(struct spn_options, member),		\
		.size = sizeof_field(struct spn_options, member),	\
	}
	OPTION(PROTO, proto),
	OPTION(MODE, mode),
	OPTION(REPLAY_WINDOW, replay_window),
	OPTION(DF, df),
	OPTION(DSCP, dscp),
	OPTION(FWMARK, fwmark),
	OPTION(AH_ALIGN, ah_align),
	OPTION(TFC, tfc),
	OPTION(ENCAP_SPORT, encap_sport),
	OPTION(ENCAP_DPORT, encap_dport),
	OPTION(KEEPALIVE, keepalive),
	OPTION(FOLLOW, follow),
	OPTION(DUMMY, dummy),
	OPTION(CLAMP_MSS, clamp_mss),
	OPTION(OWNER, owner),
#undef OPTION
};

void spn_options_read(struct spn_options *options, struct nlattr **tb)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options_table); i++) {
		const struct nlattr *attr = tb[options_table[i].attribute];

		if (attr)
			nla_memcpy((u8 *)options + options_table[i].offset, attr,
				   options_table[i].size);
	}
}

int spn_options_put(struct sk_buff *msg, const struct spn_options *options)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options_table); i++)
		if (nla_put(msg, options_table[i].attribute, options_table[i].size,
			    (const u8 *)options + options_table[i].offset))
			return -EMSGSIZE;
	return 0;
}
