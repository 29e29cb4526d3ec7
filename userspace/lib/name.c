// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/spindle.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "name.h"
#include "number.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const clears[] = {
	[SPINDLE_CLEAR_REFUSE] = "refuse", [SPINDLE_CLEAR_ACCEPT] = "accept",
};

static const char *word_at(const char *const *words, size_t n, size_t i)
{
	return i < n && words[i] ? words[i] : "unknown";
}

const char *sp_name_dir(uint8_t dir)
{
	static const char *const words[] = { [SPINDLE_DIR_IN] = "in", [SPINDLE_DIR_OUT] = "out" };

	return word_at(words, COUNT(words), dir);
}

const char *sp_name_proto(uint8_t proto)
{
	return proto == IPPROTO_ESP ? "esp" : proto == IPPROTO_AH ? "ah" : "unknown";
}

int sp_name_proto_parse(uint8_t *proto, const char *word, struct sp_error *err)
{
	if (strcmp(word, "esp") && strcmp(word, "ah"))
		return sp_fail(err, "\"%s\" is not esp or ah", word);
	*proto = word[0] == 'e' ? IPPROTO_ESP : IPPROTO_AH;
	return 0;
}

const char *sp_name_clear(uint8_t clear)
{
	return word_at(clears, COUNT(clears), clear);
}

int sp_name_clear_parse(uint8_t *clear, const char *word, struct sp_error *err)
{
	for (size_t i = 0; i < COUNT(clears); i++) {
		if (!strcmp(word, clears[i])) {
			*clear = (uint8_t)i;
			return 0;
		}
	}
	return sp_fail(err, "\"%s\" is not refuse or accept", word);
}

const char *sp_name_tunnel_state(uint8_t state)
{
	static const char *const words[] = {
		[SPINDLE_TUNNEL_DOWN] = "down", [SPINDLE_TUNNEL_UP] = "up",
	};

	return word_at(words, COUNT(words), state);
}

const char *sp_name_sa_state(uint8_t state)
{
	static const char *const words[] = {
		[SPINDLE_SA_RESERVED] = "reserved", [SPINDLE_SA_ACTIVE] = "active",
		[SPINDLE_SA_PARKED] = "parked", [SPINDLE_SA_OLD] = "old",
		[SPINDLE_SA_EXPIRED] = "expired",
	};

	return word_at(words, COUNT(words), state);
}

const char *sp_name_limit(uint8_t limit)
{
	static const char *const words[] = {
		[SPINDLE_LIMIT_BYTES] = "bytes", [SPINDLE_LIMIT_PACKETS] = "packets",
		[SPINDLE_LIMIT_SECONDS] = "seconds", [SPINDLE_LIMIT_SEQUENCE] = "sequence",
	};

	return word_at(words, COUNT(words), limit);
}

const char *sp_name_event(uint8_t cmd)
{
	static const char *const words[] = {
		[SPINDLE_CMD_UNSPEC] = "lost",
		[SPINDLE_CMD_TUNNEL_NEW_NTF] = "tunnel-new",
		[SPINDLE_CMD_TUNNEL_SET_NTF] = "tunnel-set",
		[SPINDLE_CMD_TUNNEL_DEL_NTF] = "tunnel-del",
		[SPINDLE_CMD_SA_NEW_NTF] = "sa-new",
		[SPINDLE_CMD_SA_DEL_NTF] = "sa-del",
		[SPINDLE_CMD_ACQUIRE_NTF] = "acquire",
		[SPINDLE_CMD_EXPIRE_NTF] = "expire",
		[SPINDLE_CMD_ACTIVE_NTF] = "active",
		[SPINDLE_CMD_ENDPOINT_NTF] = "endpoint",
		[SPINDLE_CMD_DEV_SET_NTF] = "dev-set",
	};

	return word_at(words, COUNT(words), cmd);
}
