// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/spindle.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "option.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* How the values of an option are written. */
struct sp_option_kind {
	enum sp_option_form form;
	int (*parse)(const struct sp_option *option, uint32_t *value, const char *text,
		     struct sp_error *err);
	void (*format)(const struct sp_option *option, uint32_t value,
		       char buf[SP_OPTION_STRLEN]);
	const char *const *words;	/* of a kind that chooses: by value */
	uint32_t n_words;
	const char *above;		/* of a kind that counts: the word for one more than most */
};

/* --- kinds -------------------------------------------------------------------- */

static int parse_count(const struct sp_option *option, uint32_t *value, const char *text,
		       struct sp_error *err)
{
	const char *above = option->kind->above;
	uint64_t number = (uint64_t)option->most + 1;

	if (above && strcmp(text, above) && sp_number_parse(&number, text, 0, option->most, err))
		return sp_fail(err, "\"%s\" is neither %s nor a number from 0 to %u", text, above,
			       option->most);
	if (!above && sp_number_parse(&number, text, 0, option->most, err))
		return -1;
	*value = (uint32_t)number;
	return 0;
}

static void format_count(const struct sp_option *option, uint32_t value,
			 char buf[SP_OPTION_STRLEN])
{
	const char *above = option->kind->above;

	if (above && value > option->most)
		snprintf(buf, SP_OPTION_STRLEN, "%s", above);
	else
		snprintf(buf, SP_OPTION_STRLEN, "%u", value);
}

static void format_mark(const struct sp_option *option, uint32_t value,
			char buf[SP_OPTION_STRLEN])
{
	(void)option;
	snprintf(buf, SP_OPTION_STRLEN, "0x%x", value);
}

static int parse_switch(const struct sp_option *option, uint32_t *value, const char *text,
			struct sp_error *err)
{
	(void)option;
	if (strcmp(text, "on") && strcmp(text, "yes") && strcmp(text, "off") && strcmp(text, "no"))
		return sp_fail(err, "\"%s\" is neither on nor off", text);
	*value = !strcmp(text, "on") || !strcmp(text, "yes");
	return 0;
}

static void format_switch(const struct sp_option *option, uint32_t value,
			char buf[SP_OPTION_STRLEN])
{
	(void)option;
	strcpy(buf, value ? "on" : "off");
}

static int parse_word(const struct sp_option *option, uint32_t *value, const char *text,
		      struct sp_error *err)
{
	const struct sp_option_kind *kind = option->kind;
	char all[128] = "";

	for (uint32_t i = 0; i < kind->n_words; i++) {
		size_t len = strlen(all);

		if (!strcmp(text, kind->words[i])) {
			*value = i;
			return 0;
		}
		snprintf(all + len, sizeof(all) - len, "%s%s",
			 !i ? "" : i + 1 == kind->n_words ? " or " : ", ", kind->words[i]);
	}
	return sp_fail(err, "\"%s\" is not %s", text, all);
}

static void format_word(const struct sp_option *option, uint32_t value,
			char buf[SP_OPTION_STRLEN])
{
	const struct sp_option_kind *kind = option->kind;

	snprintf(buf, SP_OPTION_STRLEN, "%s",
		 value < kind->n_words ? kind->words[value] : "unknown");
}

static int parse_align(const struct sp_option *option, uint32_t *value, const char *text,
		       struct sp_error *err)
{
	(void)option;
	if (strcmp(text, "4") && strcmp(text, "8"))
		return sp_fail(err, "\"%s\" is not 4 or 8", text);
	*value = (uint32_t)(text[0] - '0');
	return 0;
}

static int parse_encap(const struct sp_option *option, uint32_t *value, const char *text,
		       struct sp_error *err)
{
	char sport[8], dport[8], rest;
	uint64_t from = 0, to = 0;

	(void)option;
	if (strcmp(text, "none") &&
	    (sscanf(text, "udp %7s %7s %c", sport, dport, &rest) != 2 ||
	     sp_number_parse(&from, sport, 1, UINT16_MAX, err) ||
	     sp_number_parse(&to, dport, 1, UINT16_MAX, err)))
		return sp_fail(err, "\"%s\" is not none, or udp and two ports", text);
	*value = (uint32_t)(from << 16 | to);
	return 0;
}

static void format_encap(const struct sp_option *option, uint32_t value,
			char buf[SP_OPTION_STRLEN])
{
	(void)option;
	if (value & UINT16_MAX)
		snprintf(buf, SP_OPTION_STRLEN, "udp %u %u", value >> 16, value & UINT16_MAX);
	else
		strcpy(buf, "none");
}

static const char *const modes[] = {
	[SPINDLE_MODE_TUNNEL] = "tunnel", [SPINDLE_MODE_TRANSPORT] = "transport",
};

static const char *const dfs[] = {
	[SPINDLE_DF_COPY] = "copy", [SPINDLE_DF_SET] = "set", [SPINDLE_DF_CLEAR] = "clear",
};

static const char *const admins[] = {
	[SPINDLE_ADMIN_UP] = "up", [SPINDLE_ADMIN_DOWN] = "down",
};

static const struct sp_option_kind count = {
	.form = SP_OPTION_NUMBER, .parse = parse_count, .format = format_count,
};

static const struct sp_option_kind mark = {
	.form = SP_OPTION_NUMBER, .parse = parse_count, .format = format_mark,
};

static const struct sp_option_kind onoff = {
	.form = SP_OPTION_SWITCH, .parse = parse_switch, .format = format_switch,
};

static const struct sp_option_kind mode = {
	.form = SP_OPTION_TEXT, .parse = parse_word, .format = format_word,
	.words = modes, .n_words = COUNT(modes),
};

static const struct sp_option_kind df = {
	.form = SP_OPTION_TEXT, .parse = parse_word, .format = format_word,
	.words = dfs, .n_words = COUNT(dfs),
};

static const struct sp_option_kind admin = {
	.form = SP_OPTION_TEXT, .parse = parse_word, .format = format_word,
	.words = admins, .n_words = COUNT(admins),
};

/* The name of a device, which is looked up when the kernel is told. */
static const struct sp_option_kind device = { .form = SP_OPTION_TEXT };

static const struct sp_option_kind dscp = {
	.form = SP_OPTION_NUMBER, .parse = parse_count, .format = format_count, .above = "copy",
};

static const struct sp_option_kind tfc = {
	.form = SP_OPTION_NUMBER, .parse = parse_count, .format = format_count, .above = "mtu",
};

static const struct sp_option_kind align = {
	.form = SP_OPTION_NUMBER, .parse = parse_align, .format = format_count,
};

static const struct sp_option_kind encap = {
	.form = SP_OPTION_TEXT, .parse = parse_encap, .format = format_encap,
};

/* --- the table ---------------------------------------------------------------- */

/* ROW(word, values, member, attribute, kind, most, usual) */
#define ROW(word, values, member, attribute, ...)					\
	{ word, values, offsetof(struct sp_tunnel_options, member),			\
	  SPINDLE_A_TUNNEL_##attribute, sizeof(((struct sp_tunnel_options *)0)->member), 1, \
	  __VA_ARGS__ }

static const struct sp_option options[] = {
	ROW("mode", "tunnel|transport", mode, MODE, &mode, 0, SPINDLE_MODE_TUNNEL),
	{ "encap", "none|udp SPORT DPORT", offsetof(struct sp_tunnel_options, encap),
	  SPINDLE_A_TUNNEL_ENCAP, sizeof(uint16_t), 2, &encap, 0, 0 },
	ROW("keepalive", "SECONDS", keepalive, KEEPALIVE, &count, UINT16_MAX, 0),
	ROW("follow", "on|off", follow, FOLLOW, &onoff, 0, 0),
	ROW("replay-window", "N", replay_window, REPLAY_WINDOW, &count, SPINDLE_REPLAY_MAX,
	    SPINDLE_REPLAY_DEFAULT),
	ROW("df", "copy|set|clear", df, DF, &df, 0, SPINDLE_DF_COPY),
	ROW("dscp", "copy|N", dscp, DSCP, &dscp, SPINDLE_DSCP_COPY - 1, SPINDLE_DSCP_COPY),
	ROW("tfc", "N|mtu", tfc, TFC, &tfc, SPINDLE_TFC_MTU - 1, 0),
	ROW("dummy", "MILLISECONDS", dummy, DUMMY, &count, UINT16_MAX, 0),
	ROW("clamp-mss", "on|off", clamp_mss, CLAMP_MSS, &onoff, 0, 0),
	ROW("fwmark", "N", fwmark, FWMARK, &mark, UINT32_MAX, 0),
	ROW("ah-align", "4|8", ah_align, AH_ALIGN, &align, 0, 4),
	ROW("admin", "up|down", admin, ADMIN, &admin, 0, SPINDLE_ADMIN_UP),
	ROW("link", "none|DEV", link, LINK, &device, 0, 0),
};

_Static_assert(COUNT(options) <= SP_OPTIONS_MAX, "a mask of options has 32 bits");
_Static_assert(offsetof(struct sp_encap, dport) == sizeof(uint16_t),
	       "the two ports follow each other");

const struct sp_option *sp_option_at(size_t i)
{
	return i < COUNT(options) ? &options[i] : NULL;
}

const struct sp_option *sp_option_find(const char *word)
{
	for (size_t i = 0; i < COUNT(options); i++)
		if (!strcmp(options[i].word, word))
			return &options[i];
	return NULL;
}

size_t sp_option_index(const struct sp_option *option)
{
	return (size_t)(option - options);
}

uint32_t sp_option_bit(const struct sp_option *option)
{
	return UINT32_C(1) << sp_option_index(option);
}

uint32_t sp_option_all(void)
{
	return (UINT32_C(1) << COUNT(options)) - 1;
}

/* --- values ------------------------------------------------------------------- */

static void *field(const struct sp_option *option, struct sp_tunnel_options *of,
		   unsigned int part)
{
	return (char *)of + option->offset + part * option->width;
}

static uint32_t read_field(const struct sp_option *option, const struct sp_tunnel_options *of,
			   unsigned int part)
{
	const char *at = (const char *)of + option->offset + part * option->width;
	uint16_t u16;
	uint32_t u32;

	switch (option->width) {
	case sizeof(uint8_t):
		return (uint8_t)*at;
	case sizeof(u16):
		memcpy(&u16, at, sizeof(u16));
		return u16;
	default:
		memcpy(&u32, at, sizeof(u32));
		return u32;
	}
}

static void write_field(const struct sp_option *option, struct sp_tunnel_options *of,
			unsigned int part, uint32_t value)
{
	uint16_t u16 = (uint16_t)value;
	uint8_t u8 = (uint8_t)value;
	const void *from = option->width == sizeof(u8) ? (const void *)&u8 :
			   option->width == sizeof(u16) ? (const void *)&u16 : &value;

	memcpy(field(option, of, part), from, option->width);
}

uint32_t sp_option_get(const struct sp_option *option, const struct sp_tunnel_options *of)
{
	uint32_t value = read_field(option, of, 0);

	return option->parts == 1 ? value : value << 16 | read_field(option, of, 1);
}

void sp_option_set(const struct sp_option *option, struct sp_tunnel_options *of, uint32_t value)
{
	if (option->kind == &device)
		return;		/* has no number */
	if (option->parts == 1) {
		write_field(option, of, 0, value);
		return;
	}
	write_field(option, of, 0, value >> 16);
	write_field(option, of, 1, value & UINT16_MAX);
}

struct sp_tunnel_options sp_options_usual(void)
{
	struct sp_tunnel_options usual = { 0 };

	for (size_t i = 0; i < COUNT(options); i++)
		sp_option_set(&options[i], &usual, options[i].usual);
	return usual;
}

uint32_t sp_options_differ(const struct sp_tunnel_options *a, const struct sp_tunnel_options *b)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < COUNT(options); i++)
		if (memcmp((const char *)a + options[i].offset, (const char *)b + options[i].offset,
			   (size_t)options[i].width * options[i].parts))
			mask |= sp_option_bit(&options[i]);
	return mask;
}

size_t sp_option_words(const struct sp_option *option, const char *first)
{
	return option->kind == &encap && !strcmp(first, "udp") ? 3 : 1;
}

static int parse_device(char name[IFNAMSIZ], const char *text, struct sp_error *err)
{
	if (!*text || strlen(text) >= IFNAMSIZ || strpbrk(text, "/: \t"))
		return sp_fail(err, "\"%s\" is neither none nor an interface's name", text);
	memset(name, 0, IFNAMSIZ);
	if (strcmp(text, "none"))
		strcpy(name, text);
	return 0;
}

int sp_option_parse(const struct sp_option *option, struct sp_tunnel_options *of, const char *text,
		    struct sp_error *err)
{
	uint32_t value;

	if (option->kind == &device)
		return parse_device(field(option, of, 0), text, err);
	if (option->kind->parse(option, &value, text, err))
		return -1;
	sp_option_set(option, of, value);
	return 0;
}

const char *sp_option_format(const struct sp_option *option, const struct sp_tunnel_options *of,
			     char buf[SP_OPTION_STRLEN])
{
	const char *name = (const char *)of + option->offset;

	if (option->kind == &device)
		snprintf(buf, SP_OPTION_STRLEN, "%.*s", IFNAMSIZ - 1, *name ? name : "none");
	else
		option->kind->format(option, sp_option_get(option, of), buf);
	return buf;
}

int sp_option_to_wire(const struct sp_option *option, const struct sp_tunnel_options *of,
		      uint32_t *value)
{
	const char *name = (const char *)of + option->offset;

	if (option->kind != &device) {
		*value = sp_option_get(option, of);
		return 0;
	}
	*value = *name ? if_nametoindex(name) : 0;
	return *name && !*value ? -1 : 0;
}

void sp_option_from_wire(const struct sp_option *option, struct sp_tunnel_options *of,
			 uint32_t value)
{
	char *name = field(option, of, 0), text[IFNAMSIZ] = "";

	if (option->kind != &device) {
		sp_option_set(option, of, value);
		return;
	}
	if (value && !if_indextoname(value, text))
		snprintf(text, sizeof(text), "%u", value);
	memset(name, 0, IFNAMSIZ);
	strcpy(name, text);
}

enum sp_option_form sp_option_form(const struct sp_option *option,
				   const struct sp_tunnel_options *of)
{
	char text[SP_OPTION_STRLEN];
	bool counts = strchr("0123456789", sp_option_format(option, of, text)[0]);

	return option->kind->form == SP_OPTION_NUMBER && !counts ? SP_OPTION_TEXT :
								    option->kind->form;
}
