// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any message of the family: understood, or refused with a reason.  The first octet
 * is the command, the rest its attributes.
 */
#include <linux/genetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/nl_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ret, const struct sp_error *err)
{
	if (ret && !*err->text)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct {
		struct nlmsghdr head;
		struct genlmsghdr genl;
		uint8_t attributes[4096];
	} message;
	struct sp_error err = { .text = "" };
	struct sp_device device;
	struct sp_event event;

	if (!size || size - 1 > sizeof(message.attributes))
		return 0;
	message.head.nlmsg_len = (uint32_t)(NLMSG_LENGTH(GENL_HDRLEN) + size - 1);
	message.genl.cmd = data[0];
	memcpy(message.attributes, data + 1, size - 1);
	must(sp_nl_parse_event(&message.head, &event, &err), &err);
	err.text[0] = '\0';
	must(sp_nl_parse_device(&message.head, &device, &err), &err);
	return 0;
}
