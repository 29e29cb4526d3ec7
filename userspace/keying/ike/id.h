/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identities (RFC 2407 4.6.2): of peers as text, of phase 2 as selectors. */
#ifndef IKE_ID_H
#define IKE_ID_H

#include "selector.h"
#include "wire.h"

enum {
	IKE_ID_STRLEN = 256,
	IKE_ID_DATA_MAX = 32,		/* octets of one that is addresses */
};

/* "10.1.0.0/16", "gw.example", "key-id:…" in hexadecimal; cut if need be.  Returns @buf. */
const char *ike_id_format(const struct ike_id *id, char buf[IKE_ID_STRLEN]);

/* Fails on what is not one prefix, with its name. */
int ike_id_to_ts(struct sp_ts *ts, const struct ike_id *id, struct sp_error *err);
/* Fails on a range of ports, which an ID cannot say.  @data is where its octets are put. */
int ike_id_of_ts(struct ike_id *id, uint8_t data[IKE_ID_DATA_MAX], const struct sp_ts *ts,
		 struct sp_error *err);
struct ike_id ike_id_of_addr(const struct sp_addr *addr);	/* whose octets it shows */

#endif
