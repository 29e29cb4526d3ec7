// SPDX-License-Identifier: GPL-2.0-or-later
#include "fragment.h"

#include <stdlib.h>
#include <string.h>

enum {
	GENERIC_LEN = 4,
	FIELDS_LEN = 4,			/* identifier, number, flags */
	PIECE_MAX = IKE_FRAGMENT_SIZE - IKE_HEADER_LEN - GENERIC_LEN - FIELDS_LEN,
};

static void clear_pieces(struct ike_fragments *fragments)
{
	for (size_t i = 0; i < IKE_FRAGMENTS_MAX; i++) {
		free(fragments->pieces[i]);
		fragments->pieces[i] = NULL;
	}
	fragments->last = fragments->n = 0;
	fragments->len = 0;
}

void ike_fragments_clear(struct ike_fragments *fragments)
{
	clear_pieces(fragments);
	free(fragments->whole);
	fragments->whole = NULL;
}

/* The same piece again says nothing new; another one in its place begins another message. */
static bool is_known(const struct ike_fragments *fragments, const struct ike_fragment *piece)
{
	size_t i = piece->number - 1U;

	return fragments->pieces[i] && fragments->lens[i] == piece->data.len &&
	       !memcmp(fragments->pieces[i], piece->data.data, piece->data.len);
}

/*
 * Many peers give every message the same identifier, so that it is not enough to tell one
 * message from the next.
 */
static bool is_of_another(const struct ike_fragments *fragments, const struct ike_fragment *piece)
{
	if (fragments->id != piece->id || fragments->pieces[piece->number - 1])
		return true;
	return fragments->last && (piece->last || piece->number > fragments->last);
}

static int store(struct ike_fragments *fragments, const struct ike_fragment *piece,
		 struct sp_error *err)
{
	size_t i = piece->number - 1U;

	if (piece->data.len > IKE_FRAGMENTS_OCTETS - fragments->len) {
		clear_pieces(fragments);
		return sp_fail(err, "message in pieces of more than %d octets",
			       IKE_FRAGMENTS_OCTETS);
	}
	fragments->pieces[i] = malloc(piece->data.len);
	if (!fragments->pieces[i])
		return sp_fail(err, "out of memory");
	memcpy(fragments->pieces[i], piece->data.data, piece->data.len);
	fragments->lens[i] = (uint16_t)piece->data.len;
	fragments->len += piece->data.len;
	fragments->n++;
	if (piece->last)
		fragments->last = piece->number;
	return 0;
}

static int join(struct ike_fragments *fragments, struct sp_octets *message, struct sp_error *err)
{
	size_t len = 0;

	fragments->whole = malloc(fragments->len);
	if (!fragments->whole)
		return sp_fail(err, "out of memory");
	for (size_t i = 0; i < fragments->last; i++) {
		memcpy(fragments->whole + len, fragments->pieces[i], fragments->lens[i]);
		len += fragments->lens[i];
	}
	*message = (struct sp_octets){ fragments->whole, len };
	clear_pieces(fragments);
	return 1;
}

int ike_fragments_add(struct ike_fragments *fragments, const struct ike_fragment *piece,
		      struct sp_octets *message, struct sp_error *err)
{
	free(fragments->whole);
	fragments->whole = NULL;
	if (!piece->number || piece->number > IKE_FRAGMENTS_MAX || !piece->data.len)
		return sp_fail(err, "piece %u of a message, of which there may be %d",
			       piece->number, IKE_FRAGMENTS_MAX);
	if (fragments->id == piece->id && is_known(fragments, piece))
		return 0;
	if (is_of_another(fragments, piece))
		clear_pieces(fragments);
	fragments->id = piece->id;
	if (store(fragments, piece, err))
		return -1;
	/* A number behind the last one came before it, and so did a piece of another message. */
	if (fragments->last && fragments->n > fragments->last)
		clear_pieces(fragments);
	if (!fragments->last || fragments->n < fragments->last)
		return 0;
	for (size_t i = 0; i < fragments->last; i++)
		if (!fragments->pieces[i])
			return 0;
	return join(fragments, message, err);
}

size_t ike_fragment_next(struct sp_octets message, uint16_t id, size_t *at,
			 uint8_t buf[IKE_FRAGMENT_SIZE])
{
	size_t left = message.len - *at, len = left < PIECE_MAX ? left : PIECE_MAX, size;
	struct ike_header header = {
		.version = IKE_VERSION_1,
		/* Others expect that of a piece, whatever it is a piece of, and no message ID. */
		.exchange = IKE_EXCHANGE_MAIN,
	};
	const struct ike_payload payload = {
		.type = IKE_PAYLOAD_FRAGMENT,
		.fragment = {
			.id = id,
			.number = (uint8_t)(*at / PIECE_MAX + 1),
			.last = len == left,
			.data = { message.data + *at, len },
		},
	};
	struct ike_builder b;
	struct sp_error err;

	if (!left || message.len < IKE_HEADER_LEN)
		return 0;
	memcpy(header.cookie_i, message.data, IKE_COOKIE_LEN);
	memcpy(header.cookie_r, message.data + IKE_COOKIE_LEN, IKE_COOKIE_LEN);
	ike_build_begin(&b, buf, IKE_FRAGMENT_SIZE, &header);
	ike_build(&b, &payload);
	if (ike_build_end(&b, 1, &size, &err))
		return 0;
	*at += len;
	return size;
}
