// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "netlink/nl_message.h"
#include "sample.h"

static struct nl_msg *begin(uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(16384);

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 1, 1, 32, 0, 0, cmd, SPINDLE_GENL_VERSION));
	return msg;
}

static void a_tunnel_round_trips(void **state)
{
	struct nl_msg *msg = begin(SPINDLE_CMD_TUNNEL_NEW_NTF);
	struct sp_tunnel sent = sample_tunnel, *got;
	struct sp_event event;
	struct sp_error err;

	(void)state;
	sent.fields = SP_TUNNEL_FIELDS;
	sent.told = sp_option_all();
	sent.options.encap = (struct sp_encap){ 4500, 40001 };
	sent.options.keepalive = 20;
	sent.options.follow = 1;
	sent.options.dummy = 250;
	sent.options.clamp_mss = 1;
	sent.options.admin = SPINDLE_ADMIN_DOWN;
	sent.owner = 0x5d123456;
	assert_int_equal(sp_nl_put_tunnel(msg, &sent), 0);
	assert_int_equal(sp_nl_parse_event(nlmsg_hdr(msg), &event, &err), 0);
	nlmsg_free(msg);

	got = &event.tunnel;
	assert_int_equal(event.cmd, SPINDLE_CMD_TUNNEL_NEW_NTF);
	/* Named by its id, and hence not by name. */
	assert_int_equal(got->id, sent.id);
	assert_string_equal(got->name, "");
	assert_int_equal(got->ifindex, sent.ifindex);
	assert_true(sp_addr_equal(&got->local, &sent.local));
	assert_true(sp_addr_equal(&got->remote, &sent.remote));
	assert_int_equal(got->proto, sent.proto);
	assert_int_equal(event.sa.proto, sent.proto);
	assert_int_equal(got->options.mode, sent.options.mode);
	assert_true(sp_selectors_equal(&got->local_ts, &sent.local_ts));
	assert_true(sp_selectors_equal(&got->remote_ts, &sent.remote_ts));
	assert_int_equal(got->options.replay_window, sent.options.replay_window);
	assert_int_equal(got->options.df, sent.options.df);
	assert_int_equal(got->options.dscp, sent.options.dscp);
	assert_int_equal(got->options.fwmark, sent.options.fwmark);
	assert_int_equal(got->options.encap.sport, sent.options.encap.sport);
	assert_int_equal(got->options.encap.dport, sent.options.encap.dport);
	assert_int_equal(got->options.keepalive, sent.options.keepalive);
	assert_int_equal(got->options.follow, sent.options.follow);
	assert_int_equal(got->options.dummy, sent.options.dummy);
	assert_int_equal(got->options.clamp_mss, sent.options.clamp_mss);
	assert_int_equal(got->options.admin, sent.options.admin);
	assert_int_equal(got->owner, sent.owner);
}

static void a_port_comes_with_a_descriptor(void **state)
{
	struct nl_msg *msg = begin(SPINDLE_CMD_PORT_OPEN);
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_PORT | NLA_F_NESTED);
	struct sp_error err;
	int fd = -1;

	(void)state;
	assert_non_null(nest);
	assert_int_equal(nla_put_u32(msg, SPINDLE_A_PORT_FD, 7), 0);
	nla_nest_end(msg, nest);
	assert_int_equal(sp_nl_parse_port(nlmsg_hdr(msg), &fd, &err), 0);
	assert_int_equal(fd, 7);
	nlmsg_free(msg);

	/* What is asked for has none. */
	msg = begin(SPINDLE_CMD_PORT_OPEN);
	fd = -1;
	assert_int_equal(sp_nl_put_port(msg, &sample_tunnel.local, 4500), 0);
	assert_int_equal(sp_nl_parse_port(nlmsg_hdr(msg), &fd, &err), 0);
	assert_int_equal(fd, -1);
	nlmsg_free(msg);

	msg = begin(SPINDLE_CMD_PORT_OPEN);
	assert_int_equal(sp_nl_parse_port(nlmsg_hdr(msg), &fd, &err), -1);
	nlmsg_free(msg);
}

static void a_request_carries_only_its_fields(void **state)
{
	struct nl_msg *msg = begin(SPINDLE_CMD_TUNNEL_SET);
	struct sp_tunnel sent = sample_tunnel;
	struct sp_event event;
	struct sp_error err;

	(void)state;
	sent.id = 0;
	sent.fields = SP_TUNNEL_REMOTE;
	assert_int_equal(sp_nl_put_tunnel(msg, &sent), 0);
	assert_int_equal(sp_nl_parse_event(nlmsg_hdr(msg), &event, &err), 0);
	nlmsg_free(msg);

	assert_string_equal(event.tunnel.name, "office");
	assert_true(sp_addr_equal(&event.tunnel.remote, &sent.remote));
	assert_int_equal(event.tunnel.local.family, AF_UNSPEC);
	assert_int_equal(event.tunnel.local_ts.n, 0);
	assert_int_equal(event.tunnel.options.replay_window, 0);
}

static void the_largest_tunnel_fits(void **state)
{
	struct nl_msg *msg = begin(SPINDLE_CMD_TUNNEL_NEW);
	struct sp_tunnel sent = sample_tunnel;
	struct sp_event event;
	struct sp_error err;

	(void)state;
	sent.fields = SP_TUNNEL_FIELDS;
	sent.told = sp_option_all();
	for (size_t i = 0; i < SPINDLE_SELECTORS_MAX; i++)
		sp_ts_parse(&sent.local_ts.list[i], "2001:db8::/64[tcp/1024-2047]", &err);
	sent.local_ts.n = SPINDLE_SELECTORS_MAX;
	sent.remote_ts = sent.local_ts;
	assert_int_equal(sp_nl_put_tunnel(msg, &sent), 0);
	assert_int_equal(sp_nl_parse_event(nlmsg_hdr(msg), &event, &err), 0);
	assert_int_equal(event.tunnel.local_ts.n, SPINDLE_SELECTORS_MAX);
	assert_int_equal(event.tunnel.remote_ts.n, SPINDLE_SELECTORS_MAX);
	nlmsg_free(msg);
}

static void an_sa_round_trips(void **state)
{
	struct nl_msg *msg = begin(SPINDLE_CMD_SA_NEW_NTF);
	struct sp_event event;
	struct sp_error err;

	(void)state;
	assert_int_equal(sp_nl_put_tunnel_name(msg, "office"), 0);
	assert_int_equal(sp_nl_put_sa(msg, &sample_in), 0);
	assert_int_equal(sp_nl_parse_event(nlmsg_hdr(msg), &event, &err), 0);
	nlmsg_free(msg);

	assert_string_equal(event.tunnel.name, "office");
	assert_int_equal(event.sa.dir, sample_in.dir);
	assert_int_equal(event.sa.spi, sample_in.spi);
	assert_string_equal(event.sa.alg, sample_in.alg);
	assert_int_equal(event.sa.generation, sample_in.generation);
	assert_int_equal(event.sa.sequence, sample_in.sequence);
	assert_memory_equal(&event.sa.life, &sample_in.life, sizeof(sample_in.life));
}

/* The request as the kernel's policy will see it: the octets of the keys and of the SPI. */
static void keys_and_spi_are_as_the_abi_says(void **state)
{
	struct nl_msg *msg = begin(SPINDLE_CMD_SA_NEW);
	struct nlattr *a[SPINDLE_A_MAX + 1], *s[SPINDLE_A_SA_MAX + 1];
	struct sp_sa sa = sample_out;

	(void)state;
	sa.spi = 0x01020304;
	sa.key = (struct sp_secret){ { 1, 2, 3, 4 }, 4 };
	sa.auth_key = (struct sp_secret){ { 5, 6, 7 }, 3 };
	assert_int_equal(sp_nl_put_sa(msg, &sa), 0);
	assert_int_equal(genlmsg_parse(nlmsg_hdr(msg), 0, a, SPINDLE_A_MAX, NULL), 0);
	assert_int_equal(nla_parse_nested(s, SPINDLE_A_SA_MAX, a[SPINDLE_A_SA], NULL), 0);
	assert_memory_equal(nla_data(s[SPINDLE_A_SA_SPI]), "\x01\x02\x03\x04", 4);
	assert_int_equal(nla_len(s[SPINDLE_A_SA_KEY]), 4);
	assert_memory_equal(nla_data(s[SPINDLE_A_SA_KEY]), sa.key.octets, 4);
	assert_int_equal(nla_len(s[SPINDLE_A_SA_AUTH_KEY]), 3);
	assert_memory_equal(nla_data(s[SPINDLE_A_SA_AUTH_KEY]), sa.auth_key.octets, 3);
	assert_non_null(s[SPINDLE_A_SA_PARKED]);
	/* What is not said is left to the kernel. */
	assert_null(s[SPINDLE_A_SA_SEQUENCE]);
	nlmsg_free(msg);
}

static void sas_are_named_in_two_ways(void **state)
{
	static const struct sp_sa by_spi = { .dir = SPINDLE_DIR_OUT, .spi = 0x1001 };
	static const struct sp_sa by_generation = { .generation = 3 };
	static const struct sp_sa by_nothing;
	static const struct {
		const struct sp_sa *sa;
		bool spi, generation;
	} rows[] = {
		{ &by_spi, true, false }, { &by_generation, false, true },
		{ &by_nothing, false, false },
	};
	struct nlattr *a[SPINDLE_A_MAX + 1], *s[SPINDLE_A_SA_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nl_msg *msg = begin(SPINDLE_CMD_SA_DEL);

		assert_int_equal(sp_nl_put_sa_name(msg, rows[i].sa), 0);
		assert_int_equal(genlmsg_parse(nlmsg_hdr(msg), 0, a, SPINDLE_A_MAX, NULL), 0);
		assert_non_null(a[SPINDLE_A_SA]);
		assert_int_equal(nla_parse_nested(s, SPINDLE_A_SA_MAX, a[SPINDLE_A_SA], NULL), 0);
		assert_int_equal(!!s[SPINDLE_A_SA_SPI], rows[i].spi);
		assert_int_equal(!!s[SPINDLE_A_SA_DIR], rows[i].spi);
		assert_int_equal(!!s[SPINDLE_A_SA_GENERATION], rows[i].generation);
		nlmsg_free(msg);
	}
}

static void put_drop(struct nl_msg *msg, int type, const struct sp_drop *drop)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	assert_non_null(nest);
	nla_put_string(msg, SPINDLE_A_DROP_REASON, drop->reason);
	nla_put_u64(msg, SPINDLE_A_DROP_COUNT, drop->count);
	nla_put_u64(msg, SPINDLE_A_DROP_SEQUENCE, drop->sequence);
	nla_put_u64(msg, SPINDLE_A_DROP_AGE, drop->age);
	if (drop->source.family)
		nla_put(msg, SPINDLE_A_DROP_SOURCE, (int)sp_addr_len(&drop->source),
			drop->source.octets);
	nla_nest_end(msg, nest);
}

/* An EXPIRE_NTF with everything the kernel may put into an SA. */
static struct nl_msg *expire_message(void)
{
	struct nl_msg *msg = begin(SPINDLE_CMD_EXPIRE_NTF);
	struct nlattr *nest;

	assert_int_equal(sp_nl_put_tunnel(msg, &sample_tunnel), 0);
	nest = nla_nest_start(msg, SPINDLE_A_SA);
	nla_put_u32(msg, SPINDLE_A_SA_DIR, SPINDLE_DIR_OUT);
	nla_put_u32(msg, SPINDLE_A_SA_GENERATION, 9);
	nla_put_u32(msg, SPINDLE_A_SA_STATE, SPINDLE_SA_PARKED);
	nla_put_u64(msg, SPINDLE_A_SA_PACKETS, 5);
	nla_put_u64(msg, SPINDLE_A_SA_BYTES, 6);
	nla_put_u64(msg, SPINDLE_A_SA_AGE, 7);
	nla_put_u64(msg, SPINDLE_A_SA_IDLE, 8);
	nla_put_flag(msg, SPINDLE_A_SA_HARD);
	nla_put_u32(msg, SPINDLE_A_SA_LIMIT, SPINDLE_LIMIT_SEQUENCE);
	for (size_t i = 0; i < sample_in.drops.n; i++)
		put_drop(msg, SPINDLE_A_SA_DROP, &sample_in.drops.list[i]);
	put_drop(msg, SPINDLE_A_SA_LAST_DROP, &sample_in.last_drop);
	nla_nest_end(msg, nest);
	return msg;
}

static void an_expiry_is_understood(void **state)
{
	struct nl_msg *msg = expire_message();
	struct sp_event event;
	struct sp_error err;

	(void)state;
	assert_int_equal(sp_nl_parse_event(nlmsg_hdr(msg), &event, &err), 0);
	nlmsg_free(msg);
	assert_true(event.hard);
	assert_int_equal(event.limit, SPINDLE_LIMIT_SEQUENCE);
	assert_int_equal(event.sa.dir, SPINDLE_DIR_OUT);
	assert_int_equal(event.sa.generation, 9);
	assert_true(event.sa.parked);
	assert_int_equal(event.sa.packets, 5);
	assert_int_equal(event.sa.bytes, 6);
	assert_int_equal(event.sa.age, 7);
	assert_true(event.sa.used);
	assert_int_equal(event.sa.idle, 8);
	assert_int_equal(event.sa.drops.n, 2);
	assert_string_equal(event.sa.drops.list[1].reason, "authentication");
	assert_int_equal(event.sa.drops.list[0].count, 2);
	assert_int_equal(event.sa.last_drop.sequence, 17);
	assert_int_equal(event.sa.last_drop.age, 75);
	assert_true(sp_addr_equal(&event.sa.last_drop.source, &sample_in.last_drop.source));
}

static void a_device_is_understood(void **state)
{
	struct nl_msg *msg = begin(SPINDLE_CMD_DEV_GET);
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_DEVICE);
	struct sp_device device;
	struct sp_error err;

	(void)state;
	nla_put_u32(msg, SPINDLE_A_DEVICE_IFINDEX, 3);
	nla_put_string(msg, SPINDLE_A_DEVICE_IFNAME, "spin0");
	nla_put_u32(msg, SPINDLE_A_DEVICE_MTU, 1438);
	nla_put_u32(msg, SPINDLE_A_DEVICE_MTU_FIXED, 1);
	nla_put_u32(msg, SPINDLE_A_DEVICE_TUNNELS, 2);
	put_drop(msg, SPINDLE_A_DEVICE_DROP, &sample_in.drops.list[0]);
	nla_nest_end(msg, nest);
	assert_int_equal(sp_nl_parse_device(nlmsg_hdr(msg), &device, &err), 0);
	nlmsg_free(msg);
	assert_int_equal(device.ifindex, 3);
	assert_string_equal(device.ifname, "spin0");
	assert_int_equal(device.mtu, 1438);
	assert_int_equal(device.mtu_fixed, 1);
	assert_int_equal(device.tunnels, 2);
	assert_int_equal(device.drops.n, 1);
}

static void malformed_messages_are_refused(void **state)
{
	struct nl_msg *msg = begin(SPINDLE_CMD_TUNNEL_NEW_NTF);
	struct nlattr *nest = nla_nest_start(msg, SPINDLE_A_TUNNEL);
	struct sp_event event;
	struct sp_error err;

	(void)state;
	nla_put(msg, SPINDLE_A_TUNNEL_LOCAL, 5, "12345");
	nla_nest_end(msg, nest);
	assert_int_equal(sp_nl_parse_event(nlmsg_hdr(msg), &event, &err), -1);
	assert_string_equal(err.text, "the kernel sent a malformed message");
	nlmsg_free(msg);

	/* One drop reason more than there is room for. */
	msg = begin(SPINDLE_CMD_SA_NEW_NTF);
	nest = nla_nest_start(msg, SPINDLE_A_SA);
	for (size_t i = 0; i <= SP_DROPS_MAX; i++)
		put_drop(msg, SPINDLE_A_SA_DROP, &sample_in.drops.list[0]);
	nla_nest_end(msg, nest);
	assert_int_equal(sp_nl_parse_event(nlmsg_hdr(msg), &event, &err), -1);
	nlmsg_free(msg);
}

/* Every bit of the attributes, turned: the sanitizers watch what the parser touches. */
static void no_turned_bit_leads_astray(void **state)
{
	struct nl_msg *msg = expire_message();
	size_t len = nlmsg_hdr(msg)->nlmsg_len;
	uint8_t *copy = malloc(len);
	struct sp_event event;
	struct sp_error err;
	size_t refused = 0;

	(void)state;
	assert_non_null(copy);
	for (size_t bit = NLMSG_HDRLEN * 8; bit < len * 8; bit++) {
		memcpy(copy, nlmsg_hdr(msg), len);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refused += sp_nl_parse_event((struct nlmsghdr *)(void *)copy, &event, &err) != 0;
	}
	assert_true(refused > 0);
	free(copy);
	nlmsg_free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tunnel_round_trips),
		cmocka_unit_test(a_port_comes_with_a_descriptor),
		cmocka_unit_test(a_request_carries_only_its_fields),
		cmocka_unit_test(the_largest_tunnel_fits),
		cmocka_unit_test(an_sa_round_trips),
		cmocka_unit_test(keys_and_spi_are_as_the_abi_says),
		cmocka_unit_test(sas_are_named_in_two_ways),
		cmocka_unit_test(an_expiry_is_understood),
		cmocka_unit_test(a_device_is_understood),
		cmocka_unit_test(malformed_messages_are_refused),
		cmocka_unit_test(no_turned_bit_leads_astray),
	};

	return cmocka_run_group_tests_name("nl_message", tests, NULL, NULL);
}
