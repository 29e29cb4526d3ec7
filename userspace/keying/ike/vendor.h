/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vendor IDs: what peers are, and what they can do. */
#ifndef IKE_VENDOR_H
#define IKE_VENDOR_H

#include <stdbool.h>
#include <stddef.h>

#include "octets.h"

/* Those that change what we do; each is a bit of a mask. */
enum ike_vendor {
	IKE_VENDOR_OTHER = 0,		/* known by name alone, or not at all */
	IKE_VENDOR_DPD = 1 << 0,	/* RFC 3706 */
	IKE_VENDOR_NAT_T = 1 << 1,	/* RFC 3947 */
	IKE_VENDOR_NAT_T_03 = 1 << 2,	/* drafts: 02 and 03 with payloads 130 and 131 */
	IKE_VENDOR_NAT_T_02N = 1 << 3,	/* 02 as most spell it, with a line feed */
	IKE_VENDOR_NAT_T_02 = 1 << 4,
	IKE_VENDOR_NAT_T_04 = 1 << 5,	/* 04 to 08, with payloads 15 and 16 */
	IKE_VENDOR_FRAGMENTATION = 1 << 6,
	IKE_VENDOR_XAUTH = 1 << 7,
	IKE_VENDOR_INITIAL_CONTACT = 1 << 8,
	IKE_VENDOR_GSS = 1 << 9,
	IKE_VENDOR_WINDOWS = 1 << 10,	/* MS NT5 ISAKMPOAKLEY */
};

struct ike_vendor_row {
	const char *name;		/* "NAT-T", "strongSwan", "Windows" */
	enum ike_vendor bit;
	struct sp_octets octets;
	size_t prefix;			/* so many of them are compared; 0: all, and the length */
};

/* NULL if nobody is known by it. */
const struct ike_vendor_row *ike_vendor_find(struct sp_octets data);
/* The octets to send, of one bit. */
struct sp_octets ike_vendor_octets(enum ike_vendor bit);

#endif
