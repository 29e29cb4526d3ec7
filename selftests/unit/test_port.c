// SPDX-License-Identifier: GPL-2.0-or-later
/* What an engine asks for comes out as it went in, in its order, and only when it is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "keying/port.h"

static const struct sp_key_question question = { .kind = SP_KEY_EPHEMERAL_RSA, .bits = 2048 };

static void expect_request(struct port *port, enum port_verb verb, uint32_t id)
{
	struct port_request *request = port_take(port);

	assert_non_null(request);
	assert_int_equal(request->verb, verb);
	assert_int_equal(request->id, id);
	port_done(request);
}

static void test_order(void **state)
{
	const struct sp_path path = { .local_port = 500, .remote_port = 4500 };
	const struct engine_id id = { .octets = "cookie" };
	uint32_t stream, asked, came;
	struct port port;

	(void)state;
	port_init(&port, NULL, NULL);
	assert_null(port_take(&port));
	stream = port_connect(&port);
	port_send(&port, stream, "one", 3);
	port_proved(&port, stream);
	port_expect(&port, &question);
	asked = port_ask(&port, &question);
	came = port_new_id(&port);
	port_withdraw(&port, asked);
	port_hang_up(&port, came);
	port_datagram(&port, &path, "two", 3);
	port_claim(&port, &id);
	port_met(&port, &path);
	port_disclaim(&port, &id);
	assert_int_not_equal(stream, 0);
	assert_int_not_equal(asked, stream);
	assert_int_not_equal(came, stream);
	assert_int_not_equal(came, asked);

	expect_request(&port, PORT_CONNECT, stream);
	expect_request(&port, PORT_SEND, stream);
	expect_request(&port, PORT_PROVED, stream);
	expect_request(&port, PORT_EXPECT, 0);
	expect_request(&port, PORT_ASK, asked);
	expect_request(&port, PORT_WITHDRAW, asked);
	expect_request(&port, PORT_HANG_UP, came);
	expect_request(&port, PORT_DATAGRAM, 0);
	expect_request(&port, PORT_CLAIM, 0);
	expect_request(&port, PORT_MET, 0);
	expect_request(&port, PORT_DISCLAIM, 0);
	assert_null(port_take(&port));
	assert_false(port_has_failed(&port));
}

/* The engine's own may be another by the time they are taken. */
static void test_copies(void **state)
{
	struct port_event event = {
		.kind = PORT_UP, .tunnel = "lan", .generation = 3, .alg = "aes128gcm16",
	};
	struct sp_key_question asked = question;
	struct port_request *request;
	char octets[] = "one";
	struct port port;

	(void)state;
	port_init(&port, NULL, NULL);
	port_send(&port, 7, octets, 3);
	port_event(&port, &event);
	port_ask(&port, &asked);
	memset(octets, 0, sizeof(octets));
	memset(&event, 0, sizeof(event));
	memset(&asked, 0, sizeof(asked));

	request = port_take(&port);
	assert_int_equal(request->len, 3);
	assert_memory_equal(request->octets, "one", 3);
	port_done(request);
	request = port_take(&port);
	assert_string_equal(request->event->tunnel, "lan");
	assert_int_equal(request->event->generation, 3);
	port_done(request);
	request = port_take(&port);
	assert_int_equal(request->question->bits, 2048);
	port_done(request);
}

static void test_nothing_to_send(void **state)
{
	struct port port;

	(void)state;
	port_init(&port, NULL, NULL);
	port_send(&port, 1, NULL, 0);
	assert_null(port_take(&port));
}

/* As a party leaves: what it did not get to is freed. */
static void test_clear(void **state)
{
	const struct port_event event = { .kind = PORT_NOTE, .text = "bye" };
	struct port port;

	(void)state;
	port_init(&port, NULL, NULL);
	port_event(&port, &event);
	port_send(&port, 1, "bye", 3);
	port_clear(&port);
	assert_null(port_take(&port));
}

/* After four thousand million streams, and never 0. */
static void test_ids_go_round(void **state)
{
	struct port port;

	(void)state;
	port_init(&port, NULL, NULL);
	port.last_id = UINT32_MAX - 1;
	assert_int_equal(port_new_id(&port), UINT32_MAX);
	assert_int_equal(port_new_id(&port), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_nothing_to_send),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_ids_go_round),
	};

	return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
