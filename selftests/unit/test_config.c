// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "guess.h"

#define OFFICE						\
	"[peer office]\n"				\
	"local = 192.0.2.1\n"				\
	"remote = 192.0.2.2   # the other end\n"	\
	"keying = rsa\n"				\
	"key = keys/here.pem\n"				\
	"peer-key = /etc/keys/there.pem\n"

#define LAN						\
	"[tunnel lan]\n"				\
	"peer = office\n"				\
	"interface = spin0\n"				\
	"local-ts = 10.1.0.0/16\n"			\
	"remote-ts = 10.2.0.0/16, 10.3.0.0/16\n"	\
	"esp = aes256-sha512, aes128-sha256\n"

static char folder[] = "/tmp/spindle-config-XXXXXX";

struct heard {
	char text[4096];
	unsigned int n;
};

static void hear(const char *text, void *arg)
{
	struct heard *heard = arg;
	size_t len = strlen(heard->text);

	/* Without the folder, which differs from run to run. */
	if (!strncmp(text, folder, strlen(folder)))
		text += strlen(folder) + 1;
	snprintf(heard->text + len, sizeof(heard->text) - len, "%s\n", text);
	heard->n++;
}

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct sp_config *load(const char *text, struct heard *heard)
{
	char path[256];

	memset(heard, 0, sizeof(*heard));
	write_file("spindle.conf", text);
	snprintf(path, sizeof(path), "%s/spindle.conf", folder);
	return sp_config_load(path, hear, heard);
}

static void test_good(void **state)
{
	struct heard heard;
	struct sp_config *config = load(OFFICE LAN
		"lifetime = 30m\nlifetime-bytes = 100M\nreplay-window = 128\n"
		"df = set\ndscp = 46\nfwmark = 0x10\nroutes = no\nstart = trap\n"
		"encap = udp 4500 40001\nkeepalive = 20\nfollow = yes\n"
		"dummy = 250\nclamp-mss = yes\nclear = accept\nadmin = down\n"
		"address = 10.1.0.1/24, fd00:1::1/64\n", &heard);
	const struct sp_tunnel_config *tunnel;
	const struct sp_peer_config *peer;
	char path[PATH_MAX];

	(void)state;
	assert_string_equal(heard.text, "");
	assert_non_null(config);
	peer = sp_config_peer(config, "office");
	assert_non_null(peer);
	assert_int_equal(peer->port, 4510);
	assert_int_equal(peer->profile, SP_PROFILE_SIGNED);
	snprintf(path, sizeof(path), "%s/keys/here.pem", folder);
	assert_string_equal(peer->key, path);
	assert_string_equal(peer->peer_key, "/etc/keys/there.pem");

	tunnel = sp_config_tunnel(config, "lan");
	assert_non_null(tunnel);
	assert_ptr_equal(tunnel->peer, peer);
	assert_string_equal(tunnel->interface, "spin0");
	assert_int_equal(tunnel->local_ts.n, 1);
	assert_int_equal(tunnel->remote_ts.n, 2);
	assert_int_equal(tunnel->remote_ts.list[1].prefix.len, 16);
	assert_int_equal(tunnel->n_esp, 2);
	assert_string_equal(tunnel->esp[0], "aes256-sha512");
	assert_string_equal(tunnel->esp[1], "aes128-sha256");
	assert_int_equal(tunnel->lifetime, 1800);
	assert_int_equal(tunnel->lifetime_bytes, 100 << 20);
	assert_int_equal(tunnel->options.replay_window, 128);
	assert_int_equal(tunnel->options.df, SPINDLE_DF_SET);
	assert_int_equal(tunnel->options.dscp, 46);
	assert_int_equal(tunnel->options.fwmark, 16);
	assert_int_equal(tunnel->options.encap.dport, 40001);
	assert_int_equal(tunnel->options.keepalive, 20);
	assert_true(tunnel->options.follow);
	assert_int_equal(tunnel->options.dummy, 250);
	assert_true(tunnel->options.clamp_mss);
	assert_int_equal(tunnel->options.admin, SPINDLE_ADMIN_DOWN);
	assert_false(tunnel->routes);
	assert_true(tunnel->says_clear);
	assert_int_equal(tunnel->clear, SPINDLE_CLEAR_ACCEPT);
	assert_int_equal(tunnel->start, SP_START_TRAP);
	assert_int_equal(tunnel->addresses.n, 2);
	assert_int_equal(tunnel->addresses.list[0].addr.octets[3], 1);
	assert_int_equal(tunnel->addresses.list[0].len, 24);
	assert_int_equal(tunnel->addresses.list[1].addr.octets[15], 1);
	assert_int_equal(tunnel->addresses.list[1].len, 64);
	sp_config_free(config);
}

static void test_defaults(void **state)
{
	struct heard heard;
	struct sp_config *config = load("; a comment\n\n" OFFICE "\t[tunnel lan]\n"
		"  peer: office\n"
		"  interface = spin0\n  local-ts = 10.1.0.0/16\n  remote-ts = 10.0.0.0/8\n"
		"  esp = aes128-sha1\n", &heard);
	const struct sp_tunnel_config *tunnel;

	(void)state;
	assert_string_equal(heard.text, "");
	assert_non_null(config);
	tunnel = sp_config_tunnel(config, "lan");
	assert_int_equal(tunnel->lifetime, 3600);
	assert_int_equal(tunnel->lifetime_bytes, 0);
	assert_int_equal(tunnel->options.replay_window, SPINDLE_REPLAY_DEFAULT);
	assert_int_equal(tunnel->options.dscp, SPINDLE_DSCP_COPY);
	assert_true(tunnel->routes);
	assert_false(tunnel->says_clear);
	assert_int_equal(tunnel->start, SP_START_UP);
	assert_int_equal(tunnel->addresses.n, 0);
	sp_config_free(config);
}

/* As many lines as say what nobody else can know. */
static void test_six_lines(void **state)
{
	static const char *const offered[] = { "aes256gcm16", "aes128gcm16", "chacha20poly1305" };
	struct heard heard;
	struct sp_config *config = load("[peer office]\nremote = gw.example.org\n"
		"key = here\npeer-key = there\n"
		"[tunnel lan]\npeer = office\nlocal-ts = 10.1.0.0/16\nremote-ts = 10.2.0.0/16\n",
		&heard);
	const struct sp_tunnel_config *tunnel;

	(void)state;
	assert_string_equal(heard.text, "");
	assert_non_null(config);
	tunnel = sp_config_tunnel(config, "lan");
	assert_true(tunnel->peer->local_by_route);
	assert_int_equal(tunnel->peer->local.family, AF_UNSPEC);
	assert_string_equal(tunnel->interface, "spin0");
	assert_false(tunnel->ah);
	assert_int_equal(tunnel->n_esp, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(tunnel->esp[i], offered[i]);
	sp_config_free(config);
}

static void test_weak_ah(void **state)
{
	struct heard heard;
	struct sp_config *config = load("[peer x]\nauth = key\nkeying = manual\n"
		"local = 192.0.2.1\nremote = 192.0.2.2\n"
		"[tunnel t]\npeer = x\ninterface = spin0\nlocal-ts = 10.1.0.0/16\n"
		"remote-ts = 10.2.0.0/16\nah = md5\nah-align = 8\nallow-weak = yes\n", &heard);
	const struct sp_tunnel_config *tunnel;

	(void)state;
	assert_string_equal(heard.text, "");
	assert_non_null(config);
	tunnel = sp_config_tunnel(config, "t");
	assert_int_equal(tunnel->options.ah_align, 8);
	assert_true(tunnel->allow_weak);
	sp_config_free(config);
}

static const struct {
	const char *text, *problems;
} bad[] = {
	{ "[peer x]\nlocal = 192.0.2.1\nkeying = manual\n",
	  "spindle.conf:1:1: peer x needs remote = ADDRESS\n" },
	{ OFFICE "[tunnel lan]\ninterface = spin0\nlocal-ts = 10.1.0.0/16\n"
	  "remote-ts = 10.2.0.0/16\nesp = aes128-sha256\n",
	  "spindle.conf:7:1: tunnel lan needs peer = NAME\n" },
	{ "local = 1.2.3.4\n",
	  "spindle.conf:1:1: \"local\" stands before any section\n" },
	{ "[peeer office]\nlocal = 192.0.2.1\n",
	  "spindle.conf:1:1: unknown section [peeer office]; did you mean [peer NAME]?\n" },
	{ "[host x]\n",
	  "spindle.conf:1:1: unknown section [host x]; there are [peer NAME] and [tunnel NAME]\n" },
	{ "[peer]\n",
	  "spindle.conf:1:1: [peer] needs one name, as in [peer office]\n" },
	{ "[peer a b]\n",
	  "spindle.conf:1:1: [peer] needs one name, as in [peer office]\n" },
	{ "[peer an-unreasonably-long-name-of-a-peer-that-nobody-would-want-to-type]\n",
	  "spindle.conf:1:1: the name of [peer "
	  "an-unreasonably-long-name-of-a-peer-that-nobody-would-want-to-type] "
	  "is longer than 63 octets\n" },
	{ "[tunnel b\xfcro]\n",
	  "spindle.conf:1:1: the name of [tunnel b\xfcro] has others than the letters of ASCII, "
	  "digits, \".\", \"_\" and \"-\"\n" },
	{ "[host \033[2J]\n",
	  "spindle.conf:1:1: unknown section [host ?[2J]; "
	  "there are [peer NAME] and [tunnel NAME]\n" },
	{ "[peer x] y\n",
	  "spindle.conf:1:9: there is more behind the ]\n" },
	{ "\xef\xbb\xbf[peer x] # y\nport = 0\n",
	  "spindle.conf:2:8: port: 0 is not between 1 and 65535\n" },
	{ "[peer x]\nlocal = 0.0.0.0\nremote = 224.0.0.1\nkeying = manual\n",
	  "spindle.conf:1:1: peer x: local is no host's address\n"
	  "spindle.conf:1:1: peer x: remote is no address of a single host\n" },
	{ "[peer x]\nlocal = 192.0.2.1\nremote = 192.0.2.1\nkeying = manual\n",
	  "spindle.conf:1:1: peer x: local and remote are the same\n" },
	{ "[tunnel x]\nesp = aes128gcm16, aes128gcm16\n",
	  "spindle.conf:2:20: esp: aes128gcm16 stands there already\n" },
	{ "[tunnel x]\nlocal-ts = 10.0.0.0/8, 10.0.0.0/8\n",
	  "spindle.conf:2:24: local-ts: 10.0.0.0/8 stands there already\n" },
	{ "[peer x\n",
	  "spindle.conf:1:1: neither [peer NAME] nor [tunnel NAME] nor KEY = VALUE\n" },
	/* Each is told, and what stands in a comment is none; nor is a line with CR LF. */
	{ "[peer x]\r\n; remote\r\n  \t\r\nlocal\nremote # = 3\nport = 0\r\n",
	  "spindle.conf:4:1: neither [peer NAME] nor [tunnel NAME] nor KEY = VALUE\n"
	  "spindle.conf:5:1: neither [peer NAME] nor [tunnel NAME] nor KEY = VALUE\n"
	  "spindle.conf:6:8: port: 0 is not between 1 and 65535\n" },
	{ OFFICE "remote\n",
	  "spindle.conf:7:1: neither [peer NAME] nor [tunnel NAME] nor KEY = VALUE\n" },
	{ OFFICE OFFICE,
	  "spindle.conf:7:1: peer office stands already in FOLDER/spindle.conf:1\n" },
	{ "[peer x]\n  remtoe = 192.0.2.1\n",
	  "spindle.conf:2:3: [peer] has no key \"remtoe\"; did you mean remote?\n" },
	{ "[tunnel x]\nfrobnicate = 1\n",
	  "spindle.conf:2:1: [tunnel] has no key \"frobnicate\"\n" },
	{ "[peer x]\nlocal = 192.0.2.256\n",
	  "spindle.conf:2:9: local: \"192.0.2.256\" is not an IP address\n" },
	{ "[peer x]\nlocal = 2001:db8::1\nremote = 192.0.2.1\nkeying = manual\n",
	  "spindle.conf:1:1: peer x: local is IPv6 and remote is IPv4\n" },
	{ "[peer m]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nkeying = manual\n"
	  "[tunnel x]\npeer = m\ninterface = spin0\n"
	  "local-ts = 10.1.0.0/16\nremote-ts = 10.2.0.0/16, fd00:2::/64\n",
	  "spindle.conf:5:1: tunnel x: remote-ts has IPv6 prefixes, and local-ts has none\n" },
	{ "[peer m]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nkeying = manual\n"
	  "[tunnel x]\npeer = m\ninterface = spin0\n"
	  "local-ts = 10.1.0.0/16[tcp], 10.1.0.0/16[udp/53]\nremote-ts = 10.2.0.0/16[tcp/80]\n",
	  "spindle.conf:5:1: tunnel x: local-ts 10.1.0.0/16[udp/53] has none of its protocol in "
	  "remote-ts\n" },
	{ "[peer m]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nkeying = manual\n"
	  "[tunnel x]\npeer = m\ninterface = spin0\nmode = transport\n"
	  "local-ts = 192.0.2.1[udp/1701]\nremote-ts = 192.0.2.3[udp/1701]\n",
	  "spindle.conf:5:1: tunnel x: with mode = transport the peer's local and remote are the "
	  "selectors, and 192.0.2.3/32[udp/1701] is neither\n" },
	{ "[peer x]\nlocal = 192.0.2.1\nlocal = 192.0.2.2\n",
	  "spindle.conf:3:1: local is given twice in this section\n" },
	{ "[peer x]\nkeying = ikev2\nauth = cert\npsk = @\n",
	  "spindle.conf:2:10: keying: ikev2 is not supported by this version; rsa, manual and "
	  "ikev1 are\n"
	  "spindle.conf:3:8: auth: cert is not supported by this version; key and psk are\n"
	  "spindle.conf:4:7: psk: the name of a file is missing\n" },
	{ "[peer x]\nremote = 192.0.2.2\nkeying = rsa\nauth = psk\npsk = secret\ndpd = 5s\n",
	  "spindle.conf:5:7: psk means nothing with keying = rsa; it is of keying = ikev1\n"
	  "spindle.conf:6:7: dpd means nothing with keying = rsa; it is of keying = ikev1\n"
	  "spindle.conf:4:8: auth: keying = rsa has keys alone\n" },
	{ "[peer x]\nport = 4511\nremote = 192.0.2.2\nkeying = ikev1\npsk = secret\n",
	  "spindle.conf:2:8: port means nothing with keying = ikev1; it is of keying = rsa\n" },
	{ "[peer x]\nremote = any\nkeying = ikev1\nike = aes256-sha256-modp2048, aes128-sha265\n"
	  "session-pfs = ec2n155\n",
	  "spindle.conf:4:31: ike: aes128-sha265: \"sha265\" is no hash of IKE; did you mean "
	  "sha256?\n"
	  "spindle.conf:5:15: session-pfs: \"ec2n155\" is neither yes nor no nor a Diffie-Hellman "
	  "group that can be had, as modp2048\n" },
	{ "[peer x]\nremote = 192.0.2.2\nkeying = ikev1\npsk = secret\n"
	  "ike = 3des-sha1-modp2048\nsession-pfs = modp1024\n",
	  "spindle.conf:5:7: ike: 3des can be broken; it needs allow-weak = yes\n"
	  "spindle.conf:6:15: session-pfs: modp1024 can be broken; it needs allow-weak = yes\n" },
	{ "[peer x]\nremote = 192.0.2.2\nkeying = ikev1\nlocal-id = any\nremote-id = X=y\n",
	  "spindle.conf:4:12: local-id: one is somebody; remote-id alone can be any\n"
	  "spindle.conf:5:13: remote-id: \"X\" is no attribute of a name; those are C, ST, L, O, "
	  "OU, CN, SN, GN, DC, UID, E, serialNumber\n" },
	{ "[peer x]\nlocal = 192.0.2.1\nremote = any\nkeying = ikev1\npsk = a\n"
	  "[peer y]\nlocal = 192.0.2.1\nremote = any\nkeying = ikev1\npsk = b\n",
	  "spindle.conf:6:1: peer y: has local and remote of peer x (FOLDER/spindle.conf:1), and "
	  "the first message of IKE does not tell them apart\n" },
	{ "[peer x]\nremote = any\nkeying = rsa\nkey = k\npeer-key = p\n",
	  "spindle.conf:1:1: peer x: remote = any needs keying = ikev1\n" },
	{ "[peer x]\nlocal = 192.0.2.1\nremote = any\nkeying = ikev1\n",
	  "spindle.conf:1:1: peer x needs psk = @FILE, or key = FILE and peer-key = FILE\n" },
	{ "[peer x]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nkeying = ikev1\npsk = secret\n"
	  "encap = yes\n[tunnel t]\npeer = x\nah = sha256\nlocal-ts = 10.1.0.0/16\n"
	  "remote-ts = 10.2.0.0/16\n",
	  "spindle.conf:7:1: tunnel t: AH does not go in UDP, which encap = yes of peer x asks "
	  "for\n" },
	{ "[peer x]\npeer-key = rsa:MIIB#\n",
	  "spindle.conf:2:12: peer-key: behind \"rsa:\" there is no key as "
	  "spindle key pub prints it\n" },
	{ "[peer x]\nprofile = singed\n",
	  "spindle.conf:2:11: profile: \"singed\" is none of: signed, compat\n" },
	{ "[peer x]\nport = 65536\n",
	  "spindle.conf:2:8: port: 65536 is not between 1 and 65535\n" },
	{ "[peer x]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nprofile = compat\n",
	  "spindle.conf:1:1: peer x: profile = compat authenticates nobody;"
	  " it needs allow-insecure = yes\n" },
	{ OFFICE "[tunnel t]\npeer = office\ninterface = spin0\nlocal-ts = 10.1.0.0/16\n"
	  "remote-ts = 10.2.0.0/16\nesp = aes128gcm16, 3des-md5\n",
	  "spindle.conf:7:1: tunnel t: 3des-md5 can be broken; it needs allow-weak = yes\n" },
	{ "[peer x]\nlocal = 192.0.2.1\nremote = 192.0.2.256\nkeying = manual\n",
	  "spindle.conf:3:10: remote: \"192.0.2.256\" is neither an IP address nor the name of "
	  "a host\n" },
	{ "[peer x]\nlocal = 192.0.2.1\nremote = gw_1.example.org\nkeying = manual\n",
	  "spindle.conf:3:10: remote: \"gw_1.example.org\" is neither an IP address nor the name "
	  "of a host\n" },
	{ "[peer x]\nlocal = 192.0.2.1\nremote = gw.example.org\nkeying = manual\n"
	  "[tunnel t]\npeer = x\ninterface = spin0\nmode = transport\nlocal-ts = 192.0.2.1\n"
	  "remote-ts = 192.0.2.2\n",
	  "spindle.conf:5:1: tunnel t: mode = transport needs an address as its peer's remote\n" },
	{ "[peer x]\nremote = 192.0.2.2\n",
	  "spindle.conf:1:1: peer x needs key = FILE (spindle key new makes one)\n"
	  "spindle.conf:1:1: peer x needs peer-key = FILE, the peer's public key\n" },
	{ OFFICE "[tunnel lan]\npeer = ofice\ninterface = spin0\nlocal-ts = 10.1.0.0/16\n"
	  "remote-ts = 10.2.0.0/16\nesp = aes128-sha256\n",
	  "spindle.conf:7:1: tunnel lan: there is no [peer ofice]; did you mean office?\n" },
	{ OFFICE "[tunnel lan]\npeer = office\n",
	  "spindle.conf:7:1: tunnel lan needs local-ts = PREFIX\n"
	  "spindle.conf:7:1: tunnel lan needs remote-ts = PREFIX\n" },
	{ "[peer x]\nremote = 192.0.2.2\nkeying = manual\n"
	  "[tunnel t]\npeer = x\nmode = transport\nlocal-ts = 192.0.2.1\n"
	  "remote-ts = 192.0.2.2\n",
	  "spindle.conf:4:1: tunnel t: mode = transport needs local = ADDRESS of its peer\n" },
	{ "[peer x]\nremote = 192.0.2.2\nprofile = compat\nallow-insecure = yes\n"
	  "[peer y]\nremote = 192.0.2.2\nprofile = compat\nallow-insecure = yes\n",
	  "spindle.conf:5:1: peer y: has local, remote and port of peer x (FOLDER/spindle.conf:1), "
	  "and with profile = compat nothing tells them apart\n" },
	{ OFFICE LAN "ah = sha256\n",
	  "spindle.conf:13:6: ah: the tunnel has esp or ah already\n" },
	{ "[tunnel x]\nah = aes128-sha256\n",
	  "spindle.conf:2:6: ah: unknown algorithms \"aes128-sha256\"; a word is as sha1\n" },
	{ "[tunnel x]\nencap = udp 4500\n",
	  "spindle.conf:2:9: encap: \"udp 4500\" is not none, or udp and two ports\n" },
	{ "[tunnel x]\nencap = udp 4500 4500 1\n",
	  "spindle.conf:2:9: encap: \"udp 4500 4500 1\" is not none, or udp and two ports\n" },
	{ "[tunnel x]\nencap = udp 0 4500\n",
	  "spindle.conf:2:9: encap: \"udp 0 4500\" is not none, or udp and two ports\n" },
	{ "[tunnel x]\nkeepalive = 65536\n",
	  "spindle.conf:2:13: keepalive: 65536 is not between 0 and 65535\n" },
	{ "[tunnel x]\ndummy = 1s\n",
	  "spindle.conf:2:9: dummy: \"1s\" is not a number\n" },
	{ "[tunnel x]\nadmin =  no\n",
	  "spindle.conf:2:10: admin: \"no\" is not up or down\n" },
	{ "[tunnel x]\nlink = a/b\n",
	  "spindle.conf:2:8: link: \"a/b\" is neither none nor an interface's name\n" },
	{ "[tunnel x]\nfollow = maybe\n",
	  "spindle.conf:2:10: follow: \"maybe\" is neither on nor off\n" },
	{ "[tunnel x]\nfollow = yes\nfollow = yes\n",
	  "spindle.conf:3:1: follow is given twice in this section\n" },
	{ OFFICE LAN "keepalive = 20\n",
	  "spindle.conf:13:13: tunnel lan: keepalive needs encap\n" },
	{ OFFICE "[tunnel x]\nmode = transport\nencap = udp 4500 4500\n",
	  "spindle.conf:9:9: tunnel x: encap is for ESP in tunnel mode\n" },
	{ OFFICE "[tunnel x]\ntfc = mtu\nah = sha256\n" LAN,
	  "spindle.conf:8:7: tunnel x: tfc is for ESP in tunnel mode\n" },
	{ OFFICE "[tunnel x]\ndummy = 100\nmode = transport\n[peer y]\n",
	  "spindle.conf:8:9: tunnel x: dummy is for ESP in tunnel mode\n" },
	{ OFFICE "[tunnel x]\nmode = transport\nfollow = yes\n",
	  "spindle.conf:9:10: tunnel x: follow is for tunnel mode\n" },
	{ "[tunnel x]\nesp = sha256\nah-align = 16\n",
	  "spindle.conf:2:7: esp: unknown algorithms \"sha256\"; a word is as aes128gcm16\n"
	  "spindle.conf:3:12: ah-align: \"16\" is not 4 or 8\n" },
	{ "[tunnel x]\nlocal-ts = 10.1.0.0/16,  10.2.0.1/16\n",
	  "spindle.conf:2:26: local-ts: prefix \"10.2.0.1/16\" has host bits set:"
	  " did you mean 10.2.0.0/16?\n" },
	{ "[tunnel x]\nesp = aes128-sha256, aes128-sha255\n",
	  "spindle.conf:2:22: esp: unknown algorithms \"aes128-sha255\";"
	  " did you mean aes128-sha256?\n" },
	{ "[tunnel x]\nlifetime = 1x\nlifetime-bytes = -1\n",
	  "spindle.conf:2:12: lifetime: \"1x\" is not a time (N, Ns, Nm, Nh or Nd)\n"
	  "spindle.conf:3:18: lifetime-bytes: \"-1\" is not a number of octets"
	  " (N, Nk, NM or NG)\n" },
	{ "[tunnel x]\nlifetime = 5s\n",
	  "spindle.conf:2:12: lifetime: \"5s\" is less than 10s\n" },
	{ "[tunnel x]\ndscp = 64\n",
	  "spindle.conf:2:8: dscp: \"64\" is neither copy nor a number from 0 to 63\n" },
	{ "[tunnel x]\ninterface = much-too-long-name\n",
	  "spindle.conf:2:13: interface: \"much-too-long-name\" is not an interface's name"
	  " (1 to 15 octets)\n" },
	{ "[tunnel x]\naddress = 10.0.0.1\n",
	  "spindle.conf:2:11: address: \"10.0.0.1\" is not ADDRESS/LENGTH\n" },
	{ "[tunnel x]\nclear = yes\n",
	  "spindle.conf:2:9: clear: \"yes\" is not refuse or accept\n" },
	{ "[peer m]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nkeying = manual\n"
	  "[tunnel x]\npeer = m\ninterface = spin0\nclear = accept\n"
	  "local-ts = 10.1.0.0/16\nremote-ts = 10.2.0.0/16\n"
	  "[tunnel y]\npeer = m\ninterface = spin0\n"
	  "local-ts = 10.1.0.0/16\nremote-ts = 10.3.0.0/16\n"
	  "[tunnel z]\npeer = m\ninterface = spin0\nclear = refuse\n"
	  "local-ts = 10.1.0.0/16\nremote-ts = 10.4.0.0/16\n",
	  "spindle.conf:16:1: tunnel z: clear is another than that of tunnel x "
	  "(FOLDER/spindle.conf:5), which has the same interface\n" },
	{ "[tunnel x]\nstart = maybe\nroutes = 1\n",
	  "spindle.conf:2:9: start: \"maybe\" is none of: up, trap, listen\n"
	  "spindle.conf:3:10: routes: \"1\" is none of: no, yes\n" },
};

/* Where the tunnel's own packets could be led into it they get a mark. */
static void test_past(void **state)
{
	static const struct {
		const char *remote_ts;
		uint32_t mark, other_mark;
	} cases[] = {
		{ "remote-ts = 10.2.0.0/16\n", 0, 0 },
		{ "remote-ts = 0.0.0.0/0\n", SP_CONFIG_FWMARK, SP_CONFIG_FWMARK },
		{ "remote-ts = 10.2.0.0/16, 192.0.0.0/8\n", SP_CONFIG_FWMARK, SP_CONFIG_FWMARK },
		{ "remote-ts = 192.0.0.0/8\nfwmark = 7\n", 7, SP_CONFIG_FWMARK },
		{ "remote-ts = 0.0.0.0/0\nroutes = no\n", 0, 0 },
		{ "mode = transport\n", SP_CONFIG_FWMARK, SP_CONFIG_FWMARK },
		{ "mode = transport\nremote-ts = 192.0.2.2[tcp]\n", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool transport = strstr(cases[i].remote_ts, "transport");
		struct sp_config *config;
		struct heard heard;
		char text[2048];

		snprintf(text, sizeof(text), OFFICE LAN "[tunnel it]\npeer = office\n"
			 "interface = spin1\nesp = aes128-sha256\n%s%s",
			 transport ? "" : "local-ts = 10.1.0.0/16\n", cases[i].remote_ts);
		config = load(text, &heard);
		assert_string_equal(heard.text, "");
		assert_non_null(config);
		assert_int_equal(sp_config_tunnel(config, "it")->options.fwmark, cases[i].mark);
		assert_int_equal(sp_config_tunnel(config, "lan")->options.fwmark,
				 cases[i].other_mark);
		sp_config_free(config);
	}
}

/* Problems name files in full where they point elsewhere. */
static void expect(char *buf, size_t size, const char *text)
{
	const char *at = strstr(text, "FOLDER");

	if (at)
		snprintf(buf, size, "%.*s%s%s", (int)(at - text), text, folder, at + 6);
	else
		snprintf(buf, size, "%s", text);
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char expected[1024];
		struct heard heard;

		assert_null(load(bad[i].text, &heard));
		expect(expected, sizeof(expected), bad[i].problems);
		assert_string_equal(heard.text, expected);
	}
}

static void test_writable_by_others(void **state)
{
	struct heard heard;
	char path[256];

	(void)state;
	write_file("spindle.conf", "");
	snprintf(path, sizeof(path), "%s/spindle.conf", folder);
	assert_int_equal(chmod(path, 0666), 0);
	memset(&heard, 0, sizeof(heard));
	assert_null(sp_config_load(path, hear, &heard));
	assert_non_null(strstr(heard.text, "spindle.conf: others may write it (mode 0666)"));
	assert_int_equal(chmod(path, 0600), 0);
	/* Who may add files to it may as well write them. */
	snprintf(path, sizeof(path), "%s/conf.d", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0777), 0);
	assert_null(load(OFFICE, &heard));
	assert_memory_equal(heard.text, "conf.d: others may write the folder (mode 0777): ", 49);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	assert_null(load(OFFICE, &heard));
	assert_int_equal(chmod(folder, 0700), 0);
	assert_non_null(strstr(heard.text, " others may write the folder (mode 0777): chmod "));
}

static void test_long_line(void **state)
{
	struct heard heard;
	char text[3000];

	(void)state;
	snprintf(text, sizeof(text), "[peer x]\nkey = %02100d\nport = 0\n", 1);
	assert_null(load(text, &heard));
	assert_string_equal(heard.text,
			    "spindle.conf:2:1: line is longer than 2046 octets\n"
			    "spindle.conf:3:8: port: 0 is not between 1 and 65535\n");
}

static void test_missing(void **state)
{
	struct heard heard = { .n = 0 };

	(void)state;
	assert_null(sp_config_load("/nowhere/spindle.conf", hear, &heard));
	assert_string_equal(heard.text, "/nowhere/spindle.conf: No such file or directory\n");
}

static void test_folder(void **state)
{
	struct sp_config *config;
	struct heard heard;
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/conf.d", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file("conf.d/20-lan.conf", LAN);
	write_file("conf.d/ignored.txt", "nonsense\n");
	config = load(OFFICE, &heard);
	assert_string_equal(heard.text, "");
	assert_non_null(config);
	assert_non_null(sp_config_tunnel(config, "lan"));
	sp_config_free(config);

	write_file("conf.d/20-lan.conf", LAN "frobnicate = 1\n");
	assert_null(load(OFFICE, &heard));
	assert_string_equal(heard.text,
			    "conf.d/20-lan.conf:7:1: [tunnel] has no key \"frobnicate\"\n");
}

/* What cannot be read is not nothing. */
static void test_unreadable_folder(void **state)
{
	char path[256], hidden[256];
	struct heard heard;

	(void)state;
	snprintf(path, sizeof(path), "%s/conf.d", folder);
	snprintf(hidden, sizeof(hidden), "%s/hidden", folder);
	assert_int_equal(rename(path, hidden), 0);
	write_file("conf.d", "");
	assert_null(load(OFFICE, &heard));
	assert_string_equal(heard.text, "conf.d: Not a directory\n");
	assert_int_equal(unlink(path), 0);
	sp_config_free(load(OFFICE, &heard));
	assert_string_equal(heard.text, "");
	assert_int_equal(rename(hidden, path), 0);
	write_file("conf.d/20-lan.conf", "");
}

static void test_peers_with_the_same_ends(void **state)
{
	struct sp_config *config;
	struct heard heard;

	(void)state;
	config = load(OFFICE "[peer home]\nlocal = 192.0.2.1\nremote = 192.0.2.2\n"
		      "key = k\npeer-key = p\n", &heard);
	assert_non_null(config);
	sp_config_free(config);
	assert_null(load(OFFICE "[peer home]\nlocal = 192.0.2.1\nremote = 192.0.2.2\n"
			 "profile = compat\nallow-insecure = yes\n", &heard));
	assert_non_null(strstr(heard.text, "spindle.conf:7:1: peer home: has local, remote and "
			       "port of peer office ("));
	config = load(OFFICE "[peer home]\nlocal = 192.0.2.1\nremote = 192.0.2.2\n"
		      "profile = compat\nallow-insecure = yes\nport = 4511\n", &heard);
	assert_non_null(config);
	sp_config_free(config);
}

/* As many long selectors as there may be do not fit one message. */
static void test_too_many_selectors(void **state)
{
	char text[8192] = OFFICE "[tunnel lan]\npeer = office\ninterface = spin0\n"
				 "esp = aes128-sha256\nlocal-ts = 2001:db8::/32\nremote-ts = ";
	struct sp_config *config;
	struct heard heard;

	(void)state;
	for (int i = 0; i < 16; i++)
		sprintf(text + strlen(text), "%s2001:db8:%d:1111:2222:3333::/96[tcp/8080-8090]",
			i ? ", " : "", 1000 + i);
	strcat(text, "\n");
	assert_null(load(text, &heard));
	assert_non_null(strstr(heard.text, "spindle.conf:7:1: tunnel lan: local-ts and remote-ts "
			       "are too long for one message to the peer ("));
	*strstr(text, ", 2001:db8:1012:") = '\0';
	config = load(text, &heard);
	assert_string_equal(heard.text, "");
	assert_non_null(config);
	sp_config_free(config);
}

static void test_guess(void **state)
{
	static const char *const words[] = { "lifetime", "local-ts", "remote-ts", NULL };

	(void)state;
	assert_string_equal(sp_guess("liftime", words), "lifetime");
	assert_string_equal(sp_guess("lifetmie", words), "lifetime");
	assert_string_equal(sp_guess("remote_ts", words), "remote-ts");
	assert_null(sp_guess("x", words));
	assert_null(sp_guess("colour", words));
	assert_null(sp_guess("", words));
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {
		"/conf.d/20-lan.conf", "/conf.d/ignored.txt", "/conf.d", "/spindle.conf", "",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s%s", folder, names[i]);
		if (remove(path))
			return -1;
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_six_lines),
		cmocka_unit_test(test_weak_ah),
		cmocka_unit_test(test_past),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_writable_by_others),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_unreadable_folder),
		cmocka_unit_test(test_peers_with_the_same_ends),
		cmocka_unit_test(test_too_many_selectors),
		cmocka_unit_test(test_guess),
	};

	return cmocka_run_group_tests_name("config", tests, make_folder, remove_folder);
}
