// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * esp_send ADDRESS OPTION VALUE...: sends ESP packets that are made by hand, or AH
 * packets in IPv4, good ones, or wrong as the options say.  The ciphers are OpenSSL's, so
 * that nothing of what is tested tests itself.  Inside is an ICMP echo reply, which nobody
 * answers.  The addresses say whether it is IPv4 or IPv6, outside and inside.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	BLOCK = 16,
	HEAD = 8 + BLOCK, /* SPI, sequence number, IV */
	PACKET_MAX = 65535,
	AS_IT_SHOULD_BE = -1000000,
};

static struct forge {
	long spi;
	long outer_tos;
	long encap; /* in UDP, from and to this port */
	long ah;    /* AH in place of ESP */
	long tos;
	long version;	 /* of the inner header; as its addresses are unless given */
	long ihl;
	long total_length; /* of an IPv6 packet, what its header says less its own length */
	long payload; /* octets behind the ICMP header */
	long next_header;
	long pad_octet;	 /* all the padding, instead of 1, 2, 3... */
	long pad_length; /* what the trailer says of it */
	long flip;	 /* damage the octet there; negative: from the end */
	long cut;	 /* leave out so many octets at the end */
	long scramble;	 /* damage so many bits inside, before it is sealed */
	long esn;	 /* sequence numbers have 64 bits, of which 32 are sent */
	long fuzz;	 /* a seed: each packet is bent in up to two ways of its own */
	const char *key;
	const char *auth_key;
	const char *seq; /* "1,5-7": 1, 5, 6, 7, in the order of sending; "7-5" counts down */
	const char *from; /* one of the host's outer addresses */
	const char *source;
	const char *destination;
} forge = {
	.version = AS_IT_SHOULD_BE,
	.ihl = 5,
	.total_length = AS_IT_SHOULD_BE,
	.payload = 32,
	.next_header = AS_IT_SHOULD_BE,
	.pad_octet = AS_IT_SHOULD_BE,
	.pad_length = AS_IT_SHOULD_BE,
	.flip = AS_IT_SHOULD_BE,
	.key = "",
	.auth_key = "",
	.seq = "1",
	.source = "10.2.0.1",
	.destination = "10.1.0.1",
};

static const struct option {
	const char *name;
	long *number;
	const char **text;
} options[] = {
	{ "spi", &forge.spi, NULL },
	{ "outer-tos", &forge.outer_tos, NULL },
	{ "encap", &forge.encap, NULL },
	{ "ah", &forge.ah, NULL },
	{ "tos", &forge.tos, NULL },
	{ "version", &forge.version, NULL },
	{ "ihl", &forge.ihl, NULL },
	{ "total-length", &forge.total_length, NULL },
	{ "payload", &forge.payload, NULL },
	{ "next-header", &forge.next_header, NULL },
	{ "pad-octet", &forge.pad_octet, NULL },
	{ "pad-length", &forge.pad_length, NULL },
	{ "flip", &forge.flip, NULL },
	{ "cut", &forge.cut, NULL },
	{ "scramble", &forge.scramble, NULL },
	{ "esn", &forge.esn, NULL },
	{ "fuzz", &forge.fuzz, NULL },
	{ "key", NULL, &forge.key },
	{ "auth-key", NULL, &forge.auth_key },
	{ "seq", NULL, &forge.seq },
	{ "from", NULL, &forge.from },
	{ "source", NULL, &forge.source },
	{ "destination", NULL, &forge.destination },
};

static long number(const char *text, char **end)
{
	char *own_end, **at = end ? end : &own_end;
	long value = strtol(text, at, 0);

	if (*at == text || (!end && **at))
		errx(2, "%s: no number", text);
	return value;
}

static void parse(const char *name, const char *value)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(name, options[i].name))
			continue;
		if (options[i].number)
			*options[i].number = number(value, NULL);
		else
			*options[i].text = value;
		return;
	}
	errx(2, "%s: no such option", name);
}

/* Good enough for tests, and the same again with the same seed. */
static long below(long n)
{
	return lrand48() % n;
}

static void bend_once(void)
{
	switch (below(9)) {
	case 0:
		forge.version = below(16);
		break;
	case 1:
		forge.ihl = below(16);
		break;
	case 2:
		forge.total_length = below(4096);
		break;
	case 3:
		/* Not 59, which is a dummy that is to be swallowed. */
		forge.next_header = below(59);
		break;
	case 4:
		forge.pad_octet = below(256);
		break;
	case 5:
		forge.pad_length = below(256);
		break;
	case 6:
		forge.flip = below(HEAD + forge.payload);
		break;
	case 7:
		/* The header remains, or nobody could tell whose it was. */
		forge.cut = below(HEAD + BLOCK);
		break;
	default:
		forge.scramble = 1 + below(8);
	}
}

static void bend(const struct forge *straight)
{
	forge = *straight;
	/* Sometimes more than one packet on the wire. */
	forge.payload = below(8) ? below(200) : below(forge.ah ? 1300 : 4000);
	for (long ways = below(3); ways; ways--)
		bend_once();
}

static size_t octets(unsigned char *buf, size_t size, const char *hex)
{
	size_t len;

	if (!OPENSSL_hexstr2buf_ex(buf, size, &len, hex + 2 * !strncmp(hex, "0x", 2), '\0'))
		errx(2, "%s: no octets", hex);
	return len;
}

static uint16_t checksum(const void *data, size_t len)
{
	const unsigned char *at = data;
	unsigned long sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += at[i] << 8 | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}

static bool is_v6(const char *address)
{
	return strchr(address, ':');
}

static long unless_given(long value, long given)
{
	return given == AS_IT_SHOULD_BE ? value : given;
}

static size_t put_ip4(unsigned char *buf, size_t payload)
{
	struct iphdr ip = {
		.version = unless_given(4, forge.version) & 15,
		.ihl = forge.ihl & 15,
		.tos = (uint8_t)forge.tos,
		.ttl = 64,
		.protocol = IPPROTO_ICMP,
	};

	ip.tot_len =
		htons((uint16_t)unless_given((long)(sizeof(ip) + payload), forge.total_length));
	if (inet_pton(AF_INET, forge.source, &ip.saddr) != 1 ||
	    inet_pton(AF_INET, forge.destination, &ip.daddr) != 1)
		errx(2, "bad inner address");
	ip.check = checksum(&ip, sizeof(ip));
	memcpy(buf, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t put_ip6(unsigned char *buf, size_t payload)
{
	uint32_t version = (uint32_t)unless_given(6, forge.version);
	struct ip6_hdr ip = { .ip6_flow = htonl(version << 28 | (uint32_t)forge.tos << 20) };

	ip.ip6_plen = htons((uint16_t)unless_given((long)payload, forge.total_length));
	ip.ip6_nxt = IPPROTO_ICMPV6;
	ip.ip6_hlim = 64;
	if (inet_pton(AF_INET6, forge.source, &ip.ip6_src) != 1 ||
	    inet_pton(AF_INET6, forge.destination, &ip.ip6_dst) != 1)
		errx(2, "bad inner address");
	memcpy(buf, &ip, sizeof(ip));
	return sizeof(ip);
}

/* The packet inside, returns its length. */
static size_t put_inner(unsigned char *buf)
{
	struct icmphdr icmp = { .type = is_v6(forge.source) ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY };
	size_t payload = sizeof(icmp) + (size_t)forge.payload, len;

	icmp.checksum = checksum(&icmp, sizeof(icmp));
	memset(buf, 0, sizeof(struct ip6_hdr) + payload);
	len = is_v6(forge.source) ? put_ip6(buf, payload) : put_ip4(buf, payload);
	memcpy(buf + len, &icmp, sizeof(icmp));
	len += payload;
	for (long i = 0; i < forge.scramble; i++)
		buf[below((long)len)] ^= (unsigned char)(1 << below(8));
	return len;
}

/* RFC 4303 2.4 to 2.6: what follows @len octets; returns the length of both. */
static size_t put_trailer(unsigned char *buf, size_t len)
{
	size_t pad_len = (BLOCK - (len + 2) % BLOCK) % BLOCK;

	for (size_t i = 0; i < pad_len; i++)
		buf[len + i] = (unsigned char)unless_given((long)i + 1, forge.pad_octet);
	len += pad_len;
	buf[len++] = (unsigned char)unless_given((long)pad_len, forge.pad_length);
	buf[len++] = (unsigned char)unless_given(is_v6(forge.source) ? IPPROTO_IPV6 : IPPROTO_IPIP,
						 forge.next_header);
	return len;
}

static void encrypt(unsigned char *data, size_t len, const unsigned char *iv)
{
	const EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char key[EVP_MAX_KEY_LENGTH];
	size_t key_len = octets(key, sizeof(key), forge.key);
	int out;

	cipher = key_len == 16 ? EVP_aes_128_cbc() :
		 key_len == 24 ? EVP_aes_192_cbc() :
				 EVP_aes_256_cbc();
	if (!ctx || !EVP_EncryptInit(ctx, cipher, key, iv) || !EVP_CIPHER_CTX_set_padding(ctx, 0) ||
	    !EVP_EncryptUpdate(ctx, data, &out, data, (int)len))
		errx(1, "encryption failed");
	EVP_CIPHER_CTX_free(ctx);
}

/* Of so many octets; the key's length tells the hash.  Returns its own length. */
static size_t make_icv(const unsigned char *buf, size_t hashed, unsigned char mac[EVP_MAX_MD_SIZE])
{
	unsigned char key[EVP_MAX_MD_SIZE];
	size_t key_len = octets(key, sizeof(key), forge.auth_key);
	const EVP_MD *hash = key_len == 20 ? EVP_sha1() :
			     key_len == 32 ? EVP_sha256() :
			     key_len == 48 ? EVP_sha384() :
					     EVP_sha512();

	if (!HMAC(hash, key, (int)key_len, buf, hashed, mac, NULL))
		errx(1, "HMAC failed");
	return key_len == 20 ? 12 : key_len / 2;
}

/*
 * Behind @len octets.  The half of the number that is not sent is hashed where the ICV will
 * stand (RFC 4303 2.2.1).
 */
static size_t put_icv(unsigned char *buf, size_t len, long seq)
{
	uint32_t seq_hi = htonl((uint32_t)(seq >> 32));
	unsigned char mac[EVP_MAX_MD_SIZE];
	size_t icv_len;

	memcpy(buf + len, &seq_hi, sizeof(seq_hi));
	icv_len = make_icv(buf, forge.esn ? len + sizeof(seq_hi) : len, mac);
	memcpy(buf + len, mac, icv_len);
	return len + icv_len;
}

/* Damage to what has been sealed; returns the length that is left. */
static size_t damage(unsigned char *buf, size_t len)
{
	if (forge.cut < 0 || (size_t)forge.cut > len)
		errx(2, "cannot cut %ld octets of %zu", forge.cut, len);
	len -= (size_t)forge.cut;
	if (forge.flip != AS_IT_SHOULD_BE)
		buf[forge.flip < 0 ? (long)len + forge.flip : forge.flip] ^= 1;
	return len;
}

/* An IPv4 header that has been nowhere yet, and AH: RFC 4302 3.3.3.1.1. */
static size_t put_ah(unsigned char *buf, long seq, struct in_addr from, const char *to)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.protocol = IPPROTO_AH,
		.id = htons((uint16_t)seq),
		.saddr = from.s_addr,
		.daddr = inet_addr(to),
	};
	unsigned char *ah = buf + sizeof(ip), mac[EVP_MAX_MD_SIZE] = { 0 };
	uint32_t numbers[2] = { htonl((uint32_t)forge.spi), htonl((uint32_t)seq) };
	size_t icv_len = make_icv(buf, 0, mac), ah_len = 12 + icv_len, len;

	memset(ah, 0, ah_len);
	ah[0] = (unsigned char)unless_given(IPPROTO_IPIP, forge.next_header);
	ah[1] = (unsigned char)(ah_len / 4 - 2);
	memcpy(ah + 4, numbers, sizeof(numbers));
	len = ah_len + put_inner(ah + ah_len);
	ip.tot_len = htons((uint16_t)(sizeof(ip) + len));
	memcpy(buf, &ip, sizeof(ip));
	make_icv(buf, sizeof(ip) + len, mac);
	memcpy(ah + 12, mac, icv_len);
	len = damage(ah, len);
	/* What may change on the way. */
	ip.ttl = 64;
	ip.tos = (uint8_t)forge.outer_tos;
	memcpy(buf, &ip, sizeof(ip));
	return sizeof(ip) + len;
}

static size_t put_esp(unsigned char *buf, long seq)
{
	uint32_t head[2] = { htonl((uint32_t)forge.spi), htonl((uint32_t)seq) };
	size_t len;

	memcpy(buf, head, sizeof(head));
	if (!RAND_bytes(buf + sizeof(head), BLOCK))
		errx(1, "no random octets");
	len = put_trailer(buf + HEAD, put_inner(buf + HEAD));
	encrypt(buf + HEAD, len, buf + sizeof(head));
	return damage(buf, put_icv(buf, HEAD + len, seq));
}

static int open_socket6(const char *address)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 }, from = to;
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ESP), tos = (int)forge.outer_tos;

	if (inet_pton(AF_INET6, address, &to.sin6_addr) != 1 ||
	    (forge.from && inet_pton(AF_INET6, forge.from, &from.sin6_addr) != 1))
		errx(2, "%s: no address", address);
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "socket");
	return fd;
}

static int open_socket4(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)forge.encap) };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = to.sin_port };
	int tos = (int)forge.outer_tos;
	int fd;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    (forge.from && inet_pton(AF_INET, forge.from, &from.sin_addr) != 1))
		errx(2, "%s: no address", address);
	if (forge.encap)
		fd = socket(AF_INET, SOCK_DGRAM, 0);
	else
		fd = socket(AF_INET, SOCK_RAW, forge.ah ? IPPROTO_RAW : IPPROTO_ESP);
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "socket");
	return fd;
}

static void send_packet(int fd, const char *address, long seq)
{
	static unsigned char buf[PACKET_MAX];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	size_t len;

	if (getsockname(fd, (struct sockaddr *)&from, &size))
		err(1, "socket");
	if (forge.ah)
		len = put_ah(buf, seq, from.sin_addr, address);
	else
		len = put_esp(buf, seq);

	/* An ICMP error about an earlier packet is reported here, once. */
	if (send(fd, buf, len, 0) < 0 && send(fd, buf, len, 0) < 0)
		err(1, "send");
}

int main(int argc, char **argv)
{
	struct forge straight;
	char *at;
	int fd;

	if (argc < 2 || argc % 2)
		errx(2, "usage: esp_send ADDRESS OPTION VALUE...");
	for (int i = 2; i < argc; i += 2)
		parse(argv[i], argv[i + 1]);
	if (forge.payload < 0 || forge.payload > PACKET_MAX / 2)
		errx(2, "%ld: no length", forge.payload);
	fd = is_v6(argv[1]) ? open_socket6(argv[1]) : open_socket4(argv[1]);
	straight = forge;
	srand48(forge.fuzz);
	for (at = (char *)forge.seq;; at++) {
		long first = number(at, &at);
		long last = *at == '-' ? number(at + 1, &at) : first;
		long step = first <= last ? 1 : -1;

		for (long seq = first; seq != last + step; seq += step) {
			if (straight.fuzz)
				bend(&straight);
			send_packet(fd, argv[1], seq);
		}
		if (*at != ',')
			break;
	}
	return 0;
}
