// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>

#include "netlink.h"
#include "suite.h"
#include "xform.h"

/**
 * struct alg - one that can be asked for
 * @suite: what it is
 * @drivers: who does it
 * @missing: nobody
 */
struct alg {
	const struct spn_suite *suite;
	struct spn_xform_drivers drivers;
	bool missing;
};

static int put_alg(struct sk_buff *msg, void *object)
{
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_ALG);
	const struct alg *alg = object;
	const struct spn_suite *suite = alg->suite;

	if (!nest ||
	    nla_put_string(msg, SPINDLE_A_ALG_NAME, suite->word) ||
	    nla_put_u32(msg, SPINDLE_A_ALG_PROTO, suite->ah ? IPPROTO_AH : IPPROTO_ESP) ||
	    nla_put_u32(msg, SPINDLE_A_ALG_KEY_LEN, suite->key_len) ||
	    nla_put_u32(msg, SPINDLE_A_ALG_AUTH_KEY_LEN, suite->auth_key_len) ||
	    nla_put_u32(msg, SPINDLE_A_ALG_ICV_LEN, suite->icv_len) ||
	    (suite->weak && nla_put_flag(msg, SPINDLE_A_ALG_WEAK)) ||
	    (alg->missing && nla_put_flag(msg, SPINDLE_A_ALG_MISSING)) ||
	    (alg->drivers.crypt[0] &&
	     nla_put_string(msg, SPINDLE_A_ALG_DRIVER, alg->drivers.crypt)) ||
	    (alg->drivers.auth[0] &&
	     nla_put_string(msg, SPINDLE_A_ALG_AUTH_DRIVER, alg->drivers.auth)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/*
 * The kernel is asked anew each time, as modules come and go.  What it refuses a key of zeros,
 * as it may in FIPS mode, is missing as well.
 */
static int dump_suite(struct sk_buff *msg, struct netlink_callback *cb,
		      const struct spn_suite *suite)
{
	struct alg alg = { .suite = suite };
	int err = spn_xform_drivers(suite, &alg.drivers);

	if (err == -ENOMEM)
		return err;
	alg.missing = err;
	return spn_netlink_dump_put(msg, cb, SPINDLE_CMD_ALG_GET, put_alg, &alg);
}

/**
 * struct alg_dump - how far a dump of algorithms has come
 * @next: row of the table
 */
struct alg_dump {
	unsigned int next;
};

int spn_netlink_alg_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct alg_dump *dump = (struct alg_dump *)cb->ctx;
	const struct spn_suite *suite;
	int err = 0;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	while (!err && (suite = spn_suite_at(dump->next))) {
		err = dump_suite(msg, cb, suite);
		if (!err)
			dump->next++;
	}
	return err && err != -EMSGSIZE ? err : msg->len ?: err;
}
