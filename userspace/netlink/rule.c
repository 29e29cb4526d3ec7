// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/fib_rules.h>

#include "route.h"

bool sp_rule_equal(const struct sp_rule *a, const struct sp_rule *b)
{
	return a->family == b->family && a->priority == b->priority && a->mark == b->mark &&
	       a->table == b->table && a->suppress == b->suppress && a->target == b->target &&
	       a->protocol == b->protocol;
}

static uint32_t number_of(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static int parse_rule(struct nlmsghdr *hdr, struct sp_rule *rule, struct sp_error *err)
{
	static const struct nla_policy policy[FRA_MAX + 1] = {
		[FRA_PRIORITY] = { .type = NLA_U32 },
		[FRA_FWMARK] = { .type = NLA_U32 },
		[FRA_GOTO] = { .type = NLA_U32 },
		[FRA_TABLE] = { .type = NLA_U32 },
		[FRA_SUPPRESS_PREFIXLEN] = { .type = NLA_U32 },
		[FRA_PROTOCOL] = { .type = NLA_U8 },
	};
	struct nlattr *a[FRA_MAX + 1];
	struct fib_rule_hdr *frh;

	if (nlmsg_parse(hdr, sizeof(*frh), a, FRA_MAX, policy) < 0)
		return sp_fail(err, "the kernel sent a malformed message");
	frh = nlmsg_data(hdr);
	*rule = (struct sp_rule){
		.family = frh->family,
		.priority = number_of(a[FRA_PRIORITY]),
		.mark = number_of(a[FRA_FWMARK]),
		.table = frh->action == FR_ACT_TO_TBL ?
				 (a[FRA_TABLE] ? nla_get_u32(a[FRA_TABLE]) : frh->table) : 0,
		.suppress = a[FRA_SUPPRESS_PREFIXLEN] ?
				    (int)nla_get_u32(a[FRA_SUPPRESS_PREFIXLEN]) : -1,
		.target = number_of(a[FRA_GOTO]),
		.protocol = a[FRA_PROTOCOL] ? nla_get_u8(a[FRA_PROTOCOL]) : 0,
	};
	return 0;
}

struct walk {
	sp_rule_fn each;
	void *arg;
	sa_family_t family;
};

static int walk_rule(struct nlmsghdr *hdr, void *arg, struct sp_error *err)
{
	const struct walk *walk = arg;
	struct sp_rule rule;

	if (hdr->nlmsg_type != RTM_NEWRULE)
		return 0;
	if (parse_rule(hdr, &rule, err))
		return -1;
	return rule.family == walk->family ? walk->each(&rule, walk->arg) : 0;
}

int sp_rule_dump(struct sp_rt *rt, sa_family_t family, sp_rule_fn each, void *arg,
		 struct sp_error *err)
{
	const struct fib_rule_hdr frh = { .family = (uint8_t)family };
	struct nl_msg *msg = sp_rt_message(RTM_GETRULE, NLM_F_DUMP, &frh, sizeof(frh), err);
	struct walk walk = { each, arg, family };

	return msg ? sp_rt_talk(rt, msg, walk_rule, &walk, err) : -ENOMEM;
}

static uint8_t action_of(const struct sp_rule *rule)
{
	if (rule->table)
		return FR_ACT_TO_TBL;
	return rule->target ? FR_ACT_GOTO : FR_ACT_NOP;
}

static int change_rule(struct sp_rt *rt, int type, int flags, const struct sp_rule *rule,
		       struct sp_error *err)
{
	const struct fib_rule_hdr frh = {
		.family = (uint8_t)rule->family, .action = action_of(rule),
	};
	struct nl_msg *msg = sp_rt_message(type, flags, &frh, sizeof(frh), err);

	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, FRA_PRIORITY, rule->priority) ||
	    (rule->mark && (nla_put_u32(msg, FRA_FWMARK, rule->mark) ||
			    nla_put_u32(msg, FRA_FWMASK, UINT32_MAX))) ||
	    (rule->table && nla_put_u32(msg, FRA_TABLE, rule->table)) ||
	    (rule->suppress >= 0 &&
	     nla_put_u32(msg, FRA_SUPPRESS_PREFIXLEN, (uint32_t)rule->suppress)) ||
	    (rule->target && nla_put_u32(msg, FRA_GOTO, rule->target)) ||
	    nla_put_u8(msg, FRA_PROTOCOL, rule->protocol))
		return sp_rt_overflow(msg, err);
	return sp_rt_talk(rt, msg, NULL, NULL, err);
}

int sp_rule_add(struct sp_rt *rt, const struct sp_rule *rule, struct sp_error *err)
{
	return change_rule(rt, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, err);
}

int sp_rule_del(struct sp_rt *rt, const struct sp_rule *rule, struct sp_error *err)
{
	return change_rule(rt, RTM_DELRULE, 0, rule, err);
}
