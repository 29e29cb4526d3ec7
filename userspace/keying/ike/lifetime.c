// SPDX-License-Identifier: GPL-2.0-or-later
#include "lifetime.h"

enum { BASIC = 0x8000 };		/* the value is in place of a length (RFC 2408 3.3) */

static void write_limit(struct sp_writer *w, enum ike_life_type type, uint32_t value)
{
	if (!value)
		return;
	sp_write_be16(w, BASIC | IKE_A2_LIFE_TYPE);
	sp_write_be16(w, (uint16_t)type);
	sp_write_be16(w, IKE_A2_LIFE_DURATION);
	sp_write_be16(w, sizeof(value));
	sp_write_be32(w, value);
}

void ike_lifetime_build(struct ike_builder *b, bool ah, uint32_t spi,
			const struct ike_lifetime *life)
{
	uint8_t octets[24], name[4];
	struct sp_writer w;
	struct ike_payload payload = {
		.type = IKE_PAYLOAD_NOTIFY,
		.notify = {
			.doi = IKE_DOI_IPSEC, .type = IKE_N_RESPONDER_LIFETIME,
			.protocol = ah ? IKE_PROTOCOL_AH : IKE_PROTOCOL_ESP,
			.spi = SP_OCTETS(name),
		},
	};

	sp_writer_init(&w, name, sizeof(name));
	sp_write_be32(&w, spi);
	sp_writer_init(&w, octets, sizeof(octets));
	write_limit(&w, IKE_LIFE_SECONDS, life->seconds);
	write_limit(&w, IKE_LIFE_KILOBYTES, life->kilobytes);
	payload.notify.data = (struct sp_octets){ octets, w.len };
	ike_build(b, &payload);
}

/* One attribute; what is longer than 4 octets is no limit that matters. */
static uint16_t read_attribute(struct sp_reader *r, uint32_t *value)
{
	uint16_t type = sp_read_be16(r), len = sp_read_be16(r);
	const uint8_t *octets;

	*value = len;
	if (type & BASIC)
		return type & (uint16_t)~BASIC;
	octets = sp_read_octets(r, len);
	*value = 0;
	for (size_t i = 0; octets && len <= 4 && i < len; i++)
		*value = *value << 8 | octets[i];
	return type;
}

static void read_life(struct ike_lifetime *life, struct sp_octets data)
{
	uint32_t value, kind = 0;
	struct sp_reader r;

	sp_reader_init(&r, data.data, data.len);
	while (r.left && !r.bad) {
		uint16_t type = read_attribute(&r, &value);

		if (r.bad)
			return;
		if (type == IKE_A2_LIFE_TYPE)
			kind = value;
		else if (type == IKE_A2_LIFE_DURATION && kind == IKE_LIFE_SECONDS)
			life->seconds = value;
		else if (type == IKE_A2_LIFE_DURATION && kind == IKE_LIFE_KILOBYTES)
			life->kilobytes = value;
	}
}

struct ike_lifetime ike_lifetime_said(const struct ike_message *message)
{
	struct ike_lifetime life = { 0 };
	const struct ike_payload *payload;

	for (size_t i = 0; (payload = ike_find(message, IKE_NOTIFY, i)); i++)
		if (payload->notify.type == IKE_N_RESPONDER_LIFETIME)
			read_life(&life, payload->notify.data);
	return life;
}
