// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RSA keying as the daemon runs it: two engines behind their ports, with a wire and a holder
 * of keys between them, in simulated time.
 */
#include <math.h>

#include "keying/rsa/engine.h"
#include "keying/rsa/peer.h"
#include "kmod/suite.h"
#include "rsa_pair.h"

enum { A, B, WIRE_MAX = 65536 };

/* One end of the stream there is at most one of. */
struct end {
	struct port port;
	struct engine_peer *peer;
	struct engine_tunnel *tunnel;
	struct sp_peer_config config;
	struct sp_tunnel_config tunnel_config;
	struct sp_sa in, out;		/* in the kernel */
	unsigned int installed;
	uint32_t stream;		/* 0: none */
	bool proved, hung_up;
	uint32_t question;		/* not answered; 0: none */
	unsigned int withdrawn, expected;
	struct engine_id claim;
	bool claimed;
	uint8_t wire[WIRE_MAX];		/* to the other end */
	size_t wire_len;
	char note[640];			/* the last event */
};

static struct end ends[2];
static double now;
static uint32_t next_spi;
static enum rk_profile profile;
static size_t piece;			/* octets that the wire carries at once */
static bool deaf;			/* nobody can be connected to */
static bool hold_keys;			/* questions are not answered */
static struct sp_key_answer ephemeral[2];

/* --- the host ------------------------------------------------------------------------ */

static int host_spi(void *arg, const char *tunnel, uint32_t *spi, struct sp_error *err)
{
	(void)arg;
	(void)err;
	assert_string_equal(tunnel, "lan");
	*spi = next_spi++;
	return 0;
}

static int host_install(void *arg, const char *tunnel, const struct sp_sa *in,
			const struct sp_sa *out, struct sp_error *err)
{
	struct end *end = arg;

	(void)tunnel;
	(void)err;
	assert_int_equal(in->dir, SPINDLE_DIR_IN);
	assert_int_equal(out->dir, SPINDLE_DIR_OUT);
	assert_int_equal(in->generation, out->generation);
	assert_false(in->parked);
	end->in = *in;
	end->out = *out;
	end->installed++;
	return 0;
}

static int host_change(void *arg, const char *tunnel, uint32_t generation, struct sp_error *err)
{
	(void)arg;
	(void)tunnel;
	(void)err;
	assert_int_not_equal(generation, 0);
	return 0;
}

static const struct port_host host = {
	.spi = host_spi, .install = host_install, .activate = host_change, .remove = host_change,
	.random = fill_random,
};

/* --- the wire ------------------------------------------------------------------------ */

static void tell(struct end *end, struct engine_stream what)
{
	what.id = end->stream;
	rk_engine.stream(end->peer, &what, now);
}

static void connect_ends(struct end *end, uint32_t id)
{
	struct end *other = &ends[end == ends];

	end->stream = id;
	if (deaf) {
		tell(end, (struct engine_stream){
			.kind = ENGINE_STREAM_FAILED, .why = "nobody there",
		});
		end->stream = 0;
		return;
	}
	other->stream = port_new_id(&other->port);
	tell(other, (struct engine_stream){ .kind = ENGINE_STREAM_CAME });
	tell(end, (struct engine_stream){ .kind = ENGINE_STREAM_CONNECTED });
}

static void carry_out(struct end *end, const struct port_request *request)
{
	switch (request->verb) {
	case PORT_CONNECT:
		connect_ends(end, request->id);
		break;
	case PORT_SEND:
		assert_true(end->wire_len + request->len <= WIRE_MAX);
		memcpy(end->wire + end->wire_len, request->octets, request->len);
		end->wire_len += request->len;
		break;
	case PORT_PROVED:
		assert_int_equal(request->id, end->stream);
		end->proved = true;
		break;
	case PORT_HANG_UP:
		end->hung_up = request->id == end->stream;
		break;
	case PORT_EXPECT:
		end->expected++;
		assert_int_equal(request->question->bits, profile == RK_SIGNED ? 2048 : 1024);
		break;
	case PORT_ASK:
		assert_int_equal(end->question, 0);
		end->question = request->id;
		break;
	case PORT_WITHDRAW:
		assert_int_equal(end->question, request->id);
		end->question = 0;
		end->withdrawn++;
		break;
	case PORT_EVENT:
		strcpy(end->note, request->event->text);
		break;
	case PORT_CLAIM:
		end->claim = request->claim;
		end->claimed = true;
		break;
	default:
		fail_msg("RSA keying has no datagrams");
	}
}

static bool take_requests(struct end *end)
{
	struct port_request *request;
	bool any = false;

	rk_engine.tick(end->peer, now);
	while ((request = port_take(&end->port))) {
		carry_out(end, request);
		port_done(request);
		any = true;
	}
	return any;
}

static bool carry_octets(struct end *from, struct end *to)
{
	size_t len = from->wire_len < piece ? from->wire_len : piece;
	uint8_t octets[WIRE_MAX];

	if (!len)
		return false;
	memcpy(octets, from->wire, len);
	memmove(from->wire, from->wire + len, from->wire_len -= len);
	if (to->stream && !to->hung_up)
		tell(to, (struct engine_stream){
			.kind = ENGINE_STREAM_OCTETS, .octets = octets, .len = len,
		});
	return true;
}

/* What one has hung up the other hears of, once all has arrived. */
static bool end_stream(struct end *from, struct end *to)
{
	if (!from->hung_up || !from->stream || from->wire_len)
		return false;
	from->stream = 0;
	from->hung_up = from->proved = false;
	if (to->stream) {
		if (!to->hung_up)
			tell(to, (struct engine_stream){ .kind = ENGINE_STREAM_ENDED });
		to->hung_up = true;
	}
	return true;
}

static bool answer_question(struct end *end)
{
	uint32_t question = end->question;

	if (!question || hold_keys)
		return false;
	end->question = 0;
	rk_engine.answer(end->peer, question, &ephemeral[profile], now);
	return true;
}

static void settle_ends(void)
{
	bool any;

	do {
		any = false;
		for (int i = 0; i < 2; i++) {
			if (!ends[i].peer)
				continue;
			any |= take_requests(&ends[i]);
			any |= answer_question(&ends[i]);
			any |= carry_octets(&ends[i], &ends[!i]);
			any |= end_stream(&ends[i], &ends[!i]);
		}
	} while (any);
}

static void run(double seconds)
{
	double until = now + seconds, next;

	for (;;) {
		settle_ends();
		next = fmin(rk_engine.deadline(ends[A].peer), rk_engine.deadline(ends[B].peer));
		if (next > until)
			break;
		now = fmax(next, now + 1e-6);
	}
	now = until;
}

static void break_stream(void)
{
	for (int i = 0; i < 2; i++) {
		if (ends[i].stream)
			tell(&ends[i], (struct engine_stream){
				.kind = ENGINE_STREAM_FAILED, .why = "torn",
			});
		ends[i].stream = 0;
		ends[i].wire_len = 0;
		ends[i].proved = ends[i].hung_up = false;
	}
}

/* --- two ends -------------------------------------------------------------------------- */

static void begin_end(int i)
{
	static const char *const addr[] = { "192.0.2.1", "192.0.2.2" };
	struct sp_key own = { .pkey = i ? test_keys.server : test_keys.client };
	struct sp_key other = { .pkey = i ? test_keys.client : test_keys.server };
	struct engine_keys keys = { &own, &other };
	struct end *end = &ends[i];
	struct sp_error err;

	memset(end, 0, sizeof(*end));
	sp_key_id(own.pkey, own.digest, &err);
	sp_key_id(other.pkey, other.digest, &err);
	strcpy(end->config.name, "other");
	end->config.profile = profile == RK_SIGNED ? SP_PROFILE_SIGNED : SP_PROFILE_COMPAT;
	sp_addr_parse(&end->config.local, addr[i], &err);
	sp_addr_parse(&end->config.remote, addr[!i], &err);
	strcpy(end->tunnel_config.name, "lan");
	end->tunnel_config.esp[0] = spn_suite_find("aes256-sha256")->word;
	end->tunnel_config.n_esp = 1;
	end->tunnel_config.lifetime = 3600;
	end->tunnel_config.start = SP_START_LISTEN;
	port_init(&end->port, &host, end);
	end->peer = rk_engine.open(&end->config, &keys, &end->port);
	assert_non_null(end->peer);
	end->tunnel = rk_engine.add(end->peer, &end->tunnel_config);
	rk_engine.start(end->tunnel, now);
}

static void begin(enum rk_profile with)
{
	profile = with;
	now = 1000;
	next_spi = 0x1000;
	piece = WIRE_MAX;
	deaf = hold_keys = false;
	begin_end(A);
	begin_end(B);
}

static void finish(void)
{
	for (int i = 0; i < 2; i++) {
		if (ends[i].peer)
			rk_engine.close(ends[i].peer);
		ends[i].peer = NULL;
		port_clear(&ends[i].port);
	}
}

static void ask_for(struct end *end, enum engine_wish wish)
{
	struct sp_error err;

	assert_int_equal(rk_engine.wish(end->tunnel, wish, now, &err), 0);
}

static struct engine_tunnel_look look(const struct end *end)
{
	struct engine_tunnel_look look;

	rk_engine.look_tunnel(end->tunnel, &look);
	return look;
}

static const char *peer_error(const struct end *end)
{
	struct engine_peer_look look;

	rk_engine.look(end->peer, &look);
	return look.last_error;
}

static void assert_same(const struct sp_sa *out, const struct sp_sa *in)
{
	assert_int_equal(out->spi, in->spi);
	assert_int_equal(out->key.len, 32);
	assert_int_equal(out->auth_key.len, 32);
	assert_memory_equal(&out->key, &in->key, sizeof(out->key));
	assert_memory_equal(&out->auth_key, &in->auth_key, sizeof(out->auth_key));
}

static void assert_up(uint32_t generation)
{
	assert_int_equal(look(&ends[A]).generation, generation);
	assert_int_equal(look(&ends[B]).generation, generation);
	assert_true(ends[A].proved && ends[B].proved);
	assert_same(&ends[A].out, &ends[B].in);
	assert_same(&ends[B].out, &ends[A].in);
	assert_memory_not_equal(&ends[A].in.key, &ends[A].out.key, sizeof(ends[A].in.key));
}

/* --- scenes ------------------------------------------------------------------------------ */

/* In whole messages, and octet by octet. */
static void test_up(void **state)
{
	(void)state;
	for (int with = RK_SIGNED; with <= RK_COMPAT; with++) {
		for (size_t i = 0; i < 2; i++) {
			begin((enum rk_profile)with);
			piece = i ? 1 : WIRE_MAX;
			ask_for(&ends[A], ENGINE_UP);
			run(0);
			assert_up(1);
			assert_int_equal(ends[B].expected, 1);
			assert_int_equal(ends[A].installed + ends[B].installed, 2);
			ask_for(&ends[B], ENGINE_REKEY);
			run(60);
			assert_up(2);
			finish();
		}
	}
}

/* Who it is stands in the first octets of profile signed, and nowhere in those of compat. */
static void test_identity(void **state)
{
	struct engine_id seen[ENGINE_IDS_MAX];

	(void)state;
	begin(RK_SIGNED);
	hold_keys = true;
	ask_for(&ends[A], ENGINE_UP);
	take_requests(&ends[A]);
	take_requests(&ends[A]);
	take_requests(&ends[B]);
	assert_true(ends[B].claimed);
	assert_int_equal(ends[A].wire_len, rk_engine.hello_len);
	assert_int_equal(rk_engine.identify(ends[A].wire, seen), 1);
	assert_memory_equal(&seen[0], &ends[B].claim, sizeof(seen[0]));
	finish();
	begin(RK_COMPAT);
	take_requests(&ends[B]);
	assert_false(ends[B].claimed);
	finish();
}

static void test_nobody_there(void **state)
{
	(void)state;
	begin(RK_COMPAT);
	deaf = true;
	ask_for(&ends[A], ENGINE_UP);
	run(0.5);
	assert_string_equal(peer_error(&ends[A]), "nobody there");
	assert_string_equal(look(&ends[A]).state, "waiting");
	deaf = false;
	run(60);
	assert_up(1);
	finish();
}

static void test_torn(void **state)
{
	(void)state;
	begin(RK_COMPAT);
	ends[A].tunnel_config.start = SP_START_UP;
	rk_engine.reconfigure(ends[A].tunnel, &ends[A].tunnel_config, false, now);
	ask_for(&ends[A], ENGINE_UP);
	run(0);
	assert_up(1);
	break_stream();
	run(0);
	assert_string_equal(peer_error(&ends[A]), "session ended: torn");
	run(60);
	assert_true(look(&ends[A]).generation > 1);
	assert_up(look(&ends[A]).generation);
	finish();
}

/* The client speaks while there is no key for it yet: that waits, within bounds. */
static void test_late_key(void **state)
{
	(void)state;
	begin(RK_SIGNED);
	hold_keys = true;
	ask_for(&ends[A], ENGINE_UP);
	run(5);
	assert_int_equal(ends[A].wire_len, 0);
	assert_int_not_equal(ends[B].question, 0);
	hold_keys = false;
	run(0);
	assert_up(1);
	finish();

	begin(RK_SIGNED);
	hold_keys = true;
	ask_for(&ends[A], ENGINE_UP);
	run(1);
	memset(ends[A].wire, 0, 5000);
	ends[A].wire_len = 5000;
	run(1);
	assert_non_null(strstr(peer_error(&ends[B]), "more than a hello"));
	assert_int_equal(ends[B].withdrawn, 1);
	finish();
}

/* Of a connection that has gone, the key is for the next one. */
static void test_withdrawn(void **state)
{
	(void)state;
	begin(RK_SIGNED);
	hold_keys = true;
	ask_for(&ends[A], ENGINE_UP);
	run(1);
	assert_int_not_equal(ends[B].question, 0);
	break_stream();
	settle_ends();
	assert_int_equal(ends[B].question, 0);
	assert_int_equal(ends[B].withdrawn, 1);
	finish();
}

static void test_no_key(void **state)
{
	struct sp_key_answer none = { .error = { "out of luck" } };

	(void)state;
	begin(RK_SIGNED);
	hold_keys = true;
	ask_for(&ends[A], ENGINE_UP);
	run(1);
	rk_engine.answer(ends[B].peer, ends[B].question, &none, now);
	ends[B].question = 0;
	run(0);
	assert_non_null(strstr(peer_error(&ends[B]), "out of luck"));
	/* Nor within the time that there is. */
	run(5);
	assert_int_not_equal(ends[B].question, 0);
	run(12);
	assert_true(ends[B].withdrawn > 0);
	finish();
}

static void test_goodbye(void **state)
{
	(void)state;
	begin(RK_COMPAT);
	ask_for(&ends[A], ENGINE_UP);
	run(0);
	assert_up(1);
	rk_engine.close(ends[A].peer);
	ends[A].peer = NULL;
	for (struct port_request *request; (request = port_take(&ends[A].port));) {
		carry_out(&ends[A], request);
		port_done(request);
	}
	assert_true(ends[A].hung_up);
	carry_octets(&ends[A], &ends[B]);
	assert_string_equal(peer_error(&ends[B]), "session ended: the peer said bye");
	assert_int_equal(look(&ends[B]).generation, 1);		/* its SAs stay */
	finish();
}

/* What the kernel is seen to have, in place of what it would have notified of. */
static void test_seen(void **state)
{
	struct engine_seen seen = { .n = 1, .sends = 1 };

	(void)state;
	begin(RK_COMPAT);
	ask_for(&ends[A], ENGINE_UP);
	run(60);
	seen.generations[0].number = 1;
	seen.generations[0].halves = 2;
	rk_engine.seen(ends[A].tunnel, &seen, now);
	assert_int_equal(look(&ends[A]).generation, 1);
	seen.generations[0].overdue = true;
	rk_engine.seen(ends[A].tunnel, &seen, now);
	run(60);
	assert_up(2);
	seen.generations[0].number = 2;
	seen.generations[0].halves = 1;
	seen.sends = 2;
	rk_engine.seen(ends[A].tunnel, &seen, now);
	assert_int_equal(look(&ends[A]).generation, 0);
	run(60);
	assert_up(3);
	finish();
}

static int start(void **state)
{
	if (make_test_keys(state))
		return -1;
	for (int i = RK_SIGNED; i <= RK_COMPAT; i++) {
		struct sp_key_question question = {
			.kind = SP_KEY_EPHEMERAL_RSA, .bits = i == RK_SIGNED ? 2048 : 1024,
		};

		sp_key_answer(&question, NULL, &ephemeral[i]);
		assert_int_not_equal(ephemeral[i].len, 0);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_late_key),
		cmocka_unit_test(test_withdrawn),
		cmocka_unit_test(test_no_key),
		cmocka_unit_test(test_goodbye),
		cmocka_unit_test(test_seen),
	};

	return cmocka_run_group_tests_name("rsa_engine", tests, start, free_test_keys);
}
