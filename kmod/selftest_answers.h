/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What selftest.c knows of every suite, made with OpenSSL: the ciphertext of its packet
 * and the ICV.  The encryption key is 0x00, 0x01, …, with the salt at its end, the
 * integrity key 0x40, 0x41, …; of the IV each takes as many octets as it has.  The last
 * are for AH.
 */
#ifndef _SPINDLE_SELFTEST_ANSWERS_H
#define _SPINDLE_SELFTEST_ANSWERS_H

struct answer {
	const char *word;
	const char *ciphertext;
	const char *icv;
};

#define CBC_128 "4a1a5c81869a1121c474ea594700d4fafe6df4d66f4ca1566c925391e774499a"
#define CTR_128 "8eddd539594d24844ca9e5955888a627d8fbc75ecf09df53"
#define CBC_192 "e8ad2af59edc37cdadde8e66d57de973b9c3ec77524a622be0847498e1691f58"
#define CTR_192 "8df21a6a1b584d47c86ba6fab5b739cccc9d43d8cb7494d0"
#define CBC_256 "2ed02a73b2ccf85a0ce28efcbd8f11b68b760b60cfc0180161ee35ef5ffc9e3d"
#define CTR_256 "961464ed7f2f498e6570d4a981fc44f449f1e934a2b01006"
#define PLAINTEXT "4500001400004000400426e20a0100010a02000101020204"
#define TRIPLE_DES "169ca723468b70ca3b4efe4f4b85edcbb96f5f4d65f84a9e"
#define SINGLE_DES "e1fb21560864d07df9d646690c5448bd80cdf060ff237338"
#define GCM_128 "97f9c74bce0b9d57cd19d5a644534b99d46b734e1e09c91d"
#define GCM_192 "839f43cdca76d6d4016cd7c2b2cc5031b5faec7aa23323c6"
#define GCM_256 "06f3e921a3b25202722c5b63fe9c6578aff592ced2557d5f"
#define CHACHA20 "cde29c974c943a0341844ff8e3412b6d713dca74bd3a1702"

static const struct answer answers[] __initconst = {
	{ "aes128gcm16", GCM_128,
	  "b0263af95606fbe064b75acb776b80da" },
	{ "aes128gcm12", GCM_128,
	  "b0263af95606fbe064b75acb" },
	{ "aes128gcm8", GCM_128,
	  "b0263af95606fbe0" },
	{ "aes128gmac", PLAINTEXT,
	  "3f56b4ef7ff05bc5f3cc709ae50cdf75" },
	{ "aes192gcm16", GCM_192,
	  "185b213599a08247e0f1266c725aaded" },
	{ "aes192gcm12", GCM_192,
	  "185b213599a08247e0f1266c" },
	{ "aes192gcm8", GCM_192,
	  "185b213599a08247" },
	{ "aes192gmac", PLAINTEXT,
	  "244d2b0113bd5da027dc4a95bb699108" },
	{ "aes256gcm16", GCM_256,
	  "9a0843e49822de30ab1bb7220c2b6c47" },
	{ "aes256gcm12", GCM_256,
	  "9a0843e49822de30ab1bb722" },
	{ "aes256gcm8", GCM_256,
	  "9a0843e49822de30" },
	{ "aes256gmac", PLAINTEXT,
	  "1ad08fe1ccf5b6fa0db31cf6dba90a1d" },
	{ "chacha20poly1305", CHACHA20,
	  "6e0a93b6c6b9fa66ac87724a0ae38ca0" },
	{ "aes128-sha1", CBC_128,
	  "8e52528399f2f6aa76d2524e" },
	{ "aes128-sha256", CBC_128,
	  "7c03a75ce5c434ea6882ed9f6cd7967b" },
	{ "aes128-sha384", CBC_128,
	  "e992a9f5dad2423154826a57a02dda4d300bcc39c881b74e" },
	{ "aes128-sha512", CBC_128,
	  "5c75576df0189a631ecf6fb85d5de4477ff6d442de400d8597b9aac93f255eae" },
	{ "aes128-md5", CBC_128,
	  "a6191d25de9a440f09f503a9" },
	{ "aes128ctr-sha1", CTR_128,
	  "02061e1788cbea8943fcb51c" },
	{ "aes128ctr-sha256", CTR_128,
	  "0df349eefe3992b1ff893670a387f1d9" },
	{ "aes128ctr-sha384", CTR_128,
	  "81028ae03b296669a5346f3629e42434b9672c3bb4aed604" },
	{ "aes128ctr-sha512", CTR_128,
	  "276c338ade2b918eb78b3459cbb7cce24bd35ec97f351118b581155fe6024142" },
	{ "aes192-sha1", CBC_192,
	  "1e650aa04986f4b273969dbf" },
	{ "aes192-sha256", CBC_192,
	  "f6942d40c23ace6c24dd178b989c7a64" },
	{ "aes192-sha384", CBC_192,
	  "cf71f0dcb0f11b7844f0623ac088f3250851a7a20c88fea3" },
	{ "aes192-sha512", CBC_192,
	  "c2ecc09a7ee9b00f3da2eb587059879a48b1ea559bdd45c4012c6a994532d121" },
	{ "aes192-md5", CBC_192,
	  "910a38153dee201389a7731c" },
	{ "aes192ctr-sha1", CTR_192,
	  "36cb94563452b0d2714d6ed4" },
	{ "aes192ctr-sha256", CTR_192,
	  "ef6c5f59ad897842d5bec6207ff31416" },
	{ "aes192ctr-sha384", CTR_192,
	  "344822634558deb7976bd4852bbd7b2774882a1902af2dc7" },
	{ "aes192ctr-sha512", CTR_192,
	  "7d8e4c25a159174529893657de9f85eadd95864e922d1ea34b5f63e9af8f18be" },
	{ "aes256-sha1", CBC_256,
	  "1d1a4201ce5fc706dc737ba8" },
	{ "aes256-sha256", CBC_256,
	  "69656330f966ccd7daf2a33b64952e49" },
	{ "aes256-sha384", CBC_256,
	  "01dbb43137bec38763de3a929310241e6ea8270875d784be" },
	{ "aes256-sha512", CBC_256,
	  "827dafacdbf08abd2b6b6a4650bdcda93f0198a05e7605ea6afec83b10143afe" },
	{ "aes256-md5", CBC_256,
	  "83c148655706c994a8b65bec" },
	{ "aes256ctr-sha1", CTR_256,
	  "6314acdf609ab8a9bfeca48b" },
	{ "aes256ctr-sha256", CTR_256,
	  "50b5ff5c2b2571455d7bea8d6ca518a8" },
	{ "aes256ctr-sha384", CTR_256,
	  "3ecfa4e94d4feb8a4a2b49727a19f18193ea93e9c64fc878" },
	{ "aes256ctr-sha512", CTR_256,
	  "d71d62dd6347c62b05f197082e0e0d2e788a330babad9e0c8af488439ffae042" },
	{ "null-sha1", PLAINTEXT,
	  "19e376a7b3e882c3aee16fcf" },
	{ "null-sha256", PLAINTEXT,
	  "9834778a9bff92dc7db667977f01ec64" },
	{ "null-sha384", PLAINTEXT,
	  "ef95080ae59900bbb649599607c103d2f22623b70c4c80a7" },
	{ "null-sha512", PLAINTEXT,
	  "14d97849ca13f1dc6eaa2e651359f25f9993883c33b154fe7b7909fe4120ad84" },
	{ "null-md5", PLAINTEXT,
	  "92df34b26f944bae742a2699" },
	{ "3des-sha1", TRIPLE_DES,
	  "ed7dad584a85f1b2edaabc56" },
	{ "3des-sha256", TRIPLE_DES,
	  "0c354d767704e15fa516421f78de0e05" },
	{ "3des-sha384", TRIPLE_DES,
	  "d9d32b2e57347a1448eabb944dd8be9e2376e4fd41ff82db" },
	{ "3des-sha512", TRIPLE_DES,
	  "df6baafa75417969334c77db00be006a86feae80e0ba5612c9667a315c9628ce" },
	{ "3des-md5", TRIPLE_DES,
	  "c0687a76c1008aff882da509" },
	{ "des-sha1", SINGLE_DES,
	  "438a6de065dc827f9847e42d" },
	{ "des-sha256", SINGLE_DES,
	  "e86e4ae37b001b69e19920b006fff247" },
	{ "des-sha384", SINGLE_DES,
	  "f6a6cf7ee08ad8b7bc8c9d20ce8fed50d7ebf65c3d88b29d" },
	{ "des-sha512", SINGLE_DES,
	  "328520076189eec2c1a71f90d137a2b4298af84c9a9b077e1fc33c3e0f10c7cd" },
	{ "des-md5", SINGLE_DES,
	  "a52bce80bbf7ef71daa905c2" },
	{ "sha1", NULL,
	  "e6d7beb820996be699af7ac5" },
	{ "sha256", NULL,
	  "1b4870563eced33fa53a8b299d1da3db" },
	{ "sha384", NULL,
	  "99b8f797c70d40b9de3c59fc767bfb4d28681968fa825614" },
	{ "sha512", NULL,
	  "41acbb78b5f8290fb1f7f8f6cec5fbfbbd2c06d0d25914e3cae65c9bc3a5b91a" },
	{ "md5", NULL,
	  "1aa65385cf57d32122ff1d3b" },
};

/*
 * RFC 2202 2 and 3, case 1, and RFC 4868 2.7.2, test cases AUTH256-1, AUTH384-1 and
 * AUTH512-1, as far as the ICV goes: the key is all 0x0b and the data "Hi There".
 */
static const struct answer hmacs[] __initconst = {
	{ "md5", NULL, "9294727a3638bb1c13f48ef8" },
	{ "sha1", NULL, "b617318655057264e28bc0b6" },
	{ "sha256", NULL, "198a607eb44bfbc69903a0f1cf2bbdc5" },
	{ "sha384", NULL, "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973" },
	{ "sha512", NULL,
	  "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8" },
};

#endif
