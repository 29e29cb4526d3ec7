// SPDX-License-Identifier: GPL-2.0
#include <linux/completion.h>
#include <linux/in.h>
#include <linux/kernel.h>

#include "ah.h"
#include "compat.h"
#include "esp.h"
#include "ip.h"
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
	/* The opened packet is the plaintext again: seal it ourselves, and open that. */
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

/* An AH packet in an IPv4 header whose mutable fields are no zeros. */
static const u8 ah_front[] __initconst = {
	0x45, 0xb8, 0x00, 0x00, 0x12, 0x34, 0x40, 0x00, 0x40, 0x33, 0xbe, 0xef,
	0xc0, 0x00, 0x02, 0x01, 0xc0, 0x00, 0x02, 0x02,
};

static int __init test_ah_xform(const struct spn_xform *xform, const u8 *icv, struct sk_buff *skb)
{
	unsigned int ah_len = spn_ah_len(xform->suite, SPN_AH_ALIGN);
	struct spn_ah_head *head;
	struct iphdr *iph;
	int err;

	iph = skb_put_data(skb, ah_front, sizeof(ah_front));
	iph->tot_len = htons(sizeof(ah_front) + ah_len + sizeof(inner));
	skb_reset_network_header(skb);
	__skb_pull(skb, sizeof(ah_front));
	head = skb_put(skb, ah_len);
	skb_put_data(skb, inner, sizeof(inner));
	err = spn_ah_seal(xform, skb, sizeof(ah_front), ah_len, htonl(0x1001), 1, IPPROTO_IPIP);
	if (err)
		return err;
	if (memcmp(head + 1, icv, xform->suite->icv_len) ||
	    !spn_ah_check(xform->suite, skb, sizeof(ah_front)))
		return -EINVAL;
	/* A router has had it, and then somebody else. */
	iph->ttl--;
	err = spn_ah_open(xform, skb, sizeof(ah_front), 1);
	if (err)
		return err;
	iph->daddr = ~iph->daddr;
	err = spn_ah_open(xform, skb, sizeof(ah_front), 1);
	return err == -EBADMSG ? 0 : -EINVAL;
}

static int __init test_ah(const struct spn_suite *suite, const struct answer *answer)
{
	u8 icv[SPN_ICV_MAX], auth_key[KEY_MAX];
	struct spn_xform xform;
	struct sk_buff *skb;
	int err;

	err = hex2bin(icv, answer->icv, suite->icv_len) ?:
	      spn_xform_init(&xform, suite, &(struct spn_key){},
			     &(struct spn_key){ make_key(auth_key, AUTH_KEY_FIRST),
						suite->auth_key_len }, false, NULL);
	if (err)
		return err;
	skb = alloc_skb(PACKET_MAX, GFP_KERNEL);
	err = skb ? test_ah_xform(&xform, icv, skb) : -ENOMEM;
	kfree_skb(skb);
	spn_xform_destroy(&xform);
	return err;
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

/* Of the published HMACs those whose key is as long as ours. */
static int __init test_hmac(const struct answer *answer)
{
	const struct spn_suite *suite = spn_suite_find(answer->word);
	const struct spn_piece data = { "Hi There", strlen("Hi There") };
	u8 icv[SPN_ICV_MAX], computed[SPN_ICV_MAX], auth_key[KEY_MAX];
	struct spn_xform xform;
	struct sk_buff *skb;
	int err;

	memset(auth_key, 0x0b, sizeof(auth_key));
	err = hex2bin(icv, answer->icv, suite->icv_len) ?:
	      spn_xform_init(&xform, suite, &(struct spn_key){},
			     &(struct spn_key){ auth_key, suite->auth_key_len }, false, NULL);
	if (err)
		return err;
	skb = alloc_skb(0, GFP_KERNEL);
	err = skb ? spn_xform_icv(&xform, &data, skb, 0, 0, 0, computed) : -ENOMEM;
	if (!err && memcmp(computed, icv, suite->icv_len))
		err = -EINVAL;
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

/* An algorithm that the kernel lacks is not tested; an SA that asks for it will be refused. */
static int __init verdict(const char *word, int err)
{
	if (!err || err == -ENOENT)
		return 0;
	pr_err("spindle: self-test of %s failed: %pe\n", word, ERR_PTR(err));
	return err == -ENOMEM ? err : -ENOTRECOVERABLE;
}

int __init spn_selftest(void)
{
	const struct spn_suite *suite;
	const struct answer *answer;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(hmacs); i++) {
		err = verdict(hmacs[i].word, test_hmac(&hmacs[i]));
		if (err)
			return err;
	}
	for (i = 0; (suite = spn_suite_at(i)); i++) {
		answer = answer_of(suite);
		if (!answer)
			err = -ENODATA;
		else
			err = suite->ah ? test_ah(suite, answer) : test_suite(suite, answer);
		err = verdict(suite->word, err);
		if (err)
			return err;
	}
	return 0;
}
