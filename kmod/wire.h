/* SPDX-License-Identifier: GPL-2.0 */
/* What stands on the wire. */
#ifndef _SPINDLE_WIRE_H
#define _SPINDLE_WIRE_H

#include <linux/types.h>

/* RFC 4303 2: in front of the IV and the ciphertext. */
struct spn_esp_head {
	__be32 spi;
	__be32 seq;
} __packed;

/* RFC 4303 2.4 to 2.6: behind the padding, inside the ciphertext. */
struct spn_esp_trailer {
	u8 pad_len;
	u8 next_header;
} __packed;

/* RFC 4302 2: in front of the ICV. */
struct spn_ah_head {
	u8 next_header;
	u8 len;			/* of header and ICV, in units of 4 octets, less 2 */
	__be16 reserved;
	__be32 spi;
	__be32 seq;
} __packed;

#endif
