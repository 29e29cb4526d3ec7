/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tunnel and its SAs as the kernel may report them, for tests of what is made of them. */
#ifndef TEST_SAMPLE_H
#define TEST_SAMPLE_H

#include "netlink/nl.h"

#define V4(a, b, c, d) { .family = AF_INET, .octets = { a, b, c, d } }

enum { SAMPLE_NOW = 1700000000 };

static const struct sp_tunnel sample_tunnel = {
	.id = 7,
	.name = "office",
	.ifindex = 3,
	.ifname = "spin0",
	.local = V4(192, 0, 2, 1),
	.remote = V4(192, 0, 2, 2),
	.proto = IPPROTO_ESP,
	.local_ts = { { { { V4(10, 1, 0, 0), 16 }, 0, 0, 65535 },
			{ { V4(10, 3, 0, 0), 24 }, IPPROTO_TCP, 80, 80 } }, 2 },
	.remote_ts = { { { { V4(10, 2, 0, 0), 16 }, 0, 0, 65535 } }, 1 },
	.options = {
		.mode = SPINDLE_MODE_TUNNEL,
		.ah_align = 4,
		.replay_window = 4096,
		.df = SPINDLE_DF_COPY,
		.dscp = SPINDLE_DSCP_COPY,
		.fwmark = 0x2a,
	},
	.state = SPINDLE_TUNNEL_UP,
	.out_generation = 2,
	.staged = 1,
	.path_mtu = 1500,
	.mtu = 1438,
	.rx = { 1234, 1258291 },
	.tx = { 3, 252 },
	.heard = true,
	.heard_ago = 3,
	.drops = { { { .reason = "no-route", .count = 3 }, { .reason = "stage-full" } }, 2 },
};

static const struct sp_sa sample_in = {
	.dir = SPINDLE_DIR_IN,
	.spi = 0x1001,
	.alg = "aes128-sha256",
	.generation = 2,
	.sequence = 1240,
	.life = {
		.soft_bytes = 90 << 20, .hard_bytes = 100 << 20,
		.hard_packets = 5000, .soft_seconds = 600,
	},
	.state = SPINDLE_SA_ACTIVE,
	.proto = IPPROTO_ESP,
	.replay_window = 4096,
	.packets = 1234,
	.bytes = 1258291,
	.age = 725,
	.used = true,
	.idle = 3,
	.drops = {
		{ { .reason = "replay", .count = 2 }, { .reason = "authentication", .count = 1 } },
		2,
	},
	.last_drop = { .reason = "authentication", .sequence = 17, .age = 75,
		       .source = V4(192, 0, 2, 66) },
};

static const struct sp_sa sample_out = {
	.dir = SPINDLE_DIR_OUT,
	.spi = 0xffffffff,
	.alg = "aes256-sha512",
	.generation = 3,
	.parked = true,
	.state = SPINDLE_SA_PARKED,
	.proto = IPPROTO_ESP,
};

#endif
