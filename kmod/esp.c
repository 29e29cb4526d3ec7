// SPDX-License-Identifier: GPL-2.0
#include <crypto/algapi.h>
#include <linux/random.h>

#include "esp.h"

unsigned int spn_esp_inner_max(const struct spn_suite *suite, unsigned int len)
{
	unsigned int fixed = spn_esp_head_len(suite) + suite->icv_len;

	if (len < fixed + suite->block_len)
		return 0;
	return round_down(len - fixed, suite->block_len) - sizeof(struct spn_esp_trailer);
}

int spn_esp_make_room(struct sk_buff *skb, unsigned int head, unsigned int tail)
{
	int err;

	err = skb_linearize(skb);
	if (err)
		return err;
	if (!skb_cloned(skb) && skb_headroom(skb) >= head && skb_tailroom(skb) >= tail)
		return 0;
	return pskb_expand_head(skb, max_t(int, 0, head - skb_headroom(skb)),
				max_t(int, 0, tail - skb_tailroom(skb)), GFP_ATOMIC);
}

/* RFC 4303 2.4: padding of 1, 2, 3, …, its length, the next header. */
static void put_trailer(struct sk_buff *skb, unsigned int block_len, u8 next_header)
{
	unsigned int used = skb->len + sizeof(struct spn_esp_trailer);
	unsigned int pad_len = round_up(used, block_len) - used, i;
	struct spn_esp_trailer *trailer;
	u8 *pad = skb_put(skb, pad_len);

	for (i = 0; i < pad_len; i++)
		pad[i] = i + 1;
	trailer = skb_put(skb, sizeof(*trailer));
	trailer->pad_len = pad_len;
	trailer->next_header = next_header;
}

/*
 * For CBC the IV must be unpredictable (RFC 3602 3), so it is no counter; whole random
 * words come from the batched generator, which costs little.  Counter mode and all that
 * is made of it want no IV twice (RFC 3686 4, RFC 4106 3.1), so there it is one.
 */
static void put_head(const struct spn_xform *xform, struct sk_buff *skb, __be32 spi, u64 seq)
{
	const struct spn_suite *suite = xform->suite;
	unsigned int iv_len = suite->iv_len, i;
	u8 *iv = skb_push(skb, iv_len);
	struct spn_esp_head *head = skb_push(skb, sizeof(*head));

	BUILD_BUG_ON(SPN_IV_MAX % sizeof(u64));
	for (i = 0; i < iv_len; i += sizeof(u64)) {
		u64 word = suite->counter_iv ? seq ^ xform->iv_mask : get_random_u64();

		memcpy(iv + i, &word, sizeof(word));
	}
	head->spi = spi;
	head->seq = cpu_to_be32(lower_32_bits(seq));
}

int spn_esp_seal(const struct spn_xform *xform, struct sk_buff *skb, __be32 spi, u64 seq,
		 u8 next_header, unsigned int headroom, spn_xform_done done)
{
	const struct spn_suite *suite = xform->suite;
	unsigned int head_len = spn_esp_head_len(suite), len;
	int err;

	/* No more than it takes: a packet that just fits its memory is not to be copied. */
	err = spn_esp_make_room(skb, headroom + head_len, spn_esp_tail_len(suite, skb->len));
	if (err)
		return err;
	put_trailer(skb, suite->block_len, next_header);
	put_head(xform, skb, spi, seq);
	len = skb->len - head_len;
	if (xform->aead)
		skb_put(skb, suite->icv_len);
	err = spn_xform_seal(xform, skb, head_len, len, seq, done);
	return err ?: spn_esp_sealed(xform, skb, seq);
}

int spn_esp_sealed(const struct spn_xform *xform, struct sk_buff *skb, u64 seq)
{
	unsigned int len = skb->len;

	if (xform->aead)
		return 0;
	return spn_xform_icv(xform, NULL, skb, 0, len, seq, skb_put(skb, xform->suite->icv_len));
}

bool spn_esp_check(const struct spn_suite *suite, unsigned int len)
{
	unsigned int fixed = spn_esp_head_len(suite) + suite->icv_len;

	return len >= fixed + suite->block_len && IS_ALIGNED(len - fixed, suite->block_len);
}

static int verify(const struct spn_xform *xform, const struct sk_buff *skb, u64 seq)
{
	unsigned int icv_len = xform->suite->icv_len;
	u8 computed[SPN_ICV_MAX], received[SPN_ICV_MAX];
	unsigned int len = skb->len - icv_len;
	int err;

	err = spn_xform_icv(xform, NULL, skb, 0, len, seq, computed);
	if (!err)
		err = skb_copy_bits(skb, len, received, icv_len);
	if (err)
		return err;
	return crypto_memneq(computed, received, icv_len) ? -EBADMSG : 0;
}

int spn_esp_open(const struct spn_xform *xform, struct sk_buff *skb, u64 seq,
		 spn_xform_done done)
{
	unsigned int head_len = spn_esp_head_len(xform->suite);
	int err;

	if (!xform->aead) {
		err = spn_esp_make_ours(skb) ?: verify(xform, skb, seq);
		if (err)
			return err;
	}
	err = skb_linearize_cow(skb);
	if (err)
		return err;
	__skb_trim(skb, skb->len - xform->suite->icv_len);
	return spn_xform_open(xform, skb, head_len, skb->len - head_len, seq, done);
}

enum spn_drop_reason spn_esp_strip(const struct spn_suite *suite, struct sk_buff *skb,
				   u8 *next_header)
{
	const struct spn_esp_trailer *trailer;
	unsigned int pad_len, i;
	const u8 *pad;

	__skb_pull(skb, spn_esp_head_len(suite));
	trailer = (void *)(skb_tail_pointer(skb) - sizeof(*trailer));
	pad_len = trailer->pad_len;
	if (pad_len + sizeof(*trailer) > skb->len)
		return SPN_DROP_PADDING;
	/* RFC 4303 2.4: the receiver SHOULD inspect the padding. */
	pad = (const u8 *)trailer - pad_len;
	for (i = 0; i < pad_len; i++)
		if (pad[i] != i + 1)
			return SPN_DROP_PADDING;
	*next_header = trailer->next_header;
	__skb_trim(skb, skb->len - pad_len - sizeof(*trailer));
	return SPN_DROP_NONE;
}
