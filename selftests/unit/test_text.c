// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/text.h"
#include "sample.h"

/* What is printed between begin() and expect(). */
static char *printed;
static size_t printed_len;

static FILE *begin(void)
{
	FILE *out = open_memstream(&printed, &printed_len);

	assert_non_null(out);
	return out;
}

static void expect(FILE *out, const char *expected)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(printed, expected);
	free(printed);
}

static void octets_and_times(void **state)
{
	char buf[TEXT_LEN];

	(void)state;
	assert_string_equal(cli_text_octets(0, buf), "0 B");
	assert_string_equal(cli_text_octets(1023, buf), "1023 B");
	assert_string_equal(cli_text_octets(1024, buf), "1.0 KiB");
	assert_string_equal(cli_text_octets(1258291, buf), "1.2 MiB");
	assert_string_equal(cli_text_octets(UINT64_MAX, buf), "16.0 EiB");

	assert_string_equal(cli_text_seconds(0, buf), "0s");
	assert_string_equal(cli_text_seconds(59, buf), "59s");
	assert_string_equal(cli_text_seconds(725, buf), "12m 5s");
	assert_string_equal(cli_text_seconds(3600, buf), "1h 0m");
	assert_string_equal(cli_text_seconds(180000, buf), "2d 2h");
	assert_string_equal(cli_text_seconds(UINT64_MAX, buf), "213503982334601d 7h");

	assert_string_equal(cli_text_ago(0, SAMPLE_NOW, buf), "never");
	assert_string_equal(cli_text_ago(SAMPLE_NOW - 3, SAMPLE_NOW, buf), "3s ago");
	assert_string_equal(cli_text_ago(SAMPLE_NOW + 9, SAMPLE_NOW, buf), "0s ago");
}

static void a_device(void **state)
{
	const struct sp_device device = {
		.ifname = "spin0", .mtu = 1438, .mtu_fixed = 1, .tunnels = 1,
		.drops = { { { .reason = "no-tunnel", .count = 4 } }, 1 },
	};
	FILE *out = begin();

	(void)state;
	cli_text_device(out, &device);
	expect(out, "spin0  mtu 1438 fixed, 1 tunnel, clear refuse\n"
		    "    drops         no-tunnel 4\n");
}

static void algorithms(void **state)
{
	const struct sp_alg both = {
		.name = "aes128gcm16", .proto = IPPROTO_ESP, .key_len = 20, .icv_len = 16,
		.driver = "rfc4106-gcm-aesni",
	};
	const struct sp_alg none = {
		.name = "md5", .proto = IPPROTO_AH, .auth_key_len = 16, .icv_len = 12,
		.weak = true, .missing = true,
	};
	FILE *out = begin();

	(void)state;
	cli_text_alg(out, &both);
	expect(out, "aes128gcm16  esp, key of 20 octets\n"
		    "    encrypted by  rfc4106-gcm-aesni\n");
	out = begin();
	cli_text_alg(out, &none);
	expect(out, "md5  ah, auth-key of 16 octets, weak\n"
		    "    missing       this kernel has none\n");
}

static void a_tunnel(void **state)
{
	struct sp_tunnel down = sample_tunnel;
	FILE *out = begin();

	(void)state;
	cli_text_tunnel(out, &sample_tunnel);
	expect(out, "office  up on spin0, generation 2\n"
		    "    local         192.0.2.1 for 10.1.0.0/16, 10.3.0.0/24[tcp/80]\n"
		    "    remote        192.0.2.2 for 10.2.0.0/16\n"
		    "    mode          esp tunnel\n"
		    "    options       fwmark 0x2a\n"
		    "    mtu           1438 of the path's 1500\n"
		    "    packets       1234 in, 1.2 MiB, 3 out, 252 B, peer heard 3s ago\n"
		    "    waiting       1 packet for an SA\n"
		    "    drops         no-route 3\n");

	down.state = SPINDLE_TUNNEL_DOWN;
	down.out_generation = 0;
	down.mtu = 0;
	down.options.dscp = 46;
	down.options.fwmark = 0;
	down.staged = 0;
	down.rx = down.tx = (struct sp_traffic){ 0 };
	down.options.encap = (struct sp_encap){ 4500, 40001 };
	down.options.keepalive = 20;
	down.options.tfc = SPINDLE_TFC_MTU;
	down.encap_error = EADDRINUSE;
	down.options.follow = 1;
	down.options.dummy = 250;
	down.options.clamp_mss = 1;
	down.options.admin = SPINDLE_ADMIN_DOWN;
	down.drops.list[0].count = 0;
	out = begin();
	cli_text_tunnel(out, &down);
	expect(out, "office  down on spin0\n"
		    "    local         192.0.2.1 for 10.1.0.0/16, 10.3.0.0/24[tcp/80]\n"
		    "    remote        192.0.2.2 for 10.2.0.0/16\n"
		    "    mode          esp tunnel\n"
		    "    options       encap udp 4500 40001, keepalive 20, follow on, dscp 46, "
		    "tfc mtu, dummy 250, clamp-mss on, admin down\n"
		    "    UDP port      Address already in use: no packet comes in\n");
}

static void an_sa(void **state)
{
	const struct sp_sa reserved = {
		.dir = SPINDLE_DIR_IN, .spi = 0x1234, .state = SPINDLE_SA_RESERVED, .age = 5,
	};
	FILE *out = begin();

	(void)state;
	cli_text_sa(out, &sample_in, "office");
	expect(out, "office in 0x1001  active, generation 2, added 12m 5s ago\n"
		    "    algorithm     esp aes128-sha256\n"
		    "    traffic       1234 packets, 1.2 MiB, last 3s ago\n"
		    "    sequence      1240, replay window 4096\n"
		    "    life bytes    98.8 MiB of 100.0 MiB left, refresh at 90.0 MiB\n"
		    "    life packets  3766 of 5000 left\n"
		    "    life seconds  refresh was due at 10m 0s\n"
		    "    drops         replay 2, authentication 1\n"
		    "    last drop     authentication at sequence 17 from 192.0.2.66, "
		    "1m 15s ago\n");

	out = begin();
	cli_text_sa(out, &sample_out, "office");
	expect(out, "office out 0xffffffff  parked, generation 3, added 0s ago\n"
		    "    algorithm     esp aes256-sha512\n"
		    "    traffic       0 packets, 0 B, last never\n"
		    "    sequence      0\n");

	out = begin();
	cli_text_sa(out, &reserved, "office");
	expect(out, "office in 0x1234  reserved, added 5s ago\n");
}

static void events(void **state)
{
	static const struct {
		uint8_t cmd;
		const char *line;
	} rows[] = {
		{ SPINDLE_CMD_ACQUIRE_NTF,
		  "acquire office from 10.1.0.5 to 10.2.0.9 proto 17 ports 1024 53" },
		{ SPINDLE_CMD_EXPIRE_NTF,
		  "expire office in spi 0x1001 gen 2 soft limit of packets" },
		{ SPINDLE_CMD_ACTIVE_NTF, "active office spi 0x1001 gen 2" },
		{ SPINDLE_CMD_ENDPOINT_NTF,
		  "endpoint office spi 0x1001 gen 2 remote 192.0.2.2 port 40001" },
		{ SPINDLE_CMD_SA_NEW_NTF,
		  "sa-new office in spi 0x1001 alg aes128-sha256 gen 2 active" },
		{ SPINDLE_CMD_TUNNEL_DEL_NTF,
		  "tunnel-del office local 192.0.2.1 remote 192.0.2.2" },
	};
	const struct timespec time = { SAMPLE_NOW, 45000000 };
	struct sp_event event = {
		.tunnel = sample_tunnel, .sa = sample_in,
		.flow = { V4(10, 1, 0, 5), V4(10, 2, 0, 9), 17, true, 1024, 53 },
		.limit = SPINDLE_LIMIT_PACKETS,
	};
	const struct sp_event set = {
		SPINDLE_CMD_DEV_SET_NTF,
		.device = { .ifname = "spin0", .clear = SPINDLE_CLEAR_REFUSE },
	};
	const struct sp_event lost = { 0 };
	char expected[128];
	FILE *out;

	(void)state;
	event.tunnel.options.encap.dport = 40001;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		event.cmd = rows[i].cmd;
		out = begin();
		cli_text_event(out, &event, &time);
		snprintf(expected, sizeof(expected), "2023-11-14 22:13:20.045 %s\n", rows[i].line);
		expect(out, expected);
	}
	out = begin();
	cli_text_event(out, &set, &time);
	expect(out, "2023-11-14 22:13:20.045 dev-set spin0 clear refuse\n");
	out = begin();
	cli_text_event(out, &lost, &time);
	expect(out, "2023-11-14 22:13:20.045 lost\n");
}

/* Times are shown as the clock on the wall has them. */
static int set_zone(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octets_and_times),
		cmocka_unit_test(a_device),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(a_tunnel),
		cmocka_unit_test(an_sa),
		cmocka_unit_test(events),
	};

	return cmocka_run_group_tests_name("text", tests, set_zone, NULL);
}
