// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "derive.h"
#include "natt.h"
#include "vendor.h"

static const uint32_t known[] = {
	IKE_VENDOR_NAT_T, IKE_VENDOR_NAT_T_03, IKE_VENDOR_NAT_T_02N, IKE_VENDOR_NAT_T_02, 0,
};

uint32_t ike_natt_known(unsigned int i)
{
	return i < sizeof(known) / sizeof(known[0]) ? known[i] : 0;
}

uint32_t ike_natt_best(uint32_t vendors)
{
	for (unsigned int i = 0; known[i]; i++)
		if (vendors & known[i])
			return known[i];
	return 0;
}

/* Each version has numbers of its own for the same payload. */
static enum ike_payload_type nat_d_type(uint32_t spoken)
{
	return spoken == IKE_VENDOR_NAT_T ? IKE_PAYLOAD_NAT_D : IKE_PAYLOAD_NAT_D_00;
}

/* RFC 3947 3.2: the receiver's end first, then the sender's. */
int ike_natt_build(struct ike_builder *b, const struct ike_header *header, enum sp_hash hash,
		   const struct sp_path *path, uint32_t spoken, bool lie, struct sp_error *err)
{
	uint8_t theirs[SP_HASH_MAX], ours[SP_HASH_MAX];

	if (ike_nat_hash(hash, header, &path->remote, path->remote_port, theirs, err) ||
	    ike_nat_hash(hash, header, &path->local, path->local_port, ours, err))
		return -1;
	/* A port that nobody has: the hash fits nothing. */
	if (lie && ike_nat_hash(hash, header, &path->local, 0, ours, err))
		return -1;
	ike_build_data(b, nat_d_type(spoken), (struct sp_octets){ theirs, sp_hash_len(hash) });
	ike_build_data(b, nat_d_type(spoken), (struct sp_octets){ ours, sp_hash_len(hash) });
	return 0;
}

static bool is_said(const struct ike_message *message, size_t from, size_t to,
		    struct sp_octets what)
{
	const struct ike_payload *payload;

	for (size_t i = from; i < to && (payload = ike_find(message, IKE_NAT_D, i)); i++)
		if (sp_octets_equal(payload->body, what))
			return true;
	return false;
}

int ike_natt_look(struct ike_natt *natt, const struct ike_message *message, enum sp_hash hash,
		  const struct sp_path *path, struct sp_error *err)
{
	uint8_t ours[SP_HASH_MAX], theirs[SP_HASH_MAX];
	size_t len = sp_hash_len(hash);

	/* Who speaks of NATs and says nothing of this one leaves nothing to compare. */
	if (!natt->spoken || !ike_find(message, IKE_NAT_D, 1))
		return 0;
	if (ike_nat_hash(hash, &message->header, &path->local, path->local_port, ours, err) ||
	    ike_nat_hash(hash, &message->header, &path->remote, path->remote_port, theirs, err))
		return -1;
	natt->here |= !is_said(message, 0, 1, (struct sp_octets){ ours, len });
	natt->there |= !is_said(message, 1, SIZE_MAX, (struct sp_octets){ theirs, len });
	return 0;
}
