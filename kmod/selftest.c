// SPDX-License-Identifier: GPL-2.0
#include <linux/completion.h>
#include <linux/in.h>
#include <linux/kernel.h>

#include "esp.h"
#include "selftest.h"

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

/*
 * Ciphertext of inner behind that head, by the bits of the key, and ICV of it all,
 * made with OpenSSL.  The encryption key is 0x00, 0x01, …, the integrity key 0x40,
 * 0x41, …
 */
#define CIPHERTEXT_128 "4a1a5c81869a1121c474ea594700d4fafe6df4d66f4ca1566c925391e774499a"
#define CIPHERTEXT_192 "e8ad2af59edc37cdadde8e66d57de973b9c3ec77524a622be0847498e1691f58"
#define CIPHERTEXT_256 "2ed02a73b2ccf85a0ce28efcbd8f11b68b760b60cfc0180161ee35ef5ffc9e3d"

/* The same without a cipher, which pads to 4 octets and has no IV. */
#define PLAINTEXT "4500001400004000400426e20a0100010a02000101020204"

/*
 * With what does both in one, whose IV is the first 8 octets of that IV and whose salt is
 * what follows in the key.
 */
#define GCM_128 "97f9c74bce0b9d57cd19d5a644534b99d46b734e1e09c91d"
#define GCM_192 "839f43cdca76d6d4016cd7c2b2cc5031b5faec7aa23323c6"
#define GCM_256 "06f3e921a3b25202722c5b63fe9c6578aff592ced2557d5f"
#define CHACHA20 "cde29c974c943a0341844ff8e3412b6d713dca74bd3a1702"

struct answer {
	const char *word;
	const char *ciphertext;
	const char *icv;
};

static const struct answer answers[] __initconst = {
	{ "aes128gcm16", GCM_128, "b0263af95606fbe064b75acb776b80da" },
	{ "aes128gcm12", GCM_128, "b0263af95606fbe064b75acb" },
	{ "aes128gcm8", GCM_128, "b0263af95606fbe0" },
	{ "aes192gcm16", GCM_192, "185b213599a08247e0f1266c725aaded" },
	{ "aes192gcm12", GCM_192, "185b213599a08247e0f1266c" },
	{ "aes192gcm8", GCM_192, "185b213599a08247" },
	{ "aes256gcm16", GCM_256, "9a0843e49822de30ab1bb7220c2b6c47" },
	{ "aes256gcm12", GCM_256, "9a0843e49822de30ab1bb722" },
	{ "aes256gcm8", GCM_256, "9a0843e49822de30" },
	{ "chacha20poly1305", CHACHA20, "6e0a93b6c6b9fa66ac87724a0ae38ca0" },
	{ "aes128-sha1", CIPHERTEXT_128,
	  "8e52528399f2f6aa76d2524e" },
	{ "aes128-sha256", CIPHERTEXT_128,
	  "7c03a75ce5c434ea6882ed9f6cd7967b" },
	{ "aes128-sha384", CIPHERTEXT_128,
	  "e992a9f5dad2423154826a57a02dda4d300bcc39c881b74e" },
	{ "aes128-sha512", CIPHERTEXT_128,
	  "5c75576df0189a631ecf6fb85d5de4477ff6d442de400d8597b9aac93f255eae" },
	{ "aes192-sha1", CIPHERTEXT_192,
	  "1e650aa04986f4b273969dbf" },
	{ "aes192-sha256", CIPHERTEXT_192,
	  "f6942d40c23ace6c24dd178b989c7a64" },
	{ "aes192-sha384", CIPHERTEXT_192,
	  "cf71f0dcb0f11b7844f0623ac088f3250851a7a20c88fea3" },
	{ "aes192-sha512", CIPHERTEXT_192,
	  "c2ecc09a7ee9b00f3da2eb587059879a48b1ea559bdd45c4012c6a994532d121" },
	{ "aes256-sha1", CIPHERTEXT_256,
	  "1d1a4201ce5fc706dc737ba8" },
	{ "aes256-sha256", CIPHERTEXT_256,
	  "69656330f966ccd7daf2a33b64952e49" },
	{ "aes256-sha384", CIPHERTEXT_256,
	  "01dbb43137bec38763de3a929310241e6ea8270875d784be" },
	{ "aes256-sha512", CIPHERTEXT_256,
	  "827dafacdbf08abd2b6b6a4650bdcda93f0198a05e7605ea6afec83b10143afe" },
	{ "null-sha1", PLAINTEXT,
	  "19e376a7b3e882c3aee16fcf" },
	{ "null-sha256", PLAINTEXT,
	  "9834778a9bff92dc7db667977f01ec64" },
	{ "null-sha384", PLAINTEXT,
	  "ef95080ae59900bbb649599607c103d2f22623b70c4c80a7" },
	{ "null-sha512", PLAINTEXT,
	  "14d97849ca13f1dc6eaa2e651359f25f9993883c33b154fe7b7909fe4120ad84" },
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
