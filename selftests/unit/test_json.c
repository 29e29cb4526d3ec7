// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"
#include "show/json.h"

/* Compares one line of JSON and frees the value; fields keep their order. */
static void assert_json(json_t *value, const char *expected)
{
	char *text;

	assert_non_null(value);
	text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(13));
	json_decref(value);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void a_device(void **state)
{
	const struct sp_device device = {
		.ifindex = 3, .ifname = "spin0", .mtu = 1438, .tunnels = 2,
		.drops = { { { .reason = "no-tunnel", .count = 4 } }, 1 },
	};

	(void)state;
	assert_json(sp_json_device(&device),
		    "{\"dev\":\"spin0\",\"ifindex\":3,\"mtu\":1438,\"mtu-fixed\":false,"
		    "\"tunnels\":2,\"clear\":\"refuse\",\"netnsid\":null,"
		    "\"drops\":{\"no-tunnel\":4}}");
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

	(void)state;
	assert_json(sp_json_alg(&both),
		    "{\"alg\":\"aes128gcm16\",\"proto\":\"esp\",\"key-len\":20,"
		    "\"auth-key-len\":0,\"icv-len\":16,\"weak\":false,\"missing\":false,"
		    "\"driver\":\"rfc4106-gcm-aesni\",\"auth-driver\":null}");
	assert_json(sp_json_alg(&none),
		    "{\"alg\":\"md5\",\"proto\":\"ah\",\"key-len\":0,"
		    "\"auth-key-len\":16,\"icv-len\":12,\"weak\":true,\"missing\":true,"
		    "\"driver\":null,\"auth-driver\":null}");
}

#define OF_TUNNEL									\
	"{\"name\":\"office\",\"id\":7,\"dev\":\"spin0\",\"local\":\"192.0.2.1\","		\
	"\"remote\":\"192.0.2.2\",\"local-ts\":[\"10.1.0.0/16\",\"10.3.0.0/24[tcp/80]\"],"	\
	"\"remote-ts\":[\"10.2.0.0/16\"],"

static void a_tunnel(void **state)
{
	struct sp_tunnel down = sample_tunnel;

	(void)state;
	assert_json(sp_json_tunnel(&sample_tunnel), OF_TUNNEL
		    "\"proto\":\"esp\",\"state\":\"up\",\"generation\":2,\"encap-error\":null,"
		    "\"owner\":null,\"staged\":1,\"path-mtu\":1500,\"mtu\":1438,"
		    "\"rx\":{\"packets\":1234,\"bytes\":1258291},"
		    "\"tx\":{\"packets\":3,\"bytes\":252},\"heard\":3,"
		    "\"drops\":{\"no-route\":3,\"stage-full\":0},"
		    "\"mode\":\"tunnel\",\"encap\":\"none\",\"keepalive\":0,\"follow\":false,"
		    "\"replay-window\":4096,\"df\":\"copy\",\"dscp\":\"copy\",\"tfc\":0,"
		    "\"dummy\":0,\"clamp-mss\":false,\"fwmark\":42,\"ah-align\":null,"
		    "\"admin\":\"up\",\"link\":\"none\"}");

	down.state = SPINDLE_TUNNEL_DOWN;
	down.out_generation = 0;
	down.mtu = 0;
	down.options.dscp = 46;
	down.options.admin = SPINDLE_ADMIN_DOWN;
	down.options.df = SPINDLE_DF_CLEAR;
	down.rx = (struct sp_traffic){ 0 };
	down.heard = false;
	down.drops.n = 0;
	down.proto = IPPROTO_AH;
	down.options.ah_align = 8;
	down.options.encap = (struct sp_encap){ 4500, 40001 };
	down.options.tfc = SPINDLE_TFC_MTU;
	down.options.follow = 1;
	assert_json(sp_json_tunnel(&down), OF_TUNNEL
		    "\"proto\":\"ah\",\"state\":\"down\",\"generation\":null,\"encap-error\":null,"
		    "\"owner\":null,\"staged\":1,\"path-mtu\":null,\"mtu\":null,"
		    "\"rx\":{\"packets\":0,\"bytes\":0},\"tx\":{\"packets\":3,\"bytes\":252},"
		    "\"heard\":null,\"drops\":{},"
		    "\"mode\":\"tunnel\",\"encap\":\"udp 4500 40001\",\"keepalive\":0,"
		    "\"follow\":true,\"replay-window\":4096,\"df\":\"clear\",\"dscp\":46,"
		    "\"tfc\":\"mtu\",\"dummy\":0,\"clamp-mss\":false,\"fwmark\":42,"
		    "\"ah-align\":8,\"admin\":\"down\",\"link\":\"none\"}");
}

static void an_sa(void **state)
{
	(void)state;
	assert_json(sp_json_sa(&sample_in, "office"),
		    "{\"tunnel\":\"office\",\"dir\":\"in\",\"spi\":\"0x1001\",\"proto\":\"esp\","
		    "\"alg\":\"aes128-sha256\",\"generation\":2,\"state\":\"active\","
		    "\"packets\":1234,\"bytes\":1258291,\"sequence\":1240,"
		    "\"replay-window\":4096,\"esn\":false,\"age\":725,\"idle\":3,"
		    "\"life\":{\"soft-bytes\":94371840,\"hard-bytes\":104857600,"
		    "\"hard-packets\":5000,\"soft-seconds\":600},"
		    "\"drops\":{\"replay\":2,\"authentication\":1},"
		    "\"last-drop\":{\"reason\":\"authentication\","
		    "\"sequence\":17,\"age\":75,\"source\":\"192.0.2.66\"}}");
	assert_json(sp_json_sa(&sample_out, "office"),
		    "{\"tunnel\":\"office\",\"dir\":\"out\",\"spi\":\"0xffffffff\","
		    "\"proto\":\"esp\",\"alg\":\"aes256-sha512\",\"generation\":3,"
		    "\"state\":\"parked\",\"packets\":0,\"bytes\":0,\"sequence\":0,"
		    "\"replay-window\":0,\"esn\":false,\"age\":0,\"idle\":null,\"life\":{},"
		    "\"drops\":{},\"last-drop\":null}");
}

static void events(void **state)
{
	const struct timespec time = { SAMPLE_NOW, 123999999 };
	struct sp_event event = {
		.tunnel = { .id = 7, .name = "office" },
		.sa = { .dir = SPINDLE_DIR_OUT, .spi = 0x2002, .generation = 4 },
		.flow = { V4(10, 1, 0, 5), V4(10, 2, 0, 9), 17, true, 1024, 53 },
		.limit = SPINDLE_LIMIT_SECONDS,
		.hard = true,
	};
	const struct sp_event lost = { 0 };

	(void)state;
	event.cmd = SPINDLE_CMD_ACQUIRE_NTF;
	assert_json(sp_json_event(&event, &time),
		    "{\"time\":1700000000.123,\"event\":\"acquire\",\"tunnel\":\"office\","
		    "\"src\":\"10.1.0.5\",\"dst\":\"10.2.0.9\",\"proto\":17,"
		    "\"sport\":1024,\"dport\":53}");
	event.cmd = SPINDLE_CMD_EXPIRE_NTF;
	assert_json(sp_json_event(&event, &time),
		    "{\"time\":1700000000.123,\"event\":\"expire\",\"tunnel\":\"office\","
		    "\"dir\":\"out\",\"spi\":\"0x2002\",\"generation\":4,\"hard\":true,"
		    "\"limit\":\"seconds\"}");
	event.cmd = SPINDLE_CMD_ACTIVE_NTF;
	assert_json(sp_json_event(&event, &time),
		    "{\"time\":1700000000.123,\"event\":\"active\",\"tunnel\":\"office\","
		    "\"spi\":\"0x2002\",\"generation\":4}");
	event.cmd = SPINDLE_CMD_ENDPOINT_NTF;
	event.tunnel.remote = (struct sp_addr)V4(192, 0, 2, 9);
	event.tunnel.options.encap.dport = 40001;
	assert_json(sp_json_event(&event, &time),
		    "{\"time\":1700000000.123,\"event\":\"endpoint\",\"tunnel\":\"office\","
		    "\"spi\":\"0x2002\",\"generation\":4,\"remote\":\"192.0.2.9\","
		    "\"port\":40001}");
	event.tunnel.options.encap.dport = 0;
	assert_json(sp_json_event(&event, &time),
		    "{\"time\":1700000000.123,\"event\":\"endpoint\",\"tunnel\":\"office\","
		    "\"spi\":\"0x2002\",\"generation\":4,\"remote\":\"192.0.2.9\","
		    "\"port\":null}");
	assert_json(sp_json_event(&lost, &time), "{\"time\":1700000000.123,\"event\":\"lost\"}");
}

/* Events about an object say all that `show` says. */
static void events_hold_objects(void **state)
{
	static const struct {
		uint8_t cmd;
		const char *event;
	} rows[] = {
		{ SPINDLE_CMD_TUNNEL_NEW_NTF, "tunnel-new" },
		{ SPINDLE_CMD_TUNNEL_SET_NTF, "tunnel-set" },
		{ SPINDLE_CMD_TUNNEL_DEL_NTF, "tunnel-del" },
		{ SPINDLE_CMD_SA_NEW_NTF, "sa-new" },
		{ SPINDLE_CMD_SA_DEL_NTF, "sa-del" },
	};
	const struct timespec time = { SAMPLE_NOW, 0 };
	struct sp_event event = { .tunnel = sample_tunnel, .sa = sample_in };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *object, *shown, *value;
		const char *key;

		event.cmd = rows[i].cmd;
		object = sp_json_event(&event, &time);
		shown = i < 3 ? sp_json_tunnel(&event.tunnel) : sp_json_sa(&event.sa, "office");
		assert_string_equal(json_string_value(json_object_get(object, "event")),
				    rows[i].event);
		assert_string_equal(json_string_value(json_object_get(object, "tunnel")), "office");
		assert_true(json_object_size(shown) > 0);
		json_object_foreach(shown, key, value)
			assert_true(json_equal(json_object_get(object, key), value));
		json_decref(object);
		json_decref(shown);
	}
}

static void text_that_is_no_utf8(void **state)
{
	struct sp_device device = { .ifname = "b\xfcro" };
	json_t *object = sp_json_device(&device);

	(void)state;
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "dev")), "b?ro");
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_is_no_utf8),
		cmocka_unit_test(a_device),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(a_tunnel),
		cmocka_unit_test(an_sa),
		cmocka_unit_test(events),
		cmocka_unit_test(events_hold_objects),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
