// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cursor.h"
#include "ident.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int take_octets(struct sp_ident *ident, enum sp_ident_type type, const void *octets,
		       size_t len, struct sp_error *err)
{
	if (!len)
		return sp_fail(err, "an identity is missing");
	if (len > SP_IDENT_MAX)
		return sp_fail(err, "an identity has at most %d octets", SP_IDENT_MAX);
	ident->type = (uint8_t)type;
	ident->len = (uint16_t)len;
	memcpy(ident->octets, octets, len);
	return 0;
}

/* --- X.501 names --------------------------------------------------------------------- */

/* Tags of DER (X.690), as far as a name has them. */
enum {
	TAG_OID = 0x06,
	TAG_UTF8 = 0x0c,
	TAG_PRINTABLE = 0x13,
	TAG_IA5 = 0x16,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
};

/* Attributes by the names of RFC 4514 section 3 and those that people write beside them. */
static const struct attribute {
	const char *word;
	const char *oid;		/* its contents in DER */
	uint8_t len;
	uint8_t tag;			/* of a value; 0: whichever it fits */
} attributes[] = {
	{ "C", "\x55\x04\x06", 3, TAG_PRINTABLE },
	{ "ST", "\x55\x04\x08", 3, 0 },
	{ "L", "\x55\x04\x07", 3, 0 },
	{ "O", "\x55\x04\x0a", 3, 0 },
	{ "OU", "\x55\x04\x0b", 3, 0 },
	{ "CN", "\x55\x04\x03", 3, 0 },
	{ "SN", "\x55\x04\x04", 3, 0 },
	{ "GN", "\x55\x04\x2a", 3, 0 },
	{ "serialNumber", "\x55\x04\x05", 3, TAG_PRINTABLE },
	{ "DC", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10, TAG_IA5 },
	{ "UID", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", 10, 0 },
	{ "E", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9, TAG_IA5 },
	{ "emailAddress", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9, TAG_IA5 },
};

static const struct attribute *find_attribute(const char *word, size_t len)
{
	for (size_t i = 0; i < COUNT(attributes); i++)
		if (strlen(attributes[i].word) == len &&
		    !strncasecmp(attributes[i].word, word, len))
			return &attributes[i];
	return NULL;
}

/* A tag, a length in its shortest form, and what is in it (X.690 8.1, 10.1). */
static void write_element(struct sp_writer *w, uint8_t tag, const void *octets, size_t len)
{
	sp_write_u8(w, tag);
	if (len > 0xff) {
		sp_write_u8(w, 0x82);
		sp_write_be16(w, (uint16_t)len);
	} else {
		if (len > 0x7f)
			sp_write_u8(w, 0x81);
		sp_write_u8(w, (uint8_t)len);
	}
	sp_write_octets(w, octets, len);
}

static uint8_t tag_for(const struct attribute *attribute, const char *value, size_t len)
{
	if (attribute->tag)
		return attribute->tag;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)value[i]) && !strchr(" '()+,-./:=?", value[i]))
			return TAG_UTF8;
	return TAG_PRINTABLE;
}

static void write_part(struct sp_writer *name, const struct attribute *attribute,
		       const char *value, size_t len)
{
	uint8_t inner[SP_IDENT_MAX + 32], pair[SP_IDENT_MAX + 40];
	struct sp_writer w;
	size_t n;

	sp_writer_init(&w, inner, sizeof(inner));
	write_element(&w, TAG_OID, attribute->oid, attribute->len);
	write_element(&w, tag_for(attribute, value, len), value, len);
	n = w.len;
	name->bad |= w.bad;
	sp_writer_init(&w, pair, sizeof(pair));
	write_element(&w, TAG_SEQUENCE, inner, n);
	name->bad |= w.bad;
	write_element(name, TAG_SET, pair, w.len);
}

/* "C=DE, O=Example": one part, with its end at the next comma that no backslash stands before. */
static int parse_part(struct sp_writer *name, const char **at, struct sp_error *err)
{
	const struct attribute *attribute;
	const char *word, *p = *at;
	char value[SP_IDENT_MAX];
	size_t len = 0, meant = 0;

	p += strspn(p, " ");
	word = p;
	p += strcspn(p, "=,");
	attribute = find_attribute(word, (size_t)(p - word));
	if (*p != '=' || !attribute)
		return sp_fail(err, "\"%.*s\" is no attribute of a name; those are C, ST, L, O, "
			       "OU, CN, SN, GN, DC, UID, E, serialNumber", (int)(p - word), word);
	for (p++, p += strspn(p, " "); *p && *p != ','; p++) {
		if (*p == '\\' && p[1]) {
			p++;
			meant = len + 1;
		}
		if (len == sizeof(value))
			return sp_fail(err, "an identity has at most %d octets", SP_IDENT_MAX);
		value[len++] = *p;
	}
	while (len > meant && value[len - 1] == ' ')
		len--;
	if (!len)
		return sp_fail(err, "%s has no value", attribute->word);
	write_part(name, attribute, value, len);
	*at = *p ? p + 1 : p;
	return 0;
}

static int parse_dn(struct sp_ident *ident, const char *text, struct sp_error *err)
{
	uint8_t parts[SP_IDENT_MAX + 8], all[SP_IDENT_MAX + 16];
	struct sp_writer inner, outer;

	sp_writer_init(&inner, parts, sizeof(parts));
	do {
		if (parse_part(&inner, &text, err))
			return -1;
	} while (*text);
	sp_writer_init(&outer, all, sizeof(all));
	write_element(&outer, TAG_SEQUENCE, parts, inner.len);
	if (inner.bad || outer.bad)
		return sp_fail(err, "an identity has at most %d octets", SP_IDENT_MAX);
	return take_octets(ident, SP_IDENT_DN, all, outer.len, err);
}

struct element {
	uint8_t tag;
	const uint8_t *octets;
	size_t len;
};

static bool read_element(struct sp_reader *r, struct element *element)
{
	element->tag = sp_read_u8(r);
	element->len = sp_read_u8(r);
	if (element->len == 0x81)
		element->len = sp_read_u8(r);
	else if (element->len == 0x82)
		element->len = sp_read_be16(r);
	else if (element->len > 0x7f)
		r->bad = true;
	element->octets = sp_read_octets(r, element->len);
	return !r->bad;
}

/* One of the name's sets, of which each has one pair: an identifier and a value. */
static bool read_part(struct sp_reader *name, struct element *oid, struct element *value)
{
	struct element set, pair;
	struct sp_reader r;

	if (!read_element(name, &set) || set.tag != TAG_SET)
		return false;
	sp_reader_init(&r, set.octets, set.len);
	if (!read_element(&r, &pair) || pair.tag != TAG_SEQUENCE || r.left)
		return false;
	sp_reader_init(&r, pair.octets, pair.len);
	return read_element(&r, oid) && oid->tag == TAG_OID && read_element(&r, value) && !r.left;
}

static bool open_name(struct sp_reader *name, const struct sp_ident *ident)
{
	struct element all;
	struct sp_reader r;

	sp_reader_init(&r, ident->octets, ident->len);
	if (!read_element(&r, &all) || all.tag != TAG_SEQUENCE || r.left)
		return false;
	sp_reader_init(name, all.octets, all.len);
	return true;
}

static bool is_same_text(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return true;
}

/* Values are the same in whichever string they stand (RFC 5280 7.1, as far as it is practised). */
static bool are_same_names(const struct sp_ident *a, const struct sp_ident *b)
{
	struct element oid_a, value_a, oid_b, value_b;
	struct sp_reader left, right;

	if (!open_name(&left, a) || !open_name(&right, b))
		return false;
	while (left.left && right.left) {
		if (!read_part(&left, &oid_a, &value_a) || !read_part(&right, &oid_b, &value_b) ||
		    oid_a.len != oid_b.len || value_a.len != value_b.len ||
		    memcmp(oid_a.octets, oid_b.octets, oid_a.len) ||
		    !is_same_text(value_a.octets, value_b.octets, value_a.len))
			return false;
	}
	return !left.left && !right.left;
}

static const char *word_of(const struct element *oid)
{
	for (size_t i = 0; i < COUNT(attributes); i++)
		if (attributes[i].len == oid->len &&
		    !memcmp(attributes[i].oid, oid->octets, oid->len))
			return attributes[i].word;
	return NULL;
}

/* --- text ---------------------------------------------------------------------------- */

static void write_text(struct sp_writer *w, const char *text)
{
	sp_write_octets(w, text, strlen(text));
}

static void write_value(struct sp_writer *w, const struct element *value)
{
	for (size_t i = 0; i < value->len; i++) {
		bool edge = !i || i + 1 == value->len;

		if (value->octets[i] && strchr(edge ? ",\\ " : ",\\", value->octets[i]))
			sp_write_u8(w, '\\');
		sp_write_u8(w, iscntrl(value->octets[i]) ? '?' : value->octets[i]);
	}
}

static bool format_dn(const struct sp_ident *ident, struct sp_writer *w)
{
	struct element oid, value;
	struct sp_reader name;
	bool first = true;

	if (!open_name(&name, ident))
		return false;
	while (name.left) {
		const char *word;

		if (!read_part(&name, &oid, &value))
			return false;
		word = word_of(&oid);
		if (!word)
			return false;
		write_text(w, first ? "" : ", ");
		write_text(w, word);
		write_text(w, "=");
		write_value(w, &value);
		first = false;
	}
	return !first;
}

static void format_hex(const struct sp_ident *ident, struct sp_writer *w)
{
	char digits[3];

	for (size_t i = 0; i < ident->len; i++) {
		snprintf(digits, sizeof(digits), "%02x", ident->octets[i]);
		write_text(w, digits);
	}
}

static bool is_text(const struct sp_ident *ident)
{
	for (size_t i = 0; i < ident->len; i++)
		if (ident->octets[i] <= ' ' || ident->octets[i] > '~')
			return false;
	return ident->len;
}

static unsigned int mask_len(const uint8_t *mask, size_t len)
{
	unsigned int bits = 0;

	while (bits < len * 8 && mask[bits / 8] & 0x80 >> bits % 8)
		bits++;
	return bits;
}

static bool format_addr(const struct sp_ident *ident, sa_family_t family, bool subnet,
			struct sp_writer *w)
{
	struct sp_prefix prefix = { .addr.family = family };
	size_t len = sp_addr_len(&prefix.addr);
	char text[SP_PREFIX_STRLEN];

	if (ident->len != (subnet ? 2 * len : len))
		return false;
	memcpy(prefix.addr.octets, ident->octets, len);
	if (!subnet) {
		write_text(w, sp_addr_format(&prefix.addr, text));
		return true;
	}
	prefix.len = (uint8_t)mask_len(ident->octets + len, len);
	write_text(w, sp_prefix_format(&prefix, text));
	return true;
}

/* Whether the text alone is read as that kind again. */
static bool is_read_as(const char *text, const struct sp_ident *ident)
{
	struct sp_ident read;
	struct sp_error err;

	return !sp_ident_parse(&read, text, &err) && read.type == ident->type &&
	       read.len == ident->len && !memcmp(read.octets, ident->octets, read.len);
}

static bool format_name(const struct sp_ident *ident, const char *kind, struct sp_writer *w)
{
	char text[SP_IDENT_MAX + 1];

	if (!is_text(ident))
		return false;
	memcpy(text, ident->octets, ident->len);
	text[ident->len] = '\0';
	if (!is_read_as(text, ident))
		write_text(w, kind);
	write_text(w, text);
	return true;
}

static bool format_kind(const struct sp_ident *ident, struct sp_writer *w)
{
	switch (ident->type) {
	case SP_IDENT_NONE:
		write_text(w, "none");
		return true;
	case SP_IDENT_ANY:
		write_text(w, "any");
		return true;
	case SP_IDENT_IPV4:
	case SP_IDENT_IPV4_SUBNET:
		return format_addr(ident, AF_INET, ident->type == SP_IDENT_IPV4_SUBNET, w);
	case SP_IDENT_IPV6:
	case SP_IDENT_IPV6_SUBNET:
		return format_addr(ident, AF_INET6, ident->type == SP_IDENT_IPV6_SUBNET, w);
	case SP_IDENT_FQDN:
		return format_name(ident, "fqdn:", w);
	case SP_IDENT_USER_FQDN:
		return format_name(ident, "userfqdn:", w);
	case SP_IDENT_DN:
		return format_dn(ident, w);
	case SP_IDENT_KEY_ID:
		return format_name(ident, "keyid:", w);
	default:
		return false;
	}
}

const char *sp_ident_format(const struct sp_ident *ident, char buf[SP_IDENT_STRLEN])
{
	struct sp_writer w;
	char kind[16];

	sp_writer_init(&w, buf, SP_IDENT_STRLEN - 1);
	if (!format_kind(ident, &w) || w.bad) {
		sp_writer_init(&w, buf, SP_IDENT_STRLEN - 1);
		snprintf(kind, sizeof(kind), "type %u ", ident->type);
		write_text(&w, ident->type == SP_IDENT_KEY_ID ? "keyid:" :
			   ident->type == SP_IDENT_DN ? "dn:" : kind);
		write_text(&w, "0x");
		format_hex(ident, &w);
	}
	buf[w.len] = '\0';
	return buf;
}

/* --- reading ------------------------------------------------------------------------- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Octets as they are, or 0x and their digits. */
static int parse_octets(struct sp_ident *ident, enum sp_ident_type type, const char *text,
			struct sp_error *err)
{
	uint8_t octets[SP_IDENT_MAX];
	size_t len = 0;

	if (strncmp(text, "0x", 2))
		return take_octets(ident, type, text, strlen(text), err);
	for (text += 2; *text; text += 2) {
		if (hex_value(text[0]) < 0 || hex_value(text[1]) < 0)
			return sp_fail(err, "behind 0x there are pairs of hexadecimal digits");
		if (len == sizeof(octets))
			return sp_fail(err, "an identity has at most %d octets", SP_IDENT_MAX);
		octets[len++] = (uint8_t)(hex_value(text[0]) << 4 | hex_value(text[1]));
	}
	return take_octets(ident, type, octets, len, err);
}

static int parse_name(struct sp_ident *ident, enum sp_ident_type type, const char *text,
		      struct sp_error *err)
{
	/* What is meant to have others than letters, digits and signs is a keyid. */
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~')
			return sp_fail(err, "the name of a host or a user has no blanks, and none "
				       "but characters of ASCII");
	return take_octets(ident, type, text, strlen(text), err);
}

static int parse_name_of_x501(struct sp_ident *ident, enum sp_ident_type type, const char *text,
			      struct sp_error *err)
{
	return strncmp(text, "0x", 2) ? parse_dn(ident, text, err) :
					parse_octets(ident, type, text, err);
}

static const struct {
	const char *prefix;
	enum sp_ident_type type;
	int (*parse)(struct sp_ident *ident, enum sp_ident_type type, const char *text,
		     struct sp_error *err);
} forms[] = {
	{ "fqdn:", SP_IDENT_FQDN, parse_name },
	{ "userfqdn:", SP_IDENT_USER_FQDN, parse_name },
	{ "dn:", SP_IDENT_DN, parse_name_of_x501 },
	{ "keyid:", SP_IDENT_KEY_ID, parse_octets },
};

struct sp_ident sp_ident_of(const struct sp_addr *addr)
{
	struct sp_ident ident = { .type = SP_IDENT_NONE, .len = (uint16_t)sp_addr_len(addr) };

	if (addr->family)
		ident.type = addr->family == AF_INET6 ? SP_IDENT_IPV6 : SP_IDENT_IPV4;
	memcpy(ident.octets, addr->octets, ident.len);
	return ident;
}

/* Address and mask, which is how a network goes on the wire. */
static struct sp_ident subnet_of(const struct sp_prefix *prefix)
{
	size_t len = sp_addr_len(&prefix->addr);
	bool six = prefix->addr.family == AF_INET6;
	struct sp_ident ident = {
		.type = six ? SP_IDENT_IPV6_SUBNET : SP_IDENT_IPV4_SUBNET,
		.len = (uint16_t)(2 * len),
	};

	memcpy(ident.octets, prefix->addr.octets, len);
	for (unsigned int bit = 0; bit < prefix->len; bit++)
		ident.octets[len + bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return ident;
}

int sp_ident_parse(struct sp_ident *ident, const char *text, struct sp_error *err)
{
	struct sp_error no_address;
	struct sp_prefix prefix;

	memset(ident, 0, sizeof(*ident));
	for (size_t i = 0; i < COUNT(forms); i++)
		if (!strncmp(text, forms[i].prefix, strlen(forms[i].prefix)))
			return forms[i].parse(ident, forms[i].type, text + strlen(forms[i].prefix),
					      err);
	if (!strcmp(text, "any")) {
		ident->type = SP_IDENT_ANY;
		return 0;
	}
	if (!sp_addr_parse(&prefix.addr, text, &no_address)) {
		*ident = sp_ident_of(&prefix.addr);
		return 0;
	}
	if (strchr(text, '/') && !sp_prefix_parse(&prefix, text, &no_address)) {
		*ident = subnet_of(&prefix);
		return 0;
	}
	if (strchr(text, '='))
		return parse_dn(ident, text, err);
	/* As others have users write it. */
	if (text[0] == '@')
		return parse_name(ident, SP_IDENT_FQDN, text + 1, err);
	return parse_name(ident, strchr(text, '@') ? SP_IDENT_USER_FQDN : SP_IDENT_FQDN, text,
			  err);
}

bool sp_ident_equal(const struct sp_ident *a, const struct sp_ident *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == SP_IDENT_DN && are_same_names(a, b))
		return true;
	if (a->len != b->len)
		return false;
	if (a->type == SP_IDENT_FQDN || a->type == SP_IDENT_USER_FQDN)
		return is_same_text(a->octets, b->octets, a->len);
	return !memcmp(a->octets, b->octets, a->len);
}
