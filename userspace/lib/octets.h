/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Octets that somebody else owns. */
#ifndef SP_OCTETS_H
#define SP_OCTETS_H

#include <stddef.h>
#include <stdint.h>

struct sp_octets {
	const uint8_t *data;
	size_t len;
};

/* An array or a struct as octets. */
#define SP_OCTETS(object) ((struct sp_octets){ (const uint8_t *)&(object), sizeof(object) })

#endif
