// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any message of IKE, as it is behind decryption: parsed or refused by name, and what was parsed
 * is built again to the octet, printed, and chosen from.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keying/ike/id.h"
#include "keying/ike/proposal.h"
#include "keying/ike/wire.h"

enum { LENGTH_AT = 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ike_message message;
static uint8_t octets[IKE_MESSAGE_MAX], again[IKE_MESSAGE_MAX + 1];

static void build_again(size_t size)
{
	struct ike_builder b;
	struct sp_error err;
	size_t len;

	ike_build_begin(&b, again, sizeof(again), &message.header);
	for (size_t i = 0; i < message.n; i++)
		ike_build(&b, &message.payloads[i]);
	if (ike_build_end(&b, 1, &len, &err) || len != IKE_HEADER_LEN + message.chain.len ||
	    len > size ||
	    memcmp(again + IKE_HEADER_LEN, octets + IKE_HEADER_LEN, message.chain.len))
		abort();
}

static void count_line(void *arg, const char *text)
{
	size_t *n = arg;

	*n += strlen(text);
}

static void print(void)
{
	char line[IKE_LINE_MAX];
	size_t n = 0;

	ike_dump(&message, count_line, &n);
	if (!strlen(ike_line(&message, line)) || !n)
		abort();
}

static void choose(const struct ike_sa *sa)
{
	static const char *const words[] = { "aes256gcm16", "aes128-sha256", "3des-sha1" };
	static const char *const ah_words[] = { "sha256" };
	static const uint16_t auths[] = { IKE_AUTH_PSK, IKE_AUTH_RSA };
	struct sp_ike_suite suites[2];
	struct sp_error err;
	const struct ike_phase1_policy phase1 = { suites, 2, auths, 2, 0, 0, true };
	struct ike_phase2_policy phase2 = { .words = words, .n_words = 3, .group = 14,
					    .allow_weak = true };
	struct ike_phase1_choice choice1;
	struct ike_phase2_choice choice2;

	if (sp_ike_suite_parse(&suites[0], "aes256-sha256-modp2048", &err) ||
	    sp_ike_suite_parse(&suites[1], "3des-sha1-modp1024", &err))
		abort();
	(void)ike_phase1_choose(&choice1, sa, &phase1, &err);
	(void)ike_phase1_accept(&choice1, sa, &phase1, &err);
	(void)ike_phase2_choose(&choice2, sa, &phase2, &err);
	(void)ike_phase2_accept(&choice2, sa, &phase2, &err);
	phase2.ah = true;
	phase2.words = ah_words;
	phase2.n_words = 1;
	(void)ike_phase2_choose(&choice2, sa, &phase2, &err);
}

static void select_traffic(const struct ike_id *id)
{
	uint8_t data[IKE_ID_DATA_MAX];
	struct ike_id back;
	struct sp_ts ts, same;
	struct sp_error err;

	if (ike_id_to_ts(&ts, id, &err))
		return;
	if (ike_id_of_ts(&back, data, &ts, &err) || ike_id_to_ts(&same, &back, &err) ||
	    !sp_ts_equal(&ts, &same))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ike_payload *payload;
	struct ike_header header;
	struct sp_error err = { "" };
	struct sp_writer w;

	if (size > sizeof(octets))
		return 0;
	memcpy(octets, data, size);
	/* A length that is wrong is the one fault that chance finds too often. */
	sp_writer_init(&w, octets, size);
	w.len = size;
	sp_write_again_be32(&w, LENGTH_AT, (uint32_t)size);
	if (ike_header_parse(&header, (struct sp_octets){ octets, size }, &err) ||
	    ike_message_parse(&message, &header,
			      (struct sp_octets){ octets + IKE_HEADER_LEN, size - IKE_HEADER_LEN },
			      &err)) {
		if (!err.text[0])
			abort();
		return 0;
	}
	build_again(size);
	print();
	for (size_t i = 0; (payload = ike_find(&message, IKE_SA, i)); i++)
		choose(&payload->sa);
	for (size_t i = 0; (payload = ike_find(&message, IKE_ID, i)); i++)
		select_traffic(&payload->id);
	return 0;
}
