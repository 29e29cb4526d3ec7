// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "draft.h"
#include "fragment.h"
#include "trace.h"
#include "vendor.h"

struct ike_header ike_draft_header(const struct ike_channel *channel)
{
	struct ike_header header = { .version = IKE_VERSION_1 };

	memcpy(header.cookie_i, channel->cookies[IKE_INITIATOR], IKE_COOKIE_LEN);
	memcpy(header.cookie_r, channel->cookies[IKE_RESPONDER], IKE_COOKIE_LEN);
	return header;
}

void ike_draft_phase1(struct ike_draft *draft, const struct ike_channel *channel, bool encrypted)
{
	draft->channel = channel;
	draft->header = ike_draft_header(channel);
	draft->header.exchange = IKE_EXCHANGE_MAIN;
	draft->header.flags = encrypted ? IKE_FLAG_ENCRYPTED : 0;
	draft->hash = NULL;
	ike_build_begin(&draft->b, draft->octets, sizeof(draft->octets), &draft->header);
}

void ike_draft_under(struct ike_draft *draft, const struct ike_channel *channel,
		     enum ike_exchange exchange, uint32_t id)
{
	draft->channel = channel;
	draft->header = ike_draft_header(channel);
	draft->header.exchange = (uint8_t)exchange;
	draft->header.flags = IKE_FLAG_ENCRYPTED;
	draft->header.message_id = id;
	ike_build_begin(&draft->b, draft->octets, sizeof(draft->octets), &draft->header);
	draft->hash = ike_build_hole(&draft->b, IKE_PAYLOAD_HASH, sp_hash_len(channel->keys.prf));
}

struct sp_octets ike_draft_rest(const struct ike_draft *draft)
{
	return ike_built_behind(&draft->b, draft->hash, sp_hash_len(draft->channel->keys.prf));
}

/* In pieces, if it is long and the peer takes them. */
static void send_octets(const struct ike_channel *channel, struct sp_octets message)
{
	struct port *port = channel->peer->port;
	uint8_t piece[IKE_FRAGMENT_SIZE];
	size_t at = 0, len;

	if (!ike_is_long(message.len) || !(channel->vendors & IKE_VENDOR_FRAGMENTATION)) {
		port_datagram(port, &channel->path, message.data, message.len);
		return;
	}
	while ((len = ike_fragment_next(message, 1, &at, piece)))
		port_datagram(port, &channel->path, piece, len);
}

int ike_draft_send(struct ike_draft *draft, uint8_t *iv, struct ike_memory *memory,
		   struct sp_error *err)
{
	const struct ike_channel *channel = draft->channel;
	bool encrypted = draft->header.flags & IKE_FLAG_ENCRYPTED;
	size_t len;

	if (ike_build_end(&draft->b, encrypted ? sp_cipher_block_len(channel->keys.cipher) : 1,
			  &len, err))
		return -1;
	ike_trace(channel->peer->port, &channel->path, true,
		  (struct sp_octets){ draft->octets, len });
	if (encrypted && ike_encrypt(&channel->keys, iv, draft->octets + IKE_HEADER_LEN,
				     len - IKE_HEADER_LEN, err))
		return -1;
	if (memory && ike_memory_sent(memory, (struct sp_octets){ draft->octets, len }))
		return sp_fail(err, "out of memory");
	send_octets(channel, (struct sp_octets){ draft->octets, len });
	return 0;
}

void ike_draft_again(const struct ike_channel *channel, const struct ike_memory *memory)
{
	if (memory->sent)
		send_octets(channel, (struct sp_octets){ memory->sent, memory->sent_len });
}
