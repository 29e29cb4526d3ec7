// SPDX-License-Identifier: GPL-2.0
#include <linux/completion.h>
#include <linux/in.h>
#include <linux/kernel.h>

#include "esp.h"
#include "selftest.h"
#include "selftest_answers.h"

/* An IPv4 header without anything behind it. */
static const u8 inner[] __initconst = {
	0x45, 0x00, 0x00, 0x14, 0x00, 0x00, 0x40, 0x00, 0x40, 0x04, 0x26, 0xe2,
	0x0a, 0x01, 0x00, 0x01, 0x0a, 0x02, 0x00, 0x01,
};

/* SPI 0x1001, sequence number 1, the IV. */
static const u8 head[] __initconst = {
	0x00, 0x00, 0x10, 0x01, 0x00, 0x00, 0x00, 0x01,
	0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
	0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
};

enum {
	KEY_FIRST = 0x00,
	AUTH_KEY_FIRST = 0x40,
	KEY_MAX = 64,
	CIPHERTEXT_MAX = 32,
	PACKET_MAX = sizeof(head) + CIPHERTEXT_MAX + SPN_ICV_MAX,
};

/* What the packet's control block points to while the cipher has it. */
struct waiting {
	struct completion done;
	int err;
};

static void __init work_done(struct sk_buff *skb, int err)
{
	struct waiting *waiting = *(struct waiting **)skb->cb;

	waiting->err = err;
	complete(&waiting->done);
}

static int __init seal(const struct spn_xform *xform, struct sk_buff *skb)
{
	struct waiting waiting = { .done = COMPLETION_INITIALIZER_ONSTACK(waiting.done) };
	int err;

	*(struct waiting **)skb->cb = &waiting;
	err = spn_esp_seal(xform, skb, htonl(0x1002), 1, IPPROTO_IPIP, 0, work_done);
	if (err != -EINPROGRESS)
		return err;
	wait_for_completion(&waiting.done);
	return waiting.err ?: spn_esp_sealed(xform, skb, 1);
}

static int __init open(const struct spn_xform *xform, struct sk_buff *skb)
{
	struct waiting waiting = { .done = COMPLETION_INITIALIZER_ONSTACK(waiting.done) };
	int err;

	*(struct waiting **)skb->cb = &waiting;
	err = spn_esp_open(xform, skb, 1, work_done);
	if (err != -EINPROGRESS)
		return err;
	wait_for_completion(&waiting.done);
	return waiting.err;
}

static int __init opens(const struct spn_xform *xform, struct sk_buff *skb)
{
	u8 next_header;
	int err;

	err = open(xform, skb);
	if (err)
		return err;
	if (spn_esp_strip(xform->suite, skb, &next_header) || next_header != IPPROTO_IPIP ||
	    skb->len != sizeof(inner) || memcmp(skb->data, inner, sizeof(inner)))
		return -EINVAL;
	return 0;
}

/* Does @packet open, its like with a bit flipped not, and what we seal ourselves? */
static int __init test_xform(const struct spn_xform *xform, const u8 *packet, unsigned int len,
			     struct sk_buff *skb)
{
	int err;

	skb_put_data(skb, packet, len);
	skb->data[spn_esp_head_len(xform->suite)] ^= 1;
	err = open(xform, skb);
	if (err != -EBADMSG)
		return err ?: -EINVAL;
	/* It may have been written to. */
	skb_trim(skb, 0);
	skb_put_data(skb, packet, len);
	err = opens(xform, skb);
	if (err)
		return err;
	/* As it came out, the packet is what went in. */
	err = seal(xform, skb);
	return err ?: opens(xform, skb);
}

/* Octets that count up from @first. */
static const u8 *__init make_key(u8 key[KEY_MAX], u8 first)
{
	unsigned int i;

	for (i = 0; i < KEY_MAX; i++)
		key[i] = first + i;
	return key;
}

static int __init test_suite(const struct spn_suite *suite, const struct answer *answer)
{
	unsigned int ciphertext_len = strlen(answer->ciphertext) / 2;
	unsigned int ciphertext_at = spn_esp_head_len(suite);
	unsigned int icv_at = ciphertext_at + ciphertext_len;
	u8 packet[PACKET_MAX], key[KEY_MAX], auth_key[KEY_MAX];
	struct spn_xform xform;
	struct sk_buff *skb;
	int err;

	memcpy(packet, head, ciphertext_at);
	err = hex2bin(packet + ciphertext_at, answer->ciphertext, ciphertext_len) ?:
	      hex2bin(packet + icv_at, answer->icv, suite->icv_len);
	if (err)
		return err;
	err = spn_xform_init(&xform, suite,
			     &(struct spn_key){ make_key(key, KEY_FIRST), suite->key_len },
			     &(struct spn_key){ make_key(auth_key, AUTH_KEY_FIRST),
						suite->auth_key_len }, false, NULL);
	if (err)
		return err;
	skb = alloc_skb(PACKET_MAX, GFP_KERNEL);
	err = skb ? test_xform(&xform, packet, icv_at + suite->icv_len, skb) : -ENOMEM;
	kfree_skb(skb);
	spn_xform_destroy(&xform);
	return err;
}

static const struct answer *__init answer_of(const struct spn_suite *suite)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(answers); i++)
		if (!strcmp(answers[i].word, suite->word))
			return &answers[i];
	return NULL;
}

int __init spn_selftest(void)
{
	const struct spn_suite *suite;
	const struct answer *answer;
	unsigned int i;
	int err;

	for (i = 0; (suite = spn_suite_at(i)); i++) {
		answer = answer_of(suite);
		err = answer ? test_suite(suite, answer) : -ENODATA;
		if (!err || err == -ENOENT)
			continue;
		pr_err("spindle: self-test of %s failed: %pe\n", suite->word, ERR_PTR(err));
		return err == -ENOMEM ? err : -ENOTRECOVERABLE;
	}
	return 0;
}
