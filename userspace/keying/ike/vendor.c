// SPDX-License-Identifier: GPL-2.0-or-later
#include "vendor.h"

#include <string.h>

#include "octets.h"

/* A row: the octets as a string literal, whose NUL does not count. */
#define ALL(text, of_bit, literal)					\
	{								\
		.name = (text),						\
		.bit = (of_bit),					\
		.octets = { (const uint8_t *)(literal), sizeof(literal) - 1 },	\
	}
#define PREFIX(text, of_bit, literal)					\
	{								\
		.name = (text),						\
		.bit = (of_bit),					\
		.octets = { (const uint8_t *)(literal), sizeof(literal) - 1 },	\
		.prefix = sizeof(literal) - 1,				\
	}

/* Most are the MD5 of a text; what follows a prefix is a version or a capability. */
static const struct ike_vendor_row rows[] = {
	ALL("DPD", IKE_VENDOR_DPD,
	    "\xaf\xca\xd7\x13\x68\xa1\xf1\xc9\x6b\x86\x96\xfc\x77\x57\x01\x00"),
	ALL("NAT-T", IKE_VENDOR_NAT_T,
	    "\x4a\x13\x1c\x81\x07\x03\x58\x45\x5c\x57\x28\xf2\x0e\x95\x45\x2f"),
	ALL("NAT-T draft 03", IKE_VENDOR_NAT_T_03,
	    "\x7d\x94\x19\xa6\x53\x10\xca\x6f\x2c\x17\x9d\x92\x15\x52\x9d\x56"),
	ALL("NAT-T draft 02\\n", IKE_VENDOR_NAT_T_02N,
	    "\x90\xcb\x80\x91\x3e\xbb\x69\x6e\x08\x63\x81\xb5\xec\x42\x7b\x1f"),
	ALL("NAT-T draft 02", IKE_VENDOR_NAT_T_02,
	    "\xcd\x60\x46\x43\x35\xdf\x21\xf8\x7c\xfd\xb2\xfc\x68\xb6\xa4\x48"),
	ALL("NAT-T draft 04", IKE_VENDOR_NAT_T_04,
	    "\x99\x09\xb6\x4e\xed\x93\x7c\x65\x73\xde\x52\xac\xe9\x52\xfa\x6b"),
	ALL("NAT-T draft 05", IKE_VENDOR_NAT_T_04,
	    "\x80\xd0\xbb\x3d\xef\x54\x56\x5e\xe8\x46\x45\xd4\xc8\x5c\xe3\xee"),
	ALL("NAT-T draft 06", IKE_VENDOR_NAT_T_04,
	    "\x4d\x1e\x0e\x13\x6d\xea\xfa\x34\xc4\xf3\xea\x9f\x02\xec\x72\x85"),
	ALL("NAT-T draft 07", IKE_VENDOR_NAT_T_04,
	    "\x43\x9b\x59\xf8\xba\x67\x6c\x4c\x77\x37\xae\x22\xea\xb8\xf5\x82"),
	ALL("NAT-T draft 08", IKE_VENDOR_NAT_T_04,
	    "\x8f\x8d\x83\x82\x6d\x24\x6b\x6f\xc7\xa8\xa6\xa4\x28\xc1\x1d\xe8"),
	ALL("fragmentation", IKE_VENDOR_FRAGMENTATION,
	    "\x40\x48\xb7\xd5\x6e\xbc\xe8\x85\x25\xe7\xde\x7f\x00\xd6\xc2\xd3\x80\x00\x00\x00"),
	PREFIX("fragmentation", IKE_VENDOR_FRAGMENTATION,
	       "\x40\x48\xb7\xd5\x6e\xbc\xe8\x85\x25\xe7\xde\x7f\x00\xd6\xc2\xd3"),
	PREFIX("XAUTH", IKE_VENDOR_XAUTH, "\x09\x00\x26\x89\xdf\xd6\xb7\x12"),
	ALL("initial contact", IKE_VENDOR_INITIAL_CONTACT,
	    "\x26\x24\x4d\x38\xed\xdb\x61\xb3\x17\x2a\x36\xe3\xd0\xcf\xb8\x19"),
	ALL("GSS-API", IKE_VENDOR_GSS,
	    "\x62\x1b\x04\xbb\x09\x88\x2a\xc1\xe1\x59\x35\xfe\xfa\x24\xae\xee"),
	ALL("GSS-API authentication", IKE_VENDOR_GSS,
	    "\xad\x2c\x0d\xd0\xb9\xc3\x20\x83\xcc\xba\x25\xb8\x86\x1e\xc4\x55"),
	PREFIX("Windows", IKE_VENDOR_WINDOWS,
	       "\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61"),
	PREFIX("Cisco Unity", IKE_VENDOR_OTHER,
	       "\x12\xf5\xf2\x8c\x45\x71\x68\xa9\x70\x2d\x9f\xe2\x74\xcc"),
	ALL("Windows: negotiation discovery", IKE_VENDOR_OTHER,
	    "\xfb\x1d\xe3\xcd\xf3\x41\xb7\xea\x16\xb7\xe5\xbe\x08\x55\xf1\x20"),
	ALL("Windows: CGA", IKE_VENDOR_OTHER,
	    "\xe3\xa5\x96\x6a\x76\x37\x9f\xe7\x07\x22\x82\x31\xe5\xce\x86\x52"),
	ALL("Windows: MamieExists", IKE_VENDOR_OTHER,
	    "\x21\x4c\xa4\xfa\xff\xa7\xf3\x2d\x67\x48\xe5\x30\x33\x95\xae\x83"),
	ALL("strongSwan", IKE_VENDOR_OTHER,
	    "\x88\x2f\xe5\x6d\x6f\xd2\x0d\xbc\x22\x51\x61\x3b\x2e\xbe\x5b\xeb"),
	ALL("racoon", IKE_VENDOR_OTHER,
	    "\x70\x03\xcb\xc1\x09\x7d\xbe\x9c\x26\x00\xba\x69\x83\xbc\x8b\x35"),
	PREFIX("SonicWall", IKE_VENDOR_OTHER, "\x40\x4b\xf4\x39\x52\x2c\xa3\xf6"),
	PREFIX("SonicWall", IKE_VENDOR_OTHER, "\x5b\x36\x2b\xc8\x20\xf6"),
	PREFIX("Check Point", IKE_VENDOR_OTHER,
	       "\xf4\xed\x19\xe0\xc1\x14\xeb\x51\x6f\xaa\xac\x0e\xe3\x7d\xaf\x28\x07\xb4\x38\x1f"),
	PREFIX("Cisco VPN 3000", IKE_VENDOR_OTHER,
	       "\x1f\x07\xf7\x0e\xaa\x65\x14\xd3\xb0\xfa\x96\x54\x2a\x50"),
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static bool matches(const struct ike_vendor_row *row, struct sp_octets data)
{
	if (row->prefix ? data.len < row->prefix : data.len != row->octets.len)
		return false;
	return !memcmp(data.data, row->octets.data, row->octets.len);
}

const struct ike_vendor_row *ike_vendor_find(struct sp_octets data)
{
	for (size_t i = 0; i < ROWS; i++)
		if (matches(&rows[i], data))
			return &rows[i];
	return NULL;
}

struct sp_octets ike_vendor_octets(enum ike_vendor bit)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].bit == bit)
			return rows[i].octets;
	return (struct sp_octets){ NULL, 0 };
}
