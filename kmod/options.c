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

/* Each attribute has 32 bits, the member as many as it takes. */
static const struct {
	u16 attribute;
	u8 offset;
	u8 size;
} options_table[] = {
#define X(name, member)							\
	{								\
		.attribute = SPINDLE_A_TUNNEL_##name,			\
		.offset = offsetof(struct spn_options, member),		\
		.size = sizeof_field(struct spn_options, member),	\
	},
	SPN_OPTIONS(X)
#undef X
};

static void write_member(void *member, u8 size, u32 value)
{
	switch (size) {
	case sizeof(u8):
		*(u8 *)member = value;
		break;
	case sizeof(u16):
		*(u16 *)member = value;
		break;
	default:
		*(u32 *)member = value;
	}
}

static u32 read_member(const void *member, u8 size)
{
	switch (size) {
	case sizeof(u8):
		return *(const u8 *)member;
	case sizeof(u16):
		return *(const u16 *)member;
	default:
		return *(const u32 *)member;
	}
}

void spn_options_read(struct spn_options *options, struct nlattr **tb)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options_table); i++) {
		const struct nlattr *attr = tb[options_table[i].attribute];

		if (attr)
			write_member((u8 *)options + options_table[i].offset,
				     options_table[i].size, nla_get_u32(attr));
	}
}

int spn_options_put(struct sk_buff *msg, const struct spn_options *options)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options_table); i++)
		if (nla_put_u32(msg, options_table[i].attribute,
				read_member((const u8 *)options + options_table[i].offset,
					    options_table[i].size)))
			return -EMSGSIZE;
	return 0;
}
