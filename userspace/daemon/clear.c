// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "clear.h"
#include "io/log.h"
#include "lib/name.h"

struct settling {
	struct sp_nl *nl;
	struct wanted *wanted;
	bool apply;
	int ret;
};

/* Logs each text about an interface once. */
static void tell_problem(struct wanted_link *link, const char *text)
{
	if (sp_note_is(&link->clear_error, text))
		return;
	log_line("%s", text);
	sp_note_set(&link->clear_error, "%s", text);
}

static int settle_device(const struct sp_device *device, void *arg)
{
	struct settling *settling = arg;
	struct wanted_link *link = wanted_link(settling->wanted, device->ifname);
	struct sp_error err;
	uint8_t clear;

	/* One of that name may be in another namespace. */
	if (!link || link->ifindex != device->ifindex ||
	    !wanted_clear(link, settling->apply, &clear))
		return 0;
	if (device->clear != clear) {
		if (sp_nl_device_set_clear(settling->nl, link->name, clear, &err)) {
			tell_problem(link, err.text);
			settling->ret = -1;
			return 0;
		}
		log_line("interface %s: clear is %s now", link->name, sp_name_clear(clear));
	}
	link->unsays_clear = false;
	sp_note_clear(&link->clear_error);
	return 0;
}

static bool is_anything(const struct wanted *wanted, bool apply)
{
	uint8_t clear;

	for (size_t i = 0; i < wanted->n_links; i++)
		if (wanted_clear(&wanted->links[i], apply, &clear))
			return true;
	return false;
}

int clear_settle(const struct daemon *daemon, struct wanted *wanted, bool apply)
{
	struct settling settling = { .nl = daemon->nl, .wanted = wanted, .apply = apply };
	struct sp_error err;

	if (!is_anything(wanted, apply))
		return 0;
	if (sp_nl_device_dump(daemon->nl, settle_device, &settling, &err)) {
		log_line("%s", err.text);
		return -1;
	}
	return settling.ret;
}
