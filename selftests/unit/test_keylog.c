// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys for Wireshark: what is written, and that it opens what somebody else has captured. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/keylog.h"
#include "keying/ike/wire.h"
#include "kmod/suite.h"

#include "ike_trace.h"

static struct sp_error err;
static char folder[] = "/tmp/keylog-XXXXXX";
static char top[4096];			/* where the captures are */

/* A packet of ESP in UDP from the first negotiator of ikev1-main-psk-aes. */
static const char esp_packet[] =
	"c375305900000001751fa423578866d7ee6c0729c5b8a0e2046c9297ea0063ef2b8545f220fad6f7"
	"6361d351e1ff9f5630042962a18149d4c6d969d85823fd0b5ce0931b894174ed";

static char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static const char *read_table(const char *name)
{
	static char text[65536];
	FILE *in = fopen(path_of(name), "re");
	size_t n;

	assert_non_null(in);
	n = fread(text, 1, sizeof(text) - 1, in);
	text[n] = '\0';
	fclose(in);
	return text;
}

static struct sp_sa sa_of(const struct spn_suite *suite, uint32_t spi)
{
	struct sp_sa sa = { .spi = spi };

	snprintf(sa.alg, sizeof(sa.alg), "%s", suite->word);
	sa.key.len = suite->key_len;
	sa.auth_key.len = suite->auth_key_len;
	for (size_t i = 0; i < sa.key.len; i++)
		sa.key.octets[i] = (uint8_t)(i + 1);
	for (size_t i = 0; i < sa.auth_key.len; i++)
		sa.auth_key.octets[i] = 0xaa;
	return sa;
}

static void test_lines(void **state)
{
	static const char *const words[] = { "des-md5", "null-sha1", "aes128gcm12", "sha256",
					     "aes128gmac" };
	const uint8_t cookie[8] = { 1, 2, 3, 4, 5, 6, 7, 0xff };
	const struct sp_secret key = { .octets = { 0xab, 0xcd }, .len = 2 };
	struct keylog *log = keylog_open(folder, &err);
	struct stat st;

	(void)state;
	assert_non_null(log);
	keylog_ike(log, cookie, &key);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct sp_sa sa = sa_of(spn_suite_find(words[i]), 0x1000 + (uint32_t)i);

		keylog_sa(log, &sa);
	}
	assert_string_equal(read_table("ikev1_decryption_table"), "01020304050607ff,abcd\n");
	assert_string_equal(
		read_table("esp_sa"),
		"\"IPv4\",\"*\",\"*\",\"0x00001000\",\"DES-CBC [RFC2405]\",\"0x0102030405060708\","
		"\"HMAC-MD5-96 [RFC2403]\",\"0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
		"\"IPv6\",\"*\",\"*\",\"0x00001000\",\"DES-CBC [RFC2405]\",\"0x0102030405060708\","
		"\"HMAC-MD5-96 [RFC2403]\",\"0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
		"\"IPv4\",\"*\",\"*\",\"0x00001001\",\"NULL\",\"\","
		"\"HMAC-SHA-1-96 [RFC2404]\",\"0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
		"\"IPv6\",\"*\",\"*\",\"0x00001001\",\"NULL\",\"\","
		"\"HMAC-SHA-1-96 [RFC2404]\",\"0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
		"\"IPv4\",\"*\",\"*\",\"0x00001002\",\"AES-GCM with 12 octet ICV [RFC4106]\","
		"\"0x0102030405060708090a0b0c0d0e0f1011121314\",\"NULL\",\"\"\n"
		"\"IPv6\",\"*\",\"*\",\"0x00001002\",\"AES-GCM with 12 octet ICV [RFC4106]\","
		"\"0x0102030405060708090a0b0c0d0e0f1011121314\",\"NULL\",\"\"\n");
	assert_int_equal(stat(path_of("esp_sa"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	keylog_close(log);
}

static void test_refused(void **state)
{
	(void)state;
	assert_null(keylog_open("/nowhere", &err));
	assert_string_equal(err.text, "/nowhere/ikev1_decryption_table: No such file or directory");
	assert_int_equal(unlink(path_of("esp_sa")), 0);
	assert_int_equal(symlink("/tmp/elsewhere", path_of("esp_sa")), 0);
	assert_null(keylog_open(folder, &err));
	assert_int_equal(unlink(path_of("esp_sa")), 0);
	keylog_close(NULL);
}

/* --- what tshark makes of it ------------------------------------------------------------ */

static void put_le32(FILE *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		fputc((int)(value >> 8 * i & 0xff), out);
}

/* A packet of raw IP with UDP in it (RFC 791, RFC 768); nobody asks for checksums. */
static void put_packet(FILE *out, bool from_first, uint16_t port, const uint8_t *octets,
		       size_t len, bool marker)
{
	size_t udp = 8 + len + (marker ? 4 : 0), ip = 20 + udp;
	const uint8_t from = from_first ? 1 : 2, to = from_first ? 2 : 1;
	const uint8_t head[] = {
		0x45, 0, (uint8_t)(ip >> 8), (uint8_t)ip, 0, 0, 0, 0, 64, 17, 0, 0,
		10, 99, 0, from, 10, 99, 0, to,
		(uint8_t)(port >> 8), (uint8_t)port, (uint8_t)(port >> 8), (uint8_t)port,
		(uint8_t)(udp >> 8), (uint8_t)udp, 0, 0, 0, 0, 0, 0,
	};

	put_le32(out, 0);
	put_le32(out, 0);
	put_le32(out, (uint32_t)ip);
	put_le32(out, (uint32_t)ip);
	fwrite(head, 1, marker ? sizeof(head) : sizeof(head) - 4, out);
	fwrite(octets, 1, len, out);
}

static void write_capture(const struct trace *trace)
{
	FILE *out = fopen(path_of("capture"), "we");
	uint8_t packet[256];
	size_t len = trace_hex(esp_packet, packet, sizeof(packet));

	assert_non_null(out);
	put_le32(out, 0xa1b2c3d4);
	put_le32(out, 2 | 4 << 16);
	put_le32(out, 0);
	put_le32(out, 0);
	put_le32(out, 65535);
	put_le32(out, 101);		/* raw IP */
	for (size_t i = 0; i < trace->n_datagrams; i++) {
		const struct trace_datagram *datagram = &trace->datagrams[i];
		bool encrypted = datagram->octets[19] & IKE_FLAG_ENCRYPTED;

		put_packet(out, datagram->from_first, encrypted ? 4500 : 500, datagram->octets,
			   datagram->len, encrypted);
	}
	put_packet(out, true, 4500, packet, len, false);
	fclose(out);
}

static void log_trace_keys(const struct trace *trace)
{
	struct sp_octets cookie = trace_octets(&trace->records[0], "cky_i");
	struct sp_octets enc = trace_octets(&trace->records[0], "enc_key");
	struct sp_octets keymat = trace_octets(&trace->records[1], "keymat_i2r");
	struct sp_octets spi = trace_octets(&trace->records[1], "spi_r");
	struct sp_sa sa = { .spi = ike_spi(spi), .alg = "aes128-sha256",
			    .key.len = 16, .auth_key.len = 32 };
	struct sp_secret key = { .len = enc.len };
	struct keylog *log = keylog_open(folder, &err);
	const struct spn_suite *suite;

	assert_non_null(log);
	memcpy(key.octets, enc.data, enc.len);
	memcpy(sa.key.octets, keymat.data, 16);
	memcpy(sa.auth_key.octets, keymat.data + 16, 32);
	keylog_ike(log, cookie.data, &key);
	keylog_sa(log, &sa);
	/* Those of all other suites must do no harm. */
	for (unsigned int i = 0; (suite = spn_suite_at(i)); i++) {
		sa = sa_of(suite, 0x2000 + i);
		keylog_sa(log, &sa);
	}
	keylog_close(log);
}

static void run_tshark(char *text, size_t size)
{
	char command[512];
	FILE *out;
	size_t n;

	snprintf(command, sizeof(command),
		 "WIRESHARK_CONFIG_DIR=%s tshark -n -r %s -o esp.enable_encryption_decode:TRUE "
		 "-o esp.enable_authentication_check:TRUE -T fields -e isakmp.id.data.ipv4_subnet "
		 "-e isakmp.id.data.ipv4_addr -e esp.icv_good -e ip.src 2>&1",
		 folder, path_of("capture"));
	out = popen(command, "r");
	assert_non_null(out);
	n = fread(text, 1, size - 1, out);
	text[n] = '\0';
	pclose(out);
}

static void test_tshark(void **state)
{
	static struct trace trace;
	char text[8192];

	(void)state;
	if (system("command -v tshark > /dev/null 2>&1"))
		skip();
	assert_int_equal(chdir(top), 0);
	trace_load(&trace, "ikev1-main-psk-aes");
	write_capture(&trace);
	log_trace_keys(&trace);
	run_tshark(text, sizeof(text));
	print_message("%s", text);
	assert_null(strstr(text, "Error"));
	/* Who they say they are, which networks they mean, and who spoke inside. */
	assert_non_null(strstr(text, "10.99.0.1\t\t10.99.0.1"));
	assert_non_null(strstr(text, "10.1.0.0,10.2.0.0"));
	assert_non_null(strstr(text, "1\t10.99.0.1,10.1.0.1"));
}

static int start(void **state)
{
	(void)state;
	return getcwd(top, sizeof(top)) && mkdtemp(folder) ? 0 : -1;
}

static int stop(void **state)
{
	static const char *const names[] = { "ikev1_decryption_table", "esp_sa", "capture" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_tshark),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
