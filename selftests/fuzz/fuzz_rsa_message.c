// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any line: parsed or refused, and what was parsed means the same after it was
 * written and parsed again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keying/rsa/message.h"
#include "keying/rsa/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rk_message message, again;
	char line[2048], written[4096];
	struct sp_error err;

	if (size >= sizeof(line) || memchr(data, '\0', size))
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	if (rk_message_parse(&message, line, &err)) {
		/* The error goes into JSON and back to the peer. */
		if (!*err.text || rk_text_check(err.text, strlen(err.text), &err))
			abort();
		return 0;
	}
	if (message.verb == RK_VERB_UNKNOWN)
		return 0;
	if (rk_message_format(&message, written, sizeof(written), &err))
		abort();
	/* Written out, short forms such as 10.1 become longer than a line may be. */
	if (rk_message_parse(&again, written, &err))
		return 0;
	if (memcmp(&message, &again, sizeof(message)))
		abort();
	return 0;
}
