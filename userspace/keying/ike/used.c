// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "used.h"

bool ike_used_has(const struct ike_used *used, uint32_t id)
{
	/* The newest first: what comes twice does so soon. */
	for (size_t i = used->n; i--;)
		if (used->ids[i] == id)
			return true;
	return false;
}

static int make_room(struct ike_used *used)
{
	enum { FIRST = 16 };
	size_t room = used->room ? 2 * used->room : FIRST;
	uint32_t *ids;

	if (used->n < used->room)
		return 0;
	if (used->n == IKE_USED_MAX)
		return -1;
	ids = reallocarray(used->ids, room, sizeof(*ids));
	if (!ids)
		return -1;
	used->ids = ids;
	used->room = room;
	return 0;
}

int ike_used_add(struct ike_used *used, uint32_t id)
{
	if (make_room(used))
		return -1;
	used->ids[used->n++] = id;
	return 0;
}

void ike_used_clear(struct ike_used *used)
{
	free(used->ids);
	*used = (struct ike_used){ .ids = NULL };
}
