// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "natt.h"
#include "policy.h"
#include "vendor.h"

enum { SHORTEST_BYTES = 1024 };		/* that the wire can say */

uint16_t ike_policy_auth(const struct ike_peer *peer)
{
	const char *curve;

	if (peer->config.auth == SP_AUTH_PSK)
		return IKE_AUTH_PSK;
	curve = sp_key_curve(peer->key->pkey);
	if (!curve)
		return IKE_AUTH_RSA;
	if (!strcmp(curve, "P-256"))
		return IKE_AUTH_ECDSA256;
	return strcmp(curve, "P-384") ? IKE_AUTH_ECDSA521 : IKE_AUTH_ECDSA384;
}

void ike_policy_phase1(struct ike_policy1 *policy, const struct ike_peer *peer)
{
	const struct sp_peer_config *config = &peer->config;

	*policy = (struct ike_policy1){ .auths = { ike_policy_auth(peer) } };
	policy->it = (struct ike_phase1_policy){
		.suites = config->ike, .n_suites = config->n_ike,
		.auths = policy->auths, .n_auths = 1,
		.seconds = (uint32_t)config->ike_lifetime, .allow_weak = config->allow_weak,
	};
}

uint64_t ike_policy_least(uint64_t ours, uint64_t theirs)
{
	return theirs && (!ours || theirs < ours) ? theirs : ours;
}

static enum ike_encap encap_of(const struct ike_channel *channel)
{
	if (!ike_natt_is_between(&channel->natt))
		return IKE_ENCAP_NONE;
	return channel->natt.spoken == IKE_VENDOR_NAT_T ? IKE_ENCAP_UDP : IKE_ENCAP_UDP_DRAFT;
}

static uint16_t group_of(const struct ike_channel *channel)
{
	const struct sp_peer_config *config = &channel->peer->config;

	if (!config->session_pfs)
		return 0;
	return config->pfs_group ? config->pfs_group->number :
				   channel->suite.group->number;
}

/* More than the wire can say is as much as it can: our own kernel keeps to what is configured. */
static uint32_t kilobytes_of(const struct sp_tunnel_config *config)
{
	uint64_t kilobytes = config->lifetime_bytes / SHORTEST_BYTES;

	return kilobytes < UINT32_MAX ? (uint32_t)kilobytes : UINT32_MAX;
}

struct ike_phase2_policy ike_policy_phase2(const struct ike_channel *channel,
					   const struct ike_tunnel *tunnel, uint32_t spi)
{
	const struct sp_tunnel_config *config = &tunnel->config;

	return (struct ike_phase2_policy){
		.ah = config->ah,
		.words = config->esp, .n_words = config->n_esp,
		.transport = config->options.mode == SPINDLE_MODE_TRANSPORT,
		.encap = encap_of(channel),
		.group = group_of(channel),
		/* Each side may have it without the other's asking for it. */
		.pfs = IKE_PFS_ANY,
		.seconds = (uint32_t)config->lifetime,
		.kilobytes = kilobytes_of(config),
		.allow_weak = config->allow_weak || channel->peer->config.allow_weak,
		.spi = spi,
	};
}

struct ike_networks ike_policy_networks(const struct sp_ts *here, const struct sp_ts *there)
{
	char local[SP_TS_STRLEN], remote[SP_TS_STRLEN];
	struct ike_networks networks;

	snprintf(networks.text, sizeof(networks.text), "%s here and %s there",
		 sp_ts_format(here, local), sp_ts_format(there, remote));
	return networks;
}

const char *ike_policy_offers2(const struct ike_channel *channel, const struct ike_tunnel *tunnel,
			       char *buf, size_t size)
{
	struct ike_phase2_policy policy = ike_policy_phase2(channel, tunnel, 0);
	const struct sp_dh_group *group = policy.group ? sp_dh_find(policy.group) : NULL;
	const struct sp_tunnel_config *config = &tunnel->config;
	struct ike_networks networks =
		ike_policy_networks(&config->local_ts.list[0], &config->remote_ts.list[0]);
	size_t len = 0;

	for (size_t i = 0; i < policy.n_words && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? ", " : "",
					policy.words[i]);
	if (len < size)
		snprintf(buf + len, size - len, " in %s, %s mode, %s%s, for %s",
			 policy.ah ? "AH" : "ESP", policy.transport ? "transport" : "tunnel",
			 group ? "PFS with " : "without PFS", group ? group->word : "",
			 networks.text);
	return buf;
}
